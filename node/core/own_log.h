/* own_log - what this node writes into its own log, and how entries are read back.
 *
 *   checked document --own_log_enter--> log + ledger, in one txn
 *   what the node itself says --own_log_due--> waits --own_log_enter_due (end of the frame)-->
 *   entered: settles, and returns of what was taken back
 *
 * Owns:   node->due: documents due in this turn; node->unpacked: the block of the own log that
 * was read back last, for its neighbours, until own_log_trim. Thread: the loop thread. */
#ifndef TERRACE_NODE_CORE_OWN_LOG_H
#define TERRACE_NODE_CORE_OWN_LOG_H

#include "node/core/node.h"

/* Appends a checked document to the own log and posts it. Returns its lsn. */
uint64_t own_log_enter(struct node *node, struct txn *txn, const struct document *document,
                       struct bytes body);
/* The body of an entry that is held, durable or of this turn or of an open dry_run; it points into
 * `memory`. False, and the turn fails (txn_fail: ERR_IO, ERR_CORRUPT), when it cannot be read. */
bool own_log_read(struct node *node, struct division author, uint64_t lsn, struct buf *memory,
                  struct bytes *body);

/* The ledger is not entered twice: what is due waits until the frame that caused it is through. */
void own_log_due(struct node *node, const struct document *document);
void own_log_enter_due(struct node *node, struct txn *txn);
/* Of a root that lost its log, once its ledger is whole: before anything else of the new epoch,
 * whose word that is (replicator_introduce). */
void own_log_introduce(struct node *node);

void own_log_trim(struct node *node); /* gives back what is kept for later reads */
void own_log_free(struct node *node); /* with the node */

#endif
