/* cursor - how far a neighbour has each log: as it says at the session's start, as it acknowledges,
 * as it turns things down.
 *
 *   acked ........ sent_block ........ sent ........ head of the log
 *     '-- in flight --'  '- not for it -'  '- to be sent -'
 *
 * Each log has its own patience: that others move tells nothing about a frame that was lost.
 * Owns: the cursors of a stream. Thread: loop thread. Units: lsn; *_ms is mono. */
#ifndef TERRACE_REPLICATOR_STREAM_CURSOR_H
#define TERRACE_REPLICATOR_STREAM_CURSOR_H

#include "proto/frame.h"
#include "replicator/finding.h"
#include "replicator/log/heads.h"
#include "replicator/stream/lag.h"

struct stream;

enum { RETRY_NOT_YET_MS = 500, RETRY_SOON_MS = 50, RETRY_REFUSED_MS = 15000 };

/* One log on its way to the peer: acked <= sent_block <= sent <= head of the log. */
struct cursor {
    const struct held_log *log;
    bool whole;     /* upward: every block; downward: those addressed to the peer */
    uint64_t acked; /* the peer holds it up to here */
    struct hash acked_hash;
    bool acked_hash_known;        /* from Hello or Welcome: the next block must follow it */
    uint64_t sent;                /* sent or passed over up to here */
    uint64_t sent_block;          /* end of the newest block sent; in flight while above acked */
    bool parted;                  /* our next block does not follow what the peer says it holds */
    uint64_t moved_ms;            /* in flight or parted since, or acknowledged further */
    uint32_t stalls;              /* sessions in a row that ended because it did not move */
    uint64_t retry_ms, nacked_ms; /* turned down: nothing before, since when */
    bool refused;                 /* the peer rejected its next block */
    uint64_t told;                /* where that ends for it, or for those beyond, as they said */
    struct lag_count lag;         /* what lies behind: written by lag.c */
};

/* All of a stream. */
struct cursors {
    struct cursor **at; /* sorted by author */
    size_t count, capacity;
    size_t flying;                  /* with a block in flight */
    size_t nacked;                  /* whose next block the peer rejected */
    uint64_t retry_ms;              /* the earliest of those that were turned down; 0: none */
    const struct cursor *sample_of; /* its ack up to sample_lsn tells the round trip */
    uint64_t sample_lsn, sample_ms;
};

void cursor_free(struct cursors *cursors);
struct cursor *cursor_find(const struct cursors *cursors, struct division author); /* or NULL */
/* The peer, or somebody beyond it, signed that it holds so much of a log that goes to it. */
void cursor_told(const struct cursors *cursors, struct division author, uint64_t lsn);
/* From now on this log goes to the peer, which is known to hold it up to `lsn`. */
void cursor_add(struct stream *stream, const struct held_log *log, uint64_t lsn);
/* The peer asks for its own log, or one from below it, which it lost: all of it goes, from where it
 * says that it ends. False: no longer. */
void cursor_give_back(struct stream *stream, const struct held_log *log, bool asked);
static inline bool cursor_in_flight(const struct cursor *cursor)
{
    return cursor->sent_block > cursor->acked;
}

/* --- what is sent --- */

/* A block that ends at `last` leaves: the newest of the log. */
void cursor_sent(struct stream *stream, struct cursor *cursor, uint64_t last);
/* One that is not for the peer: nothing needs to be acknowledged. */
void cursor_passed(struct cursor *cursor, uint64_t last);
/* One that was missing here until now, and is for the peer: from `lsn` on all is sent again. */
void cursor_go_back(struct stream *stream, struct cursor *cursor, uint64_t lsn);
/* As cursor_passed, of a block that just became durable, where all before it was sent. */
void cursor_skip(struct cursor *cursor, uint64_t last);
/* Nothing of this log before `at_ms`. */
void cursor_wait(struct cursors *cursors, struct cursor *cursor, uint64_t at_ms);
/* The next block does not follow what the peer says it holds: it waits. The peer may have been
 * heard wrong, so this ends the session in the end, as a lost frame does: see cursor_stuck. */
void cursor_parted(struct stream *stream, struct cursor *cursor);

/* --- time --- */

/* When the first of the logs in flight or parted has waited too long; UINT64_MAX when there is
 * none. */
uint64_t cursor_stuck_at_ms(const struct stream *stream);
/* True when a log waited too long for its ack, or parted too long ago: it will get more time in the
 * next session. */
bool cursor_stuck(struct stream *stream);
/* Is there anything that the peer has not confirmed? */
bool cursor_behind(const struct cursors *cursors);
/* Finds the next one to wait for; those that waited long enough are tried as frames leave. */
void cursor_tick(struct stream *stream);

/* --- what the peer says --- */

/* The session is over: what was not acknowledged is sent again in the next one. */
void cursor_reset(struct stream *stream);
/* How far the peer holds each log, as its Hello or Welcome says: what it does not name, not at
 * all. Found: ALARM_LOST_TAIL (its own log), FOUND_CLAIM, FOUND_NACKED_OVER. */
void cursor_resume(struct stream *stream, Terrace__Position **heads, size_t count,
                   struct findings *found);
/* The peer says that another block of this log, which it holds whole, ends or begins at `lsn`.
 * Found: FOUND_CLAIM. */
void cursor_claims_other(const struct stream *stream, const struct held_log *log, uint64_t lsn,
                         struct findings *found);
/* Found: FOUND_MOVED, FOUND_ANSWERED, FOUND_NACKED_OVER, and as cursor_resume of what is beyond
 * the log here. */
void cursor_acked(struct stream *stream, const Terrace__Ack *ack, struct findings *found);
/* Found: FOUND_NACKED; FOUND_CONFLICT_ABOVE when the parent names a second grant. */
void cursor_rejected(struct stream *stream, const Terrace__Reject *reject, struct findings *found);

#endif
