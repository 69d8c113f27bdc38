/* take_root - the root's next epoch, which the trust key signed, taken up at a start.
 *
 *   HOME/root_grant --> a node opened under the key in force --a task--> entry, durable --> closed
 * --> the new key takes its place (node/home/root_epoch.h) --> the node is opened again
 *
 * The entry stands under the epoch before, so that whoever knows that one can read it.
 *
 * Thread: the loop thread, before anything else is opened on the node. */
#ifndef TERRACE_NODE_DAEMON_TAKE_ROOT_H
#define TERRACE_NODE_DAEMON_TAKE_ROOT_H

#include "node/core/node.h"

/* Turns the node until the grant is durable in its log. Errors: those of replicator_take_root, and
 * of node_step. */
enum status take_root(struct node *node, struct bytes sealed, struct err *err);

#endif
