/* How a fact of the simulator's offices is written as a document. */
#include <assert.h>

#include "tests/sim/facts.h"

static void set(struct document *document, enum field field, const char *text)
{
    document_set_text(document, field, bytes_text(text));
}

static void set_payee(struct document *document)
{
    set(document, FIELD_PAYEE_ACCT_NAME, "诚信办公用品经营部");
    set(document, FIELD_PAYEE_ACCT_NO, "62280001");
    set(document, FIELD_PAYEE_ACCT_BANK_NAME, "农业银行");
}

/* --- codes and years --- */

static bool fill_basic(struct document *document, const struct fact *fact)
{
    switch (fact->kind) {
    case KIND_AGENCY:
        set(document, FIELD_AGENCY_CODE, fact->other[0] == '\0' ? "101001" : fact->other);
        set(document, FIELD_AGENCY_NAME, "教育局");
        return true;
    case KIND_ELEMENT: /* on the tree of its author: everybody below hears it */
        set(document, FIELD_ELE_CATALOG_CODE, "acct_type");
        set(document, FIELD_ELE_CODE, fact->other);
        set(document, FIELD_ELE_NAME, "零余额账户");
        return true;
    case KIND_OPEN_YEAR:
        return true;
    case KIND_CLOSE_YEAR:
    case KIND_REOPEN_YEAR:
        if (fact->kind == KIND_REOPEN_YEAR) {
            set(document, FIELD_REASON, "补记");
        }
        if (fact->month != 0) {
            document_set_number(document, FIELD_MONTH, fact->month);
        }
        return true;
    default:
        return false;
    }
}

/* --- between levels --- */

static void fill_passed_on(struct document *document, const struct fact *fact)
{
    const bool is_difference =
        fact->kind == KIND_TRANSFER && fact->beside[0] != '\0' && fact->amount <= 0;

    if (!is_difference) {
        set(document, FIELD_ORI_BGT_ID, fact->about);
    }
    set(document, FIELD_REC_DIV_CODE, fact->other);
    set(document, FIELD_COR_BGT_DOC_NO, "财指〔2026〕7号");
    if (fact->kind == KIND_REMIT) {
        return;
    }
    set(document, FIELD_TRA_TYPE_CODE, "general");
    set(document, FIELD_STAGE, fact->word[0] == '\0' ? "formal" : fact->word);
    if (fact->beside[0] != '\0') {
        set(document, FIELD_EARLY_BGT_ID, fact->beside);
    }
}

static bool fill_between(struct document *document, const struct fact *fact)
{
    switch (fact->kind) {
    case KIND_TRANSFER:
    case KIND_TRANSFER_OUT:
    case KIND_REMIT:
        fill_passed_on(document, fact);
        document_set_number(document, FIELD_AMOUNT, fact->amount);
        return true;
    case KIND_REGISTER:
    case KIND_RETURN:
        set(document, FIELD_BGT_ID, fact->about);
        set(document, FIELD_ORI_DIV_CODE, fact->other);
        if (fact->kind == KIND_RETURN) {
            set(document, FIELD_REASON, "项目已取消");
        }
        if (fact->unconfirmed) {
            set(document, FIELD_UNCONFIRMED, "1");
        }
        return true;
    case KIND_RECALL:
        set(document, FIELD_BGT_ID, fact->about);
        set(document, FIELD_REASON, "项目调整");
        document_set_number(document, FIELD_AMOUNT, fact->amount);
        return true;
    case KIND_RECALL_GRANT:
        set(document, FIELD_BGT_ID, fact->beside);
        document_set_number(document, FIELD_AMOUNT, fact->amount);
        set(document, FIELD_RECALL_ID, fact->about);
        set(document, FIELD_ORI_DIV_CODE, fact->other);
        return true;
    case KIND_RECALL_REFUSE:
        set(document, FIELD_RECALL_ID, fact->about);
        set(document, FIELD_ORI_DIV_CODE, fact->other);
        set(document, FIELD_REASON, "已支出");
        return true;
    case KIND_WITHDRAW:
        set(document, FIELD_BGT_ID, fact->about);
        set(document, FIELD_REASON, "文号有误");
        return true;
    default:
        return false;
    }
}

/* --- lines --- */

static void fill_budget(struct document *document, const struct fact *fact)
{
    const char *stage = fact->word[0] == '\0' ? "reply" : fact->word;

    set(document, FIELD_STAGE, stage);
    set(document, FIELD_FUND_TYPE_CODE, fact->other);
    if (strcmp(stage, "reply") == 0) {
        set(document, FIELD_APPROVAL_REF, "人大〔2026〕1号");
    }
    if (fact->beside[0] != '\0') {
        set(document, FIELD_ESTIMATE_ID, fact->beside);
    }
}

static bool fill_line(struct document *document, const struct fact *fact)
{
    switch (fact->kind) {
    case KIND_BUDGET:
        fill_budget(document, fact);
        break;
    case KIND_ALLOCATE:
        set(document, FIELD_ORI_BGT_ID, fact->about);
        set(document, FIELD_AGENCY_CODE, "101001");
        break;
    case KIND_VIREMENT:
        set(document, FIELD_FROM_BGT_ID, fact->about);
        set(document, FIELD_AGENCY_CODE, fact->other);
        break;
    case KIND_ADJUST:
        set(document, FIELD_BGT_ID, fact->about);
        set(document, FIELD_APPROVAL_REF, "人大〔2026〕2号");
        break;
    case KIND_CARRY_OVER:
    case KIND_LAPSE:
        set(document, FIELD_BGT_ID, fact->about);
        set(document, FIELD_TAKE_FROM, fact->word);
        if (fact->kind == KIND_LAPSE) {
            set(document, FIELD_REASON, "到期");
        }
        break;
    case KIND_FREEZE:
    case KIND_UNFREEZE:
        set(document, FIELD_REASON, "审计");
        set(document, FIELD_BGT_ID, fact->about);
        break;
    case KIND_REDUCE:
        set(document, FIELD_BGT_ID, fact->about);
        break;
    default:
        return false;
    }
    document_set_number(document, FIELD_AMOUNT, fact->amount);
    return true;
}

/* --- payments --- */

static bool fill_payment(struct document *document, const struct fact *fact)
{
    switch (fact->kind) {
    case KIND_RELEASE:
        set(document, FIELD_BGT_ID, fact->about);
        set(document, FIELD_COR_BGT_DOC_NO, "财预〔2026〕3号");
        return true;
    case KIND_PAYMENT:
        set(document, FIELD_BGT_ID, fact->about);
        set_payee(document);
        set(document, FIELD_USE_DES, "办公用品");
        if (fact->year < YEAR_BEGUN) { /* it lies in its year */
            set(document, FIELD_PAY_APP_DATE, "2025-12-31");
        }
        document_set_number(document, FIELD_PAY_APP_AMT, fact->amount);
        return true;
    case KIND_PAYMENT_CANCEL:
        set(document, FIELD_PAY_APP_ID, fact->about);
        set(document, FIELD_REASON, "账号有误");
        return true;
    case KIND_PAID:
        set(document, FIELD_PAY_APP_ID, fact->about);
        set(document, FIELD_XPAY_DATE, "2026-01-01"); /* the day on which the simulator begins */
        set(document, FIELD_AGENT_BUSINESS_NO, fact->id);
        document_set_number(document, FIELD_XPAY_AMT, fact->amount);
        return true;
    case KIND_REFUND: /* of a payment, or a credit to a whole line */
        set(document, strcmp(fact->word, "line") == 0 ? FIELD_BGT_ID : FIELD_PAY_APP_ID,
            fact->about);
        set(document, FIELD_REASON, "多付");
        document_set_number(document, FIELD_AMOUNT, fact->amount);
        return true;
    default:
        return false;
    }
}

void fact_fill(struct document *document, const struct fact *fact)
{
    bool filled;

    document_clear(document, fact->kind);
    set(document, FIELD_ID, fact->id);
    document_set_number(document, FIELD_FISCAL_YEAR, fact->year);
    filled = fill_basic(document, fact) || fill_between(document, fact) ||
             fill_line(document, fact) || fill_payment(document, fact);
    assert(filled);
    (void)filled;
}
