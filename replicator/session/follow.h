/* follow - logs, links and cursors follow the roster: each member on our line or below us has a log
 * here, a neighbour that brings it, and neighbours that it goes to.
 *
 *   above us    brought by the parent, goes to every child
 *   our own     goes to the parent and to every child
 *   below us    brought by the child on the way, goes to the parent
 *
 * An ancestor that serves this node stands beside the parent, and a division below that is served
 * beside the child on the way; it gets what is addressed to it of the logs between, too
 * (session/serving.h).
 *
 * Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_FOLLOW_H
#define TERRACE_REPLICATOR_SESSION_FOLLOW_H

#include "replicator/replicator.h"

struct link;
/* A link that is new: all logs. */
void follow_link(struct replicator *r, struct link *link);
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
