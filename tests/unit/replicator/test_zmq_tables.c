/* What the ZeroMQ door keeps in its tables, and its sockets without a neighbour: which way back is
 * the newest, what is no whole message, whose door may be opened, and when a test of it gives up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <zmq.h>

#include "replicator/zmq/guard_zmq.h"
#include "replicator/zmq/probe_zmq.h"
#include "replicator/zmq/refused_keys.h"
#include "replicator/zmq/routes_zmq.h"
#include "replicator/zmq/zap_zmq.h"
#include "tests/harness/hand_clock.h"

/* --- ways back --- */

/* A connection that is over may still bring what it had: the newer one stays the way back. */
static void the_newest_connection_is_the_way_back(void **state)
{
    static const uint8_t key[32] = {1}, other_key[32] = {2};
    const struct division city = {"C1"}, other = {"C2"};
    const struct socket_id first = {.size = 1, .at = {1}, .fd = 11},
                           second = {.size = 1, .at = {2}, .fd = 12},
                           longer = {.size = 2, .at = {2}, .fd = 13};
    struct routes routes = {NULL, 0, 0};
    struct division ended;
    int socket;

    (void)state;
    assert_null(routes_find(&routes, city));
    routes_learn(&routes, city, key, &first, &socket);
    routes_learn(&routes, city, key, &first, &socket); /* the same once more */
    assert_int_equal(routes_find(&routes, city)->fd, 11);
    routes_learn(&routes, city, other_key, &second, &socket);
    assert_int_equal(routes_find(&routes, city)->fd, 12);
    routes_learn(&routes, city, key, &first, &socket); /* late */
    assert_int_equal(routes_find(&routes, city)->fd, 12);
    assert_memory_equal(routes_find(&routes, city)->curve_key, other_key, 32);
    routes_learn(&routes, city, key, &longer, &socket);
    assert_int_equal(routes_find(&routes, city)->fd, 13);

    routes_learn(&routes, other, key, &first, &socket);
    assert_false(routes_take_ended(&routes, &ended));
    routes_end_fd(&routes, 99);
    assert_false(routes_take_ended(&routes, &ended));
    routes_end_fd(&routes, 11);
    assert_true(routes_take_ended(&routes, &ended));
    assert_string_equal(ended.code, "C2");
    assert_null(routes_find(&routes, other));
    routes_end_socket(&routes, &routes);
    assert_false(routes_take_ended(&routes, &ended));
    routes_end_socket(&routes, &socket);
    assert_true(routes_take_ended(&routes, &ended));
    assert_string_equal(ended.code, "C1");
    assert_int_equal(routes.count, 0);
    routes_free(&routes);
}

/* --- refused keys --- */

static void one_key_is_one_row_for_each_reason(void **state)
{
    static struct refused_keys keys;
    static const uint8_t key[32] = {1}, other[32] = {2};

    (void)state;
    refused_keys_note(&keys, key, "10.0.0.1", ERR_REFUSED, 1);
    refused_keys_note(&keys, key, "10.0.0.1", ERR_LIMIT, 2);
    assert_int_equal(keys.count, 2);
    refused_keys_note(&keys, key, "10.0.0.1", ERR_REFUSED, 3);
    assert_int_equal(keys.count, 2);
    assert_true(keys.rows[0].reason == ERR_REFUSED && keys.rows[0].count == 2);
    assert_true(keys.rows[0].first_unix_ms == 1 && keys.rows[0].unix_ms == 3);
    refused_keys_note(&keys, other, "10.0.0.1", ERR_REFUSED, 4);
    assert_int_equal(keys.count, 3);
}

/* --- doors --- */

static void a_door_that_was_never_shut_may_be_opened(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 0);
    assert_true(guard_may_open(&guard, GUARD_SHUT_LINKS, 1)); /* right after the machine's start */
    assert_true(guard_may_open(&guard, GUARD_SHUT_ENROL, 1));
    guard.links_ms = guard.enrol_ms = 1000;
    assert_false(guard_may_open(&guard, GUARD_SHUT_LINKS, 1000 + GUARD_EVERY_MS - 1));
    assert_true(guard_may_open(&guard, GUARD_SHUT_LINKS, 1000 + GUARD_EVERY_MS));
    assert_false(guard_may_open(&guard, GUARD_SHUT_ENROL, 1000 + GUARD_REST_MS - 1));
    assert_true(guard_may_open(&guard, GUARD_SHUT_ENROL, 1000 + GUARD_REST_MS));
}

/* --- messages --- */

static void a_message_of_two_frames_is_none(void **state)
{
    char user_id[SOCKET_USER_ID_MAX + 1], address[SOCKET_ADDRESS_MAX + 1];
    void *context = zmq_ctx_new(), *here = zmq_socket(context, ZMQ_PAIR),
         *there = zmq_socket(context, ZMQ_PAIR);
    struct buf frame = BUF_EMPTY;

    (void)state;
    assert_int_equal(zmq_bind(here, "inproc://tables"), 0);
    assert_int_equal(zmq_connect(there, "inproc://tables"), 0);
    assert_int_equal(socket_take_from(here, NULL, user_id, address, &frame), TAKE_NOTHING);
    assert_int_equal(zmq_send(there, "one", 3, ZMQ_SNDMORE), 3);
    assert_int_equal(zmq_send(there, "two", 3, ZMQ_SNDMORE), 3);
    assert_int_equal(zmq_send(there, "three", 5, 0), 5);
    assert_int_equal(zmq_send(there, "whole", 5, 0), 5);
    assert_int_equal(socket_take_from(here, NULL, user_id, address, &frame), TAKE_REFUSED);
    assert_int_equal(socket_take_from(here, NULL, user_id, address, &frame), TAKE_FRAME);
    assert_true(bytes_equal(buf_bytes(&frame), bytes_text("whole")));
    assert_string_equal(user_id, ""); /* nobody was asked about a key */
    assert_string_equal(address, "");
    assert_int_equal(socket_take_from(here, NULL, user_id, address, &frame), TAKE_NOTHING);
    buf_free(&frame);
    socket_close(here);
    socket_close(there);
    (void)zmq_ctx_term(context);
}

/* Full is waited for; what cannot be written to at all is gone. */
static void what_cannot_be_given_is_full_or_gone(void **state)
{
    void *context = zmq_ctx_new(), *lonely = zmq_socket(context, ZMQ_PUSH),
         *deaf = zmq_socket(context, ZMQ_PULL);

    (void)state;
    assert_int_equal(socket_give(lonely, NULL, bytes_text("a word")), GIVE_FULL);
    assert_int_equal(socket_give(deaf, NULL, bytes_text("a word")), GIVE_GONE);
    socket_close(lonely);
    socket_close(deaf);
    (void)zmq_ctx_term(context);
}

/* --- the test of a listener --- */

static struct hand_clock hand;

static uint64_t hurry(void *self)
{
    (void)self;
    hand.now_ms += 1000;
    return hand.now_ms;
}

/* Nobody answers there: the test does not wait for ever, and is not passed. */
static void a_listener_that_is_silent_has_not_passed(void **state)
{
    static const uint8_t key[32] = {1};
    struct clock clock = hand_clock_seam(&hand);
    struct err err;

    (void)state;
    clock.mono_ms = hurry;
    assert_int_equal(probe_listener(NULL, "tcp://127.0.0.1:1", key, &clock, &err), ERR_IO);
    assert_non_null(strstr(err.text, "self_test_failed"));
    assert_non_null(strstr(err.text, "self_test_silent"));
}

/* --- what is refused and logged --- */

static enum status admit_nobody(void *arg, const uint8_t curve_key[32], char user_id[])
{
    (void)arg;
    (void)curve_key;
    user_id[0] = '\0';
    return ERR_LIMIT;
}

static void ask(void *asker, struct zap *zap, bool is_sound)
{
    static const char *const frames[] = {"1.0", "1", "d", "::ffff:10.0.0.7", "", "CURVE"};
    static const uint8_t key[32] = {7};
    char answer[64];

    for (size_t i = 0; i < COUNT_OF(frames); i++) {
        assert_true(zmq_send(asker, frames[i], strlen(frames[i]), ZMQ_SNDMORE) >= 0);
    }
    assert_true(zmq_send(asker, key, is_sound ? sizeof key : 7, 0) >= 0);
    assert_true(zap_serve(zap));
    for (int i = 0; i < 6; i++) {
        assert_true(zmq_recv(asker, answer, sizeof answer, ZMQ_DONTWAIT) >= 0);
    }
}

/* A line a second, whatever comes; but each key that proved itself is listed. */
static void each_refused_key_is_listed_and_few_are_logged(void **state)
{
    void *context = zmq_ctx_new(), *asker = zmq_socket(context, ZMQ_REQ);
    struct clock clock = hand_clock_seam(&hand);
    const struct refused_keys *refused;
    struct zap *zap;
    struct err err;

    (void)state;
    hand.now_ms = NEW_YEAR_2026_MS;
    assert_int_equal(zap_open(&zap, context, &clock, &err), OK);
    assert_int_equal(zmq_connect(asker, "inproc://zeromq.zap.01"), 0);
    zap_rule(zap, "d", admit_nobody, NULL);
    refused = zap_refused_keys(zap);
    ask(asker, zap, false); /* of which nobody knows a key */
    assert_int_equal(refused->count, 0);
    ask(asker, zap, true);
    assert_int_equal(refused->count, 1);
    hand.now_ms += 1000;
    ask(asker, zap, true);
    assert_int_equal(refused->rows[0].count, 2);
    assert_string_equal(refused->rows[0].address, "10.0.0.7");
    assert_int_equal(refused->rows[0].reason, ERR_LIMIT);
    zap_expect_stranger(zap, true); /* the test's own */
    ask(asker, zap, true);
    assert_int_equal(refused->rows[0].count, 2);
    assert_int_equal(zap_counts(zap).refused, 4);
    socket_close(asker);
    zap_close(zap);
    (void)zmq_ctx_term(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_connection_is_the_way_back),
        cmocka_unit_test(one_key_is_one_row_for_each_reason),
        cmocka_unit_test(a_door_that_was_never_shut_may_be_opened),
        cmocka_unit_test(a_message_of_two_frames_is_none),
        cmocka_unit_test(what_cannot_be_given_is_full_or_gone),
        cmocka_unit_test(a_listener_that_is_silent_has_not_passed),
        cmocka_unit_test(each_refused_key_is_listed_and_few_are_logged),
    };
    struct err err;

    return crypto_init(&err) != OK || cmocka_run_group_tests(tests, NULL, NULL);
}
