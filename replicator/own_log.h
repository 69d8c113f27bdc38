/* own_log - the block being written: entries gather until the turn, the audience or the size ends
 * it; then it is rooted, digested, signed once and staged. replicator.h has its face
 * (replicator_append, replicator_approve, replicator_seal).
 *
 * Owns: the open block, and this turn's entries until they can be read from the store.
 * Thread: the loop thread only. */
#ifndef TERRACE_REPLICATOR_OWN_LOG_H
#define TERRACE_REPLICATOR_OWN_LOG_H

#include "replicator/merkle.h"
#include "replicator/replicator.h"

enum { OPEN_GROUPS_MAX = 240 }; /* approval groups of one block, below BLOCK_GROUPS_MAX */

struct pending_group { /* an approval whose entries are being appended */
    struct approval_group group;
    struct merkle_tree tree; /* over all documents approved together */
    uint64_t first_lsn, count;
};

struct turn_block { /* entries of this turn, until they can be read from the store */
    uint64_t first_lsn, count;
    struct buf entries;
};

struct own_log {
    struct audience audience;
    struct buf entries;
    struct hash *leaves;
    uint32_t count;
    uint64_t first_lsn;
    struct pending_group *groups;
    size_t group_count, group_capacity;
    struct turn_block *turn;
    size_t turn_count, turn_capacity;
};

/* What was staged can be read from the store from now on. */
void own_log_durable(struct replicator *r);
void own_log_free(struct replicator *r);

#endif
