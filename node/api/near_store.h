/* near_store - the store as somebody reads it who may not wait: out of memory, and not much at
 * once.
 *
 *   near_store_begin --> get, scan, floor of near->store ... --> near_store_sufficed?
 *
 * What would have to come from a disk, and what lies beyond a bounded number of rows, is ERR_BUSY.
 * Then all that was read says nothing: it is read again by somebody who may wait.
 *
 * One snapshot serves all that begin between two commits, and costs them nothing.
 *
 * Owns: its snapshot, until near_store_rest or near_store_close. Borrows the store behind it.
 * Thread: one. Units: rows; of large ones each NEAR_ROW_BYTES count. */
#ifndef TERRACE_NODE_API_NEAR_STORE_H
#define TERRACE_NODE_API_NEAR_STORE_H

#include "replicator/store/store.h"

enum { NEAR_ROWS_MAX = 512, NEAR_ROW_BYTES = 1024 };

struct near_store {
    struct store store; /* what is read through */
    struct store whole;
    struct store_snapshot *snapshot; /* NULL: none is held */
    uint64_t moment;                 /* of the snapshot */
    size_t rows_left;
    bool is_over; /* something was ERR_BUSY */
};

void near_store_open(struct near_store *near, const struct store *whole);
void near_store_close(struct near_store *near);

/* From here on it is of the newest moment. Nothing that was opened on it before is used again. */
void near_store_begin(struct near_store *near);
/* Was all there that was asked since? */
bool near_store_sufficed(const struct near_store *near);

/* Nobody reads now: gives the snapshot back when it has grown old, or at once, so that the engine
 * need not keep for it what nobody asks for. */
void near_store_rest(struct near_store *near, bool at_once);

#endif
