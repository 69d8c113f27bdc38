/* Estimates: authority before an assembly has replied, what may be done with it, its reply, and
 * what is added to a reply or taken from it later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/query/trace.h"
#include "node/ledger/rows/rows.h"
#include "tests/unit/ledger/golden.h"

enum { SAID_MAX = 20 };

#define ISSUE "cor_bgt_doc_no", "文〔2026〕1号", "tra_type_code", "general"
#define REPLY "stage", "reply", "approval_ref", "人大〔2026〕2号", "fund_type_code", "111"

/* The region has a reply of 100.00 (B-1), an estimate of 80.00 (E-1) of a project, of which 30.00
 * are allocated and released, and one that was replied to (E-2, Y-2). */
static int open_tree(void **state)
{
    struct tree *tree = tree_new();

    DO(tree, REGION, "agency", "AG-1", "agency_code", "001", "agency_name", "教育厅");
    DO(tree, REGION, "project", "PR-1", "pro_code", "P1", "state", "reserved", "pro_name", "校舍",
       "pro_cat_code", "3", "agency_code", "001", "setup_year", "2026");
    DO(tree, REGION, "budget", "B-1", REPLY, "amount", "100", "pro_code", "P1");
    DO(tree, REGION, "budget", "E-1", "stage", "estimate", "fund_type_code", "111", "amount", "80",
       "pro_code", "P1");
    DO(tree, REGION, "allocate", "A-1", "ori_bgt_id", "E-1", "agency_code", "001", "amount", "30");
    DO(tree, REGION, "release", "L-1", "bgt_id", "A-1", "cor_bgt_doc_no", "1");
    DO(tree, REGION, "budget", "E-2", "stage", "estimate", "fund_type_code", "111", "amount", "5");
    DO(tree, REGION, "budget", "Y-2", REPLY, "amount", "5", "estimate_id", "E-2");
    DO(tree, REGION, "budget", "RQ", "stage", "request", "fund_type_code", "111", "amount", "5");
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

static struct doc_row row_of(struct tree *tree, enum office_name at, enum office_name of,
                             const char *id)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct doc_row row;

    assert_true(doc_load(txn, tree_division(of), bytes_text(id), &row));
    txn_free(txn);
    return row;
}

/* What an element of a line says, compared with a word. */
static bool line_says(struct tree *tree, const char *id, enum field field, const char *word)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    struct document elements;
    struct indicator line;
    bool says;

    assert_true(indicator_load(txn, tree_division(REGION), bytes_text(id), &line));
    indicator_elements(&line, &elements);
    says = document_is_word(&elements, field, word);
    txn_free(txn);
    return says;
}

static void refuses_for_the_first_reason_that_holds(void **state)
{
    static const struct {
        const char *want, *kind, *fields[SAID_MAX];
    } cases[] = {
        {"missing_approval_ref",
         "budget",
         {"stage", "reply", "fund_type_code", "111", "amount", "1", "estimate_id", "E-1"}},
        {"bad_amount", "budget", {"stage", "estimate", "fund_type_code", "111", "amount", "0"}},
        {"bad_amount", "budget", {REPLY, "amount", "-1", "estimate_id", "E-1"}},
        {"unknown_field_estimate_id",
         "budget",
         {"stage", "estimate", "fund_type_code", "111", "amount", "1", "estimate_id", "E-1"}},
        {"unknown_field_estimate_id",
         "budget",
         {"stage", "request", "fund_type_code", "111", "amount", "1", "estimate_id", "NO"}},
        {"unknown_field_estimate_id",
         "budget",
         {"stage", "request", "fund_type_code", "111", "amount", "-1", "estimate_id", "NO"}},
        {"unknown_estimate_id", "budget", {REPLY, "amount", "1", "estimate_id", "NO"}},
        {"unknown_estimate_id", "budget", {REPLY, "amount", "1", "estimate_id", "B-1"}},
        {"unknown_estimate_id", "budget", {REPLY, "amount", "1", "estimate_id", "A-1"}},
        {"unknown_estimate_id", "budget", {REPLY, "amount", "1", "estimate_id", "Y-2"}},
        {"year_differs",
         "budget",
         {REPLY, "amount", "0", "estimate_id", "E-1", "fiscal_year", "2027"}},
        {"wrong_state", "budget", {REPLY, "amount", "0", "estimate_id", "E-2"}}, /* replied to */
        {"wrong_state",
         "budget",
         {"stage", "reply", "approval_ref", "1", "fund_type_code", "12", "amount", "0",
          "estimate_id", "E-1"}},
        {"wrong_state",
         "budget",
         {REPLY, "amount", "0", "estimate_id", "E-1", "bgt_type_code", "21"}},
        {"wrong_state",
         "budget", /* what the estimate does not say, either */
         {REPLY, "amount", "0", "estimate_id", "E-1", "tp_func_code", "205"}},
        {"exceeds_available", "budget", {REPLY, "amount", "29.99", "estimate_id", "E-1"}},
        {"missing_approval_ref", "adjust", {"bgt_id", "B-1", "amount", "1"}},
        {"bad_amount", "adjust", {"bgt_id", "B-1", "amount", "0", "approval_ref", "1"}},
        {"unknown_bgt_id", "adjust", {"bgt_id", "NO", "amount", "1", "approval_ref", "1"}},
        {"unknown_bgt_id", "adjust", {"bgt_id", "RQ", "amount", "1", "approval_ref", "1"}},
        {"unknown_bgt_id",
         "adjust", /* it has no line: the estimate does */
         {"bgt_id", "Y-2", "amount", "1", "approval_ref", "1"}},
        {"year_differs",
         "adjust",
         {"bgt_id", "B-1", "amount", "1", "approval_ref", "1", "fiscal_year", "2027"}},
        {"wrong_state",
         "adjust", /* before its reply */
         {"bgt_id", "E-1", "amount", "1", "approval_ref", "1"}},
        {"wrong_state", "adjust", {"bgt_id", "A-1", "amount", "1", "approval_ref", "1"}},
        {"exceeds_available",
         "adjust",
         {"bgt_id", "B-1", "amount", "-100.01", "approval_ref", "1"}},
        {"exceeds_available", "adjust", {"bgt_id", "E-2", "amount", "-5.01", "approval_ref", "1"}},
        {"advance_only",
         "transfer",
         {"ori_bgt_id", "E-1", "rec_div_code", "540100", "amount", "99", "stage", "formal", ISSUE}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char id[16];
        const char *got;

        (void)snprintf(id, sizeof id, "X-%zu", i);
        got = tree_say(*state, REGION, cases[i].kind, id, cases[i].fields);
        if (strcmp(got, cases[i].want) != 0) {
            fail_msg("case %zu: got \"%s\", want \"%s\"", i, got, cases[i].want);
        }
    }
}

static void a_refusal_tells_what_is_asked_and_what_is_free(void **state)
{
    struct tree *tree = *state;

    assert_string_equal(
        SAY(tree, REGION, "budget", "X", REPLY, "amount", "20", "estimate_id", "E-1"),
        "exceeds_available");
    assert_non_null(strstr(tree_refusal(tree)->detail, "asked=60.00"));
    assert_non_null(strstr(tree_refusal(tree)->detail, "free=50.00"));
    assert_string_equal(SAY(tree, REGION, "budget", "X", REPLY, "amount", "80", "estimate_id",
                            "E-1", "tp_func_code", "205"),
                        "wrong_state");
    assert_non_null(strstr(tree_refusal(tree)->detail, "tp_func_code"));
    assert_string_equal(
        SAY(tree, REGION, "adjust", "X", "bgt_id", "B-1", "amount", "-101", "approval_ref", "1"),
        "exceeds_available");
    assert_non_null(strstr(tree_refusal(tree)->detail, "asked=101.00"));
    assert_non_null(strstr(tree_refusal(tree)->detail, "free=100.00"));
}

/* The question is asked of the line that the money came in on, so nothing is written again. */
static void what_was_made_of_an_estimate_is_final_with_its_reply(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer", "T-1", "ori_bgt_id", "E-1", "rec_div_code", "540100", "amount",
       "10", "stage", "early", ISSUE);
    DO(tree, REGION, "budget", "Y-1", REPLY, "amount", "70", "estimate_id", "E-1");
    DO(tree, REGION, "transfer", "T-2", "ori_bgt_id", "E-1", "rec_div_code", "540100", "amount",
       "10", "stage", "formal", ISSUE);
    assert_string_equal(
        SAY(tree, REGION, "budget", "Y-9", REPLY, "amount", "70", "estimate_id", "E-1"),
        "wrong_state");
    DO(tree, REGION, "budget", "E-3", "stage", "estimate", "fund_type_code", "111", "amount", "1",
       "bgt_type_code", "19");
    DO(tree, REGION, "budget", "Y-3", REPLY, "amount", "0", "estimate_id", "E-3");
    assert_string_equal(
        SAY(tree, REGION, "budget", "Y-4", REPLY, "amount", "1", "estimate_id", "E-3"),
        "wrong_state");
    tree_seal(tree);
    assert_true(line_says(tree, "E-1", FIELD_BGT_TYPE_CODE, "11"));
    assert_true(line_says(tree, "A-1", FIELD_BGT_TYPE_CODE, "11"));
    assert_true(line_says(tree, "E-3", FIELD_BGT_TYPE_CODE, "19"));
    assert_int_equal(row_of(tree, REGION, REGION, "E-1").state, DOC_APPROVED);
    assert_int_equal(row_of(tree, REGION, REGION, "Y-1").amount, 7000);
    assert_int_equal(row_of(tree, REGION, REGION, "Y-3").amount, 0);
}

static void a_reply_says_the_same_in_so_many_words(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "budget", "Y-1", REPLY, "amount", "80", "estimate_id", "E-1");
    assert_string_equal(SAY(tree, REGION, "budget", "Y-1", REPLY, "amount", "80", "estimate_id",
                            "E-1", "pro_code", "P1", "bgt_type_code", "11"),
                        "exists");
    DO(tree, REGION, "budget", "E-3", "stage", "estimate", "fund_type_code", "111", "amount", "1");
    DO(tree, REGION, "budget", "Y-3", REPLY, "amount", "1", "estimate_id", "E-3", "bgt_type_code",
       "11");
    tree_seal(tree);
}

static void visit_step(void *arg, const struct trace_step *step)
{
    unsigned *found = arg;

    *found += strcmp(step->row.id, "Y-2") == 0 && strcmp(step->relation, "replied") == 0 ? 1 : 0;
}

static void a_trace_finds_the_reply_below_the_estimate(void **state)
{
    const struct trace_request request = {.author = tree_division(REGION),
                                          .id = bytes_text("E-2"),
                                          .after = DIVISION_NONE,
                                          .steps_max = 100};
    struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
    struct trace_page page;
    unsigned found = 0;

    assert_int_equal(query_trace(txn, &request, visit_step, &found, &page), TRACE_DONE);
    txn_free(txn);
    assert_int_equal(found, 1);
    assert_int_equal(page.shown, 2);
}

/* --- with figures, at the author and two above --- */

#define AGENCY "linzhou agency AG agency_code=101\n"
#define ESTIMATE_80                                                                                \
    AGENCY "linzhou budget E stage=estimate amount=80\n"                                           \
           "linzhou allocate A ori_bgt_id=E agency_code=101 amount=30\n"                           \
           "linzhou release L bgt_id=A\n"                                                          \
           "linzhou payment P bgt_id=A pay_app_amt=10\n"                                           \
           "linzhou paid V pay_app_id=P xpay_amt=10\n"

static void a_reply_takes_the_place_of_the_advance(void **state)
{
    (void)state;
    GOLDEN(ESTIMATE_80, "own linzhou SRC_ADVANCE=80 UNALLOC=50 AVAIL=20 SPENT=10\n"
                        "state linzhou E advanced\n"
                        "linzhou budget X estimate_id=E amount=20 ! exceeds_available 60 50\n"
                        "linzhou remit X ori_bgt_id=E rec_div_code=540100 amount=1 ! advance_only\n"
                        "linzhou budget Y estimate_id=E amount=100\n"
                        "own linzhou SRC_APPROVED=100 UNALLOC=70 AVAIL=20 SPENT=10\n"
                        "all region SRC_APPROVED=100 UNALLOC=70 AVAIL=20 SPENT=10\n"
                        "line linzhou E SRC_APPROVED=100 UNALLOC=70\n"
                        "state linzhou E approved\n");
    GOLDEN(ESTIMATE_80, "linzhou budget Y estimate_id=E amount=60\n"
                        "line linzhou E SRC_APPROVED=60 UNALLOC=30\n");
    GOLDEN(ESTIMATE_80, "linzhou budget Y estimate_id=E amount=30\n"
                        "line linzhou E SRC_APPROVED=30\n");
    GOLDEN("linzhou budget E stage=estimate amount=80\n"
           "linzhou budget Y estimate_id=E amount=0\n"
           "own linzhou\n"
           "state linzhou E approved\n");
}

static void what_is_passed_on_in_advance_is_not_free_for_a_reply(void **state)
{
    (void)state;
    GOLDEN("lhasa budget E stage=estimate amount=80\n"
           "lhasa transfer T ori_bgt_id=E rec_div_code=540121 amount=50 stage=early\n"
           "linzhou register R bgt_id=T\n"
           "lhasa budget X estimate_id=E amount=20 ! exceeds_available 60 30\n"
           "lhasa transfer X ori_bgt_id=E rec_div_code=540121 amount=1 ! advance_only\n"
           "linzhou transfer X ori_bgt_id=R rec_div_code=540121 amount=1 ! not_below_you\n"
           "all region SRC_ADVANCE=80 UNALLOC=80\n"
           "lhasa budget Y estimate_id=E amount=50\n"
           "own lhasa SRC_APPROVED=50 XFER_OUT=50\n"
           "all region SRC_APPROVED=50 UNALLOC=50\n");
}

/* As it is shown: what is approved now, and what of it was not when the year began. */
static void expect_adjusted(struct tree *tree, enum office_name at)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct document_row row;

    assert_true(query_document(txn, tree_division(LINZHOU), bytes_text("B"), &row));
    txn_free(txn);
    assert_int_equal(row.balances[ACC_SRC_APPROVED], 1250);
    assert_int_equal(row.adjusted, 250);
}

static void adjustments_move_the_line_and_are_summed_up(void **state)
{
    static const enum office_name holders[] = {LINZHOU, LHASA, REGION};
    struct tree *tree = *state;

    GOLDEN(ESTIMATE_80,
           "linzhou budget Y estimate_id=E amount=60\n"
           "linzhou adjust J1 bgt_id=E amount=15 approval_ref=1\n"
           "own linzhou SRC_APPROVED=75 UNALLOC=45 AVAIL=20 SPENT=10\n"
           "linzhou adjust J2 bgt_id=E amount=-45 approval_ref=1\n"
           "line linzhou E SRC_APPROVED=30\n"
           "linzhou adjust J3 bgt_id=E amount=-1 approval_ref=1 ! exceeds_available 1 0\n"
           "all region SRC_APPROVED=30 AVAIL=20 SPENT=10\n");
    DO(tree, LINZHOU, "budget", "B", REPLY, "amount", "10");
    DO(tree, LINZHOU, "adjust", "J-1", "bgt_id", "B", "amount", "7", "approval_ref", "1");
    DO(tree, LINZHOU, "adjust", "J-2", "bgt_id", "B", "amount", "-4.50", "approval_ref", "1");
    tree_seal(tree);
    for (size_t i = 0; i < COUNT_OF(holders); i++) {
        assert_int_equal(row_of(tree, holders[i], LINZHOU, "B").amount, 1000);
        assert_int_equal(row_of(tree, holders[i], LINZHOU, "B").adjusted, 250);
        assert_int_equal(row_of(tree, holders[i], LINZHOU, "J-2").amount, -450);
        expect_adjusted(tree, holders[i]);
    }
}

/* What is taken back asks no project, since it need not take money any more. */
static void no_more_is_approved_for_a_project_that_takes_none(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "project", "PR-2", "pro_code", "P2", "state", "reserved", "pro_name", "路",
       "pro_cat_code", "3", "agency_code", "001", "setup_year", "2026");
    DO(tree, REGION, "budget", "B-2", REPLY, "amount", "10", "pro_code", "P2");
    DO(tree, REGION, "adjust", "J-1", "bgt_id", "B-2", "amount", "1", "approval_ref", "1");
    DO(tree, REGION, "adjust", "J-2", "bgt_id", "B-2", "amount", "-11", "approval_ref", "1");
    DO(tree, REGION, "project", "PR-3", "pro_code", "P2", "state", "closed", "reason", "并入他项");
    assert_string_equal(
        SAY(tree, REGION, "adjust", "J-3", "bgt_id", "B-2", "amount", "1", "approval_ref", "1"),
        "wrong_state");
    tree_seal(tree);
}

#define PROJECT_P1                                                                                 \
    "lhasa agency AG agency_code=101\n"                                                            \
    "lhasa project P0 pro_code=P1 state=reserved agency_code=101\n"                                \
    "lhasa project P pro_code=P1 state=budgeted\n"
#define PROJECT_P1_ENDS "lhasa project Q pro_code=P1 state=cancelled reason=停办\n"

/* A project that was given up gets nothing; what it got can be approved, and taken back: otherwise
 * nobody could close the year. */
static void a_project_given_up_gets_nothing_and_gives_back(void **state)
{
    (void)state;
    GOLDEN(PROJECT_P1 "lhasa budget E stage=estimate amount=80 pro_code=P1\n" PROJECT_P1_ENDS
                      "lhasa budget E2 stage=estimate amount=1 pro_code=P1 ! wrong_state\n"
                      "lhasa budget Y estimate_id=E amount=81 ! wrong_state\n"
                      "lhasa budget Y estimate_id=E amount=0\n"
                      "own lhasa\n");
    GOLDEN(PROJECT_P1 "lhasa budget E stage=estimate amount=80 pro_code=P1\n" PROJECT_P1_ENDS
                      "lhasa budget Y estimate_id=E amount=80\n"
                      "own lhasa SRC_APPROVED=80 UNALLOC=80\n");
    GOLDEN(PROJECT_P1 "lhasa transfer_in I ori_div_code=100000 amount=90 pro_code=P1 stage=early\n"
                      "lhasa transfer_out O ori_bgt_id=I rec_div_code=540122 amount=50\n"
                      "lhasa project Q pro_code=P1 state=closed reason=完工\n"
                      "lhasa transfer_out O2 ori_bgt_id=I rec_div_code=540122 amount=1"
                      " ! wrong_state\n"
                      "lhasa transfer_out O2 ori_bgt_id=I early_bgt_id=O rec_div_code=540122"
                      " amount=-20\n"
                      "lhasa transfer_in I2 ori_div_code=100000 amount=1 pro_code=P1"
                      " ! wrong_state\n"
                      "lhasa transfer_in I2 early_bgt_id=I ori_div_code=100000 amount=-60"
                      " pro_code=P1\n"
                      "own lhasa SRC_TRANSFER_IN=30 XFER_OUT=30\n");
}

#define OPENED(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OPENED(refuses_for_the_first_reason_that_holds),
        OPENED(a_refusal_tells_what_is_asked_and_what_is_free),
        OPENED(what_was_made_of_an_estimate_is_final_with_its_reply),
        OPENED(a_reply_says_the_same_in_so_many_words),
        OPENED(a_trace_finds_the_reply_below_the_estimate),
        cmocka_unit_test(a_reply_takes_the_place_of_the_advance),
        cmocka_unit_test(what_is_passed_on_in_advance_is_not_free_for_a_reply),
        OPENED(adjustments_move_the_line_and_are_summed_up),
        OPENED(no_more_is_approved_for_a_project_that_takes_none),
        cmocka_unit_test(a_project_given_up_gets_nothing_and_gives_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
