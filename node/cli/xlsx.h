/* xlsx - rows as a workbook that spreadsheets open. The one door to libxlsxwriter.
 *
 *   xlsx_open -> (xlsx_sheet -> xlsx_rows ...) for each sheet -> xlsx_close
 *
 * Texts are never formulas; amounts are numbers as long as a spreadsheet keeps all their digits
 * (15), and texts beyond. Rows go to a temporary file as they come, so that memory does not grow
 * with them; what does not fit into a sheet is an error.
 *
 * Owns: its temporary files. Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_XLSX_H
#define TERRACE_NODE_CLI_XLSX_H

#include "node/cli/print.h"
#include "proto/status.h"

enum { XLSX_NUMBER_DIGITS_MAX = 15, XLSX_ROWS_MAX = 1048575 }; /* under the titles */

struct workbook;
/* Errors: ERR_IO. *book is NULL then. */
enum status xlsx_open(struct workbook **book, struct err *err);
/* The titles of a new sheet. `columns` must live until the last of its rows. */
void xlsx_sheet(struct workbook *book, const char *name, const struct column *columns, size_t count,
                enum language language);
void xlsx_rows(struct workbook *book, const json_t *rows);
/* Writes the file to `out` and frees the book in any case. Errors: ERR_IO; ERR_TOO_LARGE when a
 * sheet had too many rows. */
enum status xlsx_close(struct workbook *book, FILE *out, struct err *err);

#endif
