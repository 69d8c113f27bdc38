/* cmd_fork - `terrace fork`: logs of which two branches are known here. */
#include "node/cli/client.h"
#include "node/cli/pages.h"
#include "node/cli/print.h"

static void print_forks(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"division", "division", CELL_TEXT},
        {"after_lsn", "after_lsn", CELL_NUMBER},
        {"branch", "branch", CELL_WORD},
        {"last_lsn", "last_lsn", CELL_NUMBER},
        {"documents", "documents", CELL_NUMBER},
        {"amount", "amount", CELL_MONEY},
        {"time", "time", CELL_TIME},
        {"hash", "hash", CELL_TEXT},
    };
    const json_t *rows = json_object_get(answer, "rows");

    if (json_array_size(rows) == 0) {
        cli_tell(cli, stdout, "fork_none");
        return;
    }
    print_table(stdout, columns, COUNT_OF(columns), rows, cli->language);
    cli_tell(cli, stdout, "fork_choices");
}

enum exit_code run_fork(struct cli *cli)
{
    const struct paged paged = {.path = "/forks", .rows = "rows"};
    const enum exit_code exit_code = client_open(cli);

    return exit_code == EXIT_DONE ? pages_show(cli, &paged, print_forks) : exit_code;
}
