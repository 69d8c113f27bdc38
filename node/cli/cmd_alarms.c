/* cmd_alarms - `terrace alarms`: what must be seen, what was before, that somebody has seen it, and
 * that nobody wants to hear of it for a while. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "node/cli/pages.h"
#include "node/cli/post_object.h"
#include "node/cli/print.h"
#include "node/cli/watch.h"
#include "node/daemon/system_clock.h"

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

/* --- silencing --- */

/* As the API has it, of a form that option_values.c has checked; "" for now. */
static void until_utc(char out[LOCAL_TIME_BYTES_MAX], const char *typed)
{
    const struct clock clock = system_clock();
    const size_t digits = strspn(typed, "0123456789");
    const time_t each = typed[digits] == 'm' ? 60 : typed[digits] == 'h' ? 3600 : 86400;
    time_t seconds = (time_t)(clock_unix_ms(&clock) / 1000) + strtol(typed, NULL, 10) * each;
    struct tm parts = {.tm_isdst = -1};

    out[0] = '\0';
    if (typed[digits] == '-') {
        (void)strptime(typed, "%Y-%m-%d %H:%M", &parts);
        seconds = mktime(&parts);
    }
    if (strcmp(typed, "now") != 0 && gmtime_r(&seconds, &parts) != NULL) {
        (void)strftime(out, LOCAL_TIME_BYTES_MAX, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
}

static void show_silenced(const struct cli *cli, const json_t *answer)
{
    const json_int_t id = json_integer_value(json_object_get(answer, "id"));
    char local[LOCAL_TIME_BYTES_MAX];

    if (member(answer, "silenced")[0] == '\0') {
        cli_tell(cli, stdout, "alarm_heard id=%" JSON_INTEGER_FORMAT, id);
    } else {
        cli_tell(cli, stdout, "alarm_silent id=%" JSON_INTEGER_FORMAT " until=%s", id,
                 time_local(local, member(answer, "silenced")));
    }
}

static enum exit_code silence(struct cli *cli, const char *id, const char *typed)
{
    char path[CLIENT_PATH_MAX], until[LOCAL_TIME_BYTES_MAX];

    until_utc(until, typed);
    (void)snprintf(path, sizeof path, "/alarms/%s/silence", id);
    return post_object(cli, path, json_pack("{ss?}", "until", until[0] == '\0' ? NULL : until),
                       show_silenced);
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
        {"silenced", "silenced", CELL_TIME},
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
    const char *silenced = cli->value[OPT_SILENCE], *until = cli->value[OPT_UNTIL];
    enum exit_code exit_code;

    if ((silenced == NULL) != (until == NULL)) {
        return cli_fail(cli, EXIT_USAGE, "usage", "silence_needs_until");
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_WATCH] != NULL) {
        return cli->value[OPT_ACK] != NULL || cli->value[OPT_HISTORY] != NULL || silenced != NULL
                   ? cli_fail(cli, EXIT_USAGE, "usage", "watch_alone")
                   : watch_alarms(cli);
    }
    if (silenced != NULL) {
        return silence(cli, silenced, until);
    }
    return cli->value[OPT_ACK] != NULL ? acknowledge(cli, cli->value[OPT_ACK])
                                       : list_alarms(cli, cli->value[OPT_HISTORY] != NULL);
}
