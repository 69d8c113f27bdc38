/* test_child - a real city and a puppet for its region: what a child takes from above, how it
 * greets, and what it sends first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"

enum { CREDIT = 64 << 20 };

static struct puppet puppet;
static struct written region_log; /* as the puppet writes it */

static int set_up(void **state)
{
    (void)state;
    memset(&region_log, 0, sizeof region_log);
    puppet_begin(&puppet);
    puppet_play(&puppet, CITY, REGION);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

static uint64_t held(const char *author)
{
    struct log_head head;

    (void)replicator_head(puppet.real->replicator, division_of(author), false, &head);
    return head.lsn;
}

static struct peer_status peer_of(struct division division)
{
    struct peer_status status;

    for (size_t i = 0; i < replicator_peers(puppet.real->replicator); i++) {
        replicator_peer(puppet.real->replicator, i, &status);
        if (division_equal(status.division, division)) {
            return status;
        }
    }
    fail();
    return status;
}

static void drain(void)
{
    while (puppet_next(&puppet) != NULL) {
    }
}

/* --- what a child takes --- */

static void blocks_from_above_are_chained_and_addressed(void **state)
{
    enum change { NOTHING, AUD_PREV, AUD_SEQ, NOT_FOR_US, NOT_ABOVE, OUR_OWN, CHANGES };
    static const struct {
        const char *name;
        bool taken;
        enum status reject; /* OK: none */
    } want[CHANGES] = {
        [NOTHING] = {"as it must be", true, OK},
        [AUD_PREV] = {"after another block of its audience", false, ERR_FORK},
        [AUD_SEQ] = {"after a gap in its audience", false, OK},
        [NOT_FOR_US] = {"for the region alone", false, ERR_REFUSED},
        [NOT_ABOVE] = {"of one below us", false, ERR_REFUSED},
        [OUR_OWN] = {"of ourselves", false, ERR_REFUSED},
    };

    (void)state;
    world_run(&puppet.world, 3000);
    for (int change = 0; change < CHANGES; change++) {
        const struct log_head head = place_head(puppet.real, "R");
        const uint64_t session = puppet_welcome(&puppet, CREDIT);
        /* The first of its audience, and the last: what else the region wrote is not for us. */
        const struct written log = {head.lsn + 10, {{0}}};
        struct draft block = draft_next(&puppet, REGION, &log, "from above");
        struct buf whole = BUF_EMPTY;
        Terrace__Frame *frame;

        drain();
        block.header.audience = (struct audience){AUDIENCE_LINE, division_of("C1")};
        block.header.aud_seq = 1;
        if (change == NOT_FOR_US) {
            block.header.audience.division = division_of("R");
        } else if (change == NOT_ABOVE) {
            block.header.author = division_of("K1");
            block.key = &puppet.world.at[COUNTY].key;
        } else if (change == OUR_OWN) {
            block.header.author = division_of("C1");
            block.key = &puppet.world.at[CITY].key;
        } else if (change != NOTHING) { /* the one before is the second of its audience */
            block.header.aud_seq = change == AUD_SEQ ? 3 : 2;
            memset(&block.header.aud_prev, 9, sizeof block.header.aud_prev);
        }
        (void)draft_finish(&whole, &block);
        puppet_send_block(&puppet, session, buf_bytes(&whole));
        puppet_commit(&puppet, true);
        frame = puppet_await(&puppet, has_reject);
        if ((held("R") == block.header.first_lsn) != want[change].taken ||
            (frame == NULL ? OK : (enum status)frame->reject->reason) != want[change].reject) {
            fail_msg("%s: %s, %s", want[change].name, held("R") > log.lsn ? "taken" : "not taken",
                     frame == NULL ? "no reject" : status_name((enum status)frame->reject->reason));
        }
        buf_free(&whole);
        puppet_wait(&puppet, 30000); /* the session is over */
        drain();
    }
}

/* The parent repeats a block that is held while there is no room: what comes after the next block
 * of the log for us is not waited for as if it were missing. */
static void a_held_block_put_off_does_not_hold_up_the_next_one(void **state)
{
    struct written log = {0, {{0}}};
    struct draft block;
    struct buf first = BUF_EMPTY, next = BUF_EMPTY;
    uint64_t session;

    (void)state;
    world_run(&puppet.world, 3000);
    session = puppet_welcome(&puppet, CREDIT);
    log.lsn = place_head(puppet.real, "R").lsn + 10; /* what lies between is not for us */
    block = draft_next(&puppet, REGION, &log, "held");
    block.header.audience.division = division_of("C1");
    block.header.aud_seq = 1;
    memset(&block.header.aud_prev, 0, sizeof block.header.aud_prev);
    log.hash = draft_finish(&first, &block);
    log.lsn += 10;
    log.seq++;
    block = draft_next(&puppet, REGION, &log, "next");
    block.header.audience.division = division_of("C1");
    (void)draft_finish(&next, &block);

    puppet_send_block(&puppet, session, buf_bytes(&first));
    puppet_commit(&puppet, true);
    replicator_withhold(puppet.real->replicator, true);
    puppet_send_block(&puppet, session, buf_bytes(&first));
    puppet_commit(&puppet, true);
    assert_non_null(puppet_await(&puppet, has_held));
    replicator_withhold(puppet.real->replicator, false);
    puppet_send_block(&puppet, session, buf_bytes(&next));
    assert_int_equal(held("R"), log.lsn + 1);
    buf_free(&first);
    buf_free(&next);
}

/* Where the city says that it has the region's log up to, when it says Hello next. */
static uint64_t told(void)
{
    Terrace__Frame *frame;
    uint64_t lsn = 0;

    do {
        puppet_wait(&puppet, 1000);
        frame = puppet_await(&puppet, has_hello);
    } while (frame == NULL);
    for (size_t i = 0; i < frame->hello->n_heads; i++) {
        if (frame->hello->heads[i]->author.len == 1 &&
            frame->hello->heads[i]->author.data[0] == 'R') {
            lsn = frame->hello->heads[i]->lsn;
        }
    }
    return lsn;
}

/* The next block of the region for everybody on the line to that division. */
static struct buf line_block(struct written *log, const char *to, uint64_t seq, struct hash *chain)
{
    struct draft draft = draft_next(&puppet, REGION, log, to);
    struct buf whole = BUF_EMPTY;

    draft.header.audience = (struct audience){AUDIENCE_LINE, division_of(to)};
    draft.header.aud_seq = seq;
    draft.header.aud_prev = *chain;
    *chain = log->hash = draft_finish(&whole, &draft);
    log->lsn++;
    return whole;
}

static void bring(uint64_t session, const struct buf *block)
{
    puppet_send_block(&puppet, session, buf_bytes(block));
    puppet_commit(&puppet, true);
}

static uint64_t new_session(void)
{
    puppet_wait(&puppet, 30000);
    drain();
    return puppet_welcome(&puppet, CREDIT);
}

/* The region brought a block of one audience and kept back the one of another before it. Once it is
 * honest the log goes on, and whoever is below gets what was missing, too. */
static void a_log_from_above_is_whole_again_after_blocks_were_kept_back(void **state)
{
    struct written log = {0, {{0}}};
    struct hash county = HASH_ZERO, city = HASH_ZERO;
    struct buf kept, brought, next;
    struct block_view block;
    Terrace__Frame *frame;
    uint64_t session, from;
    struct err err;

    (void)state;
    world_run(&puppet.world, 3000);
    from = log.lsn = place_head(puppet.real, "R").lsn + 10; /* what lies between is not for us */
    log.hash = place_head(puppet.real, "R").hash;
    kept = line_block(&log, "K1", 1, &county);
    brought = line_block(&log, "C1", 1, &city);
    next = line_block(&log, "K1", 2, &county);

    session = puppet_welcome(&puppet, CREDIT);
    bring(session, &brought);
    assert_int_equal(held("R"), from + 2);
    bring(session, &next); /* a block may be lost on the way */
    assert_int_equal(held("R"), from + 2);
    puppet_wait(&puppet, 30000);
    drain();
    assert_int_equal(told(), from + 2);
    bring(new_session(), &next); /* twice it is not */
    puppet_wait(&puppet, 30000);
    drain();
    assert_int_equal(told(), 0);

    session = puppet_welcome(&puppet, CREDIT);
    puppet_play(&puppet, CITY, COUNTY);
    puppet_hello_with(&puppet, SESSION, CREDIT, "R", from + 2);
    puppet_commit(&puppet, true);
    drain();
    puppet_play(&puppet, CITY, REGION);
    bring(session, &kept);
    assert_int_equal(held("R"), from + 2);
    puppet_play(&puppet, CITY, COUNTY);
    frame = puppet_await(&puppet, has_blocks);
    assert_non_null(frame);
    assert_int_equal(block_parse(&block, bytes_of_pb(frame->blocks->block[0]), &err), OK);
    assert_int_equal(block.header.first_lsn, from + 1);
    puppet_play(&puppet, CITY, REGION);
    bring(session, &brought);
    bring(session, &next);
    assert_int_equal(held("R"), from + 3);
    frame = puppet_await(&puppet, has_held);
    assert_non_null(frame);
    puppet_wait(&puppet, 60000);
    drain();
    assert_int_equal(told(), from + 3);
    assert_false(place_alarmed_ever(puppet.real, ALARM_FORK));
    assert_false(place_alarmed_ever(puppet.real, ALARM_BAD_BLOCK));
    buf_free(&kept);
    buf_free(&brought);
    buf_free(&next);
}

/* --- how it greets --- */

/* Says Hello to nobody for `ms`; returns how often, and the longest time between two. */
static int handshake_in_vain(uint64_t ms, uint64_t *longest, uint64_t *shortest)
{
    const uint64_t end = puppet.world.hand.now_ms + ms;
    uint64_t last = 0;
    int hellos = 0;

    *longest = 0;
    *shortest = UINT64_MAX;
    while (puppet.world.hand.now_ms < end) {
        puppet_wait(&puppet, 50);
        if (puppet_await(&puppet, has_hello) != NULL) {
            if (last != 0) {
                const uint64_t between = puppet.world.hand.now_ms - last;
                *longest = between > *longest ? between : *longest;
                *shortest = between < *shortest ? between : *shortest;
            }
            last = puppet.world.hand.now_ms;
            hellos++;
        }
    }
    return hellos;
}

static void a_parent_that_is_away_is_greeted_at_random_times(void **state)
{
    uint64_t longest, shortest;
    int hellos;

    (void)state;
    (void)handshake_in_vain(120000, &longest, &shortest); /* the cap is reached */
    hellos = handshake_in_vain(1000000, &longest, &shortest);
    assert_true(longest <= 10100 && longest > 8000);
    assert_true(shortest < 3000); /* anywhere below the cap, above the time an answer takes */
    assert_true(hellos > 120 && hellos < 400);
}

static void a_node_whose_parent_cannot_be_reached_sleeps(void **state)
{
    struct buf frame = BUF_EMPTY;
    struct division to;
    int woken = 0;

    (void)state;
    for (const uint64_t end = puppet.world.hand.now_ms + 600000; puppet.world.hand.now_ms < end;
         woken++) {
        const uint64_t next = replicator_next_tick(puppet.real->replicator);
        puppet.world.hand.now_ms =
            next > puppet.world.hand.now_ms ? next : puppet.world.hand.now_ms + 1;
        puppet_wait(&puppet, 0);
        while (replicator_next_frame(puppet.real->replicator, &to, &frame)) {
            replicator_unsent(puppet.real->replicator, to, buf_bytes(&frame));
        }
    }
    assert_true(woken < 600); /* beats are two hundred of them */
    buf_free(&frame);
}

static void a_frame_that_does_not_leave_is_tried_less_and_less_often(void **state)
{
    struct buf frame = BUF_EMPTY;
    struct division to;
    int tried = 0;

    (void)state;
    (void)puppet_welcome(&puppet, CREDIT);
    drain();
    place_say(puppet.real, AUDIENCE_LINE, "C1", "news");
    puppet_commit(&puppet, true);
    for (const uint64_t end = puppet.world.hand.now_ms + 10000; puppet.world.hand.now_ms < end;) {
        while (replicator_next_frame(puppet.real->replicator, &to, &frame)) {
            replicator_unsent(puppet.real->replicator, to, buf_bytes(&frame));
            tried++;
        }
        puppet.world.hand.now_ms = replicator_next_tick(puppet.real->replicator);
        puppet_wait(&puppet, 0);
    }
    assert_true(tried > 5 && tried < 40);
    buf_free(&frame);
}

static void a_step_of_the_wall_clock_is_no_round_trip(void **state)
{
    static const int64_t steps_ms[] = {0, 300000, -300000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(steps_ms); i++) {
        Terrace__Frame frame = TERRACE__FRAME__INIT, *asked;
        Terrace__Welcome welcome = TERRACE__WELCOME__INIT;

        do {
            puppet_wait(&puppet, 1000);
            asked = puppet_await(&puppet, has_hello);
        } while (asked == NULL);
        frame.has_session = 1;
        frame.session = asked->session;
        frame.welcome = &welcome;
        welcome.has_version = welcome.has_unix_ms = welcome.has_hello_stamp = 1;
        welcome.version = PROTOCOL_VERSION_MAX;
        welcome.hello_stamp = asked->hello->stamp;
        puppet.world.hand.wall_step_ms += (uint64_t)steps_ms[i];
        puppet.world.hand.now_ms += 70;
        welcome.unix_ms = puppet.world.hand.now_ms + puppet.world.hand.wall_step_ms;
        puppet_send(&puppet, &frame);
        assert_int_equal(peer_of(division_of("R")).state, PEER_LIVE);
        assert_int_equal(peer_of(division_of("R")).rtt_ms, 70);
        puppet_wait(&puppet, 30000); /* silent: the session is over */
        drain();
    }
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(blocks_from_above_are_chained_and_addressed),
        STORY(a_held_block_put_off_does_not_hold_up_the_next_one),
        STORY(a_log_from_above_is_whole_again_after_blocks_were_kept_back),
        STORY(a_parent_that_is_away_is_greeted_at_random_times),
        STORY(a_node_whose_parent_cannot_be_reached_sleeps),
        STORY(a_frame_that_does_not_leave_is_tried_less_and_less_often),
        STORY(a_step_of_the_wall_clock_is_no_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
