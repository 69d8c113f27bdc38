#include "replicator/log/arrivals.h"

#include <inttypes.h>

#include "replicator/store/row_letters.h"
#include "replicator/trust/crypto.h"

enum { MARK_SIZE = sizeof(uint64_t) };

static const uint8_t prefix[] = {HEADS_ARRIVAL};

static void row_key(struct buf *key, uint64_t position)
{
    buf_clear(key);
    buf_put_u8(key, HEADS_ARRIVAL);
    buf_put_u64(key, position);
}

static enum status row_damaged(uint64_t position, struct err *err)
{
    return err_set(err, ERR_CORRUPT, "arrival_row_damaged position=%" PRIu64, position);
}

/* The mark after these runs: of all that came before, too. */
static uint64_t mark_of(uint64_t before, uint64_t position, struct bytes runs)
{
    struct hasher hasher;
    struct hash hash;

    hasher_begin(&hasher, TAG_ARRIVAL);
    hasher_add_u64(&hasher, before);
    hasher_add_u64(&hasher, position);
    hasher_add_bytes(&hasher, runs);
    hash = hasher_end(&hasher);
    return load_u64(hash.at);
}

/* --- a row read --- */

struct row {
    uint64_t position; /* of its first entry */
    uint64_t mark;
    struct reader runs;
};

static bool read_row(struct row *row, struct bytes key, struct bytes value)
{
    struct reader in_key = reader_of(key);

    (void)reader_u8(&in_key);
    row->position = reader_u64(&in_key);
    row->runs = reader_of(value);
    row->mark = reader_u64(&row->runs);
    return reader_done(&in_key) && row->position > 0 && reader_left(&row->runs) > 0;
}

/* False at the end of the row, and at what cannot be read: then nothing is left of neither. */
static bool next_run(struct row *row, struct arrival_run *run)
{
    if (reader_left(&row->runs) == 0) {
        return false;
    }
    run->position = row->position;
    run->author = division_read(&row->runs);
    run->first_lsn = reader_varint(&row->runs);
    run->count = reader_varint(&row->runs);
    run->mark = row->mark;
    if (!reader_ok(&row->runs) || run->count == 0) {
        return false;
    }
    row->position += run->count;
    return true;
}

/* The row in which `position` lies, or the last one before it, and its last position.
 * Errors: ERR_NOT_FOUND, ERR_IO, ERR_CORRUPT. */
static enum status find_row(const struct store *store, struct store_snapshot *snapshot,
                            uint64_t position, uint64_t *first, struct arrival_mark *last,
                            struct err *err)
{
    struct buf at = BUF_EMPTY, key = BUF_EMPTY, value = BUF_EMPTY;
    struct arrival_run run;
    struct row row;
    enum status status;

    row_key(&at, position);
    status = store->ops->floor(store->self, snapshot, SPACE_HEADS, bytes_of(prefix, sizeof prefix),
                               buf_bytes(&at), &key, &value, err);
    if (status == OK && !read_row(&row, buf_bytes(&key), buf_bytes(&value))) {
        status = row_damaged(position, err);
    }
    if (status == OK) {
        *first = row.position;
        while (next_run(&row, &run)) {
        }
        *last = (struct arrival_mark){row.position - 1, row.mark};
        status = reader_done(&row.runs) ? OK : row_damaged(position, err);
    }
    buf_free(&at);
    buf_free(&key);
    buf_free(&value);
    return status;
}

enum status arrivals_end(const struct store *store, struct store_snapshot *snapshot,
                         struct arrival_mark *out, struct err *err)
{
    uint64_t first;
    const enum status status = find_row(store, snapshot, UINT64_MAX, &first, out, err);

    if (status == ERR_NOT_FOUND) {
        *out = (struct arrival_mark){0, 0};
        return OK;
    }
    return status;
}

enum status arrivals_check(const struct store *store, struct store_snapshot *snapshot,
                           const struct arrival_mark *at, struct err *err)
{
    struct arrival_mark last = {0, 0};
    uint64_t first = 0;
    enum status status;

    if (at->position == 0) {
        return OK;
    }
    status = find_row(store, snapshot, at->position, &first, &last, err);
    if (status != OK && status != ERR_NOT_FOUND) {
        return status;
    }
    if (at->position > last.position) {
        return err_set(err, ERR_NOT_FOUND, "position_ahead position=%" PRIu64 " last=%" PRIu64,
                       at->position, last.position);
    }
    return at->mark == last.mark
               ? OK
               : err_set(err, ERR_FORK, "position_differs position=%" PRIu64, at->position);
}

/* --- the one at a position --- */

enum status arrivals_at(const struct store *store, struct store_snapshot *snapshot,
                        uint64_t position, struct arrival_run *out, struct err *err)
{
    struct buf at = BUF_EMPTY, key = BUF_EMPTY, value = BUF_EMPTY;
    bool found = false;
    struct row row;
    enum status status;

    row_key(&at, position);
    status = store->ops->floor(store->self, snapshot, SPACE_HEADS, bytes_of(prefix, sizeof prefix),
                               buf_bytes(&at), &key, &value, err);
    if (status == OK && !read_row(&row, buf_bytes(&key), buf_bytes(&value))) {
        status = row_damaged(position, err);
    }
    while (status == OK && !found && next_run(&row, out)) {
        found = position - out->position < out->count;
    }
    if (status == OK && !found) {
        status =
            reader_done(&row.runs)
                ? err_set(err, ERR_NOT_FOUND, "position_ahead position=%" PRIu64 " last=%" PRIu64,
                          position, row.position - 1)
                : row_damaged(position, err);
    }
    buf_free(&at);
    buf_free(&key);
    buf_free(&value);
    return status;
}

/* --- all behind a position --- */

struct walk {
    uint64_t after;
    arrivals_visit_fn *visit;
    void *arg;
    enum status status;
    struct err *err;
};

/* Without what `after` has passed; false when nothing is left. */
static bool trim_run(struct arrival_run *run, uint64_t after)
{
    const uint64_t passed = after >= run->position ? after - run->position + 1 : 0;

    if (passed >= run->count) {
        return false;
    }
    run->position += passed;
    run->first_lsn += passed;
    run->count -= passed;
    return true;
}

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    struct walk *walk = arg;
    struct arrival_run run;
    struct row row;

    if (!read_row(&row, key, value)) {
        walk->status = row_damaged(walk->after, walk->err);
        return false;
    }
    while (next_run(&row, &run)) {
        if (trim_run(&run, walk->after) && !walk->visit(walk->arg, &run)) {
            return false;
        }
    }
    if (!reader_done(&row.runs)) {
        walk->status = row_damaged(row.position, walk->err);
        return false;
    }
    return true;
}

enum status arrivals_scan(const struct store *store, struct store_snapshot *snapshot,
                          uint64_t after, arrivals_visit_fn *visit, void *arg, struct err *err)
{
    struct walk walk = {after, visit, arg, OK, err};
    struct arrival_mark last;
    struct buf from = BUF_EMPTY;
    uint64_t first = 0;
    enum status status = find_row(store, snapshot, after + 1, &first, &last, err);

    if (status == ERR_NOT_FOUND) { /* nothing came yet */
        return OK;
    }
    if (status == OK) {
        row_key(&from, first);
        status =
            store->ops->scan(store->self, snapshot, SPACE_HEADS, bytes_of(prefix, sizeof prefix),
                             buf_bytes(&from), visit_row, &walk, err);
    }
    buf_free(&from);
    return status == OK ? walk.status : status;
}

/* --- the end of the order --- */

void arrivals_init(struct arrivals *arrivals)
{
    *arrivals = (struct arrivals){.key = BUF_EMPTY, .value = BUF_EMPTY};
}

void arrivals_free(struct arrivals *arrivals)
{
    buf_free(&arrivals->key);
    buf_free(&arrivals->value);
}

enum status arrivals_load(struct arrivals *arrivals, const struct store *store, struct err *err)
{
    return arrivals_end(store, NULL, &arrivals->end, err);
}

static void put_run(struct buf *value, const struct arrival_run *run)
{
    division_write(value, run->author);
    buf_put_varint(value, run->first_lsn);
    buf_put_varint(value, run->count);
}

/* Neighbouring blocks of one log are one run. The number of entries. */
static uint64_t put_runs(struct buf *value, const struct logs *logs)
{
    struct arrival_run run = {.count = 0};
    uint64_t count = 0;

    for (size_t i = 0; i < logs->staged_count; i++) {
        const struct staged_block *block = &logs->staged[i];
        const uint64_t entries = block->last_lsn - block->first_lsn + 1;

        count += entries;
        if (run.count > 0 && division_equal(run.author, block->log->author) &&
            run.first_lsn + run.count == block->first_lsn) {
            run.count += entries;
            continue;
        }
        if (run.count > 0) {
            put_run(value, &run);
        }
        run = (struct arrival_run){
            .author = block->log->author, .first_lsn = block->first_lsn, .count = entries};
    }
    put_run(value, &run);
    return count;
}

void arrivals_stage(struct arrivals *arrivals, struct txn *txn, const struct logs *logs)
{
    struct arrival_mark *end = &arrivals->end;
    const uint64_t position = end->position + 1;
    struct bytes value;
    uint64_t count;

    if (logs->staged_count == 0) {
        return;
    }
    buf_clear(&arrivals->value);
    buf_put_u64(&arrivals->value, 0); /* room for the mark */
    count = put_runs(&arrivals->value, logs);
    value = buf_bytes(&arrivals->value);
    end->mark =
        mark_of(end->mark, position, bytes_of(value.data + MARK_SIZE, value.size - MARK_SIZE));
    end->position += count;
    store_u64(arrivals->value.data, end->mark);
    row_key(&arrivals->key, position);
    (void)txn_put(txn, SPACE_HEADS, buf_bytes(&arrivals->key), value);
}

/* --- taking back --- */

struct taking_back {
    struct txn *txn;
    struct division author;
    uint64_t lsn;
    struct arrival_mark end; /* of the rows that were gone over */
    bool moved;              /* one before this one lost something */
    struct buf rows;         /* to be put: position(u64), size(u32), value */
    struct buf runs;
    bool failed;
};

/* What stays of a run; false when nothing does. */
static bool stays(const struct taking_back *taking, struct arrival_run *run)
{
    if (!division_equal(run->author, taking->author) ||
        run->first_lsn + run->count - 1 <= taking->lsn) {
        return true;
    }
    run->count = run->first_lsn > taking->lsn ? 0 : taking->lsn - run->first_lsn + 1;
    return run->count > 0;
}

static void keep_row(struct taking_back *taking, uint64_t count)
{
    const uint64_t position = taking->end.position + 1;

    if (count == 0) {
        return;
    }
    taking->end.mark = mark_of(taking->end.mark, position, buf_bytes(&taking->runs));
    taking->end.position += count;
    buf_put_u64(&taking->rows, position);
    buf_put_u32(&taking->rows, (uint32_t)(MARK_SIZE + taking->runs.size));
    buf_put_u64(&taking->rows, taking->end.mark);
    buf_append_bytes(&taking->rows, buf_bytes(&taking->runs));
}

static bool take_row_back(void *arg, struct bytes key, struct bytes value)
{
    struct taking_back *taking = arg;
    struct arrival_run run;
    struct row row;
    uint64_t before = 0, after = 0;

    if (!read_row(&row, key, value)) {
        taking->failed = true;
        return false;
    }
    buf_clear(&taking->runs);
    while (next_run(&row, &run)) {
        before += run.count;
        if (stays(taking, &run)) {
            after += run.count;
            put_run(&taking->runs, &run);
        }
    }
    taking->failed = !reader_done(&row.runs);
    taking->moved |= after < before;
    if (taking->moved) {
        txn_delete(taking->txn, SPACE_HEADS, key);
        keep_row(taking, after);
    } else {
        taking->end = (struct arrival_mark){row.position - 1, row.mark};
    }
    return !taking->failed;
}

/* A row may take the key of one that went. */
static void put_rows(struct taking_back *taking)
{
    struct reader reader = reader_of(buf_bytes(&taking->rows));
    struct buf key = BUF_EMPTY;

    while (reader_left(&reader) > 0) {
        row_key(&key, reader_u64(&reader));
        (void)txn_put(taking->txn, SPACE_HEADS, buf_bytes(&key),
                      reader_bytes(&reader, reader_u32(&reader)));
    }
    buf_free(&key);
}

enum status arrivals_take_back(const struct store *store, struct txn *txn, struct division author,
                               uint64_t lsn, struct err *err)
{
    struct taking_back taking = {.txn = txn, .author = author, .lsn = lsn};
    enum status status =
        store->ops->scan(store->self, NULL, SPACE_HEADS, bytes_of(prefix, sizeof prefix),
                         BYTES_NONE, take_row_back, &taking, err);

    if (status == OK && taking.failed) {
        status = row_damaged(taking.end.position + 1, err);
    }
    if (status == OK) {
        put_rows(&taking);
    }
    buf_free(&taking.rows);
    buf_free(&taking.runs);
    return status;
}
