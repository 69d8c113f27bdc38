#include "replicator/log/heads.h"

#include <assert.h>

#include "proto/array.h"
#include "replicator/log/sealing.h"
#include "replicator/store/read_watch.h"
#include "replicator/store/row_letters.h"

void heads_init(struct logs *logs, const struct store *store, const struct clock *clock)
{
    *logs = (struct logs){.store = store, .clock = clock};
}

void heads_free(struct logs *logs)
{
    for (size_t i = 0; i < logs->count; i++) {
        mem_free(logs->at[i]->audiences);
        mem_free(logs->at[i]);
    }
    mem_free(logs->at);
    mem_free(logs->staged);
    block_cache_free(&logs->cache);
    buf_free(&logs->key);
    buf_free(&logs->value);
}

static int compare_author(const void *key, const void *item)
{
    const struct division *author = key;
    struct held_log *const *log = item;

    return division_compare(*author, (*log)->author);
}

static size_t place_of(const struct logs *logs, struct division author)
{
    return ARRAY_LOWER_BOUND(logs->at, logs->count, &author, compare_author);
}

struct held_log *heads_find(const struct logs *logs, struct division author)
{
    const size_t at = place_of(logs, author);

    return at < logs->count && division_equal(logs->at[at]->author, author) ? logs->at[at] : NULL;
}

static struct held_log *get(struct logs *logs, struct division author)
{
    const size_t at = place_of(logs, author);

    if (at == logs->count || !division_equal(logs->at[at]->author, author)) {
        struct held_log *log = mem_zalloc(sizeof *log);
        log->author = author;
        ARRAY_GAP(logs->at, logs->count, logs->capacity, at);
        logs->at[at] = log;
    }
    return logs->at[at];
}

struct held_log *heads_follow(struct logs *logs, struct division author, enum held_side side)
{
    struct held_log *log = get(logs, author);

    log->side = side;
    if (side == HELD_OWN) {
        logs->own = log;
    }
    return log;
}

void heads_want(struct held_log *log, bool wanted)
{
    assert(log->side == HELD_OWN || log->side == HELD_BELOW);
    log->wanted = wanted;
}

const struct audience_head *heads_of(const struct held_log *log, const struct audience *audience)
{
    for (size_t i = 0; i < log->audience_count; i++) {
        if (audience_equal(&log->audiences[i].audience, audience)) {
            return &log->audiences[i];
        }
    }
    return NULL;
}

static struct audience_head *get_audience(struct held_log *log, const struct audience *audience)
{
    for (size_t i = 0; i < log->audience_count; i++) {
        if (audience_equal(&log->audiences[i].audience, audience)) {
            return &log->audiences[i];
        }
    }
    ARRAY_ROOM(log->audiences, log->audience_count, log->audience_capacity);
    log->audiences[log->audience_count] = (struct audience_head){.audience = *audience};
    return &log->audiences[log->audience_count++];
}

/* --- rows --- */

static void log_key(struct buf *key, struct division author)
{
    buf_clear(key);
    buf_put_u8(key, HEADS_LOG);
    division_write(key, author);
}

static void audience_key(struct buf *key, struct division author, const struct audience *audience)
{
    buf_clear(key);
    buf_put_u8(key, HEADS_AUDIENCE);
    division_write(key, author);
    buf_put_u8(key, (uint8_t)audience->kind);
    division_write(key, audience->division);
}

static void place_key(struct buf *key, struct division author, const struct audience *audience,
                      uint64_t seq)
{
    buf_clear(key);
    buf_put_u8(key, HEADS_PLACE);
    division_write(key, author);
    buf_put_u8(key, (uint8_t)audience->kind);
    division_write(key, audience->division);
    buf_put_u64(key, seq);
}

static bool read_place(struct held_place *out, struct bytes value)
{
    struct reader reader = reader_of(value);

    out->epoch = reader_u32(&reader);
    out->first_lsn = reader_u64(&reader);
    out->last_lsn = reader_u64(&reader);
    reader_copy(&reader, &out->hash, sizeof out->hash);
    return reader_done(&reader);
}

bool heads_place(const struct logs *logs, struct txn *txn, struct division author,
                 const struct audience *audience, uint64_t seq, struct held_place *out)
{
    struct buf key = BUF_EMPTY, stored = BUF_EMPTY;
    struct bytes value;
    struct err err;
    bool found;

    place_key(&key, author, audience, seq);
    if (txn != NULL) {
        found = txn_get(txn, SPACE_HEADS, buf_bytes(&key), &value) &&
                txn_check_row(txn, buf_bytes(&key), read_place(out, value));
    } else {
        found = logs->store->ops->get(logs->store->self, NULL, SPACE_HEADS, buf_bytes(&key),
                                      &stored, &err) == OK &&
                read_watch_row(logs->store, buf_bytes(&key), read_place(out, buf_bytes(&stored)));
    }
    buf_free(&key);
    buf_free(&stored);
    return found;
}

void heads_note_fork(struct held_log *log, uint32_t epoch)
{
    log->forked = epoch > log->forked ? epoch : log->forked;
}

struct loading {
    struct logs *logs;
    bool failed;
};

static bool load_log(void *arg, struct bytes key, struct bytes value)
{
    struct loading *loading = arg;
    struct reader in_key = reader_of(key), in_value = reader_of(value);
    struct held_log *log;
    struct log_head head = {0};
    struct division author;
    uint64_t bytes;

    (void)reader_u8(&in_key);
    author = division_read(&in_key);
    head.epoch = reader_u32(&in_value);
    head.lsn = reader_u64(&in_value);
    head.blocks = reader_u64(&in_value);
    reader_copy(&in_value, &head.hash, sizeof head.hash);
    head.time_ms = reader_u64(&in_value);
    bytes = reader_u64(&in_value);
    if (!reader_done(&in_key) || !reader_done(&in_value)) {
        loading->failed = true;
        return false;
    }
    log = get(loading->logs, author);
    log->staged = log->durable = head;
    log->bytes = bytes;
    return true;
}

static bool read_audience(struct division *author, struct audience_head *out, struct bytes key,
                          struct bytes value)
{
    struct reader in_key = reader_of(key), in_value = reader_of(value);

    (void)reader_u8(&in_key);
    *author = division_read(&in_key);
    out->audience.kind = reader_u8(&in_key);
    out->audience.division = division_read(&in_key);
    out->seq = reader_u64(&in_value);
    out->lsn = reader_u64(&in_value);
    reader_copy(&in_value, &out->hash, sizeof out->hash);
    return reader_done(&in_key) && reader_done(&in_value);
}

static bool load_audience(void *arg, struct bytes key, struct bytes value)
{
    struct loading *loading = arg;
    struct audience_head head;
    struct division author;

    if (!read_audience(&author, &head, key, value)) {
        loading->failed = true;
        return false;
    }
    *get_audience(get(loading->logs, author), &head.audience) = head;
    return true;
}

enum status heads_load(struct logs *logs, struct err *err)
{
    const struct store *store = logs->store;
    struct loading loading = {logs, false};
    enum status status;

    status = store->ops->scan(store->self, NULL, SPACE_HEADS, bytes_text("L"), BYTES_NONE, load_log,
                              &loading, err);
    if (status == OK) {
        status = store->ops->scan(store->self, NULL, SPACE_HEADS, bytes_text("A"), BYTES_NONE,
                                  load_audience, &loading, err);
    }
    if (status == OK && loading.failed) {
        status = err_set(err, ERR_CORRUPT, "stored_head_unreadable");
    }
    return status;
}

/* --- what is missing of a log from above --- */

void heads_note_gap(struct held_log *log, const struct audience *audience)
{
    const struct audience_head *head = heads_of(log, audience);
    const uint64_t seq = head == NULL ? 0 : head->seq, lsn = head == NULL ? 0 : head->lsn;
    struct gap *gap = &log->gap;

    if (gap->times == 0 || gap->seq != seq || !audience_equal(&gap->audience, audience)) {
        *gap = (struct gap){*audience, seq, 0};
    }
    gap->times++;
    if (gap->times > 1) {
        log->refill = (struct refill){true, lsn, lsn};
    }
}

/* Once all that was held has come again the log is told of as before. */
static void note_durable(struct held_log *log)
{
    struct refill *refill = &log->refill;

    refill->durable = refill->staged;
    if (refill->on && refill->durable >= log->durable.lsn) {
        *refill = (struct refill){false, 0, 0};
    }
}

void heads_note_again(struct held_log *log, uint64_t last_lsn)
{
    struct refill *refill = &log->refill;
    const bool all_durable = refill->staged == refill->durable;

    if (refill->on && last_lsn > refill->staged) {
        refill->staged = last_lsn;
        if (all_durable) {
            note_durable(log);
        }
    }
}

uint64_t heads_told_lsn(const struct held_log *log)
{
    return log->refill.on ? log->refill.durable : log->durable.lsn;
}

/* --- staging --- */

static void put_log_head(struct logs *logs, struct txn *txn, const struct held_log *log)
{
    const struct log_head *head = &log->staged;

    buf_clear(&logs->value);
    buf_put_u32(&logs->value, head->epoch);
    buf_put_u64(&logs->value, head->lsn);
    buf_put_u64(&logs->value, head->blocks);
    buf_append(&logs->value, &head->hash, sizeof head->hash);
    buf_put_u64(&logs->value, head->time_ms);
    buf_put_u64(&logs->value, log->bytes);
    log_key(&logs->key, log->author);
    (void)txn_put(txn, SPACE_HEADS, buf_bytes(&logs->key), buf_bytes(&logs->value));
}

static void put_audience_head(struct logs *logs, struct txn *txn, const struct held_log *log,
                              const struct audience_head *head)
{
    buf_clear(&logs->value);
    buf_put_u64(&logs->value, head->seq);
    buf_put_u64(&logs->value, head->lsn);
    buf_append(&logs->value, &head->hash, sizeof head->hash);
    audience_key(&logs->key, log->author, &head->audience);
    (void)txn_put(txn, SPACE_HEADS, buf_bytes(&logs->key), buf_bytes(&logs->value));
}

static void put_place(struct logs *logs, struct txn *txn, const struct block_header *header,
                      const struct hash *hash)
{
    buf_clear(&logs->value);
    buf_put_u32(&logs->value, header->epoch);
    buf_put_u64(&logs->value, header->first_lsn);
    buf_put_u64(&logs->value, block_last_lsn(header));
    buf_append(&logs->value, hash, sizeof *hash);
    place_key(&logs->key, header->author, &header->audience, header->aud_seq);
    (void)txn_put(txn, SPACE_HEADS, buf_bytes(&logs->key), buf_bytes(&logs->value));
}

static void note_staged_block(struct logs *logs, struct held_log *log,
                              const struct block_header *header, bool is_late)
{
    ARRAY_ROOM(logs->staged, logs->staged_count, logs->staged_capacity);
    logs->staged[logs->staged_count++] =
        (struct staged_block){.log = log,
                              .audience = header->audience,
                              .prev_lsn = is_late ? header->first_lsn - 1 : log->staged.lsn,
                              .last_lsn = block_last_lsn(header),
                              .first_lsn = header->first_lsn,
                              .is_late = is_late};
}

static void move_head(struct held_log *log, const struct block_header *header,
                      const struct hash *hash)
{
    log->staged.epoch = header->epoch;
    log->staged.lsn = block_last_lsn(header);
    log->staged.hash = *hash;
    log->staged.time_ms = header->time_ms;
}

static void move_audience(struct logs *logs, struct txn *txn, struct held_log *log,
                          const struct block_header *header, const struct hash *hash)
{
    struct audience_head *head = get_audience(log, &header->audience);

    head->seq = header->aud_seq;
    head->lsn = block_last_lsn(header);
    head->hash = *hash;
    put_audience_head(logs, txn, log, head);
}

void heads_stage(struct logs *logs, struct txn *txn, struct held_log *log,
                 const struct block_view *block, const struct hash *hash)
{
    const struct block_header *header = &block->header;
    const bool is_late = log->side != HELD_BELOW && header->first_lsn <= log->staged.lsn;

    log_block_key(&logs->key, header->author, header->epoch, header->first_lsn);
    (void)txn_put(txn, SPACE_BLOCKS, buf_bytes(&logs->key), block->whole);
    note_staged_block(logs, log, header, is_late);
    log->bytes += block->whole.size;
    log->staged.blocks++;
    if (is_late) {
        block_cache_free(&logs->cache); /* it knows of nothing between those it has */
    } else {
        block_cache_add(&logs->cache, log->staged.lsn, block, clock_mono_ms(logs->clock));
        move_head(log, header, hash);
    }
    if (log->refill.on && block_last_lsn(header) > log->refill.staged) {
        log->refill.staged = block_last_lsn(header);
    }
    put_log_head(logs, txn, log);
    move_audience(logs, txn, log, header, hash);
    if (log->side != HELD_BELOW) {
        put_place(logs, txn, header, hash);
    }
}

/* --- taking back --- */

struct visiting {
    heads_visit_fn *visit;
    void *arg;
    bool failed;
};

static bool visit_audience(void *arg, struct bytes key, struct bytes value)
{
    struct visiting *visiting = arg;
    struct audience_head head;
    struct division author;

    visiting->failed = !read_audience(&author, &head, key, value);
    return !visiting->failed && visiting->visit(visiting->arg, &head.audience, head.lsn);
}

enum status heads_each_audience(struct txn *txn, struct division author, heads_visit_fn *visit,
                                void *arg, struct err *err)
{
    struct visiting visiting = {visit, arg, false};
    struct buf prefix = BUF_EMPTY;
    enum status status;

    buf_put_u8(&prefix, HEADS_AUDIENCE);
    division_write(&prefix, author);
    status = txn_scan(txn, SPACE_HEADS, buf_bytes(&prefix), visit_audience, &visiting, err);
    if (status == OK && visiting.failed) {
        status = err_set(err, ERR_CORRUPT, "stored_head_unreadable");
        txn_fail(txn, err);
    }
    buf_free(&prefix);
    return status;
}

void heads_take_back(struct logs *logs, struct txn *txn, struct held_log *log,
                     const struct log_head *head, uint64_t bytes)
{
    log->staged = *head;
    log->bytes = bytes;
    put_log_head(logs, txn, log);
    if (head->lsn == 0) {
        log_key(&logs->key, log->author);
        txn_delete(txn, SPACE_HEADS, buf_bytes(&logs->key));
    }
}

void heads_take_audience_back(struct logs *logs, struct txn *txn, const struct held_log *log,
                              const struct audience_head *head)
{
    put_audience_head(logs, txn, log, head);
    if (head->seq == 0) {
        audience_key(&logs->key, log->author, &head->audience);
        txn_delete(txn, SPACE_HEADS, buf_bytes(&logs->key));
    }
}

void heads_forget_place(struct logs *logs, struct txn *txn, const struct block_header *header)
{
    place_key(&logs->key, header->author, &header->audience, header->aud_seq);
    txn_delete(txn, SPACE_HEADS, buf_bytes(&logs->key));
}

struct staged_blocks heads_durable(struct logs *logs)
{
    const struct staged_blocks blocks = {logs->staged, logs->staged_count};

    for (size_t i = 0; i < blocks.count; i++) {
        struct held_log *log = blocks.at[i].log;
        log->durable = log->staged;
        note_durable(log);
    }
    logs->staged_count = 0;
    return blocks;
}

bool heads_expire(struct logs *logs)
{
    return block_cache_expire(&logs->cache, clock_mono_ms(logs->clock));
}
