/* link - one neighbour: the state of its session, why it is held, and its timers.
 *
 *   dial / hello --> link_begin --> live <--link_hold / link_release--> held --> link_over
 *
 * Whatever cannot be repaired inside a session ends it (link_over), and the next one resumes from
 * heads. What is held back, and why, is a set of `hold`; a link with none of them is live. Only
 * this file changes the state, by the table of peer.h. What goes to the neighbour and comes from it
 * is stream/'s.
 *
 * Owns: the stream. Thread: loop thread. Units: *_ms is mono, but *_unix_ms; what a child asks of
 * us is paid in thousandths of a block. */
#ifndef TERRACE_REPLICATOR_SESSION_LINK_H
#define TERRACE_REPLICATOR_SESSION_LINK_H

#include "replicator/session/bringing.h"
#include "replicator/session/claim.h"
#include "replicator/session/handshake.h"
#include "replicator/session/link_limits.h"
#include "replicator/session/peer.h"
#include "replicator/stream/stream.h"

enum hold { HOLD_LIMIT = 1, HOLD_REFUSED = 2, HOLD_NACKED = 4, HOLD_GRANT_CONFLICT = 8 };

struct link {
    struct division peer;
    bool is_up;  /* dialled from here: the parent, or an ancestor in its place; else a child, or */
    bool is_far; /* ... a division further below: no neighbour in the tree (session/serving.h) */
    enum peer_state state;
    unsigned holds;                 /* of enum hold */
    char reason[PEER_REASON_BYTES]; /* why it is held, refused or over: a message, or "" */
    struct bucket noted;            /* state changes in the log are few a second */

    uint64_t session; /* 0: none. A child repeats its Hello under the same number */
    uint32_t attempts;
    uint64_t dial_ms; /* the child's side: when to say Hello (again) */
    uint64_t opened_ms, heard_ms, heard_unix_ms, spoke_ms, answered_ms, ticked_ms;
    uint64_t closed_ms; /* not open since; of an open one, when it was so last */
    bool settled;       /* the session, or the last one, lasted for a while */
    uint64_t lasted_ms; /* when one that did ended; or since when there is a link */
    bool missed;        /* ... so long ago that it is alarmed */
    uint64_t
        damaged_ms; /* a parent that opens none said that its store is damaged; 0: it did not */
    uint64_t revoked_ms; /* a child's: known to be revoked since; 0: it is not */
    uint64_t frames_refused;
    bool protocol_error; /* a frame was refused, here or there; alarmed until a session settles */
    uint64_t unmoved_ms; /* open, with a backlog, and nothing confirmed, in all */
    bool silent;         /* ... for so long that it is alarmed */

    struct handshake handshake;
    struct bringing bringing;
    struct claim claim;
    struct link_limits limits;
    struct stream stream;
};

struct link *link_new(struct replicator *r, struct division peer, bool is_up);
/* ... with somebody who is no neighbour in the tree. */
struct link *link_new_far(struct replicator *r, struct division peer, bool is_up);
void link_free(struct link *link);
static inline bool link_is_parent(const struct link *link)
{
    return link->is_up && !link->is_far;
}
static inline bool link_is_child(const struct link *link)
{
    return !link->is_up && !link->is_far;
}
static inline bool link_is_open(const struct link *link)
{
    return link->state == PEER_LIVE || link->state == PEER_HELD;
}

/* --- state --- */

/* A child says Hello, or the parent answers ours: a session begins, with so much credit at first.
 * No link is paused then, and the one to the parent has said Hello. */
void link_begin(struct replicator *r, struct link *link, uint64_t session, uint64_t credit);
/* Ends the session, with a message about why; the child will say Hello again. */
void link_over(struct replicator *r, struct link *link, enum status why, const char *message);
/* It is shown as held, with the message, until it is released for the same cause. Past a limit it
 * gets no more credit; all else goes on. */
void link_hold(struct replicator *r, struct link *link, enum hold hold, const char *message);
void link_release(struct replicator *r, struct link *link, enum hold hold);
/* There is no protocol version in common; a child that said so in `session` hears it. */
void link_incompatible(struct replicator *r, struct link *link, uint64_t session,
                       const char *message);
/* Of a child: it is known to be revoked since then, mono ms; 0: it is not. */
void link_revoked(struct link *link, uint64_t since_ms);
/* The peer does not serve us now, or is left: the session is over, and not asked for before then,
 * mono ms. Upward alone. */
void link_put_off(struct replicator *r, struct link *link, uint64_t until_ms, const char *message);
/* The parent opens none, as its store is damaged. */
void link_over_damaged(struct replicator *r, struct link *link);
/* Did it say so lately? */
bool link_is_damaged(const struct replicator *r, const struct link *link);
/* The session is over, and the peer, which ended it or is told so elsewhere, begins no other. */
void link_left(struct replicator *r, struct link *link, const char *message);
/* What was alarmed of the peer is over with the link, which goes. */
void link_forget_alarms(struct replicator *r, const struct link *link);
/* An operator stops or resumes it; staged in META_PAUSED division. */
void link_pause(struct replicator *r, struct txn *txn, struct link *link, bool paused);

/* --- what the peer did --- */

void link_heard(struct replicator *r, struct link *link);     /* a frame came */
void link_heard_now(struct replicator *r, struct link *link); /* ... of this session */
void link_spoke(struct replicator *r, struct link *link);     /* a frame left */
/* A frame that cannot be used: it is answered with the reason, and an open session is over. */
void link_refuse_frame(struct replicator *r, struct link *link, const struct err *why);
/* The peer could not use what we sent, or sent more than it may: no session settles that soon. */
void link_protocol_error(struct link *link);
void link_count_refused(struct link *link);
/* What came is of another session: a child is asked to begin anew. */
void link_ask_restart(struct replicator *r, struct link *link, uint64_t session, enum status why);
/* It confirmed something, or there is nothing left to confirm. */
void link_moved(struct replicator *r, struct link *link);
/* It answered: the next attempt to dial is the first again. */
void link_answered(struct link *link);

/* --- credit and limits --- */

/* Cumulative bytes the peer may send in this session. */
uint64_t link_grant(struct replicator *r, struct link *link);
/* Blocks came: false when that is more than was granted, or than the limits can bear. */
bool link_charge(struct replicator *r, struct link *link, size_t blocks, size_t bytes);
/* Is what it sends put off, as everything from below while the own log is not whole here? */
bool link_puts_off(const struct replicator *r, const struct link *link);
/* What a child asks for is paid; one that passes a limit is held and alarmed. */
void link_pay(struct replicator *r, struct link *link, uint64_t milli);
bool link_can_pay(struct replicator *r, struct link *link);
bool link_may_verify(const struct replicator *r, struct link *link);

/* --- time --- */

/* All that was taken is stored or answered: the next Ack says so. */
void link_durable(struct link *link);
/* The transport did not take this frame. Where a session is open it is offered again; where none
 * is, the Hello will be said again in time. */
void link_unsent(struct replicator *r, struct link *link, struct bytes frame);
void link_tick(struct replicator *r, struct link *link);
uint64_t link_next_tick(const struct replicator *r, const struct link *link);

#endif
