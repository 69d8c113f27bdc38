/* Codes and what they become: every refusal, at the author and below, and what is in force where.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/ledger/families/elements.h"
#include "tests/unit/ledger/tree.h"

static int open_tree(void **state)
{
    *state = tree_new();
    return 0;
}

static int close_tree(void **state)
{
    tree_free(*state);
    return 0;
}

#define REFUSED(tree, code, office, kind, id, ...)                                                 \
    assert_string_equal(SAY(tree, office, kind, id, __VA_ARGS__), code)
#define CODE_SAYS(year, ...)                                                                       \
    "fiscal_year", year, "ele_catalog_code", "exp_func", "ele_name", "某", "ele_code", __VA_ARGS__
#define CODE(tree, office, id, year, ...)                                                          \
    DO(tree, office, "element", id, CODE_SAYS(year, __VA_ARGS__))
#define MAP(set, from, to)                                                                         \
    "fiscal_year", "2027", "ele_catalog_code", set, "from_code", from, "to_code", to

/* What `from` becomes in 2027 at an office; "" for nothing. */
static const char *mapped(struct tree *tree, enum office_name office, const char *from)
{
    static char out[64];
    const struct ledger ledger = {.config = {tree_division(office), tree_roster(tree)}};
    struct txn *txn = txn_open(tree_store(tree, office), NULL);
    struct bytes to = BYTES_NONE;

    (void)code_mapped(&ledger, txn, bytes_text("exp_func"), 2027, bytes_text(from), &to);
    assert_true(to.size < sizeof out);
    memcpy(out, to.data == NULL ? "" : (const char *)to.data, to.size);
    out[to.size] = '\0';
    txn_free(txn);
    return out;
}

static void codes_of_two_years(struct tree *tree)
{
    CODE(tree, REGION, "E-1", "2026", "201");
    CODE(tree, REGION, "E-2", "2027", "202");
    CODE(tree, REGION, "E-3", "2027", "203");
    CODE(tree, REGION, "E-4", "2027", "204", "is_enabled", "2");
    tree_seal(tree);
}

static void a_code_becomes_one_of_the_year_after(void **state)
{
    struct tree *tree = *state;

    codes_of_two_years(tree);
    assert_string_equal(mapped(tree, REGION, "201"), "");
    REFUSED(tree, "bad_ele_catalog_code", REGION, "element_map", "M-0",
            MAP("fund_type", "201", "202"));
    REFUSED(tree, "unknown_from_code", REGION, "element_map", "M-0", MAP("exp_func", "202", "203"));
    REFUSED(tree, "unknown_to_code", REGION, "element_map", "M-0", MAP("exp_func", "201", "201"));
    REFUSED(tree, "unknown_to_code", REGION, "element_map", "M-0", MAP("exp_func", "201", "204"));
    DO(tree, REGION, "element_map", "M-1", MAP("exp_func", "201", "202"));
    tree_seal(tree);
    assert_string_equal(mapped(tree, REGION, "201"), "202");
    assert_string_equal(mapped(tree, LINZHOU, "201"), "202");
    assert_string_equal(mapped(tree, LINZHOU, "202"), "");
}

static void a_second_map_replaces_the_first_of_the_same_author(void **state)
{
    struct tree *tree = *state;

    codes_of_two_years(tree);
    DO(tree, LHASA, "element_map", "M-1", MAP("exp_func", "201", "202"));
    tree_seal(tree);
    assert_string_equal(mapped(tree, LINZHOU, "201"), "202");
    assert_string_equal(mapped(tree, REGION, "201"), ""); /* in force below alone */
    DO(tree, LHASA, "element_map", "M-2", MAP("exp_func", "201", "203"));
    REFUSED(tree, "wrong_state", LINZHOU, "element_map", "M-3", MAP("exp_func", "201", "202"));
    DO(tree, REGION, "element_map", "M-4", MAP("exp_func", "201", "202"));
    tree_seal(tree);
    assert_string_equal(mapped(tree, LINZHOU, "201"), "202"); /* nearer the root */
    assert_string_equal(mapped(tree, SANGZHUZI, "201"), "202");
    assert_int_equal(tree_alarms(tree), 0);
}

/* A level adds below a leaf of those above, and below its own. */
static void a_level_adds_codes_below_leaves(void **state)
{
    struct tree *tree = *state;

    CODE(tree, REGION, "E-1", "2026", "201");
    CODE(tree, REGION, "E-2", "2026", "20101", "parent_code", "201");
    CODE(tree, REGION, "E-3", "2026", "20102", "parent_code", "201", "is_enabled", "2");
    REFUSED(tree, "unknown_parent_code", REGION, "element", "E-9",
            CODE_SAYS("2026", "205", "parent_code", "202"));
    REFUSED(tree, "wrong_state", REGION, "element", "E-9",
            CODE_SAYS("2026", "201", "parent_code", "20101")); /* a ring */
    REFUSED(tree, "wrong_state", REGION, "element", "E-9",
            CODE_SAYS("2026", "201", "parent_code", "201"));
    tree_seal(tree);
    REFUSED(tree, "wrong_state", LHASA, "element", "E-9", CODE_SAYS("2026", "202"));
    REFUSED(tree, "wrong_state", LHASA, "element", "E-9",
            CODE_SAYS("2026", "20103", "parent_code", "201")); /* no leaf */
    REFUSED(tree, "wrong_state", LHASA, "element", "E-9",
            CODE_SAYS("2026", "2010201", "parent_code", "20102")); /* disabled */
    REFUSED(tree, "wrong_state", LHASA, "element", "E-9",
            CODE_SAYS("2026", "20101", "parent_code", "201")); /* not its own */
    CODE(tree, LHASA, "E-1", "2026", "2010101", "parent_code", "20101");
    CODE(tree, LHASA, "E-2", "2026", "201010101", "parent_code", "2010101");
    CODE(tree, LHASA, "E-3", "2026", "2010102", "parent_code", "20101");
    CODE(tree, LHASA, "E-4", "2027", "999"); /* nobody above has that year */
    tree_seal(tree);
    REFUSED(tree, "wrong_state", LINZHOU, "element", "E-9",
            CODE_SAYS("2026", "2010109", "parent_code", "20101"));
    CODE(tree, LINZHOU, "E-1", "2026", "201010109", "parent_code", "2010102");
    CODE(tree, SHIGATSE, "E-1", "2026", "2010109", "parent_code",
         "20101"); /* Lhasa's are not its */
    CODE(tree, LHASA, "E-5", "2026", "2010102", "parent_code", "20101", "is_enabled", "2");
    tree_seal(tree);
    assert_int_equal(tree_alarms(tree), 0);
}

static void a_code_with_money_stays_in_use(void **state)
{
    struct tree *tree = *state;

    CODE(tree, REGION, "E-1", "2026", "2050202");
    CODE(tree, REGION, "E-2", "2026", "2050203");
    tree_carry_money(tree);
    REFUSED(tree, "wrong_state", REGION, "element", "E-9",
            CODE_SAYS("2026", "2050202", "is_enabled", "2"));
    REFUSED(tree, "wrong_state", REGION, "element", "E-9",
            CODE_SAYS("2026", "2050202", "end_date", "2025-12-31"));
    DO(tree, REGION, "element", "E-3", "ele_catalog_code", "dep_bgt_eco", "ele_code", "30101",
       "ele_name", "工资");
    DO(tree, LINZHOU, "allocate", "A-9", "ori_bgt_id", "R-2", "agency_code", "001001", "amount",
       "1", "dep_bgt_eco_code", "30101"); /* below counts, too */
    tree_seal(tree);
    REFUSED(tree, "wrong_state", REGION, "element", "E-9", "ele_catalog_code", "dep_bgt_eco",
            "ele_code", "30101", "ele_name", "工资", "is_enabled", "2");
    CODE(tree, REGION, "E-9", "2026", "2050203", "is_enabled", "2");
    CODE(tree, REGION, "E-10", "2026", "2050202", "end_date", "2026-12-31");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_code_becomes_one_of_the_year_after, open_tree,
                                        close_tree),
        cmocka_unit_test_setup_teardown(a_second_map_replaces_the_first_of_the_same_author,
                                        open_tree, close_tree),
        cmocka_unit_test_setup_teardown(a_level_adds_codes_below_leaves, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(a_code_with_money_stays_in_use, open_tree, close_tree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
