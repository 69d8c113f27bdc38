#include "replicator/core.h"

#include <assert.h>

static size_t place_of(const struct replicator *r, struct division author)
{
    size_t low = 0, high = r->log_count;

    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (division_compare(r->logs[middle]->author, author) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct held_log *heads_find(const struct replicator *r, struct division author)
{
    const size_t at = place_of(r, author);

    return at < r->log_count && division_equal(r->logs[at]->author, author) ? r->logs[at] : NULL;
}

struct held_log *heads_get(struct replicator *r, struct division author)
{
    const size_t at = place_of(r, author);
    struct held_log *log;

    if (at < r->log_count && division_equal(r->logs[at]->author, author)) {
        return r->logs[at];
    }
    if (r->log_count == r->log_capacity) {
        r->log_capacity = r->log_capacity == 0 ? 8 : 2 * r->log_capacity;
        r->logs = mem_realloc(r->logs, r->log_capacity * sizeof(struct held_log *));
    }
    log = mem_zalloc(sizeof *log);
    log->author = author;
    memmove(&r->logs[at + 1], &r->logs[at], (r->log_count - at) * sizeof(struct held_log *));
    r->logs[at] = log;
    r->log_count++;
    return log;
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

struct audience_head *heads_audience(struct held_log *log, const struct audience *audience)
{
    for (size_t i = 0; i < log->audience_count; i++) {
        if (audience_equal(&log->audiences[i].audience, audience)) {
            return &log->audiences[i];
        }
    }
    if ((log->audience_count & (log->audience_count - 1)) == 0) {
        const size_t capacity = log->audience_count == 0 ? 1 : 2 * log->audience_count;
        log->audiences = mem_realloc(log->audiences, capacity * sizeof *log->audiences);
    }
    log->audiences[log->audience_count] = (struct audience_head){.audience = *audience};
    return &log->audiences[log->audience_count++];
}

/* --- rows --- */

static void log_key(struct buf *key, struct division author)
{
    buf_clear(key);
    buf_put_u8(key, 'L');
    division_write(key, author);
}

static void audience_key(struct buf *key, struct division author, const struct audience *audience)
{
    buf_clear(key);
    buf_put_u8(key, 'A');
    division_write(key, author);
    buf_put_u8(key, (uint8_t)audience->kind);
    division_write(key, audience->division);
}

struct loading {
    struct replicator *r;
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
    log = heads_get(loading->r, author);
    log->staged = log->durable = head;
    log->bytes = bytes;
    return true;
}

static bool load_audience(void *arg, struct bytes key, struct bytes value)
{
    struct loading *loading = arg;
    struct reader in_key = reader_of(key), in_value = reader_of(value);
    struct audience audience;
    struct audience_head *head;
    struct division author;
    uint64_t seq, lsn;
    struct hash hash;

    (void)reader_u8(&in_key);
    author = division_read(&in_key);
    audience.kind = reader_u8(&in_key);
    audience.division = division_read(&in_key);
    seq = reader_u64(&in_value);
    lsn = reader_u64(&in_value);
    reader_copy(&in_value, &hash, sizeof hash);
    if (!reader_done(&in_key) || !reader_done(&in_value)) {
        loading->failed = true;
        return false;
    }
    head = heads_audience(heads_get(loading->r, author), &audience);
    head->seq = seq;
    head->lsn = lsn;
    head->hash = hash;
    return true;
}

enum status heads_load(struct replicator *r, struct err *err)
{
    const struct store *store = r->config.store;
    struct loading loading = {r, false};
    enum status status;

    status = store->ops->scan(store->self, NULL, SPACE_HEADS, bytes_text("L"), BYTES_NONE, load_log,
                              &loading, err);
    if (status == OK) {
        status = store->ops->scan(store->self, NULL, SPACE_HEADS, bytes_text("A"), BYTES_NONE,
                                  load_audience, &loading, err);
    }
    if (status == OK && loading.failed) {
        status = err_set(err, ERR_CORRUPT, "a head in the store cannot be read");
    }
    return status;
}

/* --- staging --- */

static void put_log_head(struct replicator *r, struct txn *txn, const struct held_log *log)
{
    const struct log_head *head = &log->staged;

    buf_clear(&r->scratch);
    buf_put_u32(&r->scratch, head->epoch);
    buf_put_u64(&r->scratch, head->lsn);
    buf_put_u64(&r->scratch, head->blocks);
    buf_append(&r->scratch, &head->hash, sizeof head->hash);
    buf_put_u64(&r->scratch, head->time_ms);
    buf_put_u64(&r->scratch, log->bytes);
    log_key(&r->key, log->author);
    (void)txn_put(txn, SPACE_HEADS, buf_bytes(&r->key), buf_bytes(&r->scratch));
}

static void put_audience_head(struct replicator *r, struct txn *txn, const struct held_log *log,
                              const struct audience_head *head)
{
    buf_clear(&r->scratch);
    buf_put_u64(&r->scratch, head->seq);
    buf_put_u64(&r->scratch, head->lsn);
    buf_append(&r->scratch, &head->hash, sizeof head->hash);
    audience_key(&r->key, log->author, &head->audience);
    (void)txn_put(txn, SPACE_HEADS, buf_bytes(&r->key), buf_bytes(&r->scratch));
}

static void note_fresh(struct replicator *r, struct held_log *log,
                       const struct block_header *header)
{
    if (r->fresh_count == r->fresh_capacity) {
        r->fresh_capacity = r->fresh_capacity == 0 ? 8 : 2 * r->fresh_capacity;
        r->fresh = mem_realloc(r->fresh, r->fresh_capacity * sizeof *r->fresh);
    }
    r->fresh[r->fresh_count++] =
        (struct fresh){log, header->audience, log->staged.lsn, block_last_lsn(header)};
    log->dirty = true;
}

void heads_stage(struct replicator *r, struct txn *txn, struct held_log *log,
                 const struct block_view *block, const struct hash *hash)
{
    const struct block_header *header = &block->header;

    log_block_key(&r->key, header->author, header->epoch, header->first_lsn);
    (void)txn_put(txn, SPACE_BLOCKS, buf_bytes(&r->key), block->whole);
    recent_add(&r->recent, log->staged.lsn, block, now_ms(r));
    note_fresh(r, log, header);

    log->bytes += block->whole.size;
    log->staged.epoch = header->epoch;
    log->staged.lsn = block_last_lsn(header);
    log->staged.blocks++;
    log->staged.hash = *hash;
    log->staged.time_ms = header->time_ms;
    put_log_head(r, txn, log);
    if (log->side != HELD_BELOW) { /* those above an author hold its whole log in one chain */
        struct audience_head *head = heads_audience(log, &header->audience);
        head->seq = header->aud_seq;
        head->lsn = block_last_lsn(header);
        head->hash = *hash;
        put_audience_head(r, txn, log, head);
    }
}

void heads_durable(struct replicator *r)
{
    for (size_t i = 0; i < r->fresh_count; i++) {
        struct held_log *log = r->fresh[i].log;
        if (log->dirty) {
            log->dirty = false;
            log->durable = log->staged;
            cosign_soon(r, log);
        }
    }
    for (size_t i = 0; i < r->fresh_count; i++) {
        send_durable(r, &r->fresh[i]);
    }
    r->fresh_count = 0;
}

void heads_free(struct replicator *r)
{
    for (size_t i = 0; i < r->log_count; i++) {
        mem_free(r->logs[i]->audiences);
        mem_free(r->logs[i]->cosigners);
        mem_free(r->logs[i]);
    }
    mem_free(r->logs);
    mem_free(r->fresh);
}

bool replicator_head(const struct replicator *r, struct division author, bool durable,
                     struct log_head *out)
{
    const struct held_log *log = heads_find(r, author);

    if (log == NULL) {
        memset(out, 0, sizeof *out);
        return false;
    }
    *out = durable ? log->durable : log->staged;
    return out->lsn != 0;
}
