/* revoked - what a node does whose own division a level above has revoked: it says so, and enters
 * nothing more.
 *
 * Thread: the loop thread. */
#ifndef TERRACE_NODE_CORE_REVOKED_H
#define TERRACE_NODE_CORE_REVOKED_H

#include "node/core/node.h"

/* So that nothing it writes counts. */
bool node_is_revoked(const struct node *node);
/* Alarms that it is, or ends that alarm. */
void node_watch_revoked(struct node *node);

#endif
