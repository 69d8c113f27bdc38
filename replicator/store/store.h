/* store - the seam to durable state.
 *
 * node/store/store_rocks.c stands behind it in production, node/store/store_memory.c in the
 * simulator, where it can drop what was not synced. An engine on several machines fits too:
 * hence the fence and the outcome of a commit, which may be unknown.
 *
 *   claim -> fence ;  begin(fence, batch) ... outcome(ok | stale_fence | unavailable | unknown)
 *
 * Thread: reads and moment from any thread, on a snapshot or on the latest; claim, begin, outcome
 * and free_space from the loop thread only. Keys sort as bytes. Sizes are bytes. */
#ifndef TERRACE_REPLICATOR_STORE_STORE_H
#define TERRACE_REPLICATOR_STORE_STORE_H

#include "proto/bytes.h"
#include "proto/status.h"

/* A space is an ordered map of its own. Numbers are for memory only; names are on disk. */
enum store_space {
    SPACE_META,   /* schema version, identity, grants */
    SPACE_BLOCKS, /* author, epoch, first lsn -> block bytes */
    SPACE_HEADS,
    SPACE_COSIGN,
    SPACE_LEDGER, /* this one and the two below: its owner's rows */
    SPACE_ROLLUPS,
    SPACE_INDEX,
    SPACE_LOCAL, /* its owner's too: never leaves the node */
    SPACES,
};

enum { STORE_KEY_BYTES_MAX = 255 };

/* One change. A delete has value.data == NULL; an empty value is not a delete. */
struct change {
    enum store_space space;
    struct bytes key, value;
};
struct batch {
    const struct change *changes; /* by space; no key twice; sorted ones are faster */
    size_t count;
};

enum commit_outcome {
    COMMIT_PENDING,
    COMMIT_OK,
    COMMIT_STALE_FENCE,
    COMMIT_UNAVAILABLE,
    COMMIT_UNKNOWN
};

/* Return false to stop the scan. The views die when the visit returns. */
typedef bool store_visit_fn(void *arg, struct bytes key, struct bytes value);

struct store_snapshot; /* opaque to all but the engine */

struct store_space_free {
    uint64_t free_bytes, total_bytes; /* of the file system; UINT64_MAX when it has no disk */
    uint64_t floor_bytes;             /* below this no new business may be accepted */
    bool is_stalled; /* the engine slows writes down, or stops them, until it has caught up */
};

struct store {
    void *self;
    const struct store_ops *ops;
};

struct store_ops {
    /* Makes the caller the only writer; older fences cannot commit from then on. */
    enum status (*claim)(void *self, uint64_t *fence, struct err *err);

    /* `value` is replaced. Absent: ERR_NOT_FOUND, with `err` untouched.
     * `snapshot` NULL reads the latest. Errors: ERR_CORRUPT, ERR_IO. */
    enum status (*get)(void *self, struct store_snapshot *snapshot, enum store_space space,
                       struct bytes key, struct buf *value, struct err *err);

    /* Keys k with from <= k and k beginning with `prefix`, ascending (`from` may be BYTES_NONE
     * for the first one; it must itself begin with `prefix`). A damaged store is an error, never
     * a shorter scan. */
    enum status (*scan)(void *self, struct store_snapshot *snapshot, enum store_space space,
                        struct bytes prefix, struct bytes from, store_visit_fn *visit, void *arg,
                        struct err *err);

    /* The greatest key <= `at` that begins with `prefix`, or ERR_NOT_FOUND. */
    enum status (*floor)(void *self, struct store_snapshot *snapshot, enum store_space space,
                         struct bytes prefix, struct bytes at, struct buf *key, struct buf *value,
                         struct err *err);

    struct store_snapshot *(*snapshot)(void *self);
    /* The same for somebody who may not wait for a disk: a read of it that would have to is
     * ERR_BUSY, and nothing is known then. */
    struct store_snapshot *(*near_snapshot)(void *self);
    void (*release)(void *self, struct store_snapshot *snapshot);
    /* From 1, and greater whenever rows may have changed: between two answers that are the same
     * every snapshot is of the same rows. */
    uint64_t (*moment)(void *self);

    /* Starts an atomic, durable commit; the batch is copied or written before this returns. At
     * most one in flight. Durable is what `outcome` says: COMMIT_OK only once the batch would
     * survive a power cut. An engine may complete before begin returns.
     * Errors (nothing was begun): ERR_DISK_FULL, ERR_STALE_FENCE, ERR_IO. */
    enum status (*commit_begin)(void *self, uint64_t fence, const struct batch *batch,
                                struct err *err);
    enum commit_outcome (*commit_outcome)(void *self, struct err *err);
    /* `wake` is called, from any thread, whenever an outcome that was pending is no more; set it
     * before the first commit. NULL for an engine whose outcomes never are. */
    void (*notify)(void *self, void (*wake)(void *arg), void *arg);

    /* After COMMIT_UNKNOWN: commits a barrier and tells which it was (OK or UNAVAILABLE). */
    enum commit_outcome (*resolve)(void *self, uint64_t fence, struct err *err);

    /* A consistent copy that opens by itself. */
    enum status (*checkpoint)(void *self, const char *directory, struct err *err);
    enum status (*free_space)(void *self, struct store_space_free *out, struct err *err);
    void (*close)(void *self);
};

#endif
