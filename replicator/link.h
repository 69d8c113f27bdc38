/* link - one neighbour: its session, credit and limits, and its timers.
 *
 *   frame in --> link_receive --> greet_*    Hello and Welcome
 *                             --> cursor_*   Ack and Reject
 *                             --> intake_*   Blocks
 *
 * Whatever cannot be repaired inside a session ends it (link_over), and the next one resumes from
 * heads. What is held back, and why, is a set of `hold`; a link with none of them is live.
 *
 * Owns: its cursors, and what waits to leave. Thread: loop thread. Units: *_ms is mono, but
 * *_unix_ms; what a child asks of us is paid in thousandths of a block. */
#ifndef TERRACE_REPLICATOR_LINK_H
#define TERRACE_REPLICATOR_LINK_H

#include "replicator/cursor.h"
#include "replicator/flow.h"
#include "replicator/outbox.h"
#include "replicator/peer.h"

enum {
    STRANGERS_MAX = 16,
    REJECTS_MAX = 8,
    PAY_SESSION = 10000, /* for a new session, in thousandths of a block */
};

enum hold { HOLD_LIMIT = 1, HOLD_REFUSED = 2, HOLD_TURNED_DOWN = 4, HOLD_TAKEN = 8 };

struct link {
    struct division peer;
    bool is_parent;
    enum peer_state state;
    unsigned holds; /* of enum hold */
    char reason[96];

    uint64_t session; /* 0: none. A child repeats its Hello under the same number */
    uint32_t attempts;
    uint64_t dial_ms; /* the child's side: when to say Hello (again) */
    uint64_t opened_ms, heard_ms, heard_unix_ms, spoke_ms, answered_ms, ticked_ms;
    int64_t skew_ms;
    uint64_t frames_refused;
    bool faulty; /* a frame was refused, here or there; alarmed until a session settles */

    /* To the peer. */
    struct flow flow;
    const struct cursor *sample_of; /* its ack up to sample_lsn tells the round trip */
    uint64_t sample_lsn, sample_ms;
    struct cursor **cursors; /* sorted by author */
    size_t cursor_count, cursor_capacity, next_cursor;
    size_t flying;       /* cursors with a block in flight */
    size_t turned_down;  /* cursors whose next block the peer rejected */
    uint64_t unmoved_ms; /* open, with a backlog, and nothing confirmed, in all */
    bool silent;         /* ... for so long that it is alarmed */
    uint64_t retry_ms;   /* the earliest of its cursors that were turned down; 0: none */
    bool hungry;         /* a bounded look at a log ended before the log did */

    /* From the peer. */
    struct allowance allowance;
    struct held_log **listed; /* what the next Ack names */
    size_t listed_count, listed_capacity;
    struct division strangers[STRANGERS_MAX]; /* authors unknown here: not yet */
    size_t stranger_count;
    size_t refused_logs;   /* of which a false block came last; alarmed until a true one does */
    bool stranger_refused; /* a false block of none of them; until the session ends, too */
    struct bucket bucket, noted;
    uint64_t day_bytes, day_start_ms, check_ms;
    uint32_t verified_this_second;
    uint64_t verified_second;

    /* What waits, in the order of the lanes. */
    bool hello_due, welcome_due, ack_due;
    uint64_t welcome_stamp;   /* echoed from the Hello */
    uint64_t restart_session; /* 0: nothing to restart */
    enum status restart_why;
    bool complaint_due; /* about a frame that could not be used */
    struct waiting_reject complaint;
    struct waiting_reject rejects[REJECTS_MAX];
    size_t reject_count;
    struct waiting cosignatures, beats;
    struct buf returned; /* a frame the transport did not take */
    bool blocked;        /* ... in this turn */
    uint32_t unsent_wait_ms;
    uint64_t unsent_ms; /* when to offer it again */
};

struct link *link_find(const struct replicator *r, struct division peer); /* or NULL */
struct link *link_add(struct replicator *r, struct division peer, bool is_parent);
void link_free(struct link *link);
static inline bool link_is_open(const struct link *link)
{
    return link->state == PEER_LIVE || link->state == PEER_HELD;
}
/* False: out of turn, and nothing was done. */
bool link_event(struct replicator *r, struct link *link, enum peer_event event);
/* Ends the session with a word about why; the child will say Hello again. */
void link_over(struct replicator *r, struct link *link, enum status why, const char *words);
/* Until it is released for the same cause; `reason` is shown. */
void link_hold(struct replicator *r, struct link *link, enum hold hold, const char *reason);
void link_release(struct replicator *r, struct link *link, enum hold hold);
/* A session is agreed upon: the peer gives so much credit at first. */
void link_begin(struct replicator *r, struct link *link, uint64_t credit);
void link_receive(struct replicator *r, struct txn *txn, struct link *link,
                  const Terrace__Frame *frame, size_t size);
/* A frame that cannot be used: it is answered with the reason, and an open session is over. */
void link_refuse_frame(struct replicator *r, struct link *link, const struct err *why);
/* Cumulative bytes the peer may send in this session. */
uint64_t link_grant(struct replicator *r, struct link *link);
/* Blocks came: false when that is more than was granted, or than the limits can bear. */
bool link_charge(struct replicator *r, struct link *link, size_t blocks, size_t bytes);
/* A child is served within limits: what it asks for is paid in thousandths of a block. */
void link_pay(struct replicator *r, struct link *link, uint64_t milli);
bool link_can_pay(struct replicator *r, struct link *link);
/* A limit was passed: does what the peer did since allow to let it go on? */
void link_relieve(struct replicator *r, struct link *link);
/* All that was taken is stored or answered: the next Ack says so. */
void link_durable(struct link *link);
/* The transport did not take this frame. Where a session is open it is offered again; where none
 * is, the Hello will be said again in time. */
void link_unsent(struct replicator *r, struct link *link, struct bytes frame);
/* The peer confirmed something, or there is nothing left to confirm. */
void link_moved(struct replicator *r, struct link *link);
/* Signatures of others cost: at most so many a second for each neighbour. */
bool link_may_verify(const struct replicator *r, struct link *link);
void link_tick(struct replicator *r, struct link *link);
uint64_t link_next_tick(const struct replicator *r, const struct link *link);

/* greet.c - Hello and Welcome: one round trip, and both sides know where to go on. */
void greet_hello(struct replicator *r, struct link *link, Terrace__Frame *frame);
void greet_welcome(struct replicator *r, struct link *link, Terrace__Frame *frame);
void greet_take_hello(struct replicator *r, struct link *link, uint64_t session,
                      const Terrace__Hello *hello);
void greet_take_welcome(struct replicator *r, struct link *link, const Terrace__Welcome *welcome);
/* How far the log is held, on disk; of an unknown one (NULL) not at all. Lives in the arena. */
Terrace__Position *position_new(struct replicator *r, const struct held_log *log,
                                struct division author);

/* intake.c - blocks in: who may bring what, does it follow, is it true; then it is staged. */
/* The session is over: what it left half said is forgotten. */
void intake_reset(struct replicator *r, struct link *link);
void intake_blocks(struct replicator *r, struct txn *txn, struct link *link,
                   const Terrace__Blocks *blocks);

#endif
