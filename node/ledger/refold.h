/* refold - all that was made of the logs is forgotten, so that it is made of them once more: when a
 * log was taken back (replicator/log/cut.h), and what was folded of it with it.
 *
 *   rows of ledgers, indexes, roll-ups --refold_forget--> none
 *   marks and persons of the log that was cut --refold_take_back--> those up to its new end
 *   catch_up.h then folds own, above and below from the blocks, in its turns
 *
 * What was found of approvals as blocks came in (ROW_PERSON, ROW_UNAPPROVED) follows from one log
 * alone: of every other it stays.
 *
 * Owns: nothing. Thread: the loop's, before the ledger is open. */
#ifndef TERRACE_NODE_LEDGER_REFOLD_H
#define TERRACE_NODE_LEDGER_REFOLD_H

#include "replicator/log/heads.h"
#include "replicator/trust/roster.h"

/* The number of the rules by which rows are made of entries: raised whenever what stands in
 * SPACE_LEDGER, SPACE_INDEX or SPACE_ROLLUPS changes. A store that was made by others is folded
 * anew as it is opened (node/core/rebuild.h). The digests are no part of it: they stay for ever. */
enum { LEDGER_RULES = 4 };

/* In commits of its own; again is no harm. Errors: those of the store. */
enum status refold_forget(const struct store *store, uint64_t fence, struct err *err);
/* Stages that of this author nothing above `lsn` is known. */
void refold_take_back(struct txn *txn, struct division author, uint64_t lsn);
/* Stages that the logs above `self` are to be observed from their first entry, as far as this txn
 * has them. A read error stays with the txn. */
void refold_observe(struct txn *txn, const struct roster *roster, struct division self);

#endif
