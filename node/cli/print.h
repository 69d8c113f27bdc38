/* print - rows of JSON as a table for people or as CSV for spreadsheets.
 *
 * Widths count columns of a terminal: a Chinese character takes two. Text from elsewhere is
 * printed without control characters, and in CSV a cell that a spreadsheet would take for a
 * formula, and that is no number, gets an apostrophe in front. Thread: any. */
#ifndef TERRACE_NODE_CLI_PRINT_H
#define TERRACE_NODE_CLI_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "node/cli/cli.h"

enum cell_kind {
    CELL_TEXT,
    CELL_NUMBER, /* right aligned, never a formula */
    CELL_TIME,
    CELL_WORD,    /* one of ours, in the reader's language */
    CELL_SENTENCE /* one of node/words.h's */
};

struct column {
    const char *key; /* of the row's member */
    const char *en, *zh;
    enum cell_kind kind;
};

enum { CELL_BYTES_MAX = 512 };

/* `text` with a '?' for all that is no character to read: controls (C0, DEL, C1), marks that turn
 * the direction of writing, bytes that are no UTF-8. Cut at a whole character. Returns `out`. Every
 * text that did not come from this program goes through here on its way to a person. */
char *text_shown(char *out, size_t size, const char *text);
void print_text(FILE *out, const char *text);

/* Columns a terminal needs for this text: East Asian wide characters take two. */
size_t text_width(const char *text);

/* What stands in one cell, as text_shown. */
void print_cell(char out[CELL_BYTES_MAX], const struct column *column, const json_t *row,
                enum language language);
bool text_is_number(const char *text); /* as an amount or a count is written */

void print_table(FILE *out, const struct column *columns, size_t count, const json_t *rows,
                 enum language language);
void print_csv(FILE *out, const struct column *columns, size_t count, const json_t *rows);

/* More rows of one table: the header is printed once, and the widths are those of the first. */
enum { COLUMNS_MAX = 16 };
struct table_shape {
    bool begun;
    size_t widths[COLUMNS_MAX];
};
void print_more(FILE *out, const struct column *columns, size_t count, const json_t *rows,
                enum language language, struct table_shape *shape);

/* The line of a document that was handed in, approved or rejected, for people. `verdict` has id,
 * status and reason. */
void print_verdict_line(const struct cli *cli, const json_t *verdict, const char *message);

/* The answer as one line of JSON. */
void print_json(FILE *out, const json_t *value);

#endif
