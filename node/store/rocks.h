/* rocks - what the files of the RocksDB store share. Not for anybody else.
 *
 *   rocks_open.c    families, options, opening and closing
 *   rocks_schema.c  which schema the rows are of
 *   store_rocks.c   reading, writing, upkeep: the seam of replicator/store/store.h
 *   salvage.c       what can be read of a damaged one
 *
 * Owned by: rocks_open.c, store_rocks.c. */
#ifndef TERRACE_NODE_STORE_ROCKS_H
#define TERRACE_NODE_STORE_ROCKS_H

#include <limits.h>
#include <rocksdb/c.h>
#include <stdatomic.h>

#include "node/store/manifest.h"
#include "node/store/store_rocks.h"

enum {
    KIB = 1 << 10,
    MIB = 1 << 20,
    CACHE_BYTES = 8 * MIB,
    ENGINE = SPACES, /* the column family "default" holds the engine's own rows */
    FAMILIES = SPACES + 1,
};

/* Thread: the loop thread, but for reads. */
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
    uint64_t written; /* bytes since the last rest */
    struct manifest manifest;
};

/* Errors: ERR_IO, ERR_CORRUPT, ERR_DISK_FULL (recovery would find no room), ERR_NEEDS_UPGRADE (a
 * newer layout); ERR_BUSY (another process has it open). */
enum status rocks_open(struct rocks **out, const char *directory,
                       const struct store_rocks_options *options, struct err *err);
void rocks_close(struct rocks *rocks); /* NULL is fine */

/* Every call that can fail gets the address of a `said` that is NULL and ends here.
 * Errors: ERR_IO, ERR_CORRUPT, ERR_DISK_FULL, as the library says. */
enum status rocks_answer(const struct rocks *rocks, char *said, const char *doing, struct err *err);

/* What the column family of a space is called. */
const char *rocks_family(enum store_space space);

/* Notes how long MANIFEST is; what fails is logged. */
void rocks_note(struct rocks *rocks);

/* After a commit: nothing is in the batch, and no more memory than a usual one needs. */
void rocks_clear_batch(struct rocks *rocks);
void rocks_renew_batch(struct rocks *rocks); /* gives its memory back, too */

#define ENGINE_SCHEMA      "schema"
#define ENGINE_SCHEMA_FROM "schema_from"
/* The engine's own rows: one number each. ENGINE_SCHEMA is the schema of all others,
 * ENGINE_SCHEMA_FROM the one from which the step to it goes on, 0 once that has ended. Errors:
 * ERR_IO, ERR_CORRUPT; get: ERR_NOT_FOUND. */
enum status rocks_engine_get(const struct rocks *rocks, const char *key, uint64_t *value,
                             struct err *err);
enum status rocks_engine_put(const struct rocks *rocks, const char *key, uint64_t value,
                             struct err *err);

#endif
