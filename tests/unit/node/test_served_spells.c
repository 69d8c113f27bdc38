/* Who was served past his parent: one spell from when it began to when it ended, however often the
 * word comes, kept over a restart, bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/core/served_spells.h"
#include "node/store/store_memory.h"

enum { MINUTE_MS = 60 * 1000 };
static const struct division region = {"540000"}, city = {"540100"}, county = {"540121"};

struct world {
    struct store store;
    struct txn *txn;
    struct served_spells *spells;
};

static void reopen(struct world *world)
{
    struct err err;

    served_spells_close(world->spells);
    assert_int_equal(served_spells_open(&world->spells, world->txn, &err), OK);
}

static int set_up(void **state)
{
    struct world *world = mem_zalloc(sizeof *world);

    store_memory_open(&world->store);
    world->txn = txn_open(&world->store, NULL);
    reopen(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    served_spells_close(world->spells);
    txn_free(world->txn);
    world->store.ops->close(world->store.self);
    mem_free(world);
    return 0;
}

static bool saw(struct world *world, struct division by, uint64_t began_ms, uint64_t ended_ms,
                uint64_t lsn)
{
    const struct served_spell spell = {county, by, began_ms, ended_ms, lsn};
    const bool turned = served_spells_saw(world->spells, &spell);

    served_spells_stage(world->spells, world->txn);
    return turned;
}

/* A line a spell: by whom, from and until in seconds, where its log ended. */
static void expect(struct world *world, const char *want)
{
    struct served_spell *spells;
    const size_t count = served_spells_read(world->txn, &spells);
    char text[1024] = "";
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s %u-%u %u\n", spells[i].by.code,
                             (unsigned)(spells[i].began_unix_ms / 1000),
                             (unsigned)(spells[i].ended_unix_ms / 1000), (unsigned)spells[i].lsn);
    }
    mem_free(spells);
    assert_string_equal(text, want);
}

static void one_spell_however_often_it_is_told(void **state)
{
    struct world *world = *state;

    assert_true(saw(world, region, 600 * 1000, 0, 7));
    assert_false(saw(world, region, 601 * 1000, 0, 9)); /* which waited on its way */
    assert_true(saw(world, region, 600 * 1000, 900 * 1000, 9));
    assert_false(saw(world, region, 599 * 1000, 899 * 1000, 9));
    expect(world, "540000 600-900 9\n");
}

static void who_goes_again_within_a_minute_was_served_all_the_time(void **state)
{
    struct world *world = *state;

    (void)saw(world, region, 600 * 1000, 0, 7);
    (void)saw(world, region, 600 * 1000, 900 * 1000, 9);
    assert_true(saw(world, region, 940 * 1000, 0, 11));
    assert_false(saw(world, region, 940 * 1000, 0, 12));
    assert_true(saw(world, region, 940 * 1000, 1200 * 1000, 12));
    expect(world, "540000 600-1200 12\n");
    assert_true(saw(world, region, 1300 * 1000, 0, 12));
    expect(world, "540000 600-1200 12\n540000 1300-0 12\n");
}

static void another_ancestor_is_another_spell_and_an_old_word_none(void **state)
{
    struct world *world = *state;

    (void)saw(world, city, 600 * 1000, 0, 7);
    assert_true(saw(world, region, 700 * 1000, 0, 8));
    assert_false(saw(world, city, 600 * 1000, 700 * 1000, 7));
    expect(world, "540100 600-700 7\n540000 700-0 8\n");
}

static void spells_go_on_over_a_restart(void **state)
{
    struct world *world = *state;
    struct served_spell spell;

    assert_false(served_spells_newest(world->spells, county, &spell));
    (void)saw(world, region, 600 * 1000, 0, 7);
    reopen(world);
    assert_true(served_spells_newest(world->spells, county, &spell));
    assert_int_equal(spell.ended_unix_ms, 0);
    (void)saw(world, region, 600 * 1000, 900 * 1000, 9);
    reopen(world);
    expect(world, "540000 600-900 9\n");
}

static void of_too_many_the_oldest_go(void **state)
{
    struct world *world = *state;
    struct served_spell *spells;

    for (uint64_t i = 1; i <= SERVED_SPELLS_MAX + 3; i++) {
        (void)saw(world, region, 10 * i * MINUTE_MS, (10 * i + 1) * MINUTE_MS, i);
    }
    reopen(world);
    assert_int_equal(served_spells_read(world->txn, &spells), SERVED_SPELLS_MAX);
    assert_int_equal(spells[0].lsn, 4);
    mem_free(spells);
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_WORLD(one_spell_however_often_it_is_told),
        IN_WORLD(who_goes_again_within_a_minute_was_served_all_the_time),
        IN_WORLD(another_ancestor_is_another_spell_and_an_old_word_none),
        IN_WORLD(spells_go_on_over_a_restart),
        IN_WORLD(of_too_many_the_oldest_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
