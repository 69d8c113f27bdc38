/* routes_lines - GET /lines?division=&agency=&project=&fund=&year=: the lines of one ledger, each
 * with what was allocated, released, paid and what is left.
 *
 * ?agency= without a value asks for lines that no agency has. A page at a time (page.h), by id.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_LINES_H
#define TERRACE_NODE_API_ROUTES_LINES_H

#include "node/api/api.h"

enum { LEDGER_LINES_MAX = 200 * 1000 }; /* read for one answer */

route_fn get_lines;

#endif
