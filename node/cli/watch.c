#include "node/cli/watch.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "node/cli/print.h"

enum { BLOCK_BYTES = 64 << 10 };

/* Asks again and again. The first failure is said and ends it, and so does an output that is gone.
 */
static enum exit_code watch_path(struct cli *cli, const char *path, watch_show_fn *show, void *arg)
{
    json_t *answer = NULL;
    enum exit_code exit_code = client_json(cli, path, BYTES_NONE, &answer);
    bool answered = true;

    while (exit_code == EXIT_DONE) {
        if (answer != NULL) {
            show(cli, answer, arg);
            exit_code = cli_flush(cli);
        }
        json_decref(answer);
        if (exit_code != EXIT_DONE) {
            return exit_code;
        }
        (void)poll(NULL, 0, WATCH_MS);
        answer = client_ask_quietly(cli, path);
        if (answered != (answer != NULL)) {
            answered = !answered;
            cli_warn(cli, answered ? "watch_answers_again home=%s" : "watch_no_answer home=%s",
                     cli_home(cli));
        }
    }
    return exit_code;
}

/* --- one block --- */

struct block {
    watch_show_fn *print;
    bool on_terminal;
    json_t *shown; /* the newest, without its measures; NULL: none yet */
};

/* What is another at every look; the sentences are made of it, and of states that stand beside. */
static bool moves_by_itself(const char *name)
{
    static const char *const names[] = {
        "age_s",          "as_of",
        "backlog_age_s",  "approvals_verified",
        "clock_ahead_ms", "clock_skew_ms",
        "cure",           "disk_free_mib",
        "down_s",         "grant_age_s",
        "last_heard_s",   "oldest_age_s",
        "root_skew_ms",   "rows_written",
        "rtt_ms",         "sentence",
        "since_s",        "unconfirmed_age_s",
    };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static json_t *without_measures(json_t *value)
{
    json_t *out, *item;
    const char *name;
    size_t i;

    if (json_is_array(value)) {
        out = json_array();
        json_array_foreach(value, i, item)
        {
            (void)json_array_append_new(out, without_measures(item));
        }
    } else if (json_is_object(value)) {
        out = json_object();
        json_object_foreach(value, name, item)
        {
            if (!moves_by_itself(name)) {
                (void)json_object_set_new(out, name, without_measures(item));
            }
        }
    } else {
        out = json_incref(value);
    }
    return out;
}

static void show_block(struct cli *cli, const json_t *answer, void *arg)
{
    struct block *block = arg;
    json_t *seen = without_measures((json_t *)(uintptr_t)answer);
    const bool is_same = block->shown != NULL && json_equal(block->shown, seen);

    json_decref(block->shown);
    block->shown = seen;
    if (block->on_terminal) {
        (void)fputs("\x1b[H\x1b[J", stdout);
        block->print(cli, answer, NULL);
    } else if (!is_same && cli_json(cli)) {
        print_json(stdout, answer);
    } else if (!is_same) {
        block->print(cli, answer, NULL);
        (void)putchar('\n');
    }
}

enum exit_code watch_block(struct cli *cli, const char *path, watch_show_fn *print)
{
    struct block block = {print, !cli_json(cli) && isatty(STDOUT_FILENO) == 1, NULL};
    enum exit_code exit_code = client_open(cli);

    if (block.on_terminal) { /* one write a block: it does not flicker */
        (void)setvbuf(stdout, NULL, _IOFBF, BLOCK_BYTES);
    }
    if (exit_code == EXIT_DONE) {
        exit_code = watch_path(cli, path, show_block, &block);
    }
    json_decref(block.shown);
    return exit_code;
}

/* --- alarms --- */

struct changes {
    json_t *open; /* as it was the last time; NULL: never asked */
    json_int_t last_id;
};

static json_int_t id_of(const json_t *alarm)
{
    return json_integer_value(json_object_get(alarm, "id"));
}

static json_t *find_id(const json_t *alarms, json_int_t id)
{
    for (size_t i = 0; i < json_array_size(alarms); i++) {
        if (id_of(json_array_get(alarms, i)) == id) {
            return json_array_get(alarms, i);
        }
    }
    return NULL;
}

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static void show_change(const struct cli *cli, const char *change, json_t *alarm)
{
    static const struct column since = {"since", "since", CELL_TIME};
    static const struct column cleared = {"cleared", "cleared", CELL_TIME};
    const bool over = strcmp(change, "cleared") == 0;
    char time[CELL_BYTES_MAX];

    if (cli_json(cli)) {
        json_t *line = json_pack("{ss sO}", "change", change, "alarm", alarm);

        print_json(stdout, line);
        json_decref(line);
        return;
    }
    print_cell(time, over ? &cleared : &since, alarm, cli->language);
    (void)printf("%s  %s  %s  %" JSON_INTEGER_FORMAT "  %s  %s  ", time,
                 text_word(cli->language, "change", change),
                 text_word(cli->language, "severity", member(alarm, "severity")), id_of(alarm),
                 member(alarm, "code"), member(alarm, "division"));
    print_text(stdout, member(alarm, "text"));
    (void)putchar('\n');
    if (!over) {
        (void)fputs("    ", stdout);
        print_text(stdout, member(alarm, "cure"));
        (void)putchar('\n');
    }
}

/* Those that came and went between two looks. */
static void show_missed(const struct cli *cli, const struct changes *changes, const json_t *past)
{
    for (size_t i = json_array_size(past); i-- > 0;) {
        json_t *alarm = json_array_get(past, i);

        if (id_of(alarm) > changes->last_id && find_id(changes->open, id_of(alarm)) == NULL) {
            show_change(cli, "raised", alarm);
            show_change(cli, "cleared", alarm);
        }
    }
}

static void show_cleared(const struct cli *cli, const struct changes *changes, const json_t *open,
                         const json_t *past)
{
    for (size_t i = 0; i < json_array_size(changes->open); i++) {
        json_t *before = json_array_get(changes->open, i);
        json_t *row = find_id(past, id_of(before)); /* with its time, once that is durable */

        if (find_id(open, id_of(before)) == NULL) {
            show_change(cli, "cleared", row == NULL ? before : row);
        }
    }
}

static void show_raised(const struct cli *cli, const struct changes *changes, const json_t *open)
{
    for (size_t i = 0; i < json_array_size(open); i++) {
        json_t *alarm = json_array_get(open, i);

        if (changes->open == NULL) {
            show_change(cli, "open", alarm);
        } else if (find_id(changes->open, id_of(alarm)) == NULL) {
            show_change(cli, "raised", alarm);
        }
    }
}

static void see_ids(struct changes *changes, const json_t *alarms)
{
    for (size_t i = 0; i < json_array_size(alarms); i++) {
        const json_int_t id = id_of(json_array_get(alarms, i));

        changes->last_id = id > changes->last_id ? id : changes->last_id;
    }
}

static void show_changes(struct cli *cli, const json_t *answer, void *arg)
{
    struct changes *changes = arg;
    json_t *history = client_ask_quietly(cli, "/alarms?history=1&limit=100");
    json_t *open = json_object_get(answer, "alarms");
    const json_t *past = json_object_get(history, "alarms");

    if (changes->open != NULL) {
        show_missed(cli, changes, past);
        show_cleared(cli, changes, open, past);
    }
    show_raised(cli, changes, open);
    see_ids(changes, open);
    see_ids(changes, past);
    json_decref(changes->open);
    changes->open = json_incref(open);
    json_decref(history);
}

enum exit_code watch_alarms(struct cli *cli)
{
    struct changes changes = {NULL, 0};
    const enum exit_code exit_code = watch_path(cli, "/alarms", show_changes, &changes);

    json_decref(changes.open);
    return exit_code;
}
