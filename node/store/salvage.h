/* salvage - what can still be read of a store that is damaged.
 *
 *   as it was     CURRENT, MANIFEST and write-ahead log hold: every row that can be read is the
 *                 newest one. What cannot be read is stepped over, however often it comes
 *   cut           the write-ahead log does not: rows are as they were once
 *   put together  of the tables and the log, where their list is gone or a table cannot be opened:
 * a row that was deleted may be there again the log alone of spaces that have no table yet, where
 * the list is gone
 *
 * Each source is asked only for the spaces of which the one before it has told less than all. All
 * of it happens on a copy of hard links: the store itself stays as it was found.
 *
 * Owns: the copy, which goes. Thread: one at a time. Sizes are bytes. */
#ifndef TERRACE_NODE_STORE_SALVAGE_H
#define TERRACE_NODE_STORE_SALVAGE_H

#include "replicator/store/store.h"

/* A RocksDB that ends the process over what it reads is not asked the same again. */
enum salvage_depth { SALVAGE_ALL, SALVAGE_AS_IT_WAS, SALVAGE_NOTHING };

struct salvaged_row {
    enum store_space space;
    struct bytes key, value;
    bool is_newest; /* else it may be older than what was there, or deleted */
};
/* A row comes twice where two sources have it, and then the better one is first. Not OK ends it,
 * and that is returned. */
typedef enum status salvage_visit_fn(void *arg, const struct salvaged_row *row, struct err *err);

struct salvage {
    const char *directory; /* of the store; it may be gone */
    const char *copy;      /* beside it, on the same file system; what is there goes */
    enum salvage_depth depth;
    const enum store_space *spaces; /* in which order they come */
    size_t space_count;
    salvage_visit_fn *visit;
    void *arg;
    void (*alive)(void *arg); /* every now and then; NULL */
};

struct salvage_found {
    uint64_t rows[SPACES], gaps[SPACES]; /* places that could not be read, in the best source */
    bool is_whole[SPACES];               /* all of its rows came, each the newest one */
};

/* OK also where nothing could be read. Errors: of visit; ERR_IO, ERR_CONFIG (the paths),
 * ERR_DISK_FULL. */
enum status salvage_read(const struct salvage *salvage, struct salvage_found *found,
                         struct err *err);

/* Removes a directory of files, and what it holds, if it is there. Errors: ERR_IO. */
enum status salvage_remove(const char *directory, struct err *err);
/* All that a directory of files takes; 0 when it is not there. */
uint64_t salvage_bytes(const char *directory);

#endif
