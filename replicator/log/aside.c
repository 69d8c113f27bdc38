#include "replicator/log/aside.h"

#include <assert.h>

#include "proto/array.h"
#include "proto/block.h"
#include "replicator/store/row_letters.h"

enum { EPOCH_BYTES = 4 };

void aside_key(struct buf *key, const struct block_view *block)
{
    buf_clear(key);
    buf_put_u8(key, META_ASIDE);
    division_write(key, block->header.author);
    buf_put_u32(key, block->header.epoch);
    buf_put_u64(key, block->header.first_lsn);
    buf_append(key, &block->signature, sizeof(uint64_t));
    assert(key->size == ASIDE_KEY_BYTES);
}

void aside_put(struct txn *txn, uint32_t recovery, const struct block_view *block)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    aside_key(&key, block);
    buf_put_u32(&value, recovery);
    buf_append_bytes(&value, block->whole);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

struct search {
    struct aside_log *at;
    size_t count, capacity;
    bool failed;
};

static struct aside_log *log_of(struct search *search, const struct block_header *header)
{
    struct aside_log *last = search->count == 0 ? NULL : &search->at[search->count - 1];

    if (last == NULL || !division_equal(last->author, header->author)) { /* rows are by author */
        ARRAY_ROOM(search->at, search->count, search->capacity);
        last = &search->at[search->count++];
        *last = (struct aside_log){.author = header->author, .first_lsn = header->first_lsn};
    }
    return last;
}

static bool parse(struct bytes value, struct block_view *block)
{
    struct err err;

    return value.size > EPOCH_BYTES &&
           block_parse(block, bytes_of(value.data + EPOCH_BYTES, value.size - EPOCH_BYTES), &err) ==
               OK;
}

static bool add(void *arg, struct bytes key, struct bytes value)
{
    struct search *search = arg;
    struct block_view block;
    struct aside_log *log;

    (void)key;
    if (!parse(value, &block)) {
        search->failed = true;
        return false;
    }
    log = log_of(search, &block.header);
    log->blocks++;
    log->entries += block_last_lsn(&block.header) - block.header.first_lsn + 1;
    log->first_lsn =
        block.header.first_lsn < log->first_lsn ? block.header.first_lsn : log->first_lsn;
    log->last_lsn = block_last_lsn(&block.header) > log->last_lsn ? block_last_lsn(&block.header)
                                                                  : log->last_lsn;
    return true;
}

enum status aside_logs(struct txn *txn, struct aside_log **out, size_t *count, struct err *err)
{
    static const uint8_t letter = META_ASIDE;
    struct search search = {.at = NULL};
    enum status status = txn_scan(txn, SPACE_META, bytes_of(&letter, 1), add, &search, err);

    if (status == OK && search.failed) {
        status = err_set(err, ERR_CORRUPT, "aside_row_damaged");
        txn_fail(txn, err);
    }
    *out = search.at;
    *count = search.count;
    return status;
}

/* --- one of them --- */

struct walk {
    bool (*visit)(void *arg, uint32_t recovery, const struct block_view *block);
    void *arg;
    bool failed;
};

static bool show(void *arg, struct bytes key, struct bytes value)
{
    struct walk *walk = arg;
    struct block_view block;

    (void)key;
    walk->failed = !parse(value, &block);
    return !walk->failed && walk->visit(walk->arg, load_u32(value.data), &block);
}

enum status aside_each(struct txn *txn, struct division author,
                       bool (*visit)(void *arg, uint32_t recovery, const struct block_view *block),
                       void *arg, struct err *err)
{
    struct walk walk = {visit, arg, false};
    struct buf prefix = BUF_EMPTY;
    enum status status;

    buf_put_u8(&prefix, META_ASIDE);
    division_write(&prefix, author);
    status = txn_scan(txn, SPACE_META, buf_bytes(&prefix), show, &walk, err);
    if (status == OK && walk.failed) {
        status = err_set(err, ERR_CORRUPT, "aside_row_damaged");
        txn_fail(txn, err);
    }
    buf_free(&prefix);
    return status;
}
