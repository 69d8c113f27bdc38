/* send - what to send whom, and the acks that come back.
 *
 *   fresh logs, the own one first (it carries the grants that others wait for), in turn
 *   bulk: logs far behind, after all others, so that a catch-up holds up nothing new
 *
 * Only durable blocks leave. A relay sends the bytes the author signed. */
#include "replicator/core.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* --- cursors --- */

static size_t place_of(const struct link *link, struct division author)
{
    size_t low = 0, high = link->cursor_count;

    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (division_compare(link->cursors[middle]->log->author, author) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct cursor *send_cursor(const struct link *link, struct division author)
{
    const size_t at = place_of(link, author);

    return at < link->cursor_count && division_equal(link->cursors[at]->log->author, author)
               ? link->cursors[at]
               : NULL;
}

/* Is nothing after `lsn` addressed to the peer? Spares reading the log to find that out. */
static bool has_all(const struct replicator *r, const struct link *link, const struct held_log *log,
                    uint64_t lsn)
{
    for (size_t i = 0; i < log->audience_count; i++) {
        const struct audience_head *head = &log->audiences[i];
        if (head->lsn > lsn &&
            roster_in_audience(r->roster, link->peer, log->author, &head->audience)) {
            return false;
        }
    }
    return true;
}

/* Until the peer itself says how far it is, its last cosignature tells. */
void send_add_cursor(struct replicator *r, struct link *link, struct held_log *log)
{
    const size_t at = place_of(link, log->author);
    struct cursor *cursor;

    if (send_cursor(link, log->author) != NULL) {
        return;
    }
    if (link->cursor_count == link->cursor_capacity) {
        link->cursor_capacity = link->cursor_capacity == 0 ? 4 : 2 * link->cursor_capacity;
        link->cursors = mem_realloc(link->cursors, link->cursor_capacity * sizeof(struct cursor *));
    }
    cursor = mem_zalloc(sizeof *cursor);
    cursor->log = log;
    cursor->whole = link->is_parent;
    cursor->acked = earlier(cosign_lsn(r, log->author, link->peer), log->durable.lsn);
    if (!cursor->whole && has_all(r, link, log, cursor->acked)) {
        cursor->acked = log->durable.lsn;
    }
    cursor->sent = cursor->sent_block = cursor->acked;
    memmove(&link->cursors[at + 1], &link->cursors[at],
            (link->cursor_count - at) * sizeof(struct cursor *));
    link->cursors[at] = cursor;
    link->cursor_count++;
}

static bool in_flight(const struct cursor *cursor)
{
    return cursor->sent_block > cursor->acked;
}

/* What was sent of it and not acknowledged is sent again. */
static void rewind_to(struct link *link, struct cursor *cursor, uint64_t acked)
{
    link->flying -= in_flight(cursor) ? 1 : 0;
    cursor->acked = cursor->sent = cursor->sent_block = acked;
    if (link->sample_of == cursor) {
        link->sample_of = NULL;
    }
}

void send_reset(struct link *link)
{
    for (size_t i = 0; i < link->cursor_count; i++) {
        struct cursor *cursor = link->cursors[i];
        rewind_to(link, cursor, cursor->acked);
        cursor->retry_ms = cursor->turned_ms = 0;
        cursor->acked_hash_known = false;
    }
    assert(link->flying == 0);
    link->hungry = false;
}

/* --- where the peer stands --- */

static void tell_apart(struct replicator *r, const struct link *link, const struct held_log *log,
                       uint64_t lsn)
{
    if (log->side == HELD_OWN) {
        alarm_about(r, "lost_tail", log->author,
                    "%s holds our log up to lsn %" PRIu64 ", we up to %" PRIu64
                    ": this store is older than what was acknowledged; stop writing, join again",
                    link->peer.code, lsn, log->durable.lsn);
    } else {
        alarm_about(r, "lost_tail", log->author,
                    "%s holds the log of %s up to lsn %" PRIu64 ", we up to %" PRIu64,
                    link->peer.code, log->author.code, lsn, log->durable.lsn);
    }
}

/* The peer holds this whole log too: do the two fit together? */
static void compare(struct replicator *r, const struct link *link, const struct held_log *log,
                    const Terrace__Position *position)
{
    const struct log_head *head = &log->durable;

    if (position->lsn == head->lsn && position->hash.len == HASH_SIZE &&
        memcmp(position->hash.data, head->hash.at, HASH_SIZE) != 0) {
        alarm_about(r, "fork", log->author, "%s holds another block at lsn %" PRIu64 " of %s",
                    link->peer.code, head->lsn, log->author.code);
    }
    if (!link->is_parent && position->lsn < head->lsn && division_equal(log->author, link->peer)) {
        alarm_about(r, "lost_tail", link->peer,
                    "it lost part of its own log: it is at lsn %" PRIu64 ", we hold %" PRIu64,
                    position->lsn, head->lsn);
    }
}

static void resume_log(struct replicator *r, struct link *link, const Terrace__Position *position)
{
    struct division author;
    struct held_log *log;
    struct cursor *cursor;

    if (!division_from_pb(&author, position->author)) {
        return;
    }
    log = heads_find(r, author);
    if (log == NULL || log->side == HELD_NOT) {
        return;
    }
    if (link->is_parent ? log->side != HELD_ABOVE : log->side == HELD_BELOW) {
        compare(r, link, log, position);
    }
    cursor = send_cursor(link, author);
    if (cursor == NULL) {
        return;
    }
    if (position->lsn > log->durable.lsn) {
        tell_apart(r, link, log, position->lsn);
        rewind_to(link, cursor, log->durable.lsn);
        return;
    }
    rewind_to(link, cursor, position->lsn);
    if (cursor->whole && position->lsn != 0 && position->hash.len == HASH_SIZE) {
        memcpy(cursor->acked_hash.at, position->hash.data, HASH_SIZE);
        cursor->acked_hash_known = true;
    }
}

void send_resume(struct replicator *r, struct link *link, Terrace__Position **heads, size_t count)
{
    for (size_t i = 0; i < link->cursor_count; i++) {
        rewind_to(link, link->cursors[i], 0);
    }
    for (size_t i = 0; i < count; i++) {
        resume_log(r, link, heads[i]);
    }
    for (size_t i = 0; i < link->cursor_count; i++) {
        struct cursor *cursor = link->cursors[i];
        if (!cursor->whole && has_all(r, link, cursor->log, cursor->acked)) {
            rewind_to(link, cursor, cursor->log->durable.lsn);
        }
    }
}

/* --- gathering one frame --- */

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
        cursor = send_cursor(link, fresh->log->author);
        if (cursor != NULL && cursor->sent == fresh->prev_lsn &&
            !roster_in_audience(r->roster, link->peer, fresh->log->author, &fresh->audience)) {
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
    const uint64_t left = link->credit > link->sent_bytes ? link->credit - link->sent_bytes : 0;
    const uint64_t returned = link->credit - link->credit_first;
    const uint64_t flying = link->sent_bytes > returned ? link->sent_bytes - returned : 0;

    if (left == 0 || (load->size > 0 && load->size + size > FRAME_BLOCKS_BYTES)) {
        return false;
    }
    if (link->flying == 0) {
        return true; /* one block may go past credit and window, or a large one never would */
    }
    return size <= left && flying + size <= link->window;
}

static void mark_departure(struct link *link, uint64_t now)
{
    if (link->flying == 0) { /* the clock of the first one starts now */
        link->progress_ms = link->window_ms = now;
        link->window_mark = link->sent_bytes;
    }
}

static void append_block(struct load *load, const struct block_view *block)
{
    struct link *link = load->link;
    struct cursor *cursor = load->cursor;
    const size_t size = block->whole.size;
    const uint64_t now = now_ms(load->r);

    mark_departure(link, now);
    link->flying += in_flight(cursor) ? 0 : 1;
    cursor->sent_block = block_last_lsn(&block->header);
    link->sent_bytes += size;
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
    cursor->retry_ms = now_ms(r) + RETRY_REFUSED_MS;
    load->full = true;
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
    } else if (!in_flight(cursor)) {
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
        cursor->retry_ms = now_ms(r) + RETRY_REFUSED_MS;
    }
}

/* A share of one log: from the blocks of the last turns if they go on where the cursor stands. */
static void load_from(struct load *load, struct cursor *cursor)
{
    const uint64_t head = cursor->log->durable.lsn;
    bool more = true;

    load->cursor = cursor;
    load->looked = 0;
    load->share_end = load->size + SHARE_BYTES;
    while (more && !load->full && cursor->sent < head) {
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

static bool is_ready(const struct cursor *cursor, uint64_t now)
{
    return cursor->sent < cursor->log->durable.lsn && cursor->retry_ms <= now;
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
    struct cursor *own = send_cursor(link, load->r->config.self);
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

    buf_clear(&r->parcel);
    link->hungry = false;
    for (int lane = 0; lane < 2; lane++) {
        size_t before;
        do {
            before = load.size;
            load_lane(&load, lane == 1);
        } while (load.size > before && !load.full);
    }
    return load.size > 0;
}

/* --- what comes back --- */

static void note_round_trip(struct link *link, const struct cursor *cursor, uint64_t now)
{
    if (link->sample_of == cursor && cursor->acked >= link->sample_lsn) {
        const uint64_t sample = earlier(now - link->sample_ms, UINT32_MAX / 16);
        link->rtt_ms = link->rtt_ms == 0 ? (uint32_t)sample
                                         : (uint32_t)((7 * (uint64_t)link->rtt_ms + sample) / 8);
        link->sample_of = NULL;
    }
}

static bool acked(struct replicator *r, struct link *link, const Terrace__Position *position)
{
    struct division author;
    struct cursor *cursor;

    if (!division_from_pb(&author, position->author)) {
        return false;
    }
    cursor = send_cursor(link, author);
    if (cursor == NULL || position->lsn <= cursor->acked) {
        return false;
    }
    if (position->lsn > cursor->log->durable.lsn) {
        tell_apart(r, link, cursor->log, position->lsn);
        return false;
    }
    link->flying -= in_flight(cursor) && position->lsn >= cursor->sent_block ? 1 : 0;
    cursor->acked = position->lsn;
    cursor->acked_hash_known = false;
    if (cursor->sent < cursor->acked) { /* it had more than it said: from another session */
        cursor->sent = cursor->acked;
    }
    if (cursor->sent_block < cursor->acked) {
        cursor->sent_block = cursor->acked;
    }
    if (!in_flight(cursor) && cursor->acked < cursor->sent) {
        cursor->acked = cursor->sent_block = cursor->sent; /* the rest was not for this peer */
    }
    if (cursor->refused) {
        cursor->refused = false;
        link_release(r, link, HOLD_TURNED_DOWN);
        alarm_over(r, "rejected", link->peer);
    }
    note_round_trip(link, cursor, now_ms(r));
    return true;
}

static void turned_down(struct replicator *r, struct link *link, struct cursor *cursor,
                        uint64_t lsn, uint64_t wait_ms)
{
    const uint64_t held =
        lsn <= cursor->log->durable.lsn && lsn > cursor->acked ? lsn : cursor->acked;

    rewind_to(link, cursor, held);
    cursor->turned_ms = now_ms(r);
    cursor->retry_ms = now_ms(r) + wait_ms;
}

/* What a log lacked may have come with another one. */
static void retry_soon(struct replicator *r, struct link *link)
{
    for (size_t i = 0; i < link->cursor_count; i++) {
        struct cursor *cursor = link->cursors[i];
        if (cursor->retry_ms != 0 && !cursor->refused) {
            cursor->retry_ms = earlier(cursor->retry_ms, cursor->turned_ms + RETRY_SOON_MS);
        }
    }
    (void)r;
}

/* The window doubles while a round trip is short, and shrinks when frames pile up on the way. */
static void credited(struct replicator *r, struct link *link, uint64_t credit)
{
    const uint64_t elapsed = now_ms(r) - link->window_ms;

    link->credit = credit;
    if (credit - link->credit_first <= link->window_mark) {
        return;
    }
    if (elapsed < 500 && link->window < UINT32_MAX) {
        link->window *= 2;
    } else if (elapsed > 2000 && link->window > WINDOW_BYTES_MIN) {
        link->window /= 2;
    }
    link->window_mark = link->sent_bytes;
    link->window_ms = now_ms(r);
}

void send_acked(struct replicator *r, struct link *link, const Terrace__Ack *ack)
{
    bool moved = false;

    for (size_t i = 0; i < ack->n_held; i++) {
        moved |= acked(r, link, ack->held[i]);
    }
    if (moved) {
        retry_soon(r, link);
    }
    for (size_t i = 0; i < ack->n_not_yet; i++) {
        struct division author;
        struct cursor *cursor = NULL;

        if (division_from_pb(&author, ack->not_yet[i]->author)) {
            cursor = send_cursor(link, author);
        }
        if (cursor != NULL) {
            turned_down(r, link, cursor, ack->not_yet[i]->lsn, RETRY_NOT_YET_MS);
            moved = true;
        }
    }
    if (ack->has_credit && ack->credit > link->credit) {
        credited(r, link, ack->credit);
        moved = true;
    }
    if (moved) {
        link->progress_ms = now_ms(r);
        link->attempts = link->stalls = 0;
    }
}

void send_rejected(struct replicator *r, struct link *link, const Terrace__Reject *reject)
{
    struct division author;
    struct cursor *cursor = NULL;
    char words[96];

    if (division_from_pb(&author, reject->author)) {
        cursor = send_cursor(link, author);
    }
    if (cursor == NULL) {
        return;
    }
    (void)snprintf(words, sizeof words, "it rejects block %" PRIu64 " of %s: %s", reject->lsn,
                   author.code, status_message((enum status)reject->reason));
    /* The bytes may have been hurt on the way: once more, but not at once. */
    turned_down(r, link, cursor, cursor->acked, RETRY_REFUSED_MS);
    cursor->refused = true;
    link_hold(r, link, HOLD_TURNED_DOWN, words);
    alarm_about(r, "rejected", link->peer, "%s", words);
}
