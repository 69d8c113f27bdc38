/* Execution beside what is paid: dates of application, classes finer than the line's, credits of a
 * line that belong to no single payment, and since when money is frozen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/schema/clocks.h"
#include "node/ledger/verify/verify_ledger.h"
#include "replicator/log/sealing.h"
#include "tests/unit/ledger/golden.h"

enum { SAID_MAX = 24 };

#define PAYEE                                                                                      \
    "payee_acct_name", "施工队", "payee_acct_no", "62", "payee_acct_bank_name", "农行", "use_des", \
        "工程款"
#define PAY(tree, id, ...) DO(tree, LINZHOU, "payment", id, "bgt_id", "A-1", PAYEE, __VA_ARGS__)

/* On 2026-06-15 Linzhou has A-1 with 100.00 of class 302 and A-2 with 10.00 of no class; of A-1 it
 * paid 40.00 (P-1) and 20.00 (P-2). */
static int open_tree(void **state)
{
    struct tree *tree = tree_new();

    tree_set_day(tree, "2026-06-15");
    DO(tree, LINZHOU, "agency", "AG-1", "agency_code", "001", "agency_name", "教育局");
    DO(tree, LINZHOU, "budget", "B-1", "stage", "reply", "approval_ref", "1", "fund_type_code",
       "111", "amount", "200");
    DO(tree, LINZHOU, "allocate", "A-1", "ori_bgt_id", "B-1", "agency_code", "001", "amount", "100",
       "dep_bgt_eco_code", "302");
    DO(tree, LINZHOU, "release", "L-1", "bgt_id", "A-1", "cor_bgt_doc_no", "1");
    DO(tree, LINZHOU, "allocate", "A-2", "ori_bgt_id", "B-1", "agency_code", "001", "amount", "10");
    DO(tree, LINZHOU, "release", "L-2", "bgt_id", "A-2", "cor_bgt_doc_no", "1");
    PAY(tree, "P-1", "pay_app_amt", "40");
    PAY(tree, "P-2", "pay_app_amt", "20");
    DO(tree, LINZHOU, "paid", "V-1", "pay_app_id", "P-1", "xpay_amt", "40", "xpay_date",
       "2026-06-15", "agent_business_no", "1");
    DO(tree, LINZHOU, "paid", "V-2", "pay_app_id", "P-2", "xpay_amt", "20", "xpay_date",
       "2026-06-15", "agent_business_no", "2");
    tree_seal(tree);
    *state = tree;
    return 0;
}

static int close_tree(void **state)
{
    assert_int_equal(tree_alarms(*state), 0);
    tree_free(*state);
    return 0;
}

static struct indicator line_at(struct tree *tree, enum office_name at, const char *id)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct indicator line;

    assert_true(indicator_load(txn, tree_division(LINZHOU), bytes_text(id), &line));
    txn_free(txn);
    return line; /* its views are gone, its figures are not */
}

static struct doc_row row_at(struct tree *tree, enum office_name at, const char *id)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct doc_row row;

    assert_true(doc_load(txn, tree_division(LINZHOU), bytes_text(id), &row));
    txn_free(txn);
    return row;
}

static void refuses_for_the_first_reason_that_holds(void **state)
{
    static const struct {
        const char *want, *kind, *fields[SAID_MAX];
    } cases[] = {
        {"missing_pay_app_id", "refund", {"amount", "1", "reason", "退"}},
        {"unknown_field_bgt_id",
         "refund",
         {"pay_app_id", "P-1", "bgt_id", "A-1", "amount", "1", "reason", "退"}},
        {"unknown_field_fund_type_code",
         "refund",
         {"bgt_id", "A-1", "fund_type_code", "111", "amount", "1", "reason", "退"}},
        {"bad_date",
         "refund",
         {"bgt_id", "NO", "amount", "1", "reason", "退", "date", "2026-06-16"}},
        {"unknown_bgt_id", "refund", {"bgt_id", "NO", "amount", "1", "reason", "退"}},
        {"unknown_bgt_id", "refund", {"bgt_id", "P-1", "amount", "1", "reason", "退"}},
        {"unknown_pay_app_id", "refund", {"pay_app_id", "A-1", "amount", "1", "reason", "退"}},
        {"year_differs",
         "refund",
         {"bgt_id", "A-1", "amount", "1", "reason", "退", "fiscal_year", "2025"}},
        {"wrong_state",
         "refund", /* of another system: nothing was taken over from any */
         {"fund_type_code", "111", "amount", "1", "reason", "退"}},
        {"wrong_state",
         "refund", /* no line is opened that could have an element */
         {"pay_app_id", "P-1", "amount", "1", "reason", "退", "exp_func_code", "2050201"}},
        {"wrong_state",
         "refund",
         {"bgt_id", "A-1", "amount", "1", "reason", "退", "exp_func_code", "2050201"}},
        {"exceeds_spent", "refund", {"bgt_id", "A-1", "amount", "60.01", "reason", "退"}},
        {"exceeds_spent", "refund", {"bgt_id", "A-2", "amount", "0.01", "reason", "退"}},
        {"bad_pay_app_date",
         "payment",
         {"bgt_id", "NO", PAYEE, "pay_app_amt", "1", "pay_app_date", "2026-06-16"}},
        {"bad_pay_app_date",
         "payment",
         {"bgt_id", "A-1", PAYEE, "pay_app_amt", "1", "pay_app_date", "2025-12-31"}},
        {"bad_pay_app_date",
         "payment", /* of a year that has not begun */
         {"bgt_id", "A-1", PAYEE, "pay_app_amt", "1", "fiscal_year", "2027"}},
        {"year_differs",
         "payment",
         {"bgt_id", "A-1", PAYEE, "pay_app_amt", "1", "fiscal_year", "2025"}},
        {"eco_differs",
         "payment",
         {"bgt_id", "A-1", PAYEE, "pay_app_amt", "999", "dep_bgt_eco_code", "30"}},
        {"eco_differs",
         "payment",
         {"bgt_id", "A-1", PAYEE, "pay_app_amt", "1", "dep_bgt_eco_code", "30101"}},
        {"exceeds_available",
         "payment",
         {"bgt_id", "A-1", PAYEE, "pay_app_amt", "40.01", "dep_bgt_eco_code", "30201"}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char id[16];
        const char *got;

        (void)snprintf(id, sizeof id, "X-%zu", i);
        got = tree_say(*state, LINZHOU, cases[i].kind, id, cases[i].fields);
        if (strcmp(got, cases[i].want) != 0) {
            fail_msg("case %zu: got \"%s\", want \"%s\"", i, got, cases[i].want);
        }
    }
}

/* The own log's words of a document. */
static void expect_date(struct tree *tree, const char *id, enum field field, const char *date)
{
    const struct doc_row row = row_at(tree, LINZHOU, id);
    struct block_body block = BLOCK_BODY_EMPTY;
    struct document document;
    struct entry entry;
    struct err err;

    assert_int_equal(log_read_entry(tree_store(tree, LINZHOU), NULL, tree_division(LINZHOU),
                                    row.lsn, &block, &entry, &err),
                     OK);
    assert_int_equal(document_decode(&document, row.kind, entry.body, &err), OK);
    if (!document_is_word(&document, field, date)) {
        const struct bytes got = document_text(&document, field);

        fail_msg("%s: %.*s, and not %s", id, (int)got.size, (const char *)got.data, date);
    }
    block_body_free(&block);
}

static void a_payment_says_on_which_day_it_was_applied_for(void **state)
{
    struct tree *tree = *state;

    PAY(tree, "P-3", "pay_app_amt", "1");
    PAY(tree, "P-4", "pay_app_amt", "1", "pay_app_date", "2026-01-01");
    DO(tree, LINZHOU, "refund", "RF-3", "bgt_id", "A-1", "amount", "1", "reason", "退");
    tree_seal(tree);
    tree_set_day(tree, "2026-12-31");
    PAY(tree, "P-5", "pay_app_amt", "1");
    tree_seal(tree);
    tree_set_day(tree, "2027-01-04"); /* the year is over, and open still */
    PAY(tree, "P-6", "pay_app_amt", "1");
    assert_string_equal(SAY(tree, LINZHOU, "payment", "P-7", "bgt_id", "A-1", PAYEE, "pay_app_amt",
                            "1", "pay_app_date", "2027-01-04"),
                        "bad_pay_app_date");
    assert_string_equal(
        SAY(tree, LINZHOU, "payment", "P-3", "bgt_id", "A-1", PAYEE, "pay_app_amt", "1"),
        "exists"); /* what the node wrote out is no other document */
    tree_seal(tree);
    expect_date(tree, "P-3", FIELD_PAY_APP_DATE, "2026-06-15");
    expect_date(tree, "P-4", FIELD_PAY_APP_DATE, "2026-01-01");
    expect_date(tree, "P-5", FIELD_PAY_APP_DATE, "2026-12-31");
    expect_date(tree, "P-6", FIELD_PAY_APP_DATE, "2026-12-31");
    expect_date(tree, "RF-3", FIELD_DATE, "2026-06-15");
}

static void the_set_says_what_lies_below_a_class(void **state)
{
    static const char *const codes[][3] = {{"302", "302", ""},
                                           {"399", "399", ""},
                                           {"D1", "D1", "302"},
                                           {"D2", "D2", "D1"},
                                           {"30201", "30201", "399"}};
    struct tree *tree = *state;

    PAY(tree, "P-3", "pay_app_amt", "1", "dep_bgt_eco_code", "30201"); /* by the code alone */
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "EL-%zu", i);
        if (codes[i][2][0] == '\0') {
            DO(tree, REGION, "element", id, "ele_catalog_code", "dep_bgt_eco", "ele_code",
               codes[i][0], "ele_name", "类");
        } else {
            DO(tree, REGION, "element", id, "ele_catalog_code", "dep_bgt_eco", "ele_code",
               codes[i][0], "ele_name", "类", "parent_code", codes[i][2]);
        }
    }
    tree_seal(tree);
    PAY(tree, "P-4", "pay_app_amt", "1", "dep_bgt_eco_code", "302");
    PAY(tree, "P-5", "pay_app_amt", "1", "dep_bgt_eco_code", "D2");
    assert_string_equal(SAY(tree, LINZHOU, "payment", "P-6", "bgt_id", "A-1", PAYEE, "pay_app_amt",
                            "1", "dep_bgt_eco_code", "30201"),
                        "eco_differs"); /* it looks like one, and is not */
    DO(tree, LINZHOU, "payment", "P-7", "bgt_id", "A-2", PAYEE, "pay_app_amt", "1",
       "dep_bgt_eco_code", "30201"); /* a line of no class takes any */
    tree_seal(tree);
}

/* A credit of a line leaves the payments what they are, so that together they could give back more
 * than was ever spent. */
static void what_is_spent_is_given_back_once(void **state)
{
    static const enum office_name holders[] = {LINZHOU, LHASA, REGION};
    struct tree *tree = *state;

    DO(tree, LINZHOU, "refund", "RF-1", "bgt_id", "A-1", "amount", "25", "reason", "红字发票",
       "payee_acct_name", "供应商", "payee_acct_no", "63", "payee_acct_bank_name", "农行");
    assert_string_equal(
        SAY(tree, LINZHOU, "refund", "X", "pay_app_id", "P-1", "amount", "35.01", "reason", "退"),
        "exceeds_spent");
    assert_non_null(strstr(tree_refusal(tree)->detail, "asked=35.01"));
    assert_non_null(strstr(tree_refusal(tree)->detail, "free=35.00"));
    DO(tree, LINZHOU, "refund", "RF-2", "pay_app_id", "P-1", "amount", "35", "reason", "退");
    assert_string_equal(
        SAY(tree, LINZHOU, "refund", "X", "pay_app_id", "P-2", "amount", "0.01", "reason", "退"),
        "exceeds_spent");
    tree_seal(tree);
    for (size_t i = 0; i < COUNT_OF(holders); i++) {
        const struct indicator line = line_at(tree, holders[i], "A-1");
        struct txn *txn = txn_open(tree_store(tree, holders[i]), NULL);
        char fault[512] = "";

        assert_int_equal(line.balance[ACC_AVAIL], 10000);
        assert_int_equal(line.balance[ACC_SPENT], 0);
        assert_int_equal(row_at(tree, holders[i], "P-1").spent, 500);
        assert_int_equal(row_at(tree, holders[i], "P-2").spent, 2000);
        if (verify_ledger(txn, tree_roster(tree), tree_division(LINZHOU), fault, sizeof fault) !=
            VERIFY_SOUND) {
            fail_msg("holder %d: %s", (int)holders[i], fault);
        }
        txn_free(txn);
    }
}

static void change_payment(struct tree *tree, const char *id, int64_t left, int64_t spent)
{
    const struct row_key key = row_key_of(ROW_DOCUMENT, tree_division(LINZHOU), bytes_text(id));
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    struct doc_row row;
    struct bytes value;

    assert_true(doc_load(txn, tree_division(LINZHOU), bytes_text(id), &row));
    row.left += left;
    row.spent += spent;
    doc_store(txn, tree_division(LINZHOU), bytes_text(id), &row);
    assert_true(txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value));
    tree_tamper(tree, REGION, SPACE_LEDGER, row_key_bytes(&key), value);
    txn_free(txn);
}

static void expect_fault(struct tree *tree, const char *words)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    char fault[512] = "";

    assert_int_equal(verify_ledger(txn, tree_roster(tree), tree_division(LINZHOU), fault,
                                   sizeof fault) == VERIFY_SOUND,
                     words == NULL);
    if (words != NULL && strstr(fault, words) == NULL) {
        fail_msg("%s, and not %s", fault, words);
    }
    txn_free(txn);
}

/* What a line has committed and spent is what its payments have, less its credits. */
static void a_line_and_its_payments_are_held_against_each_other(void **state)
{
    struct tree *tree = *state;

    PAY(tree, "P-3", "pay_app_amt", "5");
    DO(tree, LINZHOU, "refund", "RF-1", "bgt_id", "A-1", "amount", "25", "reason", "红字发票");
    DO(tree, LINZHOU, "refund", "RF-2", "pay_app_id", "P-2", "amount", "3", "reason", "退");
    tree_seal(tree);
    expect_fault(tree, NULL);
    change_payment(tree, "P-3", -1, 0);
    expect_fault(tree, "line_and_payments");
    change_payment(tree, "P-3", 1, 0);
    expect_fault(tree, NULL);
    change_payment(tree, "P-1", 0, -1);
    expect_fault(tree, "line_and_payments");
    change_payment(tree, "P-1", 0, 2);
    expect_fault(tree, "payment_in_parts");
}

/* What is asked of the line says it while something is frozen. */
static void expect_frozen_since(struct tree *tree, enum office_name at, const char *since)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct document_row row;
    char day[DAY_TEXT_SIZE];

    assert_true(query_document(txn, tree_division(LINZHOU), bytes_text("A-1"), &row));
    txn_free(txn);
    assert_int_equal(row.frozen_day != 0, row.balances[ACC_FROZEN] != 0);
    if (row.frozen_day != 0) {
        day_format(day, row.frozen_day);
        assert_string_equal(day, since);
    }
}

static void a_line_keeps_since_when_money_on_it_is_frozen(void **state)
{
    static const struct {
        const char *day, *kind, *amount, *since;
    } steps[] = {
        {"2026-07-01", "freeze", "10", "2026-07-01"},
        {"2026-07-05", "freeze", "5", "2026-07-01"},
        {"2026-07-06", "unfreeze", "14", "2026-07-01"},
        {"2026-07-07", "unfreeze", "1", "2026-07-01"},
        {"2026-07-09", "freeze", "1", "2026-07-09"},
    };
    static const enum office_name holders[] = {LINZHOU, LHASA, REGION};
    struct tree *tree = *state;

    assert_int_equal(line_at(tree, REGION, "A-1").frozen_day, 0);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "F-%zu", i);
        tree_set_day(tree, steps[i].day);
        DO(tree, LINZHOU, steps[i].kind, id, "bgt_id", "A-1", "amount", steps[i].amount, "reason",
           "核查");
        tree_seal(tree);
        for (size_t at = 0; at < COUNT_OF(holders); at++) {
            char day[DAY_TEXT_SIZE];

            day_format(day, line_at(tree, holders[at], "A-1").frozen_day);
            assert_string_equal(day, steps[i].since);
            expect_frozen_since(tree, holders[at], steps[i].since);
        }
    }
}

#define OPENED(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OPENED(refuses_for_the_first_reason_that_holds),
        OPENED(a_payment_says_on_which_day_it_was_applied_for),
        OPENED(the_set_says_what_lies_below_a_class),
        OPENED(what_is_spent_is_given_back_once),
        OPENED(a_line_and_its_payments_are_held_against_each_other),
        OPENED(a_line_keeps_since_when_money_on_it_is_frozen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
