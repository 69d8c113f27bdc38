/* manifest - notices that a store's MANIFEST lost its end, or anything in it.
 *
 * MANIFEST is RocksDB's log of which tables a store has. Cut after a record, it opens as an older
 * list: the tables added since are taken for rubbish and deleted, while later rows come back from
 * the write-ahead log. That is a hole in the middle, and no row says so. So the file NOTED beside
 * it keeps how long MANIFEST was when last synced and a hash of that much of it. A MANIFEST that is
 * shorter, differs, or is older than the noted one is damage, found before RocksDB touches a table.
 *
 *     "MANIFEST-000032 2266 <64 hex digits>\n"
 *
 * Growth since the last note is not covered: the store notes after opening, at rest and on closing,
 * so that is at most some seconds before a crash. Thread: the loop thread. Units: bytes. */
#ifndef TERRACE_NODE_STORE_MANIFEST_H
#define TERRACE_NODE_STORE_MANIFEST_H

#include "replicator/trust/crypto.h"

struct manifest {
    char name[32];     /* MANIFEST-nnnnnn; empty: none was read yet */
    uint64_t size;     /* how much of it is hashed and noted */
    struct hasher sum; /* of its first `size` bytes */
};

/* Before the store is opened. *noted is false when there is no note: of a new store, or of one
 * whose note was taken away, which its owner must be told; nothing was compared then. Errors:
 * ERR_CORRUPT, ERR_IO; ERR_CONFIG when a path gets too long. */
enum status manifest_check(const char *directory, bool *noted, struct err *err);

/* Syncs what MANIFEST has grown by and notes it; looks at CURRENT and one size when it has not.
 * `manifest` begins zeroed and stays with one directory. Errors: the same, and ERR_DISK_FULL. */
enum status manifest_note(struct manifest *manifest, const char *directory, struct err *err);

#endif
