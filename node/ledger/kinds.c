/* The table of kinds. Names and fields are those of the field table every office knows; their order
 * within a row is the order in which a fault is reported. `books` says who books, from which
 * account and to which. */
#include "node/ledger/kind_steps.h"

#include <assert.h>

static const enum field elements[] = {
    FIELD_PRO_CODE,         FIELD_AGENCY_CODE,      FIELD_FUND_TYPE_CODE,   FIELD_TP_FUNC_CODE,
    FIELD_EXP_FUNC_CODE,    FIELD_GOV_BGT_ECO_CODE, FIELD_DEP_BGT_ECO_CODE, FIELD_BGT_TYPE_CODE,
    FIELD_SOURCE_TYPE_CODE, FIELD_IS_DIRECT,        FIELD_IS_TRACK,         FIELD_TRACK_PRO_CODE,
    FIELD_SUP_BGT_DOC_NO,   (enum field)0,
};

static const struct kind_info kinds[KINDS_END] = {
    [KIND_OPERATOR] = {.name = "operator",
                       .name_zh = "操作员",
                       .node_only = true,
                       .any_year = true,
                       .required = {FIELD_NAME, FIELD_OPERATOR_KEY, FIELD_ROLE},
                       .optional = {FIELD_ENABLED, FIELD_START_DATE, FIELD_END_DATE}},
    [KIND_ELEMENT] = {.name = "element",
                      .name_zh = "要素代码",
                      .required = {FIELD_ELE_CATALOG_CODE, FIELD_ELE_CODE, FIELD_ELE_NAME},
                      .optional = {FIELD_PARENT_CODE, FIELD_START_DATE, FIELD_END_DATE,
                                   FIELD_IS_ENABLED},
                      .reach = REACH_TREE,
                      .index = catalogue_enter_code},
    [KIND_AGENCY] = {.name = "agency",
                     .name_zh = "预算单位",
                     .required = {FIELD_AGENCY_CODE, FIELD_AGENCY_NAME},
                     .optional = {FIELD_PARENT_CODE},
                     .index = catalogue_enter_agency},
    [KIND_BANK_ACCOUNT] = {.name = "bank_account",
                           .name_zh = "单位账户",
                           .required = {FIELD_ACCT_NO, FIELD_ACCT_NAME, FIELD_BANK_NAME,
                                        FIELD_AGENCY_CODE},
                           .optional = {FIELD_ACCT_TYPE_CODE},
                           .index = catalogue_enter_account},
    [KIND_PROJECT] = {.name = "project",
                      .name_zh = "预算项目",
                      .first = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE, FIELD_AGENCY_CODE,
                                FIELD_SETUP_YEAR},
                      .required = {FIELD_PRO_CODE, FIELD_STATE},
                      .optional = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE, FIELD_AGENCY_CODE,
                                   FIELD_SETUP_YEAR, FIELD_PRO_START_YEAR, FIELD_PRO_TERM,
                                   FIELD_PRO_TOTAL_AMT, FIELD_SUP_PRO_CODE, FIELD_IS_TRACK,
                                   FIELD_REASON},
                      .reach = REACH_TREE_IF_TRACKED,
                      .complete = complete_version,
                      .index = catalogue_enter_project},
    [KIND_BUDGET] = {.name = "budget",
                     .name_zh = "预算",
                     .takes_elements = true,
                     .required = {FIELD_STAGE, FIELD_FUND_TYPE_CODE, FIELD_AMOUNT},
                     .optional = {FIELD_APPROVAL_REF, FIELD_APPROVAL_DATE, FIELD_VERSION},
                     .has_consequences = true,
                     .needs_open_project = true,
                     .first_state = DOC_APPROVED,
                     .books = {book_source, ACC_SRC_APPROVED, ACC_UNALLOC}},
    [KIND_TRANSFER_IN] = {.name = "transfer_in",
                          .name_zh = "上级转移支付录入",
                          .takes_elements = true,
                          .required = {FIELD_ORI_DIV_CODE, FIELD_SUP_BGT_DOC_NO, FIELD_AMOUNT,
                                       FIELD_FUND_TYPE_CODE, FIELD_TRA_TYPE_CODE, FIELD_STAGE},
                          .optional = {FIELD_INCOME_SORT_CODE},
                          .party = FIELD_ORI_DIV_CODE,
                          .place = PLACE_WITHOUT_NODE,
                          .has_consequences = true,
                          .needs_open_project = true,
                          .first_state = DOC_APPROVED,
                          .books = {book_source, ACC_SRC_TRANSFER_IN, ACC_UNALLOC}},
    /* A transfer carries the public fields of the project it names. */
    [KIND_TRANSFER] = {.name = "transfer",
                       .name_zh = "对下转移支付",
                       .takes_elements = true,
                       .required = {FIELD_ORI_BGT_ID, FIELD_REC_DIV_CODE, FIELD_AMOUNT,
                                    FIELD_COR_BGT_DOC_NO, FIELD_TRA_TYPE_CODE, FIELD_STAGE},
                       .optional = {FIELD_DOC_TITLE, FIELD_DOC_DATE, FIELD_EARLY_BGT_ID,
                                    FIELD_IS_DISASTER, FIELD_DUE_DAYS},
                       .completed = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE},
                       .reach = REACH_PARTY,
                       .party = FIELD_REC_DIV_CODE,
                       .place = PLACE_BELOW,
                       .about = ABOUT_SOURCE,
                       .relation = "transferred",
                       .has_consequences = true,
                       .needs_open_project = true,
                       .first_state = DOC_ISSUED,
                       .books = {book_split, ACC_UNALLOC, ACC_TRANSIT},
                       .exceeds = "available",
                       .complete = complete_split,
                       .index = edge_issue},
/* An answer says in its author's own log what it answers, so that nobody needs another log. */
#define ANSWER_COMPLETED                                                                           \
    {                                                                                              \
        FIELD_AMOUNT, FIELD_PRO_CODE, FIELD_AGENCY_CODE, FIELD_FUND_TYPE_CODE, FIELD_TP_FUNC_CODE, \
            FIELD_EXP_FUNC_CODE, FIELD_GOV_BGT_ECO_CODE, FIELD_DEP_BGT_ECO_CODE,                   \
            FIELD_BGT_TYPE_CODE, FIELD_SOURCE_TYPE_CODE, FIELD_IS_DIRECT, FIELD_IS_TRACK,          \
            FIELD_TRACK_PRO_CODE, FIELD_SUP_BGT_DOC_NO, FIELD_COR_BGT_DOC_NO, FIELD_TRA_TYPE_CODE, \
            FIELD_STAGE, FIELD_IS_DISASTER, FIELD_DUE_DAYS, FIELD_PRO_NAME, FIELD_PRO_CAT_CODE,    \
            FIELD_TRANSFER_LSN, FIELD_TRANSFER_HASH                                                \
    }
    [KIND_REGISTER] = {.name = "register",
                       .name_zh = "登记",
                       .takes_elements = true,
                       .required = {FIELD_BGT_ID},
                       .optional = {FIELD_ORI_DIV_CODE},
                       .completed = ANSWER_COMPLETED,
                       .party = FIELD_ORI_DIV_CODE,
                       .about = ABOUT_TRANSFER,
                       .relation = "registered_as",
                       .has_consequences = true,
                       .first_state = DOC_REGISTERED,
                       .books = {book_source, ACC_SRC_TRANSFER_IN, ACC_UNALLOC},
                       .complete = complete_answer},
    [KIND_RETURN] = {.name = "return",
                     .name_zh = "退回",
                     .takes_elements = true,
                     .required = {FIELD_BGT_ID, FIELD_REASON},
                     .optional = {FIELD_ORI_DIV_CODE},
                     .completed = ANSWER_COMPLETED,
                     .party = FIELD_ORI_DIV_CODE,
                     .about = ABOUT_TRANSFER,
                     .relation = "returned_as",
                     .first_state = DOC_RETURNED,
                     .complete = complete_answer},
    [KIND_SETTLE] = {.name = "settle",
                     .name_zh = "登记退回确认",
                     .node_only = true,
                     .required = {FIELD_ANSWER_ID, FIELD_REC_DIV_CODE, FIELD_BGT_ID, FIELD_AMOUNT,
                                  FIELD_OUTCOME},
                     .optional = {FIELD_REASON},
                     .reach = REACH_PARTY,
                     .party = FIELD_REC_DIV_CODE,
                     .about = ABOUT_OWN_TRANSFER,
                     .relation = "settled_by",
                     .books = {book_settle, ACC_TRANSIT, ACC_XFER_OUT},
                     .index = edge_settle},
    [KIND_ALLOCATE] = {.name = "allocate",
                       .name_zh = "分配",
                       .takes_elements = true,
                       .required = {FIELD_ORI_BGT_ID, FIELD_AGENCY_CODE, FIELD_AMOUNT},
                       .about = ABOUT_SOURCE,
                       .relation = "allocated",
                       .has_consequences = true,
                       .needs_open_project = true,
                       .first_state = DOC_PENDING,
                       .books = {book_split, ACC_UNALLOC, ACC_PENDING},
                       .exceeds = "available",
                       .complete = complete_split},
    [KIND_RELEASE] = {.name = "release",
                      .name_zh = "下达",
                      .required = {FIELD_BGT_ID, FIELD_COR_BGT_DOC_NO},
                      .optional = {FIELD_DOC_DATE},
                      .completed = {FIELD_AMOUNT},
                      .about = ABOUT_UNRELEASED,
                      .relation = "released",
                      .books = {book_release, ACC_PENDING, ACC_AVAIL},
                      .exceeds = "pending",
                      .takes_all = true,
                      .complete = complete_pending},
    [KIND_PAYMENT] = {.name = "payment",
                      .name_zh = "支付申请",
                      .required = {FIELD_BGT_ID, FIELD_PAY_APP_AMT, FIELD_PAYEE_ACCT_NAME,
                                   FIELD_PAYEE_ACCT_NO, FIELD_PAYEE_ACCT_BANK_NAME, FIELD_USE_DES},
                      .optional = {FIELD_SET_MODE_CODE, FIELD_PAY_TYPE_CODE, FIELD_AGENCY_ACCT_NO,
                                   FIELD_DEP_BGT_ECO_CODE},
                      .about = ABOUT_RELEASED,
                      .relation = "applied",
                      .has_consequences = true,
                      .first_state = DOC_APPLIED,
                      .money = FIELD_PAY_APP_AMT,
                      .books = {book_payment, ACC_AVAIL, ACC_COMMIT},
                      .exceeds = "available"},
    [KIND_PAYMENT_CANCEL] = {.name = "payment_cancel",
                             .name_zh = "撤销支付申请",
                             .required = {FIELD_PAY_APP_ID, FIELD_REASON},
                             .completed = {FIELD_AMOUNT},
                             .about = ABOUT_LIVE_PAYMENT,
                             .relation = "cancelled",
                             .books = {book_payment_step, ACC_COMMIT, ACC_AVAIL},
                             .exceeds = "committed",
                             .takes_all = true,
                             .complete = complete_left},
    [KIND_PAID] = {.name = "paid",
                   .name_zh = "支付回单",
                   .required = {FIELD_PAY_APP_ID, FIELD_XPAY_AMT, FIELD_XPAY_DATE,
                                FIELD_AGENT_BUSINESS_NO},
                   .about = ABOUT_LIVE_PAYMENT,
                   .relation = "paid",
                   .money = FIELD_XPAY_AMT,
                   .books = {book_payment_step, ACC_COMMIT, ACC_SPENT},
                   .exceeds = "committed",
                   .index = receipt_enter},
    [KIND_REFUND] = {.name = "refund",
                     .name_zh = "退款",
                     .required = {FIELD_PAY_APP_ID, FIELD_AMOUNT, FIELD_REASON},
                     .about = ABOUT_PAYMENT,
                     .relation = "refunded",
                     .books = {book_payment_step, ACC_SPENT, ACC_AVAIL},
                     .exceeds = "spent"},
    [KIND_FREEZE] = {.name = "freeze",
                     .name_zh = "冻结",
                     .required = {FIELD_BGT_ID, FIELD_AMOUNT, FIELD_REASON},
                     .about = ABOUT_RELEASED,
                     .relation = "frozen",
                     .books = {book_move, ACC_AVAIL, ACC_FROZEN},
                     .exceeds = "available"},
    [KIND_UNFREEZE] = {.name = "unfreeze",
                       .name_zh = "解冻",
                       .required = {FIELD_BGT_ID, FIELD_AMOUNT, FIELD_REASON},
                       .about = ABOUT_RELEASED,
                       .relation = "unfrozen",
                       .books = {book_move, ACC_FROZEN, ACC_AVAIL},
                       .exceeds = "frozen"},
    [KIND_REDUCE] = {.name = "reduce",
                     .name_zh = "调减",
                     .required = {FIELD_BGT_ID, FIELD_AMOUNT},
                     .about = ABOUT_ALLOCATED,
                     .relation = "reduced",
                     .books = {book_reduce, ACC_AVAIL, ACC_UNALLOC, .pending_first = true},
                     .exceeds = "available"},
};

static const char *const catalogs[] = {
    "fund_type", "exp_func",    "tp_func",  "gov_bgt_eco", "dep_bgt_eco", "income_sort", "pro_cat",
    "bgt_type",  "source_type", "pay_type", "set_mode",    "acct_type",   NULL};
static const char *const project_states[] = {"draft",  "reserved",  "budgeted", "executing",
                                             "closed", "cancelled", NULL};
static const char *const budget_stages[] = {"request", "ceiling", "submission", "reply", NULL};
static const char *const transfer_stages[] = {"early", "formal", NULL};
static const char *const transfer_types[] = {"general", "special", NULL};
static const char *const outcomes[] = {"registered", "returned", NULL};

const struct kind_info *kind_info(uint32_t kind)
{
    return kind < KINDS_END && kinds[kind].name != NULL ? &kinds[kind] : NULL;
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

static bool listed(const enum field *list, size_t capacity, enum field field)
{
    for (size_t i = 0; i < capacity && list[i] != 0; i++) {
        if (list[i] == field) {
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

bool kind_takes(const struct kind_info *info, enum field field, bool client)
{
    if (client &&
        (field >= FIELD_ANSWER_ID || listed(info->completed, COUNT_OF(info->completed), field))) {
        return false;
    }
    return is_common(field) || listed(info->required, COUNT_OF(info->required), field) ||
           listed(info->optional, COUNT_OF(info->optional), field) ||
           listed(info->completed, COUNT_OF(info->completed), field) ||
           (info->takes_elements && listed(elements, COUNT_OF(elements), field));
}

bool kind_needs(const struct kind_info *info, const struct document *document, enum field field,
                bool first)
{
    if (field == FIELD_FISCAL_YEAR) {
        return !info->any_year;
    }
    if (document->kind == KIND_BUDGET && field == FIELD_APPROVAL_REF) {
        return bytes_equal(document_text(document, FIELD_STAGE), bytes_text("reply"));
    }
    return field == FIELD_ID || listed(info->required, COUNT_OF(info->required), field) ||
           (first && listed(info->first, COUNT_OF(info->first), field));
}

const char *const *kind_words(uint32_t kind, enum field field)
{
    switch (field) {
    case FIELD_ELE_CATALOG_CODE:
        return catalogs;
    case FIELD_STATE:
        return project_states;
    case FIELD_STAGE:
        return kind == KIND_BUDGET ? budget_stages : transfer_stages;
    case FIELD_TRA_TYPE_CODE:
        return transfer_types;
    case FIELD_OUTCOME:
        return outcomes;
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
                                                  [DOC_REFUNDED] = "refunded"};

    return state < DOC_STATES && names[state] != NULL ? names[state] : "";
}

bool kind_is_answer(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && info->about == ABOUT_TRANSFER;
}

bool kind_splits(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && info->about == ABOUT_SOURCE;
}

bool kind_is_source(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && info->books.how == book_source;
}

bool kind_completes_from_own(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && (info->about == ABOUT_SOURCE || info->takes_all);
}

struct audience kind_audience(const struct document *document, struct division self)
{
    const struct kind_info *info = kind_info(document->kind);
    struct audience audience = {AUDIENCE_LINE, self};

    assert(info != NULL);
    if (info->reach == REACH_PARTY) {
        audience.division = document_party(document);
    } else if (info->reach == REACH_TREE || (info->reach == REACH_TREE_IF_TRACKED &&
                                             document_is_word(document, FIELD_IS_TRACK, "1"))) {
        audience.kind = AUDIENCE_TREE;
    }
    return audience;
}

bool document_is_word(const struct document *document, enum field field, const char *word)
{
    return bytes_equal(document_text(document, field), bytes_text(word));
}

struct division document_party(const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);
    struct division party = DIVISION_NONE;

    if (info != NULL && info->party != 0) {
        (void)division_parse(&party, document_text(document, info->party));
    }
    return party;
}

int64_t document_money(const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);

    return document_number(document, info != NULL && info->money != 0 ? info->money : FIELD_AMOUNT);
}
