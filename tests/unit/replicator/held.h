/* held - a node's logs as a test writes them, block by block, over the roster of said.h: what is
 * found in them is asked of the functions themselves, and no neighbour brings it.
 *
 * Owns: the store and the logs, from held_begin to held_end. Thread: the test's. */
#ifndef TERRACE_TESTS_UNIT_REPLICATOR_HELD_H
#define TERRACE_TESTS_UNIT_REPLICATOR_HELD_H

#include "replicator/finding.h"
#include "replicator/log/heads.h"
#include "tests/harness/hand_clock.h"
#include "tests/harness/said.h"

#define ROOT_CODE   "540000"
#define CITY_CODE   "540100"
#define COUNTY_CODE "540121"

struct held {
    struct world *world;
    struct store store;
    struct txn *txn;
    uint64_t fence;
    struct hand_clock hand;
    struct clock clock;
    struct logs logs;
    struct held_log *log; /* the city's */
    struct findings found;
    struct err err;
};

/* One block, of the city's log unless it says otherwise: of entries with one text, or of these.
 * What is 0 is as of the next block of a log of one epoch, with one audience. */
struct piece {
    uint64_t first_lsn;
    uint32_t count, epoch;
    enum who key; /* REGION: its author's own */
    enum audience_kind kind;
    uint64_t seq;
    const char *text;
    struct hash prev, aud_prev;
    const char *author, *to;     /* NULL: the city's; its author */
    const struct entry *entries; /* kind, format and body; NULL: the text */
};

/* Root, city with epoch 1, county; the node is `self`, and holds nothing of the city's log yet. */
void held_begin(struct held *held, struct world *world, const char *self, enum held_side side);
void held_end(struct held *held);
/* `out` is replaced by the whole block. */
struct hash held_write(const struct held *held, const struct piece *piece, struct buf *out);
/* ... and it is held, and durable where that is said. */
void held_stage(struct held *held, struct bytes whole, const struct hash *hash, bool durable);
/* `count` blocks of one entry, each behind the one before it; hashes[i] is that of lsn i. */
void held_fill(struct held *held, struct hash *hashes, uint64_t count);
/* The city's next epoch, for which nobody asked it, from this position on. */
void held_recover(struct held *held, uint32_t epoch, uint64_t base_lsn, const struct hash *base);
void held_confirm(struct held *held, uint32_t epoch);
void held_commit(struct held *held);

#endif
