/* cmd_resync - `terrace resync`: how far a node is whose own log is fetched from its neighbours,
 * and going on without one of them. */
#include <stdio.h>
#include <string.h>

#include "node/cli/client.h"
#include "node/cli/post_object.h"
#include "node/cli/print.h"
#include "node/cli/watch.h"

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static json_int_t count_at(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* Whose answer is missing, first; and what to do where it does not come. */
static void print_missing(const struct cli *cli, const json_t *rows)
{
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        if (strcmp(text_at(row, "state"), "awaited") == 0) {
            cli_tell(cli, stdout, "resync_awaited division=%s", text_at(row, "division"));
        } else if (strcmp(text_at(row, "state"), "holds_more") == 0 &&
                   count_at(row, "more_below") > 0) {
            cli_tell(cli, stdout, "resync_holds_more_below division=%s count=%" JSON_INTEGER_FORMAT,
                     text_at(row, "division"), count_at(row, "more_below"));
        } else if (strcmp(text_at(row, "state"), "holds_more") == 0) {
            cli_tell(cli, stdout, "resync_holds_more division=%s lsn=%" JSON_INTEGER_FORMAT,
                     text_at(row, "division"), count_at(row, "lsn"));
        }
    }
}

static void print_progress(const struct cli *cli, const json_t *answer)
{
    const json_t *left = json_object_get(answer, "seconds_left");

    if (strcmp(text_at(answer, "state"), "confirming") == 0) {
        cli_tell(cli, stdout, "resync_confirming why=%s", text_at(answer, "why"));
    } else if (strcmp(text_at(answer, "state"), "waiting") == 0) {
        cli_tell(cli, stdout, "resync_waiting why=%s", text_at(answer, "why"));
    } else {
        cli_tell(cli, stdout, "resync_fetching why=%s", text_at(answer, "why"));
    }
    cli_tell(cli, stdout,
             "resync_held lsn=%" JSON_INTEGER_FORMAT " known=%" JSON_INTEGER_FORMAT
             " kib=%" JSON_INTEGER_FORMAT,
             count_at(answer, "lsn"), count_at(answer, "known_lsn"),
             count_at(answer, "bytes_second") / 1024);
    if (json_is_integer(left)) {
        cli_tell(cli, stdout, "resync_left seconds=%" JSON_INTEGER_FORMAT,
                 json_integer_value(left));
    }
}

static void print_resync(struct cli *cli, const json_t *answer, void *arg)
{
    static const struct column holders[] = {
        {"division", "division", CELL_TEXT},
        {"division_name", "name", CELL_TEXT},
        {"lsn", "lsn", CELL_NUMBER},
        {"state", "state", CELL_WORD},
    };
    static const struct column aside[] = {
        {"division", "division", CELL_TEXT},   {"blocks", "blocks", CELL_NUMBER},
        {"entries", "entries", CELL_NUMBER},   {"first_lsn", "first_lsn", CELL_NUMBER},
        {"last_lsn", "last_lsn", CELL_NUMBER},
    };
    const json_t *rows = json_object_get(answer, "holders");

    (void)arg;
    if (strcmp(text_at(answer, "state"), "whole") == 0) {
        cli_tell(cli, stdout, "resync_whole lsn=%" JSON_INTEGER_FORMAT, count_at(answer, "lsn"));
    } else {
        print_progress(cli, answer);
    }
    print_missing(cli, rows);
    if (count_at(answer, "import_waiting") + count_at(answer, "import_unfit") > 0) {
        cli_tell(cli, stdout,
                 "resync_import waiting=%" JSON_INTEGER_FORMAT " unfit=%" JSON_INTEGER_FORMAT,
                 count_at(answer, "import_waiting"), count_at(answer, "import_unfit"));
    }
    if (text_at(answer, "archive_fault")[0] != '\0') {
        cli_tell(cli, stdout, "resync_archive_told text=%s", text_at(answer, "archive_fault"));
    }
    if (json_array_size(rows) > 0) {
        print_table(stdout, holders, COUNT_OF(holders), rows, cli->language);
    }
    if (text_at(answer, "last")[0] != '\0') {
        cli_tell(cli, stdout, "resync_last text=%s", text_at(answer, "last"));
    }
    if (json_array_size(json_object_get(answer, "aside")) > 0) {
        cli_tell(cli, stdout, "resync_aside");
        print_table(stdout, aside, COUNT_OF(aside), json_object_get(answer, "aside"),
                    cli->language);
    }
}

static void show_without(const struct cli *cli, const json_t *answer)
{
    cli_tell(cli, stdout, "resync_goes_on division=%s", text_at(answer, "division"));
}

enum exit_code run_resync(struct cli *cli)
{
    enum exit_code exit_code = client_open(cli);
    json_t *answer;

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_WITHOUT] != NULL) {
        return post_object(cli, "/resync/without",
                           json_pack("{ss}", "division", cli->value[OPT_WITHOUT]), show_without);
    }
    if (cli->value[OPT_WATCH] != NULL) {
        return watch_block(cli, "/resync", print_resync);
    }
    exit_code = client_json(cli, "/resync", BYTES_NONE, &answer);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        print_resync(cli, answer, NULL);
    }
    json_decref(answer);
    return EXIT_DONE;
}
