#include "node/office/dry_verdicts.h"

#include "node/core/node_struct.h"
#include "node/ledger/families/advice.h"

void dry_verdicts_init(struct dry_verdicts *verdicts, const struct selection *selection)
{
    *verdicts = (struct dry_verdicts){.count = selection->count};
    verdicts->refs = mem_zalloc((selection->count + 1) * sizeof *verdicts->refs);
    for (size_t i = 0; i < selection->count; i++) {
        verdicts->refs[i] = selection->at[i].ref;
    }
}

/* A verdict that was found again says the reason alone; what helps beside it is looked up for those
 * that are named. */
static void name_one(struct dry_verdicts *verdicts, size_t index, const struct refusal *refusal,
                     const struct node *node, struct txn *txn)
{
    struct dry_refusal *named = &verdicts->refusals[verdicts->named++];
    struct document document;
    struct draft draft;
    struct err err;

    *named = (struct dry_refusal){index, *refusal};
    if (draft_at(txn, verdicts->refs[index], &draft) &&
        document_decode(&document, draft.kind, draft.body, &err) == OK) {
        ledger_advise(node->ledger, txn, &document, &named->refusal);
    }
}

/* Behind the bound of what is kept, what was said when it was handed in counts. */
static void find_one(struct dry_verdicts *verdicts, size_t index, const struct node *node,
                     struct txn *txn)
{
    const struct drafted_verdict *verdict =
        drafted_find(&node->drafted, verdicts->refs[index].sequence);
    const struct refusal *refusal = NULL;
    struct refusal then;
    struct draft draft;

    if (verdict != NULL) {
        refusal = verdict->refusal;
    } else if (draft_at(txn, verdicts->refs[index], &draft) &&
               draft_would_refuse(&draft, &then) != REASON_NONE) {
        refusal = &then;
    }
    if (refusal == NULL) {
        return;
    }
    if (verdicts->named < DRY_REFUSALS_MAX) {
        name_one(verdicts, index, refusal, node, txn);
    }
    verdicts->refused++;
}

void dry_verdicts_find(struct dry_verdicts *verdicts, struct node *node, struct txn *txn)
{
    struct drafted *drafted = &node->drafted;

    if (!node->store_damaged && node->config.damage == NULL) { /* else nothing is built on it */
        drafted_refresh(drafted);
        (void)drafted_begin(drafted, node, txn);
        drafted_end(drafted);
    }
    for (size_t i = 0; i < verdicts->count; i++) {
        find_one(verdicts, i, node, txn);
    }
}

void dry_verdicts_free(struct dry_verdicts *verdicts)
{
    mem_free(verdicts->refs);
    verdicts->refs = NULL;
}
