#include "replicator/recent.h"

static struct recent_block *at(const struct recent *recent, size_t index)
{
    return &recent->ring[(recent->first + index) % RECENT_BLOCKS_MAX];
}

static void drop_oldest(struct recent *recent)
{
    const struct bytes whole = at(recent, 0)->block.whole;

    recent->bytes -= whole.size;
    mem_free((void *)(uintptr_t)whole.data);
    recent->first = (recent->first + 1) % RECENT_BLOCKS_MAX;
    recent->count--;
    if (recent->count == 0) {
        mem_free(recent->ring);
        *recent = (struct recent){NULL, 0, 0, 0};
    }
}

void recent_free(struct recent *recent)
{
    while (recent->count > 0) {
        drop_oldest(recent);
    }
}

void recent_add(struct recent *recent, uint64_t prev_lsn, const struct block_view *block,
                uint64_t now_ms)
{
    const struct bytes whole = block->whole;
    struct recent_block *newest;
    uint8_t *copy;

    while (recent->count > 0 &&
           (recent->count == RECENT_BLOCKS_MAX || recent->bytes + whole.size > RECENT_BYTES_MAX)) {
        drop_oldest(recent);
    }
    if (recent->ring == NULL) {
        recent->ring = mem_zalloc(RECENT_BLOCKS_MAX * sizeof *recent->ring);
    }
    copy = mem_realloc(NULL, whole.size);
    memcpy(copy, whole.data, whole.size);
    newest = at(recent, recent->count++);
    *newest = (struct recent_block){prev_lsn, now_ms, *block};
    newest->block.whole.data = copy;
    newest->block.header_bytes.data = copy + (block->header_bytes.data - whole.data);
    newest->block.body.data = copy + (block->body.data - whole.data);
    recent->bytes += whole.size;
}

const struct block_view *recent_after(const struct recent *recent, struct division author,
                                      uint64_t lsn)
{
    for (size_t i = recent->count; i-- > 0;) {
        const struct recent_block *block = at(recent, i);
        if (block->prev_lsn <= lsn && division_equal(block->block.header.author, author)) {
            return lsn < block->block.header.first_lsn ? &block->block : NULL;
        }
    }
    return NULL;
}

bool recent_expire(struct recent *recent, uint64_t now_ms)
{
    while (recent->count > 0 && at(recent, 0)->staged_ms + RECENT_MS <= now_ms) {
        drop_oldest(recent);
    }
    return recent->count > 0;
}
