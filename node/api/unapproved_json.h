/* unapproved_json - how much of what is held here lacks an approval that holds, as boards say it
 * beside their figures.
 *
 *   "unapproved": {"count": 1, "amount": "10000000000.00"}
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_UNAPPROVED_JSON_H
#define TERRACE_NODE_API_UNAPPROVED_JSON_H

#include "node/api/roster_snapshot.h"

/* Of the division, or of all that lies below it, too, as it is now. */
void out_unapproved(struct json_out *out, struct txn *txn, const struct roster_snapshot *roster,
                    struct division division, enum scope scope);

#endif
