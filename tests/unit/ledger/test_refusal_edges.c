/* Rules at their edges: calendars without an end, codes that lie deep below each other, what may be
 * said of a code that is carried, what is named twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/rows/open_items.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/schema/clocks.h"
#include "tests/unit/ledger/tree.h"

#define PAYEE                                                                                      \
    "payee_acct_name", "a", "payee_acct_no", "62", "payee_acct_bank_name", "b", "use_des", "c"
#define ISSUE "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal"
#define REPLY(amount)                                                                              \
    "stage", "reply", "fund_type_code", "111", "approval_ref", "1", "amount", amount
#define REFUSED(want, ...) assert_string_equal(SAY(__VA_ARGS__), want)

static int open_tree(void **state)
{
    *state = tree_new();
    return 0;
}

static int close_tree(void **state)
{
    struct tree *tree = *state;

    assert_int_equal(tree_alarms(tree), 0);
    tree_free(tree);
    return 0;
}

/* --- how long an answer may take --- */

static bool take_due(void *arg, const struct open_item *item)
{
    *(uint64_t *)arg = item->place.due;
    return false;
}

/* Days from the day of entry until the only ask of an office is due. */
static uint64_t days_until_due(struct tree *tree, enum office_name office)
{
    struct txn *txn = txn_open(tree_store(tree, office), NULL);
    struct ledger_position position;
    uint64_t due = 0;

    open_items_each(txn, OPEN_AWAITED, tree_division(office), NULL, take_due, &due);
    ledger_position(txn, tree_division(office), &position);
    txn_free(txn);
    return due - clock_day(position.time_ms);
}

static void say_of_years(struct tree *tree, enum office_name office, const char *word, int years)
{
    char id[16], first[24], last[24];

    for (int year = 2026; year < 2026 + years; year++) {
        (void)snprintf(id, sizeof id, "C-%d", year);
        (void)snprintf(first, sizeof first, "%d-01-01", year);
        (void)snprintf(last, sizeof last, "%d-12-31", year);
        DO(tree, office, "calendar", id, "date", first, "end_date", last, word,
           strcmp(word, "suspends") == 0 ? "1" : "2");
    }
}

/* Days that do not count are passed over, for twenty years and no longer. */
static void an_answer_is_due_some_day(void **state)
{
    struct tree *tree = *state;
    uint64_t days;

    say_of_years(tree, REGION, "suspends", 25);
    DO(tree, REGION, "budget", "B", REPLY("100"));
    DO(tree, REGION, "transfer", "T", "ori_bgt_id", "B", "rec_div_code", "540100", "amount", "1",
       ISSUE);
    tree_seal(tree);
    days = days_until_due(tree, REGION);
    assert_true(days >= 7320 && days < 7324);
}

/* Where no day is a workday, the first one behind a year without any is. */
static void a_year_without_a_workday_is_passed_over(void **state)
{
    struct tree *tree = *state;
    uint64_t days;

    say_of_years(tree, REGION, "is_workday", 4);
    DO(tree, REGION, "budget", "B", REPLY("100"));
    DO(tree, REGION, "transfer", "T", "ori_bgt_id", "B", "rec_div_code", "540100", "amount", "1",
       ISSUE);
    tree_seal(tree);
    days = days_until_due(tree, REGION);
    assert_true(days >= 7 + 366 && days < 7 + 366 + 3);
}

/* Of what one author says of a day, for two scopes that both hold, the day off goes first, in
 * whatever order he says it; an ask of more days than a calendar is followed for is due by these.
 */
static void of_two_words_the_day_off_holds(void **state)
{
    struct tree *tree = *state;

    /* 2026-01-08 is a Thursday, a week after the first */
    DO(tree, REGION, "calendar", "C-1", "date", "2026-01-08", "is_workday", "2", "scope", "540100");
    DO(tree, REGION, "calendar", "C-2", "date", "2026-01-08", "is_workday", "1");
    DO(tree, REGION, "calendar", "C-3", "date", "2026-01-09", "is_workday", "1");
    DO(tree, REGION, "budget", "B", REPLY("100"));
    DO(tree, REGION, "transfer", "T", "ori_bgt_id", "B", "rec_div_code", "540100", "amount", "1",
       ISSUE);
    tree_seal(tree);
    assert_int_equal(days_until_due(tree, REGION), 8);
    DO(tree, LHASA, "return", "R", "bgt_id", "T", "reason", "r");
    tree_seal(tree);
    DO(tree, REGION, "transfer", "U", "ori_bgt_id", "B", "rec_div_code", "540100", "amount", "1",
       "due_days", "4001", ISSUE);
    tree_seal(tree);
    assert_true(days_until_due(tree, REGION) >= 4001 && days_until_due(tree, REGION) <= 4003);
}

/* --- codes --- */

#define CODE(year, code, parent)                                                                   \
    "fiscal_year", year, "ele_catalog_code", "dep_bgt_eco", "ele_code", code, "ele_name", code,    \
        "parent_code", parent

/* `count` codes, each below the one before: "c01" is the first. */
static void say_chain(struct tree *tree, enum office_name office, int count)
{
    char id[16], code[16], parent[16] = "";

    for (int i = 1; i <= count; i++) {
        (void)snprintf(id, sizeof id, "E-%02d", i);
        (void)snprintf(code, sizeof code, "c%02d", i);
        if (i == 1) {
            DO(tree, office, "element", id, "ele_catalog_code", "dep_bgt_eco", "ele_code", code,
               "ele_name", code);
        } else {
            DO(tree, office, "element", id, CODE("2026", code, parent));
        }
        memcpy(parent, code, sizeof parent);
        if (i % 20 == 0) {
            tree_seal(tree);
        }
    }
}

/* A payment may say its class more exactly than its line: one that lies below it, and not one that
 * lies beside it or above. */
static void a_class_lies_below_that_of_its_line(void **state)
{
    static const struct {
        const char *code, *want;
    } cases[] = {{"c02", ""},
                 {"c03", ""},
                 {"c05", ""},
                 {"c01", "eco_differs"},
                 {"d01", "eco_differs"},
                 {"c20", "eco_differs"}};
    struct tree *tree = *state;

    say_chain(tree, LHASA, 20);
    DO(tree, LHASA, "element", "D-1", "ele_catalog_code", "dep_bgt_eco", "ele_code", "d01",
       "ele_name", "d");
    DO(tree, LHASA, "agency", "G", "agency_code", "1", "agency_name", "a");
    DO(tree, LHASA, "budget", "B", REPLY("100"));
    DO(tree, LHASA, "allocate", "A", "ori_bgt_id", "B", "amount", "50", "agency_code", "1",
       "dep_bgt_eco_code", "c02");
    DO(tree, LHASA, "release", "L", "bgt_id", "A", "cor_bgt_doc_no", "1");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char id[8];

        (void)snprintf(id, sizeof id, "P-%zu", i);
        REFUSED(cases[i].want, tree, LHASA, "payment", id, "bgt_id", "A", "pay_app_amt", "1",
                "dep_bgt_eco_code", cases[i].code, PAYEE);
    }
    tree_seal(tree);
}

/* Thirty-two codes may lie above one; further up nobody looks whether they lie in a ring. */
static void codes_lie_thirty_two_deep(void **state)
{
    struct tree *tree = *state;

    say_chain(tree, LHASA, 32);
    DO(tree, LHASA, "element", "X-33", CODE("2026", "c33", "c32"));
    REFUSED("wrong_state", tree, LHASA, "element", "X-34", CODE("2026", "c34", "c33"));
    REFUSED("wrong_state", tree, LHASA, "element", "X-1", CODE("2026", "c01", "c05"));
    REFUSED("unknown_parent_code", tree, LHASA, "element", "X-2", CODE("2026", "x", "NO"));
    tree_seal(tree);
}

#define MAP(from, to)                                                                              \
    "fiscal_year", "2027", "ele_catalog_code", "dep_bgt_eco", "from_code", from, "to_code", to

/* Until its year is open a code may be mapped otherwise; what a level above said, never. */
static void a_code_is_mapped_until_its_year_is_open(void **state)
{
    struct tree *tree = *state;

#define SET(year, code)                                                                            \
    "fiscal_year", year, "ele_catalog_code", "dep_bgt_eco", "ele_code", code, "ele_name", code
    DO(tree, REGION, "element", "E-1", SET("2026", "301"));
    DO(tree, REGION, "element", "E-2", SET("2026", "302"));
    DO(tree, REGION, "element", "E-3", SET("2027", "401"));
    DO(tree, REGION, "element", "E-4", SET("2027", "402"));
    DO(tree, REGION, "element_map", "M-1", MAP("301", "401"));
    tree_seal(tree);
    DO(tree, LHASA, "open_year", "O-1", "fiscal_year", "2026");
    DO(tree, LHASA, "element_map", "M-1", MAP("302", "401"));
    DO(tree, LHASA, "element_map", "M-2", MAP("302", "402"));
    REFUSED("wrong_state", tree, LHASA, "element_map", "M-3", MAP("301", "402"));
    DO(tree, LHASA, "open_year", "O-2", "fiscal_year", "2027");
    REFUSED("wrong_state", tree, LHASA, "element_map", "M-4", MAP("302", "401"));
    assert_non_null(strstr(tree_refusal(tree)->detail, "402"));
    REFUSED("unknown_from_code", tree, LHASA, "element_map", "M-5", MAP("NO", "401"));
    REFUSED("bad_ele_catalog_code", tree, LHASA, "element_map", "M-6", "fiscal_year", "2027",
            "ele_catalog_code", "fund_type", "from_code", "111", "to_code", "112");
    tree_seal(tree);
}

/* Once a code has money in an open year it stays in use in that year. */
static void a_code_with_money_stays_in_use(void **state)
{
    struct tree *tree = *state;

#define FUND(year, enabled)                                                                        \
    "fiscal_year", year, "ele_catalog_code", "fund_type", "ele_code", "111", "ele_name", "f",      \
        "is_enabled", enabled
    DO(tree, LHASA, "element", "F-1", FUND("2026", "1"));
    DO(tree, LHASA, "element", "F-2", FUND("2027", "1"));
    DO(tree, LHASA, "budget", "B", REPLY("10"));
    tree_seal(tree);
    REFUSED("wrong_state", tree, LHASA, "element", "F-3", FUND("2026", "2"));
    DO(tree, LHASA, "element", "F-4", FUND("2027", "2")); /* none of that year */
    DO(tree, LHASA, "element", "F-5", FUND("2027", "2")); /* once more */
    DO(tree, LHASA, "lapse", "Z", "bgt_id", "B", "amount", "10", "reason", "r");
    DO(tree, LHASA, "close_year", "Y", "memo", "m");
    tree_seal(tree);
    REFUSED("closed_year", tree, LHASA, "element", "F-6", FUND("2026", "2"));
}

/* --- what is carried keeps what it is for --- */

static void what_is_carried_keeps_its_purpose(void **state)
{
    static const struct {
        const char *want, *fields[9];
    } cases[] = {
        {"direct_differs", {"is_direct", "1"}},
        {"direct_differs", {"is_track", "1"}},
        {"direct_differs", {"track_pro_code", "7"}},
        {"earmark_differs", {"tp_func_code", "206"}},
        {"earmark_differs", {"tp_func_code", "206", "is_direct", "1"}},
        {"fund_type_differs", {"fund_type_code", "112"}},
        {"fund_type_differs", {"tp_func_code", "206", "fund_type_code", "112"}},
        {"fund_type_differs", {"is_direct", "1", "fund_type_code", "112"}},
        {"wrong_state", {"exp_func_code", "2050201"}},
        {"", {"tp_func_code", "205"}}, /* as it is */
    };
    struct tree *tree = *state;

    DO(tree, LHASA, "transfer_in", "S", "ori_div_code", "100000", "sup_bgt_doc_no", "1", "amount",
       "50", "fund_type_code", "111", "tra_type_code", "special", "stage", "formal", "tp_func_code",
       "205");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *fields[16] = {"bgt_id", "S", "amount", "5"};

        for (size_t k = 0; cases[i].fields[k] != NULL; k++) {
            fields[4 + k] = cases[i].fields[k];
        }
        if (strcmp(tree_say(tree, LHASA, "carry_over", "X", fields), cases[i].want) != 0) {
            fail_msg("case %zu: %s %s", i, cases[i].want, tree_refusal(tree)->detail);
        }
    }
    tree_seal(tree);
}

/* --- differences --- */

/* What is formal after an early one names an early one: of the same sort, receiver, year, fund. */
static void a_difference_names_an_early_one(void **state)
{
    static const char *const wrong[][2] = {
        {"T", "540200"}, /* another's */
        {"F", "540100"}, /* a formal one */
        {"B", "540100"}, /* no transfer */
        {"NO", "540100"},
    };
    struct tree *tree = *state;

    DO(tree, REGION, "budget", "B", REPLY("100"));
    DO(tree, REGION, "transfer", "T", "ori_bgt_id", "B", "rec_div_code", "540100", "amount", "20",
       "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "early");
    DO(tree, REGION, "transfer", "F", "ori_bgt_id", "B", "rec_div_code", "540100", "amount", "20",
       ISSUE);
    tree_seal(tree);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        REFUSED("unknown_early_bgt_id", tree, REGION, "transfer", "X", "early_bgt_id", wrong[i][0],
                "rec_div_code", wrong[i][1], "amount", "-1", ISSUE);
    }
    REFUSED("unknown_early_bgt_id", tree, REGION, "transfer", "X", "early_bgt_id", "T",
            "rec_div_code", "540100", "amount", "-1", "fund_type_code", "112", ISSUE);
    REFUSED("wrong_state", tree, REGION, "transfer", "X", "early_bgt_id", "T", "rec_div_code",
            "540100", "amount", "-1", ISSUE);
    REFUSED("bad_stage", tree, REGION, "transfer", "X", "early_bgt_id", "T", "rec_div_code",
            "540100", "amount", "-1", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage",
            "early");
    REFUSED("unknown_field_ori_bgt_id", tree, REGION, "transfer", "X", "early_bgt_id", "T",
            "ori_bgt_id", "B", "rec_div_code", "540100", "amount", "-1", ISSUE);
    REFUSED("unknown_field_estimate_id", tree, REGION, "budget", "X", "stage", "request",
            "fund_type_code", "111", "amount", "1", "estimate_id", "B");
}

/* What went out of the tree and is taken back goes back to where it came from. */
static void what_is_taken_back_from_outside_goes_back(void **state)
{
    struct tree *tree = *state;

#define OUT(id, line, early, amount)                                                               \
    tree, REGION, "transfer_out", id, "ori_bgt_id", line, "early_bgt_id", early, "rec_div_code",   \
        "540199", "amount", amount, ISSUE
    DO(tree, REGION, "budget", "B", REPLY("100"));
    DO(tree, REGION, "budget", "C", REPLY("100"));
    DO(tree, REGION, "transfer_out", "O", "ori_bgt_id", "B", "rec_div_code", "540199", "amount",
       "20", ISSUE);
    REFUSED("unknown_ori_bgt_id", OUT("X", "C", "O", "-1"));
    REFUSED("unknown_early_bgt_id", OUT("X", "B", "NO", "-1"));
    REFUSED("wrong_state", tree, REGION, "transfer_out", "X", "ori_bgt_id", "O", "rec_div_code",
            "540199", "amount", "1", ISSUE);
    REFUSED("exceeds_transferred", OUT("X", "B", "O", "-21"));
    REFUSED("", OUT("Y", "B", "O", "-20"));
    REFUSED("exceeds_transferred", OUT("X", "B", "O", "-1"));
#define IN(id, from, early, fund, amount)                                                          \
    tree, REGION, "transfer_in", id, "ori_div_code", from, "sup_bgt_doc_no", "1", "early_bgt_id",  \
        early, "fund_type_code", fund, "amount", amount, "tra_type_code", "general", "stage",      \
        "formal"
    DO(tree, REGION, "transfer_in", "I", "ori_div_code", "100000", "sup_bgt_doc_no", "1",
       "fund_type_code", "111", "amount", "9", "tra_type_code", "general", "stage", "early");
    REFUSED("fund_type_differs", IN("X", "100000", "I", "112", "-1"));
    REFUSED("exceeds_available", IN("X", "100000", "I", "111", "-10"));
    REFUSED("", IN("Z", "100000", "I", "111", "-9"));
    tree_seal(tree);
}

/* --- adjustments, projects --- */

static void money_of_a_closed_project_is_not_raised(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "agency", "G", "agency_code", "1", "agency_name", "a");
    DO(tree, LHASA, "project", "P", "pro_code", "P", "state", "reserved", "pro_name", "p",
       "pro_cat_code", "3", "agency_code", "1", "setup_year", "2026", "pro_total_amt", "90");
    DO(tree, LHASA, "budget", "B", REPLY("50"), "pro_code", "P");
    DO(tree, LHASA, "adjust", "J", "bgt_id", "B", "amount", "5", "approval_ref", "1");
    DO(tree, LHASA, "adjust", "K", "bgt_id", "B", "amount", "-55", "approval_ref", "1");
    DO(tree, LHASA, "project", "P2", "pro_code", "P", "state", "closed");
    REFUSED("wrong_state", tree, LHASA, "adjust", "X", "bgt_id", "B", "amount", "5", "approval_ref",
            "1");
    REFUSED("exceeds_available", tree, LHASA, "adjust", "X", "bgt_id", "B", "amount", "-1",
            "approval_ref", "1");
    tree_seal(tree);
}

/* A lower total than what is taken already is refused; the same one, a higher one, and one that is
 * lower and still enough are not. */
static void a_total_is_not_lowered_below_what_is_taken(void **state)
{
    static const struct {
        const char *total, *want;
    } cases[] = {{"90", ""}, {"60", ""}, {"49", "exceeds_project_total"}, {"50", ""}, {"70", ""}};
    struct tree *tree = *state;

    DO(tree, LHASA, "agency", "G", "agency_code", "1", "agency_name", "a");
    DO(tree, LHASA, "project", "P", "pro_code", "P", "state", "reserved", "pro_name", "p",
       "pro_cat_code", "3", "agency_code", "1", "setup_year", "2026");
    DO(tree, LHASA, "budget", "B", REPLY("100"));
    DO(tree, LHASA, "allocate", "A", "ori_bgt_id", "B", "amount", "50", "agency_code", "1",
       "pro_code", "P");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char id[8];

        (void)snprintf(id, sizeof id, "V-%zu", i);
        REFUSED(cases[i].want, tree, LHASA, "project", id, "pro_code", "P", "state", "executing",
                "pro_total_amt", cases[i].total);
    }
    tree_seal(tree);
}

/* --- one number of two issuers --- */

/* Nobody chooses for whom the money is: who has it from two names one. */
static void a_number_of_two_issuers_is_ambiguous(void **state)
{
    struct tree *tree = *state;

    for (int i = 0; i < 2; i++) {
        const enum office_name issuer = i == 0 ? REGION : LHASA;

        DO(tree, issuer, "budget", "B", REPLY("100"));
        DO(tree, issuer, "transfer", "T", "ori_bgt_id", "B", "rec_div_code", "540121", "amount",
           i == 0 ? "7" : "8", ISSUE);
    }
    tree_seal(tree);
    REFUSED("ambiguous_issuer", tree, LINZHOU, "register", "R", "bgt_id", "T");
    assert_non_null(strstr(tree_refusal(tree)->detail, "540100 8.00 1; 540000 7.00 1"));
    REFUSED("unknown_bgt_id", tree, LINZHOU, "register", "R", "bgt_id", "T", "ori_div_code",
            "540200");
    assert_non_null(strstr(tree_refusal(tree)->detail, "540100"));
    DO(tree, LINZHOU, "register", "R", "bgt_id", "T", "ori_div_code", "540000");
    DO(tree, LINZHOU, "return", "S", "bgt_id", "T", "ori_div_code", "540100", "reason", "r");
    REFUSED("unknown_ori_div_code", tree, LINZHOU, "register", "X", "bgt_id", "T", "ori_div_code",
            "999999");
    tree_seal(tree);
}

/* Many are below: whoever registers it is told of one that sent it. */
static void money_that_comes_up_says_from_whom(void **state)
{
    static const enum office_name authors[] = {LHASA, SHIGATSE};
    struct tree *tree = *state;

    for (size_t i = 0; i < COUNT_OF(authors); i++) {
        DO(tree, authors[i], "budget", "B", REPLY("100"));
        DO(tree, authors[i], "remit", "M", "ori_bgt_id", "B", "rec_div_code", "540000", "amount",
           "7", "cor_bgt_doc_no", "1");
    }
    tree_seal(tree);
    REFUSED("unknown_bgt_id", tree, REGION, "register", "R", "bgt_id", "M");
    assert_non_null(strstr(tree_refusal(tree)->detail, "540100"));
    DO(tree, REGION, "register", "R", "bgt_id", "M", "ori_div_code", "540200");
    DO(tree, REGION, "return", "S", "bgt_id", "M", "ori_div_code", "540100", "reason", "r");
    tree_seal(tree);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(an_answer_is_due_some_day),
        IN_TREE(a_year_without_a_workday_is_passed_over),
        IN_TREE(of_two_words_the_day_off_holds),
        IN_TREE(a_class_lies_below_that_of_its_line),
        IN_TREE(codes_lie_thirty_two_deep),
        IN_TREE(a_code_is_mapped_until_its_year_is_open),
        IN_TREE(a_code_with_money_stays_in_use),
        IN_TREE(what_is_carried_keeps_its_purpose),
        IN_TREE(a_difference_names_an_early_one),
        IN_TREE(what_is_taken_back_from_outside_goes_back),
        IN_TREE(money_of_a_closed_project_is_not_raised),
        IN_TREE(a_total_is_not_lowered_below_what_is_taken),
        IN_TREE(a_number_of_two_issuers_is_ambiguous),
        IN_TREE(money_that_comes_up_says_from_whom),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
