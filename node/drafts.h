/* drafts - completed documents that a maker signed and nobody has checked yet.
 *
 *   submit --> draft_add ... draft_end (the maker's signature) --> pending --> approve: an entry
 *                                                                         \-> reject: a reason
 *
 * The maker signs the Merkle root of one post, a batch; each draft is a leaf of it. Rows lie in
 * SPACE_LOCAL (node/local_keys.h). The face for readers is node.h: node_pending, node_rejections.
 *
 * Owns: its rows. Views of a row live as long as it does. Thread: the loop thread, or a reader
 * with a snapshot. */
#ifndef TERRACE_NODE_DRAFTS_H
#define TERRACE_NODE_DRAFTS_H

#include "node/node.h"

struct draft {
    uint64_t sequence, batch, unix_ms;
    uint32_t leaf, kind;
    struct bytes id, body;
};
/* False: there is none, as for an id that no document can have. */
bool draft_find(struct txn *txn, struct bytes id, struct draft *draft);
/* In order of submission, until `visit` returns false. */
void draft_each(struct txn *txn, bool (*visit)(void *arg, const struct draft *draft), void *arg);
/* Compares with the draft of the same id, if *found. */
enum reason draft_compare(struct txn *txn, const struct document *document, struct refusal *refusal,
                          bool *found);
/* It is no longer pending; neither is its batch after the last one. */
void draft_drop(struct txn *txn, const struct draft *draft);

struct batch_row {
    char maker[64];
    struct public_key key;
    struct signature signature;
    uint32_t leaf_count;
    const struct hash *leaves;
};
bool batch_find(struct txn *txn, uint64_t number, struct batch_row *batch);

/* The drafts of one post, which the maker signs together: begin with zeros, add each, end. */
struct draft_batch {
    uint64_t number;
    struct hash *leaves;
    size_t count, capacity;
};
void draft_add(struct node *node, struct txn *txn, struct draft_batch *batch,
               const struct document *document, struct bytes body);
void draft_end(struct node *node, struct txn *txn, const struct draft_batch *batch,
               const struct person *maker);
void draft_batch_free(struct draft_batch *batch);

#endif
