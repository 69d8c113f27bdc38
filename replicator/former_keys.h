/* former_keys - link keys that are over: who comes with one, and where this node goes whose own is.
 * The face of session/visits.h and session/objecting.h.
 *
 * Such a one is no neighbour: he has no session, and what he says goes beside the frames of
 * replicator_receive.
 *
 * Thread: loop thread only. Units: *_ms is mono. */
#ifndef TERRACE_REPLICATOR_FORMER_KEYS_H
#define TERRACE_REPLICATOR_FORMER_KEYS_H

#include "replicator/replicator.h"

/* Who proves this link key may hand in an objection, and is told what became of his division. */
bool replicator_visits(const struct replicator *replicator, const uint8_t curve_key[32],
                       struct division *who);
/* What came under it. `answer`, which leaves after the turn, may stay empty. */
void replicator_visit(struct replicator *replicator, struct txn *txn, const uint8_t curve_key[32],
                      struct bytes frame, struct buf *answer);

/* This node has a word for an ancestor that is not its neighbour, or whose door is shut for its
 * key: a connection of its own, one frame, one answer. False: nothing is to be said now. */
struct ancestor_call {
    struct division who;
    char endpoint[ENDPOINT_BYTES_MAX + 1];
    uint8_t curve_key[32];
};
bool replicator_call(struct replicator *replicator, struct ancestor_call *out, struct buf *frame);
/* When it may have one next, mono ms. */
uint64_t replicator_next_call(const struct replicator *replicator);
/* What it answered. */
void replicator_called(struct replicator *replicator, struct txn *txn, struct division who,
                       struct bytes answer);
/* The parent refused this node's link key in the handshake. */
void replicator_shut_out(struct replicator *replicator);

/* Has somebody else this node's place? */
struct usurped {
    bool is_usurped;          /* its code was granted to another key, */
    uint32_t epoch;           /* in this epoch, */
    bool is_confirmed;        /* and that counts: this node is over */
    struct division heard_by; /* who has its objection; NONE: nobody yet */
    bool lacks_key;           /* its newest grant is to a key that is not here, and it counts */
};
void replicator_usurped(const struct replicator *replicator, struct usurped *out);

#endif
