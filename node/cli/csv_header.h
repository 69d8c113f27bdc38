/* csv_header - the first row of a CSV file names fields: amount, or what terrace template writes,
 * amount with its Chinese name behind it, or that Chinese name alone.
 *
 * Thread: the one of the program. */
#ifndef TERRACE_NODE_CLI_CSV_HEADER_H
#define TERRACE_NODE_CLI_CSV_HEADER_H

#include "node/cli/submission.h"

/* The field of one cell. FIELDS: there is none. */
enum field csv_header_field(struct bytes cell);
/* Is this the column `kind`? */
bool csv_header_is_kind(struct bytes cell);

/* What is wrong with the columns of the header just read, all of them in one text, and how many
 * those are; 0 when each names another field. Fills in submission->columns. */
size_t csv_header_read(struct submission *submission, const struct csv *csv,
                       char faults[TEXT_BYTES_MAX]);

#endif
