/* recent - the newest blocks that were staged, so that live forwarding need not read them back.
 *
 * Bounded in bytes; the oldest go first, and all of them after a while, so that an idle node
 * holds none. Owns: copies of the blocks. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_RECENT_H
#define TERRACE_REPLICATOR_RECENT_H

#include "proto/block.h"

enum { RECENT_BYTES_MAX = 2 << 20, RECENT_BLOCKS_MAX = 128, RECENT_MS = 2000 };

struct recent_block {
    uint64_t prev_lsn; /* head of the log before this block: nothing held lies in between */
    uint64_t staged_ms;
    struct block_view block;
};

struct recent {
    struct recent_block *ring; /* RECENT_BLOCKS_MAX, or NULL while empty */
    size_t first, count, bytes;
};

void recent_free(struct recent *recent);
void recent_add(struct recent *recent, uint64_t prev_lsn, const struct block_view *block,
                uint64_t now_ms);
/* The first block of `author` that a holder up to `lsn` lacks, or NULL when it is not here. */
const struct block_view *recent_after(const struct recent *recent, struct division author,
                                      uint64_t lsn);
/* Drops what is old; true when something is left to drop later. */
bool recent_expire(struct recent *recent, uint64_t now_ms);

#endif
