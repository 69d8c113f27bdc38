/* submit_csv - a file of documents as CSV: its header names the fields, each record becomes a line
 * of JSON in the post.
 *
 * Thread: the one of the program. */
#ifndef TERRACE_NODE_CLI_SUBMIT_CSV_H
#define TERRACE_NODE_CLI_SUBMIT_CSV_H

#include "node/cli/submission.h"

/* All that is left of the input. The error is said. */
enum exit_code submit_csv(struct submission *submission);

#endif
