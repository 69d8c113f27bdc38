/* cmd_revoke - `terrace revoke CODE --reason TEXT`: a division below may no longer speak. On a
 * terminal a person types the code once more. Where two admins have to say so: what waits, the
 * second one's word, and the first one's taking it back. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/cli/pages.h"
#include "node/cli/post_object.h"
#include "node/cli/print.h"

static const char *member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void show_revoked(const struct cli *cli, const json_t *answer)
{
    const char *state = member(answer, "state");

    if (strcmp(state, "waits") == 0) {
        cli_tell(cli, stdout, "revoke_needs_second division=%s", member(answer, "division"));
    } else if (strcmp(state, "refused") == 0) {
        cli_tell(cli, stdout,
                 "revoke_refused_epochs division=%s first=%" JSON_INTEGER_FORMAT
                 " last=%" JSON_INTEGER_FORMAT,
                 member(answer, "division"), number(answer, "first_epoch"),
                 number(answer, "last_epoch"));
    } else {
        cli_tell(cli, stdout, "revoke_done division=%s final=%" JSON_INTEGER_FORMAT,
                 member(answer, "division"), number(answer, "final_lsn"));
    }
}

static void show_withdrawn(const struct cli *cli, const json_t *answer)
{
    cli_tell(cli, stdout, "revoke_left division=%s", member(answer, "division"));
}

static void print_waiting(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"division", "division", CELL_TEXT}, {"since", "since", CELL_TIME},
        {"expires", "expires", CELL_TIME},   {"by", "admin", CELL_TEXT},
        {"reason", "reason", CELL_TEXT},
    };

    print_table(stdout, columns, COUNT_OF(columns), json_object_get(answer, "rows"), cli->language);
}

/* What is said here cannot be taken back. */
static bool ask(const struct cli *cli, const char *code)
{
    char words[TEXT_BYTES_MAX], line[32] = "";

    (void)printf("%s ", text_say(cli->language, words, "ask_revoke division=%s", code));
    (void)fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) {
        return false;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return strcmp(line, code) == 0;
}

static enum exit_code post(struct cli *cli, const char *folder, const char *code, const char *verb,
                           json_t *object,
                           void (*show)(const struct cli *cli, const json_t *answer))
{
    char path[CLIENT_PATH_MAX];

    client_path(path, folder, code, NULL, 0);
    (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/%s", verb);
    return post_object(cli, path, object, show);
}

/* The first word, or the second one to it. */
static enum exit_code say(struct cli *cli, const char *code)
{
    if (cli->value[OPT_YES] == NULL && !ask(cli, code)) {
        cli_tell(cli, stdout, "revoke_left division=%s", code);
        return EXIT_REFUSED;
    }
    return cli->value[OPT_ACCEPT] != NULL
               ? post(cli, "/revocations/", code, "accept", json_object(), show_revoked)
               : post(cli, "/divisions/", code, "revoke",
                      json_pack("{ss}", "reason", cli->value[OPT_REASON]), show_revoked);
}

/* One of the four ways. */
static bool is_one_way(const struct cli *cli)
{
    return (cli->argc == 1) + (cli->value[OPT_LIST] != NULL) + (cli->value[OPT_ACCEPT] != NULL) +
                   (cli->value[OPT_WITHDRAW] != NULL) ==
               1 &&
           (cli->argc == 1 || cli->value[OPT_REASON] == NULL);
}

enum exit_code run_revoke(struct cli *cli)
{
    const struct paged paged = {.path = "/revocations", .rows = "rows"};
    const bool is_asked = isatty(STDIN_FILENO) != 0 && !cli_json(cli),
               says = cli->argc == 1 || cli->value[OPT_ACCEPT] != NULL;
    enum exit_code exit_code;

    if (!is_one_way(cli)) {
        return cli_fail(cli, EXIT_USAGE, "usage", "revoke_usage");
    }
    if (cli->argc == 1 && cli->value[OPT_REASON] == NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "revoke_needs_reason");
    }
    if (says && cli->value[OPT_YES] == NULL && !is_asked) {
        return cli_fail(cli, EXIT_USAGE, "needs_yes", "revoke_needs_yes");
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_LIST] != NULL) {
        return pages_show(cli, &paged, print_waiting);
    }
    if (cli->value[OPT_WITHDRAW] != NULL) {
        return post(cli, "/revocations/", cli->value[OPT_WITHDRAW], "withdraw", json_object(),
                    show_withdrawn);
    }
    return say(cli, cli->argc == 1 ? cli->argv[0] : cli->value[OPT_ACCEPT]);
}
