/* cmd_trust - `terrace trust`: the root's next epoch; and below it, what is held of the root's log,
 * for a root that lost its disk (init_recover.h). The next epoch is asked for in the root's home,
 * signed on the machine of the trust key, which is on no network, and taken up by the root's node
 * at its next start. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/cli/client.h"
#include "node/cli/founding.h"
#include "node/cli/print.h"
#include "node/daemon/system_clock.h"
#include "node/home/root_copy.h"
#include "node/home/root_epoch.h"

static enum status load_home(struct home_config *config, const char *home, struct buf *secret,
                             struct err *err)
{
    char directory[HOME_FILE_MAX];
    enum status status = crypto_init(err);

    if (status == OK) {
        status = home_load(config, home, err);
    }
    if (status == OK) {
        home_file(directory, home, "keys");
        status = keys_secret_load(secret, config->seal, directory, err);
    }
    return status;
}

static void forget(struct buf *secret)
{
    if (secret->data != NULL) {
        crypto_wipe(secret->data, secret->capacity);
    }
    buf_free(secret);
}

static void print_epoch(const struct cli *cli, const struct grant *grant, const char *path,
                        const char *state)
{
    char key[FINGERPRINT_TEXT_SIZE];
    json_t *answer;

    person_fingerprint(key, &grant->sign_key);
    answer = json_pack("{ss sI ss ss ss}", "division", grant->division.code, "epoch",
                       (json_int_t)grant->epoch, "key", key, "file", path, "state", state);
    print_json(stdout, answer);
    json_decref(answer);
    (void)cli;
}

/* --- asking --- */

static enum exit_code ask(const struct cli *cli, const char *path)
{
    const struct clock clock = system_clock();
    const char *home = cli_home(cli);
    char key[FINGERPRINT_TEXT_SIZE];
    struct buf secret = BUF_EMPTY;
    struct root_request request = {.written = BUF_EMPTY};
    const struct root_wish wish = {.channel = cli->value[OPT_CHANNEL] != NULL,
                                   .second = cli->value[OPT_SECOND],
                                   .now_unix_ms = clock_unix_ms(&clock)};
    struct home_config config;
    enum exit_code exit_code = EXIT_DONE;
    struct err err;
    enum status status;

    if (home == NULL) {
        return EXIT_USAGE;
    }
    status = load_home(&config, home, &secret, &err);
    if (status == OK) {
        status = root_epoch_request(&config, home, buf_bytes(&secret), &wish, path, &request, &err);
    }
    forget(&secret);
    if (status != OK) {
        exit_code = cli_fail_status(cli, &err);
    } else if (cli_json(cli)) {
        print_epoch(cli, &request.grant, path, "requested");
    } else {
        person_fingerprint(key, &request.grant.sign_key);
        cli_tell(cli, stdout, "trust_requested epoch=%u file=%s key=%s", request.grant.epoch, path,
                 key);
    }
    root_request_free(&request);
    return exit_code;
}

/* --- signing --- */

/* In both languages: whoever keeps the trust key may read another one than whoever asks. */
static void show(const struct root_request *request)
{
    const struct grant *grant = &request->grant;
    char key[FINGERPRINT_TEXT_SIZE], former[FINGERPRINT_TEXT_SIZE], list[REACH_TEXT_MAX];
    char words[TEXT_BYTES_MAX], tree[2 * HASH_SIZE + 1];

    person_fingerprint(key, &grant->sign_key);
    person_fingerprint(former, &request->former);
    reach_print(list, &request->terms.may_grant);
    hex_encode(tree, &grant->tree, sizeof grant->tree);
    for (enum language language = LANGUAGE_EN; language < LANGUAGES; language++) {
        (void)puts(text_say(language, words,
                            "trust_shows division=%s name=%s epoch=%u tree=%s list=%s key=%s "
                            "former=%s",
                            grant->division.code, grant->name, grant->epoch, tree, list, key,
                            former));
        for (size_t i = 0; i < request->terms.founder_count; i++) {
            person_fingerprint(key, &request->terms.founders[i].key);
            (void)puts(text_say(language, words, "trust_founder name=%s fingerprint=%s",
                                request->terms.founders[i].name, key));
        }
        if (grant->second[0] != '\0') {
            (void)puts(text_say(language, words, "trust_shows_link second=%s", grant->second));
        }
        person_fingerprint(key, &grant->sign_key);
        (void)puts("");
    }
}

static bool agreed(const struct cli *cli)
{
    char line[16] = "";

    if (cli->value[OPT_YES] != NULL) {
        return true;
    }
    (void)printf("%s / %s ", text_row(LANGUAGE_EN, "ask_trust_sign"),
                 text_row(LANGUAGE_ZH, "ask_trust_sign"));
    (void)fflush(stdout);
    return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

static enum exit_code sign_with(const struct cli *cli, const struct root_request *request,
                                const char *path)
{
    struct sign_key trust;
    struct err err;
    enum exit_code exit_code = EXIT_DONE;
    enum status status = keys_trust_load_file(&trust, cli->value[OPT_KEY], &err);

    if (status == OK) {
        status = root_epoch_sign(request, &trust, path, &err);
    }
    crypto_wipe(&trust, sizeof trust);
    if (status != OK) {
        exit_code = cli_fail_status(cli, &err);
    } else if (cli_json(cli)) {
        print_epoch(cli, &request->grant, path, "signed");
    } else {
        cli_tell(cli, stdout, "trust_signed file=%s", path);
    }
    return exit_code;
}

static enum exit_code sign(const struct cli *cli, const char *path)
{
    struct root_request request;
    char signed_path[HOME_FILE_MAX];
    struct err err;
    enum exit_code exit_code;

    if (cli->value[OPT_KEY] == NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "trust_needs_key");
    }
    if (cli->value[OPT_YES] == NULL && (cli_json(cli) || isatty(STDIN_FILENO) == 0)) {
        return cli_fail(cli, EXIT_USAGE, "usage", "trust_needs_yes");
    }
    if (crypto_init(&err) != OK || root_epoch_read(&request, path, &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    if (!cli_json(cli)) {
        show(&request);
    }
    (void)snprintf(signed_path, sizeof signed_path, "%.*s.signed", (int)sizeof signed_path - 8,
                   path);
    if (agreed(cli)) {
        exit_code = sign_with(cli, &request, signed_path);
    } else {
        cli_tell(cli, stdout, "trust_left path=%s", path);
        exit_code = EXIT_REFUSED;
    }
    root_request_free(&request);
    return exit_code;
}

/* --- taking it up --- */

static enum exit_code take(const struct cli *cli, const char *path)
{
    const char *home = cli_home(cli);
    struct buf secret = BUF_EMPTY;
    struct home_config config;
    struct grant grant;
    struct err err;
    enum status status;

    if (home == NULL) {
        return EXIT_USAGE;
    }
    status = load_home(&config, home, &secret, &err);
    if (status == OK) {
        status = root_epoch_take(&config, home, buf_bytes(&secret), path, &grant, &err);
    }
    forget(&secret);
    if (status != OK) {
        return cli_fail_status(cli, &err);
    }
    if (cli_json(cli)) {
        print_epoch(cli, &grant, path, "taken");
    } else {
        cli_tell(cli, stdout, "trust_taken epoch=%u home=%s", grant.epoch, home);
    }
    return EXIT_DONE;
}

/* --- what this node holds of the root's log --- */

/* The division that the first of these grants, which stands above all others, makes the root. */
static bool find_root(struct division *out, struct bytes grants)
{
    struct reader reader = reader_of(grants);
    bool found = false;

    while (!found && reader_left(&reader) > 0) {
        const struct bytes sealed = reader_bytes(&reader, reader_u32(&reader));
        struct grant grant;
        struct err err;

        found = reader_ok(&reader) && grant_parse(&grant, sealed, &err) == OK &&
                division_is_none(grant.parent);
        *out = grant.division;
    }
    return found;
}

static enum exit_code write_copy(const struct cli *cli, const char *path, struct division self,
                                 struct division root, const struct reply *grants,
                                 const struct reply *blocks)
{
    struct err err;

    if (root_copy_write(path, self, grants->body, blocks->body, &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    if (cli_json(cli)) {
        json_t *answer =
            json_pack("{ss ss ss sI}", "division", self.code, "root", root.code, "file", path,
                      "bytes", (json_int_t)(grants->body.size + blocks->body.size));
        print_json(stdout, answer);
        json_decref(answer);
    } else {
        cli_tell(cli, stdout, "trust_copied division=%s root=%s file=%s", self.code, root.code,
                 path);
    }
    return EXIT_DONE;
}

static enum exit_code copy(struct cli *cli, const char *path)
{
    struct reply grants = REPLY_EMPTY, blocks = REPLY_EMPTY;
    struct home_config config;
    char asked[CLIENT_PATH_MAX];
    struct division root = DIVISION_NONE;
    struct err err;
    enum exit_code exit_code = client_open(cli);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (home_load(&config, cli_home(cli), &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    if (division_is_none(config.parent.division)) {
        return cli_fail(cli, EXIT_REFUSED, "root", "trust_copy_of_root division=%s",
                        config.division.code);
    }
    exit_code = client_call(cli, "/grants", BYTES_NONE, &grants);
    if (exit_code == EXIT_DONE && !find_root(&root, grants.body)) {
        exit_code = cli_fail(cli, EXIT_OWN_FAILURE, "corrupt", "trust_file_cut");
    }
    if (exit_code == EXIT_DONE) {
        client_path(asked, "/blocks", NULL, &(struct query){"author", root.code}, 1);
        exit_code = client_call(cli, asked, BYTES_NONE, &blocks);
    }
    if (exit_code == EXIT_DONE) {
        exit_code = write_copy(cli, path, config.division, root, &grants, &blocks);
    }
    reply_free(&grants);
    reply_free(&blocks);
    return exit_code;
}

enum exit_code run_trust(struct cli *cli)
{
    const char *verb = cli->argv[0], *path = cli->argv[1];

    if (strcmp(verb, "request") == 0) {
        return ask(cli, path);
    }
    if (strcmp(verb, "sign") == 0) {
        return sign(cli, path);
    }
    if (strcmp(verb, "copy") == 0) {
        return copy(cli, path);
    }
    return strcmp(verb, "take") == 0
               ? take(cli, path)
               : cli_fail(cli, EXIT_USAGE, "usage", "trust_verb word=%s", verb);
}
