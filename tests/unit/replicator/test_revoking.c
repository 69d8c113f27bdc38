/* test_revoking - a revocation among replicators: the session it ends, what is taken of the log
 * afterwards, and those that hold less or more of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "replicator/session/revoking.h"
#include "world.h"

static struct world world;

static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    world_run(&world, 3000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&world);
    return 0;
}

static enum status revoke(int by, const char *division)
{
    struct place *place = &world.at[by];
    struct revocation said;
    struct err err;

    return replicator_revoke(place->replicator, place->txn, division_of(division), "gone", &said,
                             &err);
}

static bool is_revoked(int place, const char *division)
{
    return roster_revoked(replicator_roster(world.at[place].replicator), division_of(division),
                          NULL);
}

static bool is_open(int place, const char *peer)
{
    const struct replicator *replicator = world.at[place].replicator;
    struct peer_status status;

    for (size_t i = 0; i < replicator_peers(replicator); i++) {
        replicator_peer_link(replicator, i, &status);
        if (division_equal(status.division, division_of(peer))) {
            return status.state == PEER_LIVE || status.state == PEER_HELD;
        }
    }
    return false;
}

static void say(const char *text)
{
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", text);
}

static uint64_t head_at(int place)
{
    return place_head(&world.at[place], "K1").lsn;
}

static void whoever_is_below_is_revoked_once(void **state)
{
    (void)state;
    assert_int_equal(revoke(COUNTY, "C1"), ERR_NOT_FOUND);
    assert_int_equal(revoke(COUNTY, "K1"), ERR_NOT_FOUND);
    assert_int_equal(revoke(SIBLING, "K1"), ERR_NOT_FOUND);
    assert_int_equal(revoke(CITY, "K9"), ERR_NOT_FOUND);
    assert_int_equal(revoke(CITY, "K1"), OK);
    assert_int_equal(revoke(CITY, "K1"), ERR_REFUSED);
    world_run(&world, 3000);
    assert_int_equal(revoke(REGION, "K1"), ERR_REFUSED);
}

static void the_session_ends_and_no_other_begins(void **state)
{
    (void)state;
    say("before");
    world_run(&world, 3000);
    assert_int_equal(revoke(REGION, "K1"), OK);
    say("meanwhile");
    world_run(&world, 300);
    assert_true(is_open(CITY, "K1")); /* so that it hears why */
    world_run(&world, 700);
    assert_true(is_revoked(CITY, "K1"));
    assert_true(is_revoked(COUNTY, "K1"));
    assert_false(is_open(CITY, "K1"));
    say("after");
    world_run(&world, 300000);
    assert_false(is_open(CITY, "K1"));
    assert_int_equal(head_at(REGION), 1);
    assert_int_equal(head_at(CITY), 1);
    assert_false(place_heard(&world.at[CITY], "K1/meanwhile"));
    assert_false(place_alarmed_ever(&world.at[CITY], ALARM_NEIGHBOUR_DOWN));
    assert_false(place_alarmed_ever(&world.at[REGION], ALARM_REVOKED_BEYOND));
    assert_true(is_open(REGION, "C1"));

    place_close(&world.at[CITY]);
    place_open(&world.at[CITY]);
    world_run(&world, 60000);
    assert_true(is_revoked(CITY, "K1"));
    assert_false(is_open(CITY, "K1"));
    assert_int_equal(head_at(CITY), 1);
}

static bool loses_to_the_county(struct world *in, struct division from, struct division to,
                                struct buf *frame)
{
    (void)in;
    (void)from;
    (void)frame;
    return division_equal(to, division_of("K1"));
}

/* It cannot hear why, and goes on writing. */
static void nothing_new_is_taken_while_the_session_lasts(void **state)
{
    (void)state;
    say("before");
    world_run(&world, 3000);
    world.spoil = loses_to_the_county;
    assert_int_equal(revoke(CITY, "K1"), OK);
    say("meanwhile");
    world_run(&world, 300);
    assert_true(is_open(CITY, "K1"));
    assert_false(is_revoked(COUNTY, "K1"));
    assert_int_equal(head_at(COUNTY), 2);
    assert_int_equal(head_at(CITY), 1);
    world_run(&world, 3000);
    assert_false(is_open(CITY, "K1"));
    assert_int_equal(head_at(CITY), 1);
    assert_false(place_heard(&world.at[CITY], "K1/meanwhile"));
}

/* --- those that were away --- */

static bool loses_above_the_city(struct world *in, struct division from, struct division to,
                                 struct buf *frame)
{
    (void)in;
    (void)frame;
    return division_equal(from, division_of("R")) || division_equal(to, division_of("R"));
}

/* The city says it while the region is away: that takes the log up to the end, and no further. */
static void who_holds_less_takes_it_up_to_the_end(void **state)
{
    (void)state;
    say("1");
    world_run(&world, 3000);
    world.spoil = loses_above_the_city;
    say("2");
    say("3");
    world_run(&world, 1000);
    assert_int_equal(revoke(CITY, "K1"), OK);
    say("4");
    world_run(&world, 5000);
    assert_int_equal(head_at(REGION), 1);
    world.spoil = NULL;
    world_run(&world, 200000);
    assert_true(is_revoked(REGION, "K1"));
    assert_int_equal(head_at(REGION), 3);
    assert_int_equal(head_at(CITY), 3);
    assert_false(place_heard(&world.at[REGION], "K1/4"));
    assert_false(place_alarmed(&world.at[REGION], ALARM_REVOKED_BEYOND));
}

/* It holds what was written before the word came; nobody else takes that, and nobody is held up. */
static void who_holds_more_is_alarmed_and_keeps_it(void **state)
{
    (void)state;
    say("1");
    world_run(&world, 3000);
    world.spoil = loses_above_the_city;
    say("2");
    world_run(&world, 1000);
    assert_int_equal(head_at(CITY), 2);
    assert_int_equal(head_at(REGION), 1);
    assert_int_equal(revoke(REGION, "K1"), OK);
    world.spoil = NULL;
    world_run(&world, 200000);
    assert_true(is_revoked(CITY, "K1"));
    assert_true(place_alarmed(&world.at[CITY], ALARM_REVOKED_BEYOND));
    assert_int_equal(head_at(REGION), 1);
    assert_false(place_heard(&world.at[REGION], "K1/2"));
    assert_true(is_open(REGION, "C1"));
    assert_false(place_alarmed(&world.at[REGION], ALARM_BAD_BLOCK));
    assert_false(place_alarmed(&world.at[CITY], ALARM_REJECTED));
    assert_false(place_alarmed(&world.at[CITY], ALARM_SILENT_WITH_BACKLOG));
    place_say(&world.at[CITY], AUDIENCE_LINE, "C1", "goes on");
    world_run(&world, 3000);
    assert_true(place_heard(&world.at[REGION], "C1/goes on"));
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(whoever_is_below_is_revoked_once),
        STORY(the_session_ends_and_no_other_begins),
        STORY(nothing_new_is_taken_while_the_session_lasts),
        STORY(who_holds_less_takes_it_up_to_the_end),
        STORY(who_holds_more_is_alarmed_and_keeps_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
