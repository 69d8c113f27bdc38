/* csv - RFC 4180 records from a stream: UTF-8 with or without BOM, or GB18030 (encoding.h); quoted
 * cells with commas, quotes and line ends inside; lines as input.h cuts them.
 *
 * In GB18030 no byte of a character is a comma, a quote or a line end, so records are cut before
 * they are converted.
 *
 * Whatever is not a good record, wrong in its cells or their number, is an answer with its reason,
 * and reading goes on at the line after the one where it began: each line of the input is answered.
 * Memory does not grow with the file. Thread: one at a time. */
#ifndef TERRACE_NODE_CLI_CSV_H
#define TERRACE_NODE_CLI_CSV_H

#include "node/cli/encoding.h"
#include "node/cli/input.h"

enum { CSV_CELLS_MAX = 128 };

enum csv_outcome {
    CSV_RECORD,
    CSV_END,
    CSV_QUOTE_OPEN,  /* a quote that is never closed */
    CSV_QUOTE_STRAY, /* text after a closing quote, or a quote inside a bare cell */
    CSV_TOO_LONG,
    CSV_TOO_MANY_CELLS,
    CSV_BAD_TEXT,    /* not text in the file's encoding: encoding.fault says where */
    CSV_AMBIGUOUS,   /* the file is GB18030, and this row would be UTF-8 as well */
    CSV_WRONG_COUNT, /* not as many cells as `columns` */
    CSV_LATIN,       /* it would be GB18030, and looks like Latin-1: both stand in encoding.fault */
    CSV_OUTCOMES
};

struct csv {
    struct input *input;
    struct encoding encoding;
    bool begun;
    uint64_t next_line;
    size_t columns; /* cells of each record, once the caller knows; 0: any number */
    /* the record just read: */
    uint64_t line; /* where it begins, from 1 */
    struct bytes cells[CSV_CELLS_MAX];
    size_t count;
    struct buf text; /* what the cells point into */
};
/* `named`: ENCODING_UNDECIDED leaves it to the file. */
void csv_open(struct csv *csv, struct input *input, enum encoding_name named);
void csv_close(struct csv *csv);

/* Blank lines are passed over. */
enum csv_outcome csv_next(struct csv *csv);
/* From here on each record has as many cells as this one. */
void csv_fix_columns(struct csv *csv);

#endif
