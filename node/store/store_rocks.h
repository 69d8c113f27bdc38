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

struct store_rocks_options {
    uint64_t floor_bytes;    /* 0: STORE_ROCKS_FLOOR_BYTES */
    uint64_t reserve_bytes;  /* 0: 96 MiB: what a restart may need, and some more */
    uint64_t recovery_bytes; /* 0: 16 MiB: free at opening, besides the size of the log */
    bool must_exist;         /* there was one: where there is none it is gone, and not a new one */
    bool *unnoted; /* NULL, or told whether a store that was there had lost its note of the
                      list of tables (manifest.h): a list that was cut passes then */
};

/* Opens the store in `directory`, making it when it is not there. `options` may be NULL.
 * Errors: ERR_BUSY (another process has it open); ERR_CORRUPT; ERR_DISK_FULL (less free than
 * recovery may need); ERR_NEEDS_UPGRADE (written by a newer version); ERR_IO. */
enum status store_rocks_open(struct store *out, const char *directory,
                             const struct store_rocks_options *options, struct err *err);

/* For every few seconds: notes the list of tables (node/store/manifest.h) and, when little was
 * written since the last call, gives back what a load left in memory (tables not written out yet,
 * cached blocks). Thread: loop thread. */
void store_rocks_trim(const struct store *store);

#endif
