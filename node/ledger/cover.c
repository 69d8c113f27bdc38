#include "node/ledger/cover.h"

#include "replicator/merkle.h"

const char *cover_make(struct cover *cover, const struct block_body *body, size_t *at)
{
    memset(cover->maker, 0, body->count * sizeof *cover->maker);
    memset(cover->checker, 0, body->count * sizeof *cover->checker);
    for (size_t i = 0; i < body->group_count; i++) {
        const struct approval_group *group = &body->groups[i];
        const struct approval_group **of =
            group->role == ROLE_MAKER ? cover->maker : cover->checker;

        *at = group->first_entry;
        if (group->count == 0 || group->first_entry >= body->count ||
            group->count > body->count - group->first_entry) {
            return "an approval covers entries that are not there";
        }
        for (uint32_t entry = 0; entry < group->count; entry++) {
            const struct approval_group **slot = &of[group->first_entry + entry];

            *slot = *slot == NULL ? group : *slot;
        }
    }
    return NULL;
}

const char *cover_lacks(const struct cover *cover, const struct block_body *body,
                        struct policy policy, size_t *at)
{
    for (size_t i = 0; i < body->count; i++) {
        const struct approval_group *maker = cover->maker[i], *checker = cover->checker[i];

        if (!policy_needs(policy, body->entries[i].kind)) {
            continue;
        }
        *at = i;
        if (maker == NULL) {
            return "nobody signed as its maker, which the granted policy asks for";
        }
        if (checker == NULL) {
            return "nobody signed as its checker, which the granted policy asks for";
        }
        if (memcmp(maker->key.at, checker->key.at, sizeof maker->key.at) == 0) {
            return "one person is maker and checker, the granted policy asks for two";
        }
    }
    return NULL;
}

const char *cover_signature(const struct block_header *header, const struct block_body *body,
                            const struct approval_group *group)
{
    struct hash root, signed_hash, *leaves;
    const char *fault = NULL;

    if (group->suite != SUITE_ED25519_BLAKE2B) {
        return "an approval is signed in a suite that is not known here";
    }
    leaves = mem_zalloc(group->count * sizeof *leaves);
    for (uint32_t i = 0; i < group->count; i++) {
        const struct entry *entry = &body->entries[group->first_entry + i];

        leaves[i] = merkle_approval_leaf(entry->kind, entry->format, entry->body);
    }
    if (!merkle_root_from(&root, leaves, group->count, group->first_leaf, group->leaf_count,
                          group->proof, group->proof_count)) {
        fault = "the proof of an approval does not fit";
    } else {
        signed_hash = approval_hash(&header->tree, header->author, group->role, &root);
        if (!signature_ok(&group->key, &signed_hash, &group->signature)) {
            fault = group->role == ROLE_MAKER ? "the maker's signature does not fit the document"
                                              : "the checker's signature does not fit the document";
        }
    }
    mem_free(leaves);
    return fault;
}
