#include "node/cli/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/cli/join_ask.h"
#include "node/cli/join_check.h"
#include "node/home/files.h"
#include "node/home/notes.h"

enum { PROGRAM_PATH_MAX = 4096 };

/* --- where the own log ends --- */

/* The daemon lies beside this program. */
static void find_daemon(char out[PROGRAM_PATH_MAX])
{
    const ssize_t size = readlink("/proc/self/exe", out, PROGRAM_PATH_MAX - 16);
    char *name;

    out[size < 0 ? 0 : size] = '\0';
    name = strrchr(out, '/');
    (void)snprintf(name == NULL ? out : name + 1, 16, "terraced");
}

/* Its standard output goes into `to`. False when it cannot be started. */
static bool start_daemon(const char *home, int to, pid_t *pid)
{
    char program[PROGRAM_PATH_MAX], name[] = "terraced", option[] = "--home",
                                    position[] = "--position", where[HOME_PATH_MAX + 1];
    char *arguments[] = {name, option, where, position, NULL};
    posix_spawn_file_actions_t actions;
    bool started;

    find_daemon(program);
    (void)snprintf(where, sizeof where, "%s", home);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    started = posix_spawn(pid, program, &actions, NULL, arguments, environ) == 0;
    (void)posix_spawn_file_actions_destroy(&actions);
    return started;
}

static bool read_end(const char *line, struct enrol_end *out)
{
    char hex[2 * HASH_SIZE + 1] = "";
    unsigned long long lsn;

    if (sscanf(line, "%llu %64s", &lsn, hex) != 2 ||
        !hex_decode(out->hash.at, sizeof out->hash.at, hex)) {
        return false;
    }
    out->lsn = lsn;
    return true;
}

static void read_line(char *line, int size, int from)
{
    FILE *file = fdopen(from, "r");

    if (file == NULL || fgets(line, size, file) == NULL) {
        line[0] = '\0';
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

/* What it says on stderr is for the person. */
static enum status ask_daemon(const char *home, struct enrol_end *out, struct err *err)
{
    char line[256] = "";
    int ends[2], state = 0;
    bool started;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return err_set(err, ERR_IO, "recover_no_position home=%s", home);
    }
    started = start_daemon(home, ends[1], &pid);
    (void)close(ends[1]);
    read_line(line, sizeof line, ends[0]);
    return started && waitpid(pid, &state, 0) == pid && state == 0 && read_end(line, out)
               ? OK
               : err_set(err, ERR_IO, "recover_no_position home=%s", home);
}

/* --- the home as it is --- */

/* First admins: those that are typed, else those of its newest grant that this home has. */
static enum status find_founders(struct home_setup *setup, struct err *err)
{
    struct bytes grants[ENROL_CHAIN_MAX];
    struct buf memory = BUF_EMPTY;
    size_t count;
    enum status status = home_grants_read(setup->home, grants, &count, &memory, err);

    if (status == OK && count > 0) {
        status = founders_of_grant(&setup->founders, grants[count - 1], err);
    }
    buf_free(&memory);
    return status;
}

/* The link key stays where it can be read still: those below know it, and dial nobody else. */
static bool keep_channel(struct home_setup *setup, enum key_seal seal)
{
    struct buf machine = BUF_EMPTY;
    char keys[HOME_FILE_MAX];
    struct err err;
    bool kept;

    home_file(keys, setup->home, "keys");
    if (seal == SEAL_MACHINE && keys_secret_load(&machine, seal, keys, &err) != OK) {
        return false;
    }
    kept = keys_curve_load(&setup->keys->curve, keys,
                           buf_bytes(seal == SEAL_MACHINE ? &machine : &setup->secret), &err) == OK;
    if (machine.data != NULL) {
        crypto_wipe(machine.data, machine.size);
    }
    buf_free(&machine);
    return kept;
}

static enum status open_keys(struct home_setup *setup, bool new_channel, struct err *err)
{
    const enum key_seal seal = setup->config.seal;
    char identity[HOME_FILE_MAX];
    enum status status;

    home_file(setup->keys_path, setup->home, "keys.next");
    home_file(identity, setup->home, "keys.next/identity.key");
    status = directory_make(setup->keys_path, err);
    if (status == OK) {
        status = keys_secret_create(&setup->secret, &setup->config.seal, setup->keys_path, err);
    }
    setup->keys = node_keys_new();
    if (status != OK) {
        return status;
    }
    if (access(identity, F_OK) == 0) { /* it was cut off */
        return keys_load(setup->keys, setup->keys_path, buf_bytes(&setup->secret), err);
    }
    sign_key_generate(&setup->keys->identity);
    if (new_channel || !keep_channel(setup, seal)) {
        curve_key_generate(&setup->keys->curve);
    }
    return keys_save(setup->keys, setup->keys_path, setup->config.seal, buf_bytes(&setup->secret),
                     err);
}

static enum exit_code begin(struct home_setup *setup, const struct cli *cli,
                            const struct token *token)
{
    struct err err = {OK, ""};
    long pid;

    memset(setup, 0, sizeof *setup);
    setup->home = cli_home(cli);
    if (setup->home == NULL) {
        return EXIT_USAGE;
    }
    if (crypto_init(&err) != OK || home_load(&setup->config, setup->home, &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    if (!division_equal(setup->config.division, token->division) ||
        !hash_equal(&setup->config.tree, &token->tree)) {
        return cli_fail(cli, EXIT_REFUSED, "other_home", "recover_other_home home=%s division=%s",
                        setup->home, setup->config.division.code);
    }
    if (home_is_run(setup->home, &pid)) {
        return cli_fail(cli, EXIT_REFUSED, "running", "recover_running home=%s pid=%ld",
                        setup->home, pid);
    }
    if (open_keys(setup, cli->value[OPT_CHANNEL] != NULL, &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    if (cli->value[OPT_ADMIN] != NULL) {
        return founding_begin(&setup->founders, cli, setup->home);
    }
    return find_founders(setup, &err) == OK ? EXIT_DONE : cli_fail_status(cli, &err);
}

/* --- the keys take their place --- */

static enum status move_to(const struct home_setup *setup, const char *from, const char *to,
                           struct err *err)
{
    char old[HOME_FILE_MAX], new[HOME_FILE_MAX];

    home_file(old, setup->home, from);
    home_file(new, setup->home, to);
    return rename(old, new) == 0 || errno == ENOENT
               ? OK
               : err_set(err, ERR_IO, "recover_keys_not_moved from=%s to=%s", old, new);
}

/* The former ones are kept: a former copy of them may be what one wants to look at. */
static enum status take_place(const struct home_setup *setup, const struct enrolled *enrolled,
                              struct err *err)
{
    char former[32];
    enum status status =
        home_grants_write(setup->home, enrolled->chain, enrolled->chain_count, err);

    (void)snprintf(former, sizeof former, "keys.former-%u", enrolled->own.epoch - 1);
    if (status == OK) {
        status = home_save(&setup->config, setup->home, err);
    }
    if (status == OK) {
        status = move_to(setup, "keys", former, err);
    }
    return status == OK ? move_to(setup, "keys.next", "keys", err) : status;
}

static enum exit_code ask(const struct cli *cli, struct home_setup *setup,
                          const struct token *token)
{
    struct enrolled enrolled = {.refused = false};
    enum exit_code exit_code = EXIT_DONE;
    char key[ENROL_FINGERPRINT_SIZE];
    struct enrol_end end;
    struct err err = {OK, ""};

    if (ask_daemon(setup->home, &end, &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    if (join_ask(cli, setup, token, &end, &enrolled, &err) != OK) {
        return join_failed(cli, setup, &enrolled, &err);
    }
    memcpy(setup->config.parent.curve_key, enrolled.parent.curve_key,
           sizeof setup->config.parent.curve_key);
    (void)snprintf(setup->config.parent.endpoint, sizeof setup->config.parent.endpoint, "%s",
                   token->link);
    if (join_check_chain(setup->home, token, &enrolled, &err) != OK ||
        take_place(setup, &enrolled, &err) != OK) {
        exit_code = cli_fail_status(cli, &err);
    } else {
        join_confirm(cli, setup, token);
        notes_clear_end(setup->home);
        cli_tell(cli, stdout, "recovered division=%s epoch=%u lsn=%llu", token->division.code,
                 enrolled.own.epoch, (unsigned long long)end.lsn);
        enrol_fingerprint(key, enrolled.own.division, &enrolled.own.sign_key,
                          enrolled.own.curve_key);
        cli_tell(cli, stdout, "own_key_is fingerprint=%s", key);
    }
    enrolled_free(&enrolled);
    return exit_code;
}

enum exit_code recover(struct cli *cli, const struct token *token)
{
    struct home_setup setup;
    enum exit_code exit_code = begin(&setup, cli, token);

    if (exit_code == EXIT_DONE) {
        exit_code = ask(cli, &setup, token);
    }
    home_setup_end(&setup);
    return exit_code;
}
