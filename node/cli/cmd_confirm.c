/* cmd_confirm - `terrace confirm`: new keys of a division below, to which its former ones did not
 * agree, and the word of this level that they count. It is a document: a second person approves it.
 */
#include <stdio.h>
#include <unistd.h>

#include "node/cli/pages.h"
#include "node/cli/print.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* Both keys, and what hangs on them. */
static void print_recovery(const struct cli *cli, const json_t *row)
{
    const json_t *cut = json_object_get(row, "cut_off"), *waiting = json_object_get(row, "waiting");
    const json_t *objection = json_object_get(row, "objection");
    char local[LOCAL_TIME_BYTES_MAX], said[LOCAL_TIME_BYTES_MAX];

    cli_tell(cli, stdout, "recovery_of division=%s name=%s epoch=%d granter=%s by=%s since=%s",
             text_of(row, "division"), text_of(row, "name"), (int)number_of(row, "epoch"),
             text_of(row, "granter"), text_of(row, "by"), time_local(local, text_of(row, "since")));
    cli_tell(cli, stdout, "recovery_keys former=%s now=%s", text_of(row, "former_fingerprint"),
             text_of(row, "fingerprint"));
    cli_tell(cli, stdout, "recovery_money waiting=%d amount=%s cut=%d cut_amount=%s",
             (int)number_of(waiting, "documents"), text_of(waiting, "amount"),
             (int)number_of(cut, "documents"), text_of(cut, "amount"));
    if (json_is_object(objection)) {
        cli_tell(cli, stdout, "recovery_objection reason=%s said=%s by=%s since=%s",
                 text_of(objection, "reason"), time_local(said, text_of(objection, "said")),
                 text_of(objection, "by"), time_local(local, text_of(objection, "since")));
    }
}

static void print_recoveries(const struct cli *cli, const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "rows");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        print_recovery(cli, json_array_get(rows, i));
    }
    if (json_array_size(rows) == 0) {
        (void)puts(cli_row(cli, "recoveries_none"));
    }
}

static const json_t *row_of(const json_t *answer, const char *code)
{
    const json_t *rows = json_object_get(answer, "rows");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        if (strcmp(text_of(json_array_get(rows, i), "division"), code) == 0) {
            return json_array_get(rows, i);
        }
    }
    return NULL;
}

static bool agreed(const struct cli *cli)
{
    char line[16] = "";

    (void)printf("%s ", cli_row(cli, "ask_recovery"));
    (void)fflush(stdout);
    return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

static enum exit_code say_answer(const struct cli *cli, const json_t *answer)
{
    const char *status = text_of(answer, "status");

    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else if (strcmp(status, "refused") == 0) {
        return cli_fail(cli, EXIT_REFUSED, text_of(answer, "reason"), "confirm_refused_here why=%s",
                        text_of(answer, "message"));
    } else {
        cli_tell(cli, stdout,
                 strcmp(status, "draft") == 0 ? "confirm_waits id=%s" : "confirm_said id=%s",
                 text_of(answer, "id"));
    }
    return strcmp(status, "refused") == 0 ? EXIT_REFUSED : EXIT_DONE;
}

static enum exit_code confirm(struct cli *cli, const json_t *row)
{
    char id[64], *body;
    json_t *document, *answer = NULL;
    enum exit_code exit_code;

    (void)snprintf(id, sizeof id, "CONFIRM-%s-%d", text_of(row, "division"),
                   (int)number_of(row, "epoch"));
    document =
        json_pack("{ss ss ss}", "kind", "confirm", "id", id, "div_code", text_of(row, "division"));
    if (cli->value[OPT_REASON] != NULL) {
        (void)json_object_set_new(document, "reason", json_string(cli->value[OPT_REASON]));
    }
    if (cli->value[OPT_DESPITE_OBJECTION] != NULL) {
        (void)json_object_set_new(document, "unconfirmed", json_string("1"));
    }
    body = json_dumps(document, JSON_COMPACT);
    exit_code = client_json(cli, "/documents", bytes_text(body), &answer);
    if (exit_code == EXIT_DONE) {
        exit_code = say_answer(cli, answer);
    }
    json_decref(answer);
    json_decref(document);
    mem_free(body);
    return exit_code;
}

/* Shown first; on a terminal it asks, and elsewhere --yes says that both were compared. */
static enum exit_code confirm_shown(struct cli *cli, const char *code)
{
    json_t *answer = NULL;
    const json_t *row;
    enum exit_code exit_code = client_json(cli, "/recoveries", BYTES_NONE, &answer);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    row = row_of(answer, code);
    if (row == NULL) {
        exit_code =
            cli_fail(cli, EXIT_REFUSED, "not_found", "recovery_not_found division=%s", code);
    } else if (cli->value[OPT_YES] == NULL && (cli_json(cli) || isatty(STDIN_FILENO) == 0)) {
        exit_code = cli_fail(cli, EXIT_USAGE, "usage", "confirm_needs_yes");
    } else {
        if (!cli_json(cli)) {
            print_recovery(cli, row);
        }
        exit_code = cli->value[OPT_YES] != NULL || agreed(cli) ? confirm(cli, row) : EXIT_REFUSED;
    }
    json_decref(answer);
    return exit_code;
}

enum exit_code run_confirm(struct cli *cli)
{
    const struct paged paged = {.path = "/recoveries", .rows = "rows"};
    enum exit_code exit_code;

    if ((cli->argc == 1) == (cli->value[OPT_LIST] != NULL)) {
        return cli_fail(cli, EXIT_USAGE, "usage", "confirm_usage");
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    return cli->argc == 1 ? confirm_shown(cli, cli->argv[0])
                          : pages_show(cli, &paged, print_recoveries);
}
