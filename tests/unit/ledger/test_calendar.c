/* The work calendar: its refusals, what holds for whom, and the day by which an answer is due,
 * which is the same at both ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/families/calendar.h"
#include "node/ledger/families/facts.h"
#include "node/ledger/schema/clocks.h"
#include "tests/unit/ledger/tree.h"

/* The tree's clock stands at the first of January 2026, a Thursday. */
static int open_tree(void **state)
{
    struct tree *tree = tree_new();

    tree_carry_money(tree);
    *state = tree;
    return 0;
}

static int close_tree(void **state)
{
    struct tree *tree = *state;

    assert_int_equal(tree_alarms(tree), 0);
    tree_free(tree);
    return 0;
}

#define ISSUE        "cor_bgt_doc_no", "9", "tra_type_code", "general", "stage", "formal"
#define OFF(id, ...) DO(tree, REGION, "calendar", id, "date", __VA_ARGS__)

static uint64_t day_named(const char *date)
{
    uint64_t day;

    assert_true(day_read(bytes_text(date), &day));
    return day;
}

static void a_date_is_a_day(void **state)
{
    static const char *const dates[] = {"1970-01-01", "1970-12-31", "1972-02-29",
                                        "2000-02-29", "2026-01-01", "2026-03-01",
                                        "2100-02-28", "2100-03-01", "9999-12-31"};
    char text[DAY_TEXT_SIZE];
    uint64_t day;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        day_format(text, day_named(dates[i]));
        assert_string_equal(text, dates[i]);
    }
    assert_false(day_read(bytes_text("1969-12-31"), &day));
    assert_false(day_read(bytes_text("2026-02-30"), &day));
    assert_true(day_is_weekend(day_named("2026-01-03")));
    assert_true(day_is_weekend(day_named("2026-01-04")));
    assert_false(day_is_weekend(day_named("2026-01-05")));
}

static void what_no_calendar_says_is_refused(void **state)
{
    static const struct {
        const char *want, *fields[9];
    } cases[] = {
        {"missing_is_workday", {"date", "2026-01-05"}},
        {"bad_end_date", {"date", "2026-01-05", "end_date", "2026-01-04", "suspends", "1"}},
        {"bad_end_date", {"date", "2026-01-05", "end_date", "2027-01-06", "suspends", "1"}},
        {"bad_date", {"date", "1969-01-05", "suspends", "1"}},
        {"bad_scope", {"date", "2026-01-05", "suspends", "1", "scope", ","}},
        {"unknown_scope", {"date", "2026-01-05", "suspends", "1", "scope", "540300"}},
        {"not_below_you", {"date", "2026-01-05", "suspends", "1", "scope", "540200"}},
        {"", {"date", "2026-01-05", "end_date", "2027-01-05", "suspends", "1"}},
    };
    struct tree *tree = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *code = tree_say(tree, LHASA, "calendar", "K-1", cases[i].fields);

        if (strcmp(code, cases[i].want) != 0) {
            fail_msg("case %zu: %s, and not %s", i, code, cases[i].want);
        }
    }
}

static bool is_workday(struct tree *tree, enum office_name at, const char *date)
{
    const struct ledger ledger = {.config = {tree_division(at), tree_roster(tree)}};
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    const bool is = calendar_is_workday(&ledger, txn, tree_division(at), day_named(date));

    txn_free(txn);
    return is;
}

static void the_one_nearer_the_root_says_what_a_workday_is(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "calendar", "K-1", "date", "2026-02-17", "is_workday", "2");
    DO(tree, LHASA, "calendar", "K-2", "date", "2026-02-18", "end_date", "2026-02-20", "is_workday",
       "2", "scope", "self");
    tree_seal(tree);
    assert_true(is_workday(tree, REGION, "2026-02-17")); /* Lhasa's day off */
    assert_false(is_workday(tree, LHASA, "2026-02-17"));
    assert_false(is_workday(tree, LINZHOU, "2026-02-17"));
    assert_true(is_workday(tree, SANGZHUZI, "2026-02-17"));
    assert_false(is_workday(tree, LHASA, "2026-02-20"));
    assert_true(is_workday(tree, LINZHOU, "2026-02-20"));
    assert_false(is_workday(tree, LINZHOU, "2026-02-21")); /* a Saturday */
    OFF("K-3", "2026-02-17", "is_workday", "1");
    OFF("K-4", "2026-02-21", "is_workday", "1", "scope", "540121");
    tree_seal(tree);
    assert_true(is_workday(tree, LINZHOU, "2026-02-17"));
    assert_true(is_workday(tree, LHASA, "2026-02-17"));
    assert_true(is_workday(tree, LINZHOU, "2026-02-21"));
    assert_false(is_workday(tree, LHASA, "2026-02-21"));
    OFF("K-5", "2026-02-17", "is_workday", "2"); /* the later of one author */
    tree_seal(tree);
    assert_false(is_workday(tree, LINZHOU, "2026-02-17"));
}

/* When the answer to a transfer is due, which must be the same at both ends. */
static const char *due(struct tree *tree, const char *id)
{
    static char text[DAY_TEXT_SIZE];
    uint64_t days[2] = {0, 0};

    tree_seal(tree);
    for (enum office_name at = REGION; at <= LHASA; at++) {
        struct txn *txn = txn_open(tree_store(tree, at), NULL);
        struct transfer_match match;

        assert_true(transfer_match_load(txn, tree_division(REGION), bytes_text(id), &match));
        days[at] = match.due;
        txn_free(txn);
    }
    assert_int_equal(days[REGION], days[LHASA]);
    day_format(text, days[LHASA]);
    return text;
}

#define TRANSFER(id, ...)                                                                          \
    DO(tree, REGION, "transfer", id, "ori_bgt_id", "B-1", "rec_div_code", "540100", "amount", "1", \
       ISSUE, "due_days", __VA_ARGS__)

static void an_answer_is_due_on_a_workday(void **state)
{
    struct tree *tree = *state;

    TRANSFER("T-11", "1");
    assert_string_equal(due(tree, "T-11"), "2026-01-02");
    TRANSFER("T-12", "2");
    assert_string_equal(due(tree, "T-12"), "2026-01-05"); /* not Saturday the third */
    OFF("K-1", "2026-01-05", "is_workday", "2");
    TRANSFER("T-13", "2");
    assert_string_equal(due(tree, "T-13"), "2026-01-06");
    assert_string_equal(due(tree, "T-12"), "2026-01-05"); /* as it was asked */
    OFF("K-2", "2026-01-06", "end_date", "2026-01-16", "is_workday", "2");
    TRANSFER("T-14", "5");
    assert_string_equal(due(tree, "T-14"), "2026-01-19"); /* Friday 16th, a weekend */
}

static void suspended_days_do_not_count(void **state)
{
    struct tree *tree = *state;

    OFF("K-1", "2026-01-02", "end_date", "2026-01-11", "suspends", "1", "scope", "540100");
    TRANSFER("T-11", "2");
    assert_string_equal(due(tree, "T-11"), "2026-01-13");
    OFF("K-2", "2026-01-02", "end_date", "2026-01-11", "suspends", "2", "scope", "540100");
    TRANSFER("T-12", "2");
    assert_string_equal(due(tree, "T-12"), "2026-01-05");
    OFF("K-3", "2026-01-02", "end_date", "2026-01-11", "suspends", "1", "scope", "540200");
    TRANSFER("T-13", "2");
    assert_string_equal(due(tree, "T-13"), "2026-01-05"); /* others' */
    DO(tree, LHASA, "calendar", "K-9", "date", "2026-01-02", "end_date", "2026-12-31", "suspends",
       "1");
    TRANSFER("T-14", "2");
    assert_string_equal(due(tree, "T-14"), "2026-01-05"); /* nobody suspends his own clock */
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_a_day),
        IN_TREE(what_no_calendar_says_is_refused),
        IN_TREE(the_one_nearer_the_root_says_what_a_workday_is),
        IN_TREE(an_answer_is_due_on_a_workday),
        IN_TREE(suspended_days_do_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
