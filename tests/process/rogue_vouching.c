/* rogue_terraced - the daemon of somebody who holds a node's keys and asks no admin: it makes
 * persons of whom nobody signed. What it writes is right in every other respect.
 *
 * Told so, it enters what persons approved at another time: $ROGUE_AGE_S seconds ago, or in the
 * epoch $ROGUE_EPOCH, of which the signatures then are. */
#include <stdlib.h>

#include "node/office/drafts.h"
#include "node/office/vouching.h"

enum status __wrap_vouchers_check(const struct node *node, struct txn *txn,
                                  const struct vouchers *vouchers, struct err *err);
struct approval_terms __real_draft_terms(const struct node *node, enum approval_role role);
struct approval_terms __wrap_draft_terms(const struct node *node, enum approval_role role);
bool __real_batch_is_of_epoch(const struct batch_row *batch, const struct node *node);
bool __wrap_batch_is_of_epoch(const struct batch_row *batch, const struct node *node);

enum status __wrap_vouchers_check(const struct node *node, struct txn *txn,
                                  const struct vouchers *vouchers, struct err *err)
{
    (void)node;
    (void)txn;
    (void)vouchers;
    (void)err;
    return OK;
}

struct approval_terms __wrap_draft_terms(const struct node *node, enum approval_role role)
{
    const char *epoch = getenv("ROGUE_EPOCH"), *age = getenv("ROGUE_AGE_S");
    struct approval_terms terms = __real_draft_terms(node, role);

    if (epoch != NULL) {
        terms.epoch = (uint32_t)strtoul(epoch, NULL, 10);
    }
    if (age != NULL) {
        terms.time_ms -= 1000 * strtoull(age, NULL, 10);
    }
    return terms;
}

bool __wrap_batch_is_of_epoch(const struct batch_row *batch, const struct node *node)
{
    return getenv("ROGUE_EPOCH") != NULL || __real_batch_is_of_epoch(batch, node);
}
