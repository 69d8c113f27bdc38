/* test_serving - a county whose city is down is served by the region, and goes back to its city. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "proto/frame.h"
#include "replicator/ancestors.h"
#include "replicator/session/serving.h"
#include "world.h"

enum { AWAY_MS = 60000, AT_ONCE_MS = 5000, VILLAGE = 4 };

static struct world world;
static struct place *region, *city, *county, *village;

/* R - C1 - K1 - V1, and everybody has heard of everybody. */
static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    region = &world.at[REGION];
    city = &world.at[CITY];
    county = &world.at[COUNTY];
    world_run(&world, AT_ONCE_MS);
    village = world_add(&world, "V1", COUNTY);
    world_run(&world, AT_ONCE_MS);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&world);
    return 0;
}

static struct served_status served(const struct place *place)
{
    struct served_status status;

    replicator_served(place->replicator, &status);
    return status;
}

static bool is_served_by(const struct place *place, const char *by)
{
    return division_equal(served(place).by, division_of(by));
}

static bool is_linked(const struct place *place, const char *peer, bool is_far)
{
    struct peer_status status;

    for (size_t i = 0; i < replicator_peers(place->replicator); i++) {
        replicator_peer_link(place->replicator, i, &status);
        if (division_equal(status.division, division_of(peer)) && status.is_far == is_far) {
            return status.state == PEER_LIVE;
        }
    }
    return false;
}

static void kill_city(void)
{
    place_kill(city);
    world_run(&world, AWAY_MS + 30000);
}

static void a_county_goes_past_a_city_that_is_down(void **state)
{
    (void)state;
    place_kill(city);
    world_run(&world, AWAY_MS);
    assert_true(division_is_none(served(county).by)); /* a moment is no absence */
    world_run(&world, 30000);
    assert_true(is_served_by(county, "R"));
    assert_true(is_linked(region, "K1", true));
    assert_true(place_alarmed(county, ALARM_SERVED));
    assert_true(served(county).parent_down_ms >= AWAY_MS);
    assert_true(division_is_none(served(village).by)); /* whose parent is there */
    place_say(county, AUDIENCE_LINE, "K1", "up");
    place_say(village, AUDIENCE_LINE, "V1", "from below");
    place_say(region, AUDIENCE_LINE, "K1", "down");
    place_say(region, AUDIENCE_TREE, "R", "all");
    place_say(region, AUDIENCE_LINE, "C2", "not for it");
    world_run(&world, AT_ONCE_MS);
    assert_true(place_heard(region, "K1/up"));
    assert_true(place_heard(region, "V1/from below"));
    assert_true(place_heard(county, "R/down"));
    assert_true(place_heard(village, "R/all"));
    assert_false(place_heard(county, "R/not for it"));
}

static int times_heard(const struct place *place, const char *what)
{
    int times = 0;

    for (size_t i = 0; i < place->held_count; i++) {
        times += strcmp(place->held[i], what) == 0;
    }
    return times;
}

static void it_goes_back_and_nothing_is_lost_or_doubled(void **state)
{
    static const char *const authors[] = {"R", "C1", "K1", "V1"};

    (void)state;
    kill_city();
    for (int i = 0; i < 3; i++) {
        place_say(county, AUDIENCE_LINE, "K1", "up");
        place_say(region, AUDIENCE_LINE, "K1", "down");
        world_run(&world, AT_ONCE_MS);
    }
    place_revive(city);
    world_run(&world, 20000);
    assert_true(division_is_none(served(county).by));
    assert_true(is_linked(city, "K1", false));
    assert_false(is_linked(region, "K1", true));
    assert_false(place_alarmed(county, ALARM_SERVED));
    place_say(county, AUDIENCE_LINE, "K1", "after");
    world_run(&world, AT_ONCE_MS);
    assert_int_equal(times_heard(region, "K1/up"), 3);
    assert_int_equal(times_heard(city, "K1/up"), 3);
    assert_int_equal(times_heard(county, "R/down"), 3);
    assert_int_equal(times_heard(region, "K1/after"), 1);
    for (size_t i = 0; i < COUNT_OF(authors); i++) {
        const struct log_head above = place_head(region, authors[i]);
        const struct log_head between = place_head(city, authors[i]);

        if (strcmp(authors[i], "R") != 0) { /* of which the city holds what is addressed to it */
            assert_int_equal(above.lsn, between.lsn);
            assert_memory_equal(above.hash.at, between.hash.at, HASH_SIZE);
        }
    }
    for (int i = 0; i < world.count; i++) {
        assert_false(place_alarmed_ever(&world.at[i], ALARM_FALSE_CLAIM));
        assert_false(place_alarmed_ever(&world.at[i], ALARM_LOST_TAIL));
        assert_false(place_alarmed_ever(&world.at[i], ALARM_FORK));
        assert_false(place_alarmed_ever(&world.at[i], ALARM_BAD_BLOCK));
    }
}

/* What the city said before it fell, and the county had not heard. */
static void what_the_city_had_for_it_comes_from_the_region(void **state)
{
    (void)state;
    county->cut = true;
    place_say(city, AUDIENCE_LINE, "K1", "last");
    place_say(city, AUDIENCE_LINE, "C1", "its own");
    world_run(&world, AT_ONCE_MS);
    assert_true(place_heard(region, "C1/last"));
    place_kill(city);
    county->cut = false;
    world_run(&world, AWAY_MS + 30000);
    assert_true(place_heard(county, "C1/last"));
    assert_false(place_heard(county, "C1/its own"));
}

/* The other way round: what the county has of the city's, and the region not. */
static void what_only_the_county_has_of_the_city_alarms_nobody(void **state)
{
    (void)state;
    region->cut = true;
    place_say(city, AUDIENCE_LINE, "K1", "last");
    world_run(&world, AT_ONCE_MS);
    assert_true(place_heard(county, "C1/last"));
    place_kill(city);
    region->cut = false;
    world_run(&world, AWAY_MS + 60000);
    assert_true(is_served_by(county, "R"));
    place_revive(city);
    world_run(&world, 60000);
    assert_true(place_heard(region, "C1/last"));
    for (int i = 0; i < world.count; i++) {
        assert_false(place_alarmed_ever(&world.at[i], ALARM_FALSE_CLAIM));
        assert_false(place_alarmed_ever(&world.at[i], ALARM_LOST_TAIL));
    }
}

static struct division silent; /* whose frames to another are lost, both ways */
static struct division from_whom;

static bool lose(struct world *w, struct division from, struct division to, struct buf *frame)
{
    (void)w;
    (void)frame;
    return (division_equal(from, silent) && division_equal(to, from_whom)) ||
           (division_equal(to, silent) && division_equal(from, from_whom));
}

static void a_city_that_is_there_serves_its_county_itself(void **state)
{
    struct peer_status status;
    bool any = false;

    (void)state;
    silent = city->division;
    from_whom = county->division;
    world.spoil = lose;
    world_run(&world, AWAY_MS + 60000);
    assert_true(division_is_none(served(county).by));
    assert_false(is_linked(region, "K1", true));
    for (size_t i = 0; i < replicator_peers(county->replicator); i++) {
        replicator_peer_link(county->replicator, i, &status);
        any |= status.is_far && strstr(status.reason, "ancestor_serves_not") != NULL;
    }
    assert_true(any);
}

/* The city is back for the region, and not for the county: there is time to go back, and no more.
 */
static void who_does_not_go_back_is_left(void **state)
{
    (void)state;
    kill_city();
    assert_true(is_served_by(county, "R"));
    silent = city->division;
    from_whom = county->division;
    world.spoil = lose;
    place_revive(city);
    world_run(&world, 30000);
    assert_true(is_served_by(county, "R"));
    world_run(&world, SERVED_GRACE_MS + 10000);
    assert_true(division_is_none(served(county).by));
    world.spoil = NULL;
    world_run(&world, 30000);
    assert_true(is_linked(city, "K1", false));
}

static void where_two_levels_are_down_the_next_one_serves(void **state)
{
    (void)state;
    place_kill(county);
    place_kill(city);
    world_run(&world, 3 * AWAY_MS + 30000);
    assert_true(is_served_by(village, "R"));
    place_say(village, AUDIENCE_LINE, "V1", "far");
    world_run(&world, AT_ONCE_MS);
    assert_true(place_heard(region, "V1/far"));
    place_revive(county); /* is served itself, and serves its own */
    world_run(&world, 2 * AWAY_MS + 30000);
    assert_true(is_served_by(county, "R"));
    assert_true(division_is_none(served(village).by));
    assert_true(place_heard(county, "V1/far"));
    place_revive(city);
    world_run(&world, 30000);
    assert_true(division_is_none(served(county).by));
    assert_true(place_heard(city, "V1/far"));
}

static void an_operator_who_stops_a_link_wants_no_other(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(
        replicator_pause(county->replicator, county->txn, division_of("C1"), true, &err), OK);
    world_run(&world, 2 * AWAY_MS);
    assert_true(division_is_none(served(county).by));
}

/* Nor does what lies below come another way. */
static void who_is_stopped_above_is_not_passed_by(void **state)
{
    const struct division stopped = division_of("C1");
    struct err err;

    (void)state;
    kill_city();
    assert_true(is_served_by(county, "R"));
    assert_int_equal(replicator_pause(region->replicator, region->txn, stopped, true, &err), OK);
    world_run(&world, 2000);
    assert_false(is_linked(region, "K1", true));
    world_run(&world, 2 * AWAY_MS);
    assert_false(is_linked(region, "K1", true));
    assert_int_equal(replicator_pause(region->replicator, region->txn, stopped, false, &err), OK);
    world_run(&world, 2 * AWAY_MS);
    assert_true(is_served_by(county, "R"));
}

static void a_revoked_county_is_not_served(void **state)
{
    struct revocation out;
    struct err err;

    (void)state;
    kill_city();
    assert_true(is_served_by(county, "R"));
    assert_int_equal(
        replicator_revoke(region->replicator, region->txn, division_of("K1"), "it", &out, &err),
        OK);
    world_run(&world, 2000);
    assert_false(is_linked(region, "K1", true));
    world_run(&world, 2 * AWAY_MS);
    assert_false(is_linked(region, "K1", true));
    assert_true(division_is_none(served(county).by));
}

static void so_many_are_served_and_no_more(void **state)
{
    struct place *second = world_add(&world, "K2", CITY);

    (void)state;
    world_run(&world, AT_ONCE_MS);
    place_kill(region);
    region->limits.served_max = 1;
    place_revive(region);
    world_run(&world, AT_ONCE_MS);
    kill_city();
    assert_true(is_served_by(county, "R") != is_served_by(second, "R"));
}

/* The root's word comes over the served link, as a beat's answer does. */
static void the_roots_word_confirms_what_was_said(void **state)
{
    struct confirmation confirmed;

    (void)state;
    kill_city();
    place_say(county, AUDIENCE_LINE, "K1", "up");
    world_run(&world, 10000);
    replicator_confirmed(county->replicator, &confirmed);
    assert_int_equal(confirmed.lsn, place_head(county, "K1").lsn);
    county->health = "well";
    world_run(&world, 10000);
    assert_string_equal(place_told(region, "K1")->health, "well");
}

/* Two blocks at one place, one told downward and one upward: found once those two speak. */
static void a_city_that_said_two_things_is_found_out(void **state)
{
    struct store old;

    (void)state;
    store_memory_open(&old);
    store_copy(&old, &city->store);
    region->cut = true;
    place_say(city, AUDIENCE_LINE, "K1", "to the county");
    world_run(&world, AT_ONCE_MS);
    assert_true(place_heard(county, "C1/to the county"));
    place_kill(city);
    city->store.ops->close(city->store.self);
    city->store = old;
    region->cut = false;
    county->cut = true;
    place_revive(city);
    place_say(city, AUDIENCE_LINE, "K1", "to the region");
    world_run(&world, AT_ONCE_MS);
    assert_true(place_heard(region, "C1/to the region"));
    assert_false(place_alarmed_ever(region, ALARM_FORK));
    place_kill(city);
    county->cut = false;
    world_run(&world, AWAY_MS + 40000);
    assert_true(is_served_by(county, "R"));
    assert_true(place_alarmed(region, ALARM_FORK));
    assert_true(place_alarmed(county, ALARM_FORK));
    assert_false(place_alarmed_ever(county, ALARM_FALSE_CLAIM));
    assert_false(place_alarmed_ever(region, ALARM_FALSE_CLAIM));
}

/* The county was lost while it was served: its city takes its log from the region. */
static void a_county_that_was_lost_meanwhile_comes_from_the_region(void **state)
{
    (void)state;
    kill_city();
    place_say(county, AUDIENCE_LINE, "K1", "up");
    world_run(&world, AT_ONCE_MS);
    assert_true(place_heard(region, "K1/up"));
    place_kill(county);
    place_revive(city);
    world_run(&world, 60000);
    assert_false(place_heard(city, "K1/up")); /* it may come itself */
    world_run(&world, 360000);
    assert_true(place_heard(city, "K1/up"));
    assert_false(replicator_wants(city->replicator, division_of("K1")));
    assert_int_equal(place_head(city, "K1").lsn, place_head(region, "K1").lsn);
    assert_false(place_alarmed_ever(city, ALARM_LOST_TAIL));
}

/* It will never come back to bring it. */
static void a_county_that_was_revoked_meanwhile_comes_at_once(void **state)
{
    struct revocation out;
    struct err err;

    (void)state;
    kill_city();
    place_say(county, AUDIENCE_LINE, "K1", "up");
    world_run(&world, AT_ONCE_MS);
    assert_int_equal(
        replicator_revoke(region->replicator, region->txn, division_of("K1"), "it", &out, &err),
        OK);
    world_run(&world, AT_ONCE_MS);
    place_revive(city);
    world_run(&world, 20000);
    assert_true(place_heard(city, "K1/up"));
    assert_false(replicator_wants(city->replicator, division_of("K1")));
}

static uint64_t bytes_to_and_fro;

static bool count(struct world *w, struct division from, struct division to, struct buf *frame)
{
    (void)w;
    if ((division_equal(from, county->division) && division_equal(to, region->division)) ||
        (division_equal(to, county->division) && division_equal(from, region->division))) {
        bytes_to_and_fro += frame->size + 100; /* and what the packet has around it */
    }
    return false;
}

/* By the pulse of a real node. */
static void an_idle_link_costs_little(void **state)
{
    (void)state;
    for (int i = 0; i < world.count; i++) {
        place_kill(&world.at[i]);
        world.at[i].limits.beat_ms = 25000;
        world.at[i].limits.silence_ms = 55000;
        world.at[i].limits.cosign_ms = 25000;
        place_revive(&world.at[i]);
    }
    world_run(&world, AT_ONCE_MS);
    kill_city();
    world_run(&world, 120000);
    assert_true(is_served_by(county, "R"));
    bytes_to_and_fro = 0;
    world.spoil = count;
    world_run(&world, 600000);
    assert_true(bytes_to_and_fro > 0);
    assert_true(bytes_to_and_fro / 10 < 4096);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_county_goes_past_a_city_that_is_down),
        STORY(it_goes_back_and_nothing_is_lost_or_doubled),
        STORY(what_the_city_had_for_it_comes_from_the_region),
        STORY(what_only_the_county_has_of_the_city_alarms_nobody),
        STORY(a_city_that_is_there_serves_its_county_itself),
        STORY(who_does_not_go_back_is_left),
        STORY(where_two_levels_are_down_the_next_one_serves),
        STORY(an_operator_who_stops_a_link_wants_no_other),
        STORY(who_is_stopped_above_is_not_passed_by),
        STORY(a_revoked_county_is_not_served),
        STORY(so_many_are_served_and_no_more),
        STORY(the_roots_word_confirms_what_was_said),
        STORY(a_city_that_said_two_things_is_found_out),
        STORY(a_county_that_was_lost_meanwhile_comes_from_the_region),
        STORY(a_county_that_was_revoked_meanwhile_comes_at_once),
        STORY(an_idle_link_costs_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
