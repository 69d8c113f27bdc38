/* csv - RFC 4180 records from a stream: UTF-8 with or without BOM, or GB18030; quoted cells with
 * commas, quotes and line ends inside; CRLF or LF.
 *
 * The encoding is decided once, at the first row that is not ASCII: UTF-8 when that row or any
 * behind it in the window is UTF-8, GB18030 when none is. A row that is not text in the file's
 * encoding is refused alone; in a GB18030 file so is a row that is UTF-8, since nobody can tell
 * which was meant. In GB18030 no byte of a character is a comma, a quote or a line end, so records
 * are cut before they are converted.
 *
 * Whatever is not a good record, wrong in its cells or their number, is an answer with its reason,
 * and reading goes on at the line after the one where it began: each line of the input is answered.
 * Memory does not grow with the file. Thread: one at a time. */
#ifndef TERRACE_NODE_CLI_CSV_H
#define TERRACE_NODE_CLI_CSV_H

#include <iconv.h>

#include "node/cli/input.h"

enum { CSV_CELLS_MAX = 128 };

enum csv_outcome {
    CSV_RECORD,
    CSV_END,
    CSV_QUOTE_OPEN,  /* a quote that is never closed */
    CSV_QUOTE_STRAY, /* text after a closing quote, or a quote inside a bare cell */
    CSV_TOO_LONG,
    CSV_TOO_MANY_CELLS,
    CSV_BAD_TEXT,    /* not text in the file's encoding */
    CSV_AMBIGUOUS,   /* the file is GB18030, and this row would be UTF-8 as well */
    CSV_WRONG_COUNT, /* not as many cells as `columns` */
    CSV_OUTCOMES
};

struct csv {
    struct input *input;
    enum { CSV_ASCII, CSV_UTF8, CSV_GB18030 } encoding;
    iconv_t convert; /* from GB18030, once it is needed; else (iconv_t)-1 */
    bool begun;
    uint64_t next_line;
    size_t columns; /* cells of each record, once the caller knows; 0: any number */
    /* the record just read: */
    uint64_t line; /* where it begins, from 1 */
    struct bytes cells[CSV_CELLS_MAX];
    size_t count;
    struct buf text; /* what the cells point into */
};
void csv_open(struct csv *csv, struct input *input);
void csv_close(struct csv *csv);

/* Blank lines are passed over. */
enum csv_outcome csv_next(struct csv *csv);

#endif
