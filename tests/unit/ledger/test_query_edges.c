/* The money chain, and both sides of every transfer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/trace.h"
#include "node/ledger/rows/rows.h"
#include "tests/unit/ledger/queried_tree.h"

static void the_money_chain_of_each_level(void **state)
{
    static const struct {
        enum office_name division;
        int64_t received, allocated, passed_down, unallocated, released, paid;
    } cases[] = {
        {REGION, 100000, 10000, 60000, 30000, 10000, 0},
        {LHASA, 60000, 30000, 20000, 10000, 30000, 0},
        {LINZHOU, 20000, 15000, 0, 5000, 15000, 4000},
        {SHIGATSE, 0, 0, 0, 0, 0, 0},
    };
    struct txn *txn = reader(*state, REGION);

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct chain_row row;

        query_chain(txn, tree_division(cases[i].division), SCOPE_OWN, 2026, &row);
        assert_int_equal(row.received, cases[i].received);
        assert_int_equal(row.allocated, cases[i].allocated);
        assert_int_equal(row.passed_down, cases[i].passed_down);
        assert_int_equal(row.in_transit, 0);
        assert_int_equal(row.unallocated, cases[i].unallocated);
        assert_int_equal(row.released, cases[i].released);
        assert_int_equal(row.paid, cases[i].paid);
    }
    txn_free(txn);
}

static void add_reconcile_row(void *arg, const struct reconcile_row *row)
{
    struct lines *lines = arg;
    char counts[64];

    add_text(lines, row->issuer.code);
    add_text(lines, "->");
    add_text(lines, row->receiver.code);
    add_text(lines, " ");
    add_text(lines, row->fund);
    add_text(lines, "/");
    add_text(lines, row->project);
    (void)snprintf(counts, sizeof counts, " documents=%u open=%u", (unsigned)row->documents,
                   (unsigned)row->open);
    add_text(lines, counts);
    add_amount(lines, "issued", row->issued);
    add_amount(lines, "registered", row->registered);
    add_amount(lines, "returned", row->returned);
    add_amount(lines, "transit", row->in_transit);
    add_amount(lines, "difference", row->difference);
    add_text(lines, "\n");
}

static void expect_edges(struct tree *tree, enum office_name at, enum office_name issuer,
                         const char *want)
{
    struct lines lines = {"", 0};
    struct txn *txn = reader(tree, at);

    size_t reads_left = 100000, few = 1;

    assert_true(
        query_reconcile(txn, tree_division(issuer), &reads_left, add_reconcile_row, &lines));
    assert_string_equal(lines.text, want);
    if (100000 - reads_left > 1) { /* with too few nothing is said that is only a part */
        lines = (struct lines){"", 0};
        assert_false(query_reconcile(txn, tree_division(issuer), &few, add_reconcile_row, &lines));
        assert_string_equal(lines.text, "");
    }
    txn_free(txn);
}

static void edges_are_reconciled_per_receiver(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer", "T-3", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "30", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    DO(tree, REGION, "transfer", "T-4", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "40", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    expect_edges(
        tree, REGION, REGION,
        "540000->540100 111/ documents=1 open=0 issued=600.00 registered=600.00 "
        "returned=0.00 transit=0.00 difference=0.00\n"
        "540000->540200 111/ documents=2 open=2 issued=70.00 registered=0.00 returned=0.00 "
        "transit=70.00 difference=0.00\n");
    DO(tree, SHIGATSE, "return", "X-3", "bgt_id", "T-3", "reason", "项目已取消");
    DO(tree, SHIGATSE, "register", "R-4", "bgt_id", "T-4");
    tree_seal(tree);
    expect_edges(tree, REGION, REGION,
                 "540000->540100 111/ documents=1 open=0 issued=600.00 registered=600.00 "
                 "returned=0.00 transit=0.00 difference=0.00\n"
                 "540000->540200 111/ documents=2 open=0 issued=70.00 registered=40.00 "
                 "returned=30.00 transit=0.00 difference=0.00\n");
    expect_edges(tree, SHIGATSE, REGION,
                 "540000->540200 111/ documents=2 open=0 issued=70.00 registered=40.00 "
                 "returned=30.00 transit=0.00 difference=0.00\n");
}

static void edges_part_by_fund_and_project(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "budget", "B-2", "stage", "reply", "fund_type_code", "12", "amount", "100",
       "approval_ref", "1", "exp_func_code", "2050202");
    DO(tree, REGION, "transfer", "T-3", "ori_bgt_id", "B-1", "rec_div_code", "540100", "amount",
       "30", "cor_bgt_doc_no", "1", "tra_type_code", "special", "stage", "formal", "pro_code",
       "540000260001", "tp_func_code", "2300248");
    DO(tree, REGION, "transfer", "T-4", "ori_bgt_id", "B-2", "rec_div_code", "540100", "amount",
       "40", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    expect_edges(tree, REGION, REGION,
                 "540000->540100 111/ documents=1 open=0 issued=600.00 registered=600.00 "
                 "returned=0.00 transit=0.00 difference=0.00\n"
                 "540000->540100 111/540000260001 documents=1 open=1 issued=30.00 "
                 "registered=0.00 returned=0.00 transit=30.00 difference=0.00\n"
                 "540000->540100 12/ documents=1 open=1 issued=40.00 registered=0.00 "
                 "returned=0.00 transit=40.00 difference=0.00\n");
}

/* What was registered of a transfer that its issuer's log never issued is a difference. */
static void a_transfer_never_issued_is_a_difference(void **state)
{
    const struct row_key key =
        row_key_of(ROW_TRANSFER_MATCH, tree_division(LHASA), bytes_text("T-2"));
    struct txn *txn = reader(*state, REGION);
    struct transfer_match match;
    struct bytes value;

    assert_true(transfer_match_load(txn, tree_division(LHASA), bytes_text("T-2"), &match));
    match.transfer_lsn = match.settle_lsn = 0;
    transfer_match_store(txn, tree_division(LHASA), bytes_text("T-2"), &match);
    assert_true(txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value));
    tree_tamper(*state, REGION, SPACE_LEDGER, row_key_bytes(&key), value);
    txn_free(txn);
    expect_edges(*state, REGION, LHASA,
                 "540100->540121 111/ documents=1 open=1 issued=0.00 registered=200.00 "
                 "returned=0.00 transit=0.00 difference=200.00\n");
}

/* The region's issue reaches everybody; the city's answer is on its way. */
static void what_is_on_its_way_is_in_transit_for_both(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer", "T-3", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "30", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    tree_hold_back(tree, SHIGATSE, true);
    DO(tree, SHIGATSE, "register", "R-3", "bgt_id", "T-3");
    tree_seal(tree);
    expect_edges(tree, SHIGATSE, REGION,
                 "540000->540200 111/ documents=1 open=1 issued=30.00 registered=30.00 "
                 "returned=0.00 transit=0.00 difference=0.00\n");
    expect_balance(tree, REGION, REGION, SCOPE_SUBTREE, 2026, BY_ACCOUNT,
                   "SRC_APPROVED 1000.00\nUNALLOC 420.00\nPENDING 0.00\nAVAIL 490.00\n"
                   "COMMIT 20.00\nSPENT 40.00\nTRANSIT 30.00\n");
    tree_hold_back(tree, SHIGATSE, false);
    expect_balance(tree, REGION, REGION, SCOPE_SUBTREE, 2026, BY_ACCOUNT,
                   "SRC_APPROVED 1000.00\nUNALLOC 450.00\nPENDING 0.00\nAVAIL 490.00\n"
                   "COMMIT 20.00\nSPENT 40.00\nTRANSIT 0.00\n");
    assert_int_equal(tree_alarms(tree), 0);
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_TREE(the_money_chain_of_each_level),
        IN_TREE(edges_are_reconciled_per_receiver),
        IN_TREE(edges_part_by_fund_and_project),
        IN_TREE(a_transfer_never_issued_is_a_difference),
        IN_TREE(what_is_on_its_way_is_in_transit_for_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
