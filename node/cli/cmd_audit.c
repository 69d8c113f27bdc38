/* cmd_audit - `terrace audit`: who asked what, and whether that is told whole. */
#include <stdio.h>

#include "node/cli/pages.h"
#include "node/cli/print.h"

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void tell_check(const struct cli *cli, const json_t *answer)
{
    const json_t *cosigned = json_object_get(answer, "cosigned");
    const json_t *fault = json_object_get(answer, "fault");
    char local[LOCAL_TIME_BYTES_MAX];

    if (fault != NULL) {
        cli_warn(cli, "%s position=%" JSON_INTEGER_FORMAT " last=%" JSON_INTEGER_FORMAT,
                 member(fault, "code"), number(fault, "position"), number(fault, "last"));
        return;
    }
    if (json_is_object(cosigned)) {
        cli_tell(cli, stdout,
                 "accesses_sound rows=%" JSON_INTEGER_FORMAT " cosigned=%" JSON_INTEGER_FORMAT
                 " holder=%s time=%s",
                 number(answer, "rows"), number(cosigned, "position"), member(cosigned, "holder"),
                 time_local(local, member(cosigned, "time")));
    } else {
        cli_tell(cli, stdout, "accesses_sound_alone rows=%" JSON_INTEGER_FORMAT,
                 number(answer, "rows"));
    }
}

static enum exit_code check(struct cli *cli)
{
    json_t *answer;
    enum exit_code exit_code = client_json(cli, "/audit/check", BYTES_NONE, &answer);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    }
    if (!json_is_true(json_object_get(answer, "ok"))) {
        exit_code = EXIT_VERIFY;
    }
    if (!cli_json(cli) || exit_code == EXIT_VERIFY) {
        tell_check(cli, answer);
    }
    json_decref(answer);
    return exit_code;
}

static enum exit_code list_heads(struct cli *cli)
{
    static const struct column columns[] = {
        {"division", "division", CELL_TEXT},   {"holder", "holder", CELL_TEXT},
        {"position", "position", CELL_NUMBER}, {"time", "time", CELL_TIME},
        {"hash", "hash", CELL_TEXT},           {"signed", "signed", CELL_TEXT},
    };
    json_t *answer;
    const enum exit_code exit_code = client_json(cli, "/audit/heads", BYTES_NONE, &answer);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        print_table(stdout, columns, COUNT_OF(columns), json_object_get(answer, "rows"),
                    cli->language);
    }
    json_decref(answer);
    return EXIT_DONE;
}

/* --- rows --- */

static void print_rows(const struct cli *cli, const json_t *rows, void *arg)
{
    static const struct column columns[] = {
        {"position", "position", CELL_NUMBER},
        {"time", "time", CELL_TIME},
        {"what", "access", CELL_WORD},
        {"who", "user", CELL_TEXT},
        {"how", "how", CELL_WORD},
        {"address", "address", CELL_TEXT},
        {"method", "method", CELL_TEXT},
        {"path", "path", CELL_TEXT},
        {"http", "http", CELL_NUMBER},
    };

    print_more(stdout, columns, COUNT_OF(columns), rows, cli->language, arg);
}

enum exit_code run_audit(struct cli *cli)
{
    const struct paged paged = {.path = "/audit", .rows = "rows"};
    struct table_shape shape = table_begin(cli);
    enum exit_code exit_code = client_open(cli);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_VERIFY] != NULL) {
        return check(cli);
    }
    if (cli->value[OPT_HEADS] != NULL) {
        return list_heads(cli);
    }
    return pages_stream(cli, &paged, NULL, print_rows, &shape);
}
