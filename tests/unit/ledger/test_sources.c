/* The money chain by where its money came from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/sources.h"
#include "tests/unit/ledger/tree.h"

/* The county has a budget of its own, and gets from the city and, past it, from the region. */
static int set_up(void **state)
{
    struct tree *tree = tree_new();

    tree_carry_money(tree);
    DO(tree, REGION, "transfer", "T-9", "ori_bgt_id", "B-1", "rec_div_code", "540121", "amount",
       "70", "cor_bgt_doc_no", "藏财直达〔2026〕1号", "tra_type_code", "general", "stage",
       "formal");
    tree_seal(tree);
    DO(tree, LINZHOU, "register", "R-9", "bgt_id", "T-9", "ori_div_code", "540000");
    DO(tree, LINZHOU, "budget", "B-9", "stage", "reply", "fund_type_code", "111", "amount", "500",
       "approval_ref", "林人发〔2026〕1号", "exp_func_code", "2050202");
    DO(tree, LINZHOU, "budget", "B-8", "stage", "reply", "fund_type_code", "111", "amount", "30",
       "approval_ref", "林人发〔2026〕2号", "exp_func_code", "2050202");
    DO(tree, LINZHOU, "allocate", "A-9", "ori_bgt_id", "B-9", "agency_code", "001001", "amount",
       "120");
    tree_seal(tree);
    *state = tree;
    return 0;
}

static int tear_down(void **state)
{
    tree_free(*state);
    return 0;
}

struct rows {
    char text[4096];
    size_t size;
    struct chain_row sum;
};

static void add_row(void *arg, const struct source_row *row)
{
    struct rows *rows = arg;
    const struct {
        const char *name;
        int128 amount;
    } shown[] = {{"received", row->chain.received},
                 {"allocated", row->chain.allocated},
                 {"passed", row->chain.passed_down},
                 {"transit", row->chain.in_transit},
                 {"unallocated", row->chain.unallocated},
                 {"released", row->chain.released},
                 {"paid", row->chain.paid}};
    char amount[AMOUNT_TEXT_MAX];

    rows->size += (size_t)snprintf(rows->text + rows->size, sizeof rows->text - rows->size,
                                   "%s %s %u:", source_name(row->account), row->issuer.code,
                                   (unsigned)row->documents);
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        amount_format(amount, shown[i].amount);
        rows->size += (size_t)snprintf(rows->text + rows->size, sizeof rows->text - rows->size,
                                       " %s=%s", shown[i].name, amount);
    }
    assert_true(rows->size + 2 < sizeof rows->text);
    memcpy(rows->text + rows->size++, "\n", 2);
    rows->sum.received += row->chain.received;
    rows->sum.allocated += row->chain.allocated;
    rows->sum.passed_down += row->chain.passed_down;
    rows->sum.unallocated += row->chain.unallocated;
    rows->sum.released += row->chain.released;
    rows->sum.paid += row->chain.paid;
}

static bool read_rows(struct tree *tree, enum office_name office, struct source_request request,
                      struct rows *rows)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    struct err err;
    bool all;

    request.division = tree_division(office);
    all = query_sources(txn, &request, add_row, rows);
    assert_int_equal(txn_status(txn, &err), OK);
    txn_free(txn);
    return all;
}

static void expect_rows(struct tree *tree, enum office_name office, int year, const char *want)
{
    struct rows rows = {.size = 0};

    assert_true(
        read_rows(tree, office, (struct source_request){.year = year, .read_max = 1000}, &rows));
    assert_string_equal(rows.text, want);
}

static void each_source_is_followed_to_what_was_paid_of_it(void **state)
{
    expect_rows(*state, LINZHOU, 0,
                "approved  2: received=530.00 allocated=120.00 passed=0.00 transit=0.00 "
                "unallocated=410.00 released=0.00 paid=0.00\n"
                "transferred 540100 1: received=200.00 allocated=150.00 passed=0.00 transit=0.00 "
                "unallocated=50.00 released=150.00 paid=40.00\n"
                "transferred 540000 1: received=70.00 allocated=0.00 passed=0.00 transit=0.00 "
                "unallocated=70.00 released=0.00 paid=0.00\n");
}

static void what_was_passed_down_is_of_its_source(void **state)
{
    expect_rows(*state, LHASA, 2026,
                "transferred 540000 1: received=600.00 allocated=300.00 passed=200.00 "
                "transit=0.00 unallocated=100.00 released=300.00 paid=0.00\n");
    expect_rows(*state, LHASA, 2025, "");
}

static void the_rows_add_up_to_the_chain(void **state)
{
    struct tree *tree = *state;

    for (enum office_name office = REGION; office < OFFICES; office++) {
        struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
        struct rows rows = {.size = 0};
        struct chain_row chain;

        assert_true(read_rows(tree, office, (struct source_request){.read_max = 1000}, &rows));
        query_chain(txn, tree_division(office), SCOPE_OWN, 0, &chain);
        assert_true(chain.received == rows.sum.received && chain.paid == rows.sum.paid);
        assert_true(chain.allocated == rows.sum.allocated && chain.released == rows.sum.released);
        assert_true(chain.passed_down == rows.sum.passed_down);
        assert_true(chain.unallocated == rows.sum.unallocated);
        txn_free(txn);
    }
}

/* Until its reply it is money in advance; a reply of nothing leaves nothing to tell. */
static void an_estimate_is_a_source_of_its_own_until_its_reply(void **state)
{
    struct tree *tree = *state;

    DO(tree, SHIGATSE, "budget", "E-1", "stage", "estimate", "fund_type_code", "111", "amount",
       "80");
    DO(tree, SHIGATSE, "budget", "E-2", "stage", "estimate", "fund_type_code", "111", "amount",
       "7");
    tree_seal(tree);
    expect_rows(tree, SHIGATSE, 0,
                "advanced  2: received=87.00 allocated=0.00 passed=0.00 transit=0.00 "
                "unallocated=87.00 released=0.00 paid=0.00\n");
    DO(tree, SHIGATSE, "budget", "Y-1", "stage", "reply", "approval_ref", "1", "fund_type_code",
       "111", "amount", "90", "estimate_id", "E-1");
    DO(tree, SHIGATSE, "budget", "Y-2", "stage", "reply", "approval_ref", "1", "fund_type_code",
       "111", "amount", "0", "estimate_id", "E-2");
    tree_seal(tree);
    expect_rows(tree, SHIGATSE, 0,
                "approved  1: received=90.00 allocated=0.00 passed=0.00 transit=0.00 "
                "unallocated=90.00 released=0.00 paid=0.00\n");
}

static void what_is_too_much_is_not_answered_in_part(void **state)
{
    struct rows rows = {.size = 0};

    assert_false(read_rows(*state, LINZHOU, (struct source_request){.read_max = 2}, &rows));
    assert_string_equal(rows.text, "");
}

static void an_account_that_is_no_source_has_no_name(void **state)
{
    (void)state;
    assert_string_equal(source_name(ACC_SRC_CARRY_IN), "carried");
    assert_null(source_name(ACC_UNALLOC));
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_TREE(each_source_is_followed_to_what_was_paid_of_it),
        IN_TREE(what_was_passed_down_is_of_its_source),
        IN_TREE(the_rows_add_up_to_the_chain),
        IN_TREE(an_estimate_is_a_source_of_its_own_until_its_reply),
        IN_TREE(what_is_too_much_is_not_answered_in_part),
        cmocka_unit_test(an_account_that_is_no_source_has_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
