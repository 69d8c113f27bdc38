/* report_execution - what was allocated, released, committed and paid, by one or two elements.
 *
 *   ?scope=own|subtree&by=function            {"key", "key_name", amounts, "rate"}
 *   &by=agency,economic                       {"key", "key_name", "key2", "key2_name", ...}
 *   &month=3                                  what moved in that month: one row
 *
 * By one dimension of the roll-ups (query.h) nothing else is read. By two elements every line of
 * the divisions asked for is read (node/ledger/query/lines.h), LINES_READ_MAX at most.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_REPORT_EXECUTION_H
#define TERRACE_NODE_API_REPORT_EXECUTION_H

#include "node/api/report.h"

enum { LINES_READ_MAX = 4000000 };

/* ?by=; when it is not given "function", or "month" where one is asked for. False with bad_request
 * answered. */
bool report_execution_by(const struct request *request, struct answer *answer, int month,
                         struct execution_by *by);
void report_execution(struct report *report);

#endif
