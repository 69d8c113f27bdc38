/* behind - what we hold for a neighbour that it has not confirmed. For people to look at, so every
 * look is bounded: what was counted once is remembered until the peer confirms more. */
#include "replicator/core.h"

#include <stdio.h>

enum { TALLY_BLOCKS_MAX = 256 }; /* counted in one look at one log; the rest is estimated */

struct backlog {
    const struct replicator *r;
    const struct link *link;
    const struct cursor *cursor;
    size_t left, looked;
    void (*visit)(void *arg, const struct block_view *block);
    void *arg;
};

static bool visit_backlog(void *arg, const struct block_view *block)
{
    struct backlog *backlog = arg;

    if (block_last_lsn(&block->header) > backlog->cursor->log->durable.lsn) {
        return false;
    }
    if (send_addressed(backlog->r, backlog->link, &block->header)) {
        backlog->visit(backlog->arg, block);
        backlog->left--;
    }
    return backlog->left > 0;
}

enum status replicator_backlog(const struct replicator *r, struct division peer, size_t blocks_max,
                               void (*visit)(void *arg, const struct block_view *block), void *arg,
                               struct err *err)
{
    struct link *link = link_find(r, peer);
    struct backlog backlog = {.r = r, .link = link, .left = blocks_max, .visit = visit, .arg = arg};

    if (link == NULL) {
        return err_set(err, ERR_NOT_FOUND, "%s is no neighbour of %s", peer.code,
                       r->config.self.code);
    }
    for (size_t i = 0; i < link->cursor_count && backlog.left > 0; i++) {
        const struct cursor *cursor = link->cursors[i];
        enum status status;

        if (cursor->log->durable.lsn <= cursor->acked) {
            continue;
        }
        backlog.cursor = cursor;
        status = log_scan(r->config.store, NULL, cursor->log->author, cursor->acked + 1,
                          visit_backlog, &backlog, err);
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

struct look {
    const struct replicator *r;
    const struct link *link;
    struct cursor *cursor;
    size_t looked;
};

static bool tally_block(void *arg, const struct block_view *block)
{
    struct look *look = arg;
    struct cursor *cursor = look->cursor;
    const uint64_t last = block_last_lsn(&block->header);

    if (last > cursor->log->durable.lsn) {
        return false;
    }
    if (send_addressed(look->r, look->link, &block->header)) {
        cursor->tally.entries += block->header.count;
        cursor->tally.bytes += block->whole.size;
        if (cursor->tally.oldest_unix_ms == 0) {
            cursor->tally.oldest_unix_ms = block->header.time_ms;
        }
    }
    cursor->tally.to = last;
    return ++look->looked < TALLY_BLOCKS_MAX;
}

static void tally_log(const struct replicator *r, const struct link *link, struct cursor *cursor)
{
    struct look look = {r, link, cursor, 0};
    struct err err;

    if (cursor->tally.from != cursor->acked || cursor->tally.to < cursor->acked) {
        memset(&cursor->tally, 0, sizeof cursor->tally);
        cursor->tally.from = cursor->tally.to = cursor->acked;
    }
    if (cursor->tally.to < cursor->log->durable.lsn) {
        (void)log_scan(r->config.store, NULL, cursor->log->author, cursor->tally.to + 1,
                       tally_block, &look, &err);
    }
}

static void add_cursor(struct peer_status *out, const struct cursor *cursor)
{
    const uint64_t uncounted = cursor->log->durable.lsn - cursor->tally.to;
    const uint64_t counted = cursor->tally.entries;

    out->behind_entries += counted;
    out->behind_bytes += cursor->tally.bytes;
    if (cursor->whole && uncounted > 0) { /* every entry is the peer's; bytes as those counted */
        out->behind_entries += uncounted;
        out->behind_bytes += counted == 0 ? 0 : cursor->tally.bytes / counted * uncounted;
    }
    if (cursor->tally.oldest_unix_ms != 0 &&
        (out->oldest_unix_ms == 0 || cursor->tally.oldest_unix_ms < out->oldest_unix_ms)) {
        out->oldest_unix_ms = cursor->tally.oldest_unix_ms;
    }
}

size_t replicator_peers(const struct replicator *r)
{
    return r->link_count;
}

void replicator_peer(const struct replicator *r, size_t index, struct peer_status *out)
{
    const struct link *link = r->links[index];

    memset(out, 0, sizeof *out);
    out->division = link->peer;
    out->state = link->state;
    out->is_parent = link->is_parent;
    out->last_heard_unix_ms = link->heard_unix_ms;
    out->rtt_ms = link->flow.rtt_ms;
    out->clock_skew_ms = link->skew_ms;
    out->frames_refused = link->frames_refused;
    (void)snprintf(out->reason, sizeof out->reason, "%s", link->reason);
    for (size_t i = 0; i < link->cursor_count; i++) {
        struct cursor *cursor = link->cursors[i];
        if (cursor->log->durable.lsn > cursor->acked) {
            tally_log(r, link, cursor);
            add_cursor(out, cursor);
        }
    }
}
