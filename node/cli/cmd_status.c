/* cmd_status - subcommands about the node itself: status and digest. */
#include <stdio.h>

#include "node/cli/attention.h"
#include "node/cli/pages.h"
#include "node/cli/print.h"
#include "node/cli/unconfirmed_print.h"
#include "node/cli/watch.h"
#include "node/ledger/schema/kinds.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static enum exit_code ask(struct cli *cli, const char *path, json_t **answer)
{
    const enum exit_code exit_code = client_open(cli);

    return exit_code != EXIT_DONE ? exit_code : client_json(cli, path, BYTES_NONE, answer);
}

/* --- digest --- */

enum exit_code run_digest(struct cli *cli)
{
    const struct query queries[] = {{"division", cli->value[OPT_DIVISION]}};
    char path[CLIENT_PATH_MAX];
    json_t *answer;
    enum exit_code exit_code;

    client_path(path, "/digest", NULL, queries, COUNT_OF(queries));
    exit_code = ask(cli, path, &answer);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        (void)printf("%s  %" JSON_INTEGER_FORMAT "  %s\n", text_of(answer, "division"),
                     number_of(answer, "lsn"), text_of(answer, "digest"));
    }
    json_decref(answer);
    return EXIT_DONE;
}

/* --- status --- */

/* Attempts that differ only in their time are one row, with the newest of them and their number. */
static json_t *count_attempts(const json_t *attempts)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < json_array_size(attempts); i++) {
        const json_t *attempt = json_array_get(attempts, i);
        json_t *row = NULL, *same = NULL;
        size_t j;

        json_array_foreach(rows, j, row)
        {
            if (strcmp(text_of(row, "division"), text_of(attempt, "division")) == 0 &&
                strcmp(text_of(row, "text"), text_of(attempt, "text")) == 0) {
                same = row;
            }
        }
        if (same == NULL) {
            (void)json_array_append_new(rows, json_copy((json_t *)(uintptr_t)attempt));
        } else {
            const json_int_t count = number_of(same, "count") + number_of(attempt, "count");
            (void)json_object_set_new(same, "count", json_integer(count));
        }
    }
    return rows;
}

static void print_attempts(const struct cli *cli, const json_t *attempts)
{
    static const struct column columns[] = {
        {"time", "refused_enrolment", CELL_TIME},
        {"division", "division", CELL_TEXT},
        {"text", "reason", CELL_SENTENCE},
        {"count", "count", CELL_NUMBER},
    };
    json_t *rows = count_attempts(attempts);

    if (json_array_size(rows) > 0) {
        (void)putchar('\n');
        print_table(stdout, columns, COUNT_OF(columns), rows, cli->language);
    }
    json_decref(rows);
}

static void print_strangers(const struct cli *cli, const json_t *strangers)
{
    static const struct column columns[] = {
        {"time", "refused_key", CELL_TIME}, {"key", "link_key", CELL_TEXT},
        {"address", "address", CELL_TEXT},  {"text", "reason", CELL_SENTENCE},
        {"count", "count", CELL_NUMBER},
    };

    if (json_array_size(strangers) > 0) {
        (void)putchar('\n');
        print_table(stdout, columns, COUNT_OF(columns), strangers, cli->language);
    }
}

/* Kinds with commas between them, or a word for all or none. */
static const char *approval_words(const struct cli *cli, char out[TEXT_BYTES_MAX], const char *at)
{
    const char *comma = text_row(cli->language, "mark.comma");
    size_t used = 0;

    out[0] = '\0';
    while (*at != '\0' && used < TEXT_BYTES_MAX) {
        const size_t size = strcspn(at, ",");
        char word[64];

        (void)snprintf(word, sizeof word, "%.*s", (int)size, at);
        used += (size_t)snprintf(
            out + used, TEXT_BYTES_MAX - used, "%s%s", used > 0 ? comma : "",
            text_word(cli->language, "kind",
                      kind_named(bytes_text(word)) != 0 ? word : text_term(cli->language, word)));
        at += size + (at[size] == ',');
    }
    return out;
}

/* While something is left to read, and where something was found. */
static void print_scrub(const struct cli *cli, const json_t *scrub)
{
    if (number_of(scrub, "entries_left") + number_of(scrub, "faults") > 0) {
        cli_tell(cli, stdout,
                 "status_scrub blocks=%" JSON_INTEGER_FORMAT " left=%" JSON_INTEGER_FORMAT
                 " faults=%" JSON_INTEGER_FORMAT,
                 number_of(scrub, "blocks"), number_of(scrub, "entries_left"),
                 number_of(scrub, "faults"));
    }
}

/* What there is of this node beside its store. */
static void print_copies(const struct cli *cli, const json_t *status)
{
    const json_t *backup = json_object_get(status, "backup");
    const json_t *archive = json_object_get(status, "archive");
    char local[LOCAL_TIME_BYTES_MAX];

    if (json_is_object(backup)) {
        cli_tell(cli, stdout, "status_backup time=%s lsn=%" JSON_INTEGER_FORMAT " directory=%s",
                 time_local(local, text_of(backup, "time")), number_of(backup, "lsn"),
                 text_of(backup, "directory"));
    }
    if (json_is_object(archive)) {
        cli_tell(cli, stdout,
                 "status_archive directory=%s lsn=%" JSON_INTEGER_FORMAT
                 " behind=%" JSON_INTEGER_FORMAT " seconds=%" JSON_INTEGER_FORMAT,
                 text_of(archive, "directory"), number_of(archive, "lsn"),
                 number_of(archive, "behind_entries"), number_of(archive, "waiting_s"));
    }
}

/* Codes with commas between them, and a mark where there are more. */
static void join_codes(char *out, size_t size, const json_t *codes, json_int_t count)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(codes) && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "",
                                 json_string_value(json_array_get(codes, i)));
    }
    if (count > (json_int_t)json_array_size(codes) && used < size) {
        (void)snprintf(out + used, size - used, " ...");
    }
}

static void print_rotation(const struct cli *cli, const json_t *rotation)
{
    const char *state = text_of(rotation, "state");
    char codes[256];

    if (strcmp(state, "asked") == 0) {
        cli_tell(cli, stdout,
                 "status_rotation_asked seconds=%" JSON_INTEGER_FORMAT
                 " epoch=%" JSON_INTEGER_FORMAT,
                 number_of(rotation, "since_s"), number_of(rotation, "epoch"));
    } else if (strcmp(state, "refused") == 0) {
        cli_tell(cli, stdout,
                 "status_rotation_refused seconds=%" JSON_INTEGER_FORMAT
                 " epoch=%" JSON_INTEGER_FORMAT " reason=%s",
                 number_of(rotation, "since_s"), number_of(rotation, "epoch"),
                 text_of(rotation, "reason"));
    } else if (strcmp(state, "former_served") == 0) {
        join_codes(codes, sizeof codes, json_object_get(rotation, "unknown_to"),
                   number_of(rotation, "unknown_to_count"));
        cli_tell(cli, stdout, "status_rotation_former count=%" JSON_INTEGER_FORMAT " divisions=%s",
                 number_of(rotation, "unknown_to_count"), codes);
    }
}

static void print_served(const struct cli *cli, const json_t *served)
{
    char local[LOCAL_TIME_BYTES_MAX];

    if (json_is_object(served)) {
        cli_tell(cli, stdout,
                 json_is_true(json_object_get(served, "parent_is_damaged"))
                     ? "status_served_past_damaged by=%s since=%s parent=%s "
                       "seconds=%" JSON_INTEGER_FORMAT
                     : "status_served by=%s since=%s parent=%s seconds=%" JSON_INTEGER_FORMAT,
                 text_of(served, "by"), time_local(local, text_of(served, "since")),
                 text_of(served, "parent"), number_of(served, "parent_down_s"));
    }
}

static void print_spell(const struct cli *cli, const json_t *spell, const char *self)
{
    const char *division = text_of(spell, "division"), *by = text_of(spell, "by"),
               *parent = text_of(spell, "parent");
    char since[LOCAL_TIME_BYTES_MAX], until[LOCAL_TIME_BYTES_MAX];

    (void)time_local(since, text_of(spell, "since"));
    if (!json_is_null(json_object_get(spell, "until"))) {
        (void)time_local(until, text_of(spell, "until"));
        if (json_is_true(json_object_get(spell, "caught_up"))) {
            cli_tell(cli, stdout,
                     "status_served_over division=%s by=%s since=%s until=%s parent=%s "
                     "lsn=%" JSON_INTEGER_FORMAT,
                     division, by, since, until, parent, number_of(spell, "lsn"));
        } else {
            cli_tell(cli, stdout,
                     "status_served_over_missing division=%s by=%s since=%s until=%s parent=%s "
                     "first=%" JSON_INTEGER_FORMAT " lsn=%" JSON_INTEGER_FORMAT,
                     division, by, since, until, parent, number_of(spell, "held_lsn") + 1,
                     number_of(spell, "lsn"));
        }
    } else if (strcmp(by, self) == 0) {
        cli_tell(cli, stdout, "status_served_here division=%s since=%s parent=%s", division, since,
                 parent);
    } else if (strcmp(division, self) != 0) { /* which says so above */
        cli_tell(cli, stdout,
                 "status_served_above division=%s by=%s since=%s parent=%s "
                 "held=%" JSON_INTEGER_FORMAT " lsn=%" JSON_INTEGER_FORMAT,
                 division, by, since, parent, number_of(spell, "held_lsn"),
                 number_of(spell, "lsn"));
    }
}

static void print_spells(const struct cli *cli, const json_t *status)
{
    const json_t *spells = json_object_get(status, "served_spells");

    for (size_t i = 0; i < json_array_size(spells); i++) {
        print_spell(cli, json_array_get(spells, i), text_of(status, "division"));
    }
}

/* Without a parent it is the root itself, and before its first answer there is nothing to tell. */
static void print_root(const struct cli *cli, const json_t *status)
{
    const json_t *confirmed = json_object_get(status, "confirmed");
    const json_t *peers = json_object_get(status, "peers");

    for (size_t i = 0; i < json_array_size(peers); i++) {
        if (strcmp(text_of(json_array_get(peers, i), "role"), "parent") == 0 &&
            json_is_integer(json_object_get(confirmed, "age_s"))) {
            cli_tell(cli, stdout,
                     "status_root lsn=%" JSON_INTEGER_FORMAT " seconds=%" JSON_INTEGER_FORMAT,
                     number_of(confirmed, "lsn"), number_of(confirmed, "age_s"));
        }
    }
}

static void print_status(struct cli *cli, const json_t *status)
{
    static const struct column peers[] = {
        {"division", "neighbour", CELL_TEXT},
        {"state", "state", CELL_WORD},
        {"behind_entries", "behind_entries", CELL_NUMBER},
        {"behind_bytes", "behind_bytes", CELL_NUMBER},
        {"behind_amount", "behind_amount", CELL_MONEY},
        {"oldest_age_s", "oldest_age_s", CELL_NUMBER},
        {"last_heard_s", "last_heard_s", CELL_NUMBER},
        {"rtt_ms", "rtt_ms", CELL_NUMBER},
        {"reason", "reason", CELL_SENTENCE},
    };
    static const struct column alarms[] = {
        {"severity", "severity", CELL_SEVERITY}, {"code", "alarm", CELL_TEXT},
        {"division", "about", CELL_TEXT},        {"text", "content", CELL_TEXT},
        {"since", "since", CELL_TIME},           {"count", "count", CELL_NUMBER},
    };
    const json_t *alarm_rows = json_object_get(status, "alarms");
    const json_t *unapproved = json_object_get(status, "unapproved");
    char approval[TEXT_BYTES_MAX];

    if (json_is_true(json_object_get(status, "stalled"))) {
        print_text(stdout, text_of(status, "notice"));
        (void)putchar('\n');
    }
    cli_tell(cli, stdout,
             "status_head division=%s name=%s epoch=%" JSON_INTEGER_FORMAT
             " lsn=%" JSON_INTEGER_FORMAT " state=%s roster=%s",
             text_of(status, "division"), text_of(status, "name"), number_of(status, "epoch"),
             number_of(status, "lsn"), text_of(status, "state_digest"),
             text_of(status, "roster_hash"));
    print_root(cli, status);
    if (text_of(status, "vouched")[0] != '\0') {
        cli_tell(cli, stdout, "status_vouched words=%s", text_of(status, "vouched"));
    }
    if (json_integer_value(json_object_get(unapproved, "count")) > 0) {
        cli_tell(cli, stdout, "status_unapproved count=%" JSON_INTEGER_FORMAT " amount=%s",
                 json_integer_value(json_object_get(unapproved, "count")),
                 text_of(unapproved, "amount"));
    }
    print_unconfirmed(cli, status);
    print_scrub(cli, json_object_get(status, "scrub"));
    print_copies(cli, status);
    cli_tell(cli, stdout, "status_persons approval=%s persons=%s",
             approval_words(cli, approval, text_of(status, "approval")),
             text_of(status, "persons"));
    if (json_is_object(json_object_get(status, "api"))) {
        const json_t *api = json_object_get(status, "api");

        cli_tell(cli, stdout, "status_api listen=%s fingerprint=%s", text_of(api, "listen"),
                 text_of(api, "fingerprint"));
    }
    print_rotation(cli, json_object_get(status, "rotation"));
    print_served(cli, json_object_get(status, "served"));
    print_spells(cli, status);
    print_attention(cli, status);
    print_table(stdout, peers, COUNT_OF(peers), json_object_get(status, "peers"), cli->language);
    if (json_array_size(alarm_rows) > 0) {
        (void)putchar('\n');
        print_table(stdout, alarms, COUNT_OF(alarms), alarm_rows, cli->language);
    }
    print_attempts(cli, json_object_get(status, "enrol_attempts"));
    print_strangers(cli, json_object_get(status, "refused_strangers"));
}

static void show_status(struct cli *cli, const json_t *status, void *arg)
{
    (void)arg;
    print_status(cli, status);
}

enum exit_code run_status(struct cli *cli)
{
    json_t *answer;
    enum exit_code exit_code;

    if (cli->value[OPT_TREE] != NULL) {
        return run_status_tree(cli);
    }
    if (cli->value[OPT_WATCH] != NULL) {
        return watch_block(cli, "/status", show_status);
    }
    exit_code = ask(cli, "/status", &answer);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        print_status(cli, answer);
    }
    json_decref(answer);
    return EXIT_DONE;
}
