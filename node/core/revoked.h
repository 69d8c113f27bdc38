/* revoked - what a node does whose own division a level above has revoked, or in whose place
 * another key counts: it says so, and enters nothing more. While that key does not count, it says
 * so, too, and goes on.
 *
 * Thread: the loop thread. */
#ifndef TERRACE_NODE_CORE_REVOKED_H
#define TERRACE_NODE_CORE_REVOKED_H

#include "node/core/node.h"
#include "node/ledger/schema/reason.h"

/* Why nothing that it writes counts: REASON_REVOKED, REASON_SUPERSEDED, or REASON_NONE: it does. */
enum reason node_is_over(const struct node *node);
/* Alarms what of it is, or ends those alarms. */
void node_watch_revoked(struct node *node);

#endif
