#include "node/office/earlier.h"

#include "node/core/node_struct.h"
#include "node/office/set_aside.h"

/* Why approval would refuse this draft now; or, where nobody has looked since, when it was made. */
static void judge_draft(const struct earlier_rules *rules, const struct draft *draft,
                        struct refusal *refusal)
{
    const struct drafted_verdict *verdict =
        drafted_is_current(rules->drafted) ? drafted_find(rules->drafted, draft->sequence) : NULL;

    (void)draft_would_refuse(draft, refusal);
    if (verdict != NULL && verdict->refusal != NULL) {
        *refusal = *verdict->refusal;
    } else if (verdict != NULL) {
        refusal->reason = REASON_NONE;
    }
}

/* May the maker's new text take the place of this draft's? */
static bool may_replace(const struct earlier_rules *rules, const struct draft *draft, bool same)
{
    struct batch_row batch;
    struct refusal refusal;

    if (draft->batch == rules->batch->number || /* twice in one post: one of them is a slip */
        !batch_find(rules->txn, draft->batch, &batch) ||
        !is_makers_own(rules->txn, batch.maker, rules->terms->maker)) {
        return false;
    }
    if (!batch_is_of_epoch(&batch, rules->node)) {
        return true; /* he signs it anew */
    }
    judge_draft(rules, draft, &refusal);
    return !same && (rules->terms->correct || refusal.reason != REASON_NONE);
}

/* True when the document may go on: it takes the place of the draft. */
static bool pass_draft(const struct earlier_rules *rules, struct submit_item *item,
                       const struct draft *draft)
{
    struct document earlier;
    struct err err;
    bool same;

    if (document_decode(&earlier, draft->kind, draft->body, &err) != OK) {
        return true; /* a damaged draft is no obstacle: it can be submitted again */
    }
    same = document_compare(&item->document, &earlier, &item->refusal) == REASON_NONE;
    item->unchanged = same;
    if (may_replace(rules, draft, same)) {
        item->corrected = !same;
        return true;
    }
    item->status = same ? SUBMIT_DRAFT : SUBMIT_REFUSED;
    if (same) {
        judge_draft(rules, draft, &item->refusal);
    }
    return false;
}

/* The same for what was refused or rejected. */
static bool pass_set_aside(const struct earlier_rules *rules, struct submit_item *item)
{
    const struct bytes id = document_id(&item->document);
    char text[DOCUMENT_ID_MAX + 1] = "";
    struct document earlier;
    struct set_aside aside;
    struct refusal difference;
    struct err err;
    bool found;

    memcpy(text, id.data, id.size);
    found = set_aside_find(rules->txn, text, &aside);
    if (found && !is_makers_own(rules->txn, aside.maker, rules->terms->maker)) {
        (void)refuse(&item->refusal, REASON_ANOTHERS, "");
        item->status = SUBMIT_REFUSED;
        return false;
    }
    item->unchanged = found && document_decode(&earlier, aside.kind, aside.body, &err) == OK &&
                      document_compare(&item->document, &earlier, &difference) == REASON_NONE;
    item->corrected = !item->unchanged;
    return true;
}

void earlier_look(const struct earlier_rules *rules, const struct submit_item *item,
                  struct earlier *earlier)
{
    earlier->place =
        draft_look(rules->node, rules->txn, document_id(&item->document), &earlier->draft);
}

bool earlier_pass(const struct earlier_rules *rules, struct submit_item *item,
                  struct earlier *earlier)
{
    if (ledger_check_exists(rules->node->ledger, rules->txn, &item->document, &item->refusal) !=
        REASON_NONE) {
        item->status = item->refusal.reason == REASON_EXISTS ? SUBMIT_EXISTS : SUBMIT_REFUSED;
        return false;
    }
    earlier_look(rules, item, earlier);
    return earlier->place == DRAFT_NONE ||
           (earlier->place == DRAFT_WAITS ? pass_draft(rules, item, &earlier->draft)
                                          : pass_set_aside(rules, item));
}

void earlier_take_out(const struct earlier_rules *rules, const struct submit_item *item,
                      const struct earlier *earlier)
{
    if (earlier->place == DRAFT_WAITS) {
        drafted_dropped(rules->drafted, earlier->draft.sequence);
        draft_drop(rules->node, rules->txn, &earlier->draft);
    } else if (earlier->place == DRAFT_SET_ASIDE) {
        set_aside_drop(rules->node, rules->txn, document_id(&item->document));
    }
}
