#include "replicator/log/block_cache.h"

static struct block_cache_block *at(const struct block_cache *block_cache, size_t index)
{
    return &block_cache->ring[(block_cache->first + index) % BLOCK_CACHE_BLOCKS_MAX];
}

static void drop_oldest(struct block_cache *block_cache)
{
    const struct bytes whole = at(block_cache, 0)->block.whole;

    block_cache->bytes -= whole.size;
    mem_free((void *)(uintptr_t)whole.data);
    block_cache->first = (block_cache->first + 1) % BLOCK_CACHE_BLOCKS_MAX;
    block_cache->count--;
    if (block_cache->count == 0) {
        mem_free(block_cache->ring);
        *block_cache = (struct block_cache){NULL, 0, 0, 0};
    }
}

void block_cache_free(struct block_cache *block_cache)
{
    while (block_cache->count > 0) {
        drop_oldest(block_cache);
    }
}

void block_cache_add(struct block_cache *block_cache, uint64_t prev_lsn,
                     const struct block_view *block, uint64_t now_ms)
{
    const struct bytes whole = block->whole;
    struct block_cache_block *newest;
    uint8_t *copy;

    while (block_cache->count > 0 && (block_cache->count == BLOCK_CACHE_BLOCKS_MAX ||
                                      block_cache->bytes + whole.size > BLOCK_CACHE_BYTES_MAX)) {
        drop_oldest(block_cache);
    }
    if (block_cache->ring == NULL) {
        block_cache->ring = mem_zalloc(BLOCK_CACHE_BLOCKS_MAX * sizeof *block_cache->ring);
    }
    copy = mem_realloc(NULL, whole.size);
    memcpy(copy, whole.data, whole.size);
    newest = at(block_cache, block_cache->count++);
    *newest = (struct block_cache_block){prev_lsn, now_ms, *block};
    newest->block.whole.data = copy;
    newest->block.header_bytes.data = copy + (block->header_bytes.data - whole.data);
    newest->block.body.data = copy + (block->body.data - whole.data);
    block_cache->bytes += whole.size;
}

const struct block_view *block_cache_after(const struct block_cache *block_cache,
                                           struct division author, uint64_t lsn)
{
    for (size_t i = block_cache->count; i-- > 0;) {
        const struct block_cache_block *block = at(block_cache, i);
        if (block->prev_lsn <= lsn && division_equal(block->block.header.author, author)) {
            return lsn < block->block.header.first_lsn ? &block->block : NULL;
        }
    }
    return NULL;
}

bool block_cache_expire(struct block_cache *block_cache, uint64_t now_ms)
{
    while (block_cache->count > 0 && at(block_cache, 0)->staged_ms + BLOCK_CACHE_MS <= now_ms) {
        drop_oldest(block_cache);
    }
    return block_cache->count > 0;
}
