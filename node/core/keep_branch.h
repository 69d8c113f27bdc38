/* keep_branch - a child has signed two branches of its log, and stands still: this node, its
 * parent, says which one it goes on from.
 *
 *   a fork that is known (replicator/log/evidence.h), the branch that is held here
 *     --node_keep_branch--> the child's next epoch, with the keys and persons that it has, and with
 *     `base` where the log ends here: a recovery, which the level above confirms; whoever holds the
 *     other branch puts it aside then (rebuild.h), and the child fetches this one
 *
 * Where two persons let a member in (routes_invitations.c) two keep a branch: the second one's word
 * is the same wish by another admin.
 *
 * Owns: its rows. Thread: loop thread. */
#ifndef TERRACE_NODE_CORE_KEEP_BRANCH_H
#define TERRACE_NODE_CORE_KEEP_BRANCH_H

#include "node/core/node.h"

struct keep_branch {
    struct division division;
    struct hash branch; /* as a list of forks names it: its first block that is not of the other */
    const char *by;     /* an admin */
    bool two;           /* another one has to wish for the same */
};
struct kept_branch {
    bool waits; /* for the second one */
    uint32_t epoch;
    uint64_t base_lsn, after_lsn; /* what goes on; up to where both were one */
};
/* Errors: ERR_NOT_FOUND (no fork of it is known, or no such branch), ERR_REFUSED (not a child of
 * this node; the branch is not the one that is held here), and those of replicator_grant. */
enum status node_keep_branch(struct node *node, struct txn *txn, const struct keep_branch *wish,
                             struct kept_branch *out, struct err *err);

#endif
