/* rocks_open - how the RocksDB store is laid out, opened and closed. */
#include "node/store/rocks.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/store/room.h"
#include "proto/log.h"
#include "proto/message.h"

enum {
    BATCH_KEEP_BYTES = 4 * MIB, /* while there is work: a batch that grows is copied each time */
    LOG_BYTES_MAX = 64 * MIB,   /* bounds what a restart replays */
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
    [SPACE_LOCAL] = {"local", 4 * MIB, true, true},
    [ENGINE] = {"default", 256 * KIB, true, false},
};

const char *rocks_family(enum store_space space)
{
    return families[space].name;
}

/* --- what RocksDB says --- */

/* Another process has the file, or this one has. Directories may be called like it, and the file
 * may be out of reach. */
static bool is_locked(const char *text)
{
    const char *file = strstr(text, "/LOCK: ");

    return file != NULL && (strstr(file, "Resource temporarily unavailable") != NULL ||
                            strstr(file, "No locks available") != NULL);
}

/* The disk cannot give bytes of one file any more (EIO): as good as bytes that are not what was
 * written. A write that fails says that the disk fails: another start tries it again. */
static bool is_unreadable(const char *text)
{
    static const char *const readings[] = {
        "IO error: While pread ", "IO error: While reading file ",
        "IO error: While open a file for random read", "IO error: While opening a file for sequen",
        "IO error: while stat a file for size"};

    for (size_t i = 0; i < COUNT_OF(readings); i++) {
        if (strncmp(text, readings[i], strlen(readings[i])) == 0) {
            return strstr(text, strerror(EIO)) != NULL;
        }
    }
    return false;
}

static enum status status_of(const char *text)
{
    if (is_locked(text) || strncmp(text, "Result incomplete", 17) == 0) {
        return ERR_BUSY; /* the second: not in memory, and nothing else was asked */
    }
    if (strstr(text, "No space left") != NULL) {
        return ERR_DISK_FULL;
    }
    if (strncmp(text, "Corruption", 10) == 0 || is_unreadable(text) ||
        strstr(text, "No such file or directory") != NULL) { /* one of its own files is gone */
        return ERR_CORRUPT;
    }
    return ERR_IO;
}

enum status rocks_answer(const struct rocks *rocks, char *said, const char *doing, struct err *err)
{
    enum status status;

    if (said == NULL) {
        return OK;
    }
    status = status_of(said);
    if (status == ERR_BUSY) {
        (void)err_set(err, status, "store_in_use directory=%s said=%s", rocks->directory, said);
    } else if (status == ERR_CORRUPT) {
        (void)err_set(err, status, "store_damaged directory=%s said=%s", rocks->directory, said);
    } else {
        (void)err_set(err, status, "store_failed doing=%s directory=%s said=%s", doing,
                      rocks->directory, said);
    }
    rocksdb_free(said);
    return status;
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

/* A batch is sorted, so a row's place in the memtable lies near that of the last row with the same
 * letter and division: a search from there is short. Speed only, so no harm is done where RocksDB
 * does not know the option; its C interface has it in this form alone. */
static void insert_near_the_last(rocksdb_options_t *options)
{
    char *said = NULL;

    rocksdb_get_options_from_string(options, "memtable_insert_with_hint_prefix_extractor=fixed:10",
                                    options, &said);
    rocksdb_free(said);
}

static rocksdb_options_t *make_family_options(const struct rocks *rocks,
                                              const struct family *family)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_block_based_table_options_t *table = table_options(rocks, family);

    rocksdb_options_set_write_buffer_size(options, family->memtable_bytes);
    rocksdb_options_set_arena_block_size(options, 64 * KIB); /* grown only as it fills */
    rocksdb_options_set_max_write_buffer_number(options, 3);
    if (family->bloom) { /* reads that find nothing take half as long; 16 bits a row */
        rocksdb_options_set_memtable_prefix_bloom_size_ratio(options, 0.02);
        rocksdb_options_set_memtable_whole_key_filtering(options, 1);
    }
    rocksdb_options_set_compression(options, family->compressed ? rocksdb_lz4_compression
                                                                : rocksdb_no_compression);
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);
    if (family->bloom) {
        insert_near_the_last(options);
    }
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

    rocksdb_lru_cache_options_set_capacity(options, CACHE_BYTES);
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
    enum status status = rocks_answer(rocks, said, "open", err);

    if (status != OK) {
        return status;
    }
    for (size_t i = 0; i < count && status == OK; i++) {
        bool known = false;

        for (int family = 0; family < FAMILIES; family++) {
            known |= strcmp(names[i], families[family].name) == 0;
        }
        if (!known) {
            status = err_set(err, ERR_NEEDS_UPGRADE, "store_unknown_family directory=%s family=%s",
                             rocks->directory, names[i]);
        }
    }
    rocksdb_list_column_families_destroy(names, count);
    return status;
}

enum status rocks_engine_get(const struct rocks *rocks, const char *key, uint64_t *value,
                             struct err *err)
{
    char *said = NULL;
    size_t size = 0;
    char *found = rocksdb_get_cf(rocks->db, rocks->read, rocks->handles[ENGINE], key, strlen(key),
                                 &size, &said);
    enum status status = rocks_answer(rocks, said, "read", err);

    if (status == OK && found == NULL) {
        status = ERR_NOT_FOUND;
    } else if (status == OK && size != 8) {
        status = err_set(err, ERR_CORRUPT, "store_row_size directory=%s row=%s bytes=%zu",
                         rocks->directory, key, size);
    } else if (status == OK) {
        *value = load_u64((const uint8_t *)found);
    }
    rocksdb_free(found);
    return status;
}

enum status rocks_engine_put(const struct rocks *rocks, const char *key, uint64_t value,
                             struct err *err)
{
    uint8_t raw[8];
    char *said = NULL;

    store_u64(raw, value);
    rocksdb_put_cf(rocks->db, rocks->write, rocks->handles[ENGINE], key, strlen(key),
                   (const char *)raw, sizeof raw, &said);
    return rocks_answer(rocks, said, "write", err);
}

/* May this version work with it? One that is new becomes STORE_SCHEMA. */
static enum status check_schema(const struct rocks *rocks, struct err *err)
{
    uint64_t version = STORE_SCHEMA, from = 0;
    enum status status = rocks_engine_get(rocks, ENGINE_SCHEMA, &version, err);

    if (status == ERR_NOT_FOUND) {
        return rocks_engine_put(rocks, ENGINE_SCHEMA, STORE_SCHEMA, err);
    }
    status = status == OK ? rocks_engine_get(rocks, ENGINE_SCHEMA_FROM, &from, err) : status;
    if (status != OK && status != ERR_NOT_FOUND) {
        return status;
    }
    if (version > STORE_SCHEMA) {
        return err_set(err, ERR_NEEDS_UPGRADE,
                       "store_format directory=%s format=%" PRIu64 " reads=%d", rocks->directory,
                       version, STORE_SCHEMA);
    }
    if (rocks->limits.migrates) {
        return OK;
    }
    if (from != 0) {
        return err_set(err, ERR_CONFIG, "store_half_migrated directory=%s from=%" PRIu64,
                       rocks->directory, from);
    }
    return version == STORE_SCHEMA
               ? OK
               : err_set(err, ERR_CONFIG, "store_older directory=%s format=%" PRIu64 " reads=%d",
                         rocks->directory, version, STORE_SCHEMA);
}

static enum status open_database(struct rocks *rocks, struct err *err)
{
    const char *names[FAMILIES];
    char *said = NULL;

    for (int family = 0; family < FAMILIES; family++) {
        names[family] = families[family].name;
        rocks->family_options[family] = make_family_options(rocks, &families[family]);
    }
    rocks->db =
        rocks->limits.read_only
            ? rocksdb_open_for_read_only_column_families(
                  rocks->options, rocks->directory, FAMILIES, names,
                  (const rocksdb_options_t *const *)rocks->family_options, rocks->handles, 0, &said)
            : rocksdb_open_column_families(rocks->options, rocks->directory, FAMILIES, names,
                                           (const rocksdb_options_t *const *)rocks->family_options,
                                           rocks->handles, &said);
    return rocks_answer(rocks, said, "open", err);
}

/* What lies there, and whether a store may be opened or made of it. RocksDB would start anew. */
static enum status look(const struct rocks *rocks, struct room *room, struct err *err)
{
    const bool made = !rocks->limits.read_only && mkdir(rocks->directory, 0700) == 0;
    enum status status;

    if (!made && !rocks->limits.read_only && errno != EEXIST) {
        return err_set(err, ERR_IO, "store_not_made directory=%s why=%s", rocks->directory,
                       os_reason(errno));
    }
    status = room_look(room, rocks->directory, err);
    if (status == OK && !room->current && room->data) {
        return err_set(err, ERR_CORRUPT, "store_current_missing directory=%s", rocks->directory);
    }
    if (status == OK && !room->current && rocks->limits.must_exist) {
        if (made) {
            (void)rmdir(rocks->directory); /* so that a disk can be mounted, or a copy put there */
        }
        return err_set(err, ERR_CORRUPT, "store_gone directory=%s", rocks->directory);
    }
    return status;
}

static enum status open_checked(struct rocks *rocks, struct err *err)
{
    struct room room;
    enum status status = look(rocks, &room, err);
    bool noted;

    if (status != OK) {
        return status;
    }
    status = manifest_check(rocks->directory, &noted, err);
    if (status != OK) {
        return status;
    }
    if (rocks->limits.unnoted != NULL) {
        *rocks->limits.unnoted = room.current && !noted;
    }
    if (!rocks->limits.read_only) {
        status = room_for_recovery(&room, rocks->directory, rocks->limits.recovery_bytes, err);
    }
    if (status != OK) {
        return status;
    }
    rocks->options = make_options(!room.current);
    status = room.current ? check_families(rocks, err) : OK;
    if (status == OK) {
        status = open_database(rocks, err);
    }
    if (status == OK && !rocks->limits.read_only) {
        status = manifest_note(&rocks->manifest, rocks->directory, err);
    }
    return status == OK ? check_schema(rocks, err) : status;
}

/* A failure is no fault of the store: the next start checks what was noted before. */
void rocks_note(struct rocks *rocks)
{
    struct err err;

    if (manifest_note(&rocks->manifest, rocks->directory, &err) != OK) {
        LOG_WARN("store.note", "text=%s", err.text);
    }
}

void rocks_close(struct rocks *rocks)
{
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
        if (!rocks->limits.read_only) {
            rocks_note(rocks); /* the list grows no more */
        }
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

static uint64_t or_default(uint64_t given, uint64_t otherwise)
{
    return given != 0 ? given : otherwise;
}

void rocks_renew_batch(struct rocks *rocks)
{
    rocksdb_writebatch_destroy(rocks->batch);
    rocks->batch = rocksdb_writebatch_create();
}

void rocks_clear_batch(struct rocks *rocks)
{
    size_t size = 0;

    (void)rocksdb_writebatch_data(rocks->batch, &size);
    if (size > BATCH_KEEP_BYTES) { /* clearing would keep the memory */
        rocks_renew_batch(rocks);
    } else {
        rocksdb_writebatch_clear(rocks->batch);
    }
}

enum status rocks_open(struct rocks **out, const char *directory,
                       const struct store_rocks_options *options, struct err *err)
{
    static const struct store_rocks_options none = {0};
    struct rocks *rocks;
    enum status status;

    *out = NULL;
    if (strlen(directory) >= sizeof rocks->directory) {
        return err_set(err, ERR_CONFIG, "store_path_too_long");
    }
    rocks = mem_zalloc(sizeof *rocks);
    memcpy(rocks->directory, directory, strlen(directory));
    rocks->limits = options != NULL ? *options : none;
    rocks->limits.floor_bytes = or_default(rocks->limits.floor_bytes, STORE_ROCKS_FLOOR_BYTES);
    rocks->limits.reserve_bytes =
        or_default(rocks->limits.reserve_bytes, LOG_BYTES_MAX + 32 * (uint64_t)MIB);
    rocks->limits.recovery_bytes = or_default(rocks->limits.recovery_bytes, 16 * (uint64_t)MIB);
    rocks->cache = make_cache();
    rocks->read = rocksdb_readoptions_create();
    rocksdb_readoptions_set_verify_checksums(rocks->read, 1);
    rocks->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(rocks->write, 1);
    rocks->batch = rocksdb_writebatch_create();
    status = open_checked(rocks, err);
    if (status != OK) {
        rocks_close(rocks);
        return status;
    }
    *out = rocks;
    return OK;
}
