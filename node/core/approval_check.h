/* approval_check - are the entries that come in approved by the persons that their author's grant
 * asks for, and who are they?
 *
 *   block --> signatures, persons (node/ledger/verify/approval_judge.h) --> entries that do not
 * hold: marked, counted and summed (node/ledger/rows/unapproved.h), one alarm a block operator
 * entry --> kept as a link of its author's chain (person_chain.h); what waited for this person is
 * judged again
 *
 * No block is refused for it: it is a fact, and evidence, and posts as everywhere. A person whom no
 * other admin vouches for alarms at the parent (person_added).
 *
 * Owns: the judge, and the chains that were needed last. Thread: the loop thread.
 * Errors: none; faults are marks and alarms. */
#ifndef TERRACE_NODE_CORE_APPROVAL_CHECK_H
#define TERRACE_NODE_CORE_APPROVAL_CHECK_H

#include "node/core/alarms.h"
#include "node/ledger/verify/approval_judge.h"

enum { CHAINS_KEPT = 16 };

struct approval_check {
    struct division self;
    const struct store *store;
    struct alarms *alarms;
    struct approval_judge judge;
    uint64_t marked; /* entries, since the start */
    struct kept_chain {
        struct division author;
        uint32_t epoch;
        struct person_chain chain;
    } chains[CHAINS_KEPT];
    size_t next;
};

/* `store` and `alarms` are borrowed; `tree` is that of the signatures. */
void approval_check_open(struct approval_check *check, struct division self,
                         const struct hash *tree, const struct store *store, struct alarms *alarms);
void approval_check_close(struct approval_check *check);
/* Looks at one block that came in, under the policy of its author's grant. True when it changed who
 * its author's persons are. */
bool approval_check(struct approval_check *check, struct txn *txn, const struct roster *roster,
                    const struct block_header *header, const struct block_body *body);

#endif
