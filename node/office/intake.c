#include "node/office/intake.h"

#include "node/core/node_struct.h"
#include "node/core/revoked.h"
#include "node/office/dates.h"

bool intake_needs_approval(const struct node *node, uint32_t kind)
{
    return policy_needs(node_policy(node), kind);
}

bool intake_pass(const struct node *node, const struct submit_terms *terms, bool has_makers,
                 struct submit_item *item)
{
    const bool named = terms->maker != NULL;
    enum reason reason = dates_check(&item->document, node->turn_unix_ms, &item->refusal);

    if (reason == REASON_NONE && node_is_over(node) != REASON_NONE) {
        reason = refuse(&item->refusal, node_is_over(node), "");
    }
    if (reason == REASON_NONE && node->space.is_full) {
        reason = refuse(&item->refusal, REASON_DISK_FULL, "");
    }
    if (reason == REASON_NONE && draft_ids_is_full(&node->draft_ids) &&
        intake_needs_approval(node, item->document.kind)) {
        reason = refuse(&item->refusal, REASON_DRAFTS_FULL, "");
    }
    if (reason == REASON_NONE && !named &&
        (has_makers || intake_needs_approval(node, item->document.kind))) {
        reason = refuse(&item->refusal, REASON_NEEDS_MAKER, "");
    }
    if (reason != REASON_NONE) {
        item->status = SUBMIT_REFUSED;
    }
    return reason == REASON_NONE;
}
