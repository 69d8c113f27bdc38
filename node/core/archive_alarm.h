/* archive_alarm - that the own log does not get into its archive (node/backup/archive.h).
 *
 * Thread: the loop's. */
#ifndef TERRACE_NODE_CORE_ARCHIVE_ALARM_H
#define TERRACE_NODE_CORE_ARCHIVE_ALARM_H

#include "node/core/node.h"

/* What keeps it out, a message; "" when nothing does. */
void node_archive(struct node *node, const char *fault);

#endif
