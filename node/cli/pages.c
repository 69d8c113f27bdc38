#include "node/cli/pages.h"

#include <stdio.h>

#include "node/cli/print.h"

/* Where the next page begins; "" when there is none. */
enum { AFTER_BYTES_MAX = 256 };

static enum exit_code ask_page(struct cli *cli, const struct paged *paged, const char *after,
                               json_t **answer)
{
    struct query queries[PAGED_QUERIES_MAX];
    char path[CLIENT_PATH_MAX];
    size_t count = 0;

    for (; count < COUNT_OF(paged->queries); count++) {
        queries[count] = paged->queries[count];
    }
    queries[count++] = (struct query){"after", after[0] == '\0' ? NULL : after};
    queries[count++] = (struct query){"limit", cli->value[OPT_LIMIT]};
    client_path(path, paged->path, paged->argument, queries, count);
    return client_json(cli, path, BYTES_NONE, answer);
}

static void first_cursor(const struct cli *cli, char after[AFTER_BYTES_MAX])
{
    (void)snprintf(after, AFTER_BYTES_MAX, "%s",
                   cli->value[OPT_AFTER] == NULL ? "" : cli->value[OPT_AFTER]);
}

/* False when this is the last page that was asked for. */
static bool next_cursor(const struct cli *cli, const json_t *answer, char after[AFTER_BYTES_MAX])
{
    const char *next = json_string_value(json_object_get(answer, "next"));

    (void)snprintf(after, AFTER_BYTES_MAX, "%s", next == NULL ? "" : next);
    return cli->value[OPT_LIMIT] == NULL && after[0] != '\0';
}

static long long number_of(const json_t *answer, const char *name)
{
    return (long long)json_integer_value(json_object_get(answer, name));
}

static const char *left_out(const struct cli *cli, char words[TEXT_BYTES_MAX], const json_t *answer)
{
    const char *next = json_string_value(json_object_get(answer, "next"));
    const long long shown = number_of(answer, "shown"), total = number_of(answer, "total");

    if (next == NULL) {
        return text_say(cli->language, words, "page_cut shown=%lld total=%lld", shown, total);
    }
    if (json_is_integer(json_object_get(answer, "read"))) {
        return text_say(cli->language, words, "page_searched shown=%lld read=%lld next=%s", shown,
                        number_of(answer, "read"), next);
    }
    if (json_is_true(json_object_get(answer, "total_is_least"))) {
        return text_say(cli->language, words, "page_of_at_least shown=%lld total=%lld next=%s",
                        shown, total, next);
    }
    return text_say(cli->language, words, "page_of shown=%lld total=%lld next=%s", shown, total,
                    next);
}

FILE *pages_told_on(const struct cli *cli)
{
    const char *format = cli->value[OPT_FORMAT];

    return format == NULL || strcmp(format, "table") == 0 ? stdout : stderr;
}

enum exit_code pages_outcome(const struct cli *cli, const json_t *answer, FILE *out)
{
    char words[TEXT_BYTES_MAX];

    if (!json_is_false(json_object_get(answer, "complete"))) {
        return EXIT_DONE;
    }
    if (out != NULL) {
        (void)fprintf(out, "%s\n", left_out(cli, words, answer));
    }
    return EXIT_REFUSED;
}

/* Whoever has asked for all pages and has them knows how many rows there are. */
static void complete_total(const struct cli *cli, json_t *answer)
{
    if (json_is_true(json_object_get(answer, "complete")) && cli->value[OPT_AFTER] == NULL) {
        (void)json_object_set(answer, "total", json_object_get(answer, "shown"));
        (void)json_object_del(answer, "total_is_least");
    }
}

/* --- joined --- */

static void join_array(json_t *whole, const json_t *page, const char *name)
{
    json_t *into = json_object_get(whole, name), *from = json_object_get(page, name);

    if (name != NULL && into != NULL && from != NULL) {
        (void)json_array_extend(into, from);
    }
}

static void join_page(json_t *whole, json_t *page, const struct paged *paged)
{
    static const char *const newest[] = {"total", "complete", "next"};
    const json_int_t shown = number_of(whole, "shown") + number_of(page, "shown");

    join_array(whole, page, paged->rows);
    join_array(whole, page, paged->more);
    (void)json_object_set_new(whole, "shown", json_integer(shown));
    (void)json_object_del(whole, "next");
    for (size_t i = 0; i < COUNT_OF(newest); i++) {
        json_t *value = json_object_get(page, newest[i]);

        if (value != NULL) {
            (void)json_object_set(whole, newest[i], value);
        }
    }
}

enum exit_code pages_join(struct cli *cli, const struct paged *paged, json_t **answer)
{
    char after[AFTER_BYTES_MAX];
    enum exit_code exit_code;
    json_t *page;

    *answer = NULL;
    first_cursor(cli, after);
    do {
        exit_code = ask_page(cli, paged, after, &page);
        if (exit_code != EXIT_DONE) {
            json_decref(*answer);
            *answer = NULL;
            return exit_code;
        }
        (void)next_cursor(cli, page, after);
        if (*answer == NULL) {
            *answer = page;
        } else {
            join_page(*answer, page, paged);
            json_decref(page);
        }
    } while (next_cursor(cli, *answer, after));
    complete_total(cli, *answer);
    return EXIT_DONE;
}

/* --- streamed --- */

struct stream {
    const struct paged *paged;
    pages_first_fn *first;
    pages_print_fn *print;
    void *arg;
    json_int_t shown, read;
    bool begun, any, told;
};

static void stream_json(struct cli *cli, struct stream *stream, const json_t *rows)
{
    if (!stream->begun) {
        (void)printf("{\"%s\":[", stream->paged->rows);
        cli->begun_json = "],";
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        (void)fputs(stream->any ? "," : "", stdout);
        (void)json_dumpf(json_array_get(rows, i), stdout, JSON_COMPACT);
        stream->any = true;
    }
}

static void stream_page(struct cli *cli, struct stream *stream, const json_t *answer)
{
    const json_t *rows = json_object_get(answer, stream->paged->rows);

    if (cli_json(cli)) {
        stream_json(cli, stream, rows);
    } else {
        if (!stream->begun) {
            const bool last = cli->value[OPT_LIMIT] != NULL;

            stream->told = last && pages_outcome(cli, answer, pages_told_on(cli)) != EXIT_DONE;
            if (stream->first != NULL) {
                stream->first(cli, answer);
            }
        }
        stream->print(cli, rows, stream->arg);
    }
    stream->begun = true;
    stream->shown += number_of(answer, "shown");
    stream->read += number_of(answer, "read");
}

/* What the answer says beside its rows; of all pages, `shown` counts. */
static enum exit_code stream_end(struct cli *cli, struct stream *stream, json_t *answer)
{
    char *rest;

    (void)json_object_set_new(answer, "shown", json_integer(stream->shown));
    if (json_object_get(answer, "read") != NULL) {
        (void)json_object_set_new(answer, "read", json_integer(stream->read));
    }
    complete_total(cli, answer);
    if (cli_json(cli)) {
        (void)json_object_del(answer, stream->paged->rows);
        rest = json_dumps(answer, JSON_COMPACT);
        (void)printf("],%s\n", rest == NULL ? "}" : rest + 1);
        cli->begun_json = NULL;
        mem_free(rest);
    }
    return pages_outcome(cli, answer, cli_json(cli) || stream->told ? NULL : stderr);
}

enum exit_code pages_stream(struct cli *cli, const struct paged *paged, pages_first_fn *first,
                            pages_print_fn *print, void *arg)
{
    struct stream stream = {.paged = paged, .first = first, .print = print, .arg = arg};
    char after[AFTER_BYTES_MAX];
    enum exit_code exit_code;
    json_t *answer;

    first_cursor(cli, after);
    for (;;) {
        exit_code = ask_page(cli, paged, after, &answer);
        if (exit_code != EXIT_DONE) {
            return exit_code;
        }
        stream_page(cli, &stream, answer);
        if (!next_cursor(cli, answer, after)) {
            break;
        }
        json_decref(answer);
        exit_code = cli_flush(cli); /* nobody reads on: ask for no more */
        if (exit_code != EXIT_DONE) {
            return exit_code;
        }
    }
    exit_code = stream_end(cli, &stream, answer);
    json_decref(answer);
    return exit_code;
}

enum exit_code pages_show(struct cli *cli, const struct paged *paged,
                          void (*print)(const struct cli *cli, const json_t *answer))
{
    json_t *answer = NULL;
    enum exit_code exit_code = pages_join(cli, paged, &answer);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    exit_code = pages_outcome(cli, answer, cli_json(cli) ? NULL : stdout);
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        print(cli, answer);
    }
    json_decref(answer);
    return exit_code;
}
