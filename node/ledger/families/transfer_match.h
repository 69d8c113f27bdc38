/* transfer_match - both sides of every ask that this node can see, held against each other
 * (invariant 4).
 *
 *   issuer's log:    transfer, recall, remit ------------> settle
 *   receiver's log:                      \--> answer --/
 *
 * Issuer and receiver stand one above the other: transfers and recalls go down, remits up.
 * Nothing here is part of anybody's ledger: a match is what a holder of several logs knows. What
 * disagrees is alarmed once (edge_differs) and stays marked as a breach. An answer whose ask was
 * put aside is one, until the same ask stands in its issuer's log again. What is not answered yet
 * stands in the lists of rows/open_items.h. What is given back of a transfer later, by a negative
 * difference or a recall, is counted at the transfer: here is what it still amounts to.
 *
 * Owns: its rows (rows.h). Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_TRANSFER_MATCH_H
#define TERRACE_NODE_LEDGER_FAMILIES_TRANSFER_MATCH_H

#include "node/ledger/ledger.h"

/* The ask, as its issuer's log has it. True when it is one that was put aside and entered again
 * (proto/document_evidence.h), and the answer of before fits and is not settled. */
bool transfer_match_issue(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                          const struct document *ask);
/* True when the answer fits an ask that is known, and nothing was settled yet. */
bool transfer_match_answer(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                           const struct document *answer);
void transfer_match_settle(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                           const struct document *settle);
/* `issuer`'s log is known up to `lsn`, all of it or, with a receiver, what is addressed there:
 * an answer to an ask up to it that is still missing is a breach. */
void transfer_match_passed(struct ledger *ledger, struct txn *txn, struct division issuer,
                           const struct division *receiver, uint64_t lsn);

#endif
