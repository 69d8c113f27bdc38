/* Every refusal that depends on what a ledger holds, and what is no refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"
#include "tests/unit/ledger/holder.h"

#define FIELDS_OF(...)                                                                             \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
enum { SAID_MAX = 26 }; /* names and values of one document, and the NULL behind them */
#define PAYEE                                                                                      \
    "payee_acct_name", "施工队", "payee_acct_no", "62", "payee_acct_bank_name", "农行", "use_des", \
        "工程款"
#define ISSUE "cor_bgt_doc_no", "文〔2026〕1号", "tra_type_code", "general", "stage", "formal"

/* What the refusals below stumble over, beside the money that went all the way. */
static int open_tree(void **state)
{
    struct tree *tree = tree_new();

    tree_carry_money(tree);
    DO(tree, REGION, "project", "PR-2", "pro_code", "DRAFT", "state", "draft", "pro_name", "草案",
       "pro_cat_code", "3", "agency_code", "001001", "setup_year", "2026");
    DO(tree, REGION, "project", "PR-3", "pro_code", "GONE", "state", "reserved", "pro_name", "撤销",
       "pro_cat_code", "3", "agency_code", "001001", "setup_year", "2026");
    DO(tree, REGION, "project", "PR-4", "pro_code", "GONE", "state", "cancelled", "reason", "停建");
    DO(tree, REGION, "element", "E-1", "ele_catalog_code", "dep_bgt_eco", "ele_code", "30101",
       "ele_name", "基本工资");
    DO(tree, REGION, "element", "E-2", "ele_catalog_code", "dep_bgt_eco", "ele_code", "30102",
       "ele_name", "津贴补贴", "is_enabled", "2");
    DO(tree, REGION, "transfer_in", "TI-1", "ori_div_code", "100000", "sup_bgt_doc_no",
       "财农〔2026〕1号", "amount", "500", "fund_type_code", "111", "tra_type_code", "special",
       "stage", "formal", "pro_code", "540000260001", "tp_func_code", "2130199");
    DO(tree, REGION, "transfer", "T-4", "ori_bgt_id", "TI-1", "rec_div_code", "540200", "amount",
       "200", "cor_bgt_doc_no", "藏财农〔2026〕4号", "tra_type_code", "special", "stage", "formal");
    DO(tree, REGION, "transfer", "T-8", "ori_bgt_id", "B-1", "rec_div_code", "540121", "amount",
       "1", ISSUE);
    DO(tree, REGION, "transfer", "T-9", "ori_bgt_id", "B-1", "rec_div_code", "540100", "amount",
       "1", ISSUE);
    DO(tree, REGION, "allocate", "A-9", "ori_bgt_id", "B-1", "agency_code", "001001", "amount",
       "7");
    tree_seal(tree);
    DO(tree, SHIGATSE, "agency", "AG-1", "agency_code", "001001", "agency_name", "日喀则农业局");
    DO(tree, SHIGATSE, "register", "R-4", "bgt_id", "T-4");
    DO(tree, SHIGATSE, "allocate", "A-4", "ori_bgt_id", "R-4", "agency_code", "001001", "amount",
       "50");
    DO(tree, LINZHOU, "payment", "P-2", "bgt_id", "A-3", "pay_app_amt", "5", PAYEE);
    DO(tree, LINZHOU, "payment_cancel", "C-2", "pay_app_id", "P-2", "reason", "重复");
    DO(tree, LINZHOU, "payment", "P-3", "bgt_id", "A-3", "pay_app_amt", "5", PAYEE);
    DO(tree, LINZHOU, "paid", "V-3", "pay_app_id", "P-3", "xpay_amt", "5", "xpay_date",
       "2026-03-02", "agent_business_no", "ABC0003");
    DO(tree, LINZHOU, "freeze", "F-1", "bgt_id", "A-3", "amount", "10", "reason", "核查");
    tree_seal(tree);
    assert_int_equal(tree_alarms(tree), 0);
    *state = tree;
    return 0;
}

static int close_tree(void **state)
{
    tree_free(*state);
    return 0;
}

/* The state digest of an office's own ledger as it is stored. */
static struct hash digest_of(struct tree *tree, enum office_name office)
{
    struct txn *txn = txn_open(tree_store(tree, office), NULL);
    struct ledger_position position;

    ledger_position(txn, tree_division(office), &position);
    txn_free(txn);
    return position.digest;
}

static void refuses_for_the_first_reason_that_holds(void **state)
{
    static const struct {
        const char *want;
        enum office_name office;
        const char *kind;
        const char *fields[SAID_MAX];
    } cases[] = {
        {"missing_pro_name", REGION, "project", FIELDS_OF("pro_code", "NEW", "state", "draft")},
        {"missing_pro_name", REGION, "project", /* asked with the form, before bad values */
         FIELDS_OF("pro_code", "NEW", "state", "nowhere")},
        {"bad_state", REGION, "project", FIELDS_OF("pro_code", "540000260001", "state", "nowhere")},
        {"missing_setup_year", REGION, "project",
         FIELDS_OF("pro_code", "NEW", "state", "draft", "pro_name", "新", "pro_cat_code", "3",
                   "agency_code", "999")},
        {"unknown_agency_code", REGION, "project",
         FIELDS_OF("pro_code", "NEW", "state", "draft", "pro_name", "新", "pro_cat_code", "3",
                   "agency_code", "999", "setup_year", "2026")},
        {"unknown_agency_code", REGION, "bank_account",
         FIELDS_OF("acct_no", "1", "acct_name", "户", "bank_name", "行", "agency_code", "999")},
        {"unknown_pro_code", REGION, "budget",
         FIELDS_OF("stage", "request", "fund_type_code", "111", "amount", "1", "pro_code", "NO")},
        {"unknown_dep_bgt_eco_code", REGION, "budget",
         FIELDS_OF("stage", "request", "fund_type_code", "111", "amount", "1", "dep_bgt_eco_code",
                   "39999")},
        {"unknown_ori_bgt_id", REGION, "allocate",
         FIELDS_OF("ori_bgt_id", "NO", "agency_code", "001001", "amount", "1")},
        {"unknown_ori_bgt_id", REGION, "allocate", /* a document that made no indicator */
         FIELDS_OF("ori_bgt_id", "L-1", "agency_code", "999", "amount", "1")},
        {"unknown_agency_code", REGION, "allocate",
         FIELDS_OF("ori_bgt_id", "B-1", "agency_code", "999", "amount", "1")},
        {"unknown_pro_code", REGION, "allocate",
         FIELDS_OF("ori_bgt_id", "B-1", "agency_code", "001001", "amount", "1", "pro_code", "NO")},
        {"unknown_ori_bgt_id", REGION, "transfer",
         FIELDS_OF("ori_bgt_id", "NO", "rec_div_code", "540100", "amount", "1", ISSUE)},
        {"unknown_rec_div_code", REGION, "transfer",
         FIELDS_OF("ori_bgt_id", "B-1", "rec_div_code", "999999", "amount", "1", ISSUE)},
        {"unknown_early_bgt_id", REGION, "transfer",
         FIELDS_OF("ori_bgt_id", "B-1", "rec_div_code", "540100", "amount", "1", ISSUE,
                   "early_bgt_id", "B-1")},
        {"unknown_bgt_id", LHASA, "register", FIELDS_OF("bgt_id", "NO")},
        {"unknown_bgt_id", LINZHOU, "register", FIELDS_OF("bgt_id", "T-8")}, /* not the parent's */
        {"unknown_bgt_id", REGION, "register", FIELDS_OF("bgt_id", "T-9")},  /* has no parent */
        {"unknown_ori_div_code", LHASA, "return",
         FIELDS_OF("bgt_id", "T-9", "ori_div_code", "999999", "reason", "误发")},
        {"unknown_bgt_id", REGION, "release", FIELDS_OF("bgt_id", "NO", "cor_bgt_doc_no", "1")},
        {"unknown_bgt_id", LINZHOU, "payment",
         FIELDS_OF("bgt_id", "NO", "pay_app_amt", "1", PAYEE)},
        {"unknown_agency_acct_no", LINZHOU, "payment",
         FIELDS_OF("bgt_id", "A-3", "pay_app_amt", "1", PAYEE, "agency_acct_no", "9")},
        {"unknown_dep_bgt_eco_code", LINZHOU, "payment", /* the region's set holds here too */
         FIELDS_OF("bgt_id", "A-3", "pay_app_amt", "1", PAYEE, "dep_bgt_eco_code", "39999")},
        {"unknown_dep_bgt_eco_code", LINZHOU, "payment", /* it is there, and out of use */
         FIELDS_OF("bgt_id", "A-3", "pay_app_amt", "1", PAYEE, "dep_bgt_eco_code", "30102")},
        {"unknown_pay_app_id", LINZHOU, "paid",
         FIELDS_OF("pay_app_id", "A-3", "xpay_amt", "1", "xpay_date", "2026-03-01",
                   "agent_business_no", "N")},
        {"unknown_pay_app_id", LINZHOU, "payment_cancel",
         FIELDS_OF("pay_app_id", "NO", "reason", "误")},
        {"unknown_bgt_id", LINZHOU, "reduce", FIELDS_OF("bgt_id", "NO", "amount", "1")},

        {"year_differs", REGION, "allocate",
         FIELDS_OF("fiscal_year", "2027", "ori_bgt_id", "B-1", "agency_code", "001001", "amount",
                   "9999")},
        {"year_differs", REGION, "transfer",
         FIELDS_OF("fiscal_year", "2025", "ori_bgt_id", "B-1", "rec_div_code", "540000", "amount",
                   "1", ISSUE)},
        {"year_differs", LHASA, "register", FIELDS_OF("fiscal_year", "2025", "bgt_id", "T-9")},
        {"year_differs", LINZHOU, "payment",
         FIELDS_OF("fiscal_year", "2025", "bgt_id", "A-3", "pay_app_amt", "1", PAYEE)},
        {"year_differs", LINZHOU, "paid",
         FIELDS_OF("fiscal_year", "2027", "pay_app_id", "P-1", "xpay_amt", "1", "xpay_date",
                   "2026-03-01", "agent_business_no", "N")},

        {"not_below_you", REGION, "transfer",
         FIELDS_OF("ori_bgt_id", "B-1", "rec_div_code", "540000", "amount", "9999", ISSUE)},
        {"not_below_you", LHASA, "transfer",
         FIELDS_OF("ori_bgt_id", "R-1", "rec_div_code", "540202", "amount", "1", ISSUE)},
        {"not_for_you", LHASA, "register", FIELDS_OF("bgt_id", "T-8")},
        {"not_for_you", LHASA, "return", FIELDS_OF("bgt_id", "T-8", "reason", "误发")},
        {"upper_has_node", LHASA, "transfer_in",
         FIELDS_OF("ori_div_code", "540000", "sup_bgt_doc_no", "1", "amount", "1", "fund_type_code",
                   "111", "tra_type_code", "general", "stage", "formal")},

        {"receipt_already_booked", LINZHOU, "paid", /* whatever else is wrong with it */
         FIELDS_OF("pay_app_id", "P-1", "xpay_amt", "20.01", "xpay_date", "2026-03-01",
                   "agent_business_no", "ABC0001")},
        {"receipt_already_booked", LINZHOU, "paid", /* the bank's second message */
         FIELDS_OF("pay_app_id", "P-3", "xpay_amt", "5", "xpay_date", "2026-03-02",
                   "agent_business_no", "ABC0003")},
        {"receipt_already_booked", LINZHOU, "paid",
         FIELDS_OF("pay_app_id", "P-2", "xpay_amt", "1", "xpay_date", "2026-03-02",
                   "agent_business_no", "ABC0003")},
        {"unknown_pay_app_id", LINZHOU, "paid",
         FIELDS_OF("pay_app_id", "A-3", "xpay_amt", "1", "xpay_date", "2026-03-01",
                   "agent_business_no", "ABC0003")},

        {"wrong_state", REGION, "project", FIELDS_OF("pro_code", "GONE", "state", "reserved")},
        {"wrong_state", REGION, "budget",
         FIELDS_OF("stage", "reply", "fund_type_code", "111", "amount", "1", "approval_ref", "1",
                   "pro_code", "DRAFT")},
        {"wrong_state", REGION, "allocate",
         FIELDS_OF("ori_bgt_id", "B-1", "agency_code", "001001", "amount", "1", "pro_code",
                   "GONE")},
        {"wrong_state", REGION, "allocate", /* from what is allocated already */
         FIELDS_OF("ori_bgt_id", "A-1", "agency_code", "001001", "amount", "1")},
        {"wrong_state", REGION, "allocate", /* from what was issued */
         FIELDS_OF("ori_bgt_id", "T-1", "agency_code", "001001", "amount", "1")},
        {"wrong_state", REGION, "transfer",
         FIELDS_OF("ori_bgt_id", "A-1", "rec_div_code", "540100", "amount", "1", ISSUE)},
        {"wrong_state", LHASA, "register", FIELDS_OF("bgt_id", "T-1")}, /* answered */
        {"wrong_state", LHASA, "return", FIELDS_OF("bgt_id", "T-1", "reason", "误发")},
        {"wrong_state", REGION, "release", FIELDS_OF("bgt_id", "A-1", "cor_bgt_doc_no", "1")},
        {"wrong_state", REGION, "release", FIELDS_OF("bgt_id", "B-1", "cor_bgt_doc_no", "1")},
        {"wrong_state", REGION, "payment", FIELDS_OF("bgt_id", "A-9", "pay_app_amt", "1", PAYEE)},
        {"wrong_state", REGION, "payment", FIELDS_OF("bgt_id", "B-1", "pay_app_amt", "1", PAYEE)},
        {"wrong_state", REGION, "freeze",
         FIELDS_OF("bgt_id", "A-9", "amount", "1", "reason", "核查")},
        {"wrong_state", REGION, "unfreeze",
         FIELDS_OF("bgt_id", "B-1", "amount", "1", "reason", "核查")},
        {"wrong_state", REGION, "reduce", FIELDS_OF("bgt_id", "B-1", "amount", "1")},
        {"wrong_state", LINZHOU, "payment_cancel",
         FIELDS_OF("pay_app_id", "P-2", "reason", "又撤")},
        {"wrong_state", LINZHOU, "payment_cancel",
         FIELDS_OF("pay_app_id", "P-3", "reason", "已付")},
        {"wrong_state", LINZHOU, "paid",
         FIELDS_OF("pay_app_id", "P-2", "xpay_amt", "1", "xpay_date", "2026-03-01",
                   "agent_business_no", "N")},

        {"fund_type_differs", REGION, "allocate",
         FIELDS_OF("ori_bgt_id", "B-1", "agency_code", "001001", "amount", "9999", "fund_type_code",
                   "12")},
        {"fund_type_differs", REGION, "transfer",
         FIELDS_OF("ori_bgt_id", "B-1", "rec_div_code", "540100", "amount", "1", ISSUE,
                   "fund_type_code", "12")},
        {"earmark_differs", REGION, "allocate",
         FIELDS_OF("ori_bgt_id", "TI-1", "agency_code", "001001", "amount", "9999", "tp_func_code",
                   "2130314")},
        {"earmark_differs", SHIGATSE, "allocate", /* the flag came down with the transfer */
         FIELDS_OF("ori_bgt_id", "R-4", "agency_code", "001001", "amount", "1", "tp_func_code",
                   "2130314")},
        {"earmark_differs", SHIGATSE, "transfer",
         FIELDS_OF("ori_bgt_id", "R-4", "rec_div_code", "540202", "amount", "1", "cor_bgt_doc_no",
                   "文〔2026〕2号", "tra_type_code", "special", "stage", "formal", "tp_func_code",
                   "2130314")},
        {"earmark_differs", SHIGATSE, "transfer", /* else whoever gets it could spend it freely */
         FIELDS_OF("ori_bgt_id", "R-4", "rec_div_code", "540202", "amount", "1", ISSUE)},

        {"exceeds_available", REGION, "allocate",
         FIELDS_OF("ori_bgt_id", "B-1", "agency_code", "001001", "amount", "291.01")},
        {"exceeds_available", REGION, "transfer",
         FIELDS_OF("ori_bgt_id", "B-1", "rec_div_code", "540100", "amount", "291.01", ISSUE)},
        {"exceeds_available", LINZHOU, "payment",
         FIELDS_OF("bgt_id", "A-3", "pay_app_amt", "75.01", PAYEE)},
        {"exceeds_available", LINZHOU, "freeze",
         FIELDS_OF("bgt_id", "A-3", "amount", "75.01", "reason", "核查")},
        {"exceeds_available", LINZHOU, "reduce", FIELDS_OF("bgt_id", "A-3", "amount", "75.01")},
        {"exceeds_available", REGION, "reduce", FIELDS_OF("bgt_id", "A-9", "amount", "7.01")},
        {"exceeds_frozen", LINZHOU, "unfreeze",
         FIELDS_OF("bgt_id", "A-3", "amount", "10.01", "reason", "解")},
        {"exceeds_committed", LINZHOU, "paid",
         FIELDS_OF("pay_app_id", "P-1", "xpay_amt", "20.01", "xpay_date", "2026-03-01",
                   "agent_business_no", "N")},
        {"exceeds_committed", LINZHOU, "paid",
         FIELDS_OF("pay_app_id", "P-3", "xpay_amt", "1", "xpay_date", "2026-03-01",
                   "agent_business_no", "N")},
        {"exceeds_spent", LINZHOU, "refund",
         FIELDS_OF("pay_app_id", "P-1", "amount", "40.01", "reason", "退")},
        {"exceeds_spent", LINZHOU, "refund",
         FIELDS_OF("pay_app_id", "P-2", "amount", "1", "reason", "退")},
    };
    struct hash before[OFFICES];

    for (int i = 0; i < OFFICES; i++) {
        before[i] = digest_of(*state, (enum office_name)i);
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char id[16];
        const char *got;

        (void)snprintf(id, sizeof id, "X-%zu", i);
        got = tree_say(*state, cases[i].office, cases[i].kind, id, cases[i].fields);
        if (strcmp(got, cases[i].want) != 0) {
            fail_msg("case %zu, %s: got \"%s\", want \"%s\"", i, cases[i].kind, got, cases[i].want);
        }
    }
    tree_seal(*state);
    for (int i = 0; i < OFFICES; i++) {
        const struct hash after = digest_of(*state, (enum office_name)i);

        assert_true(hash_equal(&before[i], &after));
    }
}

static void takes_what_lies_just_within_the_limits(void **state)
{
    struct tree *tree = *state;

    DO(tree, LINZHOU, "payment", "P-9", "bgt_id", "A-3", "pay_app_amt", "75", PAYEE,
       "dep_bgt_eco_code", "30101");
    DO(tree, LINZHOU, "paid", "V-9", "pay_app_id", "P-1", "xpay_amt", "20", "xpay_date",
       "2026-03-05", "agent_business_no", "ABC0009");
    DO(tree, LINZHOU, "refund", "RF-9", "pay_app_id", "P-1", "amount", "60", "reason", "退");
    DO(tree, LINZHOU, "unfreeze", "UF-9", "bgt_id", "A-3", "amount", "10", "reason", "解");
    DO(tree, LINZHOU, "reduce", "RD-9", "bgt_id", "A-3", "amount", "70");
    DO(tree, REGION, "reduce", "RD-8", "bgt_id", "A-9", "amount", "7");
    assert_string_equal(SAY(tree, REGION, "release", "L-9", "bgt_id", "A-9", "cor_bgt_doc_no", "1"),
                        "wrong_state"); /* nothing is left to release */
    DO(tree, REGION, "allocate", "A-8", "ori_bgt_id", "B-1", "agency_code", "001001", "amount",
       "298");
    DO(tree, SHIGATSE, "allocate", "A-7", "ori_bgt_id", "R-4", "agency_code", "001001", "amount",
       "150", "tp_func_code", "2130199", "pro_code", "540000260001", "fund_type_code", "111");
    DO(tree, REGION, "budget", "B-8", "stage", "request", "fund_type_code", "111", "amount", "5",
       "pro_code", "DRAFT");
    DO(tree, LINZHOU, "register", "R-8", "bgt_id", "T-8", "ori_div_code", "540000");
    DO(tree, LHASA, "return", "RT-9", "bgt_id", "T-9", "reason", "误发");
    tree_seal(tree);
    assert_int_equal(tree_alarms(tree), 0);
}

/* As of a draft that was signed before its line was reduced. */
static void a_release_of_more_than_is_pending_is_refused(void **state)
{
    struct holder *holder = holder_new(*state, REGION);
    struct script script = {.author = REGION, .first_lsn = 1};
    struct document release;
    struct refusal refusal;

    TRY(holder, &script, "agency", "G", "agency_code", "1", "agency_name", "x");
    TRY(holder, &script, "budget", "B", REPLY("10"));
    TRY(holder, &script, "allocate", "A", "ori_bgt_id", "B", "agency_code", "1", "amount", "10");
    document_fill(
        &release, "release", "L",
        (const char *const[]){"bgt_id", "A", "cor_bgt_doc_no", "1", "amount", "10", NULL});
    assert_int_equal(ledger_check_rules(holder->ledger, holder->txn, &release, &refusal),
                     REASON_NONE);
    TRY(holder, &script, "reduce", "D", "bgt_id", "A", "amount", "3");
    assert_int_equal(ledger_check_rules(holder->ledger, holder->txn, &release, &refusal),
                     REASON_EXCEEDS);
    assert_string_equal(refusal.what, "pending"); /* exceeds_pending */
    assert_string_equal(refusal.detail, "asked_and_free\x1f"
                                        "asked=10.00\x1f"
                                        "free=7.00");
    holder_free(holder);
}

/* Slips of the keyboard: the largest sum a document can name, again and again, blocks nobody. */
static void typing_errors_do_not_exhaust_a_ledger(void **state)
{
    struct tree *tree = *state;

    assert_string_equal(SAY(tree, LHASA, "budget", "B-M", "stage", "reply", "fund_type_code", "111",
                            "amount", "1000000000000000.01", "approval_ref", "1"),
                        "bad_amount");
    for (int i = 0; i < 1100; i++) {
        char id[16], allocation[16];

        (void)snprintf(id, sizeof id, "B-M%d", i);
        (void)snprintf(allocation, sizeof allocation, "A-M%d", i);
        DO(tree, LHASA, "budget", id, "stage", "reply", "fund_type_code", "111", "amount",
           "1000000000000000.00", "approval_ref", "1");
        DO(tree, LHASA, "allocate", allocation, "ori_bgt_id", id, "agency_code", "001001", "amount",
           "1000000000000000.00");
        if (i % 100 == 0) {
            tree_seal(tree);
        }
    }
    tree_seal(tree);
    DO(tree, LHASA, "budget", "B-N", "stage", "reply", "fund_type_code", "111", "amount", "5",
       "approval_ref", "1");
    DO(tree, LHASA, "allocate", "A-N", "ori_bgt_id", "B-N", "agency_code", "001001", "amount", "5");
    tree_seal(tree);
    assert_int_equal(tree_alarms(tree), 0);
}

static const char *name_of(struct tree *tree, enum office_name office, char letter,
                           const char *code)
{
    static char name[64];
    struct txn *txn = txn_open(tree_store(tree, office), NULL);
    const struct row_key key = row_key_of(letter, tree_division(office), bytes_text(code));
    struct catalogue_row row;

    assert_true(catalogue_load(txn, &key, &row));
    (void)snprintf(name, sizeof name, "%.*s", (int)row.name.size, (const char *)row.name.data);
    txn_free(txn);
    return name;
}

static struct doc_row doc(struct tree *tree, enum office_name office, const char *id)
{
    struct txn *txn = txn_open(tree_store(tree, office), NULL);
    struct doc_row row;

    assert_true(doc_load(txn, tree_division(office), bytes_text(id), &row));
    txn_free(txn);
    return row;
}

/* One step after another with one payment of 50; the state is what its figures say. */
static void a_payment_stands_where_its_figures_put_it(void **state)
{
    static const struct {
        const char *kind, *amount;
        enum doc_state want;
    } steps[] = {
        {"paid", "20", DOC_PART_PAID}, {"refund", "20", DOC_APPLIED},
        {"paid", "10", DOC_PART_PAID}, {"refund", "4", DOC_PART_PAID},
        {"refund", "6", DOC_APPLIED},  {"payment_cancel", NULL, DOC_REFUNDED},
    };
    struct tree *tree = *state;

    DO(tree, LINZHOU, "payment", "P-S", "bgt_id", "A-3", "pay_app_amt", "50", PAYEE);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "S-%zu", i);
        if (strcmp(steps[i].kind, "paid") == 0) {
            DO(tree, LINZHOU, "paid", id, "pay_app_id", "P-S", "xpay_amt", steps[i].amount,
               "xpay_date", "2026-03-05", "agent_business_no", id);
        } else if (strcmp(steps[i].kind, "refund") == 0) {
            DO(tree, LINZHOU, "refund", id, "pay_app_id", "P-S", "amount", steps[i].amount,
               "reason", "退");
        } else {
            DO(tree, LINZHOU, "payment_cancel", id, "pay_app_id", "P-S", "reason", "撤");
        }
        tree_seal(tree);
        if (doc(tree, LINZHOU, "P-S").state != steps[i].want) {
            fail_msg("step %zu, %s: %s", i, steps[i].kind,
                     doc_state_name(doc(tree, LINZHOU, "P-S").state));
        }
    }
    assert_int_equal(doc(tree, LINZHOU, "P-2").state, DOC_CANCELLED); /* nothing was ever paid */
    assert_int_equal(doc(tree, LINZHOU, "P-3").state, DOC_PAID);
}

static void the_same_said_again_exists(void **state)
{
    static const struct {
        const char *want;
        enum office_name office;
        const char *kind, *id;
        const char *fields[SAID_MAX];
    } cases[] = {
        {"exists", REGION, "budget", "B-1",
         FIELDS_OF("stage", "reply", "fund_type_code", "111", "amount", "1000.00", "approval_ref",
                   "藏人发〔2026〕1号", "exp_func_code", "2050202", "mof_div_code", "540000")},
        {"exists_with_different_amount", REGION, "budget", "B-1",
         FIELDS_OF("stage", "reply", "fund_type_code", "111", "amount", "1000.01", "approval_ref",
                   "藏人发〔2026〕1号", "exp_func_code", "2050202")},
        {"exists_with_different_exp_func_code", REGION, "budget", "B-1",
         FIELDS_OF("stage", "reply", "fund_type_code", "111", "amount", "1000", "approval_ref",
                   "藏人发〔2026〕1号")},
        {"exists_with_different_memo", REGION, "budget", "B-1",
         FIELDS_OF("stage", "reply", "fund_type_code", "111", "amount", "1000", "approval_ref",
                   "藏人发〔2026〕1号", "exp_func_code", "2050202", "memo", "补")},
        {"exists_with_different_kind", REGION, "agency", "B-1",
         FIELDS_OF("agency_code", "1", "agency_name", "局")},
        {"exists_with_different_fiscal_year", REGION, "agency", "AG-1",
         FIELDS_OF("fiscal_year", "2025", "agency_code", "001001", "agency_name", "自治区教育厅")},
        {"exists", REGION, "allocate", "A-1", /* what it inherited needs not be said */
         FIELDS_OF("ori_bgt_id", "B-1", "agency_code", "001001", "amount", "100", "pro_code",
                   "540000260001")},
        {"exists", REGION, "allocate", "A-1", /* and may be */
         FIELDS_OF("ori_bgt_id", "B-1", "agency_code", "001001", "amount", "100", "pro_code",
                   "540000260001", "exp_func_code", "2050202")},
        {"exists_with_different_exp_func_code", REGION, "allocate", "A-1",
         FIELDS_OF("ori_bgt_id", "B-1", "agency_code", "001001", "amount", "100", "pro_code",
                   "540000260001", "exp_func_code", "2050203")},
        {"exists", LHASA, "register", "R-1", FIELDS_OF("bgt_id", "T-1")},
        {"exists", LHASA, "register", "R-1", FIELDS_OF("bgt_id", "T-1", "ori_div_code", "540000")},
        {"exists", LINZHOU, "payment_cancel", "C-2",
         FIELDS_OF("pay_app_id", "P-2", "reason", "重复")},
        {"exists", LINZHOU, "paid", "V-1",
         FIELDS_OF("pay_app_id", "P-1", "xpay_amt", "40", "xpay_date", "2026-03-01",
                   "agent_business_no", "ABC0001")},
        /* the form comes first, the rules after */
        {"bad_amount", REGION, "budget", "B-1",
         FIELDS_OF("stage", "reply", "fund_type_code", "111", "amount", "0", "approval_ref", "1")},
        {"exists_with_different_agency_code", REGION, "allocate", "A-1",
         FIELDS_OF("ori_bgt_id", "B-1", "agency_code", "999", "amount", "100", "pro_code",
                   "540000260001")},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *got =
            tree_say(*state, cases[i].office, cases[i].kind, cases[i].id, cases[i].fields);

        if (strcmp(got, cases[i].want) != 0) {
            fail_msg("case %zu, %s %s: got \"%s\", want \"%s\"", i, cases[i].kind, cases[i].id, got,
                     cases[i].want);
        }
    }
}

/* --- what the node writes out --- */

/* The row an indicator has at `office` in the ledger of `of`, and its elements. */
static struct indicator load(struct tree *tree, enum office_name office, enum office_name of,
                             const char *id, struct document *elements, struct txn **txn)
{
    struct indicator row;

    *txn = txn_open(tree_store(tree, office), NULL);
    if (!indicator_load(*txn, tree_division(of), bytes_text(id), &row)) {
        fail_msg("no indicator %s", id);
    }
    indicator_elements(&row, elements);
    return row;
}

static void assert_text(const struct document *document, enum field field, const char *want)
{
    const struct bytes text = document_text(document, field);

    if (!bytes_equal(text, bytes_text(want))) {
        fail_msg("%s is \"%.*s\", want \"%s\"", field_info(field)->name, (int)text.size,
                 (const char *)text.data, want);
    }
}

static void elements_go_down_with_the_money(void **state)
{
    struct document elements;
    struct txn *txn;
    struct indicator row;

    row = load(*state, REGION, SHIGATSE, "A-4", &elements, &txn);
    assert_text(&elements, FIELD_FUND_TYPE_CODE, "111");
    assert_text(&elements, FIELD_PRO_CODE, "540000260001");
    assert_text(&elements, FIELD_TP_FUNC_CODE, "2130199");
    assert_text(&elements, FIELD_AGENCY_CODE, "001001");
    assert_text(&elements, FIELD_SUP_BGT_DOC_NO, "藏财农〔2026〕4号");
    assert_int_equal(row.flags, INDICATOR_EARMARKED);
    assert_true(bytes_equal(row.origin, bytes_text("R-4")));
    assert_true(bytes_equal(row.source, bytes_text("R-4")));
    txn_free(txn);

    row = load(*state, SHIGATSE, SHIGATSE, "R-4", &elements, &txn);
    assert_text(&elements, FIELD_PRO_NAME,
                "义务教育"); /* though the region's project is not here */
    assert_text(&elements, FIELD_PRO_CAT_CODE, "3");
    assert_true(division_equal(row.issuer, tree_division(REGION)));
    txn_free(txn);
}

static void money_of_a_project_held_elsewhere_is_passed_on(void **state)
{
    struct tree *tree = *state;
    struct document elements;
    struct txn *txn;

    DO(tree, SHIGATSE, "transfer", "T-5", "ori_bgt_id", "R-4", "rec_div_code", "540202", "amount",
       "20", "cor_bgt_doc_no", "日财农〔2026〕1号", "tra_type_code", "special", "stage", "formal");
    tree_seal(tree);
    DO(tree, SANGZHUZI, "register", "R-5", "bgt_id", "T-5");
    tree_seal(tree);
    (void)load(tree, SANGZHUZI, SANGZHUZI, "R-5", &elements, &txn);
    assert_text(&elements, FIELD_PRO_CODE, "540000260001");
    assert_text(&elements, FIELD_PRO_NAME, "义务教育");
    assert_text(&elements, FIELD_SUP_BGT_DOC_NO, "日财农〔2026〕1号");
    txn_free(txn);
    assert_int_equal(tree_alarms(tree), 0);
}

static void of_two_owners_the_one_nearer_the_root_wins(void **state)
{
    struct tree *tree = *state;

    assert_string_equal(SAY(tree, LINZHOU, "element", "E-7", "ele_catalog_code", "dep_bgt_eco",
                            "ele_code", "30102", "ele_name", "本县津贴"),
                        "wrong_state");
    assert_string_equal(SAY(tree, LINZHOU, "payment", "P-7", "bgt_id", "A-3", "pay_app_amt", "1",
                            PAYEE, "dep_bgt_eco_code", "30102"),
                        "unknown_dep_bgt_eco_code");
    DO(tree, LINZHOU, "element", "E-8", "ele_catalog_code", "pay_type", "ele_code", "1", "ele_name",
       "国库集中支付");
    tree_seal(tree);
    DO(tree, REGION, "element", "E-8", "ele_catalog_code", "pay_type", "ele_code", "1", "ele_name",
       "直接支付", "is_enabled", "2");
    tree_seal(tree);
    assert_int_equal(tree_alarms(tree), 1); /* it was Linzhou's, and is the region's now */
    assert_non_null(strstr(tree_alarm(tree), "element_clash: 540000"));
    assert_string_equal(SAY(tree, LINZHOU, "payment", "P-7", "bgt_id", "A-3", "pay_app_amt", "1",
                            PAYEE, "pay_type_code", "1"),
                        "unknown_pay_type_code");
}

/* Known from the first year said, in whatever order that was; the newest year's version holds. */
static void agencies_and_projects_stay_from_their_year_on(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "policy", "PO-1", "policy_code", "years", "policy_value", "20,9");
    DO(tree, LHASA, "agency", "AG-28", "fiscal_year", "2028", "agency_code", "7", "agency_name",
       "新局");
    assert_string_equal(
        SAY(tree, LHASA, "allocate", "A-Y", "ori_bgt_id", "R-1", "agency_code", "7", "amount", "1"),
        "unknown_agency_code");
    DO(tree, LHASA, "agency", "AG-26", "agency_code", "7", "agency_name", "旧局");
    DO(tree, LHASA, "allocate", "A-Y", "ori_bgt_id", "R-1", "agency_code", "7", "amount", "1");
    DO(tree, LHASA, "project", "PJ-28", "fiscal_year", "2028", "pro_code", "PJ", "state",
       "reserved", "pro_name", "新", "pro_cat_code", "3", "agency_code", "7", "setup_year", "2028");
    DO(tree, LHASA, "project", "PJ-29", "fiscal_year", "2028", "pro_code", "PJ", "state", "closed",
       "reason", "不建");
    assert_string_equal(SAY(tree, LHASA, "budget", "B-Y", "stage", "request", "fund_type_code",
                            "111", "amount", "1", "pro_code", "PJ"),
                        "unknown_pro_code");
    assert_string_equal(SAY(tree, LHASA, "budget", "B-Y", "fiscal_year", "2029", "stage", "reply",
                            "fund_type_code", "111", "amount", "1", "approval_ref", "1", "pro_code",
                            "PJ"),
                        "wrong_state"); /* known, and closed */
    DO(tree, LHASA, "agency", "AG-27", "fiscal_year", "2027", "agency_code", "7", "agency_name",
       "中局");
    tree_seal(tree);
    assert_string_equal(name_of(tree, LHASA, ROW_AGENCY, "7"), "新局");
    DO(tree, LHASA, "agency", "AG-29", "fiscal_year", "2028", "agency_code", "7", "agency_name",
       "改名");
    tree_seal(tree);
    assert_string_equal(name_of(tree, LHASA, ROW_AGENCY, "7"), "改名");
}

/* A tracked project goes to all below, and so does each later version, which may be short. */
static void a_tracked_project_is_closed_everywhere(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "project", "TK-1", "pro_code", "TK", "state", "reserved", "pro_name", "追踪",
       "pro_cat_code", "3", "agency_code", "001001", "setup_year", "2026", "is_track", "1");
    tree_seal(tree);
    DO(tree, LINZHOU, "allocate", "A-T", "ori_bgt_id", "R-2", "agency_code", "001001", "amount",
       "1", "pro_code", "TK");
    DO(tree, REGION, "project", "TK-2", "pro_code", "TK", "state", "budgeted", "is_track", "2");
    DO(tree, REGION, "project", "TK-3", "pro_code", "TK", "state", "closed");
    assert_string_equal(SAY(tree, REGION, "project", "TK-3", "pro_code", "TK", "state", "closed"),
                        "exists");
    tree_seal(tree);
    assert_string_equal(SAY(tree, LINZHOU, "allocate", "A-U", "ori_bgt_id", "R-2", "agency_code",
                            "001001", "amount", "1", "pro_code", "TK"),
                        "wrong_state");
    assert_int_equal(tree_alarms(tree), 0);
}

/* A version of an earlier year, entered late, goes to all below as well: so they hear the rest. */
static void a_project_tracked_by_a_late_version_is_closed_everywhere(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "project", "TK-1", "pro_code", "TK", "state", "reserved", "pro_name", "追踪",
       "pro_cat_code", "3", "agency_code", "001001", "setup_year", "2026", "fiscal_year", "2027");
    DO(tree, REGION, "project", "TK-2", "pro_code", "TK", "state", "reserved", "pro_name", "追踪",
       "pro_cat_code", "3", "agency_code", "001001", "setup_year", "2026", "is_track", "1");
    DO(tree, REGION, "project", "TK-3", "pro_code", "TK", "state", "closed", "reason", "停建",
       "fiscal_year", "2027");
    tree_seal(tree);
    assert_string_equal(SAY(tree, LINZHOU, "allocate", "A-U", "ori_bgt_id", "R-2", "agency_code",
                            "001001", "amount", "1", "pro_code", "TK"),
                        "wrong_state");
}

/* A project that is tracked only later is whole for those who hear of it then. */
static void a_later_version_says_what_it_leaves_out(void **state)
{
    struct tree *tree = *state;
    struct txn *txn;
    struct catalogue_row row;
    const struct row_key key =
        row_key_of(ROW_PROJECT, tree_division(REGION), bytes_text("540000260001"));

    DO(tree, REGION, "project", "PR-9", "pro_code", "540000260001", "state", "executing",
       "is_track", "1");
    tree_seal(tree);
    txn = txn_open(tree_store(tree, LINZHOU), NULL);
    assert_true(catalogue_load(txn, &key, &row));
    assert_true(bytes_equal(row.name, bytes_text("义务教育")));
    assert_true(bytes_equal(row.group, bytes_text("3")));
    assert_string_equal(row.agency.at, "001001");
    txn_free(txn);
}

static void a_code_holds_between_its_dates(void **state)
{
    static const struct {
        const char *code, *start, *end, *want;
    } cases[] = {
        {"01", "2026-12-31", "2027-01-31", ""},
        {"02", "2027-01-01", "2027-12-31", "unknown_set_mode_code"},
        {"03", "2020-01-01", "2025-12-31", "unknown_set_mode_code"},
        {"04", "2020-01-01", "2026-01-01", ""},
    };
    struct tree *tree = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "E-D%zu", i);
        DO(tree, LINZHOU, "element", id, "ele_catalog_code", "set_mode", "ele_code", cases[i].code,
           "ele_name", "方式", "start_date", cases[i].start, "end_date", cases[i].end);
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "P-D%zu", i);
        assert_string_equal(SAY(tree, LINZHOU, "payment", id, "bgt_id", "A-3", "pay_app_amt", "1",
                                PAYEE, "set_mode_code", cases[i].code),
                            cases[i].want);
    }
}

static void an_unknown_transfer_of_another_issuer_is_named(void **state)
{
    char message[REASON_MESSAGE_MAX];

    assert_string_equal(SAY(*state, LINZHOU, "register", "X", "bgt_id", "T-8"), "unknown_bgt_id");
    reason_message(message, tree_refusal(*state), LANGUAGE_EN);
    assert_non_null(strstr(message, "give the ori_div_code"));
    assert_non_null(strstr(message, "(ori_div_code 540000)"));
    assert_string_equal(SAY(*state, LINZHOU, "register", "X", "bgt_id", "T-9"), "unknown_bgt_id");
    reason_message(message, tree_refusal(*state), LANGUAGE_EN);
    assert_null(strstr(message, "540000")); /* it is another's */
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)
    const struct CMUnitTest tests[] = {
        IN_TREE(refuses_for_the_first_reason_that_holds),
        IN_TREE(takes_what_lies_just_within_the_limits),
        IN_TREE(a_release_of_more_than_is_pending_is_refused),
        IN_TREE(typing_errors_do_not_exhaust_a_ledger),
        IN_TREE(a_payment_stands_where_its_figures_put_it),
        IN_TREE(the_same_said_again_exists),
        IN_TREE(elements_go_down_with_the_money),
        IN_TREE(money_of_a_project_held_elsewhere_is_passed_on),
        IN_TREE(of_two_owners_the_one_nearer_the_root_wins),
        IN_TREE(agencies_and_projects_stay_from_their_year_on),
        IN_TREE(a_tracked_project_is_closed_everywhere),
        IN_TREE(a_project_tracked_by_a_late_version_is_closed_everywhere),
        IN_TREE(a_later_version_says_what_it_leaves_out),
        IN_TREE(a_code_holds_between_its_dates),
        IN_TREE(an_unknown_transfer_of_another_issuer_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
