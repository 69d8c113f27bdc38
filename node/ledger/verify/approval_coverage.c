#include "node/ledger/verify/approval_coverage.h"

#include "replicator/trust/merkle.h"

const char *approval_coverage_make(struct approval_coverage *coverage,
                                   const struct block_body *body, size_t *at)
{
    memset(coverage->maker, 0, body->count * sizeof *coverage->maker);
    memset(coverage->checker, 0, body->count * sizeof *coverage->checker);
    for (size_t i = 0; i < body->group_count; i++) {
        const struct approval_group *group = &body->groups[i];
        const struct approval_group **of =
            group->role == ROLE_MAKER ? coverage->maker : coverage->checker;

        *at = group->first_entry;
        if (group->count == 0 || group->first_entry >= body->count ||
            group->count > body->count - group->first_entry) {
            return "approval_outside";
        }
        for (uint32_t entry = 0; entry < group->count; entry++) {
            const struct approval_group **slot = &of[group->first_entry + entry];

            *slot = *slot == NULL ? group : *slot;
        }
    }
    return NULL;
}

const char *approval_coverage_lacks(const struct approval_coverage *coverage, size_t at)
{
    const struct approval_group *maker = coverage->maker[at], *checker = coverage->checker[at];

    if (maker == NULL) {
        return "approval_no_maker";
    }
    if (checker == NULL) {
        return "approval_no_checker";
    }
    return memcmp(maker->key.at, checker->key.at, sizeof maker->key.at) == 0 ? "approval_one_person"
                                                                             : NULL;
}

const char *approval_coverage_hash(const struct hash *tree, const struct block_header *header,
                                   const struct block_body *body,
                                   const struct approval_group *group, struct hash *out)
{
    struct approval_terms terms = {.tree = *tree,
                                   .author = header->author,
                                   .epoch = header->epoch,
                                   .role = group->role,
                                   .time_ms = group->time_ms};
    struct hash *leaves;
    bool fits;

    if (group->suite != SUITE_ED25519_BLAKE2B) {
        return "approval_suite";
    }
    leaves = mem_zalloc(group->count * sizeof *leaves);
    for (uint32_t i = 0; i < group->count; i++) {
        const struct entry *entry = &body->entries[group->first_entry + i];

        leaves[i] = merkle_approval_leaf(entry->kind, entry->format, entry->body);
    }
    fits = merkle_root_from(&terms.root, leaves, group->count, group->first_leaf, group->leaf_count,
                            group->proof, group->proof_count);
    mem_free(leaves);
    if (!fits) {
        return "approval_proof";
    }
    *out = approval_hash(&terms);
    return NULL;
}

const char *approval_signature_wrong(const struct approval_group *group)
{
    return group->role == ROLE_MAKER ? "approval_maker_wrong" : "approval_checker_wrong";
}

const char *approval_coverage_signature(const struct hash *tree, const struct block_header *header,
                                        const struct block_body *body,
                                        const struct approval_group *group)
{
    struct hash signed_hash;
    const char *fault = approval_coverage_hash(tree, header, body, group, &signed_hash);

    return fault != NULL || signature_ok(&group->key, &signed_hash, &group->signature)
               ? fault
               : approval_signature_wrong(group);
}
