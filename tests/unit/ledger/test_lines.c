/* Execution by elements that no roll-up keeps: economic classes, and two elements at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/lines.h"
#include "tests/unit/ledger/tree.h"

static int set_up(void **state)
{
    struct tree *tree = tree_new();

    tree_carry_money(tree);
    DO(tree, LINZHOU, "agency", "AG-2", "agency_code", "001002", "agency_name", "林周县卫健委");
    DO(tree, LINZHOU, "allocate", "A-4", "ori_bgt_id", "R-2", "agency_code", "001002", "amount",
       "20", "dep_bgt_eco_code", "302", "gov_bgt_eco_code", "502");
    DO(tree, LINZHOU, "release", "L-4", "bgt_id", "A-4", "cor_bgt_doc_no", "林财预〔2026〕2号");
    DO(tree, LINZHOU, "payment", "P-2", "bgt_id", "A-4", "pay_app_amt", "5", "payee_acct_name",
       "甲", "payee_acct_no", "1", "payee_acct_bank_name", "行", "use_des", "用",
       "dep_bgt_eco_code", "30201");
    DO(tree, LINZHOU, "paid", "V-2", "pay_app_id", "P-2", "xpay_amt", "2", "xpay_date",
       "2026-03-02", "agent_business_no", "ABC0002");
    tree_seal(tree);
    *state = tree;
    return 0;
}

static int tear_down(void **state)
{
    tree_free(*state);
    return 0;
}

struct lines {
    char text[4096];
    size_t size;
};

static void add_sums(void *arg, const struct line_sums *row)
{
    static const struct {
        enum account account;
        const char *name;
    } shown[] = {{ACC_AVAIL, "avail"}, {ACC_COMMIT, "commit"}, {ACC_SPENT, "spent"}};
    struct lines *lines = arg;
    char amount[AMOUNT_TEXT_MAX];

    lines->size += (size_t)snprintf(lines->text + lines->size, sizeof lines->text - lines->size,
                                    "%s|%s", row->key[0], row->key[1]);
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        amount_format(amount, row->balance[shown[i].account]);
        lines->size += (size_t)snprintf(lines->text + lines->size, sizeof lines->text - lines->size,
                                        " %s=%s", shown[i].name, amount);
    }
    assert_true(lines->size + 2 < sizeof lines->text);
    memcpy(lines->text + lines->size, "\n", 2);
    lines->size++;
}

static bool read_sums(struct tree *tree, struct line_request *request, struct lines *lines)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    struct err err;
    bool all;

    all = query_lines(txn, request, add_sums, lines);
    assert_int_equal(txn_status(txn, &err), OK);
    txn_free(txn);
    return all;
}

static void expect_sums(struct tree *tree, struct line_request request, const char *want)
{
    struct lines lines = {"", 0};

    request.read_max = 1000;
    assert_true(read_sums(tree, &request, &lines));
    assert_string_equal(lines.text, want);
}

/* A payment says its class more finely than its line: what is committed and spent is the
 * payment's, what is available the line's. */
static void a_payment_counts_under_its_own_class(void **state)
{
    const struct division county = tree_division(LINZHOU);

    expect_sums(
        *state,
        (struct line_request){
            .divisions = &county, .division_count = 1, .by = {LINE_ECONOMIC}, .by_count = 1},
        "| avail=90.00 commit=20.00 spent=40.00\n"
        "302| avail=15.00 commit=0.00 spent=0.00\n"
        "30201| avail=0.00 commit=3.00 spent=2.00\n");
}

static void a_line_counts_under_its_government_class(void **state)
{
    const struct division county = tree_division(LINZHOU);

    expect_sums(
        *state,
        (struct line_request){
            .divisions = &county, .division_count = 1, .by = {LINE_GOV_ECONOMIC}, .by_count = 1},
        "| avail=90.00 commit=20.00 spent=40.00\n"
        "502| avail=15.00 commit=3.00 spent=2.00\n");
}

static void two_elements_make_a_row_for_each_pair(void **state)
{
    const struct division county = tree_division(LINZHOU);

    expect_sums(*state,
                (struct line_request){.divisions = &county,
                                      .division_count = 1,
                                      .year = 2026,
                                      .by = {LINE_AGENCY, LINE_ECONOMIC},
                                      .by_count = 2},
                "001001| avail=90.00 commit=20.00 spent=40.00\n"
                "001002|302 avail=15.00 commit=0.00 spent=0.00\n"
                "001002|30201 avail=0.00 commit=3.00 spent=2.00\n");
    expect_sums(*state,
                (struct line_request){.divisions = &county,
                                      .division_count = 1,
                                      .year = 2025,
                                      .by = {LINE_AGENCY, LINE_FUND},
                                      .by_count = 2},
                "");
}

/* In a jurisdiction three agencies have one code, and a project of the region stays one. */
static void a_jurisdiction_says_whose_an_agency_is(void **state)
{
    const struct division all[] = {tree_division(REGION), tree_division(LHASA),
                                   tree_division(SHIGATSE), tree_division(LINZHOU),
                                   tree_division(SANGZHUZI)};

    expect_sums(*state,
                (struct line_request){.divisions = all,
                                      .division_count = COUNT_OF(all),
                                      .roster = tree_roster(*state),
                                      .by = {LINE_AGENCY, LINE_PROJECT},
                                      .by_count = 2},
                "540000/001001|540000/540000260001 avail=100.00 commit=0.00 spent=0.00\n"
                "540100/001001| avail=300.00 commit=0.00 spent=0.00\n"
                "540121/001001| avail=90.00 commit=20.00 spent=40.00\n"
                "540121/001002| avail=15.00 commit=3.00 spent=2.00\n");
}

/* More lines than may be read: nothing is said, rather than a part of it. */
static void what_is_too_much_is_not_answered_in_part(void **state)
{
    const struct division county = tree_division(LINZHOU);
    struct line_request request = {
        .divisions = &county, .division_count = 1, .by = {LINE_ECONOMIC}, .by_count = 1};
    struct lines lines = {"", 0};

    for (request.read_max = 0; !read_sums(*state, &request, &lines); request.read_max++) {
        assert_string_equal(lines.text, "");
    }
    assert_int_equal(request.read_max, 3 + 2); /* P-1, P-2 */
}

static void elements_are_known_by_name(void **state)
{
    (void)state;
    for (int element = 0; element < LINE_ELEMENTS; element++) {
        assert_int_equal(
            line_element_named(bytes_text(line_element_name((enum line_element)element))), element);
    }
    assert_int_equal(line_element_named(bytes_text("colour")), LINE_ELEMENTS);
    assert_int_equal(line_element_named(BYTES_NONE), LINE_ELEMENTS);
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_TREE(a_payment_counts_under_its_own_class),
        IN_TREE(a_line_counts_under_its_government_class),
        IN_TREE(two_elements_make_a_row_for_each_pair),
        IN_TREE(a_jurisdiction_says_whose_an_agency_is),
        IN_TREE(what_is_too_much_is_not_answered_in_part),
        cmocka_unit_test(elements_are_known_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
