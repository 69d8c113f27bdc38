/* Families: every kind has its row, and a state changes only as its table says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/ledger/families/family.h"
#include "node/ledger/families/line.h"
#include "node/ledger/rows/registry.h"

static void every_kind_that_does_something_has_a_row_in_its_family(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < KINDS_END; kind++) {
        const struct kind_info *info = kind_info(kind);
        const struct kind_steps *steps = kind_steps(kind);

        if (info == NULL || kind == KIND_OPERATOR) {
            assert_int_equal(steps->kind, 0);
        } else if (steps->kind != kind) {
            fail_msg("%s is in no family", info->name);
        }
    }
}

/* What may happen to a line, from each state that its document can have. */
static void a_line_takes_what_its_state_allows(void **state)
{
    static const struct {
        const char *name;
        enum doc_state from;
        bool split, release, reduce, draw;
    } cases[] = {
        {"a reply's", DOC_APPROVED, true, false, false, false},
        {"a register's", DOC_REGISTERED, true, false, false, false},
        {"a transfer's", DOC_ISSUED, false, false, false, false},
        {"allocated", DOC_PENDING, false, true, true, false},
        {"released", DOC_RELEASED, false, false, true, true},
        {"of no state at all", DOC_STATES, false, false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (states_allow(&line_states, cases[i].from, LINE_SPLIT) != cases[i].split ||
            states_allow(&line_states, cases[i].from, LINE_RELEASED) != cases[i].release ||
            states_allow(&line_states, cases[i].from, LINE_REDUCED) != cases[i].reduce ||
            states_allow(&line_states, cases[i].from, LINE_DRAWN) != cases[i].draw) {
            fail_msg("a line that is %s", cases[i].name);
        }
    }
}

/* A fact of somebody's log may say so all the same. */
static void what_steps_out_of_turn_leaves_the_state(void **state)
{
    struct doc_row row = {.kind = KIND_ALLOCATE, .state = DOC_PENDING};

    (void)state;
    states_step(&line_states, &row, bytes_text("A"), LINE_SPLIT);
    assert_int_equal(row.state, DOC_PENDING);
    states_step(&line_states, &row, bytes_text("A"), LINE_RELEASED);
    assert_int_equal(row.state, DOC_RELEASED);
    states_step(&line_states, &row, bytes_text("A"), LINE_RELEASED);
    assert_int_equal(row.state, DOC_RELEASED);
}

static void every_row_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(row_title(SPACE_LEDGER, ROW_BANK_ACCOUNT), "bank_account");
    assert_string_equal(row_title(SPACE_ROLLUPS, ROLLUP_OWN), "roll_up");
    assert_string_equal(row_title(SPACE_INDEX, ROW_LIST), "list");
    assert_string_equal(row_title(SPACE_LEDGER, ROW_LIST), "");
    assert_string_equal(row_title(SPACE_BLOCKS, ROW_DOCUMENT), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_that_does_something_has_a_row_in_its_family),
        cmocka_unit_test(a_line_takes_what_its_state_allows),
        cmocka_unit_test(what_steps_out_of_turn_leaves_the_state),
        cmocka_unit_test(every_row_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
