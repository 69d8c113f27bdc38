/* heads - which logs are held, and up to where: in memory, and beside the blocks in the store.
 *
 *   staged    what this turn holds already; the owner's commit makes it
 *   durable   what would survive a power cut: only this is acknowledged, cosigned and sent on
 *
 * A log from below and the own one are one chain. Of a log from above only what is addressed to
 * this node is held: one chain for each audience.
 *
 * Owns: the logs, as part of struct replicator. Thread: loop thread. Units: lsn counts entries. */
#ifndef TERRACE_REPLICATOR_HEADS_H
#define TERRACE_REPLICATOR_HEADS_H

#include "proto/block.h"
#include "replicator/replicator.h"

struct link;

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

struct held_log *heads_find(const struct replicator *r, struct division author); /* or NULL */
/* The same, and a new one, of HELD_NOT, when there is none yet. */
struct held_log *heads_get(struct replicator *r, struct division author);
/* Of an audience that has no block yet: one of seq 0. Lives until the next call for this log. */
/* The head of one audience of a log; NULL when it has none. */
const struct audience_head *heads_of(const struct held_log *log, const struct audience *audience);
/* ... and makes one. */
struct audience_head *heads_audience(struct held_log *log, const struct audience *audience);
/* Reads all heads back. Errors: ERR_IO, ERR_CORRUPT. */
enum status heads_load(struct replicator *r, struct err *err);
/* Stages a verified block and its heads. */
void heads_stage(struct replicator *r, struct txn *txn, struct held_log *log,
                 const struct block_view *block, const struct hash *hash);
/* What was staged is on disk: cursors and cosignatures follow. */
void heads_durable(struct replicator *r);
void heads_free(struct replicator *r);

#endif
