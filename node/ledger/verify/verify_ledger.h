/* verify_ledger - the invariants of one division's ledger, recomputed from its indicator rows and
 * compared with what is stored beside them; both ends of its transfers; its jurisdiction.
 *
 * Thread: any, each with a txn of its own. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_VERIFY_LEDGER_H
#define TERRACE_NODE_LEDGER_VERIFY_VERIFY_LEDGER_H

#include "node/ledger/verify/verify.h"

/* Invariants 1-6 and 10 of one division: every fault in turn, with who would have to mend it. True
 * when there is none. What is wrong between a transfer of a division below and its answer is named
 * where that division is looked at, and here only keeps the jurisdiction from being compared. */
typedef void verify_found_fn(void *arg, enum verify_cause cause, const char *fault);
bool verify_ledger_each(struct txn *txn, const struct roster *roster, struct division division,
                        verify_found_fn *found, void *arg);
/* The same, for who needs no more than the first: VERIFY_SOUND, or its cause and words. */
enum verify_cause verify_ledger(struct txn *txn, const struct roster *roster,
                                struct division division, char *fault, size_t fault_size);

#endif
