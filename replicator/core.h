/* core - the replicator itself: what its files share. Private to them; each part has a header that
 * is its manual.
 *
 *   replicator.c  the face: opening, a turn, grants       recent.c  blocks of the last turns
 *   own_log.c     entries gather, blocks are sealed       heads.c   which logs, up to where
 *   link.c        sessions and timers; link_limits.c      greet.c   Hello and Welcome
 *   cursor.c      how far a neighbour has each log        send.c    what to send whom
 *   intake.c      taking blocks in                        outbox.c  frames out, by lanes
 *   behind.c      what a neighbour lacks                  peer.c    the state table
 *   flow.c        windows, credit, buckets                taken.c   granted by two branches
 *   intake_grants.c  the grants in a block taken          cosign.c, beat.c */
#ifndef TERRACE_REPLICATOR_CORE_H
#define TERRACE_REPLICATOR_CORE_H

#include "replicator/link.h"
#include "replicator/log.h"
#include "replicator/own_log.h"
#include "replicator/recent.h"

enum { ARENA_BYTES = 8 << 20 }; /* for one frame, taken apart or put together */

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
    bool no_room;        /* for blocks: replicator_withhold */
    struct link **links; /* the parent's first, then children as they came */
    size_t link_count;
    size_t next_link;
    struct recent recent;
    struct arena arena;
    struct block_body body;
    struct buf key, scratch, parcel;
    uint64_t beat_ms, beat_sequence, confirmed_sequence, cosign_ms;
    struct confirmation confirmed;
    struct told { /* the root's word about its own log: a block of an audience that we belong to */
        struct audience audience;
        uint64_t seq, have, since_ms; /* ours when last looked at, and since when it stands */
        struct hash hash;
        bool awaited;
    } told[BEAT_LINE_MAX];
    size_t told_count;
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

/* intake_grants.c: what `r->body` grants, counted before the block is taken (ERR_LIMIT) and then
 * taken one by one; one that cannot be taken is alarmed, and the block stands. */
enum status grants_check(const struct block_body *body, struct err *err);
void grants_take(struct replicator *r, struct txn *txn, const struct held_log *log);

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
