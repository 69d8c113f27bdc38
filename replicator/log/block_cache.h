/* block_cache - the newest blocks that were staged, so that live forwarding need not read them
 * back.
 *
 * Bounded in bytes; the oldest go first, and all of them after a while, so that an idle node
 * holds none. Owns: copies of the blocks. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_LOG_BLOCK_CACHE_H
#define TERRACE_REPLICATOR_LOG_BLOCK_CACHE_H

#include "proto/block.h"

enum { BLOCK_CACHE_BYTES_MAX = 2 << 20, BLOCK_CACHE_BLOCKS_MAX = 128, BLOCK_CACHE_MS = 2000 };

struct block_cache_block {
    uint64_t prev_lsn; /* head of the log before this block: nothing held lies in between */
    uint64_t staged_ms;
    struct block_view block;
};

struct block_cache {
    struct block_cache_block *ring; /* BLOCK_CACHE_BLOCKS_MAX, or NULL while empty */
    size_t first, count, bytes;
};

void block_cache_free(struct block_cache *block_cache);
void block_cache_add(struct block_cache *block_cache, uint64_t prev_lsn,
                     const struct block_view *block, uint64_t now_ms);
/* The first block of `author` that a holder up to `lsn` lacks, or NULL when it is not here. */
const struct block_view *block_cache_after(const struct block_cache *block_cache,
                                           struct division author, uint64_t lsn);
/* Drops what is old; true when something is left to drop later. */
bool block_cache_expire(struct block_cache *block_cache, uint64_t now_ms);

#endif
