/* cmd_years - `terrace years`: how the fiscal years of a division stand, what was said of them,
 * what still hinders closing one, and who below has not closed. */
#include <stdio.h>

#include "node/cli/client.h"
#include "node/cli/print.h"
#include "node/ledger/schema/accounts.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* Members for a table: the state in the reader's words, and how many hinder. */
static void add_columns(const struct cli *cli, json_t *row)
{
    const size_t hindrances = json_array_size(json_object_get(row, "hindrances"));

    (void)json_object_set_new(row, "stands",
                              json_string(text_word(cli->language, "year", text_of(row, "state"))));
    (void)json_object_set_new(row, "hinder", json_integer((json_int_t)hindrances));
}

/* An account by its name in the chart; else a list of the inbox. */
static const char *what_word(const struct cli *cli, const char *what)
{
    for (enum account account = 1; account < ACCOUNTS; account++) {
        if (account_info(account)->mnemonic != NULL &&
            strcmp(account_info(account)->mnemonic, what) == 0) {
            return account_info(account)->name[cli->language];
        }
    }
    return text_word(cli->language, "counted", what);
}

static void print_hindrances(const struct cli *cli, const json_t *row)
{
    const json_t *hindrances = json_object_get(row, "hindrances");

    if (json_array_size(hindrances) > 0) {
        cli_tell(cli, stdout, "years_hindered year=%" JSON_INTEGER_FORMAT, number_of(row, "year"));
    }
    for (size_t i = 0; i < json_array_size(hindrances); i++) {
        const json_t *item = json_array_get(hindrances, i);
        const char *what = what_word(cli, text_of(item, "what"));

        if (text_of(item, "id")[0] == '\0') {
            cli_tell(cli, stdout, "years_not_nil what=%s amount=%s", what, text_of(item, "amount"));
        } else {
            cli_tell(cli, stdout,
                     "years_waiting what=%s count=%" JSON_INTEGER_FORMAT
                     " amount=%s id=%s division=%s",
                     what, number_of(item, "count"), text_of(item, "amount"), text_of(item, "id"),
                     text_of(item, "division"));
        }
    }
}

static void print_not_closed(const struct cli *cli, const json_t *row)
{
    const json_t *divisions = json_object_get(row, "not_closed");

    if (number_of(row, "not_closed_count") == 0) {
        return;
    }
    cli_tell(cli, stdout,
             "years_not_closed year=%" JSON_INTEGER_FORMAT " count=%" JSON_INTEGER_FORMAT,
             number_of(row, "year"), number_of(row, "not_closed_count"));
    for (size_t i = 0; i < json_array_size(divisions); i++) {
        const json_t *division = json_array_get(divisions, i);

        (void)printf("  %s ", text_of(division, "division"));
        print_text(stdout, text_of(division, "name"));
        (void)putchar('\n');
    }
}

static void print_events(const struct cli *cli, const json_t *row)
{
    static const struct column columns[] = {
        {"kind", "kind", CELL_KIND}, {"month", "month", CELL_NUMBER},
        {"id", "id", CELL_TEXT},     {"lsn", "lsn", CELL_NUMBER},
        {"time", "time", CELL_TIME}, {"reason", "reason_given", CELL_TEXT},
    };
    const json_t *events = json_object_get(row, "events");

    if (json_array_size(events) > 0) {
        cli_tell(cli, stdout, "years_said year=%" JSON_INTEGER_FORMAT, number_of(row, "year"));
        print_table(stdout, columns, COUNT_OF(columns), events, cli->language);
    }
}

static void print_years(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"year", "fiscal_year", CELL_NUMBER},
        {"stands", "state", CELL_TEXT},
        {"months_closed", "months_closed", CELL_NUMBER},
        {"hinder", "hinder", CELL_NUMBER},
        {"not_closed_count", "not_closed", CELL_NUMBER},
    };
    const json_t *rows = json_object_get(answer, "years");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        add_columns(cli, json_array_get(rows, i));
    }
    print_table(stdout, columns, COUNT_OF(columns), rows, cli->language);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        print_hindrances(cli, row);
        print_not_closed(cli, row);
        print_events(cli, row);
    }
}

enum exit_code run_years(struct cli *cli)
{
    enum exit_code exit_code = client_open(cli);
    const char *division = cli->value[OPT_DIVISION];
    const struct query queries[] = {{"year", cli->value[OPT_YEAR]}};
    char path[CLIENT_PATH_MAX], below[64];
    json_t *answer = NULL;

    if (exit_code == EXIT_DONE && division == NULL) {
        exit_code = client_json(cli, "/session", BYTES_NONE, &answer);
    }
    if (exit_code != EXIT_DONE) {
        json_decref(answer);
        return exit_code;
    }
    (void)snprintf(below, sizeof below, "/divisions/%s/years",
                   division != NULL ? division
                                    : text_of(json_object_get(answer, "node"), "division"));
    json_decref(answer);
    client_path(path, below, NULL, queries, COUNT_OF(queries));
    exit_code = client_json(cli, path, BYTES_NONE, &answer);
    if (exit_code == EXIT_DONE && cli_json(cli)) {
        print_json(stdout, answer);
    } else if (exit_code == EXIT_DONE) {
        print_years(cli, answer);
    }
    json_decref(answer);
    return exit_code;
}
