/* core - what the files of the replicator's core share: the node's logs, links and open block.
 * Private to replicator.c and to those named below.
 *
 *   replicator.c  the face: opening, a turn, grants       recent.c  blocks of the last turns
 *   own_log.c     entries gather, blocks are sealed       heads.c   which logs, up to where
 *   link.c        sessions, credit, limits, timers        greet.c   Hello and Welcome
 *   cursor.c      how far a neighbour has each log        send.c    what to send whom
 *   intake.c      taking blocks in                        outbox.c  frames out, by lanes
 *   behind.c      what a neighbour lacks                  peer.c    the state table
 *   cosign.c, beat.c */
#ifndef TERRACE_REPLICATOR_CORE_H
#define TERRACE_REPLICATOR_CORE_H

#include "proto/frame.h"
#include "replicator/flow.h"
#include "replicator/log.h"
#include "replicator/merkle.h"
#include "replicator/peer.h"
#include "replicator/recent.h"
#include "replicator/replicator.h"

enum {
    ARENA_BYTES = 8 << 20,          /* for one frame, taken apart or put together */
    FRAME_BLOCKS_BYTES = 256 << 10, /* of blocks in one frame; a larger block goes alone */
    SHARE_BYTES = 64 << 10,         /* of one log in a frame, while others wait */
    BULK_BYTES = 4 << 20,           /* a log this far behind goes after all others */
    SCAN_BLOCKS_MAX = 256,          /* looked at for one frame, addressed to the peer or not */
    RETRY_NOT_YET_MS = 500,
    RETRY_SOON_MS = 50,
    RETRY_REFUSED_MS = 15000,
    STRANGERS_MAX = 16,
    REJECTS_MAX = 8,
    COSIGNATURES_WAITING_MAX = 4096,
    BEATS_WAITING_MAX = 4096,
    PAY_SESSION = 10000,   /* thousandths of a block, as all that a child asks of us */
    OPEN_GROUPS_MAX = 240, /* approval groups of one block, below BLOCK_GROUPS_MAX */
};

struct link;

/* --- logs --- */

struct audience_head {
    struct audience audience;
    uint64_t seq; /* of its newest block */
    uint64_t lsn; /* where that ends */
    struct hash hash;
};

/* One whose cosignatures of a log come here: each may come once in cosign_ms. */
struct cosigner {
    struct division holder;
    uint64_t due_ms; /* mono; when the next one is due */
};

/* HELD_ABOVE: only what is addressed to us. All others are held whole. */
enum held_side { HELD_NOT, HELD_OWN, HELD_BELOW, HELD_ABOVE };

/* One log that is held, the own one among them. */
struct held_log {
    struct division author;
    enum held_side side;
    struct link *source;             /* who brings it; NULL for the own log */
    struct log_head staged, durable; /* of this turn; on disk */
    uint64_t bytes;                  /* of all its blocks */
    struct audience_head *audiences;
    size_t audience_count;
    bool dirty;           /* staged in this turn */
    bool listed, not_yet; /* the next Ack to `source` names it: held, or not yet */
    uint64_t turned_lsn;  /* turned down from here on: what follows in flight comes again */
    bool refused;         /* the last block was false */
    uint64_t cosigned_lsn, cosigned_ms;
    bool cosign_again; /* once more after a while: the first may have been lost on the way */
    struct cosigner
        *cosigners; /* sorted by holder; at most the members on a line with the author */
    size_t cosigner_count, cosigner_capacity;
};

/* A block staged in this turn. */
struct fresh {
    struct held_log *log;
    struct audience audience;
    uint64_t prev_lsn, last_lsn; /* the log's head before and after */
};

/* --- the own log --- */

struct pending_group { /* an approval whose entries are being appended */
    struct approval_group group;
    struct merkle_tree tree; /* over all documents approved together */
    uint64_t first_lsn, count;
};

struct turn_block { /* entries of this turn, until they can be read from the store */
    uint64_t first_lsn, count;
    struct buf entries;
};

struct own_log {
    struct audience audience;
    struct buf entries;
    struct hash *leaves;
    uint32_t count;
    uint64_t first_lsn;
    struct pending_group *groups;
    size_t group_count, group_capacity;
    struct turn_block *turn;
    size_t turn_count, turn_capacity;
};

/* --- links --- */

/* One log on its way to the peer: acked <= sent_block <= sent <= head of the log. */
struct cursor {
    struct held_log *log;
    bool whole;     /* upward: every block; downward: those addressed to the peer */
    uint64_t acked; /* the peer holds it up to here */
    struct hash acked_hash;
    bool acked_hash_known;        /* from Hello or Welcome: the next block must follow it */
    uint64_t sent;                /* sent or passed over up to here */
    uint64_t sent_block;          /* end of the newest block sent; in flight while above acked */
    uint64_t moved_ms;            /* in flight since, or acknowledged further */
    uint32_t stalls;              /* sessions in a row that ended because it did not move */
    uint64_t retry_ms, turned_ms; /* turned down: nothing before, since when */
    bool refused;                 /* the peer rejected its next block */
    struct {                      /* what lies behind, counted a little at a time: behind.c */
        uint64_t from, to, entries, bytes, oldest_unix_ms;
    } tally;
};

/* Signed messages that travel by themselves; a newer one takes the older one's place. */
struct waiting {
    struct waiting_item {
        struct division key[2];
        struct buf message; /* encoded */
    } * items;              /* sorted by key */
    size_t count, capacity;
};

struct waiting_reject {
    struct division author;
    uint32_t epoch;
    uint64_t lsn;
    enum status reason;
    char text[96];
};

enum hold { HOLD_LIMIT = 1, HOLD_REFUSED = 2, HOLD_TURNED_DOWN = 4 };

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

struct replicator {
    struct replicator_config config;
    struct replicator_limits limits;
    struct roster *roster;
    struct division parent;
    struct held_log **logs; /* sorted by author */
    size_t log_count, log_capacity;
    struct held_log *own_head;
    struct own_log own;
    struct fresh *fresh;
    size_t fresh_count, fresh_capacity;
    struct link **links; /* the parent's first, then children as they came */
    size_t link_count;
    size_t next_link;
    struct recent recent;
    struct arena arena;
    struct block_body body;
    struct buf key, scratch, parcel;
    uint64_t beat_ms, beat_sequence, confirmed_sequence, cosign_ms;
    struct confirmation confirmed;
    uint64_t confirmed_ms; /* mono; when the root last confirmed something new or everything */
};

static inline uint64_t now_ms(const struct replicator *r)
{
    return clock_mono_ms(r->config.clock);
}
static inline uint64_t now_unix_ms(const struct replicator *r)
{
    return clock_unix_ms(r->config.clock);
}
void alarm_about(struct replicator *r, const char *code, struct division about, const char *format,
                 ...) PRINTF(4, 5);
void alarm_over(struct replicator *r, const char *code, struct division about);

/* replicator.c */
/* A grant was taken: kept, followed and told. */
void grant_store(struct replicator *r, struct txn *txn, const struct grant *grant,
                 struct bytes sealed);
/* A member came into the roster: its log, link and cursors follow. */
void follow_member(struct replicator *r, struct division division);

/* heads.c */
struct held_log *heads_find(const struct replicator *r, struct division author);
struct held_log *heads_get(struct replicator *r, struct division author);
struct audience_head *heads_audience(struct held_log *log, const struct audience *audience);
enum status heads_load(struct replicator *r, struct err *err);
/* Stages a verified block and its heads. */
void heads_stage(struct replicator *r, struct txn *txn, struct held_log *log,
                 const struct block_view *block, const struct hash *hash);
void heads_durable(struct replicator *r);
void heads_free(struct replicator *r);

/* own_log.c */
void own_log_durable(struct replicator *r);
void own_log_free(struct replicator *r);

/* link.c */
struct link *link_find(const struct replicator *r, struct division peer);
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
void link_hold(struct replicator *r, struct link *link, enum hold hold, const char *reason);
void link_release(struct replicator *r, struct link *link, enum hold hold);
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

/* greet.c */
void greet_hello(struct replicator *r, struct link *link, Terrace__Frame *frame);
void greet_welcome(struct replicator *r, struct link *link, Terrace__Frame *frame);
void greet_take_hello(struct replicator *r, struct link *link, uint64_t session,
                      const Terrace__Hello *hello);
void greet_take_welcome(struct replicator *r, struct link *link, const Terrace__Welcome *welcome);
Terrace__Position *position_new(struct replicator *r, const struct held_log *log,
                                struct division author);

/* cursor.c */
struct cursor *cursor_find(const struct link *link, struct division author);
void cursor_add(struct replicator *r, struct link *link, struct held_log *log);
static inline bool cursor_in_flight(const struct cursor *cursor)
{
    return cursor->sent_block > cursor->acked;
}
uint64_t cursor_stuck_at_ms(const struct link *link);
/* True when a log waited too long for its ack: it will get more time in the next session. */
bool cursor_stuck(const struct replicator *r, struct link *link);
/* Is there anything that the peer has not confirmed? */
bool cursor_behind(const struct link *link);
void cursor_wait(struct link *link, struct cursor *cursor, uint64_t at_ms);
/* The session is over: what was not acknowledged is sent again in the next one. */
void cursor_reset(struct link *link);
/* How far the peer holds each log, as its Hello or Welcome says: what it does not name, not at
 * all. */
void cursor_resume(struct replicator *r, struct link *link, Terrace__Position **heads,
                   size_t count);
void cursor_acked(struct replicator *r, struct link *link, const Terrace__Ack *ack);
void cursor_rejected(struct replicator *r, struct link *link, const Terrace__Reject *reject);
void cursor_tick(struct replicator *r, struct link *link);

/* send.c */
bool send_addressed(const struct replicator *r, const struct link *link,
                    const struct block_header *header);
/* A block became durable: cursors that it is not addressed to go past it. */
void send_durable(struct replicator *r, const struct fresh *fresh);
/* Fills r->parcel with blocks that may go; false when there are none. */
bool send_blocks(struct replicator *r, struct link *link);

/* intake.c */
void intake_reset(struct replicator *r, struct link *link);
void intake_blocks(struct replicator *r, struct txn *txn, struct link *link,
                   const Terrace__Blocks *blocks);

/* outbox.c */
void waiting_put(struct waiting *waiting, size_t max, struct division first, struct division second,
                 const ProtobufCMessage *message);
void waiting_clear(struct waiting *waiting);
void waiting_free(struct waiting *waiting);

/* cosign.c, beat.c */
void cosign_tick(struct replicator *r, struct txn *txn);
uint64_t cosign_lsn(struct replicator *r, struct division author, struct division holder);
void cosign_soon(struct replicator *r, const struct held_log *log);
/* Is this the holder's word? With the key of the epoch it names. */
bool cosign_ok(const struct replicator *r, const Terrace__Cosignature *cosignature);
void cosign_receive(struct replicator *r, struct txn *txn, struct link *link,
                    const Terrace__Cosignature *cosignature);
void beat_tick(struct replicator *r);
void beat_receive(struct replicator *r, struct link *link, const Terrace__Beat *beat);

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

#endif
