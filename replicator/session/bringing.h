/* bringing - what was put aside of a log (log/aside.h) is brought towards its author, who may have
 * lost it with his disk, neighbour by neighbour.
 *
 *   META_ASIDE of an author at this peer, or beyond it --Frame.put_aside--> verified, META_ASIDE
 *     there, and on from there
 *   durable there --Frame.put_aside_held--> META_BROUGHT here: that peer gets it once, until it has
 *     keys of another epoch
 *
 * One block is under way to a neighbour at a time, and only where both know the feature. What its
 * author did not sign, or nothing was put aside of, is not taken and not answered: nothing more is
 * brought in that session.
 *
 * A node that resyncs takes none and answers none: whether a recovery counts that put it aside, its
 * own log may not say yet. Nothing is lost by that. The bringer keeps its row, notes META_BROUGHT only
 * at an answer, and begins with its first row in each session; and what ends a resync is that the
 * node is opened anew, with new sessions to all.
 *
 * Owns: its rows. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_BRINGING_H
#define TERRACE_REPLICATOR_SESSION_BRINGING_H

#include "proto/frame.h"
#include "replicator/log/aside.h"

struct replicator;
struct link;

/* Of one link. */
struct bringing {
    bool due;       /* there may be something for the peer */
    bool under_way; /* `at` is, and not answered */
    bool anew;      /* more came that may lie before `at` */
    bool answers;   /* `taken` was, and the peer hears it */
    uint8_t taken[ASIDE_KEY_BYTES], at[ASIDE_KEY_BYTES];
};

/* A block came; a peer answered. */
void bringing_take(struct replicator *r, struct txn *txn, struct link *link, struct bytes whole);
void bringing_held(struct replicator *r, struct txn *txn, struct link *link, struct bytes key);
/* Of an open link: adds what is due; false: nothing is. `memory` keeps it until the frame is
 * written. */
bool bringing_add(struct replicator *r, struct link *link, Terrace__Frame *frame,
                  struct buf *memory);

#endif
