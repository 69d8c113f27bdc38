/* approval_judge - does the approval of each entry of a block hold?
 *
 *   signature of each group, once   --\
 *   persons: chain of their author  ----> each entry: "", or why not; each operator entry: a link
 *   kinds that the policy names     --/
 *
 * Where a policy names a kind, an entry of it has a maker and a checker, and they are two persons.
 * What is signed without being asked for holds, too. A checker's time may lie a day before the
 * block's: later it is an old approval said again.
 *
 * A signature that runs over several blocks, or over entries here and there, is verified once: the
 * last ones are kept. A batch of any size costs two.
 *
 * Owns: its memory, until approval_judge_free. Thread: one at a time. Errors: none. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_APPROVAL_JUDGE_H
#define TERRACE_NODE_LEDGER_VERIFY_APPROVAL_JUDGE_H

#include "node/ledger/schema/policy.h"
#include "node/ledger/verify/approval_coverage.h"
#include "node/ledger/verify/person_chain.h"

enum { APPROVALS_KEPT = 8, APPROVAL_AGE_MS = 24 * 3600 * 1000 };

struct approval_judge {
    struct hash tree;
    uint64_t verified; /* signatures, so far */
    struct approval_kept {
        struct public_key key;
        struct hash hash;
        struct signature signature;
    } kept[APPROVALS_KEPT]; /* good ones, the oldest is replaced */
    size_t next;
    struct approval_coverage *coverage; /* of the block that was judged last */
};

void approval_judge_init(struct approval_judge *judge, const struct hash *tree);
void approval_judge_free(struct approval_judge *judge);

struct approval_findings {
    void *arg;
    /* The approval of an entry does not hold; `why` is a code of node/text/. */
    void (*fault)(void *arg, size_t index, const char *why);
    /* An operator entry, good or not; the chain has it already. */
    void (*person)(void *arg, const struct person_link *link);
    /* May this entry do without persons, whatever the policy says? NULL: none may. */
    bool (*excused)(void *arg, const struct entry *entry);
};
/* `chain` is the author's as the block begins, and takes what the block says. `knows_all`: a key
 * that it does not name is nobody's even where the division has no founders. */
void approval_judge_block(struct approval_judge *judge, struct person_chain *chain, bool knows_all,
                          struct policy policy, const struct block_header *header,
                          const struct block_body *body, const struct approval_findings *findings);

#endif
