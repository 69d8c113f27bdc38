/* What a form offers while somebody types: codes behind the last one shown, lines with what each
 * kind may take of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/choices.h"
#include "node/ledger/rows/registry.h"
#include "node/ledger/schema/clocks.h"
#include "tests/unit/ledger/queried_tree.h"

static bool add_code(void *arg, struct bytes code, const struct catalogue_row *row)
{
    char text[64];

    (void)snprintf(text, sizeof text, "%.*s ", (int)code.size, (const char *)code.data);
    add_text(arg, text);
    return row->usable;
}

static void agencies_are_offered_behind_the_last_one_shown(void **state)
{
    struct tree *tree = *state;
    struct lines lines = {"", 0};
    struct txn *txn;

    DO(tree, REGION, "agency", "AG-2", "agency_code", "001002", "agency_name", "two");
    DO(tree, REGION, "agency", "AG-3", "agency_code", "002", "agency_name", "three");
    tree_seal(tree);
    txn = reader(tree, REGION);
    choices_of_owner(txn, ROW_AGENCY, tree_division(REGION), BYTES_NONE, add_code, &lines);
    assert_string_equal(lines.text, "001001 001002 002 ");
    lines = (struct lines){"", 0};
    choices_of_owner(txn, ROW_AGENCY, tree_division(REGION), bytes_text("001002"), add_code,
                     &lines);
    assert_string_equal(lines.text, "002 ");
    lines = (struct lines){"", 0};
    choices_of_owner(txn, ROW_AGENCY, tree_division(SHIGATSE), BYTES_NONE, add_code, &lines);
    choices_of_set(txn, bytes_text("no such set"), 2026, BYTES_NONE, add_code, &lines);
    assert_string_equal(lines.text, "");
    txn_free(txn);
}

struct offering {
    uint32_t kind;
    struct lines lines;
};

static bool add_line(void *arg, struct bytes id, const struct indicator *line)
{
    struct offering *offering = arg;
    char text[64];

    if (choice_fits(line, offering->kind)) {
        (void)snprintf(text, sizeof text, "%.*s", (int)id.size, (const char *)id.data);
        add_text(&offering->lines, text);
        add_amount(&offering->lines, "", choice_free(line, offering->kind));
        add_text(&offering->lines, "; ");
    }
    return true;
}

static void expect_lines(struct tree *tree, enum office_name office, uint32_t kind,
                         const char *want)
{
    struct offering offering = {kind, {"", 0}};
    struct txn *txn = reader(tree, office);

    choices_of_lines(txn, tree_division(office), BYTES_NONE, add_line, &offering);
    txn_free(txn);
    assert_string_equal(offering.lines.text, want);
}

static void each_kind_is_offered_what_it_may_take(void **state)
{
    struct tree *tree = *state;

    expect_lines(tree, REGION, KIND_TRANSFER, "B-1 300.00; ");
    expect_lines(tree, REGION, KIND_ALLOCATE, "B-1 300.00; ");
    expect_lines(tree, REGION, KIND_ADJUST, "B-1 300.00; ");
    expect_lines(tree, REGION, KIND_PAYMENT, "A-1 100.00; ");
    expect_lines(tree, REGION, KIND_RELEASE, "");
    expect_lines(tree, REGION, KIND_CARRY_OVER, "A-1 100.00; B-1 300.00; ");
    expect_lines(tree, REGION, KIND_RECALL_GRANT, ""); /* of what came from above alone */
    expect_lines(tree, LINZHOU, KIND_RECALL_GRANT, "R-2 50.00; ");
    expect_lines(tree, LINZHOU, KIND_LAPSE, "A-3 90.00; R-2 50.00; ");
    expect_lines(tree, LINZHOU, KIND_REFUND, "A-3 40.00; ");
    expect_lines(tree, LINZHOU, KIND_FREEZE, "A-3 90.00; ");
    expect_lines(tree, LINZHOU, KIND_ADJUST, ""); /* no budget of its own */
    expect_lines(tree, LINZHOU, KIND_AGENCY, "");
    expect_lines(tree, LINZHOU, KINDS_END, "");
}

static void what_waits_to_be_released_ends_before_what_is_available(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "allocate", "A-9", "ori_bgt_id", "B-1", "agency_code", "001001", "amount",
       "30");
    tree_seal(tree);
    expect_lines(tree, REGION, KIND_RELEASE, "A-9 30.00; ");
    expect_lines(tree, REGION, KIND_LAPSE, "A-1 100.00; A-9 30.00; B-1 270.00; ");
}

static void some_kinds_name_a_line(void **state)
{
    (void)state;
    assert_true(choice_names_line(KIND_PAYMENT));
    assert_true(choice_names_line(KIND_RECALL_GRANT));
    assert_true(choice_names_line(KIND_REFUND));
    assert_false(choice_names_line(KIND_AGENCY));
    assert_false(choice_names_line(KINDS_END));
}

/* --- days --- */

static void days_and_years_have_bounds(void **state)
{
    char day[DAY_TEXT_SIZE], time[TIME_BYTES_MAX];

    (void)state;
    day_format(day, 0);
    assert_string_equal(day, "1970-01-01");
    day_format(day, UINT64_MAX);
    assert_string_equal(day, "");
    assert_string_equal(time_text(time, 0), "1970-01-01 00:00:00 UTC");
    assert_string_equal(time_text(time, UINT64_MAX), "584556019-04-03 14:25:51 UTC");
    assert_true(clock_year_end_ms(1969) == 0 && clock_year_end_ms(9999) == 0);
    assert_true(clock_year_end_ms(1970) == UINT64_C(365) * 86400000 - UINT64_C(8) * 3600000);
    assert_int_equal(clock_month(UINT64_MAX).year, 9999);
    assert_int_equal(clock_month(UINT64_MAX).month, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(agencies_are_offered_behind_the_last_one_shown, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_kind_is_offered_what_it_may_take, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waits_to_be_released_ends_before_what_is_available,
                                        set_up, tear_down),
        cmocka_unit_test(some_kinds_name_a_line),
        cmocka_unit_test(days_and_years_have_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
