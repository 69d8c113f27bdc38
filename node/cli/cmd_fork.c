/* cmd_fork - `terrace fork`: logs of which two branches are known here, and from which one a child
 * goes on. On a terminal it asks once both were shown. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/cli/client.h"
#include "node/cli/pages.h"
#include "node/cli/post_object.h"
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

/* --- one of them --- */

static const char *member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static void show_kept(const struct cli *cli, const json_t *answer)
{
    if (strcmp(member(answer, "state"), "granted") == 0) {
        cli_tell(cli, stdout,
                 "fork_kept division=%s epoch=%" JSON_INTEGER_FORMAT " base=%" JSON_INTEGER_FORMAT,
                 member(answer, "division"), json_integer_value(json_object_get(answer, "epoch")),
                 json_integer_value(json_object_get(answer, "base_lsn")));
    } else {
        cli_tell(cli, stdout, "fork_kept_waits division=%s", member(answer, "division"));
    }
}

static bool agreed(const struct cli *cli, const char *code)
{
    char words[TEXT_BYTES_MAX], line[16] = "";

    (void)printf("%s ", text_say(cli->language, words, "ask_keep division=%s", code));
    (void)fflush(stdout);
    return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

static enum exit_code keep(struct cli *cli, const char *code, const char *hash)
{
    const struct paged paged = {.path = "/forks", .rows = "rows"};
    const bool is_asked = isatty(STDIN_FILENO) != 0 && !cli_json(cli);
    char path[CLIENT_PATH_MAX];
    enum exit_code exit_code = client_open(cli);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_YES] == NULL && !is_asked) {
        return cli_fail(cli, EXIT_USAGE, "needs_yes", "keep_needs_yes");
    }
    if (cli->value[OPT_YES] == NULL) {
        exit_code = pages_show(cli, &paged, print_forks);
        if (exit_code != EXIT_DONE || !agreed(cli, code)) {
            return exit_code == EXIT_DONE ? EXIT_REFUSED : exit_code;
        }
    }
    client_path(path, "/forks/", code, NULL, 0);
    (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/keep");
    return post_object(cli, path, json_pack("{ss}", "hash", hash), show_kept);
}

enum exit_code run_fork(struct cli *cli)
{
    const struct paged paged = {.path = "/forks", .rows = "rows"};
    enum exit_code exit_code;

    if ((cli->argc == 1) != (cli->value[OPT_KEEP] != NULL)) {
        return cli_fail(cli, EXIT_USAGE, "usage", "fork_usage");
    }
    if (cli->argc == 1) {
        return keep(cli, cli->argv[0], cli->value[OPT_KEEP]);
    }
    exit_code = client_open(cli);
    return exit_code == EXIT_DONE ? pages_show(cli, &paged, print_forks) : exit_code;
}
