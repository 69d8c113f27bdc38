/* verify_ledger - the invariants of one division's ledger, recomputed from its indicator rows and
 * compared with what is stored beside them; both ends of its transfers; its jurisdiction.
 *
 * Thread: any, each with a txn of its own. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_VERIFY_LEDGER_H
#define TERRACE_NODE_LEDGER_VERIFY_VERIFY_LEDGER_H

#include "node/ledger/verify/verify.h"

/* Invariants 1-6 of one division. VERIFY_SOUND; else `fault` is the first fault in words, and the
 * cause says who would have to mend it. */
enum verify_cause verify_ledger(struct txn *txn, const struct roster *roster,
                                struct division division, char *fault, size_t fault_size);

#endif
