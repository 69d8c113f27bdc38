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

/* What may happen to a line, by what made it and what stands on it. */
static void a_line_takes_what_its_state_allows(void **state)
{
    static const struct {
        const char *name, *origin;
        uint32_t kind;
        enum account holds;
        uint8_t flags;
        bool split, release, reduce, draw;
    } cases[] = {
        {"a reply's", "", KIND_BUDGET, ACC_UNALLOC, 0, true, false, false, false},
        {"an estimate's", "", KIND_BUDGET, ACC_UNALLOC, INDICATOR_ESTIMATE, true, false, false,
         false},
        {"a register's", "", KIND_REGISTER, ACC_UNALLOC, 0, true, false, false, false},
        {"recovered", "", KIND_REFUND, ACC_UNALLOC, 0, true, false, false, false},
        {"carried", "", KIND_CARRY_OVER, ACC_UNALLOC, 0, true, false, false, false},
        {"carried, allocated", "", KIND_CARRY_OVER, ACC_PENDING, 0, true, true, true, false},
        {"carried, released", "", KIND_CARRY_OVER, ACC_AVAIL, INDICATOR_RELEASED, true, false, true,
         true},
        {"a transfer's", "B", KIND_TRANSFER, ACC_TRANSIT, 0, false, false, false, false},
        {"allocated", "B", KIND_ALLOCATE, ACC_PENDING, 0, false, true, true, false},
        {"released", "B", KIND_ALLOCATE, ACC_AVAIL, INDICATOR_RELEASED, false, false, true, true},
        {"vired", "B", KIND_VIREMENT, ACC_AVAIL, INDICATOR_RELEASED, false, false, true, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct indicator line = {
            .kind = cases[i].kind, .flags = cases[i].flags, .origin = bytes_text(cases[i].origin)};

        line.balance[cases[i].holds] = 5;
        if (line_allows(&line, LINE_SPLIT) != cases[i].split ||
            line_allows(&line, LINE_RELEASED) != cases[i].release ||
            line_allows(&line, LINE_REDUCED) != cases[i].reduce ||
            line_allows(&line, LINE_DRAWN) != cases[i].draw) {
            fail_msg("a line that is %s", cases[i].name);
        }
        assert_true(bytes_equal(line_origin(&line, bytes_text("OWN")),
                                bytes_text(cases[i].origin[0] != '\0' ? "B" : "OWN")));
    }
}

/* A fact of somebody's log may say so all the same. */
static void what_steps_out_of_turn_leaves_the_state(void **state)
{
    struct doc_row row = {.kind = KIND_ALLOCATE, .state = DOC_PENDING};

    (void)state;
    states_step(&line_states, &row, bytes_text("A"), LINE_DRAWN);
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
