/* test_at_base - does a log end where its newest recovery goes on? What is written, taken in and
 * asked for goes by that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replicator/log/cut.h"
#include "tests/harness/said.h"

static const struct hash some_hash = {{7}};

/* The city's epochs with these bases, each granted without asking it; 0 ends them. */
static void begin(struct world *world, const uint64_t *bases)
{
    said_anew(world);
    must(world, &said_root);
    for (uint32_t epoch = 1; epoch == 1 || bases[epoch - 2] != 0; epoch++) {
        struct said city = city_of("5401*");

        city.epoch = epoch;
        city.base_lsn = epoch == 1 ? 0 : bases[epoch - 2];
        must(world, &city);
    }
}

static void a_log_is_at_its_base_or_is_not(void **state)
{
    static const struct {
        const char *name;
        uint64_t bases[4];
        uint32_t epoch; /* of what is held */
        uint64_t lsn;
        bool other_hash, is_at_base;
        uint64_t base_lsn;
    } cases[] = {
        {"no recovery", {0}, 1, 5, false, true, 5},
        {"no recovery, and nothing", {0}, 0, 0, false, true, 0},
        {"there", {5, 0}, 1, 5, false, true, 5},
        {"less", {5, 0}, 1, 4, false, false, 5},
        {"more", {5, 0}, 1, 6, false, false, 5},
        {"as long, of another branch", {5, 0}, 1, 5, true, false, 5},
        {"behind it", {5, 0}, 2, 9, true, true, 9},
        {"at the last of two", {5, 8, 0}, 1, 8, false, true, 8},
        {"at the first of two", {5, 8, 0}, 1, 5, false, false, 8},
        {"behind the first of two", {5, 8, 0}, 2, 8, false, true, 8},
        {"a later one is refused", {5, 4, 0}, 1, 5, false, true, 5},
        {"where the refused one goes on", {5, 4, 0}, 1, 4, false, false, 5},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct held_log log = {.author = division_of("540100")};
        uint64_t base_lsn = 99;
        bool is_at_base;

        begin(world, cases[i].bases);
        log.durable = (struct log_head){.epoch = cases[i].epoch, .lsn = cases[i].lsn};
        if (cases[i].other_hash) {
            log.durable.hash = some_hash; /* said_seal writes none: zeros */
        }
        is_at_base = cut_is_at_base(world->roster, &log, &base_lsn);
        if (is_at_base != cases[i].is_at_base || base_lsn != cases[i].base_lsn) {
            fail_msg("%s: %d, %llu", cases[i].name, is_at_base, (unsigned long long)base_lsn);
        }
    }
}

/* Of nothing there is no hash: whoever holds nothing is where one goes on that begins anew. */
static void nothing_is_the_base_of_what_begins_anew(void **state)
{
    struct world *world = *state;
    struct held_log log = {.author = division_of("540100")};
    struct said city = city_of("5401*");
    uint64_t base_lsn = 99;

    must(world, &said_root);
    must(world, &city);
    city.epoch = 2;
    must(world, &city);
    log.durable.hash = some_hash;
    assert_true(cut_is_at_base(world->roster, &log, &base_lsn));
    assert_int_equal(base_lsn, 0);
    log.durable.lsn = 3;
    log.durable.epoch = 1;
    assert_false(cut_is_at_base(world->roster, &log, &base_lsn));
    assert_int_equal(base_lsn, 0);
}

static void whoever_is_nobody_here_has_no_recovery(void **state)
{
    struct world *world = *state;
    const struct held_log log = {.author = division_of("K9"), .durable = {.epoch = 1, .lsn = 4}};
    uint64_t base_lsn = 99;

    must(world, &said_root);
    assert_true(cut_is_at_base(world->roster, &log, &base_lsn));
    assert_int_equal(base_lsn, 4);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, said_set_up, said_tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_log_is_at_its_base_or_is_not),
        STORY(nothing_is_the_base_of_what_begins_anew),
        STORY(whoever_is_nobody_here_has_no_recovery),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
