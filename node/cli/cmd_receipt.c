/* cmd_receipt - `terrace receipt ID`: where a document has come to, and who says so. */
#include "node/cli/client.h"
#include "node/cli/print.h"

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static void print_receipt(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"division", "division", CELL_TEXT}, {"name", "name", CELL_TEXT},
        {"state", "state", CELL_WORD},       {"time", "time", CELL_TIME},
        {"lsn", "lsn", CELL_NUMBER},         {"mark", "signature", CELL_TEXT},
    };
    json_t *rows = json_object_get(answer, "held");
    const json_t *accepted = json_object_get(answer, "accepted");
    const long long holders = json_integer_value(json_object_get(answer, "holders")),
                    held_by = json_integer_value(json_object_get(answer, "held_by"));
    char time[LOCAL_TIME_BYTES_MAX];

    cli_tell(cli, stdout,
             "receipt_accepted id=%s kind=%s division=%s lsn=%lld time=%s signature=%.16s",
             member(answer, "id"), member(answer, "kind"), member(answer, "division"),
             (long long)json_integer_value(json_object_get(answer, "lsn")),
             time_local(time, member(accepted, "time")), member(accepted, "signature"));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);

        (void)json_object_set_new(row, "mark", json_sprintf("%.16s", member(row, "signature")));
    }
    if (json_array_size(rows) > 0) {
        print_table(stdout, columns, COUNT_OF(columns), rows, cli->language);
    }
    if (held_by == holders) {
        cli_tell(cli, stdout, "receipt_everywhere holders=%lld", holders);
    } else {
        cli_tell(cli, stdout, "receipt_on_its_way held_by=%lld holders=%lld", held_by, holders);
    }
}

enum exit_code run_receipt(struct cli *cli)
{
    const struct query queries[] = {{"division", cli->value[OPT_DIVISION]}};
    char path[CLIENT_PATH_MAX], document[CLIENT_PATH_MAX];
    enum exit_code exit_code = client_open(cli);
    json_t *answer;

    client_path(document, "/documents/", cli->argv[0], NULL, 0);
    (void)snprintf(document + strlen(document), sizeof document - strlen(document), "/receipt");
    client_path(path, document, NULL, queries, COUNT_OF(queries));
    if (exit_code == EXIT_DONE) {
        exit_code = client_json(cli, path, BYTES_NONE, &answer);
    }
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        print_receipt(cli, answer);
    }
    json_decref(answer);
    return EXIT_DONE;
}
