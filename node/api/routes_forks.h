/* routes_forks - logs of which two branches are known, a row a branch: what it says, and what would
 * be put aside without it; and the word of a parent which one goes on.
 *
 *   GET /forks    POST /forks/DIVISION/keep {hash}
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_FORKS_H
#define TERRACE_NODE_API_ROUTES_FORKS_H

#include "node/api/api.h"

route_fn get_forks, post_keep;

#endif
