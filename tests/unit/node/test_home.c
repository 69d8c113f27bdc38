/* The directory a node lives in: what is written comes back, and what is wrong is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <ftw.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/home/files.h"
#include "node/home/home.h"
#include "node/home/notes.h"
#include "node/home/tls.h"

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *at)
{
    (void)found;
    (void)kind;
    (void)at;
    return remove(path);
}

/* *state is a fresh home path below a directory of its own. */
static int set_up(void **state)
{
    char top[] = "/tmp/terrace-home-XXXXXX";
    char *home = NULL;
    struct err err;

    if (mkdtemp(top) == NULL || asprintf(&home, "%s/a/home", top) < 0) {
        return -1;
    }
    (void)unsetenv("TERRACE_PASSPHRASE");
    (void)unsetenv("CREDENTIALS_DIRECTORY");
    *state = home;
    return crypto_init(&err) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    char *home = *state;

    home[strlen(home) - strlen("/a/home")] = '\0';
    (void)nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(home);
    return 0;
}

static struct home_config some_config(void)
{
    struct home_config config = {.division = division_of("540121"),
                                 .name = "林周县 \"a\\b\"",
                                 .listen = "tcp://127.0.0.1:7400",
                                 .enrol = "tcp://[::1]:65535",
                                 .advertise = "tcp://node.gov.cn:7400",
                                 .advertise_enrol = "tcp://10.1.2.3:7401",
                                 .approval = {{{UINT64_C(0x129000000)}}},
                                 .log_level = LOG_LEVEL_WARN,
                                 .seal = SEAL_MACHINE,
                                 .disk_floor_bytes = UINT64_C(1) << 40,
                                 .alarm_hook = "hooks/alarm",
                                 .alarm_hook_seconds = 300,
                                 .metrics_listen = "tcp://[::1]:9464",
                                 .api_listen = "https://*:9443"};

    memset(config.tree.at, 0xab, sizeof config.tree.at);
    config.parent.division = division_of("540100");
    (void)snprintf(config.parent.endpoint, sizeof config.parent.endpoint, "%s",
                   "tcp://county-1.example:7400");
    memset(config.parent.curve_key, 0x5c, sizeof config.parent.curve_key);
    config.limits.child_bytes_per_day = UINT64_C(1) << 40;
    config.limits.stuck_ms = 60000;
    return config;
}

static void must(enum status status, const struct err *err)
{
    if (status != OK) {
        fail_msg("%s: %s", status_name(status), err->text);
    }
}

static void make_home(const char *home)
{
    struct err err;

    must(home_create(home, &err), &err);
}

static void write_text(const char *home, const char *file, const char *text)
{
    char path[HOME_FILE_MAX];
    struct err err;

    home_file(path, home, file);
    must(file_write(path, bytes_text(text), &err), &err);
}

static void assert_mode(const char *home, const char *file, unsigned mode)
{
    char path[HOME_FILE_MAX];
    struct stat found;

    home_file(path, home, file);
    assert_int_equal(stat(path, &found), 0);
    if ((found.st_mode & 07777) != mode) {
        fail_msg("%s has mode %04o, want %04o", file, found.st_mode & 07777, mode);
    }
}

static void assert_same(const struct home_config *got, const struct home_config *want)
{
    assert_string_equal(got->division.code, want->division.code);
    assert_string_equal(got->name, want->name);
    assert_string_equal(got->listen, want->listen);
    assert_string_equal(got->enrol, want->enrol);
    assert_string_equal(got->advertise, want->advertise);
    assert_string_equal(got->advertise_enrol, want->advertise_enrol);
    assert_string_equal(got->parent.division.code, want->parent.division.code);
    assert_string_equal(got->parent.endpoint, want->parent.endpoint);
    assert_memory_equal(got->parent.curve_key, want->parent.curve_key, 32);
    assert_memory_equal(&got->tree, &want->tree, sizeof got->tree);
    assert_true(number_set_equal(&got->approval.kinds, &want->approval.kinds));
    assert_int_equal(got->log_level, want->log_level);
    assert_int_equal(got->seal, want->seal);
    assert_true(got->disk_floor_bytes == want->disk_floor_bytes);
    assert_string_equal(got->alarm_hook, want->alarm_hook);
    assert_int_equal(got->alarm_hook_seconds, want->alarm_hook_seconds);
    assert_string_equal(got->metrics_listen, want->metrics_listen);
    assert_string_equal(got->api_listen, want->api_listen);
    assert_memory_equal(&got->limits, &want->limits, sizeof got->limits);
}

static void a_saved_config_loads_as_it_was(void **state)
{
    const struct home_config want = some_config();
    struct home_config root = {.division = division_of("A"), .name = "x"}, got;
    struct err err;

    make_home(*state);
    must(home_save(&want, *state, &err), &err);
    must(home_load(&got, *state, &err), &err);
    assert_same(&got, &want);
    must(home_save(&root, *state, &err), &err); /* all optional parts absent */
    must(home_load(&got, *state, &err), &err);
    assert_same(&got, &root);
    assert_mode(*state, "config.yaml", 0600);
}

#define HEAD "division: \"540121\"\nname: x\n"
#define HEX  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TREE "tree: \"" HEX "\"\n"
#define REST "approval: required\nlog: info\nseal: machine\n"

static void a_bad_config_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *name, *text, *line, *word;
    } cases[] = {
        {"unknown key", HEAD TREE REST "colour: red\n", "line=7\x1f", "colour"},
        {"unknown key in a section", HEAD TREE REST "limits:\n  beat_ms: 5\n  bead_ms: 5\n",
         "line=9\x1f", "bead_ms"},
        {"wrong word", HEAD TREE "approval: perhaps\nlog: info\nseal: machine\n", "line=4\x1f",
         "perhaps"},
        {"not a number", HEAD TREE REST "limits:\n  beat_ms: soon\n", "line=8\x1f",
         "config_bad_value"},
        {"number too large", HEAD TREE REST "limits:\n  beat_ms: 4294967296\n", "line=8\x1f",
         "4294967296"},
        {"negative number", HEAD TREE REST "disk_floor_bytes: -1\n", "line=7\x1f", "must_be_from"},
        {"frame smaller than a block", HEAD TREE REST "limits:\n  frame_bytes_max: 65536\n",
         "line=8\x1fkey=limits.frame_bytes_max\x1f", "must_be_from"},
        {"missing key", HEAD REST, "", "tree"},
        {"bad syntax", HEAD TREE REST "limits: [\n", "line=7\x1f", ""},
        {"bad division", "division: \"54-0\"\nname: x\n" TREE REST, "line=1\x1fkey=division\x1f",
         "must_be_division"},
        {"bad fingerprint", HEAD "tree: \"12\"\n" REST, "line=3\x1fkey=tree\x1f", "must_be_hex_64"},
        {"bad endpoint", HEAD TREE REST "listen: 127.0.0.1:7400\n", "line=7\x1fkey=listen\x1f",
         "bad_endpoint"},
        {"advertised where nobody can dial", HEAD TREE REST "advertise: \"tcp://*:7400\"\n",
         "line=7\x1fkey=advertise\x1f", "must_be_dialled"},
        {"bad parent",
         HEAD TREE REST "parent:\n  division: \"5\"\n  endpoint: \"tcp://a:0\"\n  curve_key: \"" HEX
                        "\"\n",
         "line=9\x1fkey=parent.endpoint\x1f", "bad_endpoint"},
        {"metrics for other machines", HEAD TREE REST "metrics_listen: \"tcp://10.0.0.5:9464\"\n",
         "line=7\x1fkey=metrics_listen\x1f", "must_be_loopback"},
        {"metrics without a port", HEAD TREE REST "metrics_listen: \"tcp://127.0.0.1:\"\n",
         "line=7\x1fkey=metrics_listen\x1f", "bad_endpoint"},
        {"an API without TLS", HEAD TREE REST "api:\n  listen: \"http://127.0.0.1:9443\"\n",
         "line=8\x1fkey=api.listen\x1f", "bad_address"},
        {"an API with a path", HEAD TREE REST "api:\n  listen: \"https://127.0.0.1:9443/\"\n",
         "line=8\x1fkey=api.listen\x1f", "bad_address"},
        {"a hook with a line end", HEAD TREE REST "alarm_hook: \"hooks/a\\nb\"\n",
         "line=7\x1fkey=alarm_hook\x1f", "must_be_text"},
        {"a hook that may take too long", HEAD TREE REST "alarm_hook_seconds: 301\n",
         "line=7\x1fkey=alarm_hook_seconds\x1f", "must_be_from"},
        {"repeated key", HEAD TREE REST "log: warn\n", "line=7\x1f", "log"},
        {"empty", "", "", "config_empty"},
        {"name that moves a cursor", "division: \"5\"\nname: \"a\\eb\"\n" TREE REST,
         "line=2\x1fkey=name\x1f", "must_be_text"},
        {"name with a line end", "division: \"5\"\nname: \"a\\nlog: debug\"\n" TREE REST,
         "line=2\x1fkey=name\x1f", "must_be_text"},
        {"name with a character above ASCII that moves a cursor",
         "division: \"5\"\nname: \"a\\u009bb\"\n" TREE REST, "line=2\x1fkey=name\x1f",
         "must_be_text"},
        {"name too long",
         "division: \"5\"\nname: "
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxx\n" TREE REST,
         "line=2\x1f", ""},
    };
    struct home_config got;
    struct err err;

    make_home(*state);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char want[64];

        write_text(*state, "config.yaml", cases[i].text);
        err.text[0] = '\0';
        if (home_load(&got, *state, &err) != ERR_CONFIG) {
            fail_msg("%s: not refused: %s", cases[i].name, err.text);
        }
        (void)snprintf(want, sizeof want, "%s", cases[i].line);
        if (strstr(err.text, "config.yaml") == NULL || strstr(err.text, want) == NULL ||
            strstr(err.text, cases[i].word) == NULL) {
            fail_msg("%s: \"%s\" lacks \"%s\" or \"%s\"", cases[i].name, err.text, want,
                     cases[i].word);
        }
    }
}

static void no_home_says_how_to_make_one(void **state)
{
    struct home_config got;
    struct err err;

    assert_int_equal(home_load(&got, *state, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "home_has_no_node"));
}

static void directories_and_files_are_for_the_owner_only(void **state)
{
    struct node_keys *keys = node_keys_new();
    struct err err;
    char directory[HOME_FILE_MAX];
    const struct bytes secret = bytes_text("secret");

    make_home(*state);
    home_file(directory, *state, "keys");
    must(keys_save(keys, directory, SEAL_MACHINE, secret, &err), &err);
    must(home_grants_write(*state, &secret, 1, &err), &err);
    assert_mode(*state, "", 0700);
    assert_mode(*state, "keys", 0700);
    assert_mode(*state, "keys/identity.key", 0600);
    assert_mode(*state, "keys/curve.key", 0600);
    assert_mode(*state, "grants", 0600);
    node_keys_free(keys);
}

static void a_home_is_not_made_over_something_else(void **state)
{
    const char *home = *state;
    struct home_config config = some_config();
    struct err err;
    char long_path[HOME_PATH_MAX + 2];

    make_home(home);
    make_home(home); /* the rest of an init that stopped: taken over */
    write_text(home, "notes.txt", "mine");
    assert_int_equal(home_create(home, &err), ERR_REFUSED);
    assert_non_null(strstr(err.text, "notes.txt"));
    must(home_save(&config, home, &err), &err);
    assert_int_equal(home_create(home, &err), ERR_REFUSED);
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    assert_int_equal(home_create(long_path, &err), ERR_CONFIG);
    assert_int_equal(home_create("", &err), ERR_CONFIG);
}

/* --- the certificate --- */

enum { FINGERPRINT_SIZE = TLS_FINGERPRINT_MAX - 1 };

/* 2026-11-27, ms. */
#define NOW (UINT64_C(1795737600) * 1000)

static void make_certificate(const char *home, struct tls_pair *pair)
{
    struct err err;

    must(tls_make(home, division_of("540121"), NOW, &err), &err);
    must(tls_load(pair, home, &err), &err);
}

static void a_certificate_is_made_once_and_kept(void **state)
{
    const uint64_t nine_years_ms = UINT64_C(9) * 365 * 24 * 3600 * 1000;
    struct tls_pair made, again;

    make_home(*state);
    make_certificate(*state, &made);
    make_certificate(*state, &again);
    assert_int_equal(strlen(made.fingerprint), FINGERPRINT_SIZE);
    assert_string_equal(made.fingerprint, again.fingerprint);
    assert_true(made.until_unix_ms > NOW + nine_years_ms);
    assert_mode(*state, "tls", 0700);
    assert_mode(*state, "tls/cert.pem", 0600);
    assert_mode(*state, "tls/key.pem", 0600);
    tls_free(&made);
    tls_free(&again);
}

static void remove_file(const char *home, const char *file)
{
    char path[HOME_FILE_MAX];

    home_file(path, home, file);
    assert_int_equal(unlink(path), 0);
}

static void a_pair_that_does_not_fit_is_told_apart(void **state)
{
    struct tls_pair pair, other;
    struct err err;

    make_home(*state);
    make_certificate(*state, &pair);
    remove_file(*state, "tls/cert.pem");
    remove_file(*state, "tls/key.pem");
    make_certificate(*state, &other);
    assert_string_not_equal(pair.fingerprint, other.fingerprint);
    {
        const struct {
            const char *name, *certificate, *key, *code;
            enum status status;
        } cases[] = {
            {"a key of another", (char *)other.certificate.data, (char *)pair.key.data,
             "tls_key_differs", ERR_KEY},
            {"no certificate", "-----BEGIN CERTIFICATE-----\n", (char *)pair.key.data,
             "tls_certificate_unreadable", ERR_KEY},
            {"a key in its place", (char *)pair.key.data, (char *)pair.key.data,
             "tls_certificate_unreadable", ERR_KEY},
            {"no key", (char *)pair.certificate.data, "", "tls_key_unreadable", ERR_KEY},
            {"its own", (char *)pair.certificate.data, (char *)pair.key.data, "", OK},
        };

        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            struct tls_pair got;

            write_text(*state, "tls/cert.pem", cases[i].certificate);
            write_text(*state, "tls/key.pem", cases[i].key);
            err.text[0] = '\0';
            if (tls_load(&got, *state, &err) != cases[i].status ||
                strstr(err.text, cases[i].code) == NULL) {
                fail_msg("%s: %s", cases[i].name, err.text);
            }
            tls_free(&got);
        }
    }
    tls_free(&pair);
    tls_free(&other);
    remove_file(*state, "tls/key.pem");
    assert_int_equal(tls_load(&other, *state, &err), ERR_NOT_FOUND);
    must(tls_make(*state, division_of("540121"), NOW, &err), &err); /* one is there: kept */
    assert_int_equal(tls_load(&other, *state, &err), ERR_NOT_FOUND);
}

static void fill_keys(struct node_keys *keys)
{
    sign_key_generate(&keys->identity);
    curve_key_generate(&keys->curve);
}

static void keys_open_with_their_passphrase_only(void **state)
{
    struct node_keys *made = node_keys_new(), *got = node_keys_new();
    struct buf secret = BUF_EMPTY, again = BUF_EMPTY;
    char directory[HOME_FILE_MAX];
    enum key_seal seal;
    struct err err;

    make_home(*state);
    home_file(directory, *state, "keys");
    fill_keys(made);
    (void)setenv("TERRACE_PASSPHRASE", "seven77", 1);
    assert_int_equal(keys_secret_create(&secret, &seal, directory, &err), ERR_KEY);
    assert_non_null(strstr(err.text, "passphrase_short"));
    (void)setenv("TERRACE_PASSPHRASE", "open sesame", 1);
    must(keys_secret_create(&secret, &seal, directory, &err), &err);
    assert_int_equal(seal, SEAL_PASSPHRASE);
    assert_null(getenv("TERRACE_PASSPHRASE")); /* read once, then gone from this process */
    must(keys_save(made, directory, seal, buf_bytes(&secret), &err), &err);
    assert_int_equal(keys_save(made, directory, seal, buf_bytes(&secret), &err), ERR_REFUSED);
    (void)setenv("TERRACE_PASSPHRASE", "open sesame", 1);
    must(keys_secret_load(&again, seal, directory, &err), &err);
    must(keys_load(got, directory, buf_bytes(&again), &err), &err);
    assert_memory_equal(got, made, sizeof *got);

    (void)setenv("TERRACE_PASSPHRASE", "open barley", 1);
    must(keys_secret_load(&again, seal, directory, &err), &err);
    assert_int_equal(keys_load(got, directory, buf_bytes(&again), &err), ERR_KEY);
    assert_non_null(strstr(err.text, "seal_wrong_passphrase"));
    assert_non_null(strstr(err.text, "identity.key"));
    (void)setenv("TERRACE_PASSPHRASE", "", 1);
    assert_int_equal(keys_secret_load(&again, seal, directory, &err), ERR_KEY);
    buf_free(&secret);
    buf_free(&again);
    node_keys_free(made);
    node_keys_free(got);
}

/* As under systemd, with stdin not a terminal. */
static void a_passphrase_comes_from_a_credential_or_is_asked_for(void **state)
{
    struct buf secret = BUF_EMPTY;
    char directory[HOME_FILE_MAX];
    struct err err;
    const int before = dup(STDIN_FILENO);

    make_home(*state);
    home_file(directory, *state, "keys");
    assert_non_null(freopen("/dev/null", "r", stdin));
    assert_int_equal(keys_passphrase(&secret, false, &err), ERR_NOT_FOUND);
    assert_int_equal(keys_secret_load(&secret, SEAL_PASSPHRASE, directory, &err), ERR_KEY);
    assert_non_null(strstr(err.text, "passphrase_needed"));
    write_text(*state, "terrace-passphrase", "from systemd\n");
    (void)setenv("CREDENTIALS_DIRECTORY", *state, 1);
    must(keys_passphrase(&secret, false, &err), &err);
    assert_true(bytes_equal(buf_bytes(&secret), bytes_text("from systemd")));
    (void)dup2(before, STDIN_FILENO);
    (void)close(before);
    buf_free(&secret);
}

static void without_a_passphrase_a_machine_secret_seals(void **state)
{
    struct node_keys *made = node_keys_new(), *got = node_keys_new();
    struct buf secret = BUF_EMPTY;
    char directory[HOME_FILE_MAX], path[HOME_FILE_MAX];
    enum key_seal seal;
    struct err err;

    make_home(*state);
    home_file(directory, *state, "keys");
    fill_keys(made);
    assert_non_null(freopen("/dev/null", "r", stdin));
    must(keys_secret_create(&secret, &seal, directory, &err), &err);
    assert_int_equal(seal, SEAL_MACHINE);
    assert_mode(*state, "keys/machine.secret", 0600);
    must(keys_save(made, directory, seal, buf_bytes(&secret), &err), &err);
    buf_clear(&secret);
    must(keys_secret_create(&secret, &seal, directory, &err), &err); /* a join tried again */
    must(keys_load(got, directory, buf_bytes(&secret), &err), &err);
    assert_memory_equal(got, made, sizeof *got);

    home_file(path, *state, "keys/identity.key");
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(keys_load(got, directory, buf_bytes(&secret), &err), ERR_KEY);
    assert_non_null(strstr(err.text, "key_file_open"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(keys_load(got, directory, buf_bytes(&secret), &err), ERR_KEY);
    assert_non_null(strstr(err.text, "key_file_missing"));
    buf_free(&secret);
    node_keys_free(made);
    node_keys_free(got);
}

static void the_trust_key_can_be_taken_away(void **state)
{
    struct sign_key made, got;
    char directory[HOME_FILE_MAX], path[HOME_FILE_MAX];
    struct err err;

    make_home(*state);
    home_file(directory, *state, "keys");
    assert_false(keys_trust_present(directory));
    sign_key_generate(&made);
    must(keys_trust_save(&made, directory, SEAL_PASSPHRASE, bytes_text("a"), &err), &err);
    assert_true(keys_trust_present(directory));
    must(keys_trust_load(&got, directory, bytes_text("a"), &err), &err);
    assert_memory_equal(&got, &made, sizeof got);
    assert_int_equal(keys_trust_load(&got, directory, bytes_text("b"), &err), ERR_KEY);
    home_file(path, *state, "keys/trust.key");
    assert_int_equal(unlink(path), 0);
    assert_false(keys_trust_present(directory));
}

/* A process takes the lock of `home` and keeps it until it is killed. */
static pid_t start_holder(const char *home)
{
    int ready[2];
    pid_t child;
    char done;

    assert_int_equal(pipe(ready), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct err err;
        int lock;

        (void)!write(ready[1], home_lock(&lock, home, &err) == OK ? "y" : "n", 1);
        for (;;) {
            (void)pause();
        }
    }
    assert_int_equal(read(ready[0], &done, 1), 1);
    assert_int_equal(done, 'y');
    (void)close(ready[0]);
    (void)close(ready[1]);
    return child;
}

static void a_second_daemon_is_refused_with_the_pid_of_the_first(void **state)
{
    char pid[32];
    struct err err;
    pid_t child;
    int lock;

    make_home(*state);
    child = start_holder(*state);
    assert_int_equal(home_lock(&lock, *state, &err), ERR_BUSY);
    assert_int_equal(lock, -1);
    (void)snprintf(pid, sizeof pid, "pid=%d", (int)child);
    assert_non_null(strstr(err.text, pid));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    must(home_lock(&lock, *state, &err), &err); /* the dead hold nothing */
    home_unlock(lock);
    home_unlock(-1);
}

static void a_stale_socket_is_removed_and_a_file_is_not(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[HOME_FILE_MAX];
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    struct err err;
    int lock;

    make_home(*state);
    home_file(path, *state, "terrace.sock");
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    (void)close(listener); /* its process died */
    must(home_lock(&lock, *state, &err), &err);
    assert_int_not_equal(access(path, F_OK), 0);
    home_unlock(lock);
    write_text(*state, "terrace.sock", "not ours");
    must(home_lock(&lock, *state, &err), &err);
    assert_int_equal(access(path, F_OK), 0);
    home_unlock(lock);
}

static void grants_come_back_in_order_or_not_at_all(void **state)
{
    const struct bytes want[] = {bytes_text("root"), bytes_text(""), bytes_text("own")};
    struct bytes got[ENROL_CHAIN_MAX];
    struct buf memory = BUF_EMPTY, file = BUF_EMPTY;
    char path[HOME_FILE_MAX];
    struct err err;
    size_t count;

    make_home(*state);
    assert_int_equal(home_grants_read(*state, got, &count, &memory, &err), ERR_NOT_FOUND);
    must(home_grants_write(*state, want, COUNT_OF(want), &err), &err);
    must(home_grants_read(*state, got, &count, &memory, &err), &err);
    assert_int_equal(count, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        assert_true(bytes_equal(got[i], want[i]));
    }
    home_file(path, *state, "grants");
    must(file_read(&file, path, 1 << 20, &err), &err);
    for (size_t size = 0; size < file.size; size++) { /* cut at every byte */
        must(file_write(path, bytes_of(file.data, size), &err), &err);
        assert_int_equal(home_grants_read(*state, got, &count, &memory, &err), ERR_CORRUPT);
        assert_int_equal(count, 0);
    }
    file.data[sizeof "TERRACE-GRANTS1"] = 255; /* the count */
    must(file_write(path, buf_bytes(&file), &err), &err);
    assert_int_equal(home_grants_read(*state, got, &count, &memory, &err), ERR_CORRUPT);
    assert_int_equal(home_grants_write(*state, want, 0, &err), ERR_TOO_LARGE);
    buf_free(&memory);
    buf_free(&file);
}

static void endpoints_are_checked(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"tcp://127.0.0.1:1", true},
        {"tcp://*:65535", true},
        {"tcp://[fe80::1]:7400", true},
        {"tcp://node-1.example.org:80", true},
        {"", false},
        {"tcp://", false},
        {"tcp://:7400", false},
        {"tcp://a", false},
        {"tcp://a:", false},
        {"tcp://a:0", false},
        {"tcp://a:65536", false},
        {"tcp://a:123456", false},
        {"tcp://a:7400x", false},
        {"tcp://a:-1", false},
        {"ipc:///tmp/a:1", false},
        {"tcp://a b:1", false},
        {"tcp://[::1:7400", false},
        {"tcp://a;b:1", false},
        {"tcp://fe80::1:7400", false},
    };
    char found[ENDPOINT_BYTES_MAX + 1];
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if ((home_check_endpoint(cases[i].text, &err) == OK) != cases[i].good) {
            fail_msg("\"%s\" must be %s", cases[i].text, cases[i].good ? "good" : "refused");
        }
    }
    must(home_free_endpoint(found, &err), &err);
    must(home_check_endpoint(found, &err), &err);
}

/* A write that cannot be finished leaves the old file. */
static void a_failed_write_keeps_what_was_there(void **state)
{
    struct buf got = BUF_EMPTY;
    char path[HOME_FILE_MAX];
    struct err err;

    make_home(*state);
    write_text(*state, "grants", "old");
    home_file(path, *state, "grants.new");
    assert_int_equal(mkdir(path, 0700), 0); /* in the way of the file written aside */
    home_file(path, *state, "grants");
    assert_int_not_equal(file_write(path, bytes_text("new"), &err), OK);
    must(file_read(&got, path, 3, &err), &err);
    assert_true(bytes_equal(buf_bytes(&got), bytes_text("old")));
    assert_int_equal(file_read(&got, path, 2, &err), ERR_TOO_LARGE);
    buf_free(&got);
}

/* Whatever a disk made of a note, it counts; and no byte of it reaches a screen. */
static void test_a_note_of_anything_is_told(void **state)
{
    static const char *const harmed[] = {"", "\xff\x99\x01", "store_damaged\nmore"};
    struct buf text = BUF_EMPTY;
    struct err err = {.status = ERR_CORRUPT, .text = "store_was_found_damaged"};

    make_home(*state);
    must(notes_damage(&text, *state, &err), &err);
    assert_int_equal(text.size, 0);
    (void)err_set(&err, ERR_CORRUPT, "store_was_found_damaged");
    notes_write_damage(*state, &err);
    must(notes_damage(&text, *state, &err), &err);
    assert_string_equal(text.data, "store_was_found_damaged");
    for (size_t i = 0; i < COUNT_OF(harmed); i++) {
        write_text(*state, "damaged", harmed[i]);
        must(notes_damage(&text, *state, &err), &err);
        assert_non_null(strstr((const char *)text.data, "note_unreadable"));
    }
    buf_free(&text);
}

/* That file has lines, and is no message. */
static void test_when_it_was_healed_comes_back(void **state)
{
    const uint64_t times[] = {1764000000, 1763999000};
    uint64_t got[2];

    make_home(*state);
    notes_heals(*state, got, COUNT_OF(got));
    assert_int_equal(got[0], 0);
    notes_write_heals(*state, times, COUNT_OF(times));
    notes_heals(*state, got, COUNT_OF(got));
    assert_memory_equal(got, times, sizeof times);
}

#define HOME_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOME_TEST(test_a_note_of_anything_is_told),
        HOME_TEST(test_when_it_was_healed_comes_back),
        HOME_TEST(a_saved_config_loads_as_it_was),
        HOME_TEST(a_bad_config_is_refused_with_its_line),
        HOME_TEST(no_home_says_how_to_make_one),
        HOME_TEST(directories_and_files_are_for_the_owner_only),
        HOME_TEST(a_home_is_not_made_over_something_else),
        HOME_TEST(a_certificate_is_made_once_and_kept),
        HOME_TEST(a_pair_that_does_not_fit_is_told_apart),
        HOME_TEST(keys_open_with_their_passphrase_only),
        HOME_TEST(a_passphrase_comes_from_a_credential_or_is_asked_for),
        HOME_TEST(without_a_passphrase_a_machine_secret_seals),
        HOME_TEST(the_trust_key_can_be_taken_away),
        HOME_TEST(a_second_daemon_is_refused_with_the_pid_of_the_first),
        HOME_TEST(a_stale_socket_is_removed_and_a_file_is_not),
        HOME_TEST(grants_come_back_in_order_or_not_at_all),
        HOME_TEST(endpoints_are_checked),
        HOME_TEST(a_failed_write_keeps_what_was_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
