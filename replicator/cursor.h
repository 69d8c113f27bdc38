/* cursor - how far a neighbour has each log: as it says at the session's start, as it acknowledges,
 * as it turns things down.
 *
 *   acked ........ sent_block ........ sent ........ head of the log
 *     '-- in flight --'  '- not for it -'  '- to be sent -'
 *
 * Each log has its own patience: that others move tells nothing about a frame that was lost.
 * Owns: the cursors of a link. Thread: loop thread. Units: lsn; *_ms is mono. */
#ifndef TERRACE_REPLICATOR_CURSOR_H
#define TERRACE_REPLICATOR_CURSOR_H

#include "proto/frame.h"
#include "replicator/heads.h"

enum { RETRY_NOT_YET_MS = 500, RETRY_SOON_MS = 50, RETRY_REFUSED_MS = 15000 };

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

struct cursor *cursor_find(const struct link *link, struct division author);
/* Until the peer itself says how far it is, its last cosignature tells. */
void cursor_add(struct replicator *r, struct link *link, struct held_log *log);
static inline bool cursor_in_flight(const struct cursor *cursor)
{
    return cursor->sent_block > cursor->acked;
}
/* When the first of its logs in flight has waited too long; UINT64_MAX when none flies. */
uint64_t cursor_stuck_at_ms(const struct link *link);
/* True when a log waited too long for its ack: it will get more time in the next session. */
bool cursor_stuck(const struct replicator *r, struct link *link);
/* Is there anything that the peer has not confirmed? */
bool cursor_behind(const struct link *link);
/* Nothing of this log before `at_ms`. */
void cursor_wait(struct link *link, struct cursor *cursor, uint64_t at_ms);
/* The session is over: what was not acknowledged is sent again in the next one. */
void cursor_reset(struct link *link);
/* How far the peer holds each log, as its Hello or Welcome says: what it does not name, not at
 * all. */
void cursor_resume(struct replicator *r, struct link *link, Terrace__Position **heads,
                   size_t count);
void cursor_acked(struct replicator *r, struct link *link, const Terrace__Ack *ack);
void cursor_rejected(struct replicator *r, struct link *link, const Terrace__Reject *reject);
/* Finds the next one to wait for; those that waited long enough are tried as frames leave. */
void cursor_tick(struct replicator *r, struct link *link);

#endif
