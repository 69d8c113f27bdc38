/* read_watch - a store that remembers the first read of it that failed.
 *
 *   get, scan, floor of watch->store ... --> read_watch_status: was every one answered?
 *
 * Whoever asks for one row outside a turn's txn (txn.h) has no path for an error: what is not read
 * is absent to him. So that no decision stands on that, its owner asks once, before anything of it
 * is kept, sent or shown. Absent is no failure, nor is ERR_BUSY (near_snapshot).
 *
 * Borrows the store behind it; must not move in memory. Commits go to the store behind.
 * Thread: one. */
#ifndef TERRACE_REPLICATOR_STORE_READ_WATCH_H
#define TERRACE_REPLICATOR_STORE_READ_WATCH_H

#include "replicator/store/store.h"

struct read_watch {
    struct store store; /* what is read through */
    struct store behind;
    struct err first; /* OK: none failed */
};

void read_watch_open(struct read_watch *watch, const struct store *behind);
/* The first failure, with its words in *err. Errors: ERR_CORRUPT, ERR_IO. */
enum status read_watch_status(const struct read_watch *watch, struct err *err);
/* As txn_check_row, for a row that was read through `store`: one whose bytes are sound and say
 * nothing must not count as absent. Nothing is remembered of a store that nobody watches.
 * Returns is_whole. */
bool read_watch_row(const struct store *store, struct bytes key, bool is_whole);

#endif
