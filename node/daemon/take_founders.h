/* take_founders - the first admins of HOME/founders become persons of the node, once.
 *
 *   HOME/founders --a task--> rows of the store --durable--> the file is gone
 *
 * Thread: the loop thread, before the API opens. */
#ifndef TERRACE_NODE_DAEMON_TAKE_FOUNDERS_H
#define TERRACE_NODE_DAEMON_TAKE_FOUNDERS_H

#include "node/core/node.h"

/* Posts the task; nothing where there is no such file. `home` is borrowed until the node closes.
 * Errors: ERR_CORRUPT, ERR_IO. */
enum status take_founders(struct node *node, const char *home, struct err *err);

#endif
