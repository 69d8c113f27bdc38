/* routes_made - GET /made?from=: what the person of this session made and was entered since then,
 * the newest first, a page at a time (page.h); `from` is a moment (list_request.h), and without it
 * today by the clock of the accounts.
 *
 *   own log, block by block from its end --> groups of a maker with his key --> their entries
 *
 * Read back when somebody asks, up to MADE_BLOCKS_MAX blocks and MADE_ROWS_MAX documents; of more
 * the answer says that it is not complete. What still waits, or came back, is GET /pending?mine=1.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_MADE_H
#define TERRACE_NODE_API_ROUTES_MADE_H

#include "node/api/api.h"

enum { MADE_BLOCKS_MAX = 2000, MADE_ROWS_MAX = 2000 };

route_fn get_made;

#endif
