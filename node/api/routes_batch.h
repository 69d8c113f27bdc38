/* routes_batch - many drafts decided as one: first shown, then signed by the hash of what was
 * shown.
 *
 *   POST /review   {"batch":B} or {"ids":[...]}   --> count, total, the largest, what is unusual,
 *                                                     what the rules would refuse now, hash; with
 *                                                     "list":true also "ids"; with "sign":true
 *                                                     also what a browser signs
 *   POST /approve  the same with "hash", and with --> what became of it, in numbers; refusals
 *                  "signed" when a browser signed
 *
 * A batch is signed once a part of 10,000 (node/office/selection.h), and entered in slices, so that
 * the node goes on between them. What changed since it was shown is another hash: nothing is done.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_BATCH_H
#define TERRACE_NODE_API_ROUTES_BATCH_H

#include "node/api/api.h"
#include "node/api/request.h"

route_fn post_review;
void approve_batch(struct request *request, struct answer *answer, const json_t *object);

#endif
