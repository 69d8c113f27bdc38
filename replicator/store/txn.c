#include "replicator/store/txn.h"
#include "replicator/store/row_cache.h"
#include "replicator/trust/crypto.h"

#include <assert.h>
#include <stdlib.h>

/* Every row of every entry goes through here, so a row costs one hash, one probe and a
 * bump of a pointer. Rows never move: a view stays good while the table grows around it. */

enum {
    CHUNK_BYTES_FIRST = 16 << 10,
    CHUNK_BYTES_MAX = 256 << 10,
    SLOTS_FIRST = 128, /* a reader's needs no more, and begins with all of them cleared */
    SCRATCH_BYTES_KEPT = 64 << 10,
};

enum row_state { ROW_ABSENT, ROW_PRESENT, ROW_PUT, ROW_DELETED }; /* the first two: only read */

struct row {
    struct row *next_change; /* of this space */
    struct row *next_read;   /* of those that the store was asked for */
    uint64_t hash;           /* of its space and key */
    uint8_t *value;
    uint32_t size, room;
    uint8_t space, state, key_size;
    bool was_there;  /* changed after it was read */
    bool not_cached; /* the cache was asked for it in this turn, and had nothing */
    uint8_t key[];
};

struct slot {
    uint64_t hash;   /* the row's: one that is another's costs no look at it */
    struct row *row; /* NULL: free */
};

struct chunk {
    struct chunk *next;
    size_t size, used;
    _Alignas(16) uint8_t bytes[];
};

struct changes { /* in the order of their first change */
    struct row *first, **last;
    size_t count;
};

struct reads {
    struct row *first, **last;
};

struct txn {
    const struct store *store; /* of the root; a child has a parent instead */
    struct store_snapshot *snapshot;
    struct txn *parent;
    struct err error; /* of the root */
    uint64_t seed;    /* secret, so that nobody can choose keys that collide */
    struct slot *slots;
    size_t slot_count, row_count;
    struct changes changes[SPACES];
    struct chunk *chunks, *chunk; /* all, and the one being filled */
    struct chunk *large;          /* one value each; freed at reset */
    struct change *batch;
    size_t batch_room;
    struct buf scratch;
    struct row_cache cache; /* of the root */
    struct reads reads;     /* of the root: kept for later turns if they stay as they are */
    bool is_sole_writer;    /* it has committed, so what it reads stays true until it writes */
};

/* --- memory of a turn --- */

static struct chunk *chunk_new(size_t size)
{
    struct chunk *chunk = mem_realloc(NULL, sizeof *chunk + size);

    chunk->next = NULL;
    chunk->size = size;
    chunk->used = 0;
    return chunk;
}

static void free_chunks(struct chunk *chunk)
{
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        mem_free(chunk);
        chunk = next;
    }
}

static struct chunk *next_chunk(struct txn *txn)
{
    struct chunk *chunk = txn->chunk;
    size_t size = CHUNK_BYTES_FIRST;

    if (chunk == NULL) {
        txn->chunks = chunk_new(size);
        return txn->chunks;
    }
    if (chunk->next == NULL) {
        size = chunk->size < CHUNK_BYTES_MAX ? chunk->size * 2 : chunk->size;
        chunk->next = chunk_new(size);
    }
    chunk->next->used = 0;
    return chunk->next;
}

static void *take(struct txn *txn, size_t size)
{
    void *memory;

    size = (size + 7) & ~(size_t)7;
    if (size > CHUNK_BYTES_FIRST / 2) {
        struct chunk *chunk = chunk_new(size);
        chunk->next = txn->large;
        txn->large = chunk;
        return chunk->bytes;
    }
    if (txn->chunk == NULL || txn->chunk->size - txn->chunk->used < size) {
        txn->chunk = next_chunk(txn);
    }
    memory = txn->chunk->bytes + txn->chunk->used;
    txn->chunk->used += size;
    return memory;
}

/* --- the table --- */

static uint64_t hash_key(const struct txn *txn, enum store_space space, struct bytes key)
{
    return bytes_hash(key, txn->seed ^ (uint64_t)space << 56);
}

static struct slot *probe(const struct txn *txn, uint64_t hash, enum store_space space,
                          struct bytes key)
{
    const size_t mask = txn->slot_count - 1;
    size_t at = (size_t)hash & mask;

    for (;; at = (at + 1) & mask) {
        struct slot *slot = &txn->slots[at];
        if (slot->row == NULL ||
            (slot->hash == hash && slot->row->space == space && slot->row->key_size == key.size &&
             memcmp(slot->row->key, key.data, key.size) == 0)) {
            return slot;
        }
    }
}

static void grow(struct txn *txn)
{
    struct slot *old = txn->slots;
    const size_t old_count = txn->slot_count;

    txn->slot_count = old_count == 0 ? SLOTS_FIRST : old_count * 2;
    txn->slots = mem_zalloc(txn->slot_count * sizeof *txn->slots);
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].row != NULL) {
            size_t at = (size_t)old[i].hash & (txn->slot_count - 1);
            while (txn->slots[at].row != NULL) {
                at = (at + 1) & (txn->slot_count - 1);
            }
            txn->slots[at] = old[i];
        }
    }
    mem_free(old);
}

static struct row *find_row(const struct txn *txn, uint64_t hash, enum store_space space,
                            struct bytes key)
{
    return txn->row_count == 0 ? NULL : probe(txn, hash, space, key)->row;
}

/* The row of this key, made when there is none. */
static struct row *make_row(struct txn *txn, uint64_t hash, enum store_space space,
                            struct bytes key)
{
    struct slot *slot;
    struct row *row;

    assert(space < SPACES);
    assert(key.size >= 1 && key.size <= STORE_KEY_BYTES_MAX);
    if (txn->row_count >= txn->slot_count / 2) {
        grow(txn);
    }
    slot = probe(txn, hash, space, key);
    if (slot->row != NULL) {
        return slot->row;
    }
    row = take(txn, sizeof *row + key.size);
    *row = (struct row){
        .hash = hash, .space = (uint8_t)space, .state = ROW_ABSENT, .key_size = (uint8_t)key.size};
    memcpy(row->key, key.data, key.size);
    *slot = (struct slot){hash, row};
    txn->row_count++;
    return row;
}

static void set_value(struct txn *txn, struct row *row, struct bytes value)
{
    assert(value.size <= INT32_MAX);
    if (row->value == NULL || value.size > row->room) {
        row->room = value.size < 8 ? 8 : ((uint32_t)value.size + 7) & ~UINT32_C(7);
        row->value = take(txn, row->room); /* the old one stays: `value` may lie in it */
    }
    if (value.size != 0) {
        memmove(row->value, value.data, value.size);
    }
    row->size = (uint32_t)value.size;
}

static void mark_changed(struct txn *txn, struct row *row, enum row_state state)
{
    struct changes *changes = &txn->changes[row->space];

    if (row->state < ROW_PUT) {
        row->was_there = row->state == ROW_PRESENT;
        row->next_change = NULL;
        *changes->last = row;
        changes->last = &row->next_change;
        changes->count++;
    }
    row->state = (uint8_t)state;
}

static struct bytes key_of_row(const struct row *row)
{
    return bytes_of(row->key, row->key_size);
}

/* --- life --- */

static void forget(struct txn *txn)
{
    txn->row_count = 0;
    txn->reads = (struct reads){NULL, &txn->reads.first};
    for (size_t i = 0; i < SPACES; i++) {
        txn->changes[i] = (struct changes){NULL, &txn->changes[i].first, 0};
    }
}

struct txn *txn_open(const struct store *store, struct store_snapshot *snapshot)
{
    struct txn *txn = mem_zalloc(sizeof *txn);

    txn->store = store;
    txn->snapshot = snapshot;
    crypto_random(&txn->seed, sizeof txn->seed);
    forget(txn);
    return txn;
}

struct txn *txn_open_child(struct txn *parent)
{
    struct txn *txn = mem_zalloc(sizeof *txn);

    txn->parent = parent;
    txn->seed = parent->seed; /* one hash serves the whole line */
    forget(txn);
    return txn;
}

void txn_free(struct txn *txn)
{
    if (txn == NULL) {
        return;
    }
    free_chunks(txn->chunks);
    free_chunks(txn->large);
    mem_free(txn->slots);
    mem_free(txn->batch);
    buf_free(&txn->scratch);
    row_cache_forget(&txn->cache);
    mem_free(txn);
}

/* What was read from the store and not changed. A row that a turn both misses and makes, as that of
 * a new document, never gets into the cache and need not be taken out again. */
static void keep_reads(struct txn *txn)
{
    for (const struct row *row = txn->reads.first; row != NULL; row = row->next_read) {
        const enum store_space space = (enum store_space)row->space;

        if (row->state == ROW_PRESENT) {
            row_cache_add(&txn->cache, row->hash, space, key_of_row(row),
                          bytes_of(row->value, row->size));
        } else if (row->state == ROW_ABSENT) {
            row_cache_add_absent(&txn->cache, row->hash, space, key_of_row(row));
        }
    }
}

/* Keeps what this turn needed, so that turns of one size allocate nothing, and an idle node's
 * small turns give back what a large one took. */
void txn_reset(struct txn *txn)
{
    const size_t changes = txn_changes(txn);

    keep_reads(txn);
    free_chunks(txn->large);
    txn->large = NULL;
    if (txn->chunk != NULL) {
        free_chunks(txn->chunk->next);
        txn->chunk->next = NULL;
        txn->chunk = txn->chunks;
        txn->chunk->used = 0;
    }
    if (txn->slot_count > SLOTS_FIRST && txn->row_count < txn->slot_count / 8) {
        mem_free(txn->slots);
        txn->slots = NULL;
        txn->slot_count = 0;
    } else if (txn->row_count != 0) {
        memset(txn->slots, 0, txn->slot_count * sizeof *txn->slots);
    }
    if (txn->batch_room > SLOTS_FIRST && changes < txn->batch_room / 8) {
        mem_free(txn->batch);
        txn->batch = NULL;
        txn->batch_room = 0;
    }
    if (txn->scratch.capacity > SCRATCH_BYTES_KEPT) {
        buf_free(&txn->scratch);
    }
    txn->error = (struct err){OK, ""};
    forget(txn);
}

/* What was there and was written again will be so once more. What is new is most likely not read
 * soon, but for the local space: there it waits for people. */
static bool is_needed_again(const struct row *row, enum store_space space)
{
    return row->state == ROW_PUT && (row->was_there || space == SPACE_LOCAL);
}

static void keep_change(struct txn *txn, const struct row *row)
{
    const enum store_space space = (enum store_space)row->space;
    const struct bytes value = bytes_of(row->value, row->size), key = key_of_row(row);

    if (!is_needed_again(row, space)) {
        if (!row->not_cached) {
            row_cache_drop(&txn->cache, row->hash, space, key);
        }
    } else if (row->not_cached) {
        row_cache_add(&txn->cache, row->hash, space, key, value);
    } else {
        row_cache_put(&txn->cache, row->hash, space, key, value);
    }
}

void txn_committed(struct txn *txn)
{
    txn->is_sole_writer = true;
    for (size_t i = 0; i < SPACES; i++) {
        for (const struct row *row = txn->changes[i].first; row != NULL; row = row->next_change) {
            keep_change(txn, row);
        }
    }
    txn_reset(txn);
}

void txn_trim(struct txn *txn)
{
    row_cache_forget(&txn->cache);
}

/* --- reading and writing --- */

static void note_read(struct txn *txn, struct row *row)
{
    row->not_cached = true;
    if (txn->is_sole_writer) {
        *txn->reads.last = row;
        txn->reads.last = &row->next_read;
    }
}

static struct row *read_store(struct txn *txn, uint64_t hash, enum store_space space,
                              struct bytes key)
{
    const struct store *store = txn->store;
    struct bytes value;
    struct err err = {OK, ""};
    const enum cached cached = row_cache_get(&txn->cache, hash, space, key, &value);
    enum status status = cached == CACHED_PRESENT ? OK : ERR_NOT_FOUND;
    struct row *row;

    if (txn->error.status != OK) {
        return NULL;
    }
    if (cached == CACHED_NOT) {
        status = store->ops->get(store->self, txn->snapshot, space, key, &txn->scratch, &err);
        value = buf_bytes(&txn->scratch);
    }
    if (status != OK && status != ERR_NOT_FOUND) {
        txn->error = err;
        txn->error.status = status;
        return NULL;
    }
    row = make_row(txn, hash, space, key);
    if (status == OK) {
        set_value(txn, row, value);
        row->state = ROW_PRESENT;
    }
    if (cached == CACHED_NOT) {
        note_read(txn, row);
    }
    return row;
}

bool txn_get(struct txn *txn, enum store_space space, struct bytes key, struct bytes *value)
{
    const uint64_t hash = hash_key(txn, space, key);
    const struct row *row = find_row(txn, hash, space, key);

    while (row == NULL && txn->parent != NULL) {
        txn = txn->parent;
        row = find_row(txn, hash, space, key);
    }
    if (row == NULL) {
        row = read_store(txn, hash, space, key);
    }
    if (row == NULL || row->state == ROW_ABSENT || row->state == ROW_DELETED) {
        *value = BYTES_NONE;
        return false;
    }
    *value = bytes_of(row->value, row->size);
    return true;
}

uint8_t *txn_put(struct txn *txn, enum store_space space, struct bytes key, struct bytes value)
{
    struct row *row = make_row(txn, hash_key(txn, space, key), space, key);

    set_value(txn, row, value);
    mark_changed(txn, row, ROW_PUT);
    return row->value;
}

uint8_t *txn_append(struct txn *txn, enum store_space space, struct bytes key, struct bytes more)
{
    struct row *row = make_row(txn, hash_key(txn, space, key), space, key);
    const size_t size = row->state == ROW_PUT ? row->size : 0;
    uint8_t *value = row->value;

    assert(size + more.size <= INT32_MAX / 2);
    if (value == NULL || size + more.size > row->room) {
        row->room = ((uint32_t)(size + more.size) * 2 + 7) & ~UINT32_C(7);
        row->value = take(txn, row->room);
        if (size != 0) {
            memcpy(row->value, value, size);
        }
    }
    if (more.size != 0) {
        memcpy(row->value + size, more.data, more.size);
    }
    row->size = (uint32_t)(size + more.size);
    mark_changed(txn, row, ROW_PUT);
    return row->value;
}

uint8_t *txn_change(struct txn *txn, enum store_space space, struct bytes key)
{
    struct bytes value;
    struct row *row;

    if (!txn_get(txn, space, key, &value)) {
        return NULL;
    }
    row = make_row(txn, hash_key(txn, space, key), space, key);
    if (row->value == NULL) {
        set_value(txn, row, value); /* the parent's stays as it is */
    }
    mark_changed(txn, row, ROW_PUT);
    return row->value;
}

void txn_delete(struct txn *txn, enum store_space space, struct bytes key)
{
    struct row *row = make_row(txn, hash_key(txn, space, key), space, key);

    mark_changed(txn, row, ROW_DELETED);
}

/* --- scans --- */

struct merge {
    struct row **rows; /* this txn's changes under the prefix, sorted */
    size_t count, next;
    store_visit_fn *visit;
    void *arg;
    bool stopped;
};

static int compare_rows(const void *a, const void *b)
{
    return bytes_compare(key_of_row(*(struct row *const *)a), key_of_row(*(struct row *const *)b));
}

static void visit_change(struct merge *merge)
{
    const struct row *row = merge->rows[merge->next++];

    if (row->state == ROW_PUT) {
        merge->stopped =
            !merge->visit(merge->arg, key_of_row(row), bytes_of(row->value, row->size));
    }
}

static bool visit_stored(void *arg, struct bytes key, struct bytes value)
{
    struct merge *merge = arg;
    bool replaced = false;

    while (!merge->stopped && merge->next < merge->count) {
        const int order = bytes_compare(key_of_row(merge->rows[merge->next]), key);
        if (order > 0) {
            break;
        }
        replaced = order == 0;
        visit_change(merge);
    }
    if (!merge->stopped && !replaced) {
        merge->stopped = !merge->visit(merge->arg, key, value);
    }
    return !merge->stopped;
}

static void collect_changes(struct txn *txn, enum store_space space, struct bytes prefix,
                            struct bytes from, struct merge *merge)
{
    if (txn->changes[space].count == 0) {
        return;
    }
    merge->rows = mem_zalloc(txn->changes[space].count * sizeof(struct row *));
    for (struct row *row = txn->changes[space].first; row != NULL; row = row->next_change) {
        if (row->key_size >= prefix.size &&
            (prefix.size == 0 || memcmp(row->key, prefix.data, prefix.size) == 0) &&
            bytes_compare(key_of_row(row), from) >= 0) {
            merge->rows[merge->count++] = row;
        }
    }
    qsort(merge->rows, merge->count, sizeof(struct row *), compare_rows);
}

enum status txn_scan(struct txn *txn, enum store_space space, struct bytes prefix,
                     store_visit_fn *visit, void *arg, struct err *err)
{
    return txn_scan_from(txn, space, prefix, BYTES_NONE, visit, arg, err);
}

enum status txn_scan_from(struct txn *txn, enum store_space space, struct bytes prefix,
                          struct bytes from, store_visit_fn *visit, void *arg, struct err *err)
{
    struct merge merge = {.visit = visit, .arg = arg};
    enum status status;

    collect_changes(txn, space, prefix, from, &merge);
    if (txn->parent != NULL) {
        status = txn_scan_from(txn->parent, space, prefix, from, visit_stored, &merge, err);
    } else {
        status = txn->store->ops->scan(txn->store->self, txn->snapshot, space, prefix, from,
                                       visit_stored, &merge, err);
        if (status != OK && txn->error.status == OK) {
            txn->error = *err;
            txn->error.status = status;
        }
    }
    while (status == OK && !merge.stopped && merge.next < merge.count) {
        visit_change(&merge);
    }
    mem_free(merge.rows);
    return status;
}

/* --- the end of a turn --- */

void txn_fail(struct txn *txn, const struct err *err)
{
    assert(err->status != OK);
    if (txn->error.status == OK) {
        txn->error = *err;
    }
}

enum status txn_status(const struct txn *txn, struct err *err)
{
    while (txn->parent != NULL) {
        txn = txn->parent;
    }
    if (txn->error.status != OK) {
        *err = txn->error;
    }
    return txn->error.status;
}

bool txn_check_row(struct txn *txn, struct bytes key, bool is_whole)
{
    struct err err;

    while (txn->parent != NULL) {
        txn = txn->parent;
    }
    if (!is_whole) {
        assert(key.size > 0);
        (void)err_set(&err, ERR_CORRUPT, "row_damaged letter=%c bytes=%zu", key.data[0], key.size);
        txn_fail(txn, &err);
    }
    return is_whole;
}

size_t txn_changes(const struct txn *txn)
{
    size_t count = 0;

    for (size_t i = 0; i < SPACES; i++) {
        count += txn->changes[i].count;
    }
    return count;
}

static int compare_changes(const void *a, const void *b)
{
    return bytes_compare(((const struct change *)a)->key, ((const struct change *)b)->key);
}

/* In the order of the keys, so that an ordered map finds each next place near the last one. */
struct batch txn_batch(struct txn *txn)
{
    const size_t count = txn_changes(txn);
    size_t at = 0;

    if (count > txn->batch_room) {
        txn->batch_room = count < SLOTS_FIRST ? SLOTS_FIRST : count + count / 2;
        txn->batch = mem_realloc(txn->batch, txn->batch_room * sizeof *txn->batch);
    }
    for (size_t i = 0; i < SPACES; i++) {
        const size_t first = at;

        for (struct row *row = txn->changes[i].first; row != NULL; row = row->next_change) {
            txn->batch[at++] = (struct change){
                (enum store_space)row->space, key_of_row(row),
                row->state == ROW_PUT ? bytes_of(row->value, row->size) : BYTES_NONE};
        }
        if (at > first) {
            qsort(txn->batch + first, at - first, sizeof *txn->batch, compare_changes);
        }
    }
    return (struct batch){txn->batch, count};
}
