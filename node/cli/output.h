/* output - rows on stdout as --format says: a table, CSV, or a workbook.
 *
 *   output_open -> (output_begin -> output_rows ...) for each part -> output_close
 *
 * A part is a table of its own, and a sheet of a workbook; a CSV file has the first part alone.
 * Titles and words are in the reader's language; --bom puts the mark in front of CSV by which some
 * spreadsheets know UTF-8. With --json nothing of this is used.
 *
 * Owns: the workbook, until output_close. Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_OUTPUT_H
#define TERRACE_NODE_CLI_OUTPUT_H

#include "node/cli/print.h"
#include "node/cli/xlsx.h"

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV, FORMAT_XLSX };

struct output {
    const struct cli *cli;
    enum format format;
    struct workbook *book;
    const struct column *columns; /* of the part that is printed */
    size_t count, parts;
    struct table_shape shape;
};

/* EXIT_DONE, or the error said: a workbook is nothing for a terminal, --bom nothing without CSV. */
enum exit_code output_check(const struct cli *cli);
/* EXIT_DONE, or the error said. */
enum exit_code output_open(struct output *output, const struct cli *cli);
/* `name` is a row report.NAME of node/text/. */
void output_begin(struct output *output, const char *name, const struct column *columns,
                  size_t count);
void output_rows(struct output *output, const json_t *rows);
/* Ends the last part, and writes the workbook. EXIT_DONE, or the error said. */
enum exit_code output_close(struct output *output);

#endif
