/* store_rocks - the store on RocksDB: the production engine, and the one door to its library.
 *
 * One column family for each space, found by name. A commit is one write batch with one fsync and
 * is over when commit_begin returns. A failed write is indeterminate: the store then refuses every
 * further commit, and its owner must stop, restart, and go on from what is there.
 *
 * RocksDB aborts the process when a write meets a full disk, so two marks keep away from that:
 * below floor_bytes the node takes no new business (the caller's part), below reserve_bytes no
 * commit at all is begun.
 *
 * Thread: as replicator/store/store.h says. Units: bytes. */
#ifndef TERRACE_NODE_STORE_STORE_ROCKS_H
#define TERRACE_NODE_STORE_STORE_ROCKS_H

#include "replicator/store/store.h"

enum { STORE_ROCKS_FLOOR_BYTES = 256 << 20 }; /* more than twice the write-ahead log */

/* Of the rows of all spaces together: what each was, and how one becomes the next, is
 * node/daemon/migrate.h. */
enum { STORE_SCHEMA = 2 };

struct store_rocks_options {
    uint64_t floor_bytes;    /* 0: STORE_ROCKS_FLOOR_BYTES */
    uint64_t reserve_bytes;  /* 0: 96 MiB: what a restart may need, and some more */
    uint64_t recovery_bytes; /* 0: 16 MiB: free at opening, besides the size of the log */
    bool must_exist;         /* there was one: where there is none it is gone, and not a new one */
    bool read_only;          /* of a copy: nothing in `directory` is written, and it may be open */
    bool migrates;           /* it is opened to be migrated: one of an earlier schema, or one whose
                                migration did not end, is no failure */
    bool *unnoted; /* NULL, or told whether a store that was there had lost its note of the
                      list of tables (manifest.h): a list that was cut passes then */
};

/* Opens the store in `directory`, making it when it is not there. `options` may be NULL.
 * Errors: ERR_BUSY (another process has it open); ERR_CORRUPT; ERR_DISK_FULL (less free than
 * recovery may need); ERR_NEEDS_UPGRADE (written by a newer version); ERR_CONFIG (by an earlier
 * one, and not migrated, or not wholly); ERR_IO. */
enum status store_rocks_open(struct store *out, const char *directory,
                             const struct store_rocks_options *options, struct err *err);

struct store_schema {
    uint64_t version;
    uint64_t from; /* of the step to `version` that was begun and did not end; 0: none */
};
/* Errors of the three: ERR_IO, ERR_CORRUPT. Durable when they return. */
enum status store_rocks_schema(const struct store *store, struct store_schema *out,
                               struct err *err);
/* Before a step changes anything: from here on no version but one that knows the step opens it. */
enum status store_rocks_step_begin(const struct store *store, uint64_t from, uint64_t to,
                                   struct err *err);
enum status store_rocks_step_end(const struct store *store, struct err *err);

/* For every few seconds: notes the list of tables (node/store/manifest.h) and, when little was
 * written since the last call, gives back what a load left in memory (tables not written out yet,
 * cached blocks). Thread: loop thread. */
void store_rocks_trim(const struct store *store);

#endif
