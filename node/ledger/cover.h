/* cover - which groups of signatures stand behind the entries of a block.
 *
 *   groups of the block --> maker and checker of each entry --> what the policy asks for
 *
 * Where a policy names a kind, an entry of it has a maker and a checker, and they are two.
 * Pure. Thread: any. */
#ifndef TERRACE_NODE_LEDGER_COVER_H
#define TERRACE_NODE_LEDGER_COVER_H

#include "node/ledger/policy.h"
#include "replicator/crypto.h"

struct cover {
    /* By entry and role: the group that covers it; NULL: nobody. They point into the body. */
    const struct approval_group *maker[BLOCK_ENTRIES_MAX], *checker[BLOCK_ENTRIES_MAX];
};

/* NULL, or what is wrong, with the index of its entry. The first group of a role counts. */
const char *cover_make(struct cover *cover, const struct block_body *body, size_t *at);
/* NULL, or what an entry lacks of what the policy asks for. */
const char *cover_lacks(const struct cover *cover, const struct block_body *body,
                        struct policy policy, size_t *at);
/* NULL, or why the signature of a group (which lies within the body) is none of its entries. */
const char *cover_signature(const struct block_header *header, const struct block_body *body,
                            const struct approval_group *group);

#endif
