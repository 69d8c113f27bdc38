/* The table of kinds. Names and fields are those of the field table every office knows; their order
 * within a row is the order in which a fault is reported. `books` says from which account and to
 * which. */
#include "node/ledger/schema/kinds.h"

static const enum field elements[] = {
    FIELD_PRO_CODE,         FIELD_AGENCY_CODE,      FIELD_FUND_TYPE_CODE,   FIELD_TP_FUNC_CODE,
    FIELD_EXP_FUNC_CODE,    FIELD_GOV_BGT_ECO_CODE, FIELD_DEP_BGT_ECO_CODE, FIELD_BGT_TYPE_CODE,
    FIELD_SOURCE_TYPE_CODE, FIELD_IS_DIRECT,        FIELD_IS_TRACK,         FIELD_TRACK_PRO_CODE,
    FIELD_SUP_BGT_DOC_NO,   (enum field)0,
};

static const char *const budget_stages[] = {"request",  "ceiling", "submission",
                                            "estimate", "reply",   NULL};
static const char *const transfer_stages[] = {"early", "formal", NULL};

static const struct kind_info kinds[KINDS_END] = {
    [KIND_OPERATOR] = {.name = "operator",
                       .node_only = true,
                       .any_year = true,
                       .years = YEAR_EVERY,
                       .required = {FIELD_NAME, FIELD_OPERATOR_KEY, FIELD_ROLE},
                       .optional = {FIELD_ENABLED, FIELD_START_DATE, FIELD_END_DATE,
                                    FIELD_ENTERED_BY},
                       .reach = REACH_TREE},
    [KIND_ELEMENT] = {.name = "element",
                      .years = YEAR_PREPARED,
                      .defines = FIELD_ELE_CODE,
                      .required = {FIELD_ELE_CATALOG_CODE, FIELD_ELE_CODE, FIELD_ELE_NAME},
                      .optional = {FIELD_PARENT_CODE, FIELD_START_DATE, FIELD_END_DATE,
                                   FIELD_IS_ENABLED},
                      .reach = REACH_TREE},
    [KIND_AGENCY] = {.name = "agency",
                     .years = YEAR_PREPARED,
                     .defines = FIELD_AGENCY_CODE,
                     .required = {FIELD_AGENCY_CODE, FIELD_AGENCY_NAME},
                     .optional = {FIELD_PARENT_CODE}},
    [KIND_BANK_ACCOUNT] = {.name = "bank_account",
                           .years = YEAR_PREPARED,
                           .defines = FIELD_ACCT_NO,
                           .required = {FIELD_ACCT_NO, FIELD_ACCT_NAME, FIELD_BANK_NAME,
                                        FIELD_AGENCY_CODE},
                           .optional = {FIELD_ACCT_TYPE_CODE}},
    [KIND_PROJECT] = {.name = "project",
                      .years = YEAR_PREPARED,
                      .first = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE, FIELD_AGENCY_CODE,
                                FIELD_SETUP_YEAR},
                      .defines = FIELD_PRO_CODE,
                      .required = {FIELD_PRO_CODE, FIELD_STATE},
                      .optional = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE, FIELD_AGENCY_CODE,
                                   FIELD_SETUP_YEAR, FIELD_PRO_START_YEAR, FIELD_PRO_TERM,
                                   FIELD_PRO_TOTAL_AMT, FIELD_SUP_PRO_CODE, FIELD_IS_TRACK,
                                   FIELD_PRO_EXIT_DATE, FIELD_POLICY_REF, FIELD_REASON},
                      .reach = REACH_TREE_IF_TRACKED},
    [KIND_BUDGET] = {.name = "budget",
                     .takes_elements = true,
                     .stages = budget_stages,
                     .years = YEAR_PREPARED,
                     .required = {FIELD_STAGE, FIELD_FUND_TYPE_CODE, FIELD_AMOUNT},
                     .optional = {FIELD_APPROVAL_REF, FIELD_APPROVAL_DATE, FIELD_VERSION,
                                  FIELD_ESTIMATE_ID},
                     .about = ABOUT_ESTIMATE,
                     .about_id = FIELD_ESTIMATE_ID,
                     .relation = "replied",
                     .is_source = true,
                     .has_consequences = true,
                     .needs_open_project = true,
                     .first_state = DOC_APPROVED,
                     .books = {ACC_SRC_APPROVED, ACC_UNALLOC},
                     .exceeds = "available",
                     .only_when = {FIELD_STAGE, "reply", "estimate", .needs = FIELD_APPROVAL_REF,
                                   .otherwise = DOC_PLANNED}},
    [KIND_TRANSFER_IN] = {.name = "transfer_in",
                          .takes_elements = true,
                          .stages = transfer_stages,
                          .required = {FIELD_ORI_DIV_CODE, FIELD_SUP_BGT_DOC_NO, FIELD_AMOUNT,
                                       FIELD_FUND_TYPE_CODE, FIELD_TRA_TYPE_CODE, FIELD_STAGE},
                          .optional = {FIELD_INCOME_SORT_CODE, FIELD_EARLY_BGT_ID},
                          .years = YEAR_PREPARED,
                          .sign_with_early = SIGN_SIGNED,
                          .is_source = true,
                          .party = FIELD_ORI_DIV_CODE,
                          .place = PLACE_UPPER_WITHOUT_NODE,
                          .has_consequences = true,
                          .needs_open_project = true,
                          .first_state = DOC_APPROVED,
                          .books = {ACC_SRC_TRANSFER_IN, ACC_UNALLOC}},
    /* A transfer carries the public fields of the project it names. */
    [KIND_TRANSFER] = {.name = "transfer",
                       .takes_elements = true,
                       .stages = transfer_stages,
                       .required = {FIELD_ORI_BGT_ID, FIELD_REC_DIV_CODE, FIELD_AMOUNT,
                                    FIELD_COR_BGT_DOC_NO, FIELD_TRA_TYPE_CODE, FIELD_STAGE},
                       .optional = {FIELD_DOC_TITLE, FIELD_DOC_DATE, FIELD_EARLY_BGT_ID,
                                    FIELD_IS_DISASTER, FIELD_DUE_DAYS, FIELD_BEN_NAME,
                                    FIELD_BEN_CODE},
                       .completed = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE, FIELD_DUE_SPAN},
                       .years = YEAR_PREPARED,
                       .sign_with_early = SIGN_ANY,
                       .reach = REACH_PARTY,
                       .party = FIELD_REC_DIV_CODE,
                       .place = PLACE_BELOW,
                       .is_answered = true,
                       .about = ABOUT_LINE,
                       .about_id = FIELD_ORI_BGT_ID,
                       .splits = true,
                       .relation = "transferred",
                       .has_consequences = true,
                       .needs_final = true,
                       .needs_open_project = true,
                       .first_state = DOC_ISSUED,
                       .books = {ACC_UNALLOC, ACC_TRANSIT},
                       .exceeds = "available"},
/* An answer says in its author's own log what it answers, so that nobody needs another log. */
#define ANSWER_COMPLETED                                                                           \
    {                                                                                              \
        FIELD_AMOUNT, FIELD_PRO_CODE, FIELD_AGENCY_CODE, FIELD_FUND_TYPE_CODE, FIELD_TP_FUNC_CODE, \
            FIELD_EXP_FUNC_CODE, FIELD_GOV_BGT_ECO_CODE, FIELD_DEP_BGT_ECO_CODE,                   \
            FIELD_BGT_TYPE_CODE, FIELD_SOURCE_TYPE_CODE, FIELD_IS_DIRECT, FIELD_IS_TRACK,          \
            FIELD_TRACK_PRO_CODE, FIELD_SUP_BGT_DOC_NO, FIELD_COR_BGT_DOC_NO, FIELD_TRA_TYPE_CODE, \
            FIELD_STAGE, FIELD_IS_DISASTER, FIELD_DUE_DAYS, FIELD_PRO_NAME, FIELD_PRO_CAT_CODE,    \
            FIELD_BEN_NAME, FIELD_BEN_CODE, FIELD_OWN_BGT_ID, FIELD_EARLY_BGT_ID,                  \
            FIELD_TRANSFER_LSN, FIELD_TRANSFER_HASH                                                \
    }
    [KIND_REGISTER] = {.name = "register",
                       .takes_elements = true,
                       .stages = transfer_stages,
                       .required = {FIELD_BGT_ID},
                       .optional = {FIELD_ORI_DIV_CODE, FIELD_UNCONFIRMED},
                       .completed = ANSWER_COMPLETED,
                       .years = YEAR_PREPARED,
                       .sign = SIGN_SIGNED,
                       .is_source = true,
                       .party = FIELD_ORI_DIV_CODE,
                       .about = ABOUT_ASK,
                       .about_id = FIELD_BGT_ID,
                       .relation = "registered_as",
                       .has_consequences = true,
                       .first_state = DOC_REGISTERED,
                       .books = {ACC_SRC_TRANSFER_IN, ACC_UNALLOC}},
    [KIND_RETURN] = {.name = "return",
                     .takes_elements = true,
                     .stages = transfer_stages,
                     .required = {FIELD_BGT_ID, FIELD_REASON},
                     .optional = {FIELD_ORI_DIV_CODE},
                     .completed = ANSWER_COMPLETED,
                     .years = YEAR_EVERY,
                     .sign = SIGN_SIGNED,
                     .party = FIELD_ORI_DIV_CODE,
                     .about = ABOUT_ASK,
                     .about_id = FIELD_BGT_ID,
                     .relation = "returned_as",
                     .first_state = DOC_RETURNED},
    [KIND_SETTLE] = {.name = "settle",
                     .node_only = true,
                     .required = {FIELD_ANSWER_ID, FIELD_REC_DIV_CODE, FIELD_BGT_ID, FIELD_AMOUNT,
                                  FIELD_OUTCOME},
                     .optional = {FIELD_REASON, FIELD_EARLY_BGT_ID},
                     .years = YEAR_EVERY,
                     .reach = REACH_PARTY,
                     .party = FIELD_REC_DIV_CODE,
                     .about = ABOUT_OWN_TRANSFER,
                     .about_id = FIELD_BGT_ID,
                     .relation = "settled_by",
                     .books = {ACC_TRANSIT, ACC_XFER_OUT}},
    [KIND_ALLOCATE] = {.name = "allocate",
                       .years = YEAR_PREPARED,
                       .takes_elements = true,
                       .required = {FIELD_ORI_BGT_ID, FIELD_AGENCY_CODE, FIELD_AMOUNT},
                       .about = ABOUT_LINE,
                       .about_id = FIELD_ORI_BGT_ID,
                       .splits = true,
                       .relation = "allocated",
                       .has_consequences = true,
                       .needs_open_project = true,
                       .first_state = DOC_PENDING,
                       .books = {ACC_UNALLOC, ACC_PENDING},
                       .exceeds = "available"},
    [KIND_RELEASE] = {.name = "release",
                      .years = YEAR_PREPARED,
                      .required = {FIELD_BGT_ID, FIELD_COR_BGT_DOC_NO},
                      .optional = {FIELD_DOC_DATE},
                      .completed = {FIELD_AMOUNT},
                      .about = ABOUT_LINE,
                      .about_id = FIELD_BGT_ID,
                      .relation = "released",
                      .books = {ACC_PENDING, ACC_AVAIL},
                      .exceeds = "pending",
                      .takes_all = true},
    [KIND_PAYMENT] = {.name = "payment",
                      .required = {FIELD_BGT_ID, FIELD_PAY_APP_AMT, FIELD_PAYEE_ACCT_NAME,
                                   FIELD_PAYEE_ACCT_NO, FIELD_PAYEE_ACCT_BANK_NAME, FIELD_USE_DES},
                      .optional = {FIELD_SET_MODE_CODE, FIELD_PAY_TYPE_CODE, FIELD_AGENCY_ACCT_NO,
                                   FIELD_DEP_BGT_ECO_CODE, FIELD_PAY_APP_DATE},
                      .about = ABOUT_LINE,
                      .about_id = FIELD_BGT_ID,
                      .relation = "applied",
                      .has_consequences = true,
                      .first_state = DOC_APPLIED,
                      .money = FIELD_PAY_APP_AMT,
                      .books = {ACC_AVAIL, ACC_COMMIT},
                      .exceeds = "available"},
    [KIND_PAYMENT_CANCEL] = {.name = "payment_cancel",
                             .required = {FIELD_PAY_APP_ID, FIELD_REASON},
                             .completed = {FIELD_AMOUNT},
                             .about = ABOUT_PAYMENT,
                             .about_id = FIELD_PAY_APP_ID,
                             .relation = "cancelled",
                             .books = {ACC_COMMIT, ACC_AVAIL},
                             .exceeds = "committed",
                             .takes_all = true},
    [KIND_PAID] = {.name = "paid",
                   .required = {FIELD_PAY_APP_ID, FIELD_XPAY_AMT, FIELD_XPAY_DATE,
                                FIELD_AGENT_BUSINESS_NO},
                   .about = ABOUT_PAYMENT,
                   .about_id = FIELD_PAY_APP_ID,
                   .relation = "paid",
                   .money = FIELD_XPAY_AMT,
                   .books = {ACC_COMMIT, ACC_SPENT},
                   .exceeds = "committed"},
    [KIND_REFUND] = {.name = "refund",
                     .two_without = FIELD_PAY_APP_ID,
                     .takes_elements = true, /* of the line that it opens */
                     .required = {FIELD_AMOUNT, FIELD_REASON},
                     .optional = {FIELD_PAY_APP_ID, FIELD_BGT_ID, FIELD_DATE, FIELD_PAYEE_ACCT_NAME,
                                  FIELD_PAYEE_ACCT_NO, FIELD_PAYEE_ACCT_BANK_NAME},
                     .two_years = true,
                     .about = ABOUT_PAYMENT,
                     .about_id = FIELD_PAY_APP_ID,
                     .about_line = FIELD_BGT_ID,
                     .relation = "refunded",
                     .books = {ACC_SPENT, ACC_AVAIL},
                     .exceeds = "spent"},
    [KIND_FREEZE] = {.name = "freeze",
                     .required = {FIELD_BGT_ID, FIELD_AMOUNT, FIELD_REASON},
                     .about = ABOUT_LINE,
                     .about_id = FIELD_BGT_ID,
                     .relation = "frozen",
                     .books = {ACC_AVAIL, ACC_FROZEN},
                     .exceeds = "available"},
    [KIND_UNFREEZE] = {.name = "unfreeze",
                       .required = {FIELD_BGT_ID, FIELD_AMOUNT, FIELD_REASON},
                       .about = ABOUT_LINE,
                       .about_id = FIELD_BGT_ID,
                       .relation = "unfrozen",
                       .books = {ACC_FROZEN, ACC_AVAIL},
                       .exceeds = "frozen"},
    [KIND_REDUCE] = {.name = "reduce",
                     .years = YEAR_PREPARED,
                     .required = {FIELD_BGT_ID, FIELD_AMOUNT},
                     .about = ABOUT_LINE,
                     .about_id = FIELD_BGT_ID,
                     .relation = "reduced",
                     .books = {ACC_AVAIL, ACC_UNALLOC, .pending_first = true},
                     .exceeds = "available"},
    [KIND_VIREMENT] = {.name = "virement",
                       .takes_elements = true,
                       .required = {FIELD_FROM_BGT_ID, FIELD_AMOUNT, FIELD_AGENCY_CODE},
                       .optional = {FIELD_REASON},
                       .completed = {FIELD_SOURCE_TYPE_CODE},
                       .about = ABOUT_LINE,
                       .about_id = FIELD_FROM_BGT_ID,
                       .splits = true,
                       .relation = "vired",
                       .has_consequences = true,
                       .needs_open_project = true,
                       .first_state = DOC_RELEASED,
                       .books = {ACC_AVAIL, ACC_AVAIL},
                       .exceeds = "available"},
    [KIND_ELEMENT_MAP] = {.name = "element_map",
                          .years = YEAR_PREPARED,
                          .required = {FIELD_ELE_CATALOG_CODE, FIELD_FROM_CODE, FIELD_TO_CODE},
                          .reach = REACH_TREE},
    [KIND_ADJUST] = {.name = "adjust",
                     .required = {FIELD_BGT_ID, FIELD_AMOUNT, FIELD_APPROVAL_REF},
                     .optional = {FIELD_APPROVAL_DATE, FIELD_REASON},
                     .sign = SIGN_SIGNED,
                     .about = ABOUT_LINE,
                     .about_id = FIELD_BGT_ID,
                     .relation = "adjusted",
                     .books = {ACC_SRC_APPROVED, ACC_UNALLOC},
                     .exceeds = "available"},
    [KIND_RECALL] = {.name = "recall",
                     .years = YEAR_PREPARED,
                     .required = {FIELD_BGT_ID, FIELD_AMOUNT, FIELD_REASON},
                     .optional = {FIELD_DUE_DAYS},
                     .completed = {FIELD_REC_DIV_CODE, FIELD_DUE_SPAN},
                     .reach = REACH_PARTY,
                     .party = FIELD_REC_DIV_CODE,
                     .is_answered = true,
                     .about = ABOUT_OWN_TRANSFER,
                     .about_id = FIELD_BGT_ID,
                     .relation = "recalled",
                     .has_consequences = true,
                     .first_state = DOC_ASKED,
                     .exceeds = "transferred"},
    [KIND_RECALL_GRANT] = {.name = "recall_grant",
                           .takes_elements = true, /* of the own line that it is taken from */
                           .years = YEAR_PREPARED,
                           .required = {FIELD_BGT_ID, FIELD_AMOUNT, FIELD_RECALL_ID},
                           .optional = {FIELD_ORI_DIV_CODE, FIELD_REASON},
                           .completed = {FIELD_ORI_BGT_ID, FIELD_PRO_CODE, FIELD_AGENCY_CODE,
                                         FIELD_FUND_TYPE_CODE, FIELD_TP_FUNC_CODE,
                                         FIELD_EXP_FUNC_CODE, FIELD_GOV_BGT_ECO_CODE,
                                         FIELD_DEP_BGT_ECO_CODE, FIELD_BGT_TYPE_CODE,
                                         FIELD_SOURCE_TYPE_CODE, FIELD_IS_DIRECT, FIELD_IS_TRACK,
                                         FIELD_TRACK_PRO_CODE, FIELD_SUP_BGT_DOC_NO,
                                         FIELD_TRANSFER_LSN, FIELD_TRANSFER_HASH},
                           .party = FIELD_ORI_DIV_CODE,
                           .about = ABOUT_ASK,
                           .about_id = FIELD_RECALL_ID,
                           .relation = "granted_by",
                           .first_state = DOC_GRANTED,
                           .books = {ACC_UNALLOC, ACC_SRC_TRANSFER_IN},
                           .exceeds = "available"},
    [KIND_RECALL_REFUSE] = {.name = "recall_refuse",
                            .years = YEAR_EVERY,
                            .required = {FIELD_RECALL_ID, FIELD_REASON},
                            .optional = {FIELD_ORI_DIV_CODE},
                            .completed = {FIELD_TRANSFER_LSN, FIELD_TRANSFER_HASH},
                            .party = FIELD_ORI_DIV_CODE,
                            .about = ABOUT_ASK,
                            .about_id = FIELD_RECALL_ID,
                            .relation = "declined_by",
                            .first_state = DOC_DECLINED},
    [KIND_CARRY_OVER] = {.name = "carry_over",
                         .takes_elements = true,
                         .required = {FIELD_BGT_ID, FIELD_AMOUNT},
                         .optional = {FIELD_TAKE_FROM},
                         .two_years = true,
                         .about = ABOUT_LINE,
                         .about_id = FIELD_BGT_ID,
                         .is_source = true,
                         .relation = "carried",
                         .has_consequences = true,
                         .needs_final = true,
                         .first_state = DOC_CARRIED,
                         .books = {ACC_UNALLOC, ACC_CARRY_OUT},
                         .exceeds = "available"},
    [KIND_LAPSE] = {.name = "lapse",
                    .required = {FIELD_BGT_ID, FIELD_AMOUNT, FIELD_REASON},
                    .optional = {FIELD_TAKE_FROM},
                    .about = ABOUT_LINE,
                    .about_id = FIELD_BGT_ID,
                    .relation = "lapsed",
                    .books = {ACC_UNALLOC, ACC_LAPSED},
                    .exceeds = "available"},
    /* Of a year, or with a month of that month alone. */
    [KIND_CLOSE_YEAR] = {.name = "close_year",
                         .two = TWO_ALWAYS,
                         .optional = {FIELD_MONTH, FIELD_REASON},
                         .reach = REACH_TREE,
                         .sign = SIGN_ZERO,
                         .books = {ACC_SPENT, ACC_CLOSE}},
    [KIND_OPEN_YEAR] = {.name = "open_year",
                        .years = YEAR_PREPARED,
                        .optional = {FIELD_REASON},
                        .reach = REACH_TREE},
    [KIND_REOPEN_YEAR] = {.name = "reopen_year",
                          .two = TWO_ALWAYS,
                          .years = YEAR_CLOSED,
                          .required = {FIELD_REASON},
                          .optional = {FIELD_MONTH},
                          .reach = REACH_TREE,
                          .sign = SIGN_ZERO,
                          .books = {ACC_CLOSE, ACC_SPENT}},
    [KIND_POLICY] = {.name = "policy",
                     .any_year = true,
                     .years = YEAR_EVERY,
                     .required = {FIELD_POLICY_CODE, FIELD_POLICY_VALUE},
                     .optional = {FIELD_SCOPE, FIELD_REASON},
                     .reach = REACH_TREE},
    [KIND_CALENDAR] = {.name = "calendar",
                       .any_year = true,
                       .years = YEAR_EVERY,
                       .required = {FIELD_DATE},
                       .optional = {FIELD_END_DATE, FIELD_IS_WORKDAY, FIELD_SUSPENDS, FIELD_SCOPE,
                                    FIELD_REASON},
                       .reach = REACH_TREE},
    [KIND_TRANSFER_OUT] = {.name = "transfer_out",
                           .takes_elements = true,
                           .stages = transfer_stages,
                           .years = YEAR_PREPARED,
                           .required = {FIELD_ORI_BGT_ID, FIELD_REC_DIV_CODE, FIELD_AMOUNT,
                                        FIELD_COR_BGT_DOC_NO, FIELD_TRA_TYPE_CODE, FIELD_STAGE},
                           .optional = {FIELD_EARLY_BGT_ID, FIELD_DOC_TITLE, FIELD_DOC_DATE,
                                        FIELD_BEN_NAME, FIELD_BEN_CODE},
                           .completed = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE},
                           .sign_with_early = SIGN_SIGNED,
                           .party = FIELD_REC_DIV_CODE,
                           .place = PLACE_LOWER_WITHOUT_NODE,
                           .about = ABOUT_LINE,
                           .about_id = FIELD_ORI_BGT_ID,
                           .splits = true,
                           .relation = "transferred",
                           .has_consequences = true,
                           .needs_final = true,
                           .needs_open_project = true,
                           .books = {ACC_UNALLOC, ACC_XFER_OUT},
                           .exceeds = "available"},
    /* Where its receiver has no node, its node says so: then it is booked as passed on at once. */
    [KIND_REMIT] = {.name = "remit",
                    .takes_elements = true,
                    .required = {FIELD_ORI_BGT_ID, FIELD_REC_DIV_CODE, FIELD_AMOUNT,
                                 FIELD_COR_BGT_DOC_NO},
                    .optional = {FIELD_REASON, FIELD_DOC_TITLE, FIELD_DOC_DATE},
                    .completed = {FIELD_TRA_TYPE_CODE, FIELD_PRO_NAME, FIELD_PRO_CAT_CODE,
                                  FIELD_BEN_NAME, FIELD_BEN_CODE, FIELD_OUTSIDE, FIELD_DUE_SPAN},
                    .party = FIELD_REC_DIV_CODE,
                    .place = PLACE_ABOVE_OR_OUTSIDE,
                    .is_answered = true,
                    .about = ABOUT_LINE,
                    .about_id = FIELD_ORI_BGT_ID,
                    .splits = true,
                    .relation = "remitted",
                    .has_consequences = true,
                    .needs_final = true,
                    .first_state = DOC_ISSUED,
                    .books = {ACC_UNALLOC, ACC_TRANSIT},
                    .exceeds = "available"},
    [KIND_WITHDRAW] = {.name = "withdraw",
                       .years = YEAR_PREPARED,
                       .required = {FIELD_BGT_ID, FIELD_REASON},
                       .completed = {FIELD_REC_DIV_CODE},
                       .reach = REACH_PARTY,
                       .party = FIELD_REC_DIV_CODE,
                       .about = ABOUT_OWN_TRANSFER,
                       .about_id = FIELD_BGT_ID,
                       .relation = "withdrawn_by",
                       .first_state = DOC_WITHDRAWING},
    [KIND_CONFIRM] = {.name = "confirm",
                      .any_year = true,
                      .two = TWO_WITH_ANY,
                      .years = YEAR_EVERY,
                      .required = {FIELD_DIV_CODE},
                      .optional = {FIELD_REASON, FIELD_UNCONFIRMED},
                      .completed = {FIELD_EPOCH, FIELD_GRANT_HASH},
                      .reach = REACH_PARTY_TREE,
                      .party = FIELD_DIV_CODE,
                      .place = PLACE_BELOW},
};

static const char *const catalogs[] = {
    "fund_type", "exp_func",    "tp_func",  "gov_bgt_eco", "dep_bgt_eco", "income_sort", "pro_cat",
    "bgt_type",  "source_type", "pay_type", "set_mode",    "acct_type",   NULL};
static const char *const project_states[] = {"draft",  "reserved",  "budgeted", "executing",
                                             "closed", "cancelled", NULL};
static const char *const transfer_types[] = {"general", "special", NULL};
static const char *const outcomes[] = {"registered", "returned", "lowered", "kept",
                                       "granted",    "refused",  NULL};
static const char *const takings[] = {"unalloc", "pending", "avail", NULL};

const struct kind_info *kind_info(uint32_t kind)
{
    return kind < KINDS_END && kinds[kind].name != NULL ? &kinds[kind] : NULL;
}

bool document_format_known(uint32_t kind, uint32_t format)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL &&
           (format == DOCUMENT_FORMAT || (format == EVIDENCE_FORMAT && !info->node_only));
}

uint32_t document_format(struct bytes body)
{
    return document_body_has_evidence(body) ? EVIDENCE_FORMAT : DOCUMENT_FORMAT;
}

uint32_t document_format_of(const struct document *document)
{
    return document_has_evidence(document) ? EVIDENCE_FORMAT : DOCUMENT_FORMAT;
}

enum status document_of_entry(struct document *out, uint32_t kind, uint32_t format,
                              struct bytes body, struct err *err)
{
    const enum status status = document_decode(out, kind, body, err);
    const bool named = status == OK && document_has(out, FIELD_EVIDENCE_EPOCH);

    return status != OK || (document_evidence_is_whole(out) && named == (format == EVIDENCE_FORMAT))
               ? status
               : err_set(err, ERR_MALFORMED, "document_field_malformed tag=%d name=%s",
                         FIELD_EVIDENCE_EPOCH, field_info(FIELD_EVIDENCE_EPOCH)->name);
}

uint32_t kind_named(struct bytes name)
{
    for (uint32_t kind = KIND_OPERATOR; kind < KINDS_END; kind++) {
        if (kinds[kind].name != NULL && bytes_equal(name, bytes_text(kinds[kind].name))) {
            return kind;
        }
    }
    return 0;
}

const enum field *kind_elements(void)
{
    return elements;
}

static bool listed(const enum field *list, enum field field)
{
    for (; *list != 0; list++) {
        if (*list == field) {
            return true;
        }
    }
    return false;
}

static bool is_common(enum field field)
{
    return field == FIELD_ID || field == FIELD_FISCAL_YEAR || field == FIELD_MEMO ||
           field == FIELD_MOF_DIV_CODE;
}

/* An entry of any kind may stand for one that was put aside. */
static bool is_evidence(enum field field)
{
    return field >= FIELD_EVIDENCE_EPOCH && field <= FIELD_EVIDENCE_HASH;
}

bool kind_takes(const struct kind_info *info, enum field field, bool client)
{
    if (client && (field_is_nodes(field) || listed(info->completed, field))) {
        return false;
    }
    return is_common(field) || is_evidence(field) || listed(info->required, field) ||
           listed(info->optional, field) || listed(info->completed, field) ||
           (info->takes_elements && listed(elements, field));
}

bool kind_requires(const struct kind_info *info, enum field field, bool first)
{
    return field == FIELD_ID || listed(info->required, field) ||
           (first && listed(info->first, field));
}

const char *const *kind_words(uint32_t kind, enum field field)
{
    switch (field) {
    case FIELD_ELE_CATALOG_CODE:
        return catalogs;
    case FIELD_STATE:
        return project_states;
    case FIELD_STAGE:
        return kind_info(kind) != NULL ? kind_info(kind)->stages : NULL;
    case FIELD_TRA_TYPE_CODE:
        return transfer_types;
    case FIELD_OUTCOME:
        return outcomes;
    case FIELD_TAKE_FROM:
        return takings;
    default:
        return NULL;
    }
}

const char *doc_state_name(enum doc_state state)
{
    static const char *const names[DOC_STATES] = {[DOC_ENTERED] = "entered",
                                                  [DOC_PLANNED] = "planned",
                                                  [DOC_APPROVED] = "approved",
                                                  [DOC_ISSUED] = "issued",
                                                  [DOC_REGISTERED] = "registered",
                                                  [DOC_RETURNED] = "returned",
                                                  [DOC_PENDING] = "pending",
                                                  [DOC_RELEASED] = "released",
                                                  [DOC_APPLIED] = "applied",
                                                  [DOC_PART_PAID] = "part_paid",
                                                  [DOC_PAID] = "paid",
                                                  [DOC_CANCELLED] = "cancelled",
                                                  [DOC_REFUNDED] = "refunded",
                                                  [DOC_ADVANCED] = "advanced",
                                                  [DOC_NOTICED] = "noticed",
                                                  [DOC_LOWERED] = "lowered",
                                                  [DOC_KEPT] = "kept",
                                                  [DOC_ASKED] = "asked",
                                                  [DOC_GRANTED] = "granted",
                                                  [DOC_DECLINED] = "declined",
                                                  [DOC_WITHDRAWING] = "withdrawing",
                                                  [DOC_WITHDRAWN] = "withdrawn",
                                                  [DOC_TOO_LATE] = "too_late",
                                                  [DOC_CARRIED] = "carried"};

    return state < DOC_STATES && names[state] != NULL ? names[state] : "";
}

bool kind_is_answer(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && info->about == ABOUT_ASK;
}

bool kind_has_versions(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && info->first[0] != 0;
}

bool kind_is_answered(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && info->is_answered;
}

bool kind_is_source(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && info->is_source;
}

bool kind_only_takes(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    if (info == NULL || info->books.to == 0) {
        return true;
    }
    return (info->books.from == ACC_UNALLOC && info->books.to == ACC_TRANSIT) ||
           (info->books.from == ACC_AVAIL &&
            (info->books.to == ACC_COMMIT || info->books.to == ACC_FROZEN));
}

bool kind_completes_from_own(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL &&
           (info->splits || info->takes_all || info->two_years || kind == KIND_LAPSE ||
            (info->about == ABOUT_OWN_TRANSFER && !info->node_only));
}

bool sign_allows(enum sign sign, int64_t amount)
{
    return amount > 0 || (amount == 0 && (sign == SIGN_ZERO || sign == SIGN_ANY)) ||
           (amount < 0 && (sign == SIGN_SIGNED || sign == SIGN_ANY));
}
