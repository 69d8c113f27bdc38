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

/* --- what a person signed --- */

void approval_leaves_init(struct approval_leaves *leaves, const struct block_body *body)
{
    *leaves = (struct approval_leaves){.body = body};
    if (body->group_count > 0) {
        leaves->at = mem_zalloc(body->count * sizeof *leaves->at);
        leaves->is_made = mem_zalloc(body->count * sizeof *leaves->is_made);
    }
}

void approval_leaves_free(struct approval_leaves *leaves)
{
    mem_free(leaves->at);
    mem_free(leaves->is_made);
    *leaves = (struct approval_leaves){NULL, NULL, NULL, NULL, HASH_ZERO};
}

static const struct hash *leaves_of(struct approval_leaves *leaves,
                                    const struct approval_group *group)
{
    for (uint32_t i = 0; i < group->count; i++) {
        const size_t at = group->first_entry + i;
        const struct entry *entry = &leaves->body->entries[at];

        if (!leaves->is_made[at]) {
            leaves->at[at] = merkle_approval_leaf(entry->kind, entry->format, entry->body);
            leaves->is_made[at] = true;
        }
    }
    return leaves->at + group->first_entry;
}

/* Do the same leaves lie at the same place of the same tree? */
static bool is_of_one_tree(const struct approval_group *a, const struct approval_group *b)
{
    return a->first_entry == b->first_entry && a->count == b->count &&
           a->first_leaf == b->first_leaf && a->leaf_count == b->leaf_count &&
           a->proof_count == b->proof_count &&
           (a->proof_count == 0 ||
            memcmp(a->proof, b->proof, a->proof_count * sizeof *a->proof) == 0);
}

/* False: the shape does not fit. */
static bool make_root(struct approval_leaves *leaves, const struct approval_group *group)
{
    if (leaves->last != NULL && is_of_one_tree(leaves->last, group)) {
        return true;
    }
    leaves->last = NULL;
    if (!merkle_root_from(&leaves->root, leaves_of(leaves, group), group->count, group->first_leaf,
                          group->leaf_count, group->proof, group->proof_count)) {
        return false;
    }
    leaves->last = group;
    return true;
}

const char *approval_coverage_hash(const struct hash *tree, const struct block_header *header,
                                   struct approval_leaves *leaves,
                                   const struct approval_group *group, struct hash *out)
{
    struct approval_terms terms = {.tree = *tree,
                                   .author = header->author,
                                   .epoch = header->epoch,
                                   .role = group->role,
                                   .time_ms = group->time_ms};

    if (group->suite != SUITE_ED25519_BLAKE2B) {
        return "approval_suite";
    }
    if (!make_root(leaves, group)) {
        return "approval_proof";
    }
    terms.root = leaves->root;
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
    struct approval_leaves leaves;
    struct hash signed_hash;
    const char *fault;

    approval_leaves_init(&leaves, body);
    fault = approval_coverage_hash(tree, header, &leaves, group, &signed_hash);
    approval_leaves_free(&leaves);
    return fault != NULL || signature_ok(&group->key, &signed_hash, &group->signature)
               ? fault
               : approval_signature_wrong(group);
}
