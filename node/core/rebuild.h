/* rebuild - cuts that wait (replicator/log/cut.h) are made before anything of the store is opened.
 *
 *   replicator finds a cut --> durable --> node_wants_opening --> its owner closes the node, and
 *   node_open --> rebuild_cuts: blocks put aside, the rest of that log and of this store as if they
 *                 had not come, all that is made of logs forgotten
 *             --> catch_up.h folds it all once more, in turns
 *
 * The same where a version folds by other rules: rebuild_rules.
 *
 * A crash in between makes the same once more from its beginning: the cut's row goes with the last
 * commit. Owns: nothing. Thread: the loop's. */
#ifndef TERRACE_NODE_CORE_REBUILD_H
#define TERRACE_NODE_CORE_REBUILD_H

#include "node/core/node.h"
#include "proto/block.h"
#include "proto/division.h"
#include "replicator/store/store.h"

/* Is the node to be closed and opened anew on the same store, because a log is to be cut, or the
 * own one is *whole: config->resync is over with it. Thread: the loop's. */
bool node_wants_opening(const struct node *node, bool *whole);
/* Are ledgers still made from logs that are held: after a cut, or a change of version? What is read
 * meanwhile lacks what is not folded yet. Thread: any. */
bool node_is_folding(const struct node *node);
/* Errors: those of the store, of grants, and ERR_CORRUPT. */
enum status rebuild_cuts(const struct store *store, uint64_t fence, struct division self,
                         const struct hash *tree, struct err *err);

/* Rows of ledgers that were made by other rules than LEDGER_RULES, or of a kind or format that only
 * a later version folds, are forgotten, in commits of their own, and by which they are made from
 * now on is staged: catch_up.h then makes them of the blocks, as far as it knows them. A crash in
 * between begins it once more. Errors: those of the store, and of grants. */
enum status rebuild_rules(const struct store *store, uint64_t fence, struct division self,
                          const struct hash *tree, struct txn *txn, struct err *err);

#endif
