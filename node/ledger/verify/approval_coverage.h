/* approval_coverage - which groups of signatures stand behind the entries of a block.
 *
 *   groups of the block --> maker and checker of each entry; what each of them signed
 *
 * A maker and a checker sign the same documents, most often under one tree, so each entry is hashed
 * once a block, and a tree that two groups share is built once.
 *
 * What a policy asks for, and who may sign, is approval_judge.h's.
 * Pure. Thread: any. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_APPROVAL_COVERAGE_H
#define TERRACE_NODE_LEDGER_VERIFY_APPROVAL_COVERAGE_H

#include "replicator/trust/crypto.h"

struct approval_coverage {
    /* By entry and role: the group that covers it; NULL: nobody. They point into the body. */
    const struct approval_group *maker[BLOCK_ENTRIES_MAX], *checker[BLOCK_ENTRIES_MAX];
};

/* NULL, or what is wrong, with the index of its entry. The first group of a role counts. */
const char *approval_coverage_make(struct approval_coverage *coverage,
                                   const struct block_body *body, size_t *at);
/* NULL, or what the entry lacks of two persons. */
const char *approval_coverage_lacks(const struct approval_coverage *coverage, size_t at);
/* What the entries of one block hash to, as they are asked for, and the root made last. Points to
 * the body and owns the rest. */
struct approval_leaves {
    const struct block_body *body;
    struct hash *at;                   /* by entry */
    bool *is_made;                     /* by entry */
    const struct approval_group *last; /* whose root it is; NULL: there is none */
    struct hash root;
};
void approval_leaves_init(struct approval_leaves *leaves, const struct block_body *body);
void approval_leaves_free(struct approval_leaves *leaves);

/* NULL, or why the signature of a group (which lies within the body) is none of its entries. */
const char *approval_coverage_signature(const struct hash *tree, const struct block_header *header,
                                        const struct block_body *body,
                                        const struct approval_group *group);
/* The same in two steps: *out is what the group's person signed. */
const char *approval_coverage_hash(const struct hash *tree, const struct block_header *header,
                                   struct approval_leaves *leaves,
                                   const struct approval_group *group, struct hash *out);
const char *approval_signature_wrong(const struct approval_group *group);

#endif
