/* Agencies one below the other: what may stand where, and what holds for a year in which they are
 * used, at the author and at those who hold its log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/rows/agency_rows.h"
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

#define UNDER(code, parent) "agency_code", code, "agency_name", "单位", "parent_code", parent
#define REFUSED(tree, code, id, ...)                                                               \
    assert_string_equal(SAY(tree, LHASA, "agency", id, __VA_ARGS__), code)
#define ABOVE(tree, at, agency, year, want) assert_string_equal(above(tree, at, agency, year), want)

/* Those above an agency of Lhasa, as an office has them. */
static const char *above(struct tree *tree, enum office_name at, const char *agency, int year)
{
    static char out[AGENCY_DEPTH_MAX * 40];
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct agency_line line;
    size_t size = 0;

    out[0] = '\0';
    agency_ancestors(txn, tree_division(LHASA), bytes_text(agency), year, &line);
    for (size_t i = 0; i < line.count; i++) {
        size += (size_t)snprintf(out + size, sizeof out - size, "%s%s", i > 0 ? " " : "",
                                 line.above[i].at);
    }
    txn_free(txn);
    return out;
}

static void say_agencies(struct tree *tree)
{
    DO(tree, LHASA, "agency", "G-1", "agency_code", "1", "agency_name", "部门");
    DO(tree, LHASA, "agency", "G-2", UNDER("2", "1"));
    DO(tree, LHASA, "agency", "G-3", UNDER("3", "2"));
    DO(tree, LHASA, "agency", "G-9", "agency_code", "9", "agency_name", "部门");
    tree_seal(tree);
}

static void an_agency_stands_below_one_that_is_there(void **state)
{
    struct tree *tree = *state;

    say_agencies(tree);
    REFUSED(tree, "unknown_parent_code", "G-0", UNDER("4", "7"));
    REFUSED(tree, "unknown_parent_code", "G-0", "fiscal_year", "2025", UNDER("4", "1"));
    REFUSED(tree, "bad_parent_code", "G-0", UNDER("1", "1"));
    REFUSED(tree, "bad_parent_code", "G-0", UNDER("1", "3"));
    for (enum office_name at = REGION; at <= LHASA; at++) {
        ABOVE(tree, at, "3", 2026, "2 1");
        ABOVE(tree, at, "3", 2025, "");
        ABOVE(tree, at, "1", 2026, "");
    }
    ABOVE(tree, LINZHOU, "3", 2026, ""); /* holds nothing of it */
}

static void six_levels_and_no_more(void **state)
{
    struct tree *tree = *state;

    say_agencies(tree);
    DO(tree, LHASA, "agency", "G-4", UNDER("4", "3"));
    DO(tree, LHASA, "agency", "G-5", UNDER("5", "4"));
    DO(tree, LHASA, "agency", "G-6", UNDER("6", "5"));
    REFUSED(tree, "bad_parent_code", "G-7", UNDER("7", "6"));
    REFUSED(tree, "bad_parent_code", "G-7", UNDER("1", "9")); /* 6 would stand seventh */
    DO(tree, LHASA, "agency", "G-7", UNDER("7", "5"));
    DO(tree, LHASA, "agency", "G-8", UNDER("2", "9"));
    tree_seal(tree);
    ABOVE(tree, LHASA, "6", 2026, "5 4 3 2 9");
    ABOVE(tree, REGION, "6", 2026, "5 4 3 2 9");
}

/* Whichever version is entered last: in some year each of them would hold together. */
static void a_ring_of_a_later_year_is_none_either(void **state)
{
    struct tree *tree = *state;

    say_agencies(tree);
    DO(tree, LHASA, "agency", "G-4", "fiscal_year", "2027", UNDER("9", "3"));
    REFUSED(tree, "bad_parent_code", "G-0", UNDER("1", "9")); /* closes in 2027 */
    REFUSED(tree, "bad_parent_code", "G-0", "fiscal_year", "2027", UNDER("1", "9"));
    DO(tree, LHASA, "agency", "G-5", "fiscal_year", "2027", "agency_code", "1", "agency_name",
       "部门");
    DO(tree, LHASA, "agency", "G-6", UNDER("1", "9")); /* holds until 2027 */
    tree_seal(tree);
    for (enum office_name at = REGION; at <= LHASA; at++) {
        ABOVE(tree, at, "3", 2026, "2 1 9");
        ABOVE(tree, at, "9", 2027, "3 2 1");
    }
}

/* As it is where it is not there yet: what it has above it later closes no ring with it. */
static void a_parent_that_is_not_there_yet_is_unknown(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "agency", "G-1", "fiscal_year", "2025", "agency_code", "1", "agency_name",
       "部门");
    DO(tree, LHASA, "agency", "G-2", UNDER("2", "1"));
    REFUSED(tree, "unknown_parent_code", "G-0", "fiscal_year", "2025", UNDER("1", "2"));
    REFUSED(tree, "bad_parent_code", "G-0", UNDER("1", "2"));
}

/* By those above it that move, and by those below it. */
static void a_seventh_level_of_a_later_year_is_none_either(void **state)
{
    struct tree *tree = *state;

    say_agencies(tree);
    DO(tree, LHASA, "agency", "G-4", UNDER("4", "3"));
    DO(tree, LHASA, "agency", "G-5", UNDER("5", "4"));
    DO(tree, LHASA, "agency", "G-6", "fiscal_year", "2027", UNDER("1", "9")); /* 5 stands sixth */
    REFUSED(tree, "bad_parent_code", "G-0", UNDER("6", "5"));
    DO(tree, LHASA, "agency", "G-7", "fiscal_year", "2027", UNDER("5", "9"));
    DO(tree, LHASA, "agency", "G-8", UNDER("6", "5")); /* sixth, and in 2027 third */
    DO(tree, LHASA, "agency", "G-13", "agency_code", "7", "agency_name", "部门");
    DO(tree, LHASA, "agency", "G-10", UNDER("8", "7"));
    REFUSED(tree, "bad_parent_code", "G-0", UNDER("9", "8")); /* 4 would stand seventh in 2027 */
    DO(tree, LHASA, "agency", "G-11", "fiscal_year", "2027", UNDER("4", "9"));
    DO(tree, LHASA, "agency", "G-12", UNDER("9", "8"));
    tree_seal(tree);
    ABOVE(tree, REGION, "6", 2026, "5 4 3 2 1");
    ABOVE(tree, REGION, "6", 2027, "5 9 8 7");
    ABOVE(tree, REGION, "3", 2027, "2 1 9 8 7");
}

/* A budget document of 3 fixes 3, 2 and 1 for its year. */
static void what_is_used_stays_for_the_year(void **state)
{
    struct tree *tree = *state;

    say_agencies(tree);
    DO(tree, LHASA, "budget", "B-1", "stage", "request", "fund_type_code", "111", "amount", "5",
       "agency_code", "3");
    REFUSED(tree, "wrong_state", "G-0", UNDER("3", "9"));
    REFUSED(tree, "wrong_state", "G-0", UNDER("2", "9"));
    REFUSED(tree, "wrong_state", "G-0", UNDER("1", "9"));
    DO(tree, LHASA, "agency", "G-4", UNDER("3", "2")); /* another name */
    DO(tree, LHASA, "agency", "G-5", UNDER("9", "1"));
    DO(tree, LHASA, "agency", "G-6", "fiscal_year", "2027", "agency_code", "9", "agency_name",
       "部");
    DO(tree, LHASA, "agency", "G-7", "fiscal_year", "2027", UNDER("2", "9"));
    tree_seal(tree);
    for (enum office_name at = REGION; at <= LHASA; at++) {
        ABOVE(tree, at, "3", 2026, "2 1");
        ABOVE(tree, at, "3", 2027, "2 9");
        ABOVE(tree, at, "9", 2026, "1");
    }
}

/* A line does it too, and one that was entered for a year before counts for the years after. */
static void a_line_fixes_its_agency(void **state)
{
    struct tree *tree = *state;

    say_agencies(tree);
    DO(tree, LHASA, "budget", "B-1", "stage", "reply", "approval_ref", "1", "fund_type_code", "111",
       "amount", "5");
    DO(tree, LHASA, "agency", "G-4", UNDER("3", "9"));
    DO(tree, LHASA, "allocate", "A-1", "ori_bgt_id", "B-1", "agency_code", "3", "amount", "1");
    REFUSED(tree, "wrong_state", "G-5", UNDER("3", "2"));
    DO(tree, LHASA, "agency", "G-5", UNDER("2", "9"));
    tree_seal(tree);
    ABOVE(tree, REGION, "3", 2026, "9");
    ABOVE(tree, REGION, "2", 2026, "9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_agency_stands_below_one_that_is_there, open_tree,
                                        close_tree),
        cmocka_unit_test_setup_teardown(six_levels_and_no_more, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(a_ring_of_a_later_year_is_none_either, open_tree,
                                        close_tree),
        cmocka_unit_test_setup_teardown(a_parent_that_is_not_there_yet_is_unknown, open_tree,
                                        close_tree),
        cmocka_unit_test_setup_teardown(a_seventh_level_of_a_later_year_is_none_either, open_tree,
                                        close_tree),
        cmocka_unit_test_setup_teardown(a_line_fixes_its_agency, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(what_is_used_stays_for_the_year, open_tree, close_tree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
