/* turn - one pass of the loop, in the order in which its parts depend on each other.
 *
 *   tasks, frames, tick, catch-up: each stages into node->txn
 *   settles, seal                  the own block is closed, as the last thing staged
 *   commit                         one batch, one fsync (commit.h); then answers and frames
 *
 * Owns: of struct node, turn_unix_ms, parent_awaited and received. Thread: the loop thread. */
#ifndef TERRACE_NODE_CORE_TURN_H
#define TERRACE_NODE_CORE_TURN_H

#include "node/core/node.h"

/* One turn, or, while the commit of the last one is in flight, what goes on meanwhile: answers to
 * what only reads, and beats. *busy tells whether more is waiting already. Not OK: the store
 * failed, stop now and acknowledge nothing more.
 * Errors: ERR_IO, ERR_CORRUPT, ERR_DISK_FULL, ERR_STALE_FENCE, ERR_NEEDS_UPGRADE. */
enum status node_step(struct node *node, bool *busy, struct err *err);
/* Of a node that begins: its clock stands; once its logs are there, its parent is awaited. */
void turn_open(struct node *node);
void turn_await_parent(struct node *node);
void turn_close(struct node *node);
uint64_t node_next_tick(const struct node *node); /* mono ms at which a turn is due anyway */

#endif
