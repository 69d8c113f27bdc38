/* sheet - rows of cells as a file that people open in a spreadsheet: CSV, or a workbook (XLSX).
 *
 *   sheet_open -> sheet_text, sheet_number ... -> sheet_end_row -> ... -> sheet_close
 *
 * What somebody else wrote is never a formula there: a workbook says of each text that it is one,
 * and in a CSV a text that could begin a formula gets an apostrophe in front. A number is written
 * as it stands; one with more digits than a spreadsheet keeps is a text, so that none is rounded.
 *
 * Source: RFC 4180 with a byte order mark, by which spreadsheets know UTF-8; ECMA-376 part 1.
 * Owns: the rows of a workbook, until sheet_close. Thread: any. */
#ifndef TERRACE_NODE_API_SHEET_H
#define TERRACE_NODE_API_SHEET_H

#include "proto/bytes.h"

enum sheet_format { SHEET_CSV, SHEET_XLSX, SHEET_FORMATS };
/* "csv"; SHEET_FORMATS for none. */
enum sheet_format sheet_format_named(const char *name);
const char *sheet_format_name(enum sheet_format format);
const char *sheet_media_type(enum sheet_format format);

struct sheet {
    enum sheet_format format;
    struct buf *out;
    struct buf rows; /* of a workbook, as XML */
    size_t row, cell;
};
/* Appends to `out`, which is empty and outlives the sheet. */
void sheet_open(struct sheet *sheet, enum sheet_format format, struct buf *out);
void sheet_text(struct sheet *sheet, struct bytes text);
void sheet_head(struct sheet *sheet, struct bytes text); /* bold where that can be said */
/* "1250.00" or "7": digits, a point, a minus sign in front. */
void sheet_number(struct sheet *sheet, struct bytes number);
void sheet_end_row(struct sheet *sheet);
void sheet_close(struct sheet *sheet);

#endif
