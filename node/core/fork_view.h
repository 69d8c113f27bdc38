/* fork_view - the two branches of a fork, as far as this node holds them: what would be put aside
 * if the other one were kept.
 *
 *   a pair that is kept (replicator/log/fork_pair.h) + the log that is held --> two branches
 *
 * Thread: any. Units: lsn; fen. */
#ifndef TERRACE_NODE_CORE_FORK_VIEW_H
#define TERRACE_NODE_CORE_FORK_VIEW_H

#include "proto/wide.h"
#include "replicator/log/fork_pair.h"
#include "replicator/trust/roster.h"

struct fork_branch {
    struct hash hash; /* of its first block that is not of the other one too */
    uint64_t first_lsn, last_lsn, time_ms;
    bool held;     /* it is the log that this node holds: counted to its end */
    bool complete; /* nothing more of it is known to be missing here */
    uint64_t documents;
    int128 amount;
};

struct fork_view {
    uint64_t after_lsn; /* up to here the two may be one log */
    struct fork_branch branches[2];
};

/* Errors: ERR_CORRUPT, ERR_IO, ERR_NOT_YET (its key is not known here), as block_parse. */
enum status fork_view(struct fork_view *out, const struct store *store,
                      struct store_snapshot *snapshot, const struct roster *roster,
                      const struct fork_pair *pair, struct err *err);

#endif
