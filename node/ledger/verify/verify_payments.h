/* verify_payments - invariant 10: what a payment is of is still to be paid, paid, given back or
 * freed; and what a line has committed and spent is what its payments have, less the credits that
 * belong to none of them.
 *
 * Thread: any, each with a txn of its own. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_VERIFY_PAYMENTS_H
#define TERRACE_NODE_LEDGER_VERIFY_VERIFY_PAYMENTS_H

#include "node/ledger/query/query_internal.h"
#include "node/ledger/verify/verify_fault.h"

/* Calls `found` for every fault, with its words as in verify.def. `lines` are all of the
 * division's, as id_list_scan has them. Errors of the store stay in the txn. */
typedef void payment_found_fn(void *arg, enum verify_cause cause, const char *fault);
void verify_payments(struct txn *txn, struct division division, const struct id_list *lines,
                     payment_found_fn *found, void *arg);

#endif
