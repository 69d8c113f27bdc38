/* test_send - what leaves, when, and in which order: a real region, and a puppet for its city. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"

static struct puppet puppet;

static int set_up(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

/* A block of about `bytes` of noise. */
static void say_noise(enum audience_kind kind, const char *to, size_t bytes)
{
    const struct audience audience = {kind, division_of(to)};
    uint8_t *noise = mem_zalloc(bytes + 8);

    for (size_t i = 0; i < bytes; i += 8) {
        store_u64(noise + i, world_chance(&puppet.world));
    }
    (void)replicator_append(puppet.real->replicator, puppet.real->txn, &audience, KIND_USER_FIRST,
                            1, bytes_of(noise, bytes));
    puppet_commit(&puppet, true);
    mem_free(noise);
}

static void greet(uint64_t credit)
{
    puppet_hello(&puppet, SESSION, credit);
    puppet_commit(&puppet, true);
    assert_non_null(puppet_await(&puppet, has_welcome));
}

struct flood {
    size_t blocks, bytes, frames;
    uint64_t last_lsn;
};

/* Everything that leaves now. */
static struct flood drain(void)
{
    struct flood flood = {0};
    Terrace__Frame *frame;

    while ((frame = puppet_next(&puppet)) != NULL) {
        for (size_t i = 0; frame->blocks != NULL && i < frame->blocks->n_block; i++) {
            struct block_view block;
            struct err err;
            assert_int_equal(block_parse(&block, bytes_of_pb(frame->blocks->block[i]), &err), OK);
            assert_true(block.header.first_lsn > flood.last_lsn);
            flood.last_lsn = block_last_lsn(&block.header);
            flood.blocks++;
            flood.bytes += block.whole.size;
        }
        flood.frames += frame->blocks != NULL;
    }
    return flood;
}

static void no_more_than_the_credit_leaves(void **state)
{
    static const struct {
        const char *name;
        uint64_t credit;
        size_t blocks_max;
    } cases[] = {
        {"no credit at all", 0, 0},
        {"less than a block: one may go past it", 100, 1},
        {"room for two and a half", 26000, 2},
    };

    (void)state;
    for (int i = 0; i < 10; i++) {
        say_noise(AUDIENCE_TREE, "R", 10000);
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct flood flood;
        puppet_hello(&puppet, SESSION + i, cases[i].credit);
        puppet_commit(&puppet, true);
        flood = drain();
        /* Its first two blocks are the grants, small enough for any of these. */
        if (flood.bytes > cases[i].credit && flood.blocks > 1) {
            fail_msg("%s: %d blocks of %d bytes", cases[i].name, (int)flood.blocks,
                     (int)flood.bytes);
        }
        if (cases[i].credit == 0) {
            assert_int_equal(flood.blocks, 0);
        }
    }
}

static void a_block_larger_than_the_credit_goes_alone(void **state)
{
    struct flood flood;

    (void)state;
    greet(100000);
    flood = drain(); /* the grants */
    puppet_ack(&puppet, SESSION, "R", flood.last_lsn, 100000 + flood.bytes);
    for (int i = 0; i < 4; i++) {
        const struct audience audience = {AUDIENCE_TREE, division_of("R")};
        uint8_t noise[60000];
        for (size_t k = 0; k < sizeof noise; k += 8) {
            store_u64(noise + k, world_chance(&puppet.world));
        }
        (void)replicator_append(puppet.real->replicator, puppet.real->txn, &audience,
                                KIND_USER_FIRST, 1, bytes_of(noise, sizeof noise));
    }
    puppet_commit(&puppet, true); /* one block of 240 kB */
    say_noise(AUDIENCE_TREE, "R", 100);
    flood = drain();
    assert_int_equal(flood.blocks, 1);
    assert_true(flood.bytes > 200000);
}

static void the_window_opens_with_the_acks(void **state)
{
    struct flood first, second;
    uint64_t credit = 64 << 20, taken;

    (void)state;
    for (int i = 0; i < 200; i++) {
        say_noise(AUDIENCE_TREE, "R", 10000);
    }
    greet(credit);
    first = drain();
    assert_true(first.bytes > 0 && first.bytes <= 64 << 10); /* whatever the credit says */
    taken = first.bytes;
    puppet.world.hand.now_ms += 10;
    puppet_ack(&puppet, SESSION, "R", first.last_lsn, credit + taken);
    second = drain();
    assert_true(second.bytes > first.bytes);
    for (int i = 0; i < 10 && second.last_lsn < place_head(puppet.real, "R").lsn; i++) {
        taken += second.bytes;
        puppet.world.hand.now_ms += 10;
        puppet_ack(&puppet, SESSION, "R", second.last_lsn, credit + taken);
        second = drain();
    }
    assert_int_equal(second.last_lsn, place_head(puppet.real, "R").lsn);
}

static void nothing_leaves_before_it_is_durable(void **state)
{
    struct flood flood;

    (void)state;
    greet(1 << 20);
    flood = drain();
    puppet_ack(&puppet, SESSION, "R", flood.last_lsn, 2 << 20);
    place_say(puppet.real, AUDIENCE_TREE, "R", "news");
    puppet_commit(&puppet, false);
    assert_int_equal(drain().blocks, 0);
    replicator_durable(puppet.real->replicator);
    assert_int_equal(drain().blocks, 1);
}

static void what_is_not_addressed_to_a_child_is_passed_over_in_bounded_looks(void **state)
{
    struct flood flood;
    int looks = 0;

    (void)state;
    greet(64 << 20);
    flood = drain();
    puppet_ack(&puppet, SESSION, "R", flood.last_lsn, 65 << 20);
    /* Ends the session, so that nothing is passed over as it comes. */
    puppet.world.hand.now_ms += 60000;
    replicator_tick(puppet.real->replicator, puppet.real->txn);
    place_say(puppet.real, AUDIENCE_TREE, "R", "the one it lacks");
    puppet_commit(&puppet, true);
    for (int i = 0; i < 3000; i++) {
        place_say(puppet.real, AUDIENCE_LINE, "C2", "not for the city");
        puppet_commit(&puppet, true);
    }
    place_say(puppet.real, AUDIENCE_TREE, "R", "and the last");
    puppet_commit(&puppet, true);
    puppet.world.hand.now_ms += 60000; /* nothing of it is kept in memory any more */
    replicator_tick(puppet.real->replicator, puppet.real->txn);
    greet(64 << 20);
    for (flood = drain(); flood.last_lsn < place_head(puppet.real, "R").lsn; looks++) {
        struct flood more;
        assert_true(looks < 20);
        assert_true(replicator_next_tick(puppet.real->replicator) <= puppet.world.hand.now_ms);
        puppet_commit(&puppet, true);
        more = drain();
        flood.last_lsn = more.last_lsn > flood.last_lsn ? more.last_lsn : flood.last_lsn;
    }
    assert_true(looks >= 2);
}

static void a_child_that_lacks_nothing_costs_no_look_at_the_log(void **state)
{
    struct peer_status status;
    struct flood flood;

    (void)state;
    greet(64 << 20);
    flood = drain();
    puppet_ack(&puppet, SESSION, "R", flood.last_lsn, 65 << 20);
    for (int i = 0; i < 300; i++) {
        place_say(puppet.real, AUDIENCE_LINE, "C2", "not for the city");
        puppet_commit(&puppet, true);
    }
    assert_int_equal(drain().blocks, 0);
    replicator_peer(puppet.real->replicator, 0, &status);
    assert_int_equal(status.behind_entries, 0);
    assert_true(replicator_next_tick(puppet.real->replicator) > puppet.world.hand.now_ms);
}

static void what_was_turned_down_comes_again_after_a_while(void **state)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Ack ack = TERRACE__ACK__INIT;
    Terrace__Position position = TERRACE__POSITION__INIT, *list = &position;
    struct flood flood;

    (void)state;
    greet(1 << 20);
    flood = drain();
    assert_true(flood.blocks > 0);
    position.has_author = position.has_lsn = 1;
    position.author = pb_of_bytes("R", 1);
    ack.n_not_yet = 1;
    ack.not_yet = &list;
    ack.has_credit = 1;
    ack.credit = (1 << 20) + flood.bytes;
    frame.has_session = 1;
    frame.session = SESSION;
    frame.ack = &ack;
    puppet_send(&puppet, &frame);
    assert_int_equal(drain().blocks, 0);
    assert_true(replicator_next_tick(puppet.real->replicator) <= puppet.world.hand.now_ms + 500);
    puppet.world.hand.now_ms += 500;
    assert_int_equal(drain().blocks, flood.blocks);
}

static void data_that_nobody_acknowledges_ends_the_session(void **state)
{
    Terrace__Frame *frame;

    (void)state;
    greet(1 << 20);
    assert_true(drain().blocks > 0);
    puppet.world.hand.now_ms += 3100;
    assert_true(replicator_next_tick(puppet.real->replicator) <= puppet.world.hand.now_ms);
    replicator_tick(puppet.real->replicator, puppet.real->txn);
    puppet_commit(&puppet, true);
    frame = puppet_await(&puppet, has_restart);
    assert_non_null(frame);
    assert_int_equal(frame->session, SESSION);
}

/* Its own log and the one from above go to the county; only one of them is acknowledged. */
static void a_log_that_is_not_acknowledged_is_not_forgotten_while_others_move(void **state)
{
    uint64_t credit = 1 << 20;
    Terrace__Frame *frame;
    int turns = 0;

    (void)state;
    world_run(&puppet.world, 3000);
    puppet_play(&puppet, CITY, COUNTY);
    greet(credit);
    frame = NULL;
    for (; frame == NULL && turns < 100; turns++) {
        place_say(puppet.real, AUDIENCE_TREE, "C1", "news");
        puppet_wait(&puppet, 100);
        while ((frame = puppet_next(&puppet)) != NULL && !frame->has_restart) {
        }
        credit += 1000;
        puppet_ack(&puppet, SESSION, "C1", place_head(puppet.real, "C1").lsn, credit);
    }
    assert_non_null(frame);
    assert_true(turns > 25 && turns < 40); /* three seconds */
}

static void credit_alone_is_no_progress(void **state)
{
    uint64_t lsn;

    (void)state;
    greet(0);
    for (uint64_t i = 1; i <= 12; i++) {
        assert_false(place_alarmed(puppet.real, ALARM_SILENT_WITH_BACKLOG));
        puppet_ack(&puppet, SESSION, "R", 0, i == 6 ? 1 : 0); /* heard, and nothing confirmed */
        puppet_wait(&puppet, 2500);
    }
    puppet_ack(&puppet, SESSION, "R", 0, 0);
    puppet_wait(&puppet, 2500);
    assert_true(place_alarmed(puppet.real, ALARM_SILENT_WITH_BACKLOG));
    lsn = place_head(puppet.real, "R").lsn;
    puppet_hello(&puppet, SESSION + 1, 1 << 20);
    puppet_commit(&puppet, true);
    (void)drain();
    assert_true(place_alarmed(puppet.real, ALARM_SILENT_WITH_BACKLOG));
    puppet_ack(&puppet, SESSION + 1, "R", lsn, 2 << 20);
    assert_false(place_alarmed(puppet.real, ALARM_SILENT_WITH_BACKLOG));
}

static void sessions_that_begin_again_and_again_confirm_nothing(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 32; i++) {
        puppet_hello(&puppet, SESSION + i, 0);
        puppet_wait(&puppet, 1000);
    }
    assert_true(place_alarmed(puppet.real, ALARM_SILENT_WITH_BACKLOG));
}

static void what_the_hello_does_not_name_is_sent_from_the_start(void **state)
{
    struct flood first, again;

    (void)state;
    greet(1 << 20);
    first = drain();
    puppet_ack(&puppet, SESSION, "R", first.last_lsn, 2 << 20);
    assert_int_equal(drain().blocks, 0);
    puppet_hello(&puppet, SESSION + 1, 1 << 20); /* it holds nothing any more */
    puppet_commit(&puppet, true);
    again = drain();
    assert_int_equal(again.blocks, first.blocks);
    assert_int_equal(again.last_lsn, first.last_lsn);
}

static void neighbours_take_turns(void **state)
{
    struct division to, before = DIVISION_NONE;
    int frames = 0, changes = 0;

    (void)state;
    puppet.real->limits.frame_bytes_max = 16 << 10;
    place_close(puppet.real);
    place_open(puppet.real);
    greet(64 << 20);
    puppet_play(&puppet, REGION, SIBLING);
    greet(64 << 20);
    (void)drain();
    puppet_hello(&puppet, SESSION + 1, 64 << 20);
    puppet_play(&puppet, REGION, CITY);
    puppet_hello(&puppet, SESSION + 1, 64 << 20);
    for (int i = 0; i < 20; i++) {
        say_noise(AUDIENCE_TREE, "R", 5000);
    }
    while (replicator_next_frame(puppet.real->replicator, &to, &puppet.frame)) {
        changes += frames++ > 0 && !division_equal(to, before);
        before = to;
    }
    assert_true(frames >= 10);
    assert_true(changes >= frames - 3);
}

static void what_is_far_behind_goes_after_what_is_new(void **state)
{
    Terrace__Frame *frame;
    struct block_view block;
    struct err err;

    (void)state;
    world_run(&puppet.world, 3000);
    puppet_play(&puppet, CITY, REGION);
    puppet.real = &puppet.world.at[CITY];
    for (int i = 0; i < 120; i++) { /* the city is far behind, and its county said a word */
        say_noise(AUDIENCE_LINE, "C1", 60000);
    }
    place_say(&puppet.world.at[COUNTY], AUDIENCE_LINE, "K1", "fresh");
    puppet.world.at[REGION].cut = true;
    world_run(&puppet.world, 500);
    (void)puppet_welcome(&puppet, 64 << 20);
    frame = puppet_await(&puppet, has_blocks);
    assert_non_null(frame);
    assert_int_equal(block_parse(&block, bytes_of_pb(frame->blocks->block[0]), &err), OK);
    assert_string_equal(block.header.author.code, "K1");
}

static void acks_beyond_what_is_held_change_nothing(void **state)
{
    struct flood flood;

    (void)state;
    greet(1 << 20);
    flood = drain();
    puppet_ack(&puppet, SESSION, "R", flood.last_lsn + 1000, 2 << 20);
    place_say(puppet.real, AUDIENCE_TREE, "R", "news");
    puppet_commit(&puppet, true);
    puppet_ack(&puppet, SESSION, "R", flood.last_lsn, 3 << 20);
    assert_int_equal(drain().blocks, 1);
}

static void a_frame_the_transport_did_not_take_is_offered_again_first(void **state)
{
    struct division to;
    struct buf first = BUF_EMPTY, again = BUF_EMPTY;

    (void)state;
    puppet_hello(&puppet, SESSION, 1 << 20);
    puppet_commit(&puppet, true);
    assert_true(replicator_next_frame(puppet.real->replicator, &to, &first));
    replicator_unsent(puppet.real->replicator, to, buf_bytes(&first));
    assert_false(
        replicator_next_frame(puppet.real->replicator, &to, &again)); /* not in this turn */
    assert_true(replicator_next_tick(puppet.real->replicator) > puppet.world.hand.now_ms);
    puppet_commit(&puppet, true);
    assert_true(replicator_next_frame(puppet.real->replicator, &to, &again));
    assert_true(bytes_equal(buf_bytes(&first), buf_bytes(&again)));
    buf_free(&first);
    buf_free(&again);
}

static void an_ack_does_not_wait_behind_blocks(void **state)
{
    const struct written nothing = {0};
    struct draft foreign;
    struct buf whole = BUF_EMPTY;
    Terrace__Frame *frame;

    (void)state;
    for (int i = 0; i < 20; i++) {
        say_noise(AUDIENCE_TREE, "R", 10000);
    }
    greet(64 << 20);
    foreign = draft_next(&puppet, SIBLING, &nothing, "not to be brought by the city");
    (void)draft_finish(&whole, &foreign);
    puppet_send_block(&puppet, SESSION, buf_bytes(&whole));
    puppet_commit(&puppet, true);
    buf_free(&whole);
    frame = puppet_next(&puppet);
    assert_non_null(frame);
    assert_non_null(frame->ack);
    assert_non_null(frame->reject);
    assert_null(frame->blocks);
    assert_non_null(puppet_await(&puppet, has_blocks));
}

static void an_idle_link_speaks_now_and_then_and_is_down_when_it_hears_nothing(void **state)
{
    struct peer_status status;
    int spoken = 0;

    (void)state;
    greet(1 << 20);
    puppet_ack(&puppet, SESSION, "R", drain().last_lsn, 2 << 20);
    for (int i = 0; i < 18; i++) {
        puppet.world.hand.now_ms += 1000;
        if (replicator_next_tick(puppet.real->replicator) <= puppet.world.hand.now_ms) {
            replicator_tick(puppet.real->replicator, puppet.real->txn);
        }
        puppet_commit(&puppet, true);
        while (puppet_next(&puppet) != NULL) {
            spoken++;
        }
    }
    assert_true(spoken >= 1 && spoken <= 2); /* within half of that, once */
    puppet.world.hand.now_ms += 3000;
    replicator_tick(puppet.real->replicator, puppet.real->txn);
    replicator_peer(puppet.real->replicator, 0, &status);
    assert_int_equal(status.state, PEER_DOWN);
    assert_string_equal(status.reason, "peer_silent");
}

static void a_clock_that_is_wrong_is_alarmed_and_changes_nothing(void **state)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Hello hello = TERRACE__HELLO__INIT;
    struct peer_status status;

    (void)state;
    hello.version_min = PROTOCOL_VERSION_MIN;
    hello.version_max = PROTOCOL_VERSION_MAX;
    hello.has_version_min = hello.has_version_max = hello.has_unix_ms = 1;
    hello.unix_ms = puppet.world.hand.now_ms + 3600 * 1000;
    frame.has_session = 1;
    frame.session = SESSION;
    frame.hello = &hello;
    puppet_send(&puppet, &frame);
    assert_true(place_alarmed(puppet.real, ALARM_CLOCK_SKEW));
    replicator_peer(puppet.real->replicator, 0, &status);
    assert_int_equal(status.clock_skew_ms, 3600 * 1000);
    assert_int_equal(status.state, PEER_LIVE);
    greet(1 << 20);
    assert_true(place_alarmed(puppet.real, ALARM_CLOCK_SKEW)); /* the same session: not measured */
    puppet_hello(&puppet, SESSION + 1, 1 << 20);
    assert_false(place_alarmed(puppet.real, ALARM_CLOCK_SKEW));
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(no_more_than_the_credit_leaves),
        STORY(a_block_larger_than_the_credit_goes_alone),
        STORY(the_window_opens_with_the_acks),
        STORY(nothing_leaves_before_it_is_durable),
        STORY(what_is_not_addressed_to_a_child_is_passed_over_in_bounded_looks),
        STORY(a_child_that_lacks_nothing_costs_no_look_at_the_log),
        STORY(what_was_turned_down_comes_again_after_a_while),
        STORY(data_that_nobody_acknowledges_ends_the_session),
        STORY(a_log_that_is_not_acknowledged_is_not_forgotten_while_others_move),
        STORY(credit_alone_is_no_progress),
        STORY(sessions_that_begin_again_and_again_confirm_nothing),
        STORY(what_the_hello_does_not_name_is_sent_from_the_start),
        STORY(neighbours_take_turns),
        STORY(what_is_far_behind_goes_after_what_is_new),
        STORY(acks_beyond_what_is_held_change_nothing),
        STORY(a_frame_the_transport_did_not_take_is_offered_again_first),
        STORY(an_ack_does_not_wait_behind_blocks),
        STORY(an_idle_link_speaks_now_and_then_and_is_down_when_it_hears_nothing),
        STORY(a_clock_that_is_wrong_is_alarmed_and_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
