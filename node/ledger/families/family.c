#include "node/ledger/families/family.h"

#include "node/ledger/families/calendar.h"

/* Those with the most entries come first. */
static const struct family *const families[] = {
    &family_payment,  &family_indicator, &family_transfer, &family_recall,  &family_remit,
    &family_out,      &family_withdraw,  &family_budget,   &family_project, &family_codes,
    &family_elements, &family_refund,    &family_carry,    &family_years,   &family_policy,
    &family_calendar, &family_trust};

static bool find_kind(uint32_t kind, const struct family **family, const struct kind_steps **steps)
{
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        for (size_t k = 0; k < families[i]->count; k++) {
            if (families[i]->kinds[k].kind == kind) {
                *family = families[i];
                *steps = &families[i]->kinds[k];
                return true;
            }
        }
    }
    return false;
}

const struct kind_steps *kind_steps(uint32_t kind)
{
    static const struct kind_steps nothing = {.kind = 0};
    const struct family *family;
    const struct kind_steps *steps;

    return find_kind(kind, &family, &steps) ? steps : &nothing;
}

const char *kind_family(uint32_t kind)
{
    const struct family *family;
    const struct kind_steps *steps;

    return find_kind(kind, &family, &steps) ? family->name : NULL;
}

void ledger_complete(struct ledger *ledger, struct txn *txn, struct document *document,
                     struct buf *memory)
{
    complete_fn *complete = kind_steps(document->kind)->complete;

    if (complete != NULL) {
        complete(ledger, txn, document, memory);
    }
    if (kind_is_answered(document->kind)) {
        calendar_complete(ledger, txn, document);
    }
}

void kind_index_entry(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                      const struct document *document)
{
    index_fn *index = kind_steps(document->kind)->index;

    if (index != NULL) {
        index(ledger, txn, entry, document);
    }
}
