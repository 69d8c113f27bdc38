/* routes_revoke - a division below that may no longer speak.
 *
 *   POST /divisions/CODE/revoke {reason}
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_REVOKE_H
#define TERRACE_NODE_API_ROUTES_REVOKE_H

#include "node/api/api.h"

route_fn post_revoke;

#endif
