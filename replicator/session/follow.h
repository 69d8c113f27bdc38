/* follow - logs, links and cursors follow the roster: each member on our line or below us has a log
 * here, a neighbour that brings it, and neighbours that it goes to.
 *
 *   above us    brought by the parent, goes to every child
 *   our own     goes to the parent and to every child
 *   below us    brought by the child on the way, goes to the parent
 *
 * Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_FOLLOW_H
#define TERRACE_REPLICATOR_SESSION_FOLLOW_H

#include "replicator/replicator.h"

/* At the start: all members. */
void follow_roster(struct replicator *r);
/* What waits for the roster is read in the next turn: blocks of this one cannot be read back before
 * they are durable. */
void follow_later(struct replicator *r);
/* Is it this one? Asked once. */
bool follow_now(struct replicator *r);
/* This one was granted; its owner is told. */
void follow_member(struct replicator *r, struct division division);

#endif
