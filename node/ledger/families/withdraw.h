/* withdraw - takes back an own transfer that nobody has answered yet.
 *
 *   issuer's log:    transfer --> withdraw --------------> settle: withdrawn, or too late
 *   receiver's log:                  \--> .return --------/  (or its register, from before)
 *
 * The receiver's log alone decides: its node writes the return itself, without a person, in the
 * turn in which it hears the withdraw, unless an answer is there. Holders take that return without
 * signatures where they hold the withdraw, and nowhere else.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_WITHDRAW_H
#define TERRACE_NODE_LEDGER_FAMILIES_WITHDRAW_H

#include "node/ledger/ledger.h"

/* Is it a return that a node may write of itself, since the withdraw is held here? */
bool withdraw_excuses(struct txn *txn, const struct entry *entry);

#endif
