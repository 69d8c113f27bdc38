/* The door for those who want to be enrolled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <zmq.h>

#include "proto/frame.h"
#include "replicator/zmq/enrol_zmq.h"
#include "tests/unit/replicator/zmq_family.h"

static void open_enrolment(struct family *family, struct enrol_zmq **enrol)
{
    struct err err;

    if (enrol_zmq_open(enrol, family->parent.transport, &family->parent.key, &clock_real,
                       "tcp://127.0.0.1:0", &err) != OK) {
        fail_msg("%s", err.text);
    }
}

static void *dial_enrolment(struct family *family, struct enrol_zmq *enrol, void *context,
                            const struct curve_key *key)
{
    void *socket = zmq_socket(context, ZMQ_DEALER);
    struct err err;

    assert_int_equal(
        socket_prepare_client(socket, key, family->parent.key.public, 1 << 20, 0, &err), OK);
    assert_int_equal(socket_connect(socket, enrol_zmq_address(enrol), &err), OK);
    return socket;
}

/* Sends once the connection stands. */
static bool say(struct family *family, void *socket, size_t size)
{
    const uint64_t deadline_ms = real_mono_ms(NULL) + DEADLINE_MS;
    uint8_t *data = mem_zalloc(size);
    bool said = false;

    while (!said && real_mono_ms(NULL) < deadline_ms) {
        said = zmq_send(socket, data, size, ZMQ_DONTWAIT) >= 0;
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
    }
    mem_free(data);
    return said;
}

/* Noise is 100 bytes here, and what shows a secret is longer. */
static bool says_secret(void *arg, struct bytes frame)
{
    (void)arg;
    return frame.size > 100;
}

static void any_key_may_ask_to_be_enrolled_and_is_answered(void **state)
{
    struct family *family = *state;
    void *context = zmq_ctx_new();
    const uint64_t deadline_ms = real_mono_ms(NULL) + DEADLINE_MS;
    struct enrol_zmq *enrol;
    struct curve_key stranger;
    struct socket_id who;
    struct enrol_asker from;
    char answer[16];
    void *socket;
    bool asked = false;

    curve_key_generate(&stranger);
    open_enrolment(family, &enrol);
    socket = dial_enrolment(family, enrol, context, &stranger);
    assert_true(say(family, socket, 100));
    while (!asked && real_mono_ms(NULL) < deadline_ms) {
        asked = enrol_zmq_receive(enrol, says_secret, NULL, &who, &from, &family->frame);
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
    }
    assert_true(asked);
    assert_int_equal(family->frame.size, 100);
    assert_memory_equal(from.curve_key, stranger.public, 32);
    assert_string_equal(from.address, "127.0.0.1");
    enrol_zmq_answer(enrol, &who, bytes_text("granted"));
    assert_int_equal(zmq_recv(socket, answer, sizeof answer, 0), 7);
    assert_memory_equal(answer, "granted", 7);
    socket_close(socket);
    enrol_zmq_close(enrol);
    (void)zmq_ctx_term(context);
}

/* The enrolment port must not be a way round the key check of the links. */
static void a_key_that_may_ask_for_enrolment_still_gets_no_link(void **state)
{
    struct family *family = *state;
    struct enrol_zmq *enrol;

    open_enrolment(family, &enrol);
    family->enrolled[0] = false;
    dial(family, 0);
    assert_true(turn_until(family, 0, parent_refused_a_key));
    assert_false(child_can_send(family, 0));
    enrol_zmq_close(enrol);
}

static void attempts_over_the_limit_are_dropped(void **state)
{
    struct family *family = *state;
    void *context = zmq_ctx_new();
    struct enrol_zmq *enrol;
    struct curve_key stranger;
    struct socket_id who;
    struct enrol_asker from;
    void *socket;
    int attempts = 0, heard = 0, known = 0;
    const uint64_t deadline_ms = real_mono_ms(NULL) + DEADLINE_MS;

    curve_key_generate(&stranger);
    open_enrolment(family, &enrol);
    socket = dial_enrolment(family, enrol, context, &stranger);
    for (; attempts < 20; attempts++) {
        assert_true(say(family, socket, 100));
    }
    while (heard + (int)enrol_zmq_dropped(enrol) < attempts && real_mono_ms(NULL) < deadline_ms) {
        heard += enrol_zmq_receive(enrol, says_secret, NULL, &who, &from, &family->frame);
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
    }
    assert_int_equal(heard + (int)enrol_zmq_dropped(enrol), attempts);
    assert_in_range(heard, 1, 2 * ENROL_CONNECTION_PER_SECOND_MAX); /* the second may turn once */
    assert_true(say(family, socket, 100)); /* the share of noise is used up, the other is not */
    assert_true(say(family, socket, 101));
    while (known == 0 && real_mono_ms(NULL) < deadline_ms) {
        known += enrol_zmq_receive(enrol, says_secret, NULL, &who, &from, &family->frame) &&
                 family->frame.size == 101;
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
    }
    assert_int_equal(known, 1);
    socket_close(socket);
    enrol_zmq_close(enrol);
    (void)zmq_ctx_term(context);
}

static void a_request_that_nobody_answers_names_the_endpoint(void **state)
{
    struct family *family = *state;
    struct token token = {.parent = division_of("540100"), .endpoint = "tcp://127.0.0.1:1"};
    struct err err;

    memcpy(token.curve_key, family->parent.key.public, 32);
    assert_int_equal(enrol_zmq_request(&token, &family->children[0].key, bytes_text("hello"),
                                       &family->frame, 2, 50, &err),
                     ERR_UNREACHABLE);
    assert_non_null(strstr(err.text, "tcp://127.0.0.1:1"));
    assert_non_null(strstr(err.text, "540100"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(any_key_may_ask_to_be_enrolled_and_is_answered),
        STORY(a_key_that_may_ask_for_enrolment_still_gets_no_link),
        STORY(attempts_over_the_limit_are_dropped),
        STORY(a_request_that_nobody_answers_names_the_endpoint),
    };

    return cmocka_run_group_tests_name("transport_zmq", tests, NULL, NULL);
}
