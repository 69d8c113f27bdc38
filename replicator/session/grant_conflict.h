/* grant_conflict - a division that two branches have granted: who is told, and who is held. Neither
 * granter can see the other; a node above both can, and has one of the two in its roster. It says
 * so on the branch of the second:
 *
 *   region: alarm --Reject division_taken--> ... --> granter: alarm, holds that child
 *                                                             '--> child: alarm
 *
 * It says it when the grant comes, and again at every block of the second log, so that it is heard
 * after a restart too. log/granted.h finds it.
 *
 * Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_GRANT_CONFLICT_H
#define TERRACE_REPLICATOR_SESSION_GRANT_CONFLICT_H

#include "replicator/session/link.h"

/* It was granted, or wrote the block `lsn`, below this child as well. */
void grant_conflict_report(struct replicator *r, struct link *link, struct division division,
                           uint64_t lsn);
/* The parent says so of a division that is here, or below; `text` is its message. */
void grant_conflict_observe(struct replicator *r, struct link *parent, struct division division,
                            uint64_t lsn, const char *text);

#endif
