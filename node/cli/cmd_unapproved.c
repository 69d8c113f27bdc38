/* cmd_unapproved - subcommand `unapproved`: entries that are held here and whose approval does not
 * hold, with why. */
#include <stdio.h>

#include "node/cli/pages.h"
#include "node/cli/print.h"

static void print_unapproved(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"division", "division", CELL_TEXT},
        {"name", "name", CELL_TEXT},
        {"lsn", "lsn", CELL_NUMBER},
        {"kind", "kind", CELL_KIND},
        {"id", "id", CELL_TEXT},
        {"amount", "amount", CELL_MONEY},
        {"why_words", "why", CELL_TEXT},
    };
    const json_t *rows = json_object_get(answer, "rows");
    const char *amount = json_string_value(json_object_get(answer, "amount"));
    const json_int_t count = json_integer_value(json_object_get(answer, "count"));

    if (json_array_size(rows) > 0) {
        print_table(stdout, columns, COUNT_OF(columns), rows, cli->language);
        (void)putchar('\n');
    }
    if (count == 0) {
        (void)puts(cli_row(cli, "unapproved_none"));
    } else {
        cli_tell(cli, stdout, "status_unapproved count=%" JSON_INTEGER_FORMAT " amount=%s", count,
                 amount == NULL ? "" : amount);
    }
}

enum exit_code run_unapproved(struct cli *cli)
{
    const struct paged paged = {
        .path = "/unapproved", .queries = {{"division", cli->value[OPT_DIVISION]}}, .rows = "rows"};
    const enum exit_code exit_code = client_open(cli);

    return exit_code == EXIT_DONE ? pages_show(cli, &paged, print_unapproved) : exit_code;
}
