#include "node/ledger/families/rules_known.h"

#include "node/ledger/families/between.h"
#include "node/ledger/families/elements.h"
#include "node/ledger/families/scope.h"

/* What came with the money was checked where it was first said. */
static bool came_with_money(const struct facts *facts, enum field field)
{
    return document_inherited(facts->document, field) ||
           (document_has(&facts->origin, field) &&
            bytes_equal(document_text(&facts->origin, field),
                        document_text(facts->document, field)));
}

static bool knows_element(struct facts *facts, enum field field)
{
    const char *set = catalogue_of_field(field);

    if (came_with_money(facts, field) || field == facts->info->defines) {
        return true;
    }
    if (field == FIELD_PRO_CODE) {
        return facts->has_project;
    }
    if (field == FIELD_AGENCY_CODE) {
        return facts_know_own(facts, ROW_AGENCY, field);
    }
    return set == NULL ||
           catalogue_code_usable(facts->txn, bytes_text(set), document_line_year(facts->document),
                                 document_text(facts->document, field));
}

/* Of an agency an agency, of a code a code. */
static bool knows_parent(struct facts *facts)
{
    return facts->info->defines == FIELD_ELE_CODE
               ? element_knows(facts, FIELD_PARENT_CODE)
               : facts_know_own(facts, ROW_AGENCY, FIELD_PARENT_CODE);
}

static bool knows(struct facts *facts, enum field field)
{
    switch (field) {
    case FIELD_REC_DIV_CODE:
    case FIELD_ORI_DIV_CODE:
        return facts->info->place >= PLACE_ABOVE_OR_OUTSIDE || facts_know_division(facts, field);
    case FIELD_AGENCY_ACCT_NO:
        return facts_know_own(facts, ROW_BANK_ACCOUNT, field);
    case FIELD_EARLY_BGT_ID:
        return difference_knows_early(facts);
    case FIELD_SCOPE:
        return scope_known(facts);
    case FIELD_PARENT_CODE:
        return knows_parent(facts);
    case FIELD_SUP_PRO_CODE:
        return catalogue_project_above(facts->ledger, facts->txn,
                                       document_text(facts->document, field),
                                       document_year(facts->document));
    case FIELD_FROM_CODE:
    case FIELD_TO_CODE:
        return element_knows(facts, field);
    default:
        return knows_element(facts, field);
    }
}

static enum reason check_field(struct facts *facts, enum field field)
{
    const bool is_about = field == facts->info->about_id ||
                          (field == facts->info->about_line && facts->info->about_line != 0);
    bool known;

    if (is_about && facts->steps->known != NULL) {
        return facts->steps->known(facts);
    }
    known =
        is_about ? facts_load_line(facts, document_about(facts->document)) : knows(facts, field);
    return known ? REASON_NONE : refuse_field(facts->refusal, REASON_UNKNOWN, field);
}

static enum reason check_list(struct facts *facts, const enum field *fields)
{
    for (; *fields != 0; fields++) {
        if (document_has(facts->document, *fields) && check_field(facts, *fields) != REASON_NONE) {
            return REASON_UNKNOWN;
        }
    }
    return REASON_NONE;
}

enum reason rules_check_known(struct facts *facts)
{
    const struct kind_info *info = facts->info;
    enum reason reason;

    reason = check_list(facts, info->required);
    if (reason == REASON_NONE) {
        reason = check_list(facts, info->optional);
    }
    if (reason == REASON_NONE && info->takes_elements) {
        reason = check_list(facts, kind_elements());
    }
    return reason;
}
