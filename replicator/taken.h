/* taken - a division that two branches have granted. Neither granter can see the other; a node
 * above both can, and has one of the two in its roster. It says so on the branch of the second:
 *
 *   region: alarm --Reject division_taken--> ... --> granter: alarm, holds that child --> child:
 * alarm
 *
 * It says it when the grant comes, and again at every block of the second log, so that it is heard
 * after a restart too. The first grant stands; nothing of the second log is taken.
 * Storage: SPACE_META 'x' division, child -> granted over that child's link as well. Thread: loop.
 */
#ifndef TERRACE_REPLICATOR_TAKEN_H
#define TERRACE_REPLICATOR_TAKEN_H

#include "replicator/link.h"

/* A grant that the roster refused: is it for a division of another branch? Then that is kept and
 * said to the branch of `log`, whose author granted it. */
bool taken_by_grant(struct replicator *r, struct txn *txn, const struct held_log *log,
                    struct bytes sealed);
/* Was this division, which is another branch's, granted over this link too? */
bool taken_known(struct replicator *r, struct txn *txn, const struct link *link,
                 struct division division);
void taken_say(struct replicator *r, struct link *link, struct division division, uint64_t lsn);
/* The parent says so of a division that is here, or below. */
void taken_heard(struct replicator *r, struct link *parent, struct division division,
                 const struct waiting_reject *heard);

#endif
