/* store_rocks - reads, commits and upkeep of the RocksDB store. */
#include "node/store/store_rocks.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "node/store/rocks.h"
#include "node/store/room.h"
#include "proto/log.h"
#include "proto/message.h"

enum {
    IDLE_WRITTEN_BYTES = 64 * KIB, /* beats and cosignatures write too */
    REST_BYTES = 1 * MIB,          /* what may stay in memory of each, idle */
};

static const char key_fence[] = "fence";

enum { READ_ALL_TIERS = 0, READ_BLOCK_CACHE_TIER = 1 }; /* rocksdb/options.h, enum ReadTier */

struct store_snapshot {
    const rocksdb_snapshot_t *snapshot;
    rocksdb_readoptions_t *read;
    int tier;
};

static const char *text_of(struct bytes bytes)
{
    return bytes.data == NULL ? "" : (const char *)bytes.data;
}

/* --- reading --- */

static rocksdb_readoptions_t *make_read(const struct store_snapshot *snapshot)
{
    rocksdb_readoptions_t *read = rocksdb_readoptions_create();

    rocksdb_readoptions_set_verify_checksums(read, 1);
    if (snapshot != NULL) {
        rocksdb_readoptions_set_snapshot(read, snapshot->snapshot);
        rocksdb_readoptions_set_read_tier(read, snapshot->tier);
    }
    return read;
}

static enum status rocks_get(void *self, struct store_snapshot *snapshot, enum store_space space,
                             struct bytes key, struct buf *value, struct err *err)
{
    const struct rocks *rocks = self;
    char *said = NULL;
    size_t size = 0;
    rocksdb_pinnableslice_t *found =
        rocksdb_get_pinned_cf(rocks->db, snapshot == NULL ? rocks->read : snapshot->read,
                              rocks->handles[space], text_of(key), key.size, &said);
    enum status status = rocks_answer(rocks, said, "read", err);

    buf_clear(value);
    if (status == OK && found == NULL) {
        status = ERR_NOT_FOUND;
    } else if (status == OK) {
        const char *data = rocksdb_pinnableslice_value(found, &size);

        buf_append(value, data, size);
    }
    rocksdb_pinnableslice_destroy(found); /* NULL is fine */
    return status;
}

/* An iterator over the keys that begin with `prefix`. */
struct range {
    uint8_t end[STORE_KEY_BYTES_MAX]; /* the first key behind them */
    size_t end_size;                  /* 0: there is none */
    rocksdb_readoptions_t *read;
    rocksdb_iterator_t *iterator;
};

static void range_open(struct range *range, const struct rocks *rocks,
                       const struct store_snapshot *snapshot, enum store_space space,
                       struct bytes prefix)
{
    assert(prefix.size <= sizeof range->end);
    range->end_size = prefix.size;
    if (prefix.size != 0) {
        memcpy(range->end, prefix.data, prefix.size);
    }
    while (range->end_size != 0 && range->end[range->end_size - 1] == 0xff) {
        range->end_size--;
    }
    range->read = make_read(snapshot);
    if (prefix.size != 0) {
        rocksdb_readoptions_set_iterate_lower_bound(range->read, text_of(prefix), prefix.size);
    }
    if (range->end_size != 0) {
        range->end[range->end_size - 1]++;
        rocksdb_readoptions_set_iterate_upper_bound(range->read, (const char *)range->end,
                                                    range->end_size);
    }
    range->iterator = rocksdb_create_iterator_cf(rocks->db, range->read, rocks->handles[space]);
}

/* Why the iterator stopped: an iterator that met damage looks like one that came to its end. */
static enum status range_close(struct range *range, const struct rocks *rocks, struct err *err)
{
    char *said = NULL;

    rocksdb_iter_get_error(range->iterator, &said);
    rocksdb_iter_destroy(range->iterator);
    rocksdb_readoptions_destroy(range->read);
    return rocks_answer(rocks, said, "scan", err);
}

static struct bytes range_key(const struct range *range)
{
    size_t size = 0;
    const char *data = rocksdb_iter_key(range->iterator, &size);

    return bytes_of(data, size);
}

static struct bytes range_value(const struct range *range)
{
    size_t size = 0;
    const char *data = rocksdb_iter_value(range->iterator, &size);

    return bytes_of(data, size);
}

static enum status rocks_scan(void *self, struct store_snapshot *snapshot, enum store_space space,
                              struct bytes prefix, struct bytes from, store_visit_fn *visit,
                              void *arg, struct err *err)
{
    const struct rocks *rocks = self;
    const struct bytes first = from.size == 0 ? prefix : from;
    struct range range;

    assert(first.size >= prefix.size && bytes_equal(bytes_of(first.data, prefix.size), prefix));
    range_open(&range, rocks, snapshot, space, prefix);
    rocksdb_iter_seek(range.iterator, text_of(first), first.size);
    while (rocksdb_iter_valid(range.iterator) != 0 &&
           visit(arg, range_key(&range), range_value(&range))) {
        rocksdb_iter_next(range.iterator);
    }
    return range_close(&range, rocks, err);
}

static enum status rocks_floor(void *self, struct store_snapshot *snapshot, enum store_space space,
                               struct bytes prefix, struct bytes at, struct buf *key,
                               struct buf *value, struct err *err)
{
    const struct rocks *rocks = self;
    enum status status;
    struct range range;
    bool found;

    buf_clear(key);
    buf_clear(value);
    range_open(&range, rocks, snapshot, space, prefix);
    rocksdb_iter_seek_for_prev(range.iterator, text_of(at), at.size);
    found = rocksdb_iter_valid(range.iterator) != 0;
    if (found) {
        buf_append_bytes(key, range_key(&range));
        buf_append_bytes(value, range_value(&range));
    }
    status = range_close(&range, rocks, err);
    return status == OK && !found ? ERR_NOT_FOUND : status;
}

static struct store_snapshot *make_snapshot(struct rocks *rocks, int tier)
{
    struct store_snapshot *snapshot = mem_zalloc(sizeof *snapshot);

    rocksdb_set_perf_level(rocksdb_disable); /* in a reader's thread as in the loop's */
    snapshot->snapshot = rocksdb_create_snapshot(rocks->db);
    snapshot->tier = tier;
    snapshot->read = make_read(snapshot);
    (void)atomic_fetch_add(&rocks->snapshots, 1);
    return snapshot;
}

static struct store_snapshot *rocks_snapshot(void *self)
{
    return make_snapshot(self, READ_ALL_TIERS);
}

static struct store_snapshot *rocks_near_snapshot(void *self)
{
    return make_snapshot(self, READ_BLOCK_CACHE_TIER);
}

/* What a commit writes, and what a snapshot is of, go by this number. */
static uint64_t rocks_moment(void *self)
{
    const struct rocks *rocks = self;

    return rocksdb_get_latest_sequence_number(rocks->db) + 1;
}

static void rocks_release(void *self, struct store_snapshot *snapshot)
{
    struct rocks *rocks = self;

    rocksdb_readoptions_destroy(snapshot->read);
    rocksdb_release_snapshot(rocks->db, snapshot->snapshot);
    mem_free(snapshot);
    (void)atomic_fetch_sub(&rocks->snapshots, 1);
}

/* --- writing --- */

static enum status rocks_claim(void *self, uint64_t *fence, struct err *err)
{
    struct rocks *rocks = self;
    uint64_t last = 0;
    enum status status = rocks_engine_get(rocks, key_fence, &last, err);

    /* This thread reads and writes most; it counts every comparison of keys unless told not to. */
    rocksdb_set_perf_level(rocksdb_disable);
    if (status == OK || status == ERR_NOT_FOUND) {
        status = rocks_engine_put(rocks, key_fence, last + 1, err);
    }
    if (status == OK) {
        rocks->fence = last + 1;
        *fence = rocks->fence;
    }
    return status;
}

static uint64_t fill_batch(struct rocks *rocks, const struct batch *batch)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < batch->count; i++) {
        const struct change *change = &batch->changes[i];
        rocksdb_column_family_handle_t *family = rocks->handles[change->space];

        assert(change->space < SPACES && change->key.size <= STORE_KEY_BYTES_MAX);
        bytes += change->key.size + change->value.size;
        if (change->value.data == NULL) {
            rocksdb_writebatch_delete_cf(rocks->batch, family, text_of(change->key),
                                         change->key.size);
        } else {
            rocksdb_writebatch_put_cf(rocks->batch, family, text_of(change->key), change->key.size,
                                      text_of(change->value), change->value.size);
        }
    }
    return bytes;
}

static enum status check_writable(const struct rocks *rocks, uint64_t fence, struct err *err)
{
    if (rocks->failure.status != OK) {
        *err = rocks->failure;
        return err_wrap(err, "store_failed_before");
    }
    if (fence != rocks->fence) {
        return err_set(err, ERR_STALE_FENCE, "store_claimed directory=%s", rocks->directory);
    }
    return OK;
}

static enum status rocks_commit_begin(void *self, uint64_t fence, const struct batch *batch,
                                      struct err *err)
{
    struct rocks *rocks = self;
    char *said = NULL;
    uint64_t bytes;
    enum status status = check_writable(rocks, fence, err);

    if (status != OK) {
        return status;
    }
    bytes = fill_batch(rocks, batch);
    rocks->written += bytes;
    status = room_for_batch(rocks->directory, bytes, rocks->limits.reserve_bytes, err);
    if (status == OK) {
        rocksdb_write(rocks->db, rocks->write, rocks->batch, &said);
        rocks->outcome = COMMIT_OK;
        if (rocks_answer(rocks, said, "write", &rocks->failure) != OK) {
            rocks->outcome = COMMIT_UNKNOWN; /* it may be on the disk all the same */
        }
    }
    rocks_clear_batch(rocks);
    return status;
}

static enum commit_outcome rocks_commit_outcome(void *self, struct err *err)
{
    const struct rocks *rocks = self;

    if (rocks->outcome != COMMIT_OK) {
        *err = rocks->failure;
    }
    return rocks->outcome;
}

/* What a failed write left behind shows only when the store is opened anew. */
static enum commit_outcome rocks_resolve(void *self, uint64_t fence, struct err *err)
{
    const struct rocks *rocks = self;

    if (fence != rocks->fence) {
        (void)check_writable(rocks, fence, err);
        return COMMIT_STALE_FENCE;
    }
    return rocks_commit_outcome(self, err);
}

/* --- upkeep --- */

static enum status sync_tree(const struct rocks *rocks, const char *directory, struct err *err)
{
    const int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status = OK;

    if (file < 0 || syncfs(file) != 0) {
        status = err_set(err, ERR_IO, "store_checkpoint_failed directory=%s to=%s why=%s",
                         rocks->directory, directory, os_reason(errno));
    }
    if (file >= 0) {
        (void)close(file);
    }
    return status;
}

static enum status rocks_checkpoint(void *self, const char *directory, struct err *err)
{
    const struct rocks *rocks = self;
    struct manifest manifest = {.size = 0};
    char *said = NULL;
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(rocks->db, &said);
    enum status status = rocks_answer(rocks, said, "checkpoint", err);

    if (status != OK) {
        return status;
    }
    said = NULL;
    rocksdb_checkpoint_create(checkpoint, directory, 0, &said); /* 0: flush the log first */
    status = rocks_answer(rocks, said, "checkpoint", err);
    rocksdb_checkpoint_object_destroy(checkpoint);
    if (status == OK) { /* else whoever opens it would find that its note was taken away */
        status = manifest_note(&manifest, directory, err);
    }
    return status == OK ? sync_tree(rocks, directory, err) : status;
}

/* Commits wait while there are too many tables of level 0, or too much to compact. */
static bool is_stalled(const struct rocks *rocks)
{
    uint64_t stopped = 0, bytes_a_second = 0;

    (void)rocksdb_property_int(rocks->db, "rocksdb.is-write-stopped", &stopped);
    (void)rocksdb_property_int(rocks->db, "rocksdb.actual-delayed-write-rate", &bytes_a_second);
    return stopped != 0 || bytes_a_second != 0;
}

static enum status rocks_free_space(void *self, struct store_space_free *out, struct err *err)
{
    struct rocks *rocks = self;
    uint64_t errors = 0;

    if (rocksdb_property_int(rocks->db, "rocksdb.background-errors", &errors) == 0 &&
        errors > rocks->background_errors) {
        rocks->background_errors = errors;
        LOG_ERROR("store.background_errors", "count=%" PRIu64 " log=%s/LOG", errors,
                  rocks->directory);
    }
    out->floor_bytes = rocks->limits.floor_bytes;
    out->is_stalled = is_stalled(rocks);
    return room_disk(rocks->directory, &out->free_bytes, &out->total_bytes, err);
}

static void close_store(void *self)
{
    rocks_close(self);
}

/* In the background: the loop does not wait for it. */
static void write_tables_out(const struct rocks *rocks)
{
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();

    rocksdb_flushoptions_set_wait(options, 0);
    for (int family = 0; family < FAMILIES; family++) {
        struct err err;
        char *said = NULL;

        rocksdb_flush_cf(rocks->db, options, rocks->handles[family], &said);
        if (rocks_answer(rocks, said, "flush", &err) != OK) {
            LOG_WARN("store.flush", "text=%s", err.text); /* the log still has it all */
        }
    }
    rocksdb_flushoptions_destroy(options);
}

static uint64_t in_memory(const struct rocks *rocks)
{
    uint64_t sum = 0;

    for (int family = 0; family < FAMILIES; family++) {
        uint64_t bytes = 0;

        if (rocksdb_property_int_cf(rocks->db, rocks->handles[family],
                                    "rocksdb.cur-size-all-mem-tables", &bytes) == 0) {
            sum += bytes;
        }
    }
    return sum;
}

void store_rocks_trim(const struct store *store)
{
    struct rocks *rocks = store->self;
    const bool idle = rocks->written < IDLE_WRITTEN_BYTES;

    rocks->written = 0;
    rocks_note(rocks);
    if (!idle) {
        return;
    }
    rocks_renew_batch(rocks);
    if (in_memory(rocks) > REST_BYTES) {
        write_tables_out(rocks);
    }
    if (rocksdb_cache_get_usage(rocks->cache) > REST_BYTES) {
        rocksdb_cache_set_capacity(rocks->cache, REST_BYTES);
        rocksdb_cache_set_capacity(rocks->cache, CACHE_BYTES);
    }
}

static const struct store_ops rocks_ops = {
    .claim = rocks_claim,
    .get = rocks_get,
    .scan = rocks_scan,
    .floor = rocks_floor,
    .snapshot = rocks_snapshot,
    .near_snapshot = rocks_near_snapshot,
    .release = rocks_release,
    .moment = rocks_moment,
    .commit_begin = rocks_commit_begin,
    .commit_outcome = rocks_commit_outcome,
    .resolve = rocks_resolve,
    .checkpoint = rocks_checkpoint,
    .free_space = rocks_free_space,
    .close = close_store,
};

enum status store_rocks_open(struct store *out, const char *directory,
                             const struct store_rocks_options *options, struct err *err)
{
    struct rocks *rocks;
    enum status status = rocks_open(&rocks, directory, options, err);

    *out = status == OK ? (struct store){rocks, &rocks_ops} : (struct store){0};
    return status;
}
