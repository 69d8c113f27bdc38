/* rows - the ordered map behind store_memory: one space, with the versions that snapshots see.
 *
 * A skip list with a fixed seed, so that every run is alike. A row keeps its newest version and
 * those that a living snapshot can see; a deleted row goes when nobody sees it any more.
 *
 * Owned by: rows.c, store_memory.c.
 * Owns: copies of keys and values. Thread: one at a time. */
#ifndef TERRACE_NODE_STORE_ROWS_H
#define TERRACE_NODE_STORE_ROWS_H

#include "replicator/store/store.h"

/* What a row was from commit `seq` on, newest first. */
struct version {
    struct version *older;
    uint64_t seq;
    size_t size;
    bool deleted;
    uint8_t data[];
};

/* A row; its key follows next[]. */
struct row {
    struct version *versions;
    struct row *back; /* on the lowest level; the head when first */
    uint8_t height, key_size;
    bool stale; /* is in rows->stale: has more than its newest version */
    struct row *next[];
};

/* The living ones are a list. */
struct store_snapshot {
    struct store_snapshot *next;
    uint64_t seq;
};

struct rows {
    struct row *head;
    uint64_t chance;
    struct row **stale; /* to be cleaned when a snapshot goes */
    size_t stale_count, stale_capacity;
};

void rows_init(struct rows *rows);
void rows_free(struct rows *rows);

struct bytes stored_key(const struct row *row);
/* What `snapshot` sees of the row (NULL: the latest), or NULL when it is absent there. */
const struct version *row_at(const struct row *row, const struct store_snapshot *snapshot);

/* All of these look at keys only; the row may be absent for the reader. NULL: there is none. */
const struct row *rows_find(const struct rows *rows, struct bytes key);
const struct row *rows_from(const struct rows *rows, struct bytes key); /* the first >= key */
/* The last that is at most `at` and not behind everything beginning with `prefix`. */
const struct row *rows_floor(const struct rows *rows, struct bytes prefix, struct bytes at);
const struct row *rows_before(const struct rows *rows, const struct row *row);

/* The row is `value` (data NULL: deleted) from commit `seq` on, which is newer than all before. */
void rows_write(struct rows *rows, struct bytes key, struct bytes value, uint64_t seq,
                const struct store_snapshot *snapshots);
/* Forgets what only a released snapshot saw. */
void rows_sweep(struct rows *rows, const struct store_snapshot *snapshots);

#endif
