/* xlsx - rows as a workbook that spreadsheets open.
 *
 * The smallest true one: a zip without compression (APPNOTE 6.3) of the parts ECMA-376 demands.
 * Texts are inline strings, which are never formulas; amounts are numbers as long as a
 * spreadsheet keeps all their digits (15), and texts beyond. Thread: any. */
#ifndef TERRACE_NODE_CLI_XLSX_H
#define TERRACE_NODE_CLI_XLSX_H

#include "node/cli/print.h"
#include "proto/bytes.h"

enum { SHEETS_MAX = 4, XLSX_NUMBER_DIGITS_MAX = 15 };

struct sheet {
    const char *name; /* of plain letters and '-', at most 31 */
    const struct column *columns;
    size_t count;
    const json_t *rows;
};
void xlsx_write(struct buf *out, const struct sheet *sheets, size_t count, enum language language);

#endif
