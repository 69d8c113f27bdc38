/* What a year leaves over: carried into the year after or lapsed; and money that comes back of a
 * year that is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/history.h"
#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/verify/verify_ledger.h"
#include "tests/unit/ledger/tree.h"

enum { SAID_MAX = 20 };

#define NEXT  "fiscal_year", "2027"
#define AFTER "fiscal_year", "2028"

#define REFUND(amount) "pay_app_id", "P-1", "amount", amount, "reason", "x"

/* Linzhou: R-2 with 50.00 unallocated, A-3 with 90.00 released and 20.00 committed; C-1 of class
 * 30201, 10.00 pending; S-1 earmarked money of the region's project, direct. */
static int open_tree(void **state)
{
    struct tree *tree = tree_new();

    tree_carry_money(tree);
    DO(tree, LINZHOU, "budget", "B-1", "stage", "reply", "fund_type_code", "111", "amount", "30",
       "approval_ref", "1");
    DO(tree, LINZHOU, "allocate", "C-1", "ori_bgt_id", "B-1", "agency_code", "001001", "amount",
       "10", "dep_bgt_eco_code", "30201", "exp_func_code", "2050201");
    DO(tree, REGION, "transfer_in", "TI-1", "ori_div_code", "100000", "sup_bgt_doc_no", "1",
       "amount", "500", "fund_type_code", "111", "tra_type_code", "special", "stage", "formal",
       "tp_func_code", "2130199", "is_direct", "1");
    DO(tree, REGION, "transfer", "T-5", "ori_bgt_id", "TI-1", "rec_div_code", "540121", "amount",
       "20", "cor_bgt_doc_no", "2", "tra_type_code", "special", "stage", "formal", "pro_code",
       "540000260001");
    tree_seal(tree);
    DO(tree, LINZHOU, "register", "S-1", "bgt_id", "T-5", "ori_div_code", "540000");
    tree_seal(tree);
    *state = tree;
    return 0;
}

static int close_tree(void **state)
{
    tree_free(*state);
    return 0;
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)

/* The line as the region has it; views live in *txn, which the caller frees. */
static struct indicator load_line(struct tree *tree, struct txn **txn, const char *id)
{
    struct indicator line;

    *txn = txn_open(tree_store(tree, REGION), NULL);
    assert_true(indicator_load(*txn, tree_division(LINZHOU), bytes_text(id), &line));
    return line;
}

static int128 balance(struct tree *tree, const char *id, enum account account)
{
    struct txn *txn;
    const struct indicator line = load_line(tree, &txn, id);

    txn_free(txn);
    return line.balance[account];
}

static void check_element(struct tree *tree, const char *id, enum field field, const char *want)
{
    struct txn *txn;
    const struct indicator line = load_line(tree, &txn, id);
    struct document elements;
    struct bytes got;

    indicator_elements(&line, &elements);
    got = document_text(&elements, field);
    if (!bytes_equal(got, bytes_text(want))) {
        fail_msg("%s: %s is \"%.*s\", not \"%s\"", id, field_info(field)->name, (int)got.size,
                 (const char *)got.data, want);
    }
    txn_free(txn);
}

static void check_issuer(struct tree *tree, const char *id, struct division want)
{
    struct txn *txn;
    const struct indicator line = load_line(tree, &txn, id);

    assert_true(division_equal(line.issuer, want));
    txn_free(txn);
}

static void check_sound(struct tree *tree)
{
    char fault[VERIFY_FAULT_MAX] = "";

    tree_seal(tree);
    for (int at = REGION; at <= LINZHOU; at++) {
        struct txn *txn = txn_open(tree_store(tree, (enum office_name)at), NULL);

        if (at != SHIGATSE && verify_ledger(txn, tree_roster(tree), tree_division(LINZHOU), fault,
                                            sizeof fault) != VERIFY_SOUND) {
            fail_msg("at %s: %s", tree_division((enum office_name)at).code, fault);
        }
        txn_free(txn);
    }
    assert_int_equal(tree_alarms(tree), 0);
}

struct said {
    const char *want, *kind, *fields[SAID_MAX];
};

static void refuse_all(struct tree *tree, const struct said *said, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *got = tree_say(tree, LINZHOU, said[i].kind, "X", said[i].fields);

        if (strcmp(got, said[i].want) != 0) {
            fail_msg("%zu: %s: \"%s\", not \"%s\"", i, said[i].kind, got, said[i].want);
        }
    }
}

/* --- carrying --- */

static void what_is_left_goes_on_as_what_it_is(void **state)
{
    static const struct {
        const char *of, *id, *amount;
        enum account account;
        bool is_released;
    } cases[] = {
        {"R-2", "K-1", "50", ACC_UNALLOC, false},
        {"C-1", "K-2", "10", ACC_PENDING, false},
        {"A-3", "K-3", "90", ACC_AVAIL, true},
    };
    struct tree *tree = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct indicator line;
        struct txn *txn;
        int128 fen;

        DO(tree, LINZHOU, "carry_over", cases[i].id, "bgt_id", cases[i].of, "amount",
           cases[i].amount);
        tree_seal(tree);
        line = load_line(tree, &txn, cases[i].id);
        fen = line.balance[cases[i].account];
        assert_int_equal(line.year, 2027);
        assert_int_equal(line.kind, KIND_CARRY_OVER);
        assert_int_equal(line.balance[ACC_SRC_CARRY_IN], -fen);
        assert_int_equal(line.carried_times, 1);
        assert_int_equal(line.origin.size, 0);
        assert_true(bytes_equal(line.source, bytes_text(cases[i].id)));
        assert_int_equal((line.flags & INDICATOR_RELEASED) != 0, cases[i].is_released);
        txn_free(txn);
        assert_int_equal(balance(tree, cases[i].of, ACC_CARRY_OUT), fen);
        assert_int_equal(balance(tree, cases[i].of, cases[i].account), 0);
    }
    check_element(tree, "K-2", FIELD_AGENCY_CODE, "001001");
    check_element(tree, "K-2", FIELD_DEP_BGT_ECO_CODE, "30201");
    check_element(tree, "K-3", FIELD_AGENCY_CODE, "001001");
    check_issuer(tree, "K-1", tree_division(LHASA));
    check_issuer(tree, "K-2", DIVISION_NONE);        /* its own assembly's */
    check_issuer(tree, "K-3", tree_division(LHASA)); /* of R-2, where A-3 is from */
    check_sound(tree);
}

/* In the year after it is used as any money is, while the year before is still open. */
static void both_years_go_on_side_by_side(void **state)
{
    struct tree *tree = *state;

    DO(tree, LINZHOU, "carry_over", "K-1", "bgt_id", "R-2", "amount", "40");
    DO(tree, LINZHOU, "carry_over", "K-2", "bgt_id", "C-1", "amount", "10");
    DO(tree, LINZHOU, "allocate", "A-7", NEXT, "ori_bgt_id", "K-1", "agency_code", "001001",
       "amount", "40");
    DO(tree, LINZHOU, "release", "L-7", NEXT, "bgt_id", "K-2", "cor_bgt_doc_no", "1");
    DO(tree, LINZHOU, "reduce", "D-7", NEXT, "bgt_id", "A-7", "amount", "5");
    DO(tree, LINZHOU, "allocate", "A-6", "ori_bgt_id", "R-2", "agency_code", "001001", "amount",
       "10");
    assert_string_equal(SAY(tree, LINZHOU, "allocate", "X", "ori_bgt_id", "K-1", "agency_code",
                            "001001", "amount", "1"),
                        "year_differs");
    check_sound(tree);
    assert_int_equal(balance(tree, "K-1", ACC_UNALLOC), 500);
    assert_int_equal(balance(tree, "K-2", ACC_AVAIL), 1000);
    assert_int_equal(balance(tree, "R-2", ACC_UNALLOC), 0);
}

static void whose_money_it_is_goes_on_with_it(void **state)
{
    struct tree *tree = *state;
    struct indicator line;
    struct txn *txn;

    DO(tree, LINZHOU, "carry_over", "K-1", "bgt_id", "S-1", "amount", "20");
    DO(tree, LINZHOU, "carry_over", "K-2", NEXT, "bgt_id", "K-1", "amount", "15");
    tree_seal(tree);
    line = load_line(tree, &txn, "K-2");
    assert_true(division_equal(line.issuer, tree_division(REGION)));
    assert_true((line.flags & INDICATOR_EARMARKED) != 0);
    assert_int_equal(line.carried_times, 2);
    assert_int_equal(line.year, 2028);
    txn_free(txn);
    check_element(tree, "K-2", FIELD_IS_DIRECT, "1");
    check_element(tree, "K-2", FIELD_TP_FUNC_CODE, "2130199");
    check_element(tree, "K-2", FIELD_PRO_CODE, "540000260001");
    tree_set_day(tree, "2027-12-31");
    assert_string_equal(
        SAY(tree, LINZHOU, "carry_over", "K-3", AFTER, "bgt_id", "K-2", "amount", "1"),
        "carried_too_long");
    check_sound(tree);
}

/* Allocated and spent, it is the money that was carried all the same; and so is what comes back. */
static void what_was_carried_stays_carried(void **state)
{
    struct tree *tree = *state;

    DO(tree, LINZHOU, "carry_over", "K-1", "bgt_id", "R-2", "amount", "20");
    DO(tree, LINZHOU, "allocate", "A-5", NEXT, "ori_bgt_id", "K-1", "agency_code", "001001",
       "amount", "20");
    DO(tree, LINZHOU, "release", "L-5", NEXT, "bgt_id", "A-5", "cor_bgt_doc_no", "1");
    DO(tree, LINZHOU, "virement", "V-5", NEXT, "from_bgt_id", "A-5", "agency_code", "001001",
       "exp_func_code", "2130199", "amount", "5");
    tree_set_day(tree, "2027-12-31");
    DO(tree, LINZHOU, "payment", "P-5", NEXT, "bgt_id", "A-5", "pay_app_amt", "4",
       "payee_acct_name", "甲", "payee_acct_no", "1", "payee_acct_bank_name", "行", "use_des", "x");
    DO(tree, LINZHOU, "paid", "PD-5", NEXT, "pay_app_id", "P-5", "xpay_amt", "4", "xpay_date",
       "2027-12-31", "agent_business_no", "n-5");
    DO(tree, LINZHOU, "carry_over", "K-2", NEXT, "bgt_id", "A-5", "amount", "11");
    DO(tree, LINZHOU, "carry_over", "K-3", NEXT, "bgt_id", "V-5", "amount", "5");
    DO(tree, LINZHOU, "refund", "RF-5", AFTER, "pay_app_id", "P-5", "amount", "4", "reason", "退");
    assert_string_equal(
        SAY(tree, LINZHOU, "carry_over", "X", AFTER, "bgt_id", "K-2", "amount", "1"),
        "carried_too_long");
    assert_string_equal(
        SAY(tree, LINZHOU, "carry_over", "X", AFTER, "bgt_id", "K-3", "amount", "1"),
        "carried_too_long");
    tree_set_day(tree, "2028-12-31");
    DO(tree, LINZHOU, "carry_over", "K-4", AFTER, "bgt_id", "RF-5", "amount", "4");
    assert_string_equal(SAY(tree, LINZHOU, "carry_over", "X", "fiscal_year", "2029", "bgt_id",
                            "K-4", "amount", "1"),
                        "carried_too_long");
    check_sound(tree);
}

static void the_policy_says_how_often(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "policy", "PO-1", "policy_code", "carry_max", "policy_value", "1");
    tree_seal(tree);
    DO(tree, LINZHOU, "carry_over", "K-1", "bgt_id", "R-2", "amount", "20");
    assert_string_equal(
        SAY(tree, LINZHOU, "carry_over", "K-2", NEXT, "bgt_id", "K-1", "amount", "1"),
        "carried_too_long");
    check_sound(tree);
}

static void carrying_refuses_for_the_first_reason_that_holds(void **state)
{
    static const struct said said[] = {
        {"missing_bgt_id", "carry_over", {"amount", "1"}},
        {"bad_amount", "carry_over", {"bgt_id", "R-2", "amount", "0"}},
        {"bad_take_from", "carry_over", {"bgt_id", "R-2", "amount", "1", "take_from", "frozen"}},
        {"unknown_bgt_id", "carry_over", {"bgt_id", "NO", "amount", "1"}},
        {"unknown_agency_code",
         "carry_over",
         {"bgt_id", "R-2", "amount", "1", "agency_code", "NO"}},
        {"year_differs", "carry_over", {NEXT, "bgt_id", "R-2", "amount", "1"}},
        {"wrong_state", /* the code stands in the year after as it does now */
         "carry_over",
         {"bgt_id", "C-1", "amount", "1", "dep_bgt_eco_code", "30202"}},
        {"wrong_state", /* what the line does not say, nobody adds to it */
         "carry_over",
         {"bgt_id", "R-2", "amount", "1", "dep_bgt_eco_code", "30202"}},
        {"fund_type_differs",
         "carry_over",
         {"bgt_id", "C-1", "amount", "99", "fund_type_code", "112"}},
        {"earmark_differs", "carry_over", {"bgt_id", "S-1", "amount", "99", "tp_func_code", "213"}},
        {"direct_differs", "carry_over", {"bgt_id", "S-1", "amount", "99", "is_direct", "2"}},
        {"exceeds_available", "carry_over", {"bgt_id", "R-2", "amount", "50.01"}},
        {"exceeds_available", "carry_over", {"bgt_id", "R-2", "amount", "1", "take_from", "avail"}},
        {"exceeds_available", "carry_over", {"bgt_id", "A-3", "amount", "90.01"}},
        {"missing_reason", "lapse", {"bgt_id", "R-2", "amount", "1"}},
        {"unknown_bgt_id", "lapse", {"bgt_id", "NO", "amount", "1", "reason", "x"}},
        {"year_differs", "lapse", {NEXT, "bgt_id", "R-2", "amount", "1", "reason", "x"}},
        {"exceeds_available", "lapse", {"bgt_id", "R-2", "amount", "50.01", "reason", "x"}},
        {"exceeds_available",
         "lapse",
         {"bgt_id", "A-3", "amount", "1", "reason", "x", "take_from", "pending"}},
        {"",
         "carry_over",
         {"bgt_id", "C-1", "amount", "1", "fund_type_code", "111"}}, /* the same */
    };

    refuse_all(*state, said, COUNT_OF(said));
}

/* --- codes of the year after --- */

static void add_code(struct tree *tree, const char *id, const char *year, const char *set,
                     const char *code)
{
    DO(tree, REGION, "element", id, "fiscal_year", year, "ele_catalog_code", set, "ele_code", code,
       "ele_name", code);
}

/* 30201 stands for nothing in 2027, which has 30211 and 30212 in its place. */
static void split_the_class(struct tree *tree)
{
    add_code(tree, "EL-1", "2026", "dep_bgt_eco", "30201");
    add_code(tree, "EL-2", "2027", "dep_bgt_eco", "30211");
    add_code(tree, "EL-3", "2027", "dep_bgt_eco", "30212");
    tree_seal(tree);
}

static void a_code_that_was_split_is_given_by_a_person(void **state)
{
    static const struct said said[] = {
        {"unmapped_dep_bgt_eco_code", "carry_over", {"bgt_id", "C-1", "amount", "1"}},
        {"unmapped_dep_bgt_eco_code", /* before the amount is asked */
         "carry_over",
         {"bgt_id", "C-1", "amount", "999"}},
        {"unknown_dep_bgt_eco_code", /* in the year after there is none */
         "carry_over",
         {"bgt_id", "C-1", "amount", "1", "dep_bgt_eco_code", "30201"}},
        {"wrong_state", /* but not of what needs none */
         "carry_over",
         {"bgt_id", "C-1", "amount", "1", "dep_bgt_eco_code", "30211", "exp_func_code", "205"}},
    };
    struct tree *tree = *state;

    split_the_class(tree);
    refuse_all(tree, said, COUNT_OF(said));
    DO(tree, LINZHOU, "carry_over", "K-1", "bgt_id", "C-1", "amount", "4", "dep_bgt_eco_code",
       "30211");
    DO(tree, LINZHOU, "carry_over", "K-2", "bgt_id", "C-1", "amount", "6", "dep_bgt_eco_code",
       "30212");
    check_sound(tree);
    check_element(tree, "K-1", FIELD_DEP_BGT_ECO_CODE, "30211");
    check_element(tree, "K-2", FIELD_DEP_BGT_ECO_CODE, "30212");
    check_element(tree, "C-1", FIELD_DEP_BGT_ECO_CODE, "30201");
}

static void a_code_that_is_mapped_is_written_out(void **state)
{
    struct tree *tree = *state;

    split_the_class(tree);
    DO(tree, REGION, "element_map", "EM-1", NEXT, "ele_catalog_code", "dep_bgt_eco", "from_code",
       "30201", "to_code", "30211");
    tree_seal(tree);
    assert_string_equal(SAY(tree, LINZHOU, "carry_over", "X", "bgt_id", "C-1", "amount", "1",
                            "dep_bgt_eco_code", "30212"),
                        "wrong_state");
    DO(tree, LINZHOU, "carry_over", "K-1", "bgt_id", "C-1", "amount", "10");
    check_sound(tree);
    check_element(tree, "K-1", FIELD_DEP_BGT_ECO_CODE, "30211");
    /* Saying in so many words what the node wrote out is no difference. */
    assert_string_equal(SAY(tree, LINZHOU, "carry_over", "K-1", "bgt_id", "C-1", "amount", "10",
                            "take_from", "pending", "dep_bgt_eco_code", "30211"),
                        "exists");
}

/* Codes of a set may be longer than the field that takes them: such a one cannot be written out. */
static void a_code_that_does_not_fit_is_given_by_a_person(void **state)
{
    static const char longer[] = "302010000000000000001"; /* dep_bgt_eco_code has 20 */
    struct tree *tree = *state;

    split_the_class(tree);
    add_code(tree, "EL-4", "2027", "dep_bgt_eco", longer);
    DO(tree, REGION, "element_map", "EM-1", NEXT, "ele_catalog_code", "dep_bgt_eco", "from_code",
       "30201", "to_code", longer);
    tree_seal(tree);
    assert_string_equal(SAY(tree, LINZHOU, "carry_over", "X", "bgt_id", "C-1", "amount", "1"),
                        "unmapped_dep_bgt_eco_code");
    DO(tree, LINZHOU, "carry_over", "K-1", "bgt_id", "C-1", "amount", "10", "dep_bgt_eco_code",
       "30212");
    check_sound(tree);
    check_element(tree, "K-1", FIELD_DEP_BGT_ECO_CODE, "30212");
}

static void a_fund_type_keeps_its_code(void **state)
{
    struct tree *tree = *state;

    add_code(tree, "EL-1", "2027", "fund_type", "112");
    tree_seal(tree);
    assert_string_equal(SAY(tree, LINZHOU, "carry_over", "X", "bgt_id", "R-2", "amount", "1"),
                        "unmapped_fund_type_code");
    add_code(tree, "EL-2", "2027", "fund_type", "111");
    tree_seal(tree);
    DO(tree, LINZHOU, "carry_over", "K-1", "bgt_id", "R-2", "amount", "1");
    check_sound(tree);
}

/* --- what a history says of it --- */

struct told {
    struct chain_row chain;
    int128 received[13]; /* by month */
};

static void take_moved(void *arg, const struct moved *moved)
{
    struct told *told = arg;

    chain_move(&told->chain, moved);
    if (moved->from == ACC_SRC_CARRY_IN || moved->from == ACC_SRC_RECOVERED) {
        assert_in_range(moved->month, 1, 12);
        told->received[moved->month] += moved->amount;
    }
}

static struct told history_of(struct tree *tree, int year)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    struct told told = {.received = {0}};
    struct chain_row kept;
    size_t reads = 1000;
    const struct history_request request = {
        .author = tree_division(LINZHOU), .year = year, .reads_left = &reads};

    memset(&told.chain, 0, sizeof told.chain);
    assert_true(query_history(txn, &request, take_moved, &told));
    query_chain(txn, request.author, SCOPE_OWN, year, &kept);
    assert_memory_equal(&told.chain, &kept, sizeof kept);
    txn_free(txn);
    return told;
}

/* The chain made of what was said is the one that is kept, year by year, whatever was closed. */
static void a_history_tells_each_year_what_is_its_own(void **state)
{
    struct tree *tree = *state;
    struct told told;

    DO(tree, LINZHOU, "carry_over", "K-1", "bgt_id", "A-3", "amount", "90");
    DO(tree, LINZHOU, "carry_over", "K-2", "bgt_id", "C-1", "amount", "4");
    DO(tree, LINZHOU, "release", "L-7", NEXT, "bgt_id", "K-2", "cor_bgt_doc_no", "1");
    DO(tree, LINZHOU, "payment_cancel", "PC-1", "pay_app_id", "P-1", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-1", "bgt_id", "A-3", "amount", "20", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-2", "bgt_id", "R-2", "amount", "50", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-3", "bgt_id", "C-1", "amount", "6", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-4", "bgt_id", "B-1", "amount", "20", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-5", "bgt_id", "S-1", "amount", "20", "reason", "x");
    DO(tree, LINZHOU, "close_year", "C", "memo", "x");
    tree_set_day(tree, "2027-03-15");
    DO(tree, LINZHOU, "refund", "RF-1", NEXT, REFUND("5"), "date", "2027-02-28");
    check_sound(tree);
    (void)history_of(tree, 2026);
    told = history_of(tree, 2027);
    assert_int_equal(told.received[1], 9400); /* what was carried is there from the first day on */
    assert_int_equal(told.received[2], 500);
}

/* --- what verifying finds --- */

struct finding {
    const char *wanted;
    bool found;
};

static void look_for(void *arg, enum verify_cause cause, const char *fault)
{
    struct finding *finding = arg;

    (void)cause;
    finding->found = finding->found || strstr(fault, finding->wanted) != NULL;
}

/* Both sides of a line of the year after are changed alike, so that it adds up by itself. */
static void a_year_that_carried_on_less_than_came_is_found(void **state)
{
    struct tree *tree = *state;
    struct finding finding = {"carried_differs", false};
    const struct division linzhou = tree_division(LINZHOU);
    struct indicator line;
    struct txn *txn;

    DO(tree, LINZHOU, "carry_over", "K-1", "bgt_id", "R-2", "amount", "20");
    check_sound(tree);
    line = load_line(tree, &txn, "K-1");
    (void)verify_ledger_each(txn, tree_roster(tree), linzhou, look_for, &finding);
    assert_false(finding.found);
    line.balance[ACC_SRC_CARRY_IN] -= 1;
    line.balance[ACC_UNALLOC] += 1;
    indicator_store(txn, linzhou, bytes_text("K-1"), &line);
    (void)verify_ledger_each(txn, tree_roster(tree), linzhou, look_for, &finding);
    assert_true(finding.found);
    txn_free(txn);
}

/* --- what lapses --- */

static void what_lapses_leaves_the_line(void **state)
{
    struct tree *tree = *state;

    DO(tree, LINZHOU, "lapse", "Z-1", "bgt_id", "R-2", "amount", "20", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-2", "bgt_id", "C-1", "amount", "3", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-3", "bgt_id", "A-3", "amount", "90", "reason", "x", "take_from",
       "avail");
    check_sound(tree);
    assert_int_equal(balance(tree, "R-2", ACC_UNALLOC), 3000);
    assert_int_equal(balance(tree, "R-2", ACC_LAPSED), 2000);
    assert_int_equal(balance(tree, "C-1", ACC_PENDING), 700);
    assert_int_equal(balance(tree, "A-3", ACC_AVAIL), 0);
    assert_int_equal(balance(tree, "A-3", ACC_LAPSED), 9000);
}

/* --- what comes back of a year that is over --- */

/* Nothing is left of 2026, and it is closed. V-1 was 40.00 of P-1, on A-3. */
static void close_2026(struct tree *tree)
{
    DO(tree, LINZHOU, "payment_cancel", "PC-1", "pay_app_id", "P-1", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-1", "bgt_id", "A-3", "amount", "110", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-2", "bgt_id", "R-2", "amount", "50", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-3", "bgt_id", "C-1", "amount", "10", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-4", "bgt_id", "B-1", "amount", "20", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-5", "bgt_id", "S-1", "amount", "20", "reason", "x");
    DO(tree, LINZHOU, "close_year", "C", "memo", "x");
    tree_seal(tree);
}

static void a_refund_of_a_closed_year_opens_a_line(void **state)
{
    static const struct said said[] = {
        {"closed_year", "refund", {REFUND("5")}},
        {"year_differs", "refund", {NEXT, "bgt_id", "A-3", "amount", "1", "reason", "x"}},
        {"unknown_pay_app_id", "refund", {NEXT, "pay_app_id", "NO", "amount", "1", "reason", "x"}},
        {"wrong_state",
         "refund",
         {NEXT, REFUND("5"), "agency_code", "001001", "exp_func_code", "2"}},
        {"exceeds_spent", "refund", {NEXT, REFUND("40.01")}},
    };
    struct tree *tree = *state;
    struct doc_row payment;
    struct indicator line;
    struct txn *txn;

    close_2026(tree);
    refuse_all(tree, said, COUNT_OF(said));
    DO(tree, LINZHOU, "refund", "RF-1", NEXT, REFUND("5"));
    tree_seal(tree);
    line = load_line(tree, &txn, "RF-1");
    assert_int_equal(line.year, 2027);
    assert_int_equal(line.balance[ACC_UNALLOC], 500);
    assert_int_equal(line.balance[ACC_SRC_RECOVERED], -500);
    assert_true(division_equal(line.issuer, tree_division(LHASA))); /* of R-2, where A-3 is from */
    assert_true(doc_load(txn, tree_division(LINZHOU), bytes_text("P-1"), &payment));
    assert_int_equal(payment.spent, 3500);
    txn_free(txn);
    check_element(tree, "RF-1", FIELD_AGENCY_CODE, "001001");
    assert_int_equal(balance(tree, "A-3", ACC_SPENT), 4000);
    assert_int_equal(balance(tree, ".close-2026-111", ACC_SPENT), -4000);
    assert_string_equal(SAY(tree, LINZHOU, "refund", "X", NEXT, REFUND("35.01")), "exceeds_spent");
    tree_set_day(tree, "2028-03-01");
    DO(tree, LINZHOU, "refund", "RF-2", AFTER, REFUND("35"));
    DO(tree, LINZHOU, "allocate", "A-7", NEXT, "ori_bgt_id", "RF-1", "agency_code", "001001",
       "amount", "5"); /* it is money as any other */
    check_sound(tree);
    assert_int_equal(balance(tree, "RF-2", ACC_SRC_RECOVERED), -3500);
}

/* Over a year that is still open, and as long as what is over was not closed. */
static void what_comes_back_in_the_year_after_is_money_of_it(void **state)
{
    struct tree *tree = *state;

    DO(tree, LINZHOU, "refund", "RF-1", NEXT, REFUND("5"));
    DO(tree, LINZHOU, "refund", "RF-2", REFUND("5"));
    assert_string_equal(SAY(tree, LINZHOU, "refund", "X", "fiscal_year", "2025", REFUND("1")),
                        "year_differs");
    assert_string_equal(SAY(tree, LINZHOU, "refund", "X", NEXT, REFUND("30.01")), "exceeds_spent");
    assert_string_equal(SAY(tree, LINZHOU, "refund", "X", REFUND("1"), "agency_code", "001001"),
                        "wrong_state");
    check_sound(tree);
    assert_int_equal(balance(tree, "A-3", ACC_SPENT), 3500);
    assert_int_equal(balance(tree, "RF-1", ACC_UNALLOC), 500);
}

static void what_comes_back_is_under_the_codes_of_its_year(void **state)
{
    struct tree *tree = *state;

    DO(tree, LINZHOU, "release", "L-9", "bgt_id", "C-1", "cor_bgt_doc_no", "1");
    DO(tree, LINZHOU, "payment", "P-9", "bgt_id", "C-1", "pay_app_amt", "10", "payee_acct_name",
       "x", "payee_acct_no", "1", "payee_acct_bank_name", "x", "use_des", "x");
    DO(tree, LINZHOU, "paid", "V-9", "pay_app_id", "P-9", "xpay_amt", "10", "xpay_date",
       "2026-01-01", "agent_business_no", "9");
    split_the_class(tree);
    assert_string_equal(
        SAY(tree, LINZHOU, "refund", "X", NEXT, "pay_app_id", "P-9", "amount", "1", "reason", "x"),
        "unmapped_dep_bgt_eco_code");
    DO(tree, LINZHOU, "refund", "RF-1", NEXT, "pay_app_id", "P-9", "amount", "1", "reason", "x",
       "dep_bgt_eco_code", "30212");
    tree_set_day(tree, "2027-12-31");
    add_code(tree, "EL-9", "2028", "dep_bgt_eco", "30231");
    DO(tree, REGION, "element_map", "EM-1", NEXT, "ele_catalog_code", "dep_bgt_eco", "from_code",
       "30201", "to_code", "30211");
    DO(tree, REGION, "element_map", "EM-2", AFTER, "ele_catalog_code", "dep_bgt_eco", "from_code",
       "30211", "to_code", "30231");
    tree_seal(tree);
    DO(tree, LINZHOU, "refund", "RF-2", AFTER, "pay_app_id", "P-9", "amount", "2", "reason", "x");
    check_sound(tree);
    check_element(tree, "RF-1", FIELD_DEP_BGT_ECO_CODE, "30212");
    check_element(tree, "RF-2", FIELD_DEP_BGT_ECO_CODE, "30231"); /* year by year */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(what_is_left_goes_on_as_what_it_is),
        IN_TREE(both_years_go_on_side_by_side),
        IN_TREE(whose_money_it_is_goes_on_with_it),
        IN_TREE(what_was_carried_stays_carried),
        IN_TREE(the_policy_says_how_often),
        IN_TREE(carrying_refuses_for_the_first_reason_that_holds),
        IN_TREE(a_code_that_was_split_is_given_by_a_person),
        IN_TREE(a_code_that_is_mapped_is_written_out),
        IN_TREE(a_code_that_does_not_fit_is_given_by_a_person),
        IN_TREE(a_fund_type_keeps_its_code),
        IN_TREE(a_history_tells_each_year_what_is_its_own),
        IN_TREE(a_year_that_carried_on_less_than_came_is_found),
        IN_TREE(what_lapses_leaves_the_line),
        IN_TREE(a_refund_of_a_closed_year_opens_a_line),
        IN_TREE(what_comes_back_in_the_year_after_is_money_of_it),
        IN_TREE(what_comes_back_is_under_the_codes_of_its_year),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
