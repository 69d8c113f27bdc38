/* routes_backup - POST /backup and /backup/end: a checkpoint of the store for `terrace backup`, and
 * its end.
 *
 *   /backup --> HOME/checkpoint/store (hard links) --> the program copies it --> /backup/end: gone,
 *   and, where the copy is complete, noted
 *
 * One at a time: while the process that asked for a checkpoint runs and has not ended it, another's
 * wish for one is refused, which would take it away.
 *
 * The daemon writes nowhere but in its own home, whatever it is asked: whoever holds a token cannot
 * have files put where he reads them. The program writes the copy, with the rights of who runs it.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_BACKUP_H
#define TERRACE_NODE_API_ROUTES_BACKUP_H

#include "node/api/api.h"

void post_backup(struct request *request, struct answer *answer);
void post_backup_end(struct request *request, struct answer *answer);

#endif
