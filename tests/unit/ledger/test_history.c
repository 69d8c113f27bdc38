/* What moved, one document after the other, adds up to what the roll-ups keep: at any moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/ledger/query/history.h"
#include "node/ledger/query/passed.h"
#include "node/ledger/schema/clocks.h"
#include "tests/unit/ledger/tree.h"

static int set_up(void **state)
{
    struct tree *tree = tree_new();

    tree_carry_money(tree);
    *state = tree;
    return 0;
}

static int tear_down(void **state)
{
    tree_free(*state);
    return 0;
}

static void add_moved(void *arg, const struct moved *moved)
{
    chain_move(arg, moved);
}

static bool chain_until(struct txn *txn, enum office_name of, uint64_t until_ms, size_t reads,
                        struct chain_row *chain)
{
    const struct history_request request = {tree_division(of), 0, until_ms, &reads};

    memset(chain, 0, sizeof *chain);
    return query_history(txn, &request, add_moved, chain);
}

static void expect_the_sums_kept(struct tree *tree)
{
    for (enum office_name of = REGION; of < OFFICES; of++) {
        struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
        struct chain_row kept, read;

        query_chain(txn, tree_division(of), SCOPE_OWN, 0, &kept);
        assert_true(chain_until(txn, of, 0, 1000, &read));
        txn_free(txn);
        assert_memory_equal(&read, &kept, sizeof kept);
    }
}

static void history_adds_up_to_the_sums_that_are_kept(void **state)
{
    expect_the_sums_kept(*state);
}

/* Each of them goes to another account by what was before it. */
static void what_was_taken_back_goes_where_it_came_from(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "budget", "B-9", "stage", "request", "fund_type_code", "111", "amount", "5");
    DO(tree, LINZHOU, "allocate", "A-4", "ori_bgt_id", "R-2", "agency_code", "001001", "amount",
       "20");
    DO(tree, LINZHOU, "reduce", "D-1", "bgt_id", "A-4", "amount", "3");
    DO(tree, LINZHOU, "reduce", "D-2", "bgt_id", "A-4", "amount", "2");
    expect_the_sums_kept(tree);
    DO(tree, LINZHOU, "release", "L-4", "bgt_id", "A-4", "cor_bgt_doc_no", "林财预〔2026〕4号");
    DO(tree, LINZHOU, "reduce", "D-3", "bgt_id", "A-4", "amount", "4");
    DO(tree, LINZHOU, "reduce", "D-4", "bgt_id", "A-4", "amount", "1");
    DO(tree, LINZHOU, "virement", "VM-1", "from_bgt_id", "A-3", "amount", "8", "agency_code",
       "001001", "exp_func_code", "2050201");
    DO(tree, LINZHOU, "reduce", "D-5", "bgt_id", "VM-1", "amount", "2");
    DO(tree, LINZHOU, "freeze", "F-1", "bgt_id", "A-3", "amount", "5", "reason", "查");
    DO(tree, LINZHOU, "refund", "RF-1", "pay_app_id", "P-1", "amount", "10", "reason", "退");
    tree_seal(tree);
    expect_the_sums_kept(tree);
    DO(tree, LHASA, "transfer", "T-3", "ori_bgt_id", "R-1", "rec_div_code", "540121", "amount",
       "30", "cor_bgt_doc_no", "拉财预〔2026〕3号", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    expect_the_sums_kept(tree);
    DO(tree, LINZHOU, "return", "RT-3", "bgt_id", "T-3", "reason", "误发");
    tree_seal(tree);
    expect_the_sums_kept(tree);
}

/* A reply to an estimate brings what it says beyond that, and an adjustment may take away. */
static void what_is_replied_and_adjusted_counts_once(void **state)
{
    struct tree *tree = *state;

    DO(tree, LINZHOU, "budget", "E-1", "stage", "estimate", "fund_type_code", "111", "amount",
       "80");
    DO(tree, LINZHOU, "budget", "E-2", "stage", "estimate", "fund_type_code", "111", "amount", "9");
    DO(tree, LINZHOU, "budget", "Y-1", "stage", "reply", "approval_ref", "1", "fund_type_code",
       "111", "amount", "60", "estimate_id", "E-1");
    tree_seal(tree);
    expect_the_sums_kept(tree);
    DO(tree, LINZHOU, "adjust", "J-1", "bgt_id", "E-1", "approval_ref", "1", "amount", "15");
    DO(tree, LINZHOU, "adjust", "J-2", "bgt_id", "E-1", "approval_ref", "1", "amount", "-70");
    DO(tree, LINZHOU, "refund", "RF-2", "bgt_id", "A-3", "amount", "10", "reason", "红字");
    tree_seal(tree);
    expect_the_sums_kept(tree);
}

static void a_chain_is_told_as_it_stood_at_any_moment(void **state)
{
    struct tree *tree = *state;
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    struct document_row paid, released;
    struct chain_row chain;

    assert_true(query_document(txn, tree_division(LINZHOU), bytes_text("V-1"), &paid));
    assert_true(query_document(txn, tree_division(LINZHOU), bytes_text("L-3"), &released));
    assert_true(chain_until(txn, LINZHOU, paid.time_ms, 1000, &chain));
    assert_int_equal(chain.paid, 0);
    assert_int_equal(chain.released, 15000);
    assert_true(chain_until(txn, LINZHOU, released.time_ms, 1000, &chain));
    assert_int_equal(chain.released, 0);
    assert_int_equal(chain.allocated, 15000);
    assert_int_equal(chain.received, 20000);
    assert_true(chain_until(txn, LINZHOU, paid.time_ms + 1, 1000, &chain));
    assert_int_equal(chain.paid, 4000);
    txn_free(txn);
}

static void a_history_longer_than_its_bound_says_so(void **state)
{
    struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
    struct chain_row chain;

    /* register, allocate, release, paid */
    assert_true(chain_until(txn, LINZHOU, 0, 4, &chain));
    assert_false(chain_until(txn, LINZHOU, 0, 3, &chain));
    txn_free(txn);
}

/* --- passed --- */

struct passing {
    size_t count;
    struct passed_row row; /* the last one */
};

static void take_passed(void *arg, const struct passed_row *row)
{
    struct passing *passing = arg;

    passing->count++;
    passing->row = *row;
}

static struct passing passed_on(struct tree *tree, enum office_name issuer, uint64_t until_ms,
                                uint64_t today)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    struct passing passing = {0};
    size_t reads = 10;
    const struct passed_request request = {tree_division(issuer), 2026, until_ms, today, &reads};

    assert_true(query_passed(txn, &request, take_passed, &passing));
    txn_free(txn);
    return passing;
}

static struct passing passed(struct tree *tree, enum office_name issuer, uint64_t until_ms)
{
    return passed_on(tree, issuer, until_ms, 0);
}

static uint64_t time_of(struct tree *tree, enum office_name author, const char *id)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    struct document_row row;

    assert_true(query_document(txn, tree_division(author), bytes_text(id), &row));
    txn_free(txn);
    return row.time_ms;
}

static void what_was_issued_is_in_transit_until_it_is_settled(void **state)
{
    struct tree *tree = *state;
    const uint64_t issued = time_of(tree, LHASA, "T-2");
    struct passing now = passed(tree, LHASA, 0), then = passed(tree, LHASA, issued + 1);

    assert_int_equal(now.count, 1);
    assert_string_equal(now.row.receiver.code, "540121");
    assert_int_equal(now.row.settled, 20000);
    assert_int_equal(now.row.in_transit, 0);
    assert_string_equal(now.row.oldest_id, "");
    assert_int_equal(then.row.settled, 0);
    assert_int_equal(then.row.in_transit, 20000);
    assert_string_equal(then.row.oldest_id, "T-2");
    assert_int_equal(passed(tree, LHASA, issued).count, 0);
    assert_int_equal(passed(tree, LINZHOU, 0).count, 0);
}

static void what_was_returned_was_not_passed_on(void **state)
{
    struct tree *tree = *state;
    struct passing passing;

    DO(tree, LHASA, "transfer", "T-3", "ori_bgt_id", "R-1", "rec_div_code", "540121", "amount",
       "30", "cor_bgt_doc_no", "拉财预〔2026〕3号", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    passing = passed(tree, LHASA, 0);
    assert_int_equal(passing.row.documents, 2);
    assert_int_equal(passing.row.in_transit, 3000);
    assert_string_equal(passing.row.oldest_id, "T-3");
    assert_int_equal(passing.row.overdue, 0);
    assert_int_equal(
        passed_on(tree, LHASA, 0, clock_day(time_of(tree, LHASA, "T-3")) + 8).row.overdue, 1);
    assert_int_equal(
        passed_on(tree, LHASA, 0, clock_day(time_of(tree, LHASA, "T-3")) + 7).row.overdue, 0);
    DO(tree, LINZHOU, "return", "RT-3", "bgt_id", "T-3", "reason", "误发");
    tree_seal(tree);
    passing = passed(tree, LHASA, 0);
    assert_int_equal(passing.row.documents, 1);
    assert_int_equal(passing.row.settled, 20000);
    assert_int_equal(passing.row.in_transit, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(history_adds_up_to_the_sums_that_are_kept, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_taken_back_goes_where_it_came_from, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_replied_and_adjusted_counts_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_chain_is_told_as_it_stood_at_any_moment, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_history_longer_than_its_bound_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_issued_is_in_transit_until_it_is_settled, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_returned_was_not_passed_on, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
