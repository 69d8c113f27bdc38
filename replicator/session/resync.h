/* resync - the own log is shorter here than at neighbours: the store was put back from a copy, lost
 * its end, or is new. It is asked for, and nothing is written until it is whole.
 *
 *   Hello.own_log --> the parent sends what follows, of this log and those below --> ingest
 *   Hello, Welcome, cosignatures of others, blocks shown --> who holds how much of it
 *   all neighbours have told, and none of them holds more --resync_is_whole--> its owner opens anew
 *
 * Meanwhile children are served and heard, but what they ask for (grants, blocks to be taken) waits
 * with them: an answer would be an entry of the own log. What a neighbour told is a word, and holds
 * up the end until it is fetched, was seen to be false (claim.h), or a person goes on without.
 *
 * Owns: what each told. Thread: loop thread. Units: lsn. */
#ifndef TERRACE_REPLICATOR_SESSION_RESYNC_H
#define TERRACE_REPLICATOR_SESSION_RESYNC_H

#include "proto/division.h"
#include "proto/frame.h"
#include "proto/status.h"

struct link;
struct replicator;

/* Who holds how much of the own log, as it told since the replicator was opened. */
struct resync_holder {
    struct division division;
    uint64_t lsn;      /* it holds it up to here; 0: nothing, or it has not told */
    uint64_t proved;   /* up to here by a signature: less than that it does not hold */
    bool is_neighbour; /* whose answer is awaited */
    bool answered;
    bool without;      /* a person said to go on without it */
    size_t more_below; /* logs below this node of which it holds more; of the parent alone */
};

/* A log below, as the parent told of it: those it may hold, and perhaps nobody else any more. */
struct resync_log {
    struct division author;
    uint64_t lsn;
};

struct resync {
    bool on;
    uint64_t begun_lsn;                  /* of the own log, as the store had it */
    uint64_t begun_entries, begun_bytes; /* of it and those below */
    struct resync_holder *at;            /* sorted by division */
    size_t count, capacity;
    struct resync_log *below; /* sorted by author */
    size_t below_count, below_capacity;
};

struct resync_progress {
    bool on;
    uint64_t lsn, begun_lsn;                        /* durable here: now, and when it began */
    uint64_t known_lsn;                             /* the most that anyone told */
    uint64_t entries, begun_entries, known_entries; /* the same of it and all logs below together */
    uint64_t bytes;                                 /* of their blocks, taken in since then */
    const struct resync_holder *holders;            /* by code; until the loop goes on */
    size_t holder_count;
};

bool resync_is_on(const struct replicator *r);
/* Has every neighbour told how much it holds, and is all that anyone told here? False in a
 * replicator that was opened without config.resyncs. */
bool resync_is_whole(struct replicator *r);
/* OK, or ERR_CORRUPT: the own log has two branches. */
enum status resync_check_fork(const struct replicator *r, struct err *err);
void resync_progress(struct replicator *r, struct resync_progress *out);
/* Neither its answer nor what it told is waited for. */
void resync_without(struct replicator *r, struct division division);

/* --- for the replicator itself --- */

/* Once the logs are there; and once it is known which of them are held. */
void resync_open(struct replicator *r);
void resync_followed(struct replicator *r);
void resync_free(struct resync *resync);
/* A session began: what the neighbour told of all logs. */
void resync_heard(struct replicator *r, const struct link *link, Terrace__Position **heads,
                  size_t count);
/* Somebody holds the own log up to there: it cosigned that, or showed the block. */
void resync_proved(struct replicator *r, struct division holder, uint64_t lsn);
/* What it said beyond that was not true. */
void resync_unproved(struct replicator *r, struct division holder);
/* It went before it showed what it said: it is awaited as if it had not answered. */
void resync_left(struct replicator *r, struct division holder);
/* Did it tell of more than is held here, and prove nothing of that? */
bool resync_doubts(const struct replicator *r, struct division holder);

#endif
