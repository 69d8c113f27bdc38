#include "node/office/intake.h"

#include "node/core/node_struct.h"
#include "node/core/revoked.h"
#include "node/office/dates.h"
#include "node/office/operators.h"

struct intake intake_open(const struct node *node, struct txn *txn,
                          const struct submit_terms *terms)
{
    return (struct intake){
        .node = node,
        .policy = node_policy(node),
        .over = node_is_over(node),
        .is_named = terms->maker != NULL,
        .has_makers = terms->maker == NULL && node_has_maker(txn),
    };
}

bool intake_needs_approval(const struct intake *intake, const struct document *document)
{
    return policy_needs_document(intake->policy, document);
}

bool intake_pass(const struct intake *intake, struct submit_item *item)
{
    const bool drafted = intake_needs_approval(intake, &item->document);
    const struct node *node = intake->node;
    enum reason reason = dates_check(&item->document, node->turn_unix_ms, &item->refusal);

    if (reason == REASON_NONE && intake->over != REASON_NONE) {
        reason = refuse(&item->refusal, intake->over, "");
    }
    if (reason == REASON_NONE && node->space.is_full) {
        reason = refuse(&item->refusal, REASON_DISK_FULL, "");
    }
    if (reason == REASON_NONE && drafted && draft_ids_is_full(&node->draft_ids)) {
        reason = refuse(&item->refusal, REASON_DRAFTS_FULL, "");
    }
    if (reason == REASON_NONE && !intake->is_named && (intake->has_makers || drafted)) {
        reason = refuse(&item->refusal, REASON_NEEDS_MAKER, "");
    }
    if (reason != REASON_NONE) {
        item->status = SUBMIT_REFUSED;
    }
    return reason == REASON_NONE;
}
