#include "node/store/store_rocks.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <rocksdb/c.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/store/room.h"
#include "proto/log.h"

enum {
    KIB = 1 << 10,
    MIB = 1 << 20,
    SCHEMA_VERSION = 1,
    ENGINE = SPACES, /* the column family "default" holds the engine's own rows */
    FAMILIES = SPACES + 1,
    LOG_BYTES_MAX = 64 * MIB, /* bounds what a restart replays */
    BATCH_KEEP_BYTES = 1 * MIB,
};

/* How a space is kept. Small memtables: a skip list that fits the processor's cache is worth more
 * than fewer flushes. */
static const struct family {
    const char *name;
    size_t memtable_bytes;
    bool compressed; /* blocks are already */
    bool bloom;      /* asked for keys that are often absent */
} families[FAMILIES] = {
    [SPACE_META] = {"meta", 1 * MIB, true, false},
    [SPACE_BLOCKS] = {"blocks", 4 * MIB, false, false},
    [SPACE_HEADS] = {"heads", 1 * MIB, true, false},
    [SPACE_COSIGN] = {"cosign", 1 * MIB, true, false},
    [SPACE_LEDGER] = {"ledger", 4 * MIB, true, true},
    [SPACE_ROLLUPS] = {"rollups", 4 * MIB, true, true},
    [SPACE_INDEX] = {"index", 4 * MIB, true, true},
    [SPACE_LOCAL] = {"local", 1 * MIB, true, false},
    [ENGINE] = {"default", 256 * KIB, true, false},
};

static const char key_schema[] = "schema", key_fence[] = "fence";

struct rocks {
    char directory[PATH_MAX];
    struct store_rocks_options limits;
    rocksdb_options_t *options, *family_options[FAMILIES];
    rocksdb_cache_t *cache;
    rocksdb_readoptions_t *read;
    rocksdb_writeoptions_t *write;
    rocksdb_writebatch_t *batch;
    rocksdb_t *db;
    rocksdb_column_family_handle_t *handles[FAMILIES];
    uint64_t fence, background_errors;
    enum commit_outcome outcome;
    struct err failure; /* of the write after which nothing more is written */
    atomic_uint snapshots;
};

struct store_snapshot {
    const rocksdb_snapshot_t *snapshot;
    rocksdb_readoptions_t *read;
};

/* --- what RocksDB says --- */

static enum status status_of(const char *text)
{
    if (strstr(text, "/LOCK") != NULL) {
        return ERR_BUSY;
    }
    if (strstr(text, "No space left") != NULL) {
        return ERR_DISK_FULL;
    }
    if (strncmp(text, "Corruption", 10) == 0) {
        return ERR_CORRUPT;
    }
    return ERR_IO;
}

/* Every call that can fail gets the address of a `said` that is NULL and ends here. */
static enum status answer(const struct rocks *rocks, char *said, const char *doing, struct err *err)
{
    enum status status;

    if (said == NULL) {
        return OK;
    }
    status = status_of(said);
    if (status == ERR_BUSY) {
        (void)err_set(err, status,
                      "%s %s: another process has it open; stop that terraced, or name another "
                      "home (%s)",
                      doing, rocks->directory, said);
    } else if (status == ERR_CORRUPT) {
        (void)err_set(err, status,
                      "%s %s: damaged: %s; keep a copy of it, then restore a backup or join again "
                      "with a new token",
                      doing, rocks->directory, said);
    } else {
        (void)err_set(err, status, "%s %s: %s", doing, rocks->directory, said);
    }
    rocksdb_free(said);
    return status;
}

static const char *text_of(struct bytes bytes)
{
    return bytes.data == NULL ? "" : (const char *)bytes.data;
}

/* --- options --- */

static rocksdb_block_based_table_options_t *table_options(const struct rocks *rocks,
                                                          const struct family *family)
{
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();

    rocksdb_block_based_options_set_block_cache(table, rocks->cache);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 0);
    rocksdb_block_based_options_set_block_size(table, 8 * KIB);
    rocksdb_block_based_options_set_format_version(table, 5);
    if (family->bloom) {
        rocksdb_block_based_options_set_filter_policy(table,
                                                      rocksdb_filterpolicy_create_bloom_full(10));
        rocksdb_block_based_options_set_whole_key_filtering(table, 1);
    }
    return table;
}

static rocksdb_options_t *make_family_options(const struct rocks *rocks,
                                              const struct family *family)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_block_based_table_options_t *table = table_options(rocks, family);

    rocksdb_options_set_write_buffer_size(options, family->memtable_bytes);
    rocksdb_options_set_arena_block_size(options, 64 * KIB); /* grown only as it fills */
    rocksdb_options_set_max_write_buffer_number(options, 3);
    if (family->bloom) { /* halves the time of a read that finds nothing */
        rocksdb_options_set_memtable_prefix_bloom_size_ratio(options, 0.05);
        rocksdb_options_set_memtable_whole_key_filtering(options, 1);
    }
    rocksdb_options_set_compression(options, family->compressed ? rocksdb_lz4_compression
                                                                : rocksdb_no_compression);
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);
    return options;
}

static rocksdb_options_t *make_options(bool fresh)
{
    rocksdb_options_t *options = rocksdb_options_create();

    rocksdb_options_set_create_if_missing(options, fresh);
    rocksdb_options_set_create_missing_column_families(options, 1);
    rocksdb_options_set_paranoid_checks(options, 1);
    /* Any other mode may open with acknowledged batches missing from the middle of the log. */
    rocksdb_options_set_wal_recovery_mode(options,
                                          rocksdb_tolerate_corrupted_tail_records_recovery);
    rocksdb_options_set_max_total_wal_size(options, LOG_BYTES_MAX);
    rocksdb_options_set_db_write_buffer_size(options, 16 * MIB);
    rocksdb_options_set_max_manifest_file_size(options, 16 * MIB);
    rocksdb_options_set_max_open_files(options, 256);
    rocksdb_options_set_table_cache_numshardbits(options, 2);
    rocksdb_options_set_max_background_jobs(options, 2);
    rocksdb_options_set_allow_concurrent_memtable_write(options, 0); /* one writer */
    rocksdb_options_set_recycle_log_file_num(options, 0);
    rocksdb_options_set_info_log_level(options, 2); /* warnings */
    rocksdb_options_set_max_log_file_size(options, 1 * MIB);
    rocksdb_options_set_keep_log_file_num(options, 2);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    return options;
}

static rocksdb_cache_t *make_cache(void)
{
    rocksdb_lru_cache_options_t *options = rocksdb_lru_cache_options_create();
    rocksdb_cache_t *cache;

    rocksdb_lru_cache_options_set_capacity(options, 8 * MIB);
    rocksdb_lru_cache_options_set_num_shard_bits(options, 1);
    cache = rocksdb_cache_create_lru_opts(options);
    rocksdb_lru_cache_options_destroy(options);
    return cache;
}

/* --- open --- */

static enum status check_families(const struct rocks *rocks, struct err *err)
{
    char *said = NULL;
    size_t count = 0;
    char **names = rocksdb_list_column_families(rocks->options, rocks->directory, &count, &said);
    enum status status = answer(rocks, said, "open", err);

    if (status != OK) {
        return status;
    }
    for (size_t i = 0; i < count && status == OK; i++) {
        bool known = false;

        for (int family = 0; family < FAMILIES; family++) {
            known |= strcmp(names[i], families[family].name) == 0;
        }
        if (!known) {
            status = err_set(err, ERR_NEEDS_UPGRADE,
                             "open %s: it holds \"%s\", which this version does not know",
                             rocks->directory, names[i]);
        }
    }
    rocksdb_list_column_families_destroy(names, count);
    return status;
}

static enum status engine_get(const struct rocks *rocks, const char *key, uint64_t *value,
                              struct err *err)
{
    char *said = NULL;
    size_t size = 0;
    char *found = rocksdb_get_cf(rocks->db, rocks->read, rocks->handles[ENGINE], key, strlen(key),
                                 &size, &said);
    enum status status = answer(rocks, said, "read", err);

    if (status == OK && found == NULL) {
        status = ERR_NOT_FOUND;
    } else if (status == OK && size != 8) {
        status = err_set(err, ERR_CORRUPT, "read %s: row \"%s\" has %zu bytes", rocks->directory,
                         key, size);
    } else if (status == OK) {
        *value = load_u64((const uint8_t *)found);
    }
    rocksdb_free(found);
    return status;
}

static enum status engine_put(const struct rocks *rocks, const char *key, uint64_t value,
                              struct err *err)
{
    uint8_t raw[8];
    char *said = NULL;

    store_u64(raw, value);
    rocksdb_put_cf(rocks->db, rocks->write, rocks->handles[ENGINE], key, strlen(key),
                   (const char *)raw, sizeof raw, &said);
    return answer(rocks, said, "write", err);
}

static enum status check_schema(const struct rocks *rocks, struct err *err)
{
    uint64_t version = SCHEMA_VERSION;
    enum status status = engine_get(rocks, key_schema, &version, err);

    if (status == ERR_NOT_FOUND) {
        return engine_put(rocks, key_schema, SCHEMA_VERSION, err);
    }
    if (status == OK && version != SCHEMA_VERSION) {
        return err_set(err, ERR_NEEDS_UPGRADE,
                       "open %s: written in format %" PRIu64 ", this version reads %d",
                       rocks->directory, version, SCHEMA_VERSION);
    }
    return status;
}

static enum status open_database(struct rocks *rocks, struct err *err)
{
    const char *names[FAMILIES];
    char *said = NULL;

    for (int family = 0; family < FAMILIES; family++) {
        names[family] = families[family].name;
        rocks->family_options[family] = make_family_options(rocks, &families[family]);
    }
    rocks->db = rocksdb_open_column_families(
        rocks->options, rocks->directory, FAMILIES, names,
        (const rocksdb_options_t *const *)rocks->family_options, rocks->handles, &said);
    return answer(rocks, said, "open", err);
}

static enum status open_checked(struct rocks *rocks, struct err *err)
{
    struct room room;
    enum status status;

    if (mkdir(rocks->directory, 0700) != 0 && errno != EEXIST) {
        return err_set(err, ERR_IO, "make %s: %s", rocks->directory, strerror(errno));
    }
    status = room_look(&room, rocks->directory, err);
    if (status != OK) {
        return status;
    }
    if (!room.current && room.data) { /* RocksDB would start anew over the data */
        return err_set(err, ERR_CORRUPT,
                       "open %s: its CURRENT file is missing; keep a copy of the directory, then "
                       "restore a backup or join again with a new token",
                       rocks->directory);
    }
    status = room_for_recovery(&room, rocks->directory, rocks->limits.recovery_bytes, err);
    if (status != OK) {
        return status;
    }
    rocks->options = make_options(!room.current);
    status = room.current ? check_families(rocks, err) : OK;
    if (status == OK) {
        status = open_database(rocks, err);
    }
    return status == OK ? check_schema(rocks, err) : status;
}

static void rocks_close(void *self)
{
    struct rocks *rocks = self;

    if (rocks == NULL) {
        return;
    }
    assert(atomic_load(&rocks->snapshots) == 0);
    for (int family = 0; family < FAMILIES; family++) {
        if (rocks->handles[family] != NULL) {
            rocksdb_column_family_handle_destroy(rocks->handles[family]);
        }
    }
    if (rocks->db != NULL) {
        rocksdb_close(rocks->db);
    }
    for (int family = 0; family < FAMILIES; family++) {
        if (rocks->family_options[family] != NULL) {
            rocksdb_options_destroy(rocks->family_options[family]);
        }
    }
    if (rocks->options != NULL) {
        rocksdb_options_destroy(rocks->options);
    }
    rocksdb_writebatch_destroy(rocks->batch);
    rocksdb_writeoptions_destroy(rocks->write);
    rocksdb_readoptions_destroy(rocks->read);
    rocksdb_cache_destroy(rocks->cache);
    mem_free(rocks);
}

/* --- reading --- */

static rocksdb_readoptions_t *make_read(const struct store_snapshot *snapshot)
{
    rocksdb_readoptions_t *read = rocksdb_readoptions_create();

    rocksdb_readoptions_set_verify_checksums(read, 1);
    if (snapshot != NULL) {
        rocksdb_readoptions_set_snapshot(read, snapshot->snapshot);
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
    enum status status = answer(rocks, said, "read", err);

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
    return answer(rocks, said, "scan", err);
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

static struct store_snapshot *rocks_snapshot(void *self)
{
    struct rocks *rocks = self;
    struct store_snapshot *snapshot = mem_zalloc(sizeof *snapshot);

    snapshot->snapshot = rocksdb_create_snapshot(rocks->db);
    snapshot->read = make_read(snapshot);
    (void)atomic_fetch_add(&rocks->snapshots, 1);
    return snapshot;
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
    enum status status = engine_get(rocks, key_fence, &last, err);

    if (status == OK || status == ERR_NOT_FOUND) {
        status = engine_put(rocks, key_fence, last + 1, err);
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
        return err_wrap(err, "an earlier write failed");
    }
    if (fence != rocks->fence) {
        return err_set(err, ERR_STALE_FENCE, "another writer has claimed %s", rocks->directory);
    }
    return OK;
}

static void clear_batch(struct rocks *rocks)
{
    size_t size = 0;

    (void)rocksdb_writebatch_data(rocks->batch, &size);
    if (size > BATCH_KEEP_BYTES) { /* clearing would keep the memory */
        rocksdb_writebatch_destroy(rocks->batch);
        rocks->batch = rocksdb_writebatch_create();
    } else {
        rocksdb_writebatch_clear(rocks->batch);
    }
}

static enum status rocks_commit_begin(void *self, uint64_t fence, const struct batch *batch,
                                      struct err *err)
{
    struct rocks *rocks = self;
    char *said = NULL;
    enum status status = check_writable(rocks, fence, err);

    if (status != OK) {
        return status;
    }
    status = room_for_batch(rocks->directory, fill_batch(rocks, batch), rocks->limits.reserve_bytes,
                            err);
    if (status == OK) {
        rocksdb_write(rocks->db, rocks->write, rocks->batch, &said);
        rocks->outcome = COMMIT_OK;
        if (answer(rocks, said, "write", &rocks->failure) != OK) {
            rocks->outcome = COMMIT_UNKNOWN; /* it may be on the disk all the same */
        }
    }
    clear_batch(rocks);
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
        status = err_set(err, ERR_IO, "checkpoint %s to %s: sync: %s", rocks->directory, directory,
                         strerror(errno));
    }
    if (file >= 0) {
        (void)close(file);
    }
    return status;
}

static enum status rocks_checkpoint(void *self, const char *directory, struct err *err)
{
    const struct rocks *rocks = self;
    char *said = NULL;
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(rocks->db, &said);
    enum status status = answer(rocks, said, "checkpoint", err);

    if (status != OK) {
        return status;
    }
    said = NULL;
    rocksdb_checkpoint_create(checkpoint, directory, 0, &said); /* 0: flush the log first */
    status = answer(rocks, said, "checkpoint", err);
    rocksdb_checkpoint_object_destroy(checkpoint);
    return status == OK ? sync_tree(rocks, directory, err) : status;
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
    return room_disk(rocks->directory, &out->free_bytes, &out->total_bytes, err);
}

static const struct store_ops rocks_ops = {
    .claim = rocks_claim,
    .get = rocks_get,
    .scan = rocks_scan,
    .floor = rocks_floor,
    .snapshot = rocks_snapshot,
    .release = rocks_release,
    .commit_begin = rocks_commit_begin,
    .commit_outcome = rocks_commit_outcome,
    .resolve = rocks_resolve,
    .checkpoint = rocks_checkpoint,
    .free_space = rocks_free_space,
    .close = rocks_close,
};

static uint64_t or_default(uint64_t given, uint64_t otherwise)
{
    return given != 0 ? given : otherwise;
}

enum status store_rocks_open(struct store *out, const char *directory,
                             const struct store_rocks_options *options, struct err *err)
{
    static const struct store_rocks_options none = {0};
    struct rocks *rocks;
    enum status status;

    *out = (struct store){0};
    if (strlen(directory) >= sizeof rocks->directory) {
        return err_set(err, ERR_CONFIG, "open store: the path is too long");
    }
    rocks = mem_zalloc(sizeof *rocks);
    memcpy(rocks->directory, directory, strlen(directory));
    rocks->limits = options != NULL ? *options : none;
    rocks->limits.floor_bytes = or_default(rocks->limits.floor_bytes, 256 * (uint64_t)MIB);
    rocks->limits.reserve_bytes =
        or_default(rocks->limits.reserve_bytes, LOG_BYTES_MAX + 32 * (uint64_t)MIB);
    rocks->limits.recovery_bytes = or_default(rocks->limits.recovery_bytes, 16 * (uint64_t)MIB);
    rocks->outcome = COMMIT_OK;
    rocks->cache = make_cache();
    rocks->read = make_read(NULL);
    rocks->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(rocks->write, 1);
    rocks->batch = rocksdb_writebatch_create();
    status = open_checked(rocks, err);
    if (status != OK) {
        rocks_close(rocks);
        return status;
    }
    *out = (struct store){rocks, &rocks_ops};
    return OK;
}
