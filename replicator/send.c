/* send - what to send whom: one frame of blocks at a time.
 *
 *   fresh logs, the own one first (it carries the grants that others wait for), in turn
 *   bulk: logs far behind, after all others, so that a catch-up holds up nothing new
 *
 * Only durable blocks leave. A relay sends the bytes the author signed. */
#include "proto/bug.h"
#include "replicator/core.h"

#include <inttypes.h>

bool send_addressed(const struct replicator *r, const struct link *link,
                    const struct block_header *header)
{
    return link->is_parent ||
           roster_in_audience(r->roster, link->peer, header->author, &header->audience);
}

/* A block that is not for this peer is passed over at once where the cursor has nothing older to
 * send: nobody need read it back to find that out. */
void send_durable(struct replicator *r, const struct fresh *fresh)
{
    for (size_t i = 0; i < r->link_count; i++) {
        struct link *link = r->links[i];
        struct cursor *cursor;

        if (link->is_parent || fresh->log->side == HELD_BELOW) {
            continue;
        }
        cursor = cursor_find(link, fresh->log->author);
        if (cursor != NULL && cursor->sent == fresh->prev_lsn &&
            (BUG("downward-block-skipped") ||
             !roster_in_audience(r->roster, link->peer, fresh->log->author, &fresh->audience))) {
            if (cursor->acked == cursor->sent) {
                cursor->acked = cursor->sent_block = fresh->last_lsn;
            }
            cursor->sent = fresh->last_lsn;
        }
    }
}

struct load {
    struct replicator *r;
    struct link *link;
    struct cursor *cursor;
    size_t size;      /* of the blocks in this frame */
    size_t share_end; /* and where this log's share of it ends */
    unsigned looked;
    bool full;
};

static bool may_send(const struct load *load, size_t size)
{
    const struct link *link = load->link;
    const size_t frame_max = earlier(FRAME_BLOCKS_BYTES, load->r->limits.frame_bytes_max / 2);

    return (load->size == 0 || load->size + size <= frame_max) &&
           flow_may_send(&link->flow, size, link->flying > 0);
}

static void append_block(struct load *load, const struct block_view *block)
{
    struct link *link = load->link;
    struct cursor *cursor = load->cursor;
    const size_t size = block->whole.size;
    const uint64_t now = now_ms(load->r);

    flow_sent(&link->flow, size, link->flying > 0, now);
    if (!cursor_in_flight(cursor)) {
        cursor->moved_ms = now;
        link->flying++;
    }
    cursor->sent_block = block_last_lsn(&block->header);
    load->size += size;
    if (link->sample_of == NULL) {
        link->sample_of = cursor;
        link->sample_lsn = cursor->sent_block;
        link->sample_ms = now;
    }
    /* The message Blocks by hand: it is its fields, and a copy of every block is spared. */
    buf_put_varint(&load->r->parcel, 1 << 3 | 2);
    buf_put_varint(&load->r->parcel, size);
    buf_append_bytes(&load->r->parcel, block->whole);
}

/* A whole log goes on where the peer's ends, or the two have parted. */
static bool follows(struct load *load, const struct block_view *block)
{
    struct cursor *cursor = load->cursor;
    struct replicator *r = load->r;
    const char *code = cursor->log->author.code;

    if (!cursor->whole) {
        return true;
    }
    if (block->header.first_lsn != cursor->sent + 1) {
        alarm_about(r, "corrupt", cursor->log->author,
                    "after lsn %" PRIu64 " of %s a block is missing in the store", cursor->sent,
                    code);
    } else if (cursor->acked_hash_known && cursor->sent == cursor->acked &&
               !hash_equal(&block->header.prev_hash, &cursor->acked_hash)) {
        alarm_about(r, "fork", cursor->log->author,
                    "%s holds another block at lsn %" PRIu64 " of %s", load->link->peer.code,
                    cursor->acked, code);
    } else {
        return true;
    }
    cursor_wait(load->link, cursor, now_ms(r) + RETRY_REFUSED_MS);
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
    if (send_addressed(load->r, load->link, &block->header)) {
        if (!may_send(load, block->whole.size)) {
            load->full = true;
            return false;
        }
        append_block(load, block);
    } else if (!cursor_in_flight(cursor)) {
        cursor->acked = cursor->sent_block = last;
    }
    cursor->sent = last;
    cursor->acked_hash_known = false;
    return ++load->looked < SCAN_BLOCKS_MAX && load->size < load->share_end;
}

static bool visit_block(void *arg, const struct block_view *block)
{
    return offer(arg, block);
}

static void read_back(struct load *load)
{
    struct replicator *r = load->r;
    struct cursor *cursor = load->cursor;
    struct err err;

    if (log_scan(r->config.store, NULL, cursor->log->author, cursor->sent + 1, visit_block, load,
                 &err) != OK) {
        alarm_about(r, "corrupt", cursor->log->author, "%s", err.text);
        cursor_wait(load->link, cursor, now_ms(r) + RETRY_REFUSED_MS);
    }
}

static bool is_ready(const struct cursor *cursor, uint64_t now)
{
    return cursor->sent < cursor->log->durable.lsn && cursor->retry_ms <= now;
}

/* A share of one log: from the blocks of the last turns if they go on where the cursor stands. */
static void load_from(struct load *load, struct cursor *cursor)
{
    const uint64_t now = now_ms(load->r);
    bool more = true;

    load->cursor = cursor;
    load->looked = 0;
    load->share_end = load->size + SHARE_BYTES;
    while (more && !load->full && is_ready(cursor, now)) {
        const uint64_t before = cursor->sent;
        const struct block_view *recent =
            recent_after(&load->r->recent, cursor->log->author, cursor->sent);

        if (recent != NULL) {
            more = offer(load, recent);
        } else {
            read_back(load);
            more = cursor->sent != before && load->looked < SCAN_BLOCKS_MAX &&
                   load->size < load->share_end;
        }
    }
    load->link->hungry |= load->looked >= SCAN_BLOCKS_MAX;
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
    struct link *link = load->link;
    struct cursor *own = cursor_find(link, load->r->config.self);
    const uint64_t now = now_ms(load->r);
    const size_t count = link->cursor_count, start = link->next_cursor;

    if (own != NULL && is_ready(own, now) && is_bulk(own) == bulk) {
        load_from(load, own);
    }
    for (size_t i = 0; i < count && !load->full; i++) {
        struct cursor *cursor = link->cursors[(start + i) % count];
        if (cursor != own && is_ready(cursor, now) && is_bulk(cursor) == bulk) {
            load_from(load, cursor);
            link->next_cursor = (start + i + 1) % count; /* the next frame begins after it */
        }
    }
}

bool send_blocks(struct replicator *r, struct link *link)
{
    struct load load = {.r = r, .link = link};
    const uint64_t at = link->flow.sent_bytes;

    buf_clear(&r->parcel);
    link->hungry = false;
    for (int lane = 0; lane < 2; lane++) {
        size_t before;
        do {
            before = load.size;
            load_lane(&load, lane == 1);
        } while (load.size > before && !load.full);
    }
    if (load.size > 0) {
        buf_put_varint(&r->parcel, 2 << 3 | 0);
        buf_put_varint(&r->parcel, at);
    }
    return load.size > 0;
}
