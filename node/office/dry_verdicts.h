/* dry_verdicts - what approval would refuse of a selection now.
 *
 * Owns: copies of places and refusals, until dry_verdicts_free. Thread: the loop thread for
 * dry_verdicts_find, any for the rest, one at a time. */
#ifndef TERRACE_NODE_OFFICE_DRY_VERDICTS_H
#define TERRACE_NODE_OFFICE_DRY_VERDICTS_H

#include "node/office/selection.h"

enum { DRY_REFUSALS_MAX = 20 };

struct dry_refusal {
    size_t index; /* in the selection */
    struct refusal refusal;
};
struct dry_verdicts {
    struct draft_ref *refs;
    size_t count;
    size_t refused; /* of them, so many */
    struct dry_refusal refusals[DRY_REFUSALS_MAX];
    size_t named; /* of those */
};
void dry_verdicts_init(struct dry_verdicts *verdicts, const struct selection *selection);
/* Stages nothing. */
void dry_verdicts_find(struct dry_verdicts *verdicts, struct node *node, struct txn *txn);
void dry_verdicts_free(struct dry_verdicts *verdicts);

#endif
