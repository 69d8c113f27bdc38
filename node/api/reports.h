/* reports - the boards: chain, execution, reconcile, sources, trial-balance.
 *
 *   GET /report/NAME
 *
 * Rows only, a page at a time (page.h); how they look is the reader's business.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_REPORTS_H
#define TERRACE_NODE_API_REPORTS_H

#include "node/api/api.h"

route_fn get_report;

#endif
