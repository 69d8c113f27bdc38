/* routes_receipt - GET /documents/ID/receipt: where a document has come to, each with who says so.
 *
 *   accepted   by its author: lsn, time, the block that carries it, the author's signature and key
 *   held       each division that may hold it: "holds" with its cosignature (up to which lsn, when,
 *              over which block), or "not_confirmed": its word has not come here
 *   folded     where it is known to be part of the ledger's figures: at this node
 *
 * A cosignature says that all up to its lsn is verified and durable there; of the kept ones it is
 * the earliest that reaches the document. Every signature shown was checked for this answer.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_RECEIPT_H
#define TERRACE_NODE_API_ROUTES_RECEIPT_H

#include "node/api/api.h"

route_fn get_receipt;

#endif
