/* aged_persons - persons of a damaged store whose rows may be older than what was there.
 *
 *   row salvaged, perhaps old --operator_row_age--> the person waits: no login over the network
 *   the own log is whole      --aged_persons_post--> as the log says: he is here, has other roles,
 *                                                   has another key (an admin renews it: his secret
 *                                                   went with the store), or is ended
 *
 * At the socket he logs in meanwhile: what a node that fetches its log waits for, an admin may have
 * to say. Whoever the log does not know is ended. A password is in no log: it may be a former one.
 *
 * Thread: the loop's. */
#ifndef TERRACE_NODE_OFFICE_AGED_PERSONS_H
#define TERRACE_NODE_OFFICE_AGED_PERSONS_H

#include "node/core/node.h"

/* Posts the task, which runs once the own log is folded. */
void aged_persons_post(struct node *node);

#endif
