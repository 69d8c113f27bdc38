/* view - one moment of the store, read without the loop.
 *
 * Whatever one answer says comes out of one view: documents, balances and roster are of the same
 * commit, and a commit that hangs on its disk holds no reader up.
 *
 *   a read fails --view_sound--> the answer says so --view_close--> the node is told, which heals
 *
 * Owns: its snapshot and its txn, until view_close. Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_VIEW_H
#define TERRACE_NODE_API_VIEW_H

#include "node/api/request.h"
#include "replicator/store/read_watch.h"

struct view { /* not to be moved in memory */
    const struct service *service;
    struct read_watch reads;
    const struct store *store; /* of `reads` */
    struct store_snapshot *snapshot;
    struct txn *txn;
    uint64_t moment; /* of its snapshot (store.h); 0: a commit came in between, and nobody knows */
};
void view_open(struct view *view, const struct service *service);
/* Damage that a read met is the loop's to mend, and is told to it. */
void view_close(struct view *view);
/* From here on it reads `txn`, which is the view's, in place of its snapshot's. */
void view_read_from(struct view *view, struct txn *txn);
/* The first read that failed, in *err. Errors: ERR_CORRUPT, ERR_IO, ERR_BUSY (near_store.h). */
enum status view_status(const struct view *view, struct err *err);
/* False with the error answered, when a read failed: what was read must then not be shown. */
bool view_sound(const struct view *view, const struct request *request, struct answer *answer);

#endif
