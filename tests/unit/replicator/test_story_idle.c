/* What links and turns cost while nothing happens, and what is made of silence and of clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "proto/frame.h"
#include "replicator/core.h"
#include "world.h"

static void an_answer_that_takes_longer_than_the_patience_still_counts(void **state)
{
    static struct world world;
    struct peer_status status;

    (void)state;
    world_begin(&world);
    world.latency_ms = 4000; /* eight seconds for a round trip, a Hello every few */
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "slow");
    world_run(&world, 90000);
    assert_true(place_heard(&world.at[REGION], "K1/slow"));
    replicator_peer(world.at[COUNTY].replicator, 0, &status);
    assert_int_equal(status.state, PEER_LIVE);
    assert_int_equal(status.rtt_ms / 1000, 8);
    world_end(&world);
}

/* What the wires add: ZeroMQ and CURVE to a frame, TCP, IP and Ethernet to a packet. A frame up and
 * its answer down are three packets, and a ping with its answer too. Links ping five times a
 * minute.
 */
enum { FRAME_MORE = 42, PACKET_MORE = 66, PING_BYTES = 108 + 106 + 66, PINGS_A_MINUTE = 5 };

static struct hop_cost {
    uint64_t frames, bytes;
} leaf_link, city_link;

static bool count_link(struct world *world, struct division from, struct division to,
                       struct buf *frame)
{
    const bool leaf = strcmp(from.code, "K1") == 0 || strcmp(to.code, "K1") == 0;
    const bool city = strcmp(from.code, "R") == 0 || strcmp(to.code, "R") == 0;
    struct hop_cost *cost = leaf ? &leaf_link : &city_link;

    (void)world;
    if (leaf || (city && (strcmp(from.code, "C1") == 0 || strcmp(to.code, "C1") == 0))) {
        cost->frames++;
        cost->bytes += frame->size;
    }
    return false;
}

static uint64_t bytes_a_minute(const struct hop_cost *cost, uint64_t minutes)
{
    return (cost->bytes + cost->frames * (FRAME_MORE + PACKET_MORE) +
            cost->frames * PACKET_MORE / 2) /
               minutes +
           PINGS_A_MINUTE * PING_BYTES;
}

static void an_idle_link_costs_little_and_a_descendant_less(void **state)
{
    enum { MINUTES = 10, DESCENDANTS = 3 };
    static struct world world;

    (void)state;
    world_begin(&world);
    (void)world_add(&world, "K2", CITY);
    (void)world_add(&world, "K3", CITY);
    for (int i = 0; i < world.count; i++) {
        world.at[i].limits = (struct replicator_limits){
            .beat_ms = 25000, .silence_ms = 55000, .cosign_ms = 25000}; /* as nodes have them */
        world.at[i].health = "thirty bytes, of a quiet node."; /* as health_test.c has them */
        place_close(&world.at[i]);
        place_open(&world.at[i]);
    }
    world.latency_ms = 100;
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    world_run(&world, 120000);
    world.spoil = count_link;
    leaf_link = city_link = (struct hop_cost){0, 0};
    world_run(&world, MINUTES * 60000);
    if (bytes_a_minute(&leaf_link, MINUTES) > 4000 ||
        bytes_a_minute(&city_link, MINUTES) > 4000 + DESCENDANTS * 1500) {
        fail_msg("%d bytes a minute of the leaf, %d of the city",
                 (int)bytes_a_minute(&leaf_link, MINUTES),
                 (int)bytes_a_minute(&city_link, MINUTES));
    }
    /* However many are below, one frame up and one down in a beat: nothing is said in between. */
    assert_in_range(leaf_link.frames, 2 * MINUTES, 6 * MINUTES);
    assert_in_range(city_link.frames, 2 * MINUTES, 6 * MINUTES);
    world_end(&world);
}

/* All clocks are set an hour ahead whenever a frame of the county is on its way. */
static bool set_clocks(struct world *world, struct division from, struct division to,
                       struct buf *frame)
{
    (void)to;
    (void)frame;
    if (strcmp(from.code, "K1") == 0) {
        world->hand.wall_step_ms += 3600 * 1000;
    }
    return false;
}

static void a_clock_that_is_set_within_a_session_is_noticed(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    world_run(&world, 30000);
    assert_false(place_alarmed(&world.at[CITY], ALARM_CLOCK_SKEW));
    world.spoil = set_clocks;
    world_run(&world, 30000);
    assert_true(place_alarmed(&world.at[CITY], ALARM_CLOCK_SKEW));
    world.spoil = NULL;
    world_run(&world, 30000);
    assert_false(place_alarmed(&world.at[CITY], ALARM_CLOCK_SKEW));
    world_end(&world);
}

static void an_idle_tree_asks_for_few_turns(void **state)
{
    static struct world world;
    int asked = 0;

    (void)state;
    world_begin(&world);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    world_run(&world, 30000);
    for (int tenth = 0; tenth < 100; tenth++) {
        world_run(&world, 100);
        asked += replicator_next_tick(world.at[COUNTY].replicator) <= world.hand.now_ms;
    }
    assert_in_range(asked, 1, 8); /* beats, and a word when nothing else was said */
    world_end(&world);
}

static void silence_with_a_backlog_is_alarmed_until_the_root_confirms(void **state)
{
    static struct world world;
    struct confirmation confirmed;

    (void)state;
    world_begin(&world);
    world_run(&world, 10000);
    world.at[REGION].cut = true; /* it hears nobody and nobody hears it */
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    world_run(&world, 20000);
    assert_false(place_alarmed(&world.at[COUNTY], ALARM_SILENT_WITH_BACKLOG));
    world_run(&world, 30000);
    assert_true(place_alarmed(&world.at[COUNTY], ALARM_SILENT_WITH_BACKLOG));
    assert_false(place_alarmed(&world.at[CITY], ALARM_SILENT_WITH_BACKLOG)); /* its link is down */
    world.at[REGION].cut = false;
    world_run(&world, 30000);
    assert_false(place_alarmed(&world.at[COUNTY], ALARM_SILENT_WITH_BACKLOG));
    replicator_confirmed(world.at[COUNTY].replicator, &confirmed);
    assert_int_equal(confirmed.lsn, place_head(&world.at[COUNTY], "K1").lsn);
    world_end(&world);
}

/* Whoever has nothing to be confirmed learns by the root's answer alone what was written for him.
 */
static void a_root_that_answers_nothing_is_alarmed_where_nothing_waits(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    world_run(&world, 60000);
    world.at[REGION].cut = true;
    world_run(&world, NEIGHBOUR_DOWN_MS - 60000);
    assert_false(place_alarmed(&world.at[COUNTY], ALARM_SILENT_WITH_BACKLOG));
    world_run(&world, 120000);
    assert_true(place_alarmed(&world.at[COUNTY], ALARM_SILENT_WITH_BACKLOG));
    assert_non_null(strstr(world.at[COUNTY].alarm_words, "root_unheard"));
    world.at[REGION].cut = false;
    world_run(&world, 60000);
    assert_false(place_alarmed(&world.at[COUNTY], ALARM_SILENT_WITH_BACKLOG));
    world_end(&world);
}

static void end_session(struct place *parent, struct place *child)
{
    struct link *link = links_find(&parent->replicator->links, child->division);

    if (link != NULL && link_is_open(link)) {
        link_over(parent->replicator, link, ERR_GAP, "over");
    }
}

/* A parent that begins a session again and again brings as little as one that says nothing. */
static void silence_counts_over_sessions(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    world_run(&world, 10000);
    world.at[REGION].cut = true;
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    for (int i = 0; i < 10; i++) {
        world_run(&world, 20000);
        end_session(&world.at[CITY], &world.at[COUNTY]);
    }
    assert_true(place_alarmed_ever(&world.at[COUNTY], ALARM_SILENT_WITH_BACKLOG));
    world.at[REGION].cut = false;
    world_run(&world, 60000);
    assert_false(place_alarmed(&world.at[COUNTY], ALARM_SILENT_WITH_BACKLOG));
    world_end(&world);
}

/* ... and one that is cut and back is no such parent. */
static void what_waited_for_a_link_is_no_silence(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    world_run(&world, 10000);
    for (int i = 0; i < 5; i++) {
        world.at[CITY].cut = true;
        place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
        world_run(&world, 45000);
        world.at[CITY].cut = false;
        world_run(&world, 45000);
    }
    assert_false(place_alarmed_ever(&world.at[COUNTY], ALARM_SILENT_WITH_BACKLOG));
    world_end(&world);
}

static void a_link_whose_sessions_do_not_last_is_alarmed_as_one_that_is_down(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    world_run(&world, 10000);
    for (uint64_t ms = 0; ms < NEIGHBOUR_DOWN_MS + 30000; ms += 1000) {
        end_session(&world.at[CITY], &world.at[COUNTY]);
        world_run(&world, 1000);
    }
    assert_true(place_alarmed(&world.at[CITY], ALARM_NEIGHBOUR_DOWN));
    assert_non_null(strstr(world.at[CITY].alarm_words, "neighbour_unsettled"));
    assert_true(place_alarmed(&world.at[COUNTY], ALARM_NEIGHBOUR_DOWN));
    world_run(&world, 20000);
    assert_false(place_alarmed(&world.at[CITY], ALARM_NEIGHBOUR_DOWN));
    assert_false(place_alarmed(&world.at[COUNTY], ALARM_NEIGHBOUR_DOWN));
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_takes_longer_than_the_patience_still_counts),
        cmocka_unit_test(an_idle_link_costs_little_and_a_descendant_less),
        cmocka_unit_test(a_clock_that_is_set_within_a_session_is_noticed),
        cmocka_unit_test(an_idle_tree_asks_for_few_turns),
        cmocka_unit_test(silence_with_a_backlog_is_alarmed_until_the_root_confirms),
        cmocka_unit_test(a_root_that_answers_nothing_is_alarmed_where_nothing_waits),
        cmocka_unit_test(silence_counts_over_sessions),
        cmocka_unit_test(what_waited_for_a_link_is_no_silence),
        cmocka_unit_test(a_link_whose_sessions_do_not_last_is_alarmed_as_one_that_is_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
