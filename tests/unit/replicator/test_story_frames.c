/* Frames that are lost, altered or tell something wrong. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/frame.h"
#include "replicator/log/aside.h"
#include "tests/harness/commit.h"
#include "world.h"

enum { NOISE_SEEDS = 60, NOISE_FORGOTTEN_MS = 300000 };
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

/* --- what lies ready as a session begins --- */

static uint64_t welcomed_session; /* of the region with the city */
static size_t put_asides;

/* Until it has the Welcome, the child listens to nothing else. */
static bool watch_region(struct world *world, struct division from, struct division to,
                         struct buf *raw)
{
    struct arena arena;
    Terrace__Frame *frame;
    struct err err;

    (void)world;
    if (strcmp(from.code, "R") == 0 && strcmp(to.code, "C1") == 0) {
        arena_init(&arena, 8 << 20);
        assert_int_equal(frame_decode(&frame, &arena, buf_bytes(raw), &err), OK);
        if (frame->welcome != NULL) {
            welcomed_session = frame->session;
        }
        if (frame->has_put_aside) {
            assert_int_equal(frame->session, welcomed_session);
            put_asides++;
        }
        arena_free(&arena);
    }
    return false;
}

/* As if a recovery of the county had cut off its last block there. */
static void put_aside(struct place *place, const char *author)
{
    struct txn *txn = txn_open(&place->store, NULL);
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    struct division division;
    struct err err;

    assert_true(division_parse(&division, bytes_text(author)));
    assert_int_equal(log_read_block(&place->store, NULL, division, place_head(place, author).lsn,
                                    &whole, &block, &err),
                     OK);
    aside_put(txn, 2, &block);
    commit_txn(&place->store, place->fence, txn);
    txn_free(txn);
    buf_free(&whole);
}

static void what_was_put_aside_goes_down_behind_the_welcome(void **state)
{
    static struct world world;
    struct place *region = &world.at[REGION];

    (void)state;
    world_begin(&world);
    world_run(&world, 2000);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "put aside");
    world_run(&world, 2000);
    put_aside(region, "K1");
    place_close(region);
    welcomed_session = put_asides = 0;
    world.spoil = watch_region;
    place_open(region);
    world_run(&world, 60000);
    assert_true(put_asides > 0);
    world_end(&world);
}

static void whatever_bits_are_turned_nothing_false_is_held(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < NOISE_SEEDS; seed++) {
        check_noise(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bit_changed_on_the_way_is_refused_and_alarmed),
        cmocka_unit_test(a_lost_frame_of_one_log_comes_again_while_another_moves),
        cmocka_unit_test(whatever_frames_are_lost_everything_arrives_once_and_in_order),
        cmocka_unit_test(a_lost_block_is_missed_at_once_by_the_next_of_another_audience),
        cmocka_unit_test(a_round_trip_is_no_longer_than_its_session),
        cmocka_unit_test(credit_that_was_told_wrong_is_told_again),
        cmocka_unit_test(a_head_that_was_told_wrong_ends_the_session_and_is_told_again),
        cmocka_unit_test(what_was_put_aside_goes_down_behind_the_welcome),
        cmocka_unit_test(whatever_bits_are_turned_nothing_false_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
