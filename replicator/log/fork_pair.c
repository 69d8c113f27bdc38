#include "replicator/log/fork_pair.h"

#include "replicator/store/read_watch.h"
#include "replicator/store/row_letters.h"

static void row_key(struct buf *key, struct division author, uint32_t epoch)
{
    buf_clear(key);
    buf_put_u8(key, META_FORK);
    division_write(key, author);
    buf_put_u32(key, epoch);
}

bool fork_pair_is_kept(struct txn *txn, struct division author, uint32_t epoch)
{
    struct buf key = BUF_EMPTY;
    struct bytes value;
    bool kept;

    row_key(&key, author, epoch);
    kept = txn_get(txn, SPACE_META, buf_bytes(&key), &value);
    buf_free(&key);
    return kept;
}

void fork_pair_put(struct txn *txn, const struct block_header *header, const struct fork_pair *pair)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    row_key(&key, header->author, header->epoch);
    buf_put_u32(&value, (uint32_t)pair->block.size);
    buf_append_bytes(&value, pair->block);
    buf_put_u32(&value, pair->other_body_size);
    buf_append(&value, pair->other_root.at, HASH_SIZE);
    buf_append_bytes(&value, pair->other);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

static bool read_pair(struct bytes value, struct fork_pair *out)
{
    struct reader reader = reader_of(value);

    out->block = reader_bytes(&reader, reader_u32(&reader));
    out->other_body_size = reader_u32(&reader);
    reader_copy(&reader, out->other_root.at, HASH_SIZE);
    out->other = reader_bytes(&reader, reader_left(&reader));
    return reader_done(&reader);
}

bool fork_pair_read(const struct store *store, struct store_snapshot *snapshot,
                    struct division author, uint32_t epoch, struct buf *value,
                    struct fork_pair *out)
{
    struct buf key = BUF_EMPTY;
    struct err err;
    bool found;

    row_key(&key, author, epoch);
    buf_clear(value);
    found =
        store->ops->get(store->self, snapshot, SPACE_META, buf_bytes(&key), value, &err) == OK &&
        read_watch_row(store, buf_bytes(&key), read_pair(buf_bytes(value), out));
    buf_free(&key);
    return found;
}

bool fork_pair_get(struct txn *txn, struct division author, uint32_t epoch, struct fork_pair *out)
{
    struct buf key = BUF_EMPTY;
    struct bytes value;
    bool found;

    row_key(&key, author, epoch);
    found = txn_get(txn, SPACE_META, buf_bytes(&key), &value) &&
            txn_check_row(txn, buf_bytes(&key), read_pair(value, out));
    buf_free(&key);
    return found;
}

static bool is_whole(const struct fork_pair *pair, const struct block_view *other)
{
    return other->header.body_size == pair->other_body_size;
}

enum status fork_pair_other(struct block_view *out, const struct fork_pair *pair,
                            struct buf *memory, struct err *err)
{
    uint8_t *zeros;
    enum status status;

    if (pair->other_body_size > BLOCK_RAW_BYTES_MAX || pair->other.size > BLOCK_BYTES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "block_long bytes=%zu max=%d",
                       pair->other.size + pair->other_body_size, BLOCK_BYTES_MAX);
    }
    if (block_parse(out, pair->other, err) == OK && is_whole(pair, out)) {
        return OK;
    }
    buf_clear(memory);
    buf_append_bytes(memory, pair->other);
    zeros = mem_zalloc(pair->other_body_size + 1);
    buf_append(memory, zeros, pair->other_body_size);
    mem_free(zeros);
    status = block_parse(out, buf_bytes(memory), err);
    if (status == OK && !is_whole(pair, out)) {
        status = err_set(err, ERR_MALFORMED, "block_short bytes=%zu", pair->other.size);
    }
    return status;
}

struct visiting {
    fork_pair_visit_fn *visit;
    void *arg;
    bool failed;
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    struct visiting *visiting = arg;
    struct reader reader = reader_of(key);
    struct fork_pair pair;
    struct division author;
    uint32_t epoch;

    (void)reader_u8(&reader);
    author = division_read(&reader);
    epoch = reader_u32(&reader);
    if (!reader_done(&reader) || !read_pair(value, &pair)) {
        visiting->failed = true;
        return false;
    }
    return visiting->visit(visiting->arg, author, epoch, &pair);
}

enum status fork_pairs_each(struct txn *txn, fork_pair_visit_fn *visit, void *arg, struct err *err)
{
    const uint8_t letter = META_FORK;
    struct visiting visiting = {visit, arg, false};
    const enum status status =
        txn_scan(txn, SPACE_META, bytes_of(&letter, 1), visit_row, &visiting, err);

    return status == OK && visiting.failed ? err_set(err, ERR_CORRUPT, "fork_row_damaged") : status;
}

struct loading {
    const struct logs *logs;
    bool failed;
};

static bool load_row(void *arg, struct bytes key, struct bytes value)
{
    struct loading *loading = arg;
    struct reader reader = reader_of(key);
    struct held_log *log;
    uint32_t epoch;

    (void)value;
    (void)reader_u8(&reader);
    log = heads_find(loading->logs, division_read(&reader));
    epoch = reader_u32(&reader);
    if (!reader_done(&reader)) {
        loading->failed = true;
        return false;
    }
    if (log != NULL) {
        heads_note_fork(log, epoch);
    }
    return true;
}

enum status fork_pairs_load(const struct logs *logs, struct err *err)
{
    const uint8_t letter = META_FORK;
    struct loading loading = {logs, false};
    const enum status status =
        logs->store->ops->scan(logs->store->self, NULL, SPACE_META, bytes_of(&letter, 1),
                               BYTES_NONE, load_row, &loading, err);

    return status == OK && loading.failed ? err_set(err, ERR_CORRUPT, "fork_row_damaged") : status;
}
