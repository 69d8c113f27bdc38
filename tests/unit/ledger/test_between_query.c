/* What people are shown of the money between levels: its trace, both sides of it, and by when it
 * must be answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/history.h"
#include "node/ledger/query/passed.h"
#include "node/ledger/query/trace.h"
#include "node/ledger/rows/open_items.h"
#include "node/ledger/schema/clocks.h"
#include "tests/unit/ledger/tree.h"

#define TERMS(stage) "cor_bgt_doc_no", "文〔2026〕1号", "tra_type_code", "general", "stage", stage

/* Early 600 to Lhasa; of it 100 recalled and 60 granted, 40 less, 5 more, 7 sent back up. */
static int open_tree(void **state)
{
    struct tree *tree = tree_new();

    DO(tree, REGION, "budget", "B", "stage", "reply", "fund_type_code", "111", "approval_ref", "1",
       "amount", "1000");
    DO(tree, REGION, "transfer", "E", "ori_bgt_id", "B", "rec_div_code", "540100", "amount", "600",
       TERMS("early"));
    tree_seal(tree);
    DO(tree, LHASA, "register", "r", "bgt_id", "E");
    tree_seal(tree);
    DO(tree, REGION, "recall", "C", "bgt_id", "E", "amount", "100", "reason", "结余");
    DO(tree, REGION, "transfer", "F", "early_bgt_id", "E", "rec_div_code", "540100", "amount",
       "-40", TERMS("formal"));
    tree_seal(tree);
    DO(tree, LHASA, "recall_grant", "c", "bgt_id", "r", "amount", "60", "recall_id", "C");
    DO(tree, LHASA, "register", "f", "bgt_id", "F");
    DO(tree, LHASA, "remit", "M", "ori_bgt_id", "r", "rec_div_code", "540000", "amount", "7",
       "cor_bgt_doc_no", "上〔2026〕1号");
    tree_seal(tree);
    DO(tree, REGION, "register", "m", "bgt_id", "M", "ori_div_code", "540100");
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

/* --- traces --- */

static void add_step(void *arg, const struct trace_step *step)
{
    char *all = arg;

    /* settles have ids of their node's making */
    (void)snprintf(all + strlen(all), 1024 - strlen(all), "%u %s %s %s\n", step->depth,
                   step->relation, step->row.author.code,
                   step->row.id[0] == '.' ? "-" : step->row.id);
}

static void expect_trace(struct tree *tree, enum office_name at, enum office_name author,
                         const char *id, const char *want)
{
    const struct trace_request request = {tree_division(author), bytes_text(id), DIVISION_NONE,
                                          BYTES_NONE, 100};
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct trace_page page;
    char all[1024] = "";

    assert_int_equal(query_trace(txn, &request, add_step, all, &page), TRACE_DONE);
    txn_free(txn);
    if (strcmp(all, want) != 0) {
        fail_msg("trace of %s:\n%s", id, all);
    }
    assert_true(page.complete);
    assert_int_equal(page.total, page.shown);
}

static void a_trace_goes_over_recalls_differences_and_remits(void **state)
{
    expect_trace(*state, REGION, REGION, "E",
                 "0 origin 540000 B\n"
                 "1 this 540000 E\n"
                 "2 settled_by 540000 -\n"
                 "2 recalled 540000 C\n"
                 "3 settled_by 540000 -\n"
                 "3 granted_by 540100 c\n"
                 "2 transferred 540000 F\n"
                 "3 settled_by 540000 -\n"
                 "3 registered_as 540100 f\n"
                 "2 registered_as 540100 r\n"
                 "3 remitted 540100 M\n"
                 "4 settled_by 540100 -\n"
                 "4 registered_as 540000 m\n");
    expect_trace(*state, REGION, REGION, "m",
                 "0 origin 540000 B\n"
                 "1 origin 540000 E\n"
                 "2 origin 540100 r\n"
                 "3 origin 540100 M\n"
                 "4 this 540000 m\n");
    expect_trace(*state, LHASA, LHASA, "c",
                 "0 origin 540000 E\n"
                 "1 origin 540000 C\n"
                 "2 this 540100 c\n");
    expect_trace(*state, LHASA, REGION, "E", /* as far as the city holds the region's log */
                 "0 this 540000 E\n"
                 "1 settled_by 540000 -\n"
                 "1 recalled 540000 C\n"
                 "2 settled_by 540000 -\n"
                 "2 granted_by 540100 c\n"
                 "1 transferred 540000 F\n"
                 "2 settled_by 540000 -\n"
                 "2 registered_as 540100 f\n"
                 "1 registered_as 540100 r\n"
                 "2 remitted 540100 M\n"
                 "3 settled_by 540100 -\n"
                 "3 registered_as 540000 m\n");
    expect_trace(*state, LHASA, LHASA, "f",
                 "0 origin 540000 E\n"
                 "1 origin 540000 F\n"
                 "2 this 540100 f\n");
}

/* --- both sides --- */

static void add_edge(void *arg, const struct reconcile_row *row)
{
    char *all = arg;

    (void)snprintf(all + strlen(all), 1024 - strlen(all),
                   "%s %s documents=%d open=%d issued=%lld registered=%lld transit=%lld "
                   "difference=%lld\n",
                   row->issuer.code, row->receiver.code, (int)row->documents, (int)row->open,
                   (long long)row->issued, (long long)row->registered, (long long)row->in_transit,
                   (long long)row->difference);
}

static void expect_edges(struct tree *tree, enum office_name at, enum office_name issuer,
                         const char *want)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    size_t reads_left = 1000;
    char all[1024] = "";

    assert_true(query_reconcile(txn, tree_division(issuer), &reads_left, add_edge, all));
    txn_free(txn);
    if (strcmp(all, want) != 0) {
        fail_msg("edges of %s at %s:\n%s", tree_division(issuer).code, tree_division(at).code, all);
    }
}

/* The city holds its own books and what the region says to it; the region holds both. */
static void both_sides_agree_up_and_down(void **state)
{
    static const char down[] = "540000 540100 documents=3 open=0 issued=50000 registered=50000 "
                               "transit=0 difference=0\n",
                      up[] = "540100 540000 documents=1 open=0 issued=700 registered=700 transit=0 "
                             "difference=0\n";

    expect_edges(*state, REGION, REGION, down);
    expect_edges(*state, LHASA, REGION, down);
    expect_edges(*state, REGION, LHASA, up);
    expect_edges(*state, LHASA, LHASA, up);
}

/* Granted, and the region has not heard it: what the city gave back is on its way. */
static void what_is_given_back_is_on_its_way(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "recall", "D", "bgt_id", "E", "amount", "10", "reason", "结余");
    tree_seal(tree);
    tree_cut(tree, LHASA, REGION, true);
    DO(tree, LHASA, "recall_grant", "d", "bgt_id", "r", "amount", "10", "recall_id", "D");
    DO(tree, LHASA, "remit", "N", "ori_bgt_id", "r", "rec_div_code", "540000", "amount", "2",
       "cor_bgt_doc_no", "上〔2026〕2号");
    tree_seal(tree);
    expect_edges(tree, LHASA, REGION,
                 "540000 540100 documents=4 open=1 issued=50000 registered=49000 transit=1000 "
                 "difference=0\n");
    expect_edges(tree, LHASA, LHASA,
                 "540100 540000 documents=2 open=1 issued=900 registered=700 transit=200 "
                 "difference=0\n");
    tree_cut(tree, LHASA, REGION, false);
    expect_edges(tree, LHASA, REGION,
                 "540000 540100 documents=4 open=0 issued=49000 registered=49000 transit=0 "
                 "difference=0\n");
}

/* --- what a division passed on, and when --- */

static void add_passed(void *arg, const struct passed_row *row)
{
    *(int128 *)arg += row->settled;
}

static void what_was_given_back_is_not_passed_on(void **state)
{
    struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
    size_t reads_left = 1000;
    const struct passed_request request = {
        .issuer = tree_division(REGION), .year = 2026, .reads_left = &reads_left};
    int128 settled = 0;

    assert_true(query_passed(txn, &request, add_passed, &settled));
    txn_free(txn);
    assert_int_equal((int64_t)settled, 50000);
}

static void add_moved(void *arg, const struct moved *moved)
{
    int128 *sums = arg;

    sums[moved->from] -= moved->amount;
    sums[moved->to] += moved->amount;
}

/* The history of a division ends where its books stand. */
static void a_history_ends_at_the_books(void **state)
{
    static const enum office_name offices[] = {REGION, LHASA};
    static const enum account accounts[] = {ACC_UNALLOC, ACC_TRANSIT, ACC_XFER_OUT};

    for (size_t i = 0; i < COUNT_OF(offices); i++) {
        struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
        const struct division division = tree_division(offices[i]);
        const struct row_key key = year_sums_key(division, 2026, bytes_text("111"));
        size_t reads_left = 1000;
        const struct history_request request = {
            .author = division, .year = 2026, .reads_left = &reads_left};
        int128 sums[ACCOUNTS] = {0}, want[ACCOUNTS];

        assert_true(query_history(txn, &request, add_moved, sums));
        year_sums_load(txn, &key, want);
        for (size_t a = 0; a < COUNT_OF(accounts); a++) {
            if (sums[accounts[a]] != want[accounts[a]]) {
                fail_msg("%s %s: %lld, the books say %lld", division.code,
                         account_info(accounts[a])->mnemonic, (long long)sums[accounts[a]],
                         (long long)want[accounts[a]]);
            }
        }
        txn_free(txn);
    }
}

/* --- by when --- */

static bool take_due(void *arg, const struct open_item *item)
{
    uint64_t *days = arg;

    days[item->kind == KIND_RECALL ? 0
         : item->amount < 0        ? 1
                                   : 2] = item->place.due - clock_day(item->since_ms);
    return true;
}

static void what_asks_back_is_answered_within_fifteen_days(void **state)
{
    struct tree *tree = *state;
    uint64_t days[3] = {0, 0, 0}, said = 0;
    struct txn *txn;

    DO(tree, REGION, "recall", "D", "bgt_id", "E", "amount", "1", "reason", "结余");
    DO(tree, REGION, "transfer", "G", "early_bgt_id", "E", "rec_div_code", "540100", "amount", "-1",
       TERMS("formal"));
    DO(tree, REGION, "transfer", "H", "ori_bgt_id", "B", "rec_div_code", "540100", "amount", "3",
       TERMS("formal"));
    tree_seal(tree);
    txn = txn_open(tree_store(tree, LHASA), NULL);
    open_items_each(txn, OPEN_TO_REGISTER, tree_division(LHASA), NULL, take_due, days);
    assert_int_equal(days[0], 15);
    assert_int_equal(days[1], 15);
    assert_int_equal(days[2], 7);
    /* What asks back is no money on its way. */
    assert_int_equal(open_items_sum(txn, OPEN_TO_REGISTER, tree_division(LHASA)).count, 3);
    assert_int_equal((int64_t)open_items_sum(txn, OPEN_TO_REGISTER, tree_division(LHASA)).amount,
                     300);
    txn_free(txn);
    DO(tree, REGION, "recall", "I", "bgt_id", "E", "amount", "1", "reason", "结余", "due_days",
       "29"); /* a Friday: no weekend moves it */
    tree_seal(tree);
    txn = txn_open(tree_store(tree, REGION), NULL);
    open_items_each(txn, OPEN_AWAITED, tree_division(REGION), NULL, take_due, days);
    said = days[0];
    txn_free(txn);
    assert_int_equal(said, 29);
}

/* --- over a close --- */

#define PAYEE                                                                                      \
    "payee_acct_name", "施工队", "payee_acct_no", "62", "payee_acct_bank_name", "农行", "use_des", \
        "工程款"

static int64_t year_sum(struct tree *tree, enum office_name of, enum account account)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    const struct row_key key = year_sums_key(tree_division(of), 2026, bytes_text("111"));
    int128 sums[ACCOUNTS];

    year_sums_load(txn, &key, sums);
    txn_free(txn);
    return (int64_t)sums[account];
}

/* Example 13: a county reopens its year before it hears that those above have closed it. */
static void reopening_crosses_a_close(void **state)
{
    struct tree *tree = tree_new();

    (void)state;
    DO(tree, REGION, "budget", "B", "stage", "reply", "fund_type_code", "111", "approval_ref", "1",
       "amount", "100");
    DO(tree, REGION, "transfer", "T", "ori_bgt_id", "B", "rec_div_code", "540100", "amount", "100",
       TERMS("formal"));
    tree_seal(tree);
    DO(tree, LHASA, "register", "r", "bgt_id", "T");
    DO(tree, LHASA, "transfer", "X", "ori_bgt_id", "r", "rec_div_code", "540121", "amount", "100",
       TERMS("formal"));
    tree_seal(tree);
    DO(tree, LINZHOU, "agency", "AG", "agency_code", "001", "agency_name", "局");
    DO(tree, LINZHOU, "register", "q", "bgt_id", "X");
    DO(tree, LINZHOU, "allocate", "a", "ori_bgt_id", "q", "agency_code", "001", "amount", "100");
    DO(tree, LINZHOU, "release", "l", "bgt_id", "a", "cor_bgt_doc_no", "文〔2026〕3号");
    DO(tree, LINZHOU, "payment", "p", "bgt_id", "a", "pay_app_amt", "100", PAYEE);
    DO(tree, LINZHOU, "paid", "v", "pay_app_id", "p", "xpay_amt", "100", "xpay_date", "2026-03-01",
       "agent_business_no", "1");
    tree_seal(tree);
    DO(tree, LINZHOU, "close_year", "k", "fiscal_year", "2026");
    tree_hold_back(tree, REGION, true); /* the county does not hear of it */
    tree_cut(tree, LHASA, LINZHOU, true);
    tree_seal(tree);
    DO(tree, LHASA, "close_year", "k", "fiscal_year", "2026");
    tree_seal(tree);
    DO(tree, REGION, "close_year", "k", "fiscal_year", "2026");
    tree_seal(tree);
    DO(tree, LINZHOU, "reopen_year", "o", "reason", "退款");
    DO(tree, LINZHOU, "refund", "f", "pay_app_id", "p", "amount", "5", "reason", "退回");
    DO(tree, LINZHOU, "reduce", "d", "bgt_id", "a", "amount", "5");
    assert_string_equal(SAY(tree, LINZHOU, "recall_grant", "g", "bgt_id", "q", "amount", "5"),
                        "missing_recall_id");
    DO(tree, LINZHOU, "remit", "M", "ori_bgt_id", "q", "rec_div_code", "540000", "amount", "5",
       "cor_bgt_doc_no", "上〔2026〕1号");
    tree_seal(tree);
    tree_cut(tree, LHASA, LINZHOU, false);
    tree_hold_back(tree, REGION, false);
    assert_string_equal(SAY(tree, REGION, "register", "m", "bgt_id", "M", "ori_div_code", "540121"),
                        "closed_year");
    assert_string_equal(SAY(tree, LINZHOU, "close_year", "k2", "fiscal_year", "2026"),
                        "open_items");
    DO(tree, REGION, "return", "m", "bgt_id", "M", "ori_div_code", "540121", "reason", "已年结");
    tree_seal(tree);
    DO(tree, LINZHOU, "lapse", "n", "bgt_id", "q", "amount", "5", "reason", "注销");
    DO(tree, LINZHOU, "close_year", "k2", "fiscal_year", "2026");
    tree_seal(tree);
    assert_int_equal(year_sum(tree, LINZHOU, ACC_UNALLOC), 0);
    assert_int_equal(year_sum(tree, LINZHOU, ACC_TRANSIT), 0);
    for (int of = REGION; of <= LINZHOU; of++) {
        if (of != SHIGATSE) { /* closed: nobody's figures moved */
            assert_int_equal(year_sum(tree, (enum office_name)of, ACC_CLOSE), 0);
            assert_int_equal(year_sum(tree, (enum office_name)of, ACC_XFER_OUT), 0);
            assert_int_equal(year_sum(tree, (enum office_name)of, ACC_SPENT), 0);
        }
    }
    if (tree_alarms(tree) != 0) {
        fail_msg("%s", tree_alarm(tree));
    }
    tree_free(tree);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_trace_goes_over_recalls_differences_and_remits),
        IN_TREE(both_sides_agree_up_and_down),
        IN_TREE(what_is_given_back_is_on_its_way),
        IN_TREE(what_was_given_back_is_not_passed_on),
        IN_TREE(a_history_ends_at_the_books),
        IN_TREE(what_asks_back_is_answered_within_fifteen_days),
        cmocka_unit_test(reopening_crosses_a_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
