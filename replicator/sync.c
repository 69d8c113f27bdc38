/* sync - what to send whom, and taking blocks in. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "replicator/core.h"

/* --- cursors: how far the neighbour has each log --- */

static struct cursor *find_cursor(const struct link *link, struct division author)
{
    for (size_t i = 0; i < link->cursor_count; i++) {
        if (division_equal(link->cursors[i].author, author)) {
            return &link->cursors[i];
        }
    }
    return NULL;
}

struct cursor *sync_cursor(struct link *link, struct division author)
{
    return find_cursor(link, author);
}

/* Does this log flow over this link, away from us? */
static bool flows(const struct replicator *r, const struct link *link, struct division author)
{
    if (link->is_parent) {
        return roster_within(r->roster, author, r->config.self);
    }
    return roster_within(r->roster, r->config.self, author); /* own and those above us */
}

static struct cursor *get_cursor(struct replicator *r, struct link *link, struct division author)
{
    struct cursor *cursor = sync_cursor(link, author);

    if (cursor != NULL) {
        return cursor;
    }
    link->cursors = mem_realloc(link->cursors, (link->cursor_count + 1) * sizeof *link->cursors);
    cursor = &link->cursors[link->cursor_count++];
    *cursor = (struct cursor){.author = author, .next_lsn = 1};
    (void)r;
    return cursor;
}

static void PRINTF(4, 5) alarm_about(struct replicator *r, const char *code, struct division about,
                                     const char *format, ...)
{
    char words[240];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    r->config.sink.alarm(r->config.sink.arg, code, about, words);
}

/* Compares what the neighbour says it holds with what we hold of the same log. */
static void compare_position(struct replicator *r, struct link *link, const struct held_log *log,
                             const Terrace__Position *position)
{
    const struct log_head *head = heads_sendable(log);

    if (position->lsn == head->lsn && position->has_hash && position->hash.len == HASH_SIZE &&
        memcmp(position->hash.data, head->hash.at, HASH_SIZE) != 0) {
        alarm_about(r, "fork", log->author, "%s holds another block at lsn %" PRIu64 " of %s",
                    link->peer.code, head->lsn, log->author.code);
    }
    if (position->lsn > head->lsn && division_equal(log->author, r->config.self)) {
        alarm_about(r, "lost_tail", r->config.self,
                    "%s holds our log up to lsn %" PRIu64 ", we up to %" PRIu64
                    ": this store is older than what was acknowledged; stop writing and join "
                    "again",
                    link->peer.code, position->lsn, head->lsn);
    }
    if (!link->is_parent && division_equal(log->author, link->peer) && position->lsn < head->lsn) {
        alarm_about(r, "lost_tail", link->peer,
                    "%s lost part of its own log: it is at lsn %" PRIu64 ", we hold %" PRIu64,
                    link->peer.code, position->lsn, head->lsn);
    }
}

void sync_reset_cursors(struct replicator *r, struct link *link, Terrace__Position **heads,
                        size_t head_count)
{
    link->cursor_count = link->next_cursor = 0;
    for (size_t i = 0; i < r->log_count; i++) {
        if (flows(r, link, r->logs[i].author)) {
            (void)get_cursor(r, link, r->logs[i].author);
        }
    }
    for (size_t i = 0; i < head_count; i++) {
        struct division author;
        struct held_log *log;
        struct cursor *cursor;

        if (!division_from_pb(&author, heads[i]->author)) {
            continue;
        }
        log = heads_find(r, author);
        if (log == NULL) {
            continue;
        }
        if (link->is_parent || roster_within(r->roster, author, link->peer)) {
            compare_position(r, link, log, heads[i]);
        }
        cursor = sync_cursor(link, author);
        if (cursor != NULL) {
            cursor->next_lsn = heads[i]->lsn + 1;
            cursor->acked_lsn = cursor->sent_lsn = heads[i]->lsn;
        }
    }
}

/* --- sending --- */

static bool addressed(const struct replicator *r, const struct link *link,
                      const struct block_header *header)
{
    return link->is_parent ||
           roster_in_audience(r->roster, link->peer, header->author, &header->audience);
}

/* Blocks collected for one frame. */
struct gather {
    struct replicator *r;
    struct link *link;
    struct cursor *cursor;
    uint64_t limit_lsn; /* durable up to here */
    struct buf *blocks; /* each as a length and its bytes */
    size_t looked;
    bool full;
};

static bool take_block(struct gather *gather, const struct block_view *block)
{
    struct link *link = gather->link;
    const uint64_t last = block_last_lsn(&block->header);
    const size_t size = block->whole.size;
    const uint64_t left =
        link->credit_got > link->sent_bytes ? link->credit_got - link->sent_bytes : 0;

    if (last > gather->limit_lsn) {
        return false;
    }
    if (addressed(gather->r, link, &block->header)) {
        const bool alone = link->in_flight == 0 && gather->blocks->size == 0;
        if ((gather->blocks->size > 0 && gather->blocks->size + size > FRAME_BLOCKS_BYTES) ||
            (size > left && !(alone && link->credit_got > 0))) {
            gather->full = true;
            return false;
        }
        if (link->in_flight == 0) {
            link->progress_ms = now_ms(gather->r); /* the clock of the first one starts now */
        }
        buf_put_u32(gather->blocks, (uint32_t)size);
        buf_append_bytes(gather->blocks, block->whole);
        link->sent_bytes += size;
        link->in_flight += size;
        gather->cursor->sent_lsn = last;
    }
    gather->cursor->next_lsn = last + 1;
    return ++gather->looked < SCAN_BLOCKS_MAX;
}

static bool visit_block(void *arg, const struct block_view *block)
{
    return take_block(arg, block);
}

/* From the blocks of the last turns, as long as they follow the cursor without a hole. */
static bool gather_recent(struct gather *gather)
{
    struct replicator *r = gather->r;
    bool any = false;

    for (size_t i = 0; i < r->recent_count; i++) {
        const struct recent *recent = &r->recent[(r->recent_first + i) % RECENT_MAX];
        struct block_view block;
        struct err err;
        enum status status;

        if (!division_equal(recent->author, gather->cursor->author) ||
            gather->cursor->next_lsn <= recent->after_lsn) {
            continue;
        }
        status = block_parse(&block, buf_bytes(&recent->whole), &err);
        assert(status == OK);
        (void)status;
        if (block_last_lsn(&block.header) < gather->cursor->next_lsn) {
            continue;
        }
        if (!take_block(gather, &block)) {
            return true;
        }
        any = true;
    }
    return any;
}

static void gather_log(struct gather *gather)
{
    struct replicator *r = gather->r;
    struct err err;

    if (gather_recent(gather)) {
        return;
    }
    if (log_scan(r->config.store, NULL, gather->cursor->author, gather->cursor->next_lsn,
                 visit_block, gather, &err) != OK) {
        alarm_about(r, "corrupt", gather->cursor->author, "%s", err.text);
        gather->cursor->rejected = true;
    }
}

static void encode_blocks(struct link *link, struct bytes list, struct buf *frame)
{
    struct reader reader = reader_of(list);
    struct buf blocks = BUF_EMPTY;

    /* By hand: the message is its fields, and a second copy of every block is spared. */
    buf_reserve(&blocks, list.size + 64);
    while (reader_left(&reader) > 0) {
        const struct bytes block = reader_bytes(&reader, reader_u32(&reader));
        buf_put_varint(&blocks, 1 << 3 | 2);
        buf_put_varint(&blocks, block.size);
        buf_append_bytes(&blocks, block);
    }
    buf_clear(frame);
    buf_put_varint(frame, 1 << 3 | 0);
    buf_put_varint(frame, link->session);
    buf_put_varint(frame, 4 << 3 | 2);
    buf_put_varint(frame, blocks.size);
    buf_append_bytes(frame, buf_bytes(&blocks));
    buf_free(&blocks);
}

static bool cursor_waits(const struct replicator *r, struct cursor *cursor)
{
    if (cursor->rejected) {
        return true;
    }
    if (cursor->not_yet && now_ms(r) < cursor->retry_ms) {
        return true;
    }
    cursor->not_yet = false;
    return false;
}

/* The own log first: it carries the grants that others wait for. Then the rest in turn. */
bool sync_next_blocks(struct replicator *r, struct link *link, struct buf *frame)
{
    struct buf blocks = BUF_EMPTY;
    size_t tries = 0;

    if (link->cursor_count == 0 && r->log_count > 0) {
        return false;
    }
    for (size_t i = 0; i < r->log_count; i++) { /* logs that began during the session */
        if (sync_cursor(link, r->logs[i].author) == NULL && flows(r, link, r->logs[i].author)) {
            (void)get_cursor(r, link, r->logs[i].author);
        }
    }
    while (tries <= link->cursor_count && blocks.size == 0) {
        struct cursor *cursor = tries == 0
                                    ? sync_cursor(link, r->config.self)
                                    : &link->cursors[link->next_cursor++ % link->cursor_count];
        const struct held_log *log = cursor == NULL ? NULL : heads_find(r, cursor->author);
        struct gather gather = {.r = r, .link = link, .cursor = cursor, .blocks = &blocks};

        tries++;
        if (log == NULL || cursor_waits(r, cursor)) {
            continue;
        }
        gather.limit_lsn = heads_sendable(log)->lsn;
        while (blocks.size == 0 && !gather.full && cursor->next_lsn <= gather.limit_lsn) {
            const uint64_t before = cursor->next_lsn;
            gather.looked = 0;
            gather_log(&gather);
            if (cursor->next_lsn == before) {
                break;
            }
        }
        if (blocks.size == 0 && !gather.full && cursor->next_lsn > gather.limit_lsn &&
            link->in_flight == 0) {
            cursor->acked_lsn = gather.limit_lsn; /* what follows is not for this neighbour */
        }
    }
    if (blocks.size == 0) {
        buf_free(&blocks);
        return false;
    }
    encode_blocks(link, buf_bytes(&blocks), frame);
    buf_free(&blocks);
    return true;
}

/* --- acknowledgements that arrive --- */

void sync_acked(struct replicator *r, struct link *link, const Terrace__Ack *ack)
{
    bool moved = false;

    for (size_t i = 0; i < ack->n_held; i++) {
        struct division author;
        struct cursor *cursor;

        if (!division_from_pb(&author, ack->held[i]->author)) {
            continue;
        }
        cursor = sync_cursor(link, author);
        if (cursor == NULL || ack->held[i]->lsn <= cursor->acked_lsn) {
            continue;
        }
        if (ack->held[i]->lsn > cursor->sent_lsn) {
            link_restart(r, link, ERR_REFUSED, "it acknowledges what was never sent");
            return;
        }
        cursor->acked_lsn = ack->held[i]->lsn;
        moved = true;
        r->config.sink.alarm_cleared(r->config.sink.arg, "rejected", link->peer);
    }
    for (size_t i = 0; i < ack->n_not_yet; i++) {
        struct division author;
        struct cursor *cursor;

        if (division_from_pb(&author, ack->not_yet[i]->author) &&
            (cursor = sync_cursor(link, author)) != NULL) {
            cursor->next_lsn = ack->not_yet[i]->lsn + 1;
            cursor->not_yet = true;
            cursor->retry_ms = now_ms(r) + RETRY_NOT_YET_MS;
        }
    }
    if (ack->has_credit && ack->credit > link->credit_got) {
        link->credit_got = ack->credit;
        moved = true;
    }
    if (link->credit_first == 0) {
        link->credit_first = link->credit_got; /* nothing could be sent before */
    }
    /* Credit comes back for what is stored: the rest of what was sent is in flight. */
    if (link->credit_got - link->credit_first < link->sent_bytes) {
        link->in_flight = link->sent_bytes - (link->credit_got - link->credit_first);
    } else {
        link->in_flight = 0;
    }
    if (moved) {
        link->progress_ms = now_ms(r);
        for (size_t i = 0; i < link->cursor_count; i++) {
            if (link->cursors[i].not_yet && ack->n_held > 0) {
                link->cursors[i].retry_ms = now_ms(r); /* what it lacked may have come */
            }
        }
    }
}

/* --- taking blocks in --- */

static void add_due(struct division **list, size_t *count, size_t *capacity, struct division author)
{
    for (size_t i = 0; i < *count; i++) {
        if (division_equal((*list)[i], author)) {
            return;
        }
    }
    if (*count == *capacity) {
        *capacity = *capacity == 0 ? 4 : 2 * *capacity;
        *list = mem_realloc(*list, *capacity * sizeof **list);
    }
    (*list)[(*count)++] = author;
}

static struct quarantined *find_quarantined(struct link *link, struct division author)
{
    for (size_t i = 0; i < link->quarantine_count; i++) {
        if (division_equal(link->quarantine[i].author, author)) {
            return &link->quarantine[i];
        }
    }
    return NULL;
}

static void quarantine(struct link *link, struct division author, bool rejected)
{
    struct quarantined *known = find_quarantined(link, author);

    if (known == NULL) {
        link->quarantine =
            mem_realloc(link->quarantine, (link->quarantine_count + 1) * sizeof *link->quarantine);
        known = &link->quarantine[link->quarantine_count++];
        known->author = author;
    }
    known->rejected = rejected;
}

static void release_quarantined(struct link *link, struct quarantined *known)
{
    *known = link->quarantine[--link->quarantine_count];
}

enum place { PLACE_NEXT, PLACE_HELD, PLACE_GAP, PLACE_FORK };

/* Is the stored block that covers this position the very same? */
static enum place compare_stored(struct replicator *r, const struct block_view *block)
{
    struct buf whole = BUF_EMPTY;
    struct block_view stored;
    struct err err;
    enum place place = PLACE_FORK;

    if (log_read_block(r->config.store, NULL, block->header.author, block->header.first_lsn, &whole,
                       &stored, &err) != OK) {
        place = PLACE_HELD; /* staged in this turn, or a hole that the audience explains */
    } else if (bytes_equal(stored.header_bytes, block->header_bytes)) {
        place = PLACE_HELD;
    }
    buf_free(&whole);
    return place;
}

static enum place place_whole(struct replicator *r, const struct held_log *log,
                              const struct block_view *block)
{
    const struct block_header *header = &block->header;
    const struct log_head *head = &log->staged;

    if (header->first_lsn <= head->lsn) {
        return compare_stored(r, block);
    }
    if (header->first_lsn > head->lsn + 1) {
        return PLACE_GAP;
    }
    return hash_equal(&header->prev_hash, &head->hash) ? PLACE_NEXT : PLACE_FORK;
}

static enum place place_filtered(struct replicator *r, struct held_log *log,
                                 const struct block_view *block)
{
    const struct block_header *header = &block->header;
    const struct audience_head *head = heads_audience(log, &header->audience);

    if (header->aud_seq <= head->seq) {
        return compare_stored(r, block);
    }
    if (header->aud_seq > head->seq + 1) {
        return PLACE_GAP;
    }
    if (!hash_equal(&header->aud_prev, &head->hash) || header->first_lsn <= log->staged.lsn) {
        return PLACE_FORK;
    }
    return PLACE_NEXT;
}

static void refuse_block(struct replicator *r, struct link *link, const struct block_header *header,
                         const struct err *why)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Reject reject = TERRACE__REJECT__INIT;

    link->frames_refused++;
    reject.has_author = reject.has_epoch = reject.has_lsn = reject.has_reason = 1;
    reject.author = pb_division(&header->author);
    reject.epoch = header->epoch;
    reject.lsn = header->first_lsn;
    reject.reason = (uint32_t)why->status;
    reject.has_text = 1;
    reject.text = pb_of_bytes(why->text, strlen(why->text));
    frame.reject = &reject;
    link_queue(r, link, &frame);
    quarantine(link, header->author, true);
    alarm_about(r, why->status == ERR_FORK ? "fork" : "bad_block", link->peer,
                "block %" PRIu64 " of %s refused: %s", header->first_lsn, header->author.code,
                why->text);
}

/* Both blocks at one position are evidence; the first pair of an author and epoch is kept. */
static void keep_evidence(struct replicator *r, struct txn *txn, const struct block_view *block)
{
    struct buf key = BUF_EMPTY;
    struct bytes known;

    buf_put_u8(&key, 'f');
    division_write(&key, block->header.author);
    buf_put_u32(&key, block->header.epoch);
    (void)r;
    if (!txn_get(txn, SPACE_META, buf_bytes(&key), &known)) {
        (void)txn_put(txn, SPACE_META, buf_bytes(&key), block->whole);
    }
    buf_free(&key);
}

/* May this neighbour hand us blocks of this author? */
static enum status check_author(const struct replicator *r, const struct link *link,
                                const struct block_header *header, struct err *err)
{
    if (roster_epoch(r->roster, header->author, header->epoch) == NULL) {
        return err_set(err, ERR_NOT_YET, "no grant of %s, epoch %u, is held", header->author.code,
                       header->epoch);
    }
    if (!link->is_parent) {
        return roster_within(r->roster, header->author, link->peer)
                   ? OK
                   : err_set(err, ERR_REFUSED, "%s is not below %s", header->author.code,
                             link->peer.code);
    }
    if (division_equal(header->author, r->config.self) ||
        !roster_within(r->roster, r->config.self, header->author) ||
        !roster_in_audience(r->roster, r->config.self, header->author, &header->audience)) {
        return err_set(err, ERR_REFUSED, "a block of %s is not for %s", header->author.code,
                       r->config.self.code);
    }
    return OK;
}

static void take_grants(struct replicator *r, struct txn *txn, struct division author)
{
    for (size_t i = 0; i < r->body.count; i++) {
        const struct entry *entry = &r->body.entries[i];
        struct grant grant;
        struct err err;
        bool added = false;

        if (entry->kind != KIND_GRANT) {
            continue;
        }
        if (roster_add(r->roster, entry->body, &added, &err) != OK ||
            grant_parse(&grant, entry->body, &err) != OK) {
            alarm_about(r, "bad_grant", author, "grant at lsn %" PRIu64 ": %s", entry->lsn,
                        err.text);
            continue;
        }
        if (added) {
            buf_clear(&r->key);
            buf_put_u8(&r->key, 'g');
            division_write(&r->key, grant.division);
            buf_put_u32(&r->key, grant.epoch);
            (void)txn_put(txn, SPACE_META, buf_bytes(&r->key), entry->body);
            links_refresh(r);
            r->config.sink.roster_changed(r->config.sink.arg, grant.division);
        }
    }
}

/* Signed by the key its author was granted, and with the body it names? */
static enum status verify(const struct replicator *r, const struct block_view *block,
                          struct hash *hash, struct err *err)
{
    const struct block_header *header = &block->header;
    const struct grant *grant = roster_epoch(r->roster, header->author, header->epoch);
    const struct key_id key_id = key_id_of(&grant->sign_key);

    if (memcmp(&key_id, &header->key_id, sizeof key_id) != 0) {
        return err_set(err, ERR_BAD_SIGNATURE, "signed with a key that %s was not granted",
                       header->author.code);
    }
    return block_verify(block, &r->config.tree, &grant->sign_key, hash, err);
}

/* Verifies, reads, stages and hands over a block that fits. */
static enum status take_in(struct replicator *r, struct txn *txn, struct held_log *log,
                           const struct block_view *block, struct err *err)
{
    struct hash hash;
    enum status status = verify(r, block, &hash, err);

    if (status == OK) {
        status = block_body_read(&r->body, block, err);
    }
    if (status != OK) {
        return status;
    }
    heads_stage(r, txn, log, block, &hash);
    take_grants(r, txn, block->header.author);
    r->config.sink.block_held(r->config.sink.arg, txn, block, &r->body);
    return OK;
}

/* Another block at a held position: evidence only when its author really signed it. */
static enum status judge_fork(struct replicator *r, struct txn *txn, const struct block_view *block,
                              struct err *err)
{
    struct hash hash;
    const enum status status = verify(r, block, &hash, err);

    if (status != OK) {
        return status;
    }
    keep_evidence(r, txn, block);
    return err_set(err, ERR_FORK, "it does not follow the block we hold");
}

/* False when the session is over and the rest of the frame with it. */
static bool take_one(struct replicator *r, struct txn *txn, struct link *link, struct bytes whole)
{
    struct block_view block;
    struct block_header *header = &block.header;
    struct quarantined *waiting;
    struct held_log *log;
    struct err err;
    enum status status;
    enum place place;

    memset(header, 0, sizeof *header);
    status = block_parse(&block, whole, &err);
    if (status != OK) {
        refuse_block(r, link, header, &err);
        return true;
    }
    waiting = find_quarantined(link, header->author);
    if (waiting != NULL && waiting->rejected) {
        return true; /* refused already in this session */
    }
    status = check_author(r, link, header, &err);
    if (status == ERR_NOT_YET) {
        quarantine(link, header->author, false);
        add_due(&link->not_yet_due, &link->not_yet_count, &link->not_yet_capacity, header->author);
        return true;
    }
    if (status != OK) {
        refuse_block(r, link, header, &err);
        return true;
    }
    log = heads_get(r, header->author);
    place = link->is_parent ? place_filtered(r, log, &block) : place_whole(r, log, &block);
    if (place == PLACE_GAP && waiting != NULL) {
        return true; /* it follows one that was not yet to be taken; that one comes again */
    }
    switch (place) {
    case PLACE_HELD:
        break;
    case PLACE_GAP:
        link_restart(r, link, ERR_GAP, "a block before it is missing");
        return false;
    case PLACE_FORK:
        (void)judge_fork(r, txn, &block, &err);
        refuse_block(r, link, header, &err);
        return true;
    case PLACE_NEXT:
        status = take_in(r, txn, log, &block, &err);
        if (status != OK) {
            refuse_block(r, link, header, &err);
            return true;
        }
        break;
    }
    if (waiting != NULL) {
        release_quarantined(link, waiting);
    }
    add_due(&link->held_due, &link->held_due_count, &link->held_due_capacity, header->author);
    return true;
}

void sync_take_blocks(struct replicator *r, struct txn *txn, struct link *link,
                      const Terrace__Blocks *blocks)
{
    for (size_t i = 0; i < blocks->n_block; i++) {
        const struct bytes whole = bytes_of_pb(blocks->block[i]);

        link->taken_bytes += whole.size;
        if (!take_one(r, txn, link, whole)) {
            return;
        }
    }
    link->ack_due = true;
}

/* --- what is behind --- */

struct backlog {
    const struct replicator *r;
    const struct link *link;
    size_t left;
    uint64_t limit_lsn;
    void (*visit)(void *arg, const struct block_view *block);
    void *arg;
};

static bool visit_backlog(void *arg, const struct block_view *block)
{
    struct backlog *backlog = arg;

    if (block_last_lsn(&block->header) > backlog->limit_lsn || backlog->left == 0) {
        return false;
    }
    if (addressed(backlog->r, backlog->link, &block->header)) {
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
    for (size_t i = 0; i < r->log_count && backlog.left > 0; i++) {
        const struct held_log *log = &r->logs[i];
        const struct cursor *cursor = sync_cursor(link, log->author);
        const uint64_t acked = cursor == NULL ? 0 : cursor->acked_lsn;
        enum status status;

        if (!flows(r, link, log->author) || log->durable.lsn <= acked) {
            continue;
        }
        backlog.limit_lsn = log->durable.lsn;
        status =
            log_scan(r->config.store, NULL, log->author, acked + 1, visit_backlog, &backlog, err);
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

enum { BEHIND_BLOCKS_MAX = 512 }; /* looked at for a status; beyond them bytes are estimated */

struct behind {
    uint64_t entries, bytes, oldest_ms;
};

static void add_behind(void *arg, const struct block_view *block)
{
    struct behind *behind = arg;

    behind->entries += block->header.count;
    behind->bytes += block->whole.size;
    if (behind->oldest_ms == 0 || block->header.time_ms < behind->oldest_ms) {
        behind->oldest_ms = block->header.time_ms;
    }
}

/* Upward the exact number of entries; downward what is addressed to the neighbour, as far as a
 * bounded look goes. */
uint64_t sync_behind(const struct replicator *r, const struct link *link, uint64_t *oldest_ms,
                     uint64_t *bytes)
{
    struct behind behind = {0, 0, 0};
    uint64_t entries = 0;
    struct err err;

    (void)replicator_backlog(r, link->peer, BEHIND_BLOCKS_MAX, add_behind, &behind, &err);
    *oldest_ms = behind.oldest_ms;
    *bytes = behind.bytes;
    if (!link->is_parent) {
        return behind.entries;
    }
    for (size_t i = 0; i < r->log_count; i++) {
        const struct held_log *log = &r->logs[i];
        const struct cursor *cursor = find_cursor(link, log->author);
        const uint64_t acked = cursor == NULL ? 0 : cursor->acked_lsn;

        if (flows(r, link, log->author) && log->durable.lsn > acked) {
            entries += log->durable.lsn - acked;
        }
    }
    if (behind.entries > 0 && entries > behind.entries) {
        *bytes = behind.bytes / behind.entries * entries;
    }
    return entries;
}
