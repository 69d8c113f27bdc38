#include "replicator/stream/send.h"

#include <inttypes.h>

#include "replicator/log/sealing.h"
#include "replicator/stream/stream.h"

enum {
    FRAME_BLOCKS_BYTES = 256 << 10, /* of blocks in one frame; a larger block goes alone */
    SHARE_BYTES = 64 << 10,         /* of one log in a frame, while others wait */
    BULK_BYTES = 4 << 20,           /* a log this far behind goes after all others */
    SCAN_BLOCKS_MAX = 256,          /* looked at for one frame, addressed to the peer or not */
};

void send_reset(struct send *send)
{
    send->scan_incomplete = false;
}

static bool is_addressed(const struct stream *stream, struct division author,
                         const struct audience *audience)
{
    return stream->is_upward || division_equal(author, stream->peer) ||
           roster_in_audience(stream->context->roster, stream->peer, author, audience);
}

bool send_addressed(const struct stream *stream, const struct block_header *header)
{
    return roster_block_stands(stream->context->roster, header) &&
           is_addressed(stream, header->author, &header->audience);
}

/* A block that is not for this peer is passed over at once where the cursor has nothing older to
 * send: nobody need read it back to find that out. */
void send_durable(struct stream *stream, const struct staged_block *staged_block)
{
    const struct held_log *log = staged_block->log;
    struct cursor *cursor;

    if (stream->is_upward) {
        return;
    }
    cursor = cursor_find(&stream->cursors, log->author);
    if (cursor != NULL && cursor->whole) {
        return; /* all of it goes */
    }
    if (cursor != NULL && staged_block->is_late &&
        is_addressed(stream, log->author, &staged_block->audience)) {
        cursor_go_back(stream, cursor, staged_block->prev_lsn);
    }
    if (cursor != NULL && cursor->sent == staged_block->prev_lsn &&
        !is_addressed(stream, log->author, &staged_block->audience)) {
        cursor_skip(cursor, staged_block->last_lsn);
    }
}

struct load {
    struct stream *stream;
    struct cursor *cursor;
    struct buf *message; /* an encoded Blocks */
    struct findings *found;
    size_t size;      /* of the blocks in this frame */
    size_t share_end; /* and where this log's share of it ends */
    unsigned looked;
    bool full;
};

static bool may_send(const struct load *load, size_t size)
{
    const struct stream *stream = load->stream;
    const size_t frame_max = earlier(FRAME_BLOCKS_BYTES, stream->context->frame_bytes_max / 2);

    return (load->size == 0 || load->size + size <= frame_max) &&
           flow_may_send(&stream->flow, size, stream->cursors.flying > 0);
}

static void append_block(struct load *load, const struct block_view *block)
{
    struct stream *stream = load->stream;
    const size_t size = block->whole.size;

    flow_sent(&stream->flow, size, stream->cursors.flying > 0, stream_now_ms(stream));
    cursor_sent(stream, load->cursor, block_last_lsn(&block->header));
    load->size += size;
    /* The message Blocks by hand: it is its fields, and a copy of every block is spared. */
    buf_put_varint(load->message, 1 << 3 | 2);
    buf_put_varint(load->message, size);
    buf_append_bytes(load->message, block->whole);
}

/* Nothing of this log for a while. */
static void put_off(struct load *load)
{
    cursor_wait(&load->stream->cursors, load->cursor,
                stream_now_ms(load->stream) + RETRY_REFUSED_MS);
}

/* Where the peer says that its log ends lies within a block of ours: it cannot end there. */
static bool ends_within(const struct load *load, uint64_t lsn)
{
    const struct stream *stream = load->stream;
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    struct err err;
    const bool within =
        log_read_block(stream->context->logs->store, NULL, load->cursor->log->author, lsn, &whole,
                       &block, &err) == OK &&
        block_last_lsn(&block.header) != lsn;

    buf_free(&whole);
    return within;
}

/* A whole log goes on where the peer's ends, or the two have parted. */
static bool follows(struct load *load, const struct block_view *block)
{
    const struct cursor *cursor = load->cursor;
    const struct division author = cursor->log->author;

    if (!cursor->whole) {
        return true;
    }
    if (block->header.first_lsn != cursor->sent + 1 && cursor->sent == cursor->acked &&
        cursor->sent != 0 && ends_within(load, cursor->sent)) {
        cursor_claims_other(load->stream, cursor->log, cursor->sent, load->found);
    } else if (block->header.first_lsn != cursor->sent + 1) {
        findings_alarm(load->found, ALARM_CORRUPT, author, "block_missing lsn=%" PRIu64,
                       cursor->sent);
    } else if (cursor->acked_hash_known && cursor->sent == cursor->acked &&
               !hash_equal(&block->header.prev_hash, &cursor->acked_hash)) {
        cursor_claims_other(load->stream, cursor->log, cursor->acked, load->found);
    } else {
        return true;
    }
    cursor_parted(load->stream, load->cursor);
    return false;
}

/* False when no further block of this log can go into this frame. */
static bool offer(struct load *load, const struct block_view *block)
{
    struct cursor *cursor = load->cursor;
    const uint64_t last = block_last_lsn(&block->header);

    if (last > cursor->log->durable.lsn || !follows(load, block)) {
        return false;
    }
    if (send_addressed(load->stream, &block->header)) {
        if (!may_send(load, block->whole.size)) {
            load->full = true;
            return false;
        }
        append_block(load, block);
    } else {
        cursor_passed(cursor, last);
    }
    return ++load->looked < SCAN_BLOCKS_MAX && load->size < load->share_end;
}

static bool visit_block(void *arg, const struct block_view *block)
{
    return offer(arg, block);
}

static void read_back(struct load *load)
{
    const struct cursor *cursor = load->cursor;
    struct err err;

    if (log_scan(load->stream->context->logs->store, NULL, cursor->log->author, cursor->sent + 1,
                 visit_block, load, &err) != OK) {
        findings_alarm(load->found, ALARM_CORRUPT, cursor->log->author, "%s", err.text);
        put_off(load);
    }
}

static bool is_ready(const struct cursor *cursor, uint64_t now)
{
    return cursor->sent < cursor->log->durable.lsn && cursor->retry_ms <= now;
}

/* A share of one log: from the blocks of the last turns if they go on where the cursor stands. */
static void load_from(struct load *load, struct cursor *cursor)
{
    const struct logs *logs = load->stream->context->logs;
    struct send *send = &load->stream->send;
    const uint64_t now = stream_now_ms(load->stream);
    bool more = true;

    load->cursor = cursor;
    load->looked = 0;
    load->share_end = load->size + SHARE_BYTES;
    while (more && !load->full && is_ready(cursor, now)) {
        const uint64_t before = cursor->sent;
        const struct block_view *cached =
            block_cache_after(&logs->cache, cursor->log->author, cursor->sent);

        if (cached != NULL) {
            more = offer(load, cached);
        } else {
            read_back(load);
            more = cursor->sent != before && load->looked < SCAN_BLOCKS_MAX &&
                   load->size < load->share_end;
        }
    }
    send->scan_incomplete |= load->looked >= SCAN_BLOCKS_MAX;
}

static bool is_bulk(const struct cursor *cursor)
{
    const struct held_log *log = cursor->log;
    const uint64_t entry_bytes = log->staged.lsn == 0 ? 0 : log->bytes / log->staged.lsn + 1;

    return (log->durable.lsn - cursor->sent) > BULK_BYTES / (entry_bytes + 1);
}

/* One round over the logs of a lane; a share of each. */
static void load_lane(struct load *load, bool bulk)
{
    struct stream *stream = load->stream;
    struct send *send = &stream->send;
    const struct cursors *cursors = &stream->cursors;
    struct cursor *own = cursor_find(cursors, stream->context->self);
    const uint64_t now = stream_now_ms(stream);
    const size_t count = cursors->count, start = send->next_cursor;

    if (own != NULL && is_ready(own, now) && is_bulk(own) == bulk) {
        load_from(load, own);
    }
    for (size_t i = 0; i < count && !load->full; i++) {
        struct cursor *cursor = cursors->at[(start + i) % count];
        if (cursor != own && is_ready(cursor, now) && is_bulk(cursor) == bulk) {
            load_from(load, cursor);
            send->next_cursor = (start + i + 1) % count; /* the next frame begins after it */
        }
    }
}

bool send_blocks(struct stream *stream, struct buf *message, struct findings *found)
{
    struct load load = {.stream = stream, .message = message, .found = found};
    struct send *send = &stream->send;
    const uint64_t at = stream->flow.sent_bytes;

    buf_clear(message);
    send->scan_incomplete = false;
    for (int lane = 0; lane < 2; lane++) {
        size_t before;
        do {
            before = load.size;
            load_lane(&load, lane == 1);
        } while (load.size > before && !load.full);
    }
    if (load.size > 0) {
        buf_put_varint(message, 2 << 3 | 0);
        buf_put_varint(message, at);
    }
    return load.size > 0;
}
