/* own_ask - what is said of an own transfer to its receiver: a recall, a withdraw, a difference.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_OWN_ASK_H
#define TERRACE_NODE_LEDGER_FAMILIES_OWN_ASK_H

#include "node/ledger/families/family.h"

/* The receiver of the transfer. */
complete_fn own_ask_complete;
/* unknown_bgt_id: an own transfer that a receiver has. Fills in facts->transfer, and facts->line
 * where it has one. */
check_fn own_ask_known;
/* Of a log above nothing is booked here, so nobody else asks whether what is said to a division is
 * about a transfer to that division. If not, it is told, and nothing follows from it. */
bool own_ask_heard(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                   const struct document *ask);
/* Of a log below: alarms where more is asked back of a transfer than went to its receiver. Whoever
 * answers gives no more than he has. */
void own_ask_tell_excess(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                         const struct document *ask);

#endif
