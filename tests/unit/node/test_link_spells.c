/* When links were down: one spell from cut to return, flaps told once, kept over a restart,
 * bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/core/link_spells.h"
#include "node/store/store_memory.h"

enum { MINUTE_MS = 60 * 1000 };
static const struct division region = {"540000"}, city = {"540100"}, county = {"540121"};

struct world {
    struct store store;
    struct txn *txn;
    struct link_spells *spells;
};

static void reopen(struct world *world)
{
    struct err err;

    link_spells_close(world->spells);
    assert_int_equal(link_spells_open(&world->spells, world->txn, &err), OK);
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

    link_spells_close(world->spells);
    txn_free(world->txn);
    world->store.ops->close(world->store.self);
    mem_free(world);
    return 0;
}

static void saw(struct world *world, struct division division, enum link_look look,
                uint64_t since_ms, uint64_t now_ms)
{
    link_spells_saw(world->spells, division, division_equal(division, county) ? city : region, look,
                    since_ms, now_ms);
    link_spells_stage(world->spells, world->txn);
}

/* A line a spell: whose, its state, from and until in minutes, how often. */
static void expect(struct world *world, const char *want)
{
    struct link_spell *spells;
    const size_t count = link_spells_read(world->txn, &spells);
    char text[1024] = "";
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s-%s %s %u-%u x%u\n",
                                 spells[i].above.code, spells[i].division.code,
                                 spells[i].is_paused ? "paused" : "down",
                                 (unsigned)(spells[i].down_unix_ms / MINUTE_MS),
                                 (unsigned)(spells[i].up_unix_ms / MINUTE_MS), spells[i].times);
    }
    mem_free(spells);
    assert_string_equal(text, want);
}

static void a_link_that_stays_up_says_nothing(void **state)
{
    struct world *world = *state;

    saw(world, county, LINK_LOOKS_UP, 0, 5 * MINUTE_MS);
    expect(world, "");
}

static void a_spell_lasts_from_its_cut_to_its_return(void **state)
{
    struct world *world = *state;

    saw(world, county, LINK_LOOKS_DOWN, 10 * MINUTE_MS, 11 * MINUTE_MS);
    saw(world, county, LINK_LOOKS_DOWN, 10 * MINUTE_MS, 15 * MINUTE_MS);
    expect(world, "540100-540121 down 10-0 x1\n");
    saw(world, county, LINK_LOOKS_UP, 0, 20 * MINUTE_MS);
    saw(world, county, LINK_LOOKS_UP, 0, 25 * MINUTE_MS);
    expect(world, "540100-540121 down 10-20 x1\n");
    saw(world, county, LINK_LOOKS_DOWN, 40 * MINUTE_MS, 41 * MINUTE_MS);
    expect(world, "540100-540121 down 10-20 x1\n540100-540121 down 40-0 x1\n");
}

static void a_link_that_flaps_is_told_once(void **state)
{
    struct world *world = *state;

    for (uint64_t at = 10 * MINUTE_MS; at < 13 * MINUTE_MS; at += MINUTE_MS / 2) {
        saw(world, county, LINK_LOOKS_DOWN, at, at);
        saw(world, county, LINK_LOOKS_UP, 0, at + 1000);
    }
    expect(world, "540100-540121 down 10-12 x6\n");
    saw(world, county, LINK_LOOKS_DOWN, 14 * MINUTE_MS, 14 * MINUTE_MS);
    expect(world, "540100-540121 down 10-12 x6\n540100-540121 down 14-0 x1\n");
}

static void a_pause_is_no_cut(void **state)
{
    struct world *world = *state;

    saw(world, city, LINK_LOOKS_DOWN, 10 * MINUTE_MS, 10 * MINUTE_MS);
    saw(world, city, LINK_LOOKS_PAUSED, 10 * MINUTE_MS, 20 * MINUTE_MS);
    saw(world, city, LINK_LOOKS_PAUSED, 10 * MINUTE_MS, 21 * MINUTE_MS);
    saw(world, city, LINK_LOOKS_UP, 0, 30 * MINUTE_MS);
    expect(world, "540000-540100 down 10-20 x1\n540000-540100 paused 20-30 x1\n");
}

static void spells_go_on_over_a_restart(void **state)
{
    struct world *world = *state;

    saw(world, county, LINK_LOOKS_DOWN, 10 * MINUTE_MS, 10 * MINUTE_MS);
    saw(world, city, LINK_LOOKS_DOWN, 11 * MINUTE_MS, 11 * MINUTE_MS);
    saw(world, city, LINK_LOOKS_UP, 0, 12 * MINUTE_MS);
    reopen(world);
    saw(world, county, LINK_LOOKS_DOWN, 14 * MINUTE_MS, 14 * MINUTE_MS); /* the same cut */
    saw(world, county, LINK_LOOKS_UP, 0, 15 * MINUTE_MS);
    saw(world, city, LINK_LOOKS_DOWN, 20 * MINUTE_MS, 20 * MINUTE_MS);
    expect(world, "540100-540121 down 10-15 x1\n540000-540100 down 11-12 x1\n"
                  "540000-540100 down 20-0 x1\n");
}

static void of_too_many_the_oldest_go(void **state)
{
    struct world *world = *state;
    struct link_spell *spells;

    saw(world, city, LINK_LOOKS_DOWN, MINUTE_MS, MINUTE_MS);
    for (uint64_t i = 1; i <= LINK_SPELLS_MAX + 3; i++) {
        saw(world, county, LINK_LOOKS_DOWN, 10 * i * MINUTE_MS, 10 * i * MINUTE_MS);
        saw(world, county, LINK_LOOKS_UP, 0, (10 * i + 1) * MINUTE_MS);
    }
    saw(world, city, LINK_LOOKS_UP, 0, 90000 * (uint64_t)MINUTE_MS); /* its row is gone by then */
    assert_int_equal(link_spells_read(world->txn, &spells), LINK_SPELLS_MAX);
    assert_string_equal(spells[0].division.code, county.code);
    assert_string_equal(spells[LINK_SPELLS_MAX - 1].division.code, city.code);
    mem_free(spells);
    reopen(world);
    assert_int_equal(link_spells_read(world->txn, &spells), LINK_SPELLS_MAX);
    mem_free(spells);
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_link_that_stays_up_says_nothing),
        IN_WORLD(a_spell_lasts_from_its_cut_to_its_return),
        IN_WORLD(a_link_that_flaps_is_told_once),
        IN_WORLD(a_pause_is_no_cut),
        IN_WORLD(spells_go_on_over_a_restart),
        IN_WORLD(of_too_many_the_oldest_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
