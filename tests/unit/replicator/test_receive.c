/* test_receive - one real region, and a puppet in the place of its city: every frame by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/merkle.h"

enum { CREDIT = 64 << 20 };

static struct puppet puppet;
static struct written log_written; /* the city's log */

static void hello(uint64_t session)
{
    puppet_hello(&puppet, session, CREDIT);
}

static void send_block(struct bytes whole)
{
    puppet_send_block(&puppet, SESSION, whole);
}

static void commit(bool durable)
{
    puppet_commit(&puppet, durable);
}

static Terrace__Frame *await(bool (*part)(const Terrace__Frame *frame))
{
    return puppet_await(&puppet, part);
}

static struct draft draft(const char *text)
{
    return draft_next(&puppet, CITY, &log_written, text);
}

static struct hash finish(struct buf *out, struct draft *from)
{
    return draft_finish(out, from);
}

static struct buf write_next(const char *text)
{
    return draft_write(&puppet, CITY, &log_written, text);
}

static uint64_t held(void)
{
    struct log_head head;

    (void)replicator_head(puppet.real->replicator, division_of("C1"), false, &head);
    return head.lsn;
}

static int set_up(void **state)
{
    (void)state;
    memset(&log_written, 0, sizeof log_written);
    puppet_begin(&puppet);
    /* The city granted its county while the world was made: the puppet's log begins anew, so the
     * region must not have seen that block. It has not: no frame left the city yet. */
    assert_int_equal(held(), 0);
    hello(SESSION);
    commit(true);
    assert_non_null(await(has_welcome));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

/* --- stories --- */

static void an_ack_leaves_only_once_the_block_is_on_disk(void **state)
{
    struct buf whole = write_next("one");
    Terrace__Frame *frame;

    (void)state;
    send_block(buf_bytes(&whole));
    commit(false);
    assert_null(await(has_held));
    replicator_durable(puppet.real->replicator);
    frame = await(has_held);
    assert_non_null(frame);
    assert_int_equal(frame->ack->held[0]->lsn, 1);
    assert_int_equal(frame->ack->credit, (8 << 20) + whole.size);
    buf_free(&whole);
}

static void a_block_again_is_acknowledged_again_and_taken_once(void **state)
{
    struct buf whole = write_next("one");

    (void)state;
    send_block(buf_bytes(&whole));
    send_block(buf_bytes(&whole)); /* in the same turn */
    commit(true);
    assert_non_null(await(has_held));
    send_block(buf_bytes(&whole)); /* and after it */
    commit(true);
    assert_non_null(await(has_held));
    assert_int_equal(held(), 1);
    assert_int_equal(puppet.real->held_count, 1);
    assert_int_equal(puppet.real->alarm_count, 0);
    buf_free(&whole);
}

static void a_gap_ends_the_session_and_a_new_one_goes_on(void **state)
{
    struct buf one = write_next("one"), two = write_next("two");
    Terrace__Frame *frame;

    (void)state;
    send_block(buf_bytes(&two));
    commit(true);
    frame = await(has_restart);
    assert_non_null(frame);
    assert_int_equal(frame->session, SESSION);
    send_block(buf_bytes(&one)); /* a leftover of that session changes nothing */
    assert_int_equal(held(), 0);
    hello(SESSION + 1);
    commit(true);
    assert_non_null(await(has_welcome));
    puppet_send_block(&puppet, SESSION, buf_bytes(&one)); /* nor in the next */
    assert_int_equal(held(), 0);
    puppet_send_block(&puppet, SESSION + 1, buf_bytes(&one));
    puppet_send_block(&puppet, SESSION + 1, buf_bytes(&two));
    assert_int_equal(held(), 2);
    buf_free(&one);
    buf_free(&two);
}

static void false_blocks_are_refused_by_name(void **state)
{
    enum change { BIT_IN_BODY, BIT_IN_SIGNATURE, BIT_IN_HEADER, KEY, TREE, AUTHOR, CUT, CHANGES };
    static const enum status want[CHANGES] = {
        [BIT_IN_BODY] = ERR_CORRUPT,
        [BIT_IN_SIGNATURE] = ERR_BAD_SIGNATURE,
        [BIT_IN_HEADER] = ERR_BAD_SIGNATURE,
        [KEY] = ERR_BAD_SIGNATURE,
        [TREE] = ERR_BAD_SIGNATURE,
        [AUTHOR] = ERR_REFUSED,
        [CUT] = ERR_CORRUPT,
    };
    struct buf whole = BUF_EMPTY;

    (void)state;
    for (int change = 0; change < CHANGES; change++) {
        struct draft bad = draft("a text that is long enough to be cut");
        Terrace__Frame *frame;
        struct block_view view;
        struct err err;

        bad.key = change == KEY ? &puppet.world.at[SIBLING].key : bad.key;
        bad.tree.at[0] ^= change == TREE;
        if (change == AUTHOR) {
            bad.header.author = division_of("C2");
            bad.key = &puppet.world.at[SIBLING].key;
        }
        (void)finish(&whole, &bad);
        whole.data[whole.size - 1] ^= change == BIT_IN_BODY;
        assert_int_equal(block_parse(&view, buf_bytes(&whole), &err), OK);
        whole.data[view.header_bytes.size] ^= change == BIT_IN_SIGNATURE;
        whole.data[view.header_bytes.size - HASH_SIZE - 1] ^= change == BIT_IN_HEADER; /* digest */
        whole.size -= change == CUT;
        send_block(buf_bytes(&whole));
        commit(true);
        frame = await(has_reject);
        if (frame == NULL || frame->reject->reason != want[change]) {
            fail_msg("change %d: %s, want %s", change,
                     frame == NULL ? "taken" : status_name((enum status)frame->reject->reason),
                     status_name(want[change]));
        }
        assert_int_equal(held(), 0);
        assert_true(place_alarmed(puppet.real, ALARM_BAD_BLOCK));
    }
    buf_free(&whole);
    whole = write_next("the true one"); /* the session goes on */
    send_block(buf_bytes(&whole));
    commit(true);
    assert_non_null(await(has_held));
    assert_false(place_alarmed(puppet.real, ALARM_BAD_BLOCK));
    buf_free(&whole);
}

static void what_follows_a_false_block_in_flight_is_no_gap(void **state)
{
    struct buf one = write_next("one"), two = write_next("two");

    (void)state;
    one.data[one.size - 1] ^= 1;
    send_block(buf_bytes(&one));
    send_block(buf_bytes(&two));
    commit(true);
    assert_non_null(await(has_reject));
    assert_null(await(has_restart));
    one.data[one.size - 1] ^= 1;
    send_block(buf_bytes(&one));
    send_block(buf_bytes(&two));
    assert_int_equal(held(), 2);
    buf_free(&one);
    buf_free(&two);
}

static void two_signed_blocks_at_one_position_are_a_fork(void **state)
{
    struct draft other_draft = draft("another one");
    struct buf one = write_next("one"), other = BUF_EMPTY, key = BUF_EMPTY, value = BUF_EMPTY;
    Terrace__Frame *frame;
    struct err err;

    (void)state;
    (void)finish(&other, &other_draft);
    send_block(buf_bytes(&one));
    commit(true);
    send_block(buf_bytes(&other));
    commit(true);
    frame = await(has_reject);
    assert_non_null(frame);
    assert_int_equal(frame->reject->reason, ERR_FORK);
    assert_true(place_alarmed(puppet.real, ALARM_FORK));
    buf_put_u8(&key, META_FORK);
    division_write(&key, division_of("C1"));
    buf_put_u32(&key, 1);
    assert_int_equal(puppet.real->store.ops->get(puppet.real->store.self, NULL, SPACE_META,
                                                 buf_bytes(&key), &value, &err),
                     OK);
    assert_int_equal(value.size, 4 + other.size + 4 + HASH_SIZE + one.size); /* both of them */
    assert_int_equal(held(), 1);
    buf_free(&one);
    buf_free(&other);
    buf_free(&key);
    buf_free(&value);
}

/* The city's next epoch, to which its key agrees; it keeps its keys. */
static void rotate_city(uint32_t epoch)
{
    struct replicator *replicator = puppet.real->replicator;
    struct grant grant = roster_find(replicator_roster(replicator), division_of("C1"))->grant;
    struct grant_terms terms = *every_code();
    struct err err;

    grant.epoch = epoch;
    consent(&terms, &grant, &puppet.world.at[CITY].key);
    if (replicator_grant(replicator, puppet.real->txn, &grant, &terms, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

static enum status send_of_epoch(const char *what, uint32_t epoch)
{
    struct buf whole = BUF_EMPTY;
    struct draft next = draft(what);
    const Terrace__Frame *frame;

    next.header.epoch = epoch;
    log_written.hash = finish(&whole, &next);
    log_written.lsn++;
    log_written.seq++;
    send_block(buf_bytes(&whole));
    commit(true);
    frame = await(has_reject);
    buf_free(&whole);
    return frame == NULL ? OK : (enum status)frame->reject->reason;
}

static void a_rotation_cuts_nothing_off(void **state)
{
    (void)state;
    assert_int_equal(send_of_epoch("of the first epoch", 1), OK);
    rotate_city(2);
    assert_int_equal(send_of_epoch("it did not hear yet", 1), OK);
    rotate_city(3);
    assert_int_equal(send_of_epoch("now it has heard of both", 3), OK);
    assert_int_equal(held(), 3);
}

static void nothing_of_a_former_epoch_comes_behind_the_next(void **state)
{
    (void)state;
    rotate_city(2);
    assert_int_equal(send_of_epoch("of the second epoch", 2), OK);
    assert_int_equal(send_of_epoch("a thief of the former key", 1), ERR_REFUSED);
    assert_false(place_alarmed_ever(puppet.real, ALARM_FORK)); /* of two epochs */
    assert_int_equal(held(), 1);
}

static void a_forged_fork_is_no_evidence(void **state)
{
    struct draft forged_draft = draft("another one");
    struct buf one = write_next("one"), forged = BUF_EMPTY;
    Terrace__Frame *frame;

    (void)state;
    forged_draft.key = &puppet.world.at[SIBLING].key;
    (void)finish(&forged, &forged_draft);
    send_block(buf_bytes(&one));
    commit(true);
    send_block(buf_bytes(&forged));
    commit(true);
    frame = await(has_reject);
    assert_non_null(frame);
    assert_int_equal(frame->reject->reason, ERR_BAD_SIGNATURE);
    assert_false(place_alarmed_ever(puppet.real, ALARM_FORK));
    buf_free(&one);
    buf_free(&forged);
}

static void an_unknown_author_is_not_yet_and_never_wrong(void **state)
{
    struct draft strange = draft("of a county that nobody granted here");
    struct buf whole = BUF_EMPTY;
    Terrace__Frame *frame;

    (void)state;
    strange.header.author = strange.header.audience.division = division_of("K1");
    strange.key = &puppet.world.at[COUNTY].key;
    strange.header.first_lsn = 1;
    (void)finish(&whole, &strange);
    send_block(buf_bytes(&whole));
    send_block(buf_bytes(&whole));
    commit(true);
    frame = await(has_not_yet);
    assert_non_null(frame);
    assert_int_equal(frame->ack->n_not_yet, 1);
    assert_memory_equal(frame->ack->not_yet[0]->author.data, "K1", 2);
    assert_int_equal(frame->ack->not_yet[0]->lsn, 0);
    assert_int_equal(puppet.real->alarm_count, 0);

    strange = draft("in an epoch to come");
    strange.header.epoch = 2;
    (void)finish(&whole, &strange);
    send_block(buf_bytes(&whole));
    commit(true);
    assert_non_null(await(has_not_yet));
    buf_free(&whole);
}

/* A city that was away brings the logs of all its counties before the grants that name them. */
static void each_of_many_unknown_authors_is_told_so(void **state)
{
    enum { COUNTIES = 200 };
    Terrace__Frame *frame;

    (void)state;
    for (int i = 0; i < COUNTIES; i++) {
        struct draft of_county = draft("of a county not yet known");
        struct buf whole = BUF_EMPTY;

        (void)snprintf(of_county.header.author.code, sizeof of_county.header.author.code, "54%04d",
                       i);
        of_county.header.audience.division = of_county.header.author;
        (void)finish(&whole, &of_county);
        send_block(buf_bytes(&whole));
        buf_free(&whole);
    }
    commit(true);
    frame = await(has_not_yet);
    assert_non_null(frame);
    assert_int_equal(frame->ack->n_not_yet, COUNTIES);
}

static void more_than_the_credit_ends_the_session(void **state)
{
    static char noise[60000];
    bool restarted = false;
    struct buf whole;

    (void)state;
    for (size_t i = 0; i + 1 < sizeof noise; i++) {
        noise[i] = (char)(world_chance(&puppet.world) % 255 + 1);
    }
    whole = write_next(noise);
    for (int i = 0; i < 200 && !restarted; i++) {
        send_block(buf_bytes(&whole)); /* never stored: no durable in between */
        restarted = place_alarmed(puppet.real, ALARM_LIMIT);
    }
    assert_true(restarted);
    replicator_durable(puppet.real->replicator);
    assert_non_null(await(has_restart));
    buf_free(&whole);
}

static void too_many_blocks_hold_a_child_until_the_bucket_refills(void **state)
{
    struct peer_status status;
    struct buf whole = write_next("one");
    Terrace__Frame *frame;
    uint64_t credit;

    (void)state;
    send_block(buf_bytes(&whole));
    for (int i = 0; i < 20000; i++) { /* ten seconds' worth and one more, all of them known */
        send_block(buf_bytes(&whole));
        if (i % 500 == 0) {
            commit(true);
            while (puppet_next(&puppet) != NULL) {
            }
        }
    }
    commit(true);
    replicator_peer(puppet.real->replicator, 0, &status);
    assert_int_equal(status.state, PEER_HELD);
    assert_true(place_alarmed(puppet.real, ALARM_LIMIT));
    frame = await(has_held);
    assert_non_null(frame);
    credit = frame->ack->credit;
    puppet.world.hand.now_ms += 3000;
    assert_true(replicator_next_tick(puppet.real->replicator) <= puppet.world.hand.now_ms + 200);
    replicator_tick(puppet.real->replicator, puppet.real->txn);
    commit(true);
    replicator_peer(puppet.real->replicator, 0, &status);
    assert_int_equal(status.state, PEER_LIVE);
    assert_false(place_alarmed(puppet.real, ALARM_LIMIT));
    frame = puppet_next(&puppet);
    assert_non_null(frame);
    assert_true(frame->ack->credit > credit);
    buf_free(&whole);
}

/* What is said in answer to bytes that are no frame, or no block. */
static void answer_to_junk(const char *what, int round)
{
    Terrace__Frame *frame;

    commit(true);
    do {
        frame = puppet_next(&puppet);
    } while (frame != NULL && frame->reject == NULL && !frame->has_restart);
    if (frame == NULL) {
        fail_msg("round %d: nothing is said to %s", round, what);
    } else if (frame->has_restart) {
        assert_int_not_equal(frame->restart, OK);
    } else {
        assert_int_not_equal(frame->reject->reason, OK);
        assert_true(frame->reject->text.len > 0);
    }
}

static void whatever_bytes_come_an_answer_is_given_and_nothing_breaks(void **state)
{
    uint8_t junk[300];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        const size_t size = world_chance(&puppet.world) % sizeof junk;
        for (size_t k = 0; k < size; k++) {
            junk[k] = (uint8_t)world_chance(&puppet.world);
        }
        puppet.world.hand.now_ms += 300; /* answers are bounded in time */
        replicator_receive(puppet.real->replicator, puppet.real->txn, division_of("C1"),
                           bytes_of(junk, size));
        answer_to_junk("a frame", i); /* in a session every other time */
        puppet.world.hand.now_ms += 300;
        send_block(bytes_of(junk, size));
        answer_to_junk("a block of no session", i);
        hello(SESSION + 1 + (uint64_t)i);
        commit(true);
        assert_non_null(await(has_welcome));
        puppet_send_block(&puppet, SESSION + 1 + (uint64_t)i, bytes_of(junk, size));
        answer_to_junk("a block", i);
        hello(SESSION + 2000 + (uint64_t)i % 2);
    }
    assert_true(place_alarmed(puppet.real, ALARM_BAD_FRAME));
    assert_int_equal(held(), 0);
}

static void a_complaint_is_alarmed_and_never_answered(void **state)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Reject reject = TERRACE__REJECT__INIT;

    (void)state;
    reject.has_reason = 1;
    reject.reason = ERR_MALFORMED;
    frame.reject = &reject;
    puppet_send(&puppet, &frame);
    commit(true);
    assert_true(place_alarmed(puppet.real, ALARM_REJECTED));
    assert_null(await(has_reject));
    assert_null(await(has_restart));
    puppet_ack(&puppet, SESSION, "R", place_head(puppet.real, "R").lsn, CREDIT);
    puppet_wait(&puppet, 6000); /* the session goes on, and what was wrong is over */
    assert_false(place_alarmed(puppet.real, ALARM_REJECTED));
}

static void a_child_of_another_version_is_turned_away(void **state)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT, *answer;
    Terrace__Hello newer = TERRACE__HELLO__INIT;
    struct peer_status status;

    (void)state;
    newer.has_version_min = newer.has_version_max = 1;
    newer.version_min = newer.version_max = PROTOCOL_VERSION_MAX + 1;
    frame.has_session = 1;
    frame.session = SESSION + 1;
    frame.hello = &newer;
    puppet_send(&puppet, &frame);
    commit(true);
    answer = await(has_restart);
    assert_non_null(answer);
    assert_int_equal(answer->restart, ERR_NEEDS_UPGRADE);
    replicator_peer(puppet.real->replicator, 0, &status);
    assert_int_equal(status.state, PEER_REFUSED);
    assert_string_not_equal(status.reason, "");
    hello(SESSION + 2); /* it was replaced by one that we understand */
    commit(true);
    assert_non_null(await(has_welcome));
}

/* A range that reaches further, fewer features than ours, ones that nobody here knows: the session
 * is of the newest version that both have, and what both can do is in force. */
static void a_session_takes_what_both_ends_know(void **state)
{
    static const struct {
        uint32_t max;
        bool says;
        uint64_t features;
    } rows[] = {
        {PROTOCOL_VERSION_MAX, false, 0}, /* a version that knew of none */
        {PROTOCOL_VERSION_MAX, true, FEATURES_KNOWN},
        {PROTOCOL_VERSION_MAX + 4, true, UINT64_MAX},
        {PROTOCOL_VERSION_MAX + 4, true, UINT64_C(1) << 63},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Terrace__Frame frame = TERRACE__FRAME__INIT, *answer;
        Terrace__Hello hello = TERRACE__HELLO__INIT;
        struct peer_status status;

        hello.has_version_min = hello.has_version_max = 1;
        hello.version_min = PROTOCOL_VERSION_MIN;
        hello.version_max = rows[i].max;
        hello.has_features = rows[i].says;
        hello.features = rows[i].features;
        frame.has_session = 1;
        frame.session = SESSION + 10 + i;
        frame.hello = &hello;
        puppet_send(&puppet, &frame);
        commit(true);
        answer = await(has_welcome);
        assert_non_null(answer);
        assert_int_equal(answer->welcome->version, PROTOCOL_VERSION_MAX);
        assert_true(answer->welcome->features == FEATURES_KNOWN);
        replicator_peer(puppet.real->replicator, 0, &status);
        assert_int_equal(status.state, PEER_LIVE);
        assert_int_equal(status.protocol, PROTOCOL_VERSION_MAX);
        assert_true(status.features == rows[i].features);
    }
}

static void a_hello_again_is_welcomed_again_and_keeps_the_session(void **state)
{
    struct buf whole = write_next("one");

    (void)state;
    hello(SESSION);
    commit(true);
    assert_non_null(await(has_welcome));
    send_block(buf_bytes(&whole));
    assert_int_equal(held(), 1);
    buf_free(&whole);
}

/* Signed by the author, and in the order of its audience alone: held, it would look like damage. */
static void what_an_author_signs_out_of_order_is_refused(void **state)
{
    struct written log = {.lsn = 9};
    struct buf whole = BUF_EMPTY;
    struct draft next;
    uint64_t session;

    (void)state;
    world_run(&puppet.world, 3000);
    puppet_play(&puppet, CITY, REGION);
    puppet_wait(&puppet, 60000); /* the session with the real region is over */
    session = puppet_welcome(&puppet, CREDIT);
    for (int i = 0; i < 2; i++) {
        next = draft_next(&puppet, REGION, &log, "down");
        next.header.audience = (struct audience){AUDIENCE_LINE, division_of("C1")};
        log.hash = draft_finish(&whole, &next);
        puppet_send_block(&puppet, session, buf_bytes(&whole));
        puppet_commit(&puppet, true);
        log.seq++;
        log.lsn = 4; /* the next one begins there */
    }
    assert_int_equal(place_head(puppet.real, "R").lsn, 10);
    assert_true(place_heard(puppet.real, "R/down"));
    assert_true(place_alarmed(puppet.real, ALARM_BAD_BLOCK));
    assert_int_equal(puppet.real->held_count, 1);
    buf_free(&whole);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(an_ack_leaves_only_once_the_block_is_on_disk),
        STORY(a_block_again_is_acknowledged_again_and_taken_once),
        STORY(a_gap_ends_the_session_and_a_new_one_goes_on),
        STORY(false_blocks_are_refused_by_name),
        STORY(what_follows_a_false_block_in_flight_is_no_gap),
        STORY(two_signed_blocks_at_one_position_are_a_fork),
        STORY(a_rotation_cuts_nothing_off),
        STORY(what_an_author_signs_out_of_order_is_refused),
        STORY(nothing_of_a_former_epoch_comes_behind_the_next),
        STORY(a_forged_fork_is_no_evidence),
        STORY(an_unknown_author_is_not_yet_and_never_wrong),
        STORY(each_of_many_unknown_authors_is_told_so),
        STORY(more_than_the_credit_ends_the_session),
        STORY(too_many_blocks_hold_a_child_until_the_bucket_refills),
        STORY(whatever_bytes_come_an_answer_is_given_and_nothing_breaks),
        STORY(a_complaint_is_alarmed_and_never_answered),
        STORY(a_child_of_another_version_is_turned_away),
        STORY(a_session_takes_what_both_ends_know),
        STORY(a_hello_again_is_welcomed_again_and_keeps_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
