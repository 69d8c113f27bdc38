/* merkle - RFC 6962-shaped trees over tagged leaf hashes, with proofs for one leaf or a run.
 *
 * The tree over n leaves splits at the largest power of two below n; inner nodes are
 * H(node, left, right). A range proof for leaves [first, first + count) lists the hashes of the
 * maximal subtrees left and right of the run, in tree order; count == 1 is a plain audit path.
 *
 * Source: RFC 6962 section 2.1 (with our tags in place of its prefix bytes). Pure.
 *
 * Thread: any. */
#ifndef TERRACE_REPLICATOR_TRUST_MERKLE_H
#define TERRACE_REPLICATOR_TRUST_MERKLE_H

#include "proto/block.h"

struct hash merkle_root(const struct hash *leaves, size_t count); /* count >= 1 */

/* A tree kept for many proofs over the same leaves. The first proof that needs inner nodes costs
 * one hash a leaf, every later one the logarithm of it. Owns its memory; starts as MERKLE_EMPTY. */
struct merkle_tree {
    struct hash *nodes; /* the leaves, then each level of full subtrees above them */
    size_t count;       /* of leaves */
    bool built;         /* the levels above the leaves too */
};
#define MERKLE_EMPTY ((struct merkle_tree){NULL, 0, false})
void merkle_tree_init(struct merkle_tree *tree, const struct hash *leaves,
                      size_t count); /* copies */
void merkle_tree_free(struct merkle_tree *tree);

/* Writes at most GROUP_PROOF_MAX hashes to `proof` and returns how many. */
size_t merkle_prove(struct hash *proof, struct merkle_tree *tree, size_t first, size_t count);

/* The root that the run and its proof imply, or false when the shape does not fit. */
bool merkle_root_from(struct hash *root, const struct hash *run, size_t count, size_t first,
                      size_t leaf_count, const struct hash *proof, size_t proof_count);

/* Leaf of an entry in its block, and of a document under approval. */
struct hash merkle_entry_leaf(const struct entry *entry);
struct hash merkle_approval_leaf(uint32_t kind, uint32_t format, struct bytes body);
/* What a person signs: that at this time, for this author of this tree in this epoch, and in this
 * role, the documents under `root` were approved together. None of it can be said again in another
 * epoch, role or time. */
struct approval_terms {
    struct hash tree; /* fingerprint of the trust key */
    struct division author;
    uint32_t epoch; /* of the author, and of the block that carries the approval */
    enum approval_role role;
    uint64_t time_ms;
    struct hash root; /* over merkle_approval_leaf of each document */
};
struct hash approval_hash(const struct approval_terms *terms);

#endif
