/* test_story - replicators joined by queues, with a clock that stands still unless moved. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/frame.h"
#include "world.h"

enum { NOISE_SEEDS = 60, NOISE_FORGOTTEN_MS = 300000 };

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

static bool spoiled;

static bool carries_blocks(struct bytes raw)
{
    struct arena arena;
    Terrace__Frame *frame;
    struct err err;
    bool carries;

    arena_init(&arena, 8 << 20);
    assert_int_equal(frame_decode(&frame, &arena, raw, &err), OK);
    carries = frame->blocks != NULL;
    arena_free(&arena);
    return carries;
}

/* Turns one bit in the body of the first block from the county. */
static bool spoil_block(struct world *world, struct division from, struct division to,
                        struct buf *frame)
{
    (void)world;
    (void)to;
    if (!spoiled && strcmp(from.code, "K1") == 0 && carries_blocks(buf_bytes(frame))) {
        frame->data[frame->size - 3] ^= 1;
        spoiled = true;
    }
    return false;
}

static void a_bit_changed_on_the_way_is_refused_and_alarmed(void **state)
{
    static struct world world;
    char text[400];

    (void)state;
    world_begin(&world);
    world_run(&world, 2000);
    spoiled = false;
    world.spoil = spoil_block;
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        text[i] = (char)('a' + world_chance(&world) % 26);
    }
    text[sizeof text - 1] = '\0';
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", text);
    world_run(&world, 1000);
    assert_true(spoiled);
    assert_true(place_alarmed(&world.at[CITY], ALARM_BAD_BLOCK));
    assert_true(place_alarmed(&world.at[COUNTY], ALARM_REJECTED));
    assert_int_equal(world.at[CITY].held_count, 0);
    world_run(&world, 60000); /* the next session brings the true bytes */
    assert_int_equal(world.at[CITY].held_count, 1);
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

/* --- what an idle link costs --- */

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

/* Loses the first frame that brings the county's entry to the region. */
static bool lose_once(struct world *world, struct division from, struct division to,
                      struct buf *frame)
{
    (void)world;
    if (!spoiled && strcmp(from.code, "C1") == 0 && strcmp(to.code, "R") == 0 &&
        memmem(frame->data, frame->size, "lost once", 9) != NULL) {
        spoiled = true;
        return true;
    }
    return false;
}

static void a_lost_frame_of_one_log_comes_again_while_another_moves(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    world_run(&world, 3000);
    spoiled = false;
    world.spoil = lose_once;
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "lost once");
    for (int i = 0; i < 100; i++) {
        place_say(&world.at[CITY], AUDIENCE_LINE, "C1", "news");
        world_run(&world, 100);
    }
    assert_true(spoiled);
    assert_true(place_heard(&world.at[REGION], "K1/lost once"));
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

/* Loses one frame in three, whatever it holds. */
static bool lose_some(struct world *world, struct division from, struct division to,
                      struct buf *frame)
{
    (void)from;
    (void)to;
    (void)frame;
    return world_chance(world) % 3 == 0;
}

static void whatever_frames_are_lost_everything_arrives_once_and_in_order(void **state)
{
    static struct world world;
    char text[16];

    (void)state;
    world_begin(&world);
    world.spoil = lose_some;
    for (int i = 0; i < 20; i++) {
        (void)snprintf(text, sizeof text, "p%d", i);
        place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", text);
        (void)snprintf(text, sizeof text, "t%d", i);
        place_say(&world.at[REGION], AUDIENCE_LINE, "K1", text);
        world_run(&world, 1000);
    }
    world_run(&world, 100000);
    world.spoil = NULL;
    world_run(&world, 30000);
    assert_int_equal(world.at[REGION].held_count, 20);
    assert_int_equal(world.at[COUNTY].held_count, 20);
    for (int i = 0; i < 20; i++) {
        (void)snprintf(text, sizeof text, "K1/p%d", i);
        assert_string_equal(world.at[REGION].held[i], text);
        (void)snprintf(text, sizeof text, "R/t%d", i);
        assert_string_equal(world.at[COUNTY].held[i], text);
    }
    world_end(&world);
}

/* Loses the first frame of the region that carries a block. */
static bool lose_block(struct world *world, struct division from, struct division to,
                       struct buf *frame)
{
    (void)world;
    (void)to;
    if (!spoiled && strcmp(from.code, "R") == 0 && carries_blocks(buf_bytes(frame))) {
        spoiled = true;
        return true;
    }
    return false;
}

/* The block that comes next is the first of its audience: it alone would not miss the lost one. */
static void a_lost_block_is_missed_at_once_by_the_next_of_another_audience(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    world_run(&world, 2000);
    spoiled = false;
    world.spoil = lose_block;
    place_say(&world.at[REGION], AUDIENCE_TREE, "R", "for all");
    (void)place_turn(&world.at[REGION]);
    assert_true(spoiled);
    place_say(&world.at[REGION], AUDIENCE_LINE, "C1", "for one");
    world_run(&world, 1000);
    assert_true(place_heard(&world.at[CITY], "R/for all"));
    assert_true(place_heard(&world.at[CITY], "R/for one"));
    assert_string_equal(world.at[CITY].held[0], "R/for all");
    world_end(&world);
}

/* Turns bits in one frame in three. */
static bool spoil_some(struct world *world, struct division from, struct division to,
                       struct buf *frame)
{
    (void)from;
    (void)to;
    for (uint64_t i = world_chance(world) % 9; i > 6; i--) {
        frame->data[world_chance(world) % frame->size] ^= (uint8_t)(1u << world_chance(world) % 8);
    }
    return false;
}

static void turn_hashes(Terrace__Welcome *welcome)
{
    for (size_t i = 0; i < welcome->n_heads; i++) {
        welcome->heads[i]->hash.data[0] ^= 1;
    }
}

static void forget_stamp(Terrace__Welcome *welcome)
{
    welcome->hello_stamp = 1;
}

static void withhold_credit(Terrace__Welcome *welcome)
{
    welcome->credit = 0;
}

static void (*change_welcome)(Terrace__Welcome *welcome);

/* Changes the region's next Welcome. */
static bool spoil_welcome(struct world *world, struct division from, struct division to,
                          struct buf *raw)
{
    struct arena arena;
    Terrace__Frame *frame;
    struct err err;

    (void)to;
    arena_init(&arena, 8 << 20);
    assert_int_equal(frame_decode(&frame, &arena, buf_bytes(raw), &err), OK);
    if (strcmp(from.code, "R") == 0 && frame->welcome != NULL) {
        change_welcome(frame->welcome);
        buf_clear(raw);
        frame_encode(raw, frame);
        world->spoil = NULL;
    }
    arena_free(&arena);
    return false;
}

/* The city's link to the region begins anew. */
static void welcome_again(struct world *world, void (*change)(Terrace__Welcome *welcome))
{
    change_welcome = change;
    world->spoil = spoil_welcome;
    replicator_connection_ended(world->at[CITY].replicator, world->at[REGION].division);
    world_run(world, 3000);
    assert_null(world->spoil);
}

static void a_round_trip_is_no_longer_than_its_session(void **state)
{
    static struct world world;
    struct peer_status status;

    (void)state;
    world_begin(&world);
    world_run(&world, 60000);
    welcome_again(&world, forget_stamp);
    replicator_peer(world.at[CITY].replicator, 0, &status);
    assert_string_equal(status.division.code, "R");
    assert_int_equal(status.state, PEER_LIVE);
    assert_true(status.rtt_ms < 3000);
    world_end(&world);
}

static void credit_that_was_told_wrong_is_told_again(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    world_run(&world, 5000);
    welcome_again(&world, withhold_credit);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    world_run(&world, 10000);
    assert_false(place_heard(&world.at[REGION], "K1/paid"));
    world_run(&world, 90000);
    assert_true(place_heard(&world.at[REGION], "K1/paid"));
    assert_false(place_alarmed(&world.at[CITY], ALARM_SILENT_WITH_BACKLOG));
    world_end(&world);
}

static void a_head_that_was_told_wrong_ends_the_session_and_is_told_again(void **state)
{
    static struct world world;

    (void)state;
    world_begin(&world);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "before");
    world_run(&world, 3000);
    assert_true(place_heard(&world.at[REGION], "K1/before"));
    welcome_again(&world, turn_hashes);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "after");
    world_run(&world, 2000);
    assert_false(place_heard(&world.at[REGION], "K1/after"));
    assert_true(place_alarmed(&world.at[CITY], ALARM_FALSE_CLAIM)); /* it shows the block held */
    assert_false(place_alarmed_ever(&world.at[CITY], ALARM_FORK));
    world_run(&world, 5000);
    assert_true(place_heard(&world.at[REGION], "K1/after"));
    world_end(&world);
}

/* Both ways through a city whose frames are spoiled, and then no longer are. */
static void check_noise(uint64_t seed)
{
    static struct world world;
    const struct place *region = &world.at[REGION], *county = &world.at[COUNTY];
    char text[16];

    world_begin(&world);
    world.hand.random += seed;
    for (int i = 0; i < 40; i++) {
        world.spoil = i < 35 ? spoil_some : NULL;
        (void)snprintf(text, sizeof text, "p%d", i);
        place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", text);
        place_say(&world.at[REGION], AUDIENCE_LINE, "K1", text);
        world_run(&world, 3000);
    }
    for (int i = 0; i < NOISE_FORGOTTEN_MS && (region->held_count < 40 || county->held_count < 40);
         i += 10000) {
        world_run(&world, 10000);
    }
    if (region->held_count != 40 || county->held_count != 40) {
        fail_msg("seed %" PRIu64 ": region %zu, county %zu", seed, region->held_count,
                 county->held_count);
    }
    for (int i = 0; i < 40; i++) {
        (void)snprintf(text, sizeof text, "K1/p%d", i);
        assert_string_equal(world.at[REGION].held[i], text);
        assert_string_equal(strchr(world.at[COUNTY].held[i], '/'), text + 2);
    }
    world_end(&world);
}

static void whatever_bits_are_turned_nothing_false_is_held(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < NOISE_SEEDS; seed++) {
        check_noise(seed);
    }
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
        cmocka_unit_test(a_bit_changed_on_the_way_is_refused_and_alarmed),
        cmocka_unit_test(pause_stops_and_resume_goes_on),
        cmocka_unit_test(the_root_confirms_and_holders_cosign),
        cmocka_unit_test(a_long_log_is_caught_up_within_credit),
        cmocka_unit_test(an_answer_that_takes_longer_than_the_patience_still_counts),
        cmocka_unit_test(an_idle_link_costs_little_and_a_descendant_less),
        cmocka_unit_test(a_clock_that_is_set_within_a_session_is_noticed),
        cmocka_unit_test(an_idle_tree_asks_for_few_turns),
        cmocka_unit_test(silence_with_a_backlog_is_alarmed_until_the_root_confirms),
        cmocka_unit_test(what_was_confirmed_stays_so_over_a_restart),
        cmocka_unit_test(a_lost_frame_of_one_log_comes_again_while_another_moves),
        cmocka_unit_test(a_county_granted_while_the_region_is_away_is_known_there_later),
        cmocka_unit_test(a_node_that_starts_alone_still_knows_what_is_behind),
        cmocka_unit_test(whatever_frames_are_lost_everything_arrives_once_and_in_order),
        cmocka_unit_test(a_lost_block_is_missed_at_once_by_the_next_of_another_audience),
        cmocka_unit_test(a_round_trip_is_no_longer_than_its_session),
        cmocka_unit_test(credit_that_was_told_wrong_is_told_again),
        cmocka_unit_test(a_head_that_was_told_wrong_ends_the_session_and_is_told_again),
        cmocka_unit_test(whatever_bits_are_turned_nothing_false_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
