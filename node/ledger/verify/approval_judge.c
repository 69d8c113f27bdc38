#include "node/ledger/verify/approval_judge.h"

#include "node/ledger/schema/kinds.h"

void approval_judge_init(struct approval_judge *judge, const struct hash *tree)
{
    *judge = (struct approval_judge){.tree = *tree};
    judge->coverage = mem_zalloc(sizeof *judge->coverage);
}

void approval_judge_free(struct approval_judge *judge)
{
    mem_free(judge->coverage);
    judge->coverage = NULL;
}

/* One block under judgement. */
struct judging {
    struct approval_judge *judge;
    struct person_chain *chain;
    bool knows_all;
    struct policy policy;
    const struct block_header *header;
    const struct block_body *body;
    const char *faults[BLOCK_GROUPS_MAX]; /* by group; NULL: it holds */
};

/* --- signatures --- */

static bool is_kept(const struct approval_judge *judge, const struct approval_group *group,
                    const struct hash *hash)
{
    for (size_t i = 0; i < APPROVALS_KEPT; i++) {
        const struct approval_kept *kept = &judge->kept[i];

        if (hash_equal(&kept->hash, hash) &&
            memcmp(kept->key.at, group->key.at, sizeof kept->key.at) == 0 &&
            memcmp(kept->signature.at, group->signature.at, sizeof kept->signature.at) == 0) {
            return true;
        }
    }
    return false;
}

static void keep(struct approval_judge *judge, const struct approval_group *group,
                 const struct hash *hash)
{
    judge->kept[judge->next] =
        (struct approval_kept){.key = group->key, .hash = *hash, .signature = group->signature};
    judge->next = (judge->next + 1) % APPROVALS_KEPT;
}

static const char *fault_of_signature(const struct judging *judging, struct approval_leaves *leaves,
                                      const struct approval_group *group)
{
    struct approval_judge *judge = judging->judge;
    struct hash hash;
    const char *fault = approval_coverage_hash(&judge->tree, judging->header, leaves, group, &hash);

    if (fault != NULL || is_kept(judge, group, &hash)) {
        return fault;
    }
    judge->verified++;
    if (!signature_ok(&group->key, &hash, &group->signature)) {
        return approval_signature_wrong(group);
    }
    keep(judge, group, &hash);
    return NULL;
}

static void judge_signatures(struct judging *judging)
{
    const struct block_body *body = judging->body;
    struct approval_leaves leaves;

    approval_leaves_init(&leaves, body);
    for (size_t i = 0; i < body->group_count; i++) {
        judging->faults[i] = fault_of_signature(judging, &leaves, &body->groups[i]);
    }
    approval_leaves_free(&leaves);
}

static const char *signature_of_group(void *arg, size_t group)
{
    const struct judging *judging = arg;

    return judging->faults[group];
}

/* --- persons --- */

static const char *fault_of_group(const struct judging *judging, const struct approval_group *group,
                                  uint64_t lsn, const struct person_link **out)
{
    const struct person_chain *chain = judging->chain;

    *out = NULL;
    if (judging->faults[group - judging->body->groups] != NULL) {
        return judging->faults[group - judging->body->groups];
    }
    if (!chain->founded && !judging->knows_all) {
        return NULL;
    }
    *out = person_chain_find(chain, &group->key, lsn);
    return *out == NULL || ((*out)->roles & (uint32_t)group->role) == 0 ? "signer_unknown" : NULL;
}

static bool is_stale(const struct judging *judging, const struct approval_group *checker)
{
    return checker->time_ms + APPROVAL_AGE_MS < judging->header->time_ms;
}

static const char *fault_of_entry(const struct judging *judging, size_t at, bool is_excused)
{
    const struct approval_coverage *coverage = judging->judge->coverage;
    const struct approval_group *maker = coverage->maker[at], *checker = coverage->checker[at];
    const struct entry *entry = &judging->body->entries[at];
    const struct person_link *persons[2] = {NULL, NULL};
    const char *fault = policy_needs_entry(judging->policy, entry) && !is_excused
                            ? approval_coverage_lacks(coverage, at)
                            : NULL;

    if (fault == NULL && maker != NULL) {
        fault = fault_of_group(judging, maker, entry->lsn, &persons[0]);
    }
    if (fault == NULL && checker != NULL) {
        fault = fault_of_group(judging, checker, entry->lsn, &persons[1]);
    }
    if (fault == NULL && persons[0] != NULL && persons[1] != NULL &&
        strcmp(persons[0]->name, persons[1]->name) == 0) {
        fault = "approval_one_person"; /* with another key of his */
    }
    if (fault == NULL && checker != NULL && is_stale(judging, checker)) {
        fault = "approval_stale";
    }
    return fault;
}

/* --- a block --- */

static void judge_entry(struct judging *judging, size_t at,
                        const struct approval_findings *findings)
{
    const struct entry *entry = &judging->body->entries[at];
    struct person_link link;
    const char *fault;

    if (entry->kind != KIND_OPERATOR) {
        fault = fault_of_entry(
            judging, at, findings->excused != NULL && findings->excused(findings->arg, entry));
        if (fault != NULL) {
            findings->fault(findings->arg, at, fault);
        }
    } else if (person_chain_judge(judging->chain, judging->header, judging->body, at,
                                  signature_of_group, judging, &link)) {
        person_chain_take(judging->chain, &link);
        findings->person(findings->arg, &link);
    }
}

void approval_judge_block(struct approval_judge *judge, struct person_chain *chain, bool knows_all,
                          struct policy policy, const struct block_header *header,
                          const struct block_body *body, const struct approval_findings *findings)
{
    struct judging judging = {judge, chain, knows_all, policy, header, body, {NULL}};
    size_t at = 0;
    const char *fault = approval_coverage_make(judge->coverage, body, &at);

    if (fault != NULL) { /* a block that no honest author makes: nothing in it is approved */
        for (size_t i = 0; i < body->count; i++) {
            findings->fault(findings->arg, i, fault);
        }
        return;
    }
    judge_signatures(&judging);
    for (size_t i = 0; i < body->count; i++) {
        judge_entry(&judging, i, findings);
    }
}
