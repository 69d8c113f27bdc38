/* arrivals - in which order this node came to hold its entries, own and received: what a reader
 * follows for ever by one number.
 *
 *   heads_stage, block by block --> arrivals_stage, once a turn --> one row in the turn's commit
 *   position --arrivals_scan--> runs (author, first lsn, count) --> log_read_block
 *
 * A turn with blocks writes one row, whatever it holds: no entry and no block pays for its own. A
 * vector of (author, lsn) would need no row, but it grows with the tree, and read again it tells an
 * answer before what it answers; here a cause stands before its effect, and every reader meets the
 * same order.
 *
 * A store that was put back from an old copy gives positions a second time, to other entries. So
 * each row carries a mark: the hash over the mark before it and its own runs. A reader that shows
 * the mark of the position it read is told when the order behind it is no longer the one it knows.
 *
 *   SPACE_HEADS   HEADS_ARRIVAL position(u64)  -> mark(u64), then runs: author(9), as varints
 *                                                 first_lsn, count
 *
 * Owns:   the end of the order. Borrows nothing.
 * Thread: arrivals_load and arrivals_stage the loop thread; what reads a snapshot, any.
 * Units:  a position counts entries from 1; 0 is before the first. */
#ifndef TERRACE_REPLICATOR_LOG_ARRIVALS_H
#define TERRACE_REPLICATOR_LOG_ARRIVALS_H

#include "replicator/log/heads.h"

/* Where a reader stands: it has read up to here. */
struct arrival_mark {
    uint64_t position;
    uint64_t mark; /* of the row in which the position lies; 0 for position 0 */
};

struct arrivals {
    struct arrival_mark end; /* staged */
    struct buf key, value;   /* of a row; for a moment */
};

void arrivals_init(struct arrivals *arrivals);
void arrivals_free(struct arrivals *arrivals);
/* Reads the end back. Errors: ERR_IO, ERR_CORRUPT. */
enum status arrivals_load(struct arrivals *arrivals, const struct store *store, struct err *err);
/* The blocks that this turn staged take the next positions. Once, at the end of a turn. */
void arrivals_stage(struct arrivals *arrivals, struct txn *txn, const struct logs *logs);

/* Of this author's log nothing above `lsn` is held any more: what came after the first of it takes
 * the positions that become free, and readers behind that are told so by its mark. For a store
 * whose logs are not open. Errors: ERR_IO, ERR_CORRUPT. */
enum status arrivals_take_back(const struct store *store, struct txn *txn, struct division author,
                               uint64_t lsn, struct err *err);

/* Up to where this store has come. Errors: ERR_IO, ERR_CORRUPT. */
enum status arrivals_end(const struct store *store, struct store_snapshot *snapshot,
                         struct arrival_mark *out, struct err *err);
/* Is what a reader knows up to `at` what this store has? Errors: ERR_NOT_FOUND (it lies behind the
 * end), ERR_FORK (other entries stand there, or before), ERR_IO, ERR_CORRUPT. */
enum status arrivals_check(const struct store *store, struct store_snapshot *snapshot,
                           const struct arrival_mark *at, struct err *err);

/* Entries of one author that follow each other in its log and in the order. */
struct arrival_run {
    uint64_t position; /* of the first */
    struct division author;
    uint64_t first_lsn, count;
    uint64_t mark; /* of every position in it */
};
/* The run in which `position` lies: a reader that goes back begins there.
 * Errors: ERR_NOT_FOUND (0, or behind the end), ERR_IO, ERR_CORRUPT. */
enum status arrivals_at(const struct store *store, struct store_snapshot *snapshot,
                        uint64_t position, struct arrival_run *out, struct err *err);
/* Return false to stop. */
typedef bool arrivals_visit_fn(void *arg, const struct arrival_run *run);
/* The runs behind `after`, in order; the first one begins right there. Errors: ERR_IO, ERR_CORRUPT.
 */
enum status arrivals_scan(const struct store *store, struct store_snapshot *snapshot,
                          uint64_t after, arrivals_visit_fn *visit, void *arg, struct err *err);

#endif
