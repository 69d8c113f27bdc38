/* report_execution - what was allocated, released, committed and paid, by one or two elements.
 *
 *   ?scope=own|subtree&by=function            {"key", "key_name", amounts, "rate"}
 *   &by=agency,economic                       {"key", "key_name", "key2", "key2_name", ...}
 *
 * By one element that has a roll-up (project, function, fund, agency) nothing else is read. By an
 * economic class, and by two elements, every line of the divisions asked for is read
 * (node/ledger/query/lines.h), LINES_READ_MAX at most.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_REPORT_EXECUTION_H
#define TERRACE_NODE_API_REPORT_EXECUTION_H

#include "node/api/report.h"

enum { LINES_READ_MAX = 4000000 };

/* ?by=, "function" when it is not given. False with bad_request answered. */
bool report_execution_by(const struct request *request, struct answer *answer,
                         struct execution_by *by);
void report_execution(struct report *report);

#endif
