#include "node/ledger/schema/hints.h"

#include <assert.h>

const char *field_group_name(enum field_group group)
{
    static const char *const names[FIELD_GROUPS] = {
        [GROUP_SOURCE] = "source",     [GROUP_AMOUNT] = "amount",     [GROUP_PURPOSE] = "purpose",
        [GROUP_ELEMENTS] = "elements", [GROUP_DOCUMENT] = "document", [GROUP_MEMO] = "memo",
    };

    assert(group < FIELD_GROUPS);
    return names[group];
}

/* Of fields whose place the row of a kind does not tell. */
static const struct {
    enum field field;
    enum field_group group;
} placed[] = {
    {FIELD_MEMO, GROUP_MEMO},
    {FIELD_ORI_DIV_CODE, GROUP_SOURCE},
    {FIELD_EARLY_BGT_ID, GROUP_SOURCE},
    {FIELD_ESTIMATE_ID, GROUP_SOURCE},
    {FIELD_BGT_ID, GROUP_SOURCE},
    {FIELD_TAKE_FROM, GROUP_SOURCE},
    {FIELD_PAYEE_ACCT_NAME, GROUP_AMOUNT},
    {FIELD_PAYEE_ACCT_NO, GROUP_AMOUNT},
    {FIELD_PAYEE_ACCT_BANK_NAME, GROUP_AMOUNT},
    {FIELD_SET_MODE_CODE, GROUP_PURPOSE},
    {FIELD_PAY_TYPE_CODE, GROUP_PURPOSE},
    {FIELD_AGENCY_ACCT_NO, GROUP_PURPOSE},
    {FIELD_USE_DES, GROUP_PURPOSE},
    {FIELD_REASON, GROUP_PURPOSE},
    {FIELD_TRA_TYPE_CODE, GROUP_PURPOSE},
    {FIELD_INCOME_SORT_CODE, GROUP_ELEMENTS},
};

static bool is_element(enum field field)
{
    for (const enum field *element = kind_elements(); *element != 0; element++) {
        if (*element == field) {
            return true;
        }
    }
    return false;
}

enum field_group hint_group(const struct kind_info *info, enum field field)
{
    for (size_t i = 0; i < COUNT_OF(placed); i++) {
        if (placed[i].field == field) {
            return placed[i].group;
        }
    }
    if (field == info->about_id && field != 0) {
        return GROUP_SOURCE;
    }
    if (field_info(field)->type == TYPE_AMOUNT || (field == info->party && field != 0)) {
        return GROUP_AMOUNT;
    }
    return info->takes_elements && is_element(field) ? GROUP_ELEMENTS : GROUP_DOCUMENT;
}

static const char *name_of_about(enum about about)
{
    static const char *const names[] = {
        [ABOUT_NOTHING] = NULL,      [ABOUT_LINE] = "indicator",
        [ABOUT_PAYMENT] = "payment", [ABOUT_OWN_TRANSFER] = "transfer",
        [ABOUT_ASK] = "transfer",    [ABOUT_ESTIMATE] = NULL,
    };

    return names[about];
}

const char *hint_names(const struct kind_info *info, enum field field)
{
    if (field == info->defines) {
        return NULL; /* it is this document that gives the code */
    }
    if (field == info->about_id) {
        return field == FIELD_RECALL_ID ? "recall" : name_of_about(info->about);
    }
    if (field == FIELD_BGT_ID) { /* beside what it is about: a line all the same */
        return "indicator";
    }
    switch (field) {
    case FIELD_PRO_CODE:
    case FIELD_SUP_PRO_CODE:
    case FIELD_TRACK_PRO_CODE:
        return "project";
    case FIELD_AGENCY_CODE:
        return "agency";
    case FIELD_AGENCY_ACCT_NO:
        return "bank_account";
    case FIELD_EARLY_BGT_ID:
        return "transfer";
    case FIELD_ESTIMATE_ID:
        return "estimate";
    default:
        return field_info(field)->type == TYPE_DIVISION ? "division" : NULL;
    }
}

static bool is_completed(const struct kind_info *info, enum field field)
{
    for (const enum field *completed = info->completed; *completed != 0; completed++) {
        if (*completed == field) {
            return true;
        }
    }
    return false;
}

bool hint_inherits(const struct kind_info *info, enum field field)
{
    return is_completed(info, field) || field == FIELD_MOF_DIV_CODE ||
           (info->about == ABOUT_ASK && field == info->party) ||
           (info->splits && info->takes_elements && is_element(field));
}
