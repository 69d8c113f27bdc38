/* verify - re-reads what this node holds and checks it against itself.
 *
 *   always: every log held whole: header chain, body hash, signature by the epoch's key;
 *           of logs from above: each audience's chain; every ledger: invariants and edges
 *   deep:   also Merkle roots, approvals, and every ledger recomputed from its log
 *
 * Reads one snapshot; never the loop. Stops at the first fault. */
#ifndef TERRACE_NODE_API_VERIFY_H
#define TERRACE_NODE_API_VERIFY_H

#include "node/api/api.h"

struct verification {
    bool sound;
    uint64_t divisions, blocks, entries, signatures;
    char fault[512]; /* the first fault: where, then what */
};
void verify_all(struct verification *result, const struct service *service, const struct view *view,
                bool deep);

#endif
