/* cmd_inbox - `terrace inbox`: what waits for this division and one of its persons, in groups, each
 * with its count, its sum and its rows; or only the counts, in one line for a prompt. */
#include <stdio.h>

#include "node/cli/pages.h"
#include "node/cli/print.h"
#include "node/cli/review_print.h"

static const struct column to_register[] = {
    {"due", "due", CELL_TEXT},        {"days_late", "days_late", CELL_NUMBER},
    {"kind", "kind", CELL_KIND},      {"id", "id", CELL_TEXT},
    {"issuer", "issuer", CELL_TEXT},  {"issuer_name", "issuer_name", CELL_TEXT},
    {"amount", "amount", CELL_MONEY}, {"document_no", "document_no", CELL_TEXT},
    {"time", "time", CELL_TIME},
};
static const struct column to_correct[] = {
    {"id", "id", CELL_TEXT},
    {"kind", "kind", CELL_KIND},
    {"to", "to", CELL_TEXT},
    {"amount", "amount", CELL_MONEY},
    {"document_no", "document_no", CELL_TEXT},
    {"state", "state", CELL_WORD},
    {"maker", "maker", CELL_TEXT},
    {"checker", "checker", CELL_TEXT},
    {"time", "time", CELL_TIME},
    {"why", "reason_given", CELL_TEXT},
};
static const struct column to_approve[] = {
    {"batch", "batch", CELL_NUMBER},
    {"documents", "documents", CELL_NUMBER},
    {"amount", "amount", CELL_MONEY},
    {"id", "id", CELL_TEXT},
    {"kind", "kind", CELL_KIND},
    {"to", "to", CELL_TEXT},
    {"document_no", "document_no", CELL_TEXT},
    {"maker", "maker", CELL_TEXT},
    {"time", "time", CELL_TIME},
    {"would_be_refused", "would_refuse", CELL_NUMBER},
};
static const struct column awaiting_answer[] = {
    {"due", "due", CELL_TEXT},           {"days_late", "days_late", CELL_NUMBER},
    {"kind", "kind", CELL_KIND},         {"id", "id", CELL_TEXT},
    {"receiver", "receiver", CELL_TEXT}, {"receiver_name", "receiver_name", CELL_TEXT},
    {"amount", "amount", CELL_MONEY},    {"document_no", "document_no", CELL_TEXT},
    {"time", "time", CELL_TIME},
};

static const struct column to_close[] = {
    {"year", "fiscal_year", CELL_NUMBER},
    {"hindrances", "hinder", CELL_NUMBER},
    {"amount", "amount", CELL_MONEY},
    {"time", "time", CELL_TIME},
};

/* In the order in which they are shown; counted.NAME is what people call a group. */
static const struct group {
    const char *name;
    const struct column *columns;
    size_t count;
} groups[] = {
    {"to_register", to_register, COUNT_OF(to_register)},
    {"to_correct", to_correct, COUNT_OF(to_correct)},
    {"to_approve", to_approve, COUNT_OF(to_approve)},
    {"awaiting_answer", awaiting_answer, COUNT_OF(awaiting_answer)},
    {"to_close", to_close, COUNT_OF(to_close)},
};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const json_t *counts_of(const json_t *answer, const struct group *group)
{
    return json_object_get(json_object_get(answer, "counts"), group->name);
}

/* --- counts in one line --- */

static void print_count(const struct cli *cli, const struct group *group, const json_t *counts)
{
    const json_int_t count = number_of(counts, "documents"), overdue = number_of(counts, "overdue");
    const char *name = text_word(cli->language, "counted", group->name);
    char words[TEXT_BYTES_MAX];

    if (overdue > 0) {
        (void)text_say(cli->language, words,
                       "counted_and_overdue group=%s count=%" JSON_INTEGER_FORMAT
                       " overdue=%" JSON_INTEGER_FORMAT,
                       name, count, overdue);
    } else {
        (void)text_say(cli->language, words, "counted group=%s count=%" JSON_INTEGER_FORMAT, name,
                       count);
    }
    (void)fputs(words, stdout);
}

/* Nothing at all when nothing waits, so that a prompt stays as it is. */
static void print_counts(const struct cli *cli, const json_t *answer)
{
    bool begun = false;

    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        const json_t *counts = counts_of(answer, &groups[i]);

        if (number_of(counts, "documents") > 0) {
            (void)fputs(begun ? "  " : "", stdout);
            print_count(cli, &groups[i], counts);
            begun = true;
        }
    }
    if (begun) {
        (void)putchar('\n');
    }
}

static enum exit_code run_counts(struct cli *cli, const char *user)
{
    const struct query queries[] = {{"user", user}, {"counts", "1"}};
    char path[CLIENT_PATH_MAX];
    json_t *answer;
    enum exit_code exit_code;

    client_path(path, "/inbox", NULL, queries, COUNT_OF(queries));
    exit_code = client_json(cli, path, BYTES_NONE, &answer);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        print_counts(cli, answer);
    }
    json_decref(answer);
    return EXIT_DONE;
}

/* --- groups with their rows --- */

/* The first of these members that the row has. */
static const char *first_of(const json_t *row, const char *const *names, size_t count)
{
    size_t i = 0;

    while (i + 1 < count && text_of(row, names[i])[0] == '\0') {
        i++;
    }
    return text_of(row, names[i]);
}

/* Two columns for people: to or from whom; and why, where what the rules refused has a code and a
 * sentence. */
static void add_columns(json_t *row)
{
    static const char *const parties[] = {"payee", "receiver_name", "issuer_name"};
    static const char *const reasons[] = {"message", "reason"};

    (void)json_object_set_new(row, "to", json_string(first_of(row, parties, COUNT_OF(parties))));
    (void)json_object_set_new(row, "why", json_string(first_of(row, reasons, COUNT_OF(reasons))));
}

static json_t *rows_of(const json_t *answer, const struct group *group)
{
    const json_t *rows = json_object_get(answer, "rows");
    json_t *found = json_array();

    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);

        if (strcmp(text_of(row, "group"), group->name) == 0) {
            add_columns(row);
            (void)json_array_append(found, row);
        }
    }
    return found;
}

static void print_head(const struct cli *cli, const struct group *group, const json_t *counts)
{
    char money[REVIEW_MONEY_MAX];

    cli_tell(cli, stdout,
             "inbox_group group=%s count=%" JSON_INTEGER_FORMAT " amount=%s "
             "overdue=%" JSON_INTEGER_FORMAT,
             text_word(cli->language, "counted", group->name), number_of(counts, "documents"),
             review_money(money, text_of(counts, "amount")), number_of(counts, "overdue"));
}

static void print_groups(const struct cli *cli, const json_t *answer)
{
    const char *notice = text_of(answer, "clock_notice");
    bool any = false;

    if (notice[0] != '\0') {
        print_text(stdout, notice);
        (void)fputs("\n\n", stdout);
    }
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        json_t *rows = rows_of(answer, &groups[i]);

        if (json_array_size(rows) > 0) {
            (void)fputs(any ? "\n" : "", stdout);
            print_head(cli, &groups[i], counts_of(answer, &groups[i]));
            print_table(stdout, groups[i].columns, groups[i].count, rows, cli->language);
            any = true;
        }
        json_decref(rows);
    }
    if (!any) {
        cli_tell(cli, stdout, "inbox_empty");
    }
}

enum exit_code run_inbox(struct cli *cli)
{
    const char *user = cli->value[OPT_USER] != NULL ? cli->value[OPT_USER] : cli->value[OPT_AS];
    const struct paged paged = {.path = "/inbox", .queries = {{"user", user}}, .rows = "rows"};
    const enum exit_code exit_code = client_open(cli);

    if (exit_code == EXIT_DONE && cli->value[OPT_COUNT] != NULL) {
        return run_counts(cli, user);
    }
    return exit_code == EXIT_DONE ? pages_show(cli, &paged, print_groups) : exit_code;
}
