/* test_health - how a division is, on its beats: every node above hears it, and nobody on the way
 * can say another's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/frame.h"
#include "replicator/session/keep_alive.h"
#include "world.h"

enum { BEAT_MS = 5000 }; /* of the world */

static struct world world;
static bool forge; /* the city says something else in its county's name */

static bool change_health(struct world *in, struct division from, struct division to,
                          struct buf *raw)
{
    static const char said[] = "all is well";
    struct arena arena;
    Terrace__Frame *frame;
    struct err err;

    (void)in;
    if (!forge || strcmp(from.code, "C1") != 0 || strcmp(to.code, "R") != 0) {
        return false;
    }
    arena_init(&arena, 8 << 20);
    assert_int_equal(frame_decode(&frame, &arena, buf_bytes(raw), &err), OK);
    for (size_t i = 0; i < frame->n_beat; i++) {
        if (bytes_equal(bytes_of_pb(frame->beat[i]->division), bytes_text("K1"))) {
            frame->beat[i]->has_health = 1;
            frame->beat[i]->health = pb_of_bytes(said, sizeof said - 1);
        }
    }
    buf_clear(raw);
    frame_encode(raw, frame);
    arena_free(&arena);
    return false;
}

static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    forge = false;
    world.spoil = change_health;
    world.at[COUNTY].health = "disk full";
    world.at[CITY].health = "well";
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&world);
    return 0;
}

static void everybody_above_hears_how_a_division_is(void **state)
{
    const struct told *told;

    (void)state;
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    world_run(&world, 3 * BEAT_MS);
    for (int i = REGION; i <= CITY; i++) {
        told = place_told(&world.at[i], "K1");
        assert_non_null(told);
        assert_string_equal(told->health, "disk full");
        assert_int_equal(told->lsn, place_head(&world.at[COUNTY], "K1").lsn);
    }
    assert_string_equal(place_told(&world.at[REGION], "C1")->health, "well");
    assert_null(place_told(&world.at[COUNTY], "C1")); /* it goes up alone */
    assert_null(place_told(&world.at[SIBLING], "K1"));
}

static void a_city_cannot_say_how_its_county_is(void **state)
{
    uint64_t refused;
    struct peer_status city;

    (void)state;
    world_run(&world, 3 * BEAT_MS);
    assert_string_equal(place_told(&world.at[REGION], "K1")->health, "disk full");
    replicator_peer(world.at[REGION].replicator, 0, &city);
    refused = city.frames_refused;
    forge = true;
    world_run(&world, 4 * BEAT_MS);
    assert_string_equal(place_told(&world.at[REGION], "K1")->health, "disk full");
    replicator_peer(world.at[REGION].replicator, 0, &city);
    assert_true(city.frames_refused > refused);
}

/* What changed is said within a second or two, and who passes it on does not wait either. */
static void news_goes_up_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < world.count; i++) {
        world.at[i].limits = (struct replicator_limits){.beat_ms = 25000, .silence_ms = 55000};
        place_close(&world.at[i]);
        place_open(&world.at[i]);
    }
    world_run(&world, 60000);
    assert_string_equal(place_told(&world.at[REGION], "K1")->health, "disk full");
    world.at[COUNTY].health = "disk free";
    world.at[CITY].news = true;
    replicator_beat_soon(world.at[COUNTY].replicator);
    world_run(&world, 2000);
    assert_string_equal(place_told(&world.at[REGION], "K1")->health, "disk free");
}

static void a_node_that_opens_no_session_is_heard_all_the_same(void **state)
{
    const struct told *told;
    struct peer_status county;
    struct division to;
    struct buf frame = BUF_EMPTY;

    (void)state;
    world_run(&world, 3 * BEAT_MS);
    world.at[COUNTY].health = "damaged";
    place_close(&world.at[COUNTY]);
    place_open(&world.at[COUNTY]);
    for (int i = 0; i < 8; i++) {
        if (replicator_lone_beat(world.at[COUNTY].replicator, &to, &frame)) {
            assert_string_equal(to.code, "C1");
            frame_queue_put(
                &world.at[CITY].inbox,
                queued_frame_new(world.at[COUNTY].division, world.hand.now_ms, buf_bytes(&frame)));
        }
        for (int k = REGION; k <= CITY; k++) {
            (void)place_turn(&world.at[k]);
        }
        world.hand.now_ms += BEAT_MS;
    }
    told = place_told(&world.at[REGION], "K1");
    assert_string_equal(told->health, "damaged");
    replicator_peer(world.at[CITY].replicator, 1, &county);
    assert_string_equal(county.division.code, "K1");
    assert_int_equal(county.state, PEER_DOWN);
    assert_int_equal(county.frames_refused, 0);
    frame_queue_clear(&world.at[COUNTY].inbox); /* nothing but what was sent in the old session */
    buf_free(&frame);
}

/* What came to the city, as a node takes it whose store is damaged. */
static void answer_alone(struct place *city)
{
    struct queued_frame *got;
    struct buf frame = BUF_EMPTY;

    while ((got = frame_queue_take(&city->inbox, world.hand.now_ms)) != NULL) {
        if (replicator_lone_answer(city->replicator, got->from, buf_bytes(&got->bytes), &frame)) {
            assert_string_equal(got->from.code, "K1");
            frame_queue_put(&world.at[COUNTY].inbox,
                            queued_frame_new(city->division, world.hand.now_ms, buf_bytes(&frame)));
        }
        queued_frame_free(got);
    }
    buf_free(&frame);
}

static struct peer_status parent_of_county(void)
{
    struct peer_status peer;

    for (size_t i = 0; i < replicator_peers(world.at[COUNTY].replicator); i++) {
        replicator_peer(world.at[COUNTY].replicator, i, &peer);
        if (peer.is_parent) {
            break;
        }
    }
    return peer;
}

static void a_child_hears_that_its_parent_opens_no_session_as_it_is_damaged(void **state)
{
    struct peer_status city;

    (void)state;
    world_run(&world, 3 * BEAT_MS);
    assert_false(parent_of_county().is_damaged);
    place_close(&world.at[CITY]);
    place_open(&world.at[CITY]);
    place_close(&world.at[COUNTY]);
    place_open(&world.at[COUNTY]);
    for (int i = 0; i < 200; i++) {
        answer_alone(&world.at[CITY]);
        (void)place_turn(&world.at[COUNTY]);
        world.hand.now_ms += 50;
    }
    city = parent_of_county();
    assert_true(city.is_damaged);
    assert_int_not_equal(city.state, PEER_LIVE);
    assert_string_equal(city.reason, "parent_is_damaged");
    assert_int_equal(city.frames_refused, 0);
    world.at[CITY].cut = true; /* what it said is its word of then, and not for ever */
    world_run(&world, 120000);
    assert_false(parent_of_county().is_damaged);
    assert_int_not_equal(parent_of_county().state, PEER_LIVE);
    world.at[CITY].cut = false;
    world_run(&world, 60000); /* it is whole again */
    city = parent_of_county();
    assert_int_equal(city.state, PEER_LIVE);
    assert_false(city.is_damaged);
    assert_string_equal(city.reason, "");
}

static void a_link_that_is_down_for_long_is_alarmed_at_both_ends_until_it_is_back(void **state)
{
    (void)state;
    world_run(&world, 2 * BEAT_MS);
    world.at[COUNTY].cut = true;
    world_run(&world, 250000);
    assert_false(place_alarmed(&world.at[CITY], ALARM_NEIGHBOUR_DOWN));
    assert_false(place_alarmed(&world.at[COUNTY], ALARM_NEIGHBOUR_DOWN));
    world_run(&world, 90000); /* five minutes after the silence was noticed */
    assert_true(place_alarmed(&world.at[CITY], ALARM_NEIGHBOUR_DOWN));
    assert_true(place_alarmed(&world.at[COUNTY], ALARM_NEIGHBOUR_DOWN));
    assert_false(place_alarmed(&world.at[REGION], ALARM_NEIGHBOUR_DOWN));
    world.at[COUNTY].cut = false;
    world_run(&world, 20000);
    assert_false(place_alarmed(&world.at[CITY], ALARM_NEIGHBOUR_DOWN));
    assert_false(place_alarmed(&world.at[COUNTY], ALARM_NEIGHBOUR_DOWN));
}

static void a_link_that_an_operator_stopped_is_not_missed(void **state)
{
    struct err err;

    (void)state;
    world_run(&world, 2 * BEAT_MS);
    assert_int_equal(replicator_pause(world.at[CITY].replicator, world.at[CITY].txn,
                                      division_of("K1"), true, &err),
                     OK);
    world_run(&world, 400000);
    assert_false(place_alarmed(&world.at[CITY], ALARM_NEIGHBOUR_DOWN));
    assert_true(place_alarmed(&world.at[COUNTY], ALARM_NEIGHBOUR_DOWN)); /* nobody told it */
}

/* Nothing but a child's Hello is answered by a node that opens no session. */
static void a_damaged_node_answers_a_childs_hello_alone(void **state)
{
    enum what { HELLO, NO_SESSION, NO_HELLO, NOISE, FROM_PARENT, FROM_NOBODY, REVOKED, CASES };
    struct place *city = &world.at[CITY];
    struct err err;

    (void)state;
    world_run(&world, 3000);
    place_close(city);
    place_open(city);
    assert_true(replicator_has_children(city->replicator));
    assert_false(replicator_has_children(world.at[SIBLING].replicator));
    assert_false(replicator_has_children(world.at[COUNTY].replicator));
    for (int what = 0; what < CASES; what++) {
        Terrace__Frame frame = TERRACE__FRAME__INIT;
        Terrace__Hello hello = TERRACE__HELLO__INIT;
        struct buf raw = BUF_EMPTY, out = BUF_EMPTY;
        bool answers;

        world.hand.now_ms += 1000;
        if (what == REVOKED) {
            struct revocation said;

            assert_int_equal(replicator_revoke(city->replicator, city->txn, division_of("K1"),
                                               "gone", &said, &err),
                             OK);
        }
        frame.has_session = what != NO_SESSION;
        frame.session = what == NO_SESSION ? 0 : 7;
        frame.hello = what == NO_HELLO ? NULL : &hello;
        frame_encode(&raw, &frame);
        answers =
            replicator_lone_answer(city->replicator,
                                   division_of(what == FROM_PARENT   ? "R"
                                               : what == FROM_NOBODY ? "C2"
                                                                     : "K1"),
                                   what == NOISE ? bytes_text("no frame") : buf_bytes(&raw), &out);
        if (answers != (what == HELLO)) {
            fail_msg("case %d: %s", what, answers ? "answered" : "not answered");
        }
        buf_free(&raw);
        buf_free(&out);
    }
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(everybody_above_hears_how_a_division_is),
        STORY(a_city_cannot_say_how_its_county_is),
        STORY(news_goes_up_at_once),
        STORY(a_node_that_opens_no_session_is_heard_all_the_same),
        STORY(a_damaged_node_answers_a_childs_hello_alone),
        STORY(a_child_hears_that_its_parent_opens_no_session_as_it_is_damaged),
        STORY(a_link_that_is_down_for_long_is_alarmed_at_both_ends_until_it_is_back),
        STORY(a_link_that_an_operator_stopped_is_not_missed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
