/* print - rows of JSON as a table for people or as CSV for spreadsheets.
 *
 *                    table on a terminal    table elsewhere        CSV, workbook
 *   amounts          1,488,000.53           1488000.53             1488000.53
 *   times            local                  local                  UTC, as the node says them
 *   words, titles    in the reader's language, in all of them
 *
 * Widths count columns of a terminal: a Chinese character takes two. Text from elsewhere is
 * printed without control characters, and in CSV a cell that a spreadsheet would take for a
 * formula, and that is no number, gets an apostrophe in front. Thread: any. */
#ifndef TERRACE_NODE_CLI_PRINT_H
#define TERRACE_NODE_CLI_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "node/cli/cli.h"
#include "proto/wide.h"

enum cell_kind {
    CELL_TEXT,
    CELL_NUMBER, /* right aligned, never a formula */
    CELL_MONEY,  /* the same, an amount */
    CELL_SUM,    /* an amount that a table adds up in its last row */
    CELL_TIME,
    CELL_WORD,     /* one of ours, in the reader's language: word.NAME of node/text/ */
    CELL_KIND,     /* of a document: kind.NAME */
    CELL_SEVERITY, /* severity.NAME */
    CELL_CHECK,    /* of the doctor: check.NAME */
    CELL_SENTENCE  /* one of node/text/text.h's */
};

struct column {
    const char *key;   /* of the row's member */
    const char *title; /* a word of node/text/columns.def */
    enum cell_kind kind;
};

enum { CELL_BYTES_MAX = 512 };

/* `text` with a '?' for all that is no character to read: controls (C0, DEL, C1), marks that turn
 * the direction of writing, bytes that are no UTF-8. Cut at a whole character. Returns `out`. Every
 * text that did not come from this program goes through here on its way to a person. */
char *text_shown(char *out, size_t size, const char *text);
/* The same, and on a terminal the times within a sentence are local. */
void print_text(FILE *out, const char *text);
/* In place: "2026-03-01 08:00:00 UTC", as sentences have it, becomes local time. Returns `text`. */
char *text_with_local_times(char *text);

/* Columns a terminal needs for this text: East Asian wide characters take two. */
size_t text_width(const char *text);

const char *column_title(const struct column *column, enum language language);

/* What stands in one cell of a file, as text_shown. */
void print_cell(char out[CELL_BYTES_MAX], const struct column *column, const json_t *row,
                enum language language);
/* The same in a table: times are local, and on a terminal amounts have commas. */
void print_table_cell(char out[CELL_BYTES_MAX], const struct column *column, const json_t *row,
                      enum language language, bool terminal);
bool text_is_number(const char *text); /* as an amount or a count is written */

/* "2026-03-01T08:00:00.000Z" as local time to the second; any other text as it is. */
enum { LOCAL_TIME_BYTES_MAX = 40 };
char *time_local(char out[LOCAL_TIME_BYTES_MAX], const char *utc);

/* With a last row of sums, where columns have some and there are two rows or more. */
void print_table(FILE *out, const struct column *columns, size_t count, const json_t *rows,
                 enum language language);

/* One cell, quoted where it must be. */
void print_csv_cell(FILE *out, const char *text);

/* More rows of one table, which begins with table_begin: the header is printed once, and the widths
 * are those of the first. */
enum { COLUMNS_MAX = 24 };
struct table_shape {
    bool begun, is_page; /* of a page the sums are its own, and are called so */
    size_t widths[COLUMNS_MAX], rows;
    int128 sums[COLUMNS_MAX];
};
struct table_shape table_begin(const struct cli *cli);
void print_more(FILE *out, const struct column *columns, size_t count, const json_t *rows,
                enum language language, struct table_shape *shape);
void print_sums(FILE *out, const struct column *columns, size_t count, enum language language,
                const struct table_shape *shape);

void print_csv_header(FILE *out, const struct column *columns, size_t count,
                      enum language language);
void print_csv_rows(FILE *out, const struct column *columns, size_t count, const json_t *rows,
                    enum language language);

/* The line of a document that was handed in, approved or rejected, for people. `verdict` has id,
 * status and reason. */
void print_verdict_line(const struct cli *cli, const json_t *verdict, const char *message);

/* The node's line about one document of a post, with this number in place of the one that it has
 * in the post. What stands before it, as of a damaged store, stays. */
void print_renumbered(FILE *out, struct bytes line, uint64_t number);

/* The answer as one line of JSON. */
void print_json(FILE *out, const json_t *value);

#endif
