/* Projects: which state follows which and under what condition, what money does to them, and their
 * totals; at the owner, and the same rows at those who hold its log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/rows/project_rows.h"
#include "tests/unit/ledger/tree.h"

static int open_tree(void **state)
{
    struct tree *tree = tree_new();

    DO(tree, LHASA, "agency", "G-1", "agency_code", "1", "agency_name", "教育局");
    DO(tree, LHASA, "agency", "G-2", "agency_code", "2", "agency_name", "卫健委");
    DO(tree, LHASA, "budget", "B-1", "stage", "reply", "approval_ref", "1", "fund_type_code", "111",
       "amount", "1000");
    *state = tree;
    return 0;
}

static int close_tree(void **state)
{
    struct tree *tree = *state;

    assert_int_equal(tree_alarms(tree), 0);
    tree_free(tree);
    return 0;
}

#define WHOLE "pro_name", "项目", "pro_cat_code", "3", "agency_code", "1", "setup_year", "2026"
#define REFUSED(tree, code, kind, id, ...)                                                         \
    assert_string_equal(SAY(tree, LHASA, kind, id, __VA_ARGS__), code)
#define FOR(code) "agency_code", "1", "pro_code", code
#define ISSUE     "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal"
#define PAYEE                                                                                      \
    "payee_acct_name", "施工队", "payee_acct_no", "62", "payee_acct_bank_name", "农行", "use_des", \
        "工程款"

static void state_is(struct tree *tree, const char *code, const char *state, const char *by)
{
    tree_seal(tree);
    for (enum office_name at = REGION; at <= LHASA;
         at++) { /* Lhasa's, and as the region folds it */
        const struct row_key key = row_key_of(ROW_PROJECT, tree_division(LHASA), bytes_text(code));
        struct txn *txn = txn_open(tree_store(tree, at), NULL);
        struct catalogue_row row;
        struct project_money money;

        assert_true(catalogue_load(txn, &key, &row));
        project_money_load(txn, tree_division(LHASA), bytes_text(code), &money);
        assert_string_equal(row.state.at, state);
        assert_string_equal(money.by.at, by);
        txn_free(txn);
    }
}

/* At Lhasa, whose node writes the settle: its id is nobody's to know. */
static void is_executing_by_the_settle(struct tree *tree, const char *code)
{
    const struct row_key key = row_key_of(ROW_PROJECT, tree_division(LHASA), bytes_text(code));
    struct txn *txn = txn_open(tree_store(tree, LHASA), NULL);
    struct catalogue_row row;

    assert_true(catalogue_load(txn, &key, &row));
    assert_string_equal(row.state.at, "executing");
    txn_free(txn);
}

static int64_t taken(struct tree *tree, const char *code)
{
    int64_t sums[2];

    tree_seal(tree);
    for (enum office_name at = REGION; at <= LHASA; at++) {
        struct txn *txn = txn_open(tree_store(tree, at), NULL);
        struct project_money money;

        project_money_load(txn, tree_division(LHASA), bytes_text(code), &money);
        sums[at] = (int64_t)money.taken;
        txn_free(txn);
    }
    assert_int_equal(sums[REGION], sums[LHASA]);
    return sums[LHASA] / 100;
}

/* --- the table --- */

static void a_first_version_is_a_draft_or_reserved(void **state)
{
    static const char *const others[] = {"budgeted", "executing", "closed", "cancelled"};
    struct tree *tree = *state;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        REFUSED(tree, "wrong_state", "project", "P-0", "pro_code", "A", "state", others[i], WHOLE,
                "reason", "试");
    }
    DO(tree, LHASA, "project", "P-1", "pro_code", "A", "state", "draft", WHOLE);
    DO(tree, LHASA, "project", "P-2", "pro_code", "B", "state", "reserved", WHOLE);
}

/* What was said last holds, also where it was said of an earlier year. */
static void the_newest_version_holds_whatever_its_year(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "project", "P-1", "pro_code", "A", "state", "reserved", WHOLE);
    DO(tree, LHASA, "project", "P-2", "pro_code", "A", "state", "reserved", "fiscal_year", "2027",
       "pro_total_amt", "90");
    DO(tree, LHASA, "project", "P-3", "pro_code", "A", "state", "budgeted", "fiscal_year", "2026",
       "pro_total_amt", "40");
    REFUSED(tree, "exceeds_project_total", "allocate", "X", "ori_bgt_id", "B-1", "amount", "41",
            FOR("A"));
    state_is(tree, "A", "budgeted", "");
    DO(tree, LHASA, "project", "P-4", "pro_code", "A", "state", "cancelled", "reason", "停办");
    REFUSED(tree, "wrong_state", "project", "X", "pro_code", "A", "state", "reserved",
            "fiscal_year", "2027");
    REFUSED(tree, "wrong_state", "allocate", "X", "ori_bgt_id", "B-1", "amount", "1", FOR("A"));
    state_is(tree, "A", "cancelled", "");
}

/* A project without any money, brought from one state to the next. */
static void without_money_the_table_alone_decides(void **state)
{
    static const struct {
        const char *from, *to, *want, *with_reason;
    } cases[] = {
        {"draft", "draft", "", ""},
        {"draft", "reserved", "", ""},
        {"draft", "budgeted", "wrong_state", "wrong_state"},
        {"draft", "executing", "wrong_state", "wrong_state"},
        {"draft", "closed", "wrong_state", "wrong_state"},
        {"draft", "cancelled", "missing_reason", ""},
        {"reserved", "draft", "", ""},
        {"reserved", "reserved", "", ""},
        {"reserved", "budgeted", "", ""},
        {"reserved", "executing", "wrong_state", "wrong_state"},
        {"reserved", "closed", "missing_reason", ""},
        {"reserved", "cancelled", "missing_reason", ""},
        {"budgeted", "draft", "wrong_state", "wrong_state"},
        {"budgeted", "reserved", "", ""},
        {"budgeted", "budgeted", "", ""},
        {"budgeted", "executing", "", ""},
        {"budgeted", "closed", "", ""},
        {"budgeted", "cancelled", "missing_reason", ""},
        {"executing", "draft", "wrong_state", "wrong_state"},
        {"executing", "reserved", "wrong_state", "wrong_state"},
        {"executing", "budgeted", "wrong_state", "wrong_state"},
        {"executing", "executing", "", ""},
        {"executing", "closed", "", ""},
        {"executing", "cancelled", "missing_reason", ""},
        {"closed", "closed", "wrong_state", "wrong_state"},
        {"closed", "executing", "wrong_state", "wrong_state"},
        {"closed", "cancelled", "wrong_state", "wrong_state"},
        {"cancelled", "cancelled", "wrong_state", "wrong_state"},
        {"cancelled", "reserved", "wrong_state", "wrong_state"},
    };
    static const char *const way[] = {"draft", "reserved", "budgeted", "executing", "closed"};
    struct tree *tree = *state;
    char code[16], id[16];
    unsigned next = 0;

    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        const bool with_reason = i % 2 == 1;
        const char *want = with_reason ? cases[i / 2].with_reason : cases[i / 2].want, *got;
        const char *from = cases[i / 2].from;
        bool there = false;

        (void)snprintf(code, sizeof code, "C%zu", i);
        for (size_t step = 0; !there && step < sizeof way / sizeof *way; step++) {
            (void)snprintf(id, sizeof id, "W%u", next++);
            there = strcmp(way[step], from) == 0;
            DO(tree, LHASA, "project", id, "pro_code", code, "state",
               strcmp(from, "cancelled") == 0 && step == 1 ? "cancelled" : way[step], WHOLE,
               "reason", "推进");
            there = there || (strcmp(from, "cancelled") == 0 && step == 1);
        }
        (void)snprintf(id, sizeof id, "W%u", next++);
        got = SAY(tree, LHASA, "project", id, "pro_code", code, "state", cases[i / 2].to,
                  with_reason ? "reason" : NULL, "因故");
        if (strcmp(got, want) != 0) {
            fail_msg("%s to %s%s: %s", from, cases[i / 2].to, with_reason ? " with reason" : "",
                     got);
        }
    }
}

/* --- by money --- */

static void money_moves_a_project_on(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "project", "P-1", "pro_code", "A", "state", "reserved", WHOLE);
    state_is(tree, "A", "reserved", "");
    DO(tree, LHASA, "allocate", "A-1", "ori_bgt_id", "B-1", "amount", "10", FOR("A"));
    state_is(tree, "A", "budgeted", "A-1");
    DO(tree, LHASA, "project", "P-2", "pro_code", "A", "state", "budgeted", "pro_name", "改名");
    state_is(tree, "A", "budgeted", "A-1");
    DO(tree, LHASA, "release", "L-1", "bgt_id", "A-1", "cor_bgt_doc_no", "1");
    state_is(tree, "A", "executing", "L-1");
    DO(tree, LHASA, "payment", "Y-1", "bgt_id", "A-1", "pay_app_amt", "10", PAYEE);
    DO(tree, LHASA, "paid", "V-1", "pay_app_id", "Y-1", "xpay_amt", "10", "xpay_date", "2026-03-01",
       "agent_business_no", "N1");
    state_is(tree, "A", "executing", "L-1");
    DO(tree, LHASA, "project", "P-3", "pro_code", "A", "state", "closed");
    state_is(tree, "A", "closed", "");
    REFUSED(tree, "wrong_state", "allocate", "A-2", "ori_bgt_id", "B-1", "amount", "1", FOR("A"));
}

static void a_reply_and_a_transfer_move_it_too(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "project", "P-1", "pro_code", "A", "state", "reserved", WHOLE);
    DO(tree, LHASA, "project", "P-2", "pro_code", "B", "state", "reserved", WHOLE);
    DO(tree, LHASA, "budget", "B-2", "stage", "request", "fund_type_code", "111", "amount", "9",
       "pro_code", "A");
    state_is(tree, "A", "reserved", "");
    DO(tree, LHASA, "budget", "B-3", "stage", "reply", "approval_ref", "1", "fund_type_code", "111",
       "amount", "9", "pro_code", "A");
    state_is(tree, "A", "budgeted", "B-3");
    DO(tree, LHASA, "transfer", "T-1", "ori_bgt_id", "B-1", "rec_div_code", "540121", "amount", "5",
       "pro_code", "B", ISSUE);
    state_is(tree, "B", "budgeted", "T-1");
    DO(tree, LINZHOU, "register", "R-1", "bgt_id", "T-1");
    tree_seal(tree);
    is_executing_by_the_settle(tree, "B");
    DO(tree, LHASA, "project", "P-3", "pro_code", "C", "state", "reserved", WHOLE);
    DO(tree, LHASA, "allocate", "A-1", "ori_bgt_id", "B-1", "amount", "10", FOR("A"));
    DO(tree, LHASA, "release", "L-1", "bgt_id", "A-1", "cor_bgt_doc_no", "1");
    DO(tree, LHASA, "virement", "M-1", "from_bgt_id", "A-1", "amount", "4", FOR("C"));
    state_is(tree, "C", "executing", "M-1"); /* both at once */
}

/* What was asked for while the project was a draft is answered once it is reserved. */
static void money_that_goes_out_makes_a_reserved_one_executing(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "project", "P-1", "pro_code", "A", "state", "draft", WHOLE);
    DO(tree, LHASA, "remit", "M-1", "ori_bgt_id", "B-1", "rec_div_code", "540000", "amount", "5",
       "cor_bgt_doc_no", "1", "reason", "上解", "pro_code", "A");
    state_is(tree, "A", "draft", "");
    DO(tree, LHASA, "project", "P-2", "pro_code", "A", "state", "reserved", WHOLE);
    state_is(tree, "A", "reserved", "");
    DO(tree, REGION, "register", "R-1", "bgt_id", "M-1", "ori_div_code", "540100");
    tree_seal(tree);
    is_executing_by_the_settle(tree, "A");
    REFUSED(tree, "wrong_state", "project", "P-3", "pro_code", "A", "state", "budgeted");
}

/* An estimate alone does not; the reply to it does. */
static void the_reply_to_an_estimate_moves_it(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "project", "P-1", "pro_code", "A", "state", "reserved", WHOLE);
    DO(tree, LHASA, "budget", "B-2", "stage", "estimate", "fund_type_code", "111", "amount", "9",
       "pro_code", "A");
    state_is(tree, "A", "reserved", "");
    DO(tree, LHASA, "budget", "B-3", "stage", "reply", "approval_ref", "1", "fund_type_code", "111",
       "amount", "9", "estimate_id", "B-2");
    state_is(tree, "A", "budgeted", "B-3");
}

static void money_stands_in_the_way(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "project", "P-1", "pro_code", "A", "state", "reserved", WHOLE);
    DO(tree, LHASA, "budget", "B-2", "stage", "estimate", "fund_type_code", "111", "amount", "9",
       "pro_code", "A");
    REFUSED(tree, "wrong_state", "project", "P-2", "pro_code", "A", "state", "draft");
    assert_non_null(strstr(tree_refusal(tree)->detail, "UNALLOC"));
    REFUSED(tree, "wrong_state", "project", "P-2", "pro_code", "A", "state", "closed", "reason",
            "停");
    REFUSED(tree, "wrong_state", "project", "P-2", "pro_code", "A", "state", "cancelled", "reason",
            "停");
    DO(tree, LHASA, "project", "P-2", "pro_code", "A", "state", "budgeted");
    REFUSED(tree, "wrong_state", "project", "P-3", "pro_code", "A", "state", "reserved");
    DO(tree, LHASA, "allocate", "A-1", "ori_bgt_id", "B-2", "amount", "3", FOR("A"));
    REFUSED(tree, "open_items", "project", "P-3", "pro_code", "A", "state", "closed");
    assert_non_null(strstr(tree_refusal(tree)->detail, "PENDING"));
    assert_non_null(strstr(tree_refusal(tree)->detail, "3.00"));
    REFUSED(tree, "missing_reason", "project", "P-3", "pro_code", "A", "state", "cancelled");
    REFUSED(tree, "open_items", "project", "P-3", "pro_code", "A", "state", "cancelled", "reason",
            "停");
    DO(tree, LHASA, "release", "L-1", "bgt_id", "A-1", "cor_bgt_doc_no", "1");
    REFUSED(tree, "open_items", "project", "P-3", "pro_code", "A", "state", "closed");
    assert_non_null(strstr(tree_refusal(tree)->detail, "AVAIL"));
    DO(tree, LHASA, "reduce", "D-1", "bgt_id", "A-1", "amount", "3");
    DO(tree, LHASA, "project", "P-3", "pro_code", "A", "state", "cancelled", "reason", "停");
}

/* --- totals --- */

static void a_total_is_not_exceeded(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "project", "P-1", "pro_code", "A", "state", "reserved", WHOLE, "pro_total_amt",
       "100", "pro_exit_date", "2028-12-31", "policy_ref", "ZF2026-1");
    DO(tree, LHASA, "budget", "B-2", "stage", "reply", "approval_ref", "1", "fund_type_code", "111",
       "amount", "500", "pro_code", "A"); /* not given to anybody yet */
    assert_int_equal(taken(tree, "A"), 0);
    REFUSED(tree, "exceeds_project_total", "allocate", "A-1", "ori_bgt_id", "B-2", "amount",
            "100.01", FOR("A"));
    DO(tree, LHASA, "allocate", "A-1", "ori_bgt_id", "B-2", "amount", "60", FOR("A"));
    DO(tree, LHASA, "release", "L-1", "bgt_id", "A-1", "cor_bgt_doc_no", "1");
    DO(tree, LHASA, "payment", "Y-1", "bgt_id", "A-1", "pay_app_amt", "10", PAYEE);
    DO(tree, LHASA, "paid", "V-1", "pay_app_id", "Y-1", "xpay_amt", "10", "xpay_date", "2026-03-01",
       "agent_business_no", "N1");
    assert_int_equal(taken(tree, "A"), 60);
    REFUSED(tree, "exceeds_project_total", "transfer", "T-1", "ori_bgt_id", "B-2", "rec_div_code",
            "540121", "amount", "41", ISSUE);
    assert_non_null(strstr(tree_refusal(tree)->detail, "40.00"));
    DO(tree, LHASA, "transfer", "T-1", "ori_bgt_id", "B-2", "rec_div_code", "540121", "amount",
       "40", ISSUE);
    DO(tree, LHASA, "virement", "M-1", "from_bgt_id", "A-1", "amount", "20", "agency_code",
       "2"); /* stays in the project */
    assert_int_equal(taken(tree, "A"), 100);
    REFUSED(tree, "exceeds_project_total", "project", "P-2", "pro_code", "A", "state", "executing",
            "pro_total_amt", "99");
    DO(tree, LHASA, "project", "P-2", "pro_code", "A", "state", "executing", "pro_name", "改名");
    REFUSED(tree, "exceeds_project_total", "allocate", "A-2", "ori_bgt_id", "B-2", "amount", "1",
            FOR("A")); /* the short version left the total as it was */
    DO(tree, LHASA, "reduce", "D-1", "bgt_id", "A-1", "amount", "30");
    assert_int_equal(taken(tree, "A"), 70);
    DO(tree, LHASA, "project", "P-3", "pro_code", "A", "state", "executing", "pro_total_amt", "70");
    DO(tree, LHASA, "allocate", "A-3", "ori_bgt_id", "B-1", "amount", "50", "agency_code", "1");
    DO(tree, LHASA, "release", "L-3", "bgt_id", "A-3", "cor_bgt_doc_no", "1");
    REFUSED(tree, "exceeds_project_total", "virement", "M-2", "from_bgt_id", "A-3", "amount", "1",
            FOR("A"));
    DO(tree, LHASA, "policy", "PO-1", "policy_code", "project_total", "policy_value", "off");
    DO(tree, LHASA, "virement", "M-2", "from_bgt_id", "A-3", "amount", "1", FOR("A"));
    assert_int_equal(taken(tree, "A"), 71);
}

/* What comes back of a year before leaves room in the total, until it is given out again. */
static void what_comes_back_later_lowers_what_was_taken(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "project", "P-1", "pro_code", "A", "state", "reserved", WHOLE, "pro_total_amt",
       "10");
    DO(tree, LHASA, "allocate", "A-1", "ori_bgt_id", "B-1", "amount", "10", FOR("A"));
    DO(tree, LHASA, "release", "L-1", "bgt_id", "A-1", "cor_bgt_doc_no", "1");
    DO(tree, LHASA, "payment", "Y-1", "bgt_id", "A-1", "pay_app_amt", "10", PAYEE);
    DO(tree, LHASA, "paid", "V-1", "pay_app_id", "Y-1", "xpay_amt", "10", "xpay_date", "2026-03-01",
       "agent_business_no", "N1");
    DO(tree, LHASA, "lapse", "X-1", "bgt_id", "B-1", "amount", "990", "reason", "年终");
    tree_seal(tree);
    DO(tree, LHASA, "close_year", "CY-1", "fiscal_year", "2026");
    DO(tree, LHASA, "refund", "RF-1", "fiscal_year", "2027", "pay_app_id", "Y-1", "amount", "4",
       "reason", "退回");
    assert_int_equal(taken(tree, "A"), 6);
    DO(tree, LHASA, "allocate", "A-2", "fiscal_year", "2027", "ori_bgt_id", "RF-1", "amount", "3",
       FOR("A"));
    assert_int_equal(taken(tree, "A"), 9);
    DO(tree, LHASA, "budget", "B-2", "fiscal_year", "2027", "stage", "reply", "approval_ref", "1",
       "fund_type_code", "111", "amount", "9");
    REFUSED(tree, "exceeds_project_total", "allocate", "A-3", "fiscal_year", "2027", "ori_bgt_id",
            "B-2", "amount", "2", FOR("A"));
    DO(tree, LHASA, "allocate", "A-3", "fiscal_year", "2027", "ori_bgt_id", "B-2", "amount", "1",
       FOR("A"));
}

/* Those below that use a tracked project are its owner's to watch, and not stopped. */
static void a_total_is_asked_of_the_owner_alone(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "project", "P-1", "pro_code", "A", "state", "reserved", WHOLE, "pro_total_amt",
       "1", "is_track", "1");
    DO(tree, LHASA, "transfer", "T-1", "ori_bgt_id", "B-1", "rec_div_code", "540121", "amount",
       "40", ISSUE);
    tree_seal(tree);
    DO(tree, LINZHOU, "agency", "G-1", "agency_code", "1", "agency_name", "县教育局");
    DO(tree, LINZHOU, "register", "R-1", "bgt_id", "T-1");
    DO(tree, LINZHOU, "allocate", "A-1", "ori_bgt_id", "R-1", "amount", "40", FOR("A"));
    state_is(tree, "A", "reserved", "");
}

/* A project names one above it that those above have said down to here. */
static void a_project_above_is_one_that_is_tracked(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "project", "P-1", "pro_code", "A", "state", "reserved", WHOLE, "is_track", "1");
    DO(tree, LHASA, "project", "P-2", "pro_code", "B", "state", "reserved", WHOLE);
    DO(tree, LHASA, "project", "P-3", "pro_code", "C", "state", "reserved", WHOLE, "is_track", "1",
       "fiscal_year", "2027");
    DO(tree, LINZHOU, "agency", "G-1", "agency_code", "1", "agency_name", "县教育局");
    DO(tree, LINZHOU, "project", "P-0", "pro_code", "L", "state", "reserved", WHOLE);
    tree_seal(tree);
#define BELOW(code) "pro_code", "N", "state", "reserved", WHOLE, "sup_pro_code", code
    assert_string_equal(SAY(tree, LINZHOU, "project", "P", BELOW("B")), "unknown_sup_pro_code");
    assert_string_equal(SAY(tree, LINZHOU, "project", "P", BELOW("C")), "unknown_sup_pro_code");
    assert_string_equal(SAY(tree, LINZHOU, "project", "P", BELOW("L")), "unknown_sup_pro_code");
    DO(tree, LINZHOU, "project", "P", BELOW("A"));
    DO(tree, REGION, "agency", "G-1", "agency_code", "1", "agency_name", "教育厅");
    DO(tree, REGION, "project", "P", BELOW("1")); /* nobody above it keeps books here */
#undef BELOW
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)
    const struct CMUnitTest tests[] = {
        IN_TREE(a_first_version_is_a_draft_or_reserved),
        IN_TREE(a_project_above_is_one_that_is_tracked),
        IN_TREE(the_newest_version_holds_whatever_its_year),
        IN_TREE(without_money_the_table_alone_decides),
        IN_TREE(money_moves_a_project_on),
        IN_TREE(a_reply_and_a_transfer_move_it_too),
        IN_TREE(money_that_goes_out_makes_a_reserved_one_executing),
        IN_TREE(the_reply_to_an_estimate_moves_it),
        IN_TREE(what_comes_back_later_lowers_what_was_taken),
        IN_TREE(money_stands_in_the_way),
        IN_TREE(a_total_is_not_exceeded),
        IN_TREE(a_total_is_asked_of_the_owner_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
