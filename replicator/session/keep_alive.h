/* keep_alive - what is said while the owner's commit is in flight: that this node lives.
 *
 *   turn --> commit begun .......... in flight .......... outcome --> durable(), next_frame(...)
 *                            keep_alive, next_keep_alive
 *
 * An Ack that names no log, and the heartbeats and cosignatures that wait, of what was durable
 * before. Nothing is staged and nothing that the turn staged is told, so a commit that is lost
 * contradicts nobody. A node whose store is damaged or full has no turns at all: its beat goes
 * alone, so that those above hear why it is silent; and a child that says Hello is told.
 *
 * Thread: the loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_KEEP_ALIVE_H
#define TERRACE_REPLICATOR_SESSION_KEEP_ALIVE_H

#include "replicator/replicator.h"

/* Puts the heartbeat into its mailbox when it is due. */
void replicator_keep_alive(struct replicator *replicator);
/* The next frame that may leave now; false when there is none. As replicator_next_frame. */
bool replicator_next_keep_alive(struct replicator *replicator, struct division *to,
                                struct buf *frame);
/* When there is one again, mono ms. */
uint64_t replicator_keep_alive_ms(const struct replicator *replicator);

/* How this node is has changed: a beat says so at once, but not twice in a second. */
void replicator_beat_soon(struct replicator *replicator);
/* The beat of a node that opens no session, when it is due. As replicator_next_frame. */
bool replicator_lone_beat(struct replicator *replicator, struct division *to, struct buf *frame);
/* What a node that opens no session, as its store is damaged, answers a child that says Hello: a
 * Restart, ERR_CORRUPT. False: nothing, for a parent, a stranger, another frame, or too soon. */
bool replicator_lone_answer(struct replicator *replicator, struct division from,
                            struct bytes received, struct buf *frame);
/* Does this node let in any child, who may ask? */
bool replicator_has_children(const struct replicator *replicator);

#endif
