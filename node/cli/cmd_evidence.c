/* cmd_evidence - `terrace evidence`: what a log said above the place where a recovery goes on, and
 * what became of it since; --offer hands in again what is open, in the maker's name. */
#include <string.h>

#include "node/cli/client.h"
#include "node/cli/pages.h"
#include "node/cli/post_object.h"
#include "node/cli/print.h"

/* Below the table: who said no, when and why. */
static void print_refusals(const struct cli *cli, const json_t *rows)
{
    size_t at;
    const json_t *row;

    json_array_foreach(rows, at, row)
    {
        const json_t *no = json_object_get(row, "refusal");

        if (json_is_object(no)) {
            cli_tell(cli, stdout, "evidence_refused id=%s checker=%s time=%s maker=%s reason=%s",
                     json_string_value(json_object_get(row, "id")),
                     json_string_value(json_object_get(no, "checker")),
                     json_string_value(json_object_get(no, "time")),
                     json_string_value(json_object_get(no, "maker")),
                     json_string_value(json_object_get(no, "message")));
        }
    }
}

static void print_evidence(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"division", "division", CELL_TEXT}, {"epoch", "epoch", CELL_NUMBER},
        {"lsn", "lsn", CELL_NUMBER},         {"last_lsn", "last_lsn", CELL_NUMBER},
        {"kind", "kind", CELL_KIND},         {"id", "id", CELL_TEXT},
        {"amount", "amount", CELL_MONEY},    {"state", "state", CELL_WORD},
        {"time", "time", CELL_TIME},
    };
    const json_t *rows = json_object_get(answer, "rows");

    if (json_array_size(rows) == 0) {
        cli_tell(cli, stdout, "evidence_none");
        return;
    }
    print_table(stdout, columns, COUNT_OF(columns), rows, cli->language);
    print_refusals(cli, rows);
    cli_tell(cli, stdout, "evidence_choices");
}

static void print_offer(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"kind", "kind", CELL_KIND},       {"id", "id", CELL_TEXT},
        {"amount", "amount", CELL_MONEY},  {"status", "status", CELL_WORD},
        {"message", "message", CELL_TEXT},
    };
    const json_t *rows = json_object_get(answer, "documents");
    const json_int_t left = json_integer_value(json_object_get(answer, "left"));

    if (json_array_size(rows) == 0) {
        cli_tell(cli, stdout, "evidence_nothing_open");
        return;
    }
    print_table(stdout, columns, COUNT_OF(columns), rows, cli->language);
    cli_tell(cli, stdout, "evidence_offered count=%zu", json_array_size(rows));
    if (left > 0) {
        cli_tell(cli, stdout, "evidence_left count=%" JSON_INTEGER_FORMAT, left);
    }
}

enum exit_code run_evidence(struct cli *cli)
{
    const char *const code = cli->argc == 1 ? cli->argv[0] : NULL;
    const struct paged paged = {
        .path = "/evidence", .queries = {{"division", code}}, .rows = "rows"};
    enum exit_code exit_code;

    if (cli->value[OPT_OFFER] != NULL && code != NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "evidence_usage");
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    return cli->value[OPT_OFFER] == NULL
               ? pages_show(cli, &paged, print_evidence)
               : post_object(cli, "/evidence/offer", json_object(), print_offer);
}
