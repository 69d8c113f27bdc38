/* Two clocks side by side: what is a jump of the wall clock, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "node/core/clock_watch.h"
#include "proto/status.h"
#include "tests/unit/node/office.h"

static void a_clock_that_is_set_is_noticed_both_ways(void **state)
{
    static const struct {
        const char *name;
        uint64_t mono_ms;
        int64_t wall_ms, want;
    } cases[] = {
        {"both run on", 5000, 5000, 0},
        {"nothing happened for a day", 86400000, 86400000, 0},
        {"slewed", 60000, 60500, 0},
        {"just below a jump", 1000, 1000 + CLOCK_JUMP_MS_MIN - 1, 0},
        {"set ahead", 1000, 1000 + CLOCK_JUMP_MS_MIN, CLOCK_JUMP_MS_MIN},
        {"set back", 1000, 1000 - CLOCK_JUMP_MS_MIN, -CLOCK_JUMP_MS_MIN},
        {"set back a year", 1000, 1000 - INT64_C(31536000000), -INT64_C(31536000000)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct clock_watch watch = {.started = false};
        const uint64_t mono_ms = 77, unix_ms = UINT64_C(1795881600000);
        int64_t jump_ms;

        assert_int_equal(clock_watch_look(&watch, mono_ms, unix_ms), 0); /* the first look */
        jump_ms = clock_watch_look(&watch, mono_ms + cases[i].mono_ms,
                                   unix_ms + (uint64_t)cases[i].wall_ms);
        if (jump_ms != cases[i].want) {
            fail_msg("%s: %lld", cases[i].name, (long long)jump_ms);
        }
        assert_int_equal(clock_watch_look(&watch, mono_ms + cases[i].mono_ms,
                                          unix_ms + (uint64_t)cases[i].wall_ms),
                         0); /* told once */
    }
}

static size_t jumps(const struct office *office)
{
    const struct alarms *alarms = node_alarms(office->node);
    size_t jumps = 0;

    for (size_t i = 0; i < alarms_count(alarms); i++) {
        jumps += alarms_at(alarms, i)->code == ALARM_CLOCK_JUMP ? 1 : 0;
    }
    return jumps;
}

static void a_node_whose_clock_is_set_says_so_and_goes_on(void **state)
{
    struct office *office = office_open(false);
    struct work work = {.count = 0};

    (void)state;
    work_add_agency(&work);
    office_submit(office, &work);
    assert_int_equal(jumps(office), 0);
    office->hand.wall_step_ms = (uint64_t)INT64_C(-3600000);
    memset(&work, 0, sizeof work);
    work_add_budget(&work, "B1", "1000");
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_ACCEPTED);
    assert_int_equal(jumps(office), 1);
    office_close(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_is_set_is_noticed_both_ways),
        cmocka_unit_test(a_node_whose_clock_is_set_says_so_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
