/* cmd_pending - what waits to be approved and what was sent back; with --batch, one batch in
 * numbers, as approve --batch shows it. */
#include <stdio.h>

#include "node/cli/pages.h"
#include "node/cli/print.h"
#include "node/cli/review_print.h"

/* How long it waits, in the reader's words; and its kind. */
static void add_words(const struct cli *cli, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        const json_t *age = json_object_get(row, "age_s");
        const char *kind = json_string_value(json_object_get(row, "kind"));
        char words[TEXT_BYTES_MAX];

        if (age != NULL) {
            (void)json_object_set_new(
                row, "age", json_string(review_age(cli->language, words, json_integer_value(age))));
        }
        if (kind != NULL) {
            (void)json_object_set_new(row, "kind_name",
                                      json_string(text_word(cli->language, "kind", kind)));
        }
    }
}

static void print_rows(const struct cli *cli, const json_t *answer, const char *name,
                       const struct column *columns, size_t count)
{
    const json_t *rows = json_object_get(answer, name);
    struct table_shape shape = table_begin(cli);

    if (json_array_size(rows) > 0) {
        add_words(cli, rows);
        print_more(stdout, columns, count, rows, cli->language, &shape);
        print_sums(stdout, columns, count, cli->language, &shape);
        (void)putchar('\n');
    }
}

static void print_pending(const struct cli *cli, const json_t *answer)
{
    static const struct column batches[] = {
        {"batch", "batch", CELL_NUMBER},     {"file", "file", CELL_TEXT},
        {"maker", "maker", CELL_TEXT},       {"age", "age", CELL_TEXT},
        {"count", "documents", CELL_NUMBER}, {"total", "total", CELL_SUM},
    };
    static const struct column drafts[] = {
        {"id", "id", CELL_TEXT},
        {"kind_name", "kind", CELL_TEXT},
        {"document_no", "document_no", CELL_TEXT},
        {"to", "to", CELL_TEXT},
        {"money", "amount", CELL_SUM},
        {"maker", "maker", CELL_TEXT},
        {"age", "age", CELL_TEXT},
        {"batch", "batch", CELL_NUMBER},
        {"would_refuse_message", "would_refuse", CELL_TEXT},
    };
    static const struct column sent_back[] = {
        {"id", "sent_back", CELL_TEXT},         {"state", "state", CELL_WORD},
        {"kind_name", "kind", CELL_TEXT},       {"to", "to", CELL_TEXT},
        {"money", "amount", CELL_SUM},          {"maker", "maker", CELL_TEXT},
        {"checker", "checker", CELL_TEXT},      {"time", "time", CELL_TIME},
        {"message", "reason_given", CELL_TEXT},
    };

    print_rows(cli, answer, "batches", batches, COUNT_OF(batches));
    print_rows(cli, answer, "rows", drafts, COUNT_OF(drafts));
    print_rows(cli, answer, "rejected", sent_back, COUNT_OF(sent_back));
    if (json_integer_value(json_object_get(answer, "total")) == 0) {
        (void)puts(cli_row(cli, "nothing_waits"));
    }
}

static enum exit_code show_batch(struct cli *cli)
{
    json_t *named = json_pack("{ss}", "batch", cli->value[OPT_BATCH]), *review = NULL;
    char *body = named == NULL ? NULL : json_dumps(named, JSON_COMPACT);
    enum exit_code exit_code;

    if (body == NULL) {
        exit_code = cli_fail(cli, EXIT_USAGE, "usage", "typed_not_utf8");
    } else {
        exit_code = client_json(cli, "/review", bytes_text(body), &review);
    }
    if (exit_code == EXIT_DONE) {
        if (cli_json(cli)) {
            print_json(stdout, review);
        } else {
            print_review(cli, review);
        }
    }
    json_decref(review);
    json_decref(named);
    mem_free(body);
    return exit_code;
}

enum exit_code run_pending(struct cli *cli)
{
    const bool mine = cli->value[OPT_MINE] != NULL;
    const struct paged paged = {.path = "/pending",
                                .queries = {{"mine", mine ? "1" : NULL}},
                                .rows = "rows",
                                .more = "rejected"};
    enum exit_code exit_code;

    if (mine && cli->value[OPT_AS] == NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "mine_needs_as");
    }
    exit_code = client_open(cli);
    if (exit_code == EXIT_DONE && cli->value[OPT_BATCH] != NULL) {
        return show_batch(cli);
    }
    return exit_code == EXIT_DONE ? pages_show(cli, &paged, print_pending) : exit_code;
}
