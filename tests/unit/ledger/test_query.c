/* What people ask: balances, documents, lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/trace.h"
#include "tests/unit/ledger/queried_tree.h"

/* --- balances --- */

/* The worked example of the domain, at every level that may see it. */
static void every_level_reads_the_same_own_balances(void **state)
{
    static const char *const own[] = {
        [REGION] = "SRC_APPROVED 1000.00\nUNALLOC 300.00\nPENDING 0.00\nAVAIL 100.00\n"
                   "TRANSIT 0.00\nXFER_OUT 600.00\n",
        [LHASA] = "SRC_TRANSFER_IN 600.00\nUNALLOC 100.00\nPENDING 0.00\nAVAIL 300.00\n"
                  "TRANSIT 0.00\nXFER_OUT 200.00\n",
        [LINZHOU] = "SRC_TRANSFER_IN 200.00\nUNALLOC 50.00\nPENDING 0.00\nAVAIL 90.00\n"
                    "COMMIT 20.00\nSPENT 40.00\n",
    };

    expect_balance(*state, REGION, REGION, SCOPE_OWN, 2026, BY_ACCOUNT, own[REGION]);
    expect_balance(*state, LHASA, LHASA, SCOPE_OWN, 0, BY_ACCOUNT, own[LHASA]);
    expect_balance(*state, REGION, LHASA, SCOPE_OWN, 2026, BY_ACCOUNT, own[LHASA]);
    expect_balance(*state, LINZHOU, LINZHOU, SCOPE_OWN, 2026, BY_ACCOUNT, own[LINZHOU]);
    expect_balance(*state, LHASA, LINZHOU, SCOPE_OWN, 0, BY_ACCOUNT, own[LINZHOU]);
    expect_balance(*state, REGION, LINZHOU, SCOPE_OWN, 2026, BY_ACCOUNT, own[LINZHOU]);
}

static void a_jurisdiction_counts_transfers_once(void **state)
{
    expect_balance(*state, REGION, REGION, SCOPE_SUBTREE, 2026, BY_ACCOUNT,
                   "SRC_APPROVED 1000.00\nUNALLOC 450.00\nPENDING 0.00\nAVAIL 490.00\n"
                   "COMMIT 20.00\nSPENT 40.00\nTRANSIT 0.00\n");
    expect_balance(*state, REGION, LHASA, SCOPE_SUBTREE, 2026, BY_ACCOUNT,
                   "SRC_TRANSFER_IN 600.00\nUNALLOC 150.00\nPENDING 0.00\nAVAIL 390.00\n"
                   "COMMIT 20.00\nSPENT 40.00\nTRANSIT 0.00\n");
    expect_balance(*state, LHASA, LHASA, SCOPE_SUBTREE, 0, BY_ACCOUNT,
                   "SRC_TRANSFER_IN 600.00\nUNALLOC 150.00\nPENDING 0.00\nAVAIL 390.00\n"
                   "COMMIT 20.00\nSPENT 40.00\nTRANSIT 0.00\n");
}

static void balances_are_asked_by_any_dimension(void **state)
{
    expect_balance(*state, REGION, REGION, SCOPE_OWN, 2026, BY_PROJECT,
                   "/SRC_APPROVED 1000.00\n/UNALLOC 300.00\n/TRANSIT 0.00\n/XFER_OUT 600.00\n"
                   "540000260001/PENDING 0.00\n540000260001/AVAIL 100.00\n");
    expect_balance(*state, LINZHOU, LINZHOU, SCOPE_OWN, 2026, BY_FUND,
                   "111/SRC_TRANSFER_IN 200.00\n111/UNALLOC 50.00\n111/PENDING 0.00\n"
                   "111/AVAIL 90.00\n111/COMMIT 20.00\n111/SPENT 40.00\n");
    expect_balance(*state, LINZHOU, LINZHOU, SCOPE_OWN, 2026, BY_AGENCY,
                   "/SRC_TRANSFER_IN 200.00\n/UNALLOC 50.00\n001001/PENDING 0.00\n"
                   "001001/AVAIL 90.00\n001001/COMMIT 20.00\n001001/SPENT 40.00\n");
    expect_balance(*state, LINZHOU, LINZHOU, SCOPE_OWN, 2026, BY_FUNCTION,
                   "2050202/SRC_TRANSFER_IN 200.00\n2050202/UNALLOC 50.00\n2050202/PENDING 0.00\n"
                   "2050202/AVAIL 90.00\n2050202/COMMIT 20.00\n2050202/SPENT 40.00\n");
}

static void all_years_are_summed_by_default(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "budget", "B-2027", "fiscal_year", "2027", "stage", "reply", "fund_type_code",
       "111", "amount", "7", "approval_ref", "藏人发〔2027〕1号");
    tree_seal(tree);
    expect_balance(tree, REGION, REGION, SCOPE_OWN, 2027, BY_ACCOUNT,
                   "SRC_APPROVED 7.00\nUNALLOC 7.00\n");
    expect_balance(tree, REGION, REGION, SCOPE_OWN, 0, BY_ACCOUNT,
                   "SRC_APPROVED 1007.00\nUNALLOC 307.00\nPENDING 0.00\nAVAIL 100.00\n"
                   "TRANSIT 0.00\nXFER_OUT 600.00\n");
    expect_balance(tree, REGION, REGION, SCOPE_OWN, 2025, BY_ACCOUNT, "");
}

static void who_wrote_nothing_has_no_rows(void **state)
{
    expect_balance(*state, REGION, SANGZHUZI, SCOPE_OWN, 0, BY_ACCOUNT, "");
    expect_balance(*state, REGION, SHIGATSE, SCOPE_SUBTREE, 0, BY_ACCOUNT, "");
    expect_balance(*state, SHIGATSE, LHASA, SCOPE_OWN, 0, BY_ACCOUNT, "");
}

/* --- documents --- */

static void documents_tell_their_state(void **state)
{
    static const struct {
        enum office_name at, author;
        const char *id, *state, *answer;
        int64_t amount;
    } cases[] = {
        {REGION, REGION, "B-1", "approved", "", 100000},
        {REGION, REGION, "T-1", "registered", "R-1", 60000},
        {REGION, REGION, "A-1", "released", "", 10000},
        {LHASA, LHASA, "T-2", "registered", "R-2", 20000},
        {REGION, LHASA, "T-2", "registered", "R-2", 20000},
        {LINZHOU, LINZHOU, "P-1", "part_paid", "", 6000},
        {REGION, LINZHOU, "V-1", "entered", "", 4000},
    };
    struct document_row row;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct txn *txn = reader(*state, cases[i].at);

        if (!query_document(txn, tree_division(cases[i].author), bytes_text(cases[i].id), &row)) {
            fail_msg("%s is not there", cases[i].id);
        }
        txn_free(txn);
        assert_string_equal(row.id, cases[i].id);
        assert_string_equal(row.state, cases[i].state);
        assert_string_equal(row.answer_id, cases[i].answer);
        assert_int_equal(row.amount, cases[i].amount);
        assert_int_equal(row.year, 2026);
        assert_true(row.lsn > 0 && row.time_ms > 0);
    }
}

static void an_indicator_shows_its_balances(void **state)
{
    struct txn *txn = reader(*state, REGION);
    struct document_row row;

    assert_true(query_document(txn, tree_division(LINZHOU), bytes_text("A-3"), &row));
    assert_int_equal(row.balances[ACC_AVAIL], 9000);
    assert_int_equal(row.balances[ACC_COMMIT], 2000);
    assert_int_equal(row.balances[ACC_SPENT], 4000);
    assert_true(query_document(txn, tree_division(LINZHOU), bytes_text("R-2"), &row));
    assert_int_equal(row.balances[ACC_SRC_TRANSFER_IN], 20000);
    assert_int_equal(row.balances[ACC_UNALLOC], 5000);
    txn_free(txn);
}

/* A register is answered in its turn by the settle of its issuer. */
static void an_answer_names_its_settle(void **state)
{
    struct txn *txn = reader(*state, LHASA);
    struct document_row answer, settle;

    assert_true(query_document(txn, tree_division(LINZHOU), bytes_text("R-2"), &answer));
    assert_string_equal(answer.state, "registered");
    assert_int_equal(answer.answer_id[0], '.');
    assert_true(query_document(txn, tree_division(LHASA), bytes_text(answer.answer_id), &settle));
    assert_int_equal(settle.kind, KIND_SETTLE);
    assert_int_equal(settle.amount, 20000);
    txn_free(txn);
}

static void what_is_not_held_is_not_there(void **state)
{
    static const char long_id[] = "123456789012345678901234567890123456789";
    struct txn *txn = reader(*state, SHIGATSE);
    struct document_row row;

    assert_false(query_document(txn, tree_division(LHASA), bytes_text("R-1"), &row));
    assert_false(query_document(txn, tree_division(REGION), bytes_text("B-1"), &row));
    assert_false(query_document(txn, tree_division(SHIGATSE), bytes_text("nothing"), &row));
    assert_false(query_document(txn, tree_division(SHIGATSE), BYTES_NONE, &row));
    assert_false(query_document(txn, tree_division(SHIGATSE), bytes_text(long_id), &row));
    txn_free(txn);
}

/* --- lists --- */

struct listing {
    struct lines lines;
    size_t rows, rows_max;
    uint64_t last_lsn;
};

static bool add_listed(void *arg, const struct document_row *row)
{
    struct listing *listing = arg;

    if (listing->rows == listing->rows_max) {
        return false;
    }
    assert_true(row->lsn > listing->last_lsn);
    listing->rows++;
    listing->last_lsn = row->lsn;
    add_text(&listing->lines, row->id);
    add_text(&listing->lines, " ");
    return true;
}

static void enter_budgets(struct tree *tree)
{
    for (int i = 0; i < 7; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "N-%d", i);
        DO(tree, REGION, "budget", id, "fiscal_year", i % 2 == 0 ? "2026" : "2027", "stage",
           "reply", "fund_type_code", "111", "amount", "1", "approval_ref", "1");
        if (i == 3) {
            tree_seal(tree);
        }
    }
    tree_seal(tree);
}

static void lists_are_in_the_order_of_the_log(void **state)
{
    struct listing listing = {.rows_max = SIZE_MAX};
    struct tree *tree = *state;
    struct txn *txn;

    enter_budgets(tree);
    txn = reader(tree, REGION);
    query_list(txn, tree_division(REGION), KIND_BUDGET, 0, add_listed, &listing);
    assert_string_equal(listing.lines.text, "B-1 N-0 N-1 N-2 N-3 N-4 N-5 N-6 ");
    listing = (struct listing){.rows_max = SIZE_MAX};
    query_list(txn, tree_division(REGION), KIND_BUDGET, 2027, add_listed, &listing);
    assert_string_equal(listing.lines.text, "N-1 N-3 N-5 ");
    listing = (struct listing){.rows_max = SIZE_MAX};
    query_list(txn, tree_division(REGION), KIND_PAYMENT, 0, add_listed, &listing);
    assert_string_equal(listing.lines.text, "");
    query_list(txn, tree_division(LINZHOU), KIND_PAYMENT, 0, add_listed, &listing);
    assert_string_equal(listing.lines.text, "P-1 ");
    txn_free(txn);
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_TREE(every_level_reads_the_same_own_balances),
        IN_TREE(a_jurisdiction_counts_transfers_once),
        IN_TREE(balances_are_asked_by_any_dimension),
        IN_TREE(all_years_are_summed_by_default),
        IN_TREE(who_wrote_nothing_has_no_rows),
        IN_TREE(documents_tell_their_state),
        IN_TREE(an_indicator_shows_its_balances),
        IN_TREE(an_answer_names_its_settle),
        IN_TREE(what_is_not_held_is_not_there),
        IN_TREE(lists_are_in_the_order_of_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
