/* rebuild - cuts that wait (replicator/log/cut.h) are made before anything of the store is opened.
 *
 *   replicator finds a cut --> durable --> node_wants_opening --> its owner closes the node, and
 *   node_open --> rebuild_cuts: blocks put aside, the rest of that log and of this store as if they
 *                 had not come, all that is made of logs forgotten
 *             --> catch_up.h folds it all once more, in turns
 *
 * A crash in between makes the same once more from its beginning: the cut's row goes with the last
 * commit. Owns: nothing. Thread: the loop's. */
#ifndef TERRACE_NODE_CORE_REBUILD_H
#define TERRACE_NODE_CORE_REBUILD_H

#include "node/core/node.h"
#include "proto/block.h"
#include "proto/division.h"
#include "replicator/store/store.h"

/* Is the node to be closed and opened anew on the same store, because a log is to be cut? *mended:
 * config->damage is over with it. Thread: the loop's. */
bool node_wants_opening(const struct node *node, bool *mended);
/* Are ledgers still made from logs that are held: after a cut, or a change of version? What is read
 * meanwhile lacks what is not folded yet. Thread: any. */
bool node_is_folding(const struct node *node);
/* Errors: those of the store, of grants, and ERR_CORRUPT. */
enum status rebuild_cuts(const struct store *store, uint64_t fence, struct division self,
                         const struct hash *tree, struct err *err);

#endif
