/* Replicators joined by queues, with a clock that stands still unless moved: who hears what, and
 * goes on after whatever comes between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/frame.h"
#include "world.h"

static void entries_reach_whom_they_are_for_and_nobody_else(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    world_run(&world, 2000); /* the region hears of the county first */
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    place_say(&world.at[REGION], AUDIENCE_LINE, "K1", "transfer");
    place_say(&world.at[REGION], AUDIENCE_TREE, "R", "code");
    place_say(&world.at[CITY], AUDIENCE_LINE, "C1", "own");
    world_run(&world, 3000);
    assert_true(place_heard(&world.at[CITY], "K1/paid"));
    assert_true(place_heard(&world.at[REGION], "K1/paid"));
    assert_true(place_heard(&world.at[CITY], "R/transfer"));
    assert_true(place_heard(&world.at[COUNTY], "R/transfer"));
    assert_true(place_heard(&world.at[COUNTY], "R/code"));
    assert_true(place_heard(&world.at[SIBLING], "R/code"));
    assert_false(place_heard(&world.at[SIBLING], "R/transfer"));
    assert_false(place_heard(&world.at[SIBLING], "K1/paid"));
    assert_false(place_heard(&world.at[COUNTY], "C1/own"));
    assert_true(place_heard(&world.at[REGION], "C1/own"));
    world_end(&world);
}

/* The second city cannot know that the code is taken; the region does, and says so. */
static void a_division_of_two_branches_is_told_to_the_second(void **state)
{
    static struct world world;
    struct place *second;
    struct peer_status peer;

    (void)state;
    world_begin(&world);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "first");
    world_run(&world, 2000);
    second = world_add(&world, "K1", SIBLING);
    world_run(&world, 2000);
    assert_true(place_alarmed(&world.at[REGION], ALARM_DIVISION_TAKEN));
    assert_true(place_alarmed(&world.at[SIBLING], ALARM_DIVISION_TAKEN));
    place_say(second, AUDIENCE_LINE, "K1", "second");
    place_say(&world.at[SIBLING], AUDIENCE_LINE, "C2", "own");
    world_run(&world, 2000);
    for (int i = 0; i < 2; i++) {
        assert_true(place_alarmed(&world.at[REGION], ALARM_DIVISION_TAKEN));
        assert_true(place_alarmed(&world.at[SIBLING], ALARM_DIVISION_TAKEN));
        assert_true(place_alarmed(second, ALARM_DIVISION_TAKEN));
        assert_false(place_alarmed(&world.at[COUNTY], ALARM_DIVISION_TAKEN));
        assert_false(place_alarmed(&world.at[CITY], ALARM_DIVISION_TAKEN));
        replicator_peer(world.at[SIBLING].replicator, 1, &peer);
        assert_string_equal(peer.division.code, "K1");
        assert_int_equal(peer.state, PEER_HELD);
        assert_non_null(strstr(peer.reason, "C1"));
        replicator_peer(second->replicator, 0, &peer);
        assert_non_null(strstr(peer.reason, "C1"));
        for (int k = 0; k < world.count; k++) { /* all start again, and know it again */
            place_close(&world.at[k]);
            place_open(&world.at[k]);
            world.at[k].alarm_count = 0;
        }
        world_run(&world, 20000);
    }
    assert_true(place_heard(&world.at[REGION], "K1/first"));
    assert_false(place_heard(&world.at[REGION], "K1/second"));
    assert_true(place_heard(&world.at[SIBLING], "K1/second"));
    assert_true(place_heard(&world.at[REGION], "C2/own"));
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "third");
    world_run(&world, 2000);
    assert_true(place_heard(&world.at[REGION], "K1/third"));
    world_end(&world);
}

static void a_restarted_node_goes_on_where_it_was(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "one");
    world_run(&world, 2000);
    place_close(&world.at[CITY]);
    place_open(&world.at[CITY]);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "two");
    world_run(&world, 8000);
    assert_true(place_heard(&world.at[REGION], "K1/two"));
    assert_int_equal(place_head(&world.at[REGION], "K1").lsn,
                     place_head(&world.at[COUNTY], "K1").lsn);
    assert_int_equal(world.at[REGION].held_count, 2); /* once each */
    world_end(&world);
}

static void what_a_cut_swallows_comes_again_once(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    world_run(&world, 2000);
    world.at[COUNTY].cut = true;
    for (int i = 0; i < 5; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "p%d", i);
        place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", text);
        world_run(&world, 500);
    }
    world_run(&world, 30000);
    assert_false(place_heard(&world.at[CITY], "K1/p0"));
    world.at[COUNTY].cut = false;
    world_run(&world, 15000);
    assert_int_equal(world.at[CITY].held_count, 5);
    assert_int_equal(world.at[REGION].held_count, 5);
    world_end(&world);
}

static void pause_stops_and_resume_goes_on(void **state)
{
    static struct world world;
    struct err err;

    (void)state;
    world_begin(&world);
    world_run(&world, 2000);
    assert_int_equal(replicator_pause(world.at[CITY].replicator, world.at[CITY].txn,
                                      division_of("K1"), true, &err),
                     OK);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "held back");
    world_run(&world, 10000);
    assert_false(place_heard(&world.at[CITY], "K1/held back"));
    assert_int_equal(replicator_pause(world.at[CITY].replicator, world.at[CITY].txn,
                                      division_of("K1"), false, &err),
                     OK);
    world_run(&world, 30000);
    assert_true(place_heard(&world.at[CITY], "K1/held back"));
    world_end(&world);
}

static void the_root_confirms_and_holders_cosign(void **state)
{
    static struct world world;
    struct confirmation confirmed;
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct err err;

    (void)state;
    world_begin(&world);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    world_run(&world, 20000);
    replicator_confirmed(world.at[COUNTY].replicator, &confirmed);
    assert_int_equal(confirmed.lsn, place_head(&world.at[COUNTY], "K1").lsn);
    division_write(&key, division_of("K1"));
    division_write(&key, division_of("R"));
    assert_int_equal(world.at[COUNTY].store.ops->get(world.at[COUNTY].store.self, NULL,
                                                     SPACE_COSIGN, buf_bytes(&key), &value, &err),
                     OK);
    assert_int_equal(load_u64(value.data), confirmed.lsn);
    buf_free(&key);
    buf_free(&value);
    world_end(&world);
}

static void a_long_log_is_caught_up_within_credit(void **state)
{
    static struct world world;
    struct peer_status status;

    (void)state;
    world_begin(&world);
    world.at[COUNTY].cut = true;
    for (int i = 0; i < 3000; i++) {
        char text[600];
        for (size_t k = 0; k < sizeof text; k++) {
            text[k] = (char)('a' + world_chance(&world) % 26);
        }
        text[sizeof text - 1] = '\0';
        place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", text);
        if (i % 20 == 19) {
            (void)place_turn(&world.at[COUNTY]);
        }
    }
    world_run(&world, 1000);
    replicator_peer(world.at[COUNTY].replicator, 0, &status);
    assert_int_equal(status.behind_entries, 3000);
    world.at[COUNTY].cut = false;
    world_run(&world, 20000);
    replicator_peer(world.at[COUNTY].replicator, 0, &status);
    assert_int_equal(status.behind_entries, 0);
    assert_int_equal(place_head(&world.at[REGION], "K1").lsn, 3000);
    world_end(&world);
}

static void what_was_confirmed_stays_so_over_a_restart(void **state)
{
    static struct world world;
    struct confirmation confirmed;

    (void)state;
    world_begin(&world);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    world_run(&world, 20000);
    world.at[REGION].cut = true;
    place_close(&world.at[COUNTY]);
    place_open(&world.at[COUNTY]);
    replicator_confirmed(world.at[COUNTY].replicator, &confirmed);
    assert_int_equal(confirmed.lsn, place_head(&world.at[COUNTY], "K1").lsn);
    world_run(&world, 60000);
    assert_false(place_alarmed_ever(&world.at[COUNTY], ALARM_SILENT_WITH_BACKLOG));
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "and paid again");
    world_run(&world, 60000);
    assert_true(place_alarmed(&world.at[COUNTY], ALARM_SILENT_WITH_BACKLOG));
    world.at[CITY].cut = true; /* now the link is down, and says so */
    world_run(&world, 60000);
    assert_false(place_alarmed(&world.at[COUNTY], ALARM_SILENT_WITH_BACKLOG));
    world_end(&world);
}

static void a_county_granted_while_the_region_is_away_is_known_there_later(void **state)
{
    static struct world world;
    struct place *newcomer;

    (void)state;
    world_begin(&world);
    world_run(&world, 3000);
    world.at[REGION].cut = true;
    newcomer = world_add(&world, "K2", CITY);
    place_say(newcomer, AUDIENCE_LINE, "K2", "first");
    world_run(&world, 20000);
    assert_true(place_heard(&world.at[CITY], "K2/first"));
    assert_false(place_heard(&world.at[REGION], "K2/first"));
    world.at[REGION].cut = false;
    world_run(&world, 20000);
    assert_true(place_heard(&world.at[REGION], "K2/first"));
    place_say(&world.at[REGION], AUDIENCE_LINE, "K2", "welcome");
    place_say(&world.at[REGION], AUDIENCE_TREE, "R", "all");
    world_run(&world, 5000);
    assert_true(place_heard(newcomer, "R/welcome"));
    assert_true(place_heard(newcomer, "R/all"));
    assert_false(place_heard(&world.at[COUNTY], "R/welcome"));
    assert_int_equal(newcomer->alarm_count, 0);
    world_end(&world);
}

static void a_node_that_starts_alone_still_knows_what_is_behind(void **state)
{
    static struct world world;
    struct peer_status status;

    (void)state;
    world_begin(&world);
    for (int i = 0; i < 3; i++) {
        place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "confirmed");
        world_run(&world, 1000);
    }
    world_run(&world, 15000); /* the city's cosignature tells how far it was */
    world.at[CITY].cut = true;
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "offline");
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "offline too");
    world_run(&world, 1000);
    place_close(&world.at[COUNTY]);
    place_open(&world.at[COUNTY]);
    world_run(&world, 5000);
    replicator_peer(world.at[COUNTY].replicator, 0, &status);
    assert_int_equal(status.behind_entries, 2);
    assert_true(status.behind_bytes > BLOCK_HEADER_BYTES_MIN + SIGNATURE_SIZE);
    assert_true(status.oldest_unix_ms > 0 && status.oldest_unix_ms < world.hand.now_ms);
    world_end(&world);
}

/* A full disk: nothing is taken in, everything else of the link goes on, and nothing is lost. */
static void a_place_without_room_keeps_its_links_and_takes_all_later(void **state)
{
    static struct world world;
    char text[32];

    (void)state;
    world_begin(&world);
    world_run(&world, 2000);
    replicator_withhold(world.at[CITY].replicator, true);
    for (int i = 0; i < 20; i++) {
        (void)snprintf(text, sizeof text, "late %d", i);
        place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", text);
        world_run(&world, 3000);
    }
    assert_int_equal(place_head(&world.at[CITY], "K1").lsn, 0);
    place_say(&world.at[CITY], AUDIENCE_LINE, "C1", "our own goes up"); /* while K1's waits */
    world_run(&world, 2000);
    assert_true(place_heard(&world.at[REGION], "C1/our own goes up"));
    for (size_t i = 0; i < replicator_peers(world.at[CITY].replicator); i++) {
        struct peer_status peer;

        replicator_peer(world.at[CITY].replicator, i, &peer);
        assert_int_equal(peer.state, PEER_LIVE);
    }
    replicator_withhold(world.at[CITY].replicator, false);
    world_run(&world, 3000);
    assert_true(place_heard(&world.at[CITY], "K1/late 19"));
    assert_true(place_heard(&world.at[REGION], "K1/late 19"));
    world_end(&world);
}

/* Hello, Welcome, and the next frame is data: three ways of a second each. */
static void after_one_round_trip_data_flows(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    world_run(&world, 2000);
    place_close(&world.at[COUNTY]);
    world.latency_ms = 1000;
    place_open(&world.at[COUNTY]);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "resumed");
    world_run(&world, 2900);
    assert_false(place_heard(&world.at[CITY], "K1/resumed"));
    world_run(&world, 600);
    assert_true(place_heard(&world.at[CITY], "K1/resumed"));
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_one_round_trip_data_flows),
        cmocka_unit_test(a_place_without_room_keeps_its_links_and_takes_all_later),
        cmocka_unit_test(entries_reach_whom_they_are_for_and_nobody_else),
        cmocka_unit_test(a_division_of_two_branches_is_told_to_the_second),
        cmocka_unit_test(a_restarted_node_goes_on_where_it_was),
        cmocka_unit_test(what_a_cut_swallows_comes_again_once),
        cmocka_unit_test(pause_stops_and_resume_goes_on),
        cmocka_unit_test(the_root_confirms_and_holders_cosign),
        cmocka_unit_test(a_long_log_is_caught_up_within_credit),
        cmocka_unit_test(what_was_confirmed_stays_so_over_a_restart),
        cmocka_unit_test(a_county_granted_while_the_region_is_away_is_known_there_later),
        cmocka_unit_test(a_node_that_starts_alone_still_knows_what_is_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
