#include "replicator/stream/lag.h"

#include "replicator/log/sealing.h"
#include "replicator/stream/stream.h"

enum {
    COUNT_BLOCKS_MAX = 256, /* counted in one look at one log; the rest is estimated */
    GLANCE_LOGS_MAX = 8,    /* whose oldest block is read in one glance */
};

struct walk {
    const struct stream *stream;
    const struct cursor *cursor;
    size_t left;
    void (*visit)(void *arg, const struct block_view *block);
    void *arg;
};

static bool visit_block(void *arg, const struct block_view *block)
{
    struct walk *walk = arg;

    if (block_last_lsn(&block->header) > walk->cursor->log->durable.lsn) {
        return false;
    }
    if (send_addressed(walk->stream, &block->header)) {
        walk->visit(walk->arg, block);
        walk->left--;
    }
    return walk->left > 0;
}

enum status lag_visit(const struct stream *stream, size_t blocks_max,
                      void (*visit)(void *arg, const struct block_view *block), void *arg,
                      struct err *err)
{
    const struct store *store = stream->context->logs->store;
    struct walk walk = {.stream = stream, .left = blocks_max, .visit = visit, .arg = arg};

    for (size_t i = 0; i < stream->cursors.count && walk.left > 0; i++) {
        const struct cursor *cursor = stream->cursors.at[i];
        enum status status = OK;

        walk.cursor = cursor;
        if (cursor->log->durable.lsn > cursor->acked) {
            status = log_scan(store, NULL, cursor->log->author, cursor->acked + 1, visit_block,
                              &walk, err);
        }
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

struct look {
    const struct stream *stream;
    const struct cursor *cursor;
    struct lag_count *count;
    size_t looked;
};

static bool count_block(void *arg, const struct block_view *block)
{
    struct look *look = arg;
    struct lag_count *count = look->count;
    const uint64_t last = block_last_lsn(&block->header);

    if (last > look->cursor->log->durable.lsn) {
        return false;
    }
    if (send_addressed(look->stream, &block->header)) {
        count->entries += block->header.count;
        count->bytes += block->whole.size;
        if (count->oldest_unix_ms == 0) {
            count->oldest_unix_ms = block->header.time_ms;
        }
    }
    count->to = last;
    return ++look->looked < COUNT_BLOCKS_MAX;
}

static void count_log(const struct stream *stream, const struct cursor *cursor,
                      struct lag_count *count)
{
    struct look look = {stream, cursor, count, 0};
    struct err err;

    if (count->from != cursor->acked || count->to < cursor->acked) {
        *count = (struct lag_count){.from = cursor->acked, .to = cursor->acked};
    }
    if (count->to < cursor->log->durable.lsn) { /* what cannot be read is not counted */
        (void)log_scan(stream->context->logs->store, NULL, cursor->log->author, count->to + 1,
                       count_block, &look, &err);
    }
}

static void add(struct lag *lag, const struct cursor *cursor)
{
    const struct lag_count *count = &cursor->lag;
    const uint64_t uncounted = cursor->log->durable.lsn - count->to;

    lag->entries += count->entries;
    lag->bytes += count->bytes;
    if (cursor->whole && uncounted > 0) { /* every entry is the peer's; bytes as those counted */
        lag->entries += uncounted;
        lag->bytes += count->entries == 0 ? 0 : count->bytes / count->entries * uncounted;
    }
    if (count->oldest_unix_ms != 0 &&
        (lag->oldest_unix_ms == 0 || count->oldest_unix_ms < lag->oldest_unix_ms)) {
        lag->oldest_unix_ms = count->oldest_unix_ms;
    }
}

void lag_count(const struct stream *stream, struct lag *out)
{
    *out = (struct lag){0, 0, 0};
    for (size_t i = 0; i < stream->cursors.count; i++) {
        struct cursor *cursor = stream->cursors.at[i];
        if (cursor->log->durable.lsn > cursor->acked) {
            count_log(stream, cursor, &cursor->lag);
            add(out, cursor);
        }
    }
}

static bool note_time(void *arg, const struct block_view *block)
{
    *(uint64_t *)arg = block->header.time_ms;
    return false;
}

void lag_glance(const struct stream *stream, struct lag *out)
{
    const struct store *store = stream->context->logs->store;
    size_t looked = 0;

    *out = (struct lag){0, 0, 0};
    for (size_t i = 0; i < stream->cursors.count; i++) {
        const struct cursor *cursor = stream->cursors.at[i];
        uint64_t oldest = 0;
        struct err err;

        if (cursor->log->durable.lsn <= cursor->acked) {
            continue;
        }
        out->entries += cursor->log->durable.lsn - cursor->acked;
        if (looked++ < GLANCE_LOGS_MAX) {
            (void)log_scan(store, NULL, cursor->log->author, cursor->acked + 1, note_time, &oldest,
                           &err);
        }
        if (oldest != 0 && (out->oldest_unix_ms == 0 || oldest < out->oldest_unix_ms)) {
            out->oldest_unix_ms = oldest;
        }
    }
}
