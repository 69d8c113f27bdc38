/* The last day of a division: what falls into which slot, what passes out, and what was not heard.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/core/last_day.h"
#include "proto/status.h"

enum {
    SLOT_MS = LAST_DAY_SLOT_S * 1000,
    NOW = LAST_DAY_SLOTS - 1,
    DAY_MS = SLOT_MS * LAST_DAY_SLOTS
};

static const struct division county = {"540121"};

static void each_word_falls_into_the_slot_of_its_time(void **state)
{
    /* Taken at `took_ms`, read at `read_ms`: in which slot, or -1. */
    static const struct {
        const char *name;
        uint64_t took_ms, read_ms;
        int want;
    } cases[] = {
        {"just now", 7, 7, NOW},
        {"the end of this slot", 0, SLOT_MS - 1, NOW},
        {"the slot before", SLOT_MS - 1, SLOT_MS, NOW - 1},
        {"a day ago, still there", 0, DAY_MS - 1, 0},
        {"a day ago, passed out", 0, DAY_MS, -1},
        {"many days ago", 0, 9 * (uint64_t)DAY_MS + 5, -1},
        {"in the middle of a long run", 40 * (uint64_t)DAY_MS, 40 * (uint64_t)DAY_MS + SLOT_MS,
         NOW - 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct last_day *day = last_day_open();
        struct day_slot slots[LAST_DAY_SLOTS];
        int found = -1, heard = 0;

        last_day_take(day, county, cases[i].took_ms, 3, 250);
        assert_true(division_equal(last_day_read(day, 0, cases[i].read_ms, slots), county));
        for (int slot = 0; slot < LAST_DAY_SLOTS; slot++) {
            heard += slots[slot].is_heard;
            found = slots[slot].is_heard ? slot : found;
        }
        if (found != cases[i].want || heard != (cases[i].want >= 0)) {
            fail_msg("%s: slot %d of %d heard, want %d", cases[i].name, found, heard,
                     cases[i].want);
        }
        if (found >= 0) {
            assert_int_equal(slots[found].entries, 3);
            assert_int_equal(slots[found].lag_ms, 250);
        }
        last_day_close(day);
    }
}

static void a_slot_adds_entries_and_keeps_the_oldest_word(void **state)
{
    struct last_day *day = last_day_open();
    struct day_slot slots[LAST_DAY_SLOTS];

    (void)state;
    last_day_take(day, county, 1, 4000, 900);
    last_day_take(day, county, 2, 0, 40); /* a beat */
    last_day_take(day, county, 3, 1, 1200);
    (void)last_day_read(day, 0, 3, slots);
    assert_int_equal(slots[NOW].entries, 4001);
    assert_int_equal(slots[NOW].lag_ms, 1200);
    last_day_take(day, county, 4, UINT64_MAX, UINT64_MAX);
    (void)last_day_read(day, 0, 4, slots);
    assert_int_equal(slots[NOW].entries, UINT32_MAX);
    assert_int_equal(slots[NOW].lag_ms, UINT32_MAX);
    last_day_close(day);
}

static void what_was_not_heard_stays_a_gap(void **state)
{
    struct last_day *day = last_day_open();
    struct day_slot slots[LAST_DAY_SLOTS];

    (void)state;
    last_day_take(day, county, 0, 1, 1);
    last_day_take(day, county, 3 * SLOT_MS, 1, 1);
    (void)last_day_read(day, 0, 4 * SLOT_MS, slots);
    for (int age = 0; age < 6; age++) {
        assert_int_equal(slots[NOW - age].is_heard, age == 1 || age == 4);
    }
    last_day_close(day);
}

static void divisions_stand_by_code_and_are_bounded(void **state)
{
    struct last_day *day = last_day_open();
    struct day_slot slots[LAST_DAY_SLOTS];
    struct division before = DIVISION_NONE;

    (void)state;
    for (unsigned i = 0; i < LAST_DAY_DIVISIONS_MAX + 9; i++) {
        struct division division = DIVISION_NONE;

        (void)snprintf(division.code, sizeof division.code, "%06u", (i * 7919) % 100000);
        last_day_take(day, division, 5, 1, 1);
    }
    assert_int_equal(last_day_divisions(day), LAST_DAY_DIVISIONS_MAX);
    for (size_t i = 0; i < last_day_divisions(day); i++) {
        const struct division division = last_day_read(day, i, 5, slots);

        assert_true(division_compare(before, division) < 0);
        before = division;
    }
    last_day_close(day);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_word_falls_into_the_slot_of_its_time),
        cmocka_unit_test(a_slot_adds_entries_and_keeps_the_oldest_word),
        cmocka_unit_test(what_was_not_heard_stays_a_gap),
        cmocka_unit_test(divisions_stand_by_code_and_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
