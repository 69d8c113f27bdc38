#include "node/api/routes_export.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "node/api/list.h"
#include "node/api/reports.h"
#include "node/api/routes_lines.h"
#include "node/api/routes_money.h"
#include "node/api/routes_read.h"
#include "node/api/sheet.h"

static const struct {
    const char *name;
    route_fn *run;
} exports[] = {
    {"money", get_money},      {"chain", get_report},         {"execution", get_report},
    {"reconcile", get_report}, {"trial-balance", get_report}, {"balance", get_balance},
    {"lines", get_lines},      {"documents", list_documents}, {"sources", get_report},
};

/* --- columns: the members of the rows, as they first appear --- */

enum { COLUMNS_MAX = 96, COLUMN_BYTES_MAX = 64 };

struct columns {
    char at[COLUMNS_MAX][COLUMN_BYTES_MAX]; /* "own.received" for a member of a member */
    size_t count;
};

static void add_column(struct columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (strcmp(columns->at[i], name) == 0) {
            return;
        }
    }
    if (columns->count < COLUMNS_MAX) {
        (void)snprintf(columns->at[columns->count++], COLUMN_BYTES_MAX, "%s", name);
    }
}

/* A list within a row has no place in a table. */
static void add_columns_of(struct columns *columns, json_t *row)
{
    const char *key, *inner;
    json_t *value, *part;

    json_object_foreach(row, key, value)
    {
        if (json_is_object(value)) {
            json_object_foreach(value, inner, part)
            {
                char name[COLUMN_BYTES_MAX];

                (void)snprintf(name, sizeof name, "%s.%s", key, inner);
                add_column(columns, name);
            }
        } else if (!json_is_array(value)) {
            add_column(columns, key);
        }
    }
}

static json_t *cell_of(json_t *row, const char *column)
{
    const char *dot = strchr(column, '.');
    char outer[COLUMN_BYTES_MAX];

    if (dot == NULL) {
        return json_object_get(row, column);
    }
    (void)snprintf(outer, sizeof outer, "%.*s", (int)(dot - column), column);
    return json_object_get(json_object_get(row, outer), dot + 1);
}

/* --- cells --- */

/* Members that are sums, beside the fields of documents that are amounts. */
static bool is_amount(const char *name)
{
    static const char *const sums[] = {
        "received",       "allocated",  "passed_down",   "in_transit", "unallocated", "released",
        "committed",      "frozen",     "paid",          "available",  "rate",        "debit",
        "credit",         "balance",    "balance_debit", "issued",     "registered",  "returned",
        "balance_credit", "difference", "amount",        "approved",   "transferred", "carried",
        "recovered",      "advanced"};
    const char *dot = strchr(name, '.');

    name = dot == NULL ? name : dot + 1;
    for (size_t i = 0; i < COUNT_OF(sums); i++) {
        if (strcmp(sums[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static const char *title_of(enum language language, const char *name)
{
    static const char *const areas[] = {"column", "title.field"};

    for (size_t i = 0; i < COUNT_OF(areas); i++) {
        const char *title = text_word(language, areas[i], name);

        if (strcmp(title, name) != 0) {
            return title;
        }
    }
    return name;
}

static void put_title(struct sheet *sheet, enum language language, const char *column)
{
    const char *dot = strchr(column, '.');
    char outer[COLUMN_BYTES_MAX], title[4 * COLUMN_BYTES_MAX];

    if (dot == NULL) {
        sheet_head(sheet, bytes_text(title_of(language, column)));
        return;
    }
    (void)snprintf(outer, sizeof outer, "%.*s", (int)(dot - column), column);
    (void)snprintf(title, sizeof title, "%s %s", title_of(language, outer),
                   title_of(language, dot + 1));
    sheet_head(sheet, bytes_text(title));
}

static void put_cell(struct sheet *sheet, const char *column, json_t *value)
{
    char number[24];

    if (json_is_integer(value)) {
        (void)snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        sheet_number(sheet, bytes_text(number));
    } else if (json_is_string(value) && is_amount(column)) {
        sheet_number(sheet, bytes_text(json_string_value(value)));
    } else if (json_is_string(value)) {
        sheet_text(sheet, bytes_text(json_string_value(value)));
    } else if (json_is_boolean(value)) {
        sheet_number(sheet, bytes_text(json_is_true(value) ? "1" : "0"));
    } else {
        sheet_text(sheet, BYTES_NONE);
    }
}

/* --- the file --- */

static void put_pair(struct sheet *sheet, const char *title, const char *text)
{
    sheet_head(sheet, bytes_text(title));
    sheet_text(sheet, bytes_text(text));
    sheet_end_row(sheet);
}

/* What the file is, of whom, made when, and how much of all it has. */
static void put_head(struct sheet *sheet, const struct request *request, json_t *answer)
{
    const enum language language = request->language;
    const json_int_t shown = json_integer_value(json_object_get(answer, "shown"));
    const json_int_t total = json_integer_value(json_object_get(answer, "total"));
    const time_t now = (time_t)(clock_unix_ms(&request->service->clock) / 1000);
    const char *division = json_string_value(json_object_get(answer, "division"));
    char text[64];
    struct tm utc;

    put_pair(sheet, text_word(language, "export", "what"),
             text_word(language, "export", request->argument[0]));
    if (division != NULL) {
        put_pair(sheet, title_of(language, "division"), division);
    }
    if (gmtime_r(&now, &utc) != NULL &&
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0) {
        put_pair(sheet, text_word(language, "export", "made"), text);
    }
    if (answer_damage(request) != NULL) {
        char words[TEXT_BYTES_MAX];

        put_pair(sheet, text_word(language, "export", "damaged"),
                 text_in(language, words, answer_damage(request)));
    }
    (void)snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT " / %" JSON_INTEGER_FORMAT, shown,
                   total);
    put_pair(sheet, text_word(language, "export", "rows"), text);
    sheet_end_row(sheet);
}

static void put_as_of_row(struct sheet *sheet, const char *division, json_t *position)
{
    sheet_text(sheet, bytes_text(division));
    put_cell(sheet, "lsn", json_object_get(position, "lsn"));
    put_cell(sheet, "time", json_object_get(position, "time"));
    sheet_end_row(sheet);
}

/* Up to which entry and moment of each division the rows are true. */
static void put_as_of(struct sheet *sheet, const struct request *request, json_t *answer)
{
    static const char *const heads[] = {"division", "as_of_lsn", "as_of_time"};
    json_t *as_of = json_object_get(answer, "as_of"), *position;
    const char *division = json_string_value(json_object_get(answer, "division"));
    size_t i;

    if (as_of == NULL) {
        return;
    }
    sheet_end_row(sheet);
    for (i = 0; i < COUNT_OF(heads); i++) {
        sheet_head(sheet, bytes_text(title_of(request->language, heads[i])));
    }
    sheet_end_row(sheet);
    if (json_is_object(as_of)) {
        put_as_of_row(sheet, division == NULL ? "" : division, as_of);
    }
    json_array_foreach(as_of, i, position)
    {
        const char *of = json_string_value(json_object_get(position, "division"));

        put_as_of_row(sheet, of == NULL ? "" : of, position);
    }
}

static void put_rows(struct sheet *sheet, const struct request *request, json_t *rows)
{
    struct columns *columns = mem_zalloc(sizeof *columns);
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        add_columns_of(columns, row);
    }
    for (size_t at = 0; at < columns->count; at++) {
        put_title(sheet, request->language, columns->at[at]);
    }
    sheet_end_row(sheet);
    json_array_foreach(rows, i, row)
    {
        for (size_t at = 0; at < columns->count; at++) {
            put_cell(sheet, columns->at[at], cell_of(row, columns->at[at]));
        }
        sheet_end_row(sheet);
    }
    mem_free(columns);
}

static void put_file(const struct request *request, struct answer *answer, enum sheet_format format,
                     json_t *object)
{
    struct sheet sheet;

    buf_clear(&answer->body);
    sheet_open(&sheet, format, &answer->body);
    put_head(&sheet, request, object);
    put_rows(&sheet, request, json_object_get(object, "rows"));
    put_as_of(&sheet, request, object);
    sheet_close(&sheet);
    answer->type = sheet_media_type(format);
    answer_header(answer, "Content-Disposition", "attachment; filename=\"terrace-%s.%s\"",
                  request->argument[0], sheet_format_name(format));
}

/* --- the request --- */

static route_fn *export_named(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(exports); i++) {
        if (strcmp(exports[i].name, name) == 0) {
            return exports[i].run;
        }
    }
    return NULL;
}

/* What is exported is made of the whole answer: no form, and no copy, that its client would take
 * instead. */
static const char *no_header(void *connection, const char *name)
{
    (void)connection;
    (void)name;
    return NULL;
}

void get_export(struct request *request, struct answer *answer)
{
    struct request plain = *request;
    const char *typed = request->query(request->connection, "format");
    const enum sheet_format format = sheet_format_named(typed == NULL ? "" : typed);
    route_fn *run = export_named(request->argument[0]);
    json_error_t error;
    json_t *object;

    if (run == NULL) {
        answer_refuse(request, answer, API_NOT_FOUND, "ask_report name=%s", request->argument[0]);
        return;
    }
    if (format == SHEET_FORMATS) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_format value=%.16s",
                      typed == NULL ? "" : typed);
        return;
    }
    plain.header = no_header;
    run(&plain, answer);
    if (answer->http != 200) {
        return;
    }
    object = json_loadb((const char *)answer->body.data, answer->body.size, JSON_ALLOW_NUL, &error);
    assert(object != NULL); /* written by ourselves */
    put_file(request, answer, format, object);
    json_decref(object);
}
