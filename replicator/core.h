/* core - what the files of the replicator's core share: the node's logs, links and open block.
 * Private to replicator.c, own_log.c, heads.c, link.c, sync.c, cosign.c and beat.c. */
#ifndef TERRACE_REPLICATOR_CORE_H
#define TERRACE_REPLICATOR_CORE_H

#include "proto/frame.h"
#include "replicator/log.h"
#include "replicator/peer.h"
#include "replicator/replicator.h"

enum {
    FRAME_BLOCKS_BYTES = 256 << 10, /* of blocks in one frame; one larger block goes alone */
    RECENT_BYTES_MAX = 2 << 20,     /* of blocks kept so that live forwarding reads nothing back */
    RECENT_MAX = 256,
    STUCK_MS_MIN = 3000, /* unacknowledged for this long: the session is over */
    RETRY_NOT_YET_MS = 500,
    SCAN_BLOCKS_MAX = 256,   /* looked at for one frame, addressed to the neighbour or not */
    CONTROL_FRAMES_MAX = 64, /* waiting in one link; more are dropped, the session renews them */
    OPEN_GROUPS_MAX = 240,   /* approval groups of one block, below BLOCK_GROUPS_MAX */
    BULK_BYTES = 4 << 20,
};

/* --- heads --- */

struct audience_head {
    struct audience audience;
    uint64_t seq;
    struct hash hash;
};

/* One log that is held, the own one among them. */
struct held_log {
    struct division author;
    struct log_head staged, durable; /* of this turn; on disk */
    struct audience_head *audiences;
    size_t audience_count;
    uint64_t cosigned_lsn, cosigned_ms;
};

struct recent { /* a block of the last turns */
    struct division author;
    uint64_t after_lsn; /* the head before it: nothing of this log is held in between */
    struct buf whole;
};

/* --- the own log --- */

struct pending_group { /* an approval whose entries are being appended */
    struct approval_group group;
    struct hash *leaves;
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

struct cursor { /* what a neighbour gets of one log */
    struct division author;
    uint64_t next_lsn, acked_lsn, sent_lsn;
    bool not_yet, rejected;
    uint64_t retry_ms;
};

struct quarantined { /* a log whose next block from this neighbour could not be taken */
    struct division author;
    bool rejected; /* else: not yet */
};

struct link {
    struct division peer;
    bool is_parent, paused, stalled;
    enum peer_state state;
    uint64_t session;
    uint32_t attempts;
    uint64_t hello_ms; /* child's side: when to say Hello (again) */
    uint64_t heard_ms, heard_unix_ms, hello_sent_ms, asked_ms;
    uint64_t again_ms;    /* a new session is due after a reject; 0: none */
    uint64_t progress_ms; /* last ack that moved something, or first send after idle */
    uint32_t rtt_ms;
    int64_t skew_ms;
    uint64_t credit_first, credit_got, sent_bytes;    /* from the neighbour; to it */
    uint64_t taken_bytes, stored_bytes, credit_given; /* from it */
    bool ack_due, pong_due;
    uint64_t in_flight;
    struct cursor *cursors;
    size_t cursor_count, next_cursor;
    struct quarantined *quarantine;
    size_t quarantine_count;
    struct division *held_due; /* logs to acknowledge */
    size_t held_due_count, held_due_capacity;
    struct division *not_yet_due;
    size_t not_yet_count, not_yet_capacity;
    struct buf *control; /* encoded frames waiting, oldest first */
    size_t control_count;
    struct buf *cosigns, *beats; /* encoded messages waiting */
    size_t cosign_count, cosign_capacity, beat_count, beat_capacity;
    struct buf returned; /* a frame the transport did not take */
    bool has_returned;
    uint64_t frames_refused;
    char reason[96];
    /* limits of a child */
    uint64_t bucket_blocks_milli, bucket_ms, day_bytes, day_start_ms;
    uint32_t verified_this_second;
    uint64_t verified_second;
};

struct replicator {
    struct replicator_config config;
    struct replicator_limits limits;
    struct roster *roster;
    struct division parent;
    struct held_log *logs; /* sorted by author */
    size_t log_count, log_capacity;
    struct own_log own;
    struct link **links; /* the parent's first, then children by code */
    size_t link_count;
    size_t next_link;
    struct recent recent[RECENT_MAX]; /* a ring */
    size_t recent_first, recent_count, recent_bytes;
    struct arena arena;
    struct block_body body;
    struct buf key, scratch;
    uint64_t beat_ms, beat_sequence, cosign_ms;
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

/* heads.c */
struct held_log *heads_find(const struct replicator *r, struct division author);
struct held_log *heads_get(struct replicator *r, struct division author);
struct audience_head *heads_audience(struct held_log *log, const struct audience *audience);
enum status heads_load(struct replicator *r, struct err *err);
/* Stages a verified block and its heads. */
void heads_stage(struct replicator *r, struct txn *txn, struct held_log *log,
                 const struct block_view *block, const struct hash *hash);
void heads_durable(struct replicator *r);
const struct log_head *heads_sendable(const struct held_log *log);
void heads_free(struct replicator *r);

/* own_log.c */
void own_log_free(struct replicator *r);
void own_log_durable(struct replicator *r);

/* link.c */
struct link *link_find(const struct replicator *r, struct division peer);
void links_refresh(struct replicator *r); /* after the roster grew */
void link_free(struct link *link);
void link_event(struct replicator *r, struct link *link, enum peer_event event);
/* Ends the session with a word about why; the child will say Hello again. */
void link_restart(struct replicator *r, struct link *link, enum status why, const char *words);
void link_queue(struct replicator *r, struct link *link, Terrace__Frame *frame);
void link_receive(struct replicator *r, struct txn *txn, struct link *link,
                  const Terrace__Frame *frame, size_t frame_bytes);
void link_tick(struct replicator *r, struct link *link);
uint64_t link_next_tick(const struct replicator *r, const struct link *link);
bool link_is_open(const struct link *link);

/* sync.c */
void sync_reset_cursors(struct replicator *r, struct link *link, Terrace__Position **heads,
                        size_t head_count);
struct cursor *sync_cursor(struct link *link, struct division author);
bool sync_next_blocks(struct replicator *r, struct link *link, struct buf *frame);
void sync_take_blocks(struct replicator *r, struct txn *txn, struct link *link,
                      const Terrace__Blocks *blocks);
void sync_acked(struct replicator *r, struct link *link, const Terrace__Ack *ack);
uint64_t sync_behind(const struct replicator *r, const struct link *link, uint64_t *oldest_ms,
                     uint64_t *bytes);

/* cosign.c, beat.c */
void cosign_tick(struct replicator *r, struct txn *txn);
void cosign_soon(struct replicator *r, const struct held_log *log);
void cosign_receive(struct replicator *r, struct txn *txn, struct link *link,
                    const Terrace__Cosignature *cosignature);
void beat_tick(struct replicator *r);
void beat_receive(struct replicator *r, struct link *link, const Terrace__Beat *beat);
void link_queue_cosign(struct link *link, const Terrace__Cosignature *cosignature);
void link_queue_beat(struct link *link, const Terrace__Beat *beat);

static inline ProtobufCBinaryData pb_division(const struct division *division)
{
    return pb_of_bytes(division->code, strlen(division->code));
}
static inline bool division_from_pb(struct division *out, ProtobufCBinaryData data)
{
    return division_parse(out, bytes_of_pb(data));
}

#endif
