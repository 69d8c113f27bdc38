/* rollups - sums that are kept, so that no question ever scans the entries.
 *
 *   turnover of a block --> source and year (invariant 3)
 *                       --> roll-ups, own (here) and of jurisdictions (transit.h)
 *
 * Thread: loop thread. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_POSTING_ROLLUPS_H
#define TERRACE_NODE_LEDGER_POSTING_ROLLUPS_H

#include "node/ledger/posting/block_turnover.h"
#include "replicator/trust/roster.h"

/* Adds a block's turnover to the sums of sources and years of `author`. NULL, or the words of the
 * first whose sides differ. */
const char *sums_add(struct txn *txn, struct division author, const struct block_turnover *block);

/* Adds a block's turnover to the roll-ups of `author` and of every division from it up to `self`.
 */
void rollups_add(struct txn *txn, const struct roster *roster, struct division self,
                 struct division author, const struct block_turnover *block);

#endif
