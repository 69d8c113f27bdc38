/* A division that nobody has let in yet: its ledger keeps what is its own, and has nobody above or
 * below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/ledger/tree.h"

enum { SAID_MAX = 21 };
#define PAYEE                                                                                      \
    "payee_acct_name", "a", "payee_acct_no", "62", "payee_acct_bank_name", "b", "use_des", "c"

static void who_has_no_grant_keeps_its_own_ledger(void **state)
{
    static const struct {
        const char *want, *kind, *id;
        const char *fields[SAID_MAX];
    } cases[] = {
        {"", "agency", "G", {"agency_code", "1", "agency_name", "a"}},
        {"", "element", "E", {"ele_catalog_code", "fund_type", "ele_code", "111", "ele_name", "a"}},
        {"",
         "project",
         "P",
         {"pro_code", "P", "state", "reserved", "pro_name", "p", "pro_cat_code", "3", "agency_code",
          "1", "setup_year", "2026"}},
        {"",
         "budget",
         "B",
         {"stage", "reply", "fund_type_code", "111", "amount", "9", "approval_ref", "1"}},
        {"", "allocate", "A", {"ori_bgt_id", "B", "amount", "9", "agency_code", "1"}},
        {"", "release", "L", {"bgt_id", "A", "cor_bgt_doc_no", "1"}},
        {"", "payment", "Y", {"bgt_id", "A", "pay_app_amt", "9", PAYEE}},
        {"",
         "paid",
         "V",
         {"pay_app_id", "Y", "xpay_amt", "9", "xpay_date", "2026-01-01", "agent_business_no", "1"}},
        {"", "policy", "O", {"policy_code", "carry_max", "policy_value", "1"}},
        {"", "calendar", "C", {"date", "2026-05-01", "is_workday", "2"}},
        /* nobody is above or below */
        {"unknown_bgt_id", "register", "X", {"bgt_id", "T"}},
        {"unknown_bgt_id", "return", "X", {"bgt_id", "T", "reason", "r"}},
        {"unknown_recall_id", "recall_refuse", "X", {"recall_id", "T", "reason", "r"}},
        {"not_above_you",
         "remit",
         "X",
         {"ori_bgt_id", "B", "rec_div_code", "540200", "amount", "1", "cor_bgt_doc_no", "1"}},
        {"not_below_you",
         "transfer",
         "X",
         {"ori_bgt_id", "B", "rec_div_code", "540121", "amount", "1", "cor_bgt_doc_no", "1",
          "tra_type_code", "general", "stage", "formal"}},
        {"not_below_you",
         "policy",
         "X",
         {"policy_code", "carry_max", "policy_value", "1", "scope", "540121"}},
        {"unknown_pro_code",
         "allocate",
         "X",
         {"ori_bgt_id", "B", "amount", "1", "agency_code", "1", "pro_code", "NO"}},
        {"unknown_ori_bgt_id",
         "remit",
         "X",
         {"ori_bgt_id", "NO", "rec_div_code", "540200", "amount", "1", "cor_bgt_doc_no", "1"}},
        /* its years */
        {"", "close_year", "Z", {"memo", "m"}},
        {"", "reopen_year", "W", {"reason", "r"}},
    };
    struct tree *tree = tree_new_without(SANGZHUZI);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *got = tree_say(tree, SANGZHUZI, cases[i].kind, cases[i].id, cases[i].fields);

        if (strcmp(got, cases[i].want) != 0) {
            fail_msg("%s %s: \"%s\", not \"%s\" (%s)", cases[i].kind, cases[i].id, got,
                     cases[i].want, got[0] == '\0' ? "" : tree_refusal(tree)->detail);
        }
    }
    assert_int_equal(tree_alarms(tree), 0);
    tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_no_grant_keeps_its_own_ledger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
