/* print - rows of JSON as a table for people or as CSV for spreadsheets.
 *
 * Widths count columns of a terminal: a Chinese character takes two. Text from elsewhere is
 * printed without control characters, and in CSV a cell that a spreadsheet would take for a
 * formula gets an apostrophe in front. Thread: any. */
#ifndef TERRACE_NODE_CLI_PRINT_H
#define TERRACE_NODE_CLI_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "node/cli/cli.h"

enum cell_kind { CELL_TEXT, CELL_NUMBER /* right aligned, never a formula */, CELL_TIME };

struct column {
    const char *key; /* of the row's member */
    const char *en, *zh;
    enum cell_kind kind;
};

enum { CELL_BYTES_MAX = 512 };

/* Columns a terminal needs for this text: East Asian wide characters take two. */
size_t text_width(const char *text);

void print_table(FILE *out, const struct column *columns, size_t count, const json_t *rows,
                 enum language language);
void print_csv(FILE *out, const struct column *columns, size_t count, const json_t *rows);

/* The answer as one line of JSON. */
void print_json(FILE *out, const json_t *value);

#endif
