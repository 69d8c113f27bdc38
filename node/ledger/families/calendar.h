/* calendar - which days are workdays, and which count, as this division and those above say. Of two
 * that say something of one day the one nearer the root holds; without a word Monday to Friday are
 * workdays and every day counts.
 *
 * The asker's node asks it, before its document is an entry, and writes into the document what
 * follows (schema/clocks.h): the receiver and those who hold both logs may have heard of other days
 * by then.
 *
 * Thread: that of the txn. Units: days as in schema/clocks.h. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_CALENDAR_H
#define TERRACE_NODE_LEDGER_FAMILIES_CALENDAR_H

#include "node/ledger/ledger.h"

/* Is the day a workday for `whom`? */
bool calendar_is_workday(const struct ledger *ledger, struct txn *txn, struct division whom,
                         uint64_t day);
/* Writes due_span into an ask of this node, where days off or days that do not count bring it
 * beyond the days that it says itself. */
void calendar_complete(const struct ledger *ledger, struct txn *txn, struct document *ask);

#endif
