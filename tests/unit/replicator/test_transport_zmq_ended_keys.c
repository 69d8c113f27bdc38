/* At the ZeroMQ door, who comes with a key that is over: dropped, or answered as a visitor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "proto/frame.h"
#include "replicator/zmq/call_zmq.h"
#include "tests/unit/replicator/zmq_family.h"

static bool child_speaks_until_heard_of(struct family *family, int child)
{
    (void)child_can_send(family, child);
    (void)parent_hears(family, child); /* takes one message, if any may be taken */
    return transport_zmq_counts(family->parent.transport).refused_sender > 0;
}

static void a_revoked_child_is_dropped_in_the_middle_of_its_session(void **state)
{
    struct family *family = *state;
    struct division from;

    join(family, 0);
    join(family, 1);
    while (take(family, &family->parent, &from)) {
    }
    family->revoked[0] = true;
    assert_true(turn_until(family, 0, child_speaks_until_heard_of));
    assert_false(give(&family->parent, family->codes[0], "down"));
    assert_true(child_can_send(family, 1)); /* the others go on */
    assert_true(turn_until(family, 1, parent_hears));
}

static bool parent_is_visited(struct family *family, int child)
{
    struct division from;
    struct visit visit;

    assert_false(take(family, &family->parent, &from)); /* he is no child */
    if (!transport_zmq_visit(family->parent.transport, &visit, &family->frame)) {
        (void)child_can_send(family, child);
        return false;
    }
    assert_true(division_equal(visit.who, family->codes[child]));
    assert_memory_equal(visit.curve_key, family->children[child].key.public, 32);
    assert_false(give(&family->parent, family->codes[child], "down"));
    transport_zmq_answer(family->parent.transport, &visit, bytes_text("over"));
    return true;
}

static void a_former_key_is_answered_and_is_nobodys_link(void **state)
{
    struct family *family = *state;

    family->enrolled[0] = false;
    family->former[0] = true;
    dial(family, 0);
    assert_true(turn_until(family, 0, child_can_send));
    assert_true(turn_until(family, 0, parent_is_visited));
    assert_true(turn_until(family, 0, child_hears));
    assert_memory_equal(family->frame.data, "over", 4);
    join(family, 1); /* the others go on */
    family->former[0] = false;
    assert_true(turn_until(family, 0, child_speaks_until_heard_of));
    assert_false(transport_zmq_visit(family->parent.transport, &(struct visit){.socket = NULL},
                                     &family->frame));
}

static bool child_is_shut_out(struct family *family, int child)
{
    return transport_zmq_shut_out(family->children[child].transport);
}

static void who_is_shut_out_knows_it(void **state)
{
    struct family *family = *state;

    join(family, 1);
    assert_false(transport_zmq_shut_out(family->children[1].transport));
    family->enrolled[0] = false;
    dial(family, 0);
    assert_true(turn_until(family, 0, child_is_shut_out));
    assert_false(transport_zmq_shut_out(family->children[0].transport)); /* told once */
}

/* Beside its link, the child says one word under the key that is over, and has one answer. */
static void a_call_is_one_word_and_one_answer(void **state)
{
    struct family *family = *state;
    struct call_zmq call = {.transport = family->children[0].transport};
    struct buf word = BUF_EMPTY, heard = BUF_EMPTY;
    enum call_state now = CALL_WAITS;
    struct visit visit;
    struct err err;

    family->enrolled[0] = false;
    family->former[0] = true;
    assert_int_equal(call_step(&call, 0, &heard), CALL_NONE);
    for (int round = 0; round < 2; round++) {
        buf_append_bytes(&word, bytes_text("word"));
        assert_int_equal(call_open(&call, transport_zmq_address(family->parent.transport),
                                   family->parent.key.public, &clock_real, &word, &err),
                         OK);
        now = CALL_WAITS;
        for (uint64_t end = real_mono_ms(NULL) + DEADLINE_MS;
             now == CALL_WAITS && real_mono_ms(NULL) < end;) {
            transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
            transport_zmq_wait(family->children[0].transport, NULL, 0, 0);
            (void)take(family, &family->parent, &(struct division){{0}});
            if (round == 0 &&
                transport_zmq_visit(family->parent.transport, &visit, &family->frame)) {
                assert_memory_equal(family->frame.data, "word", 4);
                transport_zmq_answer(family->parent.transport, &visit, bytes_text("over"));
            }
            now = call_step(&call, real_mono_ms(NULL), &heard);
        }
        assert_int_equal(now, round == 0 ? CALL_ANSWERED : CALL_FAILED);
        assert_int_equal(call_next_ms(&call, 1), UINT64_MAX);
    }
    assert_memory_equal(heard.data, "over", 4);
    call_close(&call);
    buf_free(&word);
    buf_free(&heard);
}

/* However many connections there are, and however much each says. */
static void visits_wait_in_little_room(void **state)
{
    struct visit_queue queue = {.count = 0};
    struct visit visit = {.who = division_of("540121"), .id = {.size = 1}};
    struct buf large = BUF_EMPTY, frame = BUF_EMPTY;

    (void)state;
    buf_reserve(&large, 1 << 20);
    large.size = 1 << 20;
    memset(large.data, 7, large.size);
    for (uint8_t i = 0; i < 100; i++) {
        visit.id.at[0] = i;
        assert_int_equal(visit_queue_put(&queue, &visit, buf_bytes(&large), 1),
                         i < VISITS_WAITING_MAX);
    }
    assert_int_equal(queue.dropped, 100 - VISITS_WAITING_MAX);
    for (int i = 0; i < VISITS_WAITING_MAX; i++) {
        assert_true(visit_queue_take(&queue, &visit, &frame));
        assert_int_equal(visit.id.at[0], i);
        assert_int_equal(frame.size, VISIT_FRAME_BYTES);
    }
    assert_false(visit_queue_take(&queue, &visit, &frame));
    assert_false(visit_queue_put(&queue, &visit, bytes_text("again"), VISIT_EVERY_MS));
    assert_true(visit_queue_put(&queue, &visit, bytes_text("again"), VISIT_EVERY_MS + 1));
    visit_queue_free(&queue);
    buf_free(&large);
    buf_free(&frame);
}

/* A machine is stolen, its division gets a new key: the thief's connection still stands. */
static void a_connection_under_a_replaced_key_is_dropped_too(void **state)
{
    struct family *family = *state;
    struct division from;
    struct curve_key former;

    join(family, 0);
    while (take(family, &family->parent, &from)) {
    }
    former = family->children[0].key;
    curve_key_generate(&family->children[0].key); /* the roster's word from now on */
    assert_true(turn_until(family, 0, child_speaks_until_heard_of));
    assert_false(give(&family->parent, family->codes[0], "down"));
    family->children[0].key = former;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_revoked_child_is_dropped_in_the_middle_of_its_session),
        STORY(a_former_key_is_answered_and_is_nobodys_link),
        STORY(who_is_shut_out_knows_it),
        STORY(a_call_is_one_word_and_one_answer),
        cmocka_unit_test(visits_wait_in_little_room),
        STORY(a_connection_under_a_replaced_key_is_dropped_too),
    };

    return cmocka_run_group_tests_name("transport_zmq", tests, NULL, NULL);
}
