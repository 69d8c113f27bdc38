/* The table of kinds. Names and fields are those of the field table every office knows; the order
 * within a row is the order in which a fault is reported. */
#include "node/ledger/kinds.h"

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
                                   FIELD_IS_ENABLED}},
    [KIND_AGENCY] = {.name = "agency",
                     .name_zh = "预算单位",
                     .required = {FIELD_AGENCY_CODE, FIELD_AGENCY_NAME},
                     .optional = {FIELD_PARENT_CODE}},
    [KIND_BANK_ACCOUNT] = {.name = "bank_account",
                           .name_zh = "单位账户",
                           .required = {FIELD_ACCT_NO, FIELD_ACCT_NAME, FIELD_BANK_NAME,
                                        FIELD_AGENCY_CODE},
                           .optional = {FIELD_ACCT_TYPE_CODE}},
    [KIND_PROJECT] = {.name = "project",
                      .name_zh = "预算项目",
                      .first = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE, FIELD_AGENCY_CODE,
                                FIELD_SETUP_YEAR},
                      .required = {FIELD_PRO_CODE, FIELD_STATE},
                      .optional = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE, FIELD_AGENCY_CODE,
                                   FIELD_SETUP_YEAR, FIELD_PRO_START_YEAR, FIELD_PRO_TERM,
                                   FIELD_PRO_TOTAL_AMT, FIELD_SUP_PRO_CODE, FIELD_IS_TRACK,
                                   FIELD_REASON}},
    [KIND_BUDGET] = {.name = "budget",
                     .name_zh = "预算",
                     .takes_elements = true,
                     .makes_indicator = true,
                     .required = {FIELD_STAGE, FIELD_FUND_TYPE_CODE, FIELD_AMOUNT},
                     .optional = {FIELD_APPROVAL_REF, FIELD_APPROVAL_DATE, FIELD_VERSION}},
    [KIND_TRANSFER_IN] = {.name = "transfer_in",
                          .name_zh = "上级转移支付录入",
                          .takes_elements = true,
                          .makes_indicator = true,
                          .required = {FIELD_ORI_DIV_CODE, FIELD_SUP_BGT_DOC_NO, FIELD_AMOUNT,
                                       FIELD_FUND_TYPE_CODE, FIELD_TRA_TYPE_CODE, FIELD_STAGE},
                          .optional = {FIELD_INCOME_SORT_CODE}},
    /* A transfer carries the public fields of the project it names. */
    [KIND_TRANSFER] = {.name = "transfer",
                       .name_zh = "对下转移支付",
                       .takes_elements = true,
                       .required = {FIELD_ORI_BGT_ID, FIELD_REC_DIV_CODE, FIELD_AMOUNT,
                                    FIELD_COR_BGT_DOC_NO, FIELD_TRA_TYPE_CODE, FIELD_STAGE},
                       .optional = {FIELD_DOC_TITLE, FIELD_DOC_DATE, FIELD_EARLY_BGT_ID,
                                    FIELD_IS_DISASTER, FIELD_DUE_DAYS},
                       .completed = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE}},
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
                       .makes_indicator = true,
                       .required = {FIELD_BGT_ID},
                       .optional = {FIELD_ORI_DIV_CODE},
                       .completed = ANSWER_COMPLETED},
    [KIND_RETURN] = {.name = "return",
                     .name_zh = "退回",
                     .takes_elements = true,
                     .required = {FIELD_BGT_ID, FIELD_REASON},
                     .optional = {FIELD_ORI_DIV_CODE},
                     .completed = ANSWER_COMPLETED},
    [KIND_SETTLE] = {.name = "settle",
                     .name_zh = "登记退回确认",
                     .node_only = true,
                     .required = {FIELD_ANSWER_ID, FIELD_REC_DIV_CODE, FIELD_BGT_ID, FIELD_AMOUNT,
                                  FIELD_OUTCOME},
                     .optional = {FIELD_REASON}},
    [KIND_ALLOCATE] = {.name = "allocate",
                       .name_zh = "分配",
                       .takes_elements = true,
                       .makes_indicator = true,
                       .required = {FIELD_ORI_BGT_ID, FIELD_AGENCY_CODE, FIELD_AMOUNT}},
    [KIND_RELEASE] = {.name = "release",
                      .name_zh = "下达",
                      .required = {FIELD_BGT_ID, FIELD_COR_BGT_DOC_NO},
                      .optional = {FIELD_DOC_DATE},
                      .completed = {FIELD_AMOUNT}},
    [KIND_PAYMENT] = {.name = "payment",
                      .name_zh = "支付申请",
                      .required = {FIELD_BGT_ID, FIELD_PAY_APP_AMT, FIELD_PAYEE_ACCT_NAME,
                                   FIELD_PAYEE_ACCT_NO, FIELD_PAYEE_ACCT_BANK_NAME, FIELD_USE_DES},
                      .optional = {FIELD_SET_MODE_CODE, FIELD_PAY_TYPE_CODE, FIELD_AGENCY_ACCT_NO,
                                   FIELD_DEP_BGT_ECO_CODE}},
    [KIND_PAYMENT_CANCEL] = {.name = "payment_cancel",
                             .name_zh = "撤销支付申请",
                             .required = {FIELD_PAY_APP_ID, FIELD_REASON},
                             .completed = {FIELD_AMOUNT}},
    [KIND_PAID] = {.name = "paid",
                   .name_zh = "支付回单",
                   .required = {FIELD_PAY_APP_ID, FIELD_XPAY_AMT, FIELD_XPAY_DATE,
                                FIELD_AGENT_BUSINESS_NO}},
    [KIND_REFUND] = {.name = "refund",
                     .name_zh = "退款",
                     .required = {FIELD_PAY_APP_ID, FIELD_AMOUNT, FIELD_REASON}},
    [KIND_FREEZE] = {.name = "freeze",
                     .name_zh = "冻结",
                     .required = {FIELD_BGT_ID, FIELD_AMOUNT, FIELD_REASON}},
    [KIND_UNFREEZE] = {.name = "unfreeze",
                       .name_zh = "解冻",
                       .required = {FIELD_BGT_ID, FIELD_AMOUNT, FIELD_REASON}},
    [KIND_REDUCE] = {.name = "reduce", .name_zh = "调减", .required = {FIELD_BGT_ID, FIELD_AMOUNT}},
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

struct audience kind_audience(const struct document *document, struct division self)
{
    struct audience audience = {AUDIENCE_LINE, self};

    switch (document->kind) {
    case KIND_ELEMENT:
        audience.kind = AUDIENCE_TREE;
        break;
    case KIND_PROJECT:
        if (bytes_equal(document_text(document, FIELD_IS_TRACK), bytes_text("1"))) {
            audience.kind = AUDIENCE_TREE;
        }
        break;
    case KIND_TRANSFER:
    case KIND_SETTLE:
        (void)division_parse(&audience.division, document_text(document, FIELD_REC_DIV_CODE));
        break;
    default:
        break;
    }
    return audience;
}

int64_t document_money(const struct document *document)
{
    switch (document->kind) {
    case KIND_PAYMENT:
        return document_number(document, FIELD_PAY_APP_AMT);
    case KIND_PAID:
        return document_number(document, FIELD_XPAY_AMT);
    default:
        return document_number(document, FIELD_AMOUNT);
    }
}

static const char *const names_zh[FIELDS] = {
    [FIELD_ID] = "单据编号",
    [FIELD_FISCAL_YEAR] = "预算年度",
    [FIELD_MEMO] = "备注",
    [FIELD_MOF_DIV_CODE] = "财政区划",
    [FIELD_AMOUNT] = "金额",
    [FIELD_BGT_ID] = "指标编号",
    [FIELD_ORI_BGT_ID] = "源指标编号",
    [FIELD_REC_DIV_CODE] = "接收方财政区划",
    [FIELD_ORI_DIV_CODE] = "来源方财政区划",
    [FIELD_REASON] = "事由",
    [FIELD_STAGE] = "阶段",
    [FIELD_APPROVAL_REF] = "批准文号",
    [FIELD_APPROVAL_DATE] = "批准日期",
    [FIELD_VERSION] = "版本",
    [FIELD_COR_BGT_DOC_NO] = "本级指标文号",
    [FIELD_PRO_CODE] = "项目代码",
    [FIELD_AGENCY_CODE] = "单位代码",
    [FIELD_FUND_TYPE_CODE] = "资金性质",
    [FIELD_TP_FUNC_CODE] = "转移支付支出功能分类",
    [FIELD_EXP_FUNC_CODE] = "支出功能分类",
    [FIELD_GOV_BGT_ECO_CODE] = "政府支出经济分类",
    [FIELD_DEP_BGT_ECO_CODE] = "部门支出经济分类",
    [FIELD_BGT_TYPE_CODE] = "指标类型",
    [FIELD_SOURCE_TYPE_CODE] = "指标来源",
    [FIELD_IS_DIRECT] = "直达资金标识",
    [FIELD_IS_TRACK] = "是否追踪",
    [FIELD_TRACK_PRO_CODE] = "追踪项目代码",
    [FIELD_SUP_BGT_DOC_NO] = "上级指标文号",
    [FIELD_ELE_CATALOG_CODE] = "代码集",
    [FIELD_ELE_CODE] = "要素代码",
    [FIELD_ELE_NAME] = "要素名称",
    [FIELD_PARENT_CODE] = "上级代码",
    [FIELD_START_DATE] = "启用日期",
    [FIELD_END_DATE] = "停用日期",
    [FIELD_IS_ENABLED] = "是否启用",
    [FIELD_FROM_CODE] = "原代码",
    [FIELD_TO_CODE] = "新代码",
    [FIELD_AGENCY_NAME] = "单位名称",
    [FIELD_ACCT_NO] = "账号",
    [FIELD_ACCT_NAME] = "账户名称",
    [FIELD_BANK_NAME] = "开户银行",
    [FIELD_ACCT_TYPE_CODE] = "账户类型",
    [FIELD_STATE] = "项目状态",
    [FIELD_PRO_NAME] = "项目名称",
    [FIELD_PRO_CAT_CODE] = "项目类别",
    [FIELD_SETUP_YEAR] = "设立年度",
    [FIELD_PRO_START_YEAR] = "开始年度",
    [FIELD_PRO_TERM] = "项目期限",
    [FIELD_PRO_TOTAL_AMT] = "项目总金额",
    [FIELD_SUP_PRO_CODE] = "上级项目代码",
    [FIELD_INCOME_SORT_CODE] = "收入分类科目",
    [FIELD_DATE] = "日期",
    [FIELD_TRA_TYPE_CODE] = "转移支付类型",
    [FIELD_DOC_TITLE] = "文件标题",
    [FIELD_DOC_DATE] = "发文日期",
    [FIELD_EARLY_BGT_ID] = "提前下达指标编号",
    [FIELD_IS_DISASTER] = "是否救灾资金",
    [FIELD_DUE_DAYS] = "办理天数",
    [FIELD_PAY_APP_ID] = "支付申请编号",
    [FIELD_PAY_APP_AMT] = "支付申请金额",
    [FIELD_PAYEE_ACCT_NAME] = "收款人户名",
    [FIELD_PAYEE_ACCT_NO] = "收款人账号",
    [FIELD_PAYEE_ACCT_BANK_NAME] = "收款人开户行",
    [FIELD_USE_DES] = "用途",
    [FIELD_SET_MODE_CODE] = "结算方式",
    [FIELD_PAY_TYPE_CODE] = "支付方式",
    [FIELD_AGENCY_ACCT_NO] = "单位账号",
    [FIELD_XPAY_AMT] = "实付金额",
    [FIELD_XPAY_DATE] = "支付日期",
    [FIELD_AGENT_BUSINESS_NO] = "银行流水号",
    [FIELD_FROM_BGT_ID] = "调出指标编号",
    [FIELD_RECALL_ID] = "收回单编号",
    [FIELD_RULE_CODE] = "规则代码",
    [FIELD_NAME] = "名称",
    [FIELD_LEVEL] = "级别",
    [FIELD_WHEN] = "触发时点",
    [FIELD_CONDITION] = "条件",
    [FIELD_SCOPE] = "适用范围",
    [FIELD_ENABLED] = "是否有效",
    [FIELD_BASIS] = "依据",
    [FIELD_ALERT_ID] = "预警编号",
    [FIELD_STEP] = "环节",
    [FIELD_TEXT] = "说明",
    [FIELD_VERDICT] = "认定结果",
    [FIELD_RECTIFIED] = "是否整改",
    [FIELD_ANSWER_ID] = "答复单编号",
    [FIELD_OUTCOME] = "答复结果",
    [FIELD_TRANSFER_LSN] = "转移支付序号",
    [FIELD_TRANSFER_HASH] = "转移支付摘要",
    [FIELD_OPERATOR_KEY] = "操作员公钥",
    [FIELD_ROLE] = "角色",
};

const char *field_name_zh(enum field field)
{
    return field < FIELDS && names_zh[field] != NULL ? names_zh[field] : "";
}
