/* Policy documents: their refusals, what is in force where, and what it asks of other documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/families/policy_in_force.h"
#include "tests/unit/ledger/tree.h"

static int open_tree(void **state)
{
    *state = tree_new();
    return 0;
}

static int close_tree(void **state)
{
    tree_free(*state);
    return 0;
}

#define POLICY(code, ...) "policy_code", code, "policy_value", __VA_ARGS__
#define REFUSED(tree, code, office, kind, id, ...)                                                 \
    assert_string_equal(SAY(tree, office, kind, id, __VA_ARGS__), code)
#define IN_FORCE(tree, office, figure, want) assert_int_equal(in_force(tree, office, figure), want)
#define PAYEE                                                                                      \
    "payee_acct_name", "施工队", "payee_acct_no", "62", "payee_acct_bank_name", "农行", "use_des", \
        "工程款"

static int in_force(struct tree *tree, enum office_name office, enum policy_figure figure)
{
    const struct ledger ledger = {.config = {tree_division(office), tree_roster(tree)}};
    struct txn *txn = txn_open(tree_store(tree, office), NULL);
    const int64_t number = policy_number(&ledger, txn, figure);

    txn_free(txn);
    return (int)number;
}

static void what_no_policy_says_is_refused(void **state)
{
    static const struct {
        const char *want, *code, *value, *scope;
    } cases[] = {
        {"bad_policy_code", "carry_min", "1", NULL},
        {"bad_policy_code", "required", "pro_code", NULL},
        {"bad_policy_code", "required.", "pro_code", NULL},
        {"bad_policy_code", "required.cheque", "pro_code", NULL},
        {"bad_policy_code", "required.agency", "agency_code", NULL}, /* has no elements */
        {"bad_policy_code", "required.settle", "pro_code", NULL},    /* no person's */
        {"bad_policy_value", "carry_max", "two", NULL},
        {"bad_policy_value", "carry_max", "-1", NULL},
        {"bad_policy_value", "carry_max", "100", NULL},
        {"bad_policy_value", "carry_max", "1,1", NULL},
        {"bad_policy_value", "carry_max", "1,", NULL},
        {"bad_policy_value", "years", "20", NULL},
        {"bad_policy_value", "years", "20,", NULL},
        {"bad_policy_value", "years", ",1", NULL},
        {"bad_policy_value", "years", "20,1,1", NULL},
        {"bad_policy_value", "project_total", "yes", NULL},
        {"bad_policy_value", "required.payment", "pro_code,", NULL},
        {"bad_policy_value", "required.payment", "amount", NULL}, /* no element */
        {"bad_policy_value", "required.payment", "pro_code agency_code", NULL},
        {"bad_scope", "carry_max", "1", "540100,"},
        {"bad_scope", "carry_max", "1", "540100 540200"},
        {"bad_scope", "carry_max", "1", "self,540100"},
        {"unknown_scope", "carry_max", "1", "540100,540300"},
        {"not_below_you", "carry_max", "1", "540200"},
        {"not_below_you", "carry_max", "1", "540121,540000"},
    };
    struct tree *tree = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const fields[] = {"policy_code",
                                      cases[i].code,
                                      "policy_value",
                                      cases[i].value,
                                      cases[i].scope != NULL ? "scope" : NULL,
                                      cases[i].scope,
                                      NULL};
        const char *code = tree_say(tree, LHASA, "policy", "PO-1", fields);

        if (strcmp(code, cases[i].want) != 0) {
            fail_msg("case %zu: %s, and not %s", i, code, cases[i].want);
        }
    }
}

static void the_strictest_of_ones_own_and_above_is_in_force(void **state)
{
    struct tree *tree = *state;

    IN_FORCE(tree, LHASA, POLICY_CARRY_MAX, 2);
    DO(tree, LHASA, "policy", "PO-1", POLICY("carry_max", "9")); /* nobody above says anything */
    tree_seal(tree);
    IN_FORCE(tree, LHASA, POLICY_CARRY_MAX, 9);
    IN_FORCE(tree, LINZHOU, POLICY_CARRY_MAX, 9);
    IN_FORCE(tree, REGION, POLICY_CARRY_MAX, 2);
    DO(tree, REGION, "policy", "PO-2", POLICY("carry_max", "5"));
    tree_seal(tree);
    IN_FORCE(tree, LINZHOU, POLICY_CARRY_MAX, 5);
    REFUSED(tree, "weaker_policy", LINZHOU, "policy", "PO-3", POLICY("carry_max", "6"));
    REFUSED(tree, "weaker_policy", LHASA, "policy", "PO-3",
            POLICY("carry_max", "6", "scope", "540121"));
    DO(tree, LINZHOU, "policy", "PO-3", POLICY("carry_max", "3"));
    DO(tree, REGION, "policy", "PO-4", POLICY("carry_max", "7")); /* takes its own back */
    tree_seal(tree);
    IN_FORCE(tree, REGION, POLICY_CARRY_MAX, 7);
    IN_FORCE(tree, LHASA, POLICY_CARRY_MAX, 7);
    IN_FORCE(tree, LINZHOU, POLICY_CARRY_MAX, 3);
    assert_int_equal(tree_alarms(tree), 0);
}

static void a_scope_covers_a_part(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "policy", "PO-1", POLICY("carry_max", "1", "scope", "540100,540202"));
    DO(tree, REGION, "policy", "PO-2", POLICY("project_total", "off", "scope", "self"));
    DO(tree, REGION, "policy", "PO-3", POLICY("years", "5,0"));
    DO(tree, REGION, "policy", "PO-4", POLICY("years", "9,1", "scope", "540200"));
    tree_seal(tree);
    IN_FORCE(tree, REGION, POLICY_CARRY_MAX, 2);
    IN_FORCE(tree, LHASA, POLICY_CARRY_MAX, 1);
    IN_FORCE(tree, LINZHOU, POLICY_CARRY_MAX, 1);
    IN_FORCE(tree, SHIGATSE, POLICY_CARRY_MAX, 2);
    IN_FORCE(tree, SANGZHUZI, POLICY_CARRY_MAX, 1);
    IN_FORCE(tree, REGION, POLICY_PROJECT_TOTAL, 0);
    IN_FORCE(tree, LHASA, POLICY_PROJECT_TOTAL, 1);
    IN_FORCE(tree, SHIGATSE, POLICY_YEARS_BACK, 5); /* both cover it */
    DO(tree, REGION, "policy", "PO-5", POLICY("carry_max", "4", "scope", "540100,540202"));
    tree_seal(tree);
    IN_FORCE(tree, LINZHOU, POLICY_CARRY_MAX, 4); /* the latest of one scope */
}

static void years_far_from_the_entry_are_refused(void **state)
{
    struct tree *tree = *state;

    REFUSED(tree, "bad_fiscal_year", LHASA, "agency", "G-1", "fiscal_year", "9999", "agency_code",
            "1", "agency_name", "局");
    REFUSED(tree, "bad_fiscal_year", LHASA, "agency", "G-1", "fiscal_year", "1999", "agency_code",
            "1", "agency_name", "局");
    REFUSED(tree, "bad_fiscal_year", LHASA, "agency", "G-1", "fiscal_year", "2028", "agency_code",
            "1", "agency_name", "局");
    assert_non_null(strstr(tree_refusal(tree)->detail, "2006"));
    assert_non_null(strstr(tree_refusal(tree)->detail, "2027"));
    DO(tree, LHASA, "agency", "G-1", "fiscal_year", "2006", "agency_code", "1", "agency_name",
       "局");
    DO(tree, LHASA, "agency", "G-2", "fiscal_year", "2027", "agency_code", "1", "agency_name",
       "局");
    DO(tree, REGION, "policy", "PO-1", POLICY("years", "0,3"));
    tree_seal(tree);
    REFUSED(tree, "bad_fiscal_year", LHASA, "agency", "G-3", "fiscal_year", "2025", "agency_code",
            "1", "agency_name", "局");
    DO(tree, LHASA, "agency", "G-3", "fiscal_year", "2029", "agency_code", "1", "agency_name",
       "局");
}

static void required_elements_are_asked_once_completed(void **state)
{
    struct tree *tree = *state;

    tree_carry_money(tree);
    DO(tree, REGION, "policy", "PO-1",
       POLICY("required.allocate", "exp_func_code,pro_code", "scope", "540100"));
    DO(tree, REGION, "policy", "PO-2", POLICY("required.payment", "pro_code"));
    DO(tree, REGION, "policy", "PO-3", POLICY("required.paid", "pro_code", "scope", "540121"));
    DO(tree, REGION, "policy", "PO-4", POLICY("required.release", "-"));
    tree_seal(tree);
    REFUSED(tree, "missing_pro_code", LHASA, "allocate", "A-9", "ori_bgt_id", "R-1", "agency_code",
            "001001", "amount", "1"); /* the function is its line's */
    REFUSED(tree, "missing_pro_code", LINZHOU, "payment", "P-9", "bgt_id", "A-3", "pay_app_amt",
            "1", PAYEE);
    REFUSED(tree, "missing_pro_code", LINZHOU, "paid", "V-9", "pay_app_id", "P-1", "xpay_amt", "1",
            "xpay_date", "2026-03-02", "agent_business_no", "N9");
    REFUSED(tree, "missing_pro_code", LINZHOU, "payment", "P-9", "bgt_id", "A-3", "pay_app_amt",
            "1", PAYEE, "pay_app_date", "2031-01-01"); /* what lacks before what is bad */
    REFUSED(tree, "missing_pro_code", LINZHOU, "payment", "P-9", "bgt_id", "A-3", "pay_app_amt",
            "1", PAYEE, "fiscal_year", "1999");
    REFUSED(tree, "unknown_bgt_id", LINZHOU, "payment", "P-9", "bgt_id", "NO", "pay_app_amt", "1",
            PAYEE);
    REFUSED(tree, "weaker_policy", LHASA, "policy", "PO-9",
            POLICY("required.allocate", "pro_code"));
    REFUSED(tree, "weaker_policy", LHASA, "policy", "PO-9", POLICY("required.allocate", "-"));
    DO(tree, LHASA, "policy", "PO-9",
       POLICY("required.allocate", "pro_code,exp_func_code,dep_bgt_eco_code"));
    DO(tree, REGION, "allocate", "A-9", "ori_bgt_id", "B-1", "agency_code", "001001", "amount", "1",
       "pro_code", "540000260001");
    DO(tree, REGION, "release", "L-9", "bgt_id", "A-9", "cor_bgt_doc_no", "1");
    DO(tree, REGION, "payment", "P-9", "bgt_id", "A-9", "pay_app_amt", "1", PAYEE);
    DO(tree, REGION, "policy", "PO-5", POLICY("required.budget", "exp_func_code"));
    REFUSED(tree, "missing_exp_func_code", REGION, "budget", "B-9", "stage", "request",
            "fund_type_code", "111", "amount", "1");
    DO(tree, REGION, "budget", "B-9", "stage", "ceiling", "fund_type_code", "111", "amount", "1");
    tree_seal(tree);
    assert_int_equal(tree_alarms(tree), 0);
}

/* A refund says no element where it opens no line: its line's are asked. */
static void a_refund_has_what_its_line_has(void **state)
{
    struct tree *tree = *state;

    tree_carry_money(tree);
    DO(tree, REGION, "policy", "PO-1", POLICY("required.refund", "agency_code"));
    tree_seal(tree);
    DO(tree, LINZHOU, "refund", "RF-1", "pay_app_id", "P-1", "amount", "1", "reason", "退");
    DO(tree, LINZHOU, "refund", "RF-2", "bgt_id", "A-3", "amount", "1", "reason", "退");
    REFUSED(tree, "missing_agency_code", LINZHOU, "refund", "X", "fund_type_code", "111", "amount",
            "1", "reason", "退");
    REFUSED(tree, "unknown_pay_app_id", LINZHOU, "refund", "X", "pay_app_id", "NO", "amount", "1",
            "reason", "退");
    DO(tree, REGION, "policy", "PO-2", POLICY("required.refund", "pro_code"));
    tree_seal(tree);
    REFUSED(tree, "missing_pro_code", LINZHOU, "refund", "X", "pay_app_id", "P-1", "amount", "1",
            "reason", "退");
    REFUSED(tree, "missing_pro_code", LINZHOU, "refund", "X", "bgt_id", "A-3", "amount", "1",
            "reason", "退");
}

/* The same money moves under whatever policy: what a log books does not hang on it. */
static struct hash digest_after(enum office_name office, bool with_policy)
{
    struct tree *tree = tree_new();
    struct ledger_position position;
    struct txn *txn;

    if (with_policy) {
        DO(tree, REGION, "policy", "PO-1", POLICY("carry_max", "1"));
    } else {
        DO(tree, REGION, "policy", "PO-1", POLICY("required.allocate", "agency_code"));
    }
    tree_carry_money(tree);
    assert_int_equal(tree_alarms(tree), 0);
    txn = txn_open(tree_store(tree, REGION), NULL);
    ledger_position(txn, tree_division(office), &position);
    txn_free(txn);
    tree_free(tree);
    return position.digest;
}

static void the_digest_does_not_hang_on_policy(void **state)
{
    (void)state;
    for (enum office_name office = REGION; office < OFFICES; office++) {
        const struct hash with = digest_after(office, true), without = digest_after(office, false);

        assert_true(hash_equal(&with, &without));
    }
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)
    const struct CMUnitTest tests[] = {
        IN_TREE(what_no_policy_says_is_refused),
        IN_TREE(the_strictest_of_ones_own_and_above_is_in_force),
        IN_TREE(a_scope_covers_a_part),
        IN_TREE(years_far_from_the_entry_are_refused),
        IN_TREE(required_elements_are_asked_once_completed),
        IN_TREE(a_refund_has_what_its_line_has),
        cmocka_unit_test(the_digest_does_not_hang_on_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
