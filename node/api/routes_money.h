/* routes_money - the money of a jurisdiction division by division, and how it went down: what a
 * picture of the flow, and the table beneath it, are drawn from.
 *
 *   GET /money?division=&year=&at=   {"division", "as_of":[...], "rows":[...], shown, ...}
 *
 * A row is a division, depth first: "own" and, where it has divisions below, "subtree", each with
 * the sums of the money chain; "sources" of its own ledger; "passed", what it issued, receiver by
 * receiver; and up to which entry and moment all this is known here.
 *
 * `at` is the last moment that counts, a day of Beijing or RFC 3339 in UTC: the sums are then made
 * of the documents until it (node/ledger/query/history.h), up to MONEY_READS_MAX of them.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_MONEY_H
#define TERRACE_NODE_API_ROUTES_MONEY_H

#include "node/api/api.h"

enum { MONEY_READS_MAX = 1000 * 1000 }; /* documents, for one answer */

route_fn get_money;

#endif
