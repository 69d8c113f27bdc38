/* cmd_alarms - `terrace alarms`: what must be seen, what was before, and that somebody has seen it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "node/cli/pages.h"
#include "node/cli/print.h"
#include "node/cli/watch.h"

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* --- acknowledging --- */

static enum exit_code acknowledge(struct cli *cli, const char *id)
{
    char path[CLIENT_PATH_MAX];
    json_t *answer = NULL;
    enum exit_code exit_code;

    (void)snprintf(path, sizeof path, "/alarms/%s/ack", id);
    exit_code = client_json(cli, path, bytes_text("{}"), &answer);
    if (exit_code == EXIT_DONE && cli_json(cli)) {
        print_json(stdout, answer);
    } else if (exit_code == EXIT_DONE) {
        char words[TEXT_BYTES_MAX];

        (void)puts(text_say(cli->language, words,
                            json_is_true(json_object_get(answer, "open")) ? "alarm_seen id=%s"
                                                                          : "alarm_ended id=%s",
                            id));
    }
    json_decref(answer);
    return exit_code;
}

/* --- listing --- */

static void print_rows(const struct cli *cli, json_t *rows, bool history)
{
    static const struct column columns[] = {
        {"id", "alarm_id", CELL_NUMBER},
        {"severity", "severity", CELL_SEVERITY},
        {"code", "alarm", CELL_TEXT},
        {"division", "about", CELL_TEXT},
        {"text", "content", CELL_TEXT},
        {"since", "since", CELL_TIME},
        {"last", "last", CELL_TIME},
        {"count", "count", CELL_NUMBER},
        {"acknowledged_by", "acknowledged_by", CELL_TEXT},
        {"cleared", "cleared", CELL_TIME},
    };

    print_table(stdout, columns, COUNT_OF(columns) - !history, rows, cli->language);
}

/* Once for each code: rows come sorted by it. */
static void print_advice(const json_t *rows)
{
    const char *before = "";

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (strcmp(member(row, "code"), before) != 0) {
            before = member(row, "code");
            (void)printf("\n%s\n    ", before);
            print_text(stdout, member(row, "cause"));
            (void)fputs("\n    ", stdout);
            print_text(stdout, member(row, "cure"));
            (void)putchar('\n');
        }
    }
}

static enum exit_code read_history(struct cli *cli, json_t *rows)
{
    const struct paged paged = {.path = "/alarms", .queries = {{"history", "1"}}, .rows = "alarms"};
    json_t *answer;
    const enum exit_code exit_code = pages_join(cli, &paged, &answer);

    (void)json_array_extend(rows, json_object_get(answer, "alarms"));
    json_decref(answer);
    return exit_code;
}

static enum exit_code read_open(struct cli *cli, json_t *rows)
{
    json_t *answer = NULL;
    const enum exit_code exit_code = client_json(cli, "/alarms", BYTES_NONE, &answer);

    (void)json_array_extend(rows, json_object_get(answer, "alarms"));
    json_decref(answer);
    return exit_code;
}

static enum exit_code list_alarms(struct cli *cli, bool history)
{
    json_t *rows = json_array();
    const enum exit_code exit_code = history ? read_history(cli, rows) : read_open(cli, rows);

    if (exit_code == EXIT_DONE && cli_json(cli)) {
        json_t *answer = json_pack("{sO}", "alarms", rows);
        if (cli->damage[0] != '\0') {
            (void)json_object_set_new(answer, "damaged", json_string(cli->damage));
        }
        print_json(stdout, answer);
        json_decref(answer);
    } else if (exit_code == EXIT_DONE) {
        print_rows(cli, rows, history);
        print_advice(history ? NULL : rows);
    }
    json_decref(rows);
    return exit_code;
}

enum exit_code run_alarms(struct cli *cli)
{
    const enum exit_code exit_code = client_open(cli);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_WATCH] != NULL) {
        return cli->value[OPT_ACK] != NULL || cli->value[OPT_HISTORY] != NULL
                   ? cli_fail(cli, EXIT_USAGE, "usage", "watch_alone")
                   : watch_alarms(cli);
    }
    return cli->value[OPT_ACK] != NULL ? acknowledge(cli, cli->value[OPT_ACK])
                                       : list_alarms(cli, cli->value[OPT_HISTORY] != NULL);
}
