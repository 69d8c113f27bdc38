/* approval_check - do the blocks that come in show the persons that their author's grant asks for?
 *
 * What is refused is not the block: it is a fact, and evidence. A missing maker or checker is the
 * alarm approval_missing. A signature costs more than all else that is done with an entry, so
 * holders look at some: approval_invalid when one does not hold. Which ones is chance, so that no
 * author can know.
 *
 * Owns:   the count of blocks looked at. Thread: the loop thread. Errors: none; faults are alarms.
 */
#ifndef TERRACE_NODE_CORE_APPROVAL_CHECK_H
#define TERRACE_NODE_CORE_APPROVAL_CHECK_H

#include "node/core/alarms.h"
#include "proto/block.h"
#include "replicator/trust/roster.h"

struct approval_check {
    uint64_t blocks_sampled; /* received, and their approvals found good by signature */
    struct hash tree;        /* of the signatures */
    const struct clock *clock;
    struct alarms *alarms;
};

/* `clock` and `alarms` are borrowed. */
void approval_check_init(struct approval_check *check, const struct hash *tree,
                         const struct clock *clock, struct alarms *alarms);
/* Looks at one block that came in, under the policy of its author's grant. */
void approval_check(struct approval_check *check, const struct roster *roster,
                    const struct block_header *header, const struct block_body *body);

#endif
