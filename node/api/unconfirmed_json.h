/* unconfirmed_json - divisions with new keys that no two persons confirmed, as boards say it beside
 * their figures, one in a sentence.
 *
 *   "unconfirmed": [{"division": "540121", "state": "waits", "entries": 3, ...}]
 *
 * Thread: any; out_unconfirmed a worker's (workers.h). */
#ifndef TERRACE_NODE_API_UNCONFIRMED_JSON_H
#define TERRACE_NODE_API_UNCONFIRMED_JSON_H

#include "node/api/roster_snapshot.h"
#include "node/ledger/query/unconfirmed.h"

/* One of them, at this moment. */
void out_new_keys(struct json_out *out, const struct unconfirmed *keys, uint64_t now_unix_ms,
                  enum language language);
/* The member, of the division or of all that lies below it, too. */
void out_unconfirmed(struct json_out *out, const struct view *view,
                     const struct roster_snapshot *roster, struct division division,
                     enum scope scope, const struct request *request);

#endif
