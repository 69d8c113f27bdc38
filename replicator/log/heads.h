/* heads - which logs are held, and up to where: in memory, and beside the blocks in the store.
 *
 *   staged    what this turn holds already; the owner's commit makes it
 *   durable   what would survive a power cut: only this is acknowledged, cosigned and sent on
 *
 * A log from below and the own one are one chain, and within it one for each audience, by which
 * those below go. Of a log from above only what is addressed to this node is held: those chains.
 * Who brings such a log may have kept blocks of one audience back while it brought later ones of
 * another: then it is asked for all from there once more, and those that were missing are taken
 * behind the head.
 *
 * Owns: the logs, and the newest blocks of the last turns. Borrows the store, which must outlive
 * it. Thread: loop thread. Units: lsn counts entries. */
#ifndef TERRACE_REPLICATOR_LOG_HEADS_H
#define TERRACE_REPLICATOR_LOG_HEADS_H

#include "replicator/clock.h"
#include "replicator/log/block_cache.h"
#include "replicator/log/log_head.h"
#include "replicator/store/txn.h"

struct audience_head {
    struct audience audience;
    uint64_t seq; /* of its newest block */
    uint64_t lsn; /* where that ends */
    struct hash hash;
};

/* HELD_ABOVE: only what is addressed to us. All others are held whole. */
enum held_side { HELD_NOT, HELD_OWN, HELD_BELOW, HELD_ABOVE };

/* Where the block `seq` of an audience lies: kept of the own log and of those from above, whose
 * holders below tell their places audience by audience. */
struct held_place {
    uint32_t epoch;
    uint64_t first_lsn, last_lsn;
    struct hash hash;
};

/* One log that is held, the own one among them. */
struct held_log {
    struct division author;
    enum held_side side;
    struct log_head staged, durable; /* of this turn; on disk */
    uint64_t bytes;                  /* of all its blocks */
    uint32_t forked; /* the newest epoch of which two branches are kept (log/evidence.h); 0: none */
    bool wanted;     /* of the own log or one from below: it is asked for from above */
    struct audience_head *audiences;
    size_t audience_count, audience_capacity;
    struct gap { /* of a log from above: what came last that does not follow in its audience */
        struct audience audience;
        uint64_t seq; /* that is held of it */
        unsigned times;
    } gap;
    struct refill { /* all from here on comes once more */
        bool on;
        uint64_t staged, durable; /* up to where it came */
    } refill;
};

/* A block staged in this turn. */
struct staged_block {
    struct held_log *log;
    struct audience audience;
    uint64_t prev_lsn, last_lsn; /* the log's head before and after */
    uint64_t first_lsn;          /* of a log from above, not always the one behind prev_lsn */
    bool is_late;                /* it lies behind the head, which stays where it is */
};

struct logs {
    const struct store *store;
    const struct clock *clock;
    struct held_log **at; /* sorted by author */
    size_t count, capacity;
    struct held_log *own; /* after heads_follow of it */
    struct staged_block *staged;
    size_t staged_count, staged_capacity;
    struct block_cache cache;
    struct buf key, value; /* of a row; for a moment */
};

void heads_init(struct logs *logs, const struct store *store, const struct clock *clock);
/* Reads all heads back. Errors: ERR_IO, ERR_CORRUPT. */
enum status heads_load(struct logs *logs, struct err *err);
void heads_free(struct logs *logs);

struct held_log *heads_find(const struct logs *logs, struct division author); /* or NULL */
/* From now on this log is held on that side; makes it when there is none yet. */
struct held_log *heads_follow(struct logs *logs, struct division author, enum held_side side);
void heads_want(struct held_log *log, bool wanted);
/* The head of one audience of a log; NULL while it has none. Lives until the next heads_stage. */
const struct audience_head *heads_of(const struct held_log *log, const struct audience *audience);

/* False when no such block is held. `txn` NULL: what is durable. */
bool heads_place(const struct logs *logs, struct txn *txn, struct division author,
                 const struct audience *audience, uint64_t seq, struct held_place *out);
/* Evidence of a fork is kept. */
void heads_note_fork(struct held_log *log, uint32_t epoch);

/* A block of this audience came and the one before it is missing. If that happens again it was not
 * lost on the way: the log is asked for from the end of the audience on. */
void heads_note_gap(struct held_log *log, const struct audience *audience);
/* A block that is held came again, while missing ones are asked for. */
void heads_note_again(struct held_log *log, uint64_t last_lsn);
/* Up to where a neighbour is told that this log is held: it brings what lies behind. */
uint64_t heads_told_lsn(const struct held_log *log);

/* Stages a verified block and its heads. One of a log from above may lie behind the head, and of
 * the own one what others held of it. */
void heads_stage(struct logs *logs, struct txn *txn, struct held_log *log,
                 const struct block_view *block, const struct hash *hash);
/* Rows of a log that is cut (log/cut.h), whose heads are then loaded anew: it ends at `head`, which
 * is zero when nothing stays; one audience of it ends there (`seq` 0: nowhere); this block's place
 * is nobody's. */
void heads_take_back(struct logs *logs, struct txn *txn, struct held_log *log,
                     const struct log_head *head, uint64_t bytes);
void heads_take_audience_back(struct logs *logs, struct txn *txn, const struct held_log *log,
                              const struct audience_head *head);
void heads_forget_place(struct logs *logs, struct txn *txn, const struct block_header *header);
/* Each audience of a log as this txn has it, and where that ends; `visit` returns false to stop.
 * Errors: ERR_IO, ERR_CORRUPT, which stay with the txn. */
typedef bool heads_visit_fn(void *arg, const struct audience *audience, uint64_t lsn);
enum status heads_each_audience(struct txn *txn, struct division author, heads_visit_fn *visit,
                                void *arg, struct err *err);
/* What was staged is on disk: the blocks, in the order in which they came. They live until the next
 * heads_stage. */
struct staged_blocks {
    const struct staged_block *at;
    size_t count;
};
struct staged_blocks heads_durable(struct logs *logs);
/* Lets go of cached blocks that are old; true when some are left. */
bool heads_expire(struct logs *logs);

#endif
