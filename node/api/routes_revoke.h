/* routes_revoke - a division below that may no longer speak, and the word of a second admin to it.
 *
 *   POST /divisions/CODE/revoke {reason}       GET /revocations
 *   POST /revocations/CODE/accept              POST /revocations/CODE/withdraw
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_REVOKE_H
#define TERRACE_NODE_API_ROUTES_REVOKE_H

#include "node/api/api.h"

route_fn post_revoke, get_revocations, post_revocation_accept, post_revocation_withdraw;

#endif
