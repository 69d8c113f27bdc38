/* advice - what a refusal tells a person beside its reason: the known code nearest to an unknown
 * one; the state that stands in the way, since when, and which document brought it.
 *
 * Apart from the rules, because it looks further than they do: it is asked once, of a refusal that
 * is going to be answered, and not of one that only decides something.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_ADVICE_H
#define TERRACE_NODE_LEDGER_FAMILIES_ADVICE_H

#include "node/ledger/ledger.h"

/* Looking into a refusal reads some hundred rows: of a post that is wrong throughout only so many.
 */
enum { ADVISED_MAX = 100 };

/* Fills in refusal->detail where the reason is unknown_<field> or wrong_state and the rules left it
 * empty. `txn` shows the ledger as the rules saw it. */
void ledger_advise(const struct ledger *ledger, struct txn *txn, const struct document *document,
                   struct refusal *refusal);

#endif
