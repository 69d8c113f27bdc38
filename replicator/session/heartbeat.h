/* heartbeat - proof from end to end: a division's head goes up to the root, and the root's word
 * about what it holds of it comes back, signed. What is green is known, not guessed. How a division
 * is rides on its beats, and every node on the way reads it.
 *
 *   heartbeat_tick --> beat {division, head, health} --> ... --> root
 *   division <-- ... <-- beat {what the root holds of it, the root's own head and line} <--'
 *
 * Owns: what the root confirmed and claims. Thread: loop thread. Units: *_ms is mono. */
#ifndef TERRACE_REPLICATOR_SESSION_HEARTBEAT_H
#define TERRACE_REPLICATOR_SESSION_HEARTBEAT_H

#include "replicator/replicator.h"
#include "replicator/trust/root_claims.h"

struct link;

struct heartbeat {
    uint64_t due_ms, sequence; /* of our next beat */
    uint64_t sent_ms;          /* our newest */
    uint64_t confirmed_sequence;
    struct confirmation confirmed;
    /* Over all sessions with the parent, until it is away for a while: one that ends again and
     * again brings as little. */
    uint64_t looked_ms;
    bool is_away;            /* at the last look */
    uint64_t unconfirmed_ms; /* since the root confirmed something new or everything */
    uint64_t unanswered_ms;  /* since it answered a beat of ours, whatever it said */
    struct root_claims claims;
};

void heartbeat_init(struct replicator *r);
void heartbeat_tick(struct replicator *r);
/* A beat is due at once, but not twice in a second: the link to the parent opened, or there is
 * news. */
void heartbeat_soon(struct replicator *r);
/* The beat of a node that opens no session, as a frame. False when it is not due. */
bool heartbeat_alone(struct replicator *r, struct buf *out);
/* The root's true cosignature of the own log: it confirms as its answer to a beat does. */
void heartbeat_cosigned(struct replicator *r, const Terrace__Cosignature *cosignature);
/* A beat that may not come or does not verify is counted; all others are passed on or answered.
 * True when it is the peer's own, and so tells what its clock is. */
bool heartbeat_receive(struct replicator *r, struct link *link, const Terrace__Beat *beat);

#endif
