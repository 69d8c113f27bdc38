/* routes_read - balances of a ledger or a jurisdiction, and the digest of a ledger.
 *
 *   GET /balance   {"division", "scope", "as_of", "rows":[...], shown, total, complete, next}
 *   GET /digest    {"division", "lsn", "digest"}
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_READ_H
#define TERRACE_NODE_API_ROUTES_READ_H

#include "node/api/api.h"

route_fn get_balance, get_digest;

#endif
