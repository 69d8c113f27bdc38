/* Other keys at the ZeroMQ door: of the listener, of the enrolment port, and of an ancestor that
 * takes another's place. The former ones open nothing any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <zmq.h>

#include "replicator/zmq/enrol_zmq.h"
#include "tests/unit/replicator/zmq_family.h"

static bool child_is_connected(struct family *family, int child)
{
    return transport_zmq_connected(family->children[child].transport);
}

static bool child_is_not(struct family *family, int child)
{
    return !child_is_connected(family, child);
}

/* Its address is free again, and it is open. */
static bool parent_listens(struct family *family, int child)
{
    dial(family, child);
    return turn_until(family, child, child_is_connected);
}

static void children_come_by_the_key_that_the_parent_has_now(void **state)
{
    struct family *family = *state;
    struct curve_key former = family->parent.key, second;
    char address[SOCKET_ENDPOINT_MAX];
    struct err err;

    assert_false(transport_zmq_connected(family->children[0].transport)); /* nobody dialled */
    join(family, 0);
    assert_true(child_is_connected(family, 0));
    (void)snprintf(address, sizeof address, "%s", transport_zmq_address(family->parent.transport));

    transport_zmq_serve(family->parent.transport, &family->parent.key); /* the one it has */
    assert_true(child_is_connected(family, 0));
    curve_key_generate(&second);
    transport_zmq_serve(family->parent.transport, &second);
    assert_true(turn_until(family, 0, child_is_not));
    family->parent.key = second; /* who is told of it */
    assert_true(parent_listens(family, 0));
    assert_string_equal(transport_zmq_address(family->parent.transport), address);
    assert_true(turn_until(family, 0, child_can_send));
    assert_true(turn_until(family, 0, parent_hears));

    assert_int_equal(transport_zmq_connect(family->children[1].transport, family->parent_code,
                                           address, former.public, &err),
                     OK);
    for (int i = 0; i < 40; i++) { /* the former one: no way in */
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
        transport_zmq_wait(family->children[1].transport, NULL, 0, TURN_MS);
    }
    assert_false(child_is_connected(family, 1));
    transport_zmq_serve(family->parent.transport, &family->parent.key);
}

/* A child that its parent does not reach is served by an ancestor, and then by another. */
static void another_ancestor_takes_the_place_of_the_one_before(void **state)
{
    struct family *family = *state;
    struct transport_zmq *child = family->children[0].transport;
    const struct division other = division_of("540000");
    const char *address = transport_zmq_address(family->parent.transport);
    struct division ended;
    struct err err;

    join(family, 0);
    assert_int_equal(transport_zmq_connect_beside(child, family->parent_code, address,
                                                  family->parent.key.public, &err),
                     OK);
    assert_int_equal(
        transport_zmq_connect_beside(child, other, address, family->parent.key.public, &err), OK);
    assert_int_equal(transport_zmq_connect_beside(child, other, "tcp://127.0.0.1:none",
                                                  family->parent.key.public, &err),
                     ERR_CONFIG);
    assert_non_null(strstr(err.text, "dial_failed"));
    transport_zmq_leave_beside(child);
    transport_zmq_leave_beside(child);                     /* again is no harm */
    assert_false(give(&family->children[0], other, "up")); /* nobody is there */
    while (family->children[0].seam.ops->ended(family->children[0].seam.self, &ended)) {
        assert_false(division_equal(ended, other)); /* who was left is not told of */
    }
    assert_true(turn_until(family, 0, child_can_send)); /* the parent's stands */
}

static bool knows_nothing(void *arg, struct bytes frame)
{
    (void)arg;
    (void)frame;
    return false;
}

static void the_enrolment_port_gets_another_key(void **state)
{
    struct family *family = *state;
    const uint64_t deadline_ms = real_mono_ms(NULL) + DEADLINE_MS;
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    struct curve_key second, stranger;
    struct enrol_asker from;
    struct socket_id who = {.size = 1};
    struct enrol_zmq *enrol;
    bool asked = false;
    struct err err;

    assert_int_equal(enrol_zmq_open(&enrol, family->parent.transport, &family->parent.key,
                                    &clock_real, "tcp://127.0.0.1:0", &err),
                     OK);
    enrol_zmq_serve(enrol, &family->parent.key); /* the one it has */
    curve_key_generate(&second);
    curve_key_generate(&stranger);
    enrol_zmq_serve(enrol, &second);
    /* Shut until the next look: nobody asks, and an answer goes nowhere. */
    assert_false(enrol_zmq_receive(enrol, knows_nothing, NULL, &who, &from, &family->frame));
    enrol_zmq_answer(enrol, &who, bytes_text("too late"));
    assert_int_equal(socket_prepare_client(socket, &stranger, second.public, 1 << 20, 0, &err), OK);
    assert_int_equal(socket_connect(socket, enrol_zmq_address(enrol), &err), OK);
    while (!asked && real_mono_ms(NULL) < deadline_ms) {
        (void)zmq_send(socket, "let me in", 9, ZMQ_DONTWAIT);
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
        asked = enrol_zmq_receive(enrol, knows_nothing, NULL, &who, &from, &family->frame);
    }
    assert_true(asked);
    assert_memory_equal(from.curve_key, stranger.public, 32);
    socket_close(socket);
    for (int i = 0; i < 20; i++) {
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
    }
    enrol_zmq_answer(enrol, &who, bytes_text("welcome")); /* who has gone hears nothing */
    (void)zmq_ctx_term(context);
    enrol_zmq_close(enrol);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(children_come_by_the_key_that_the_parent_has_now),
        STORY(another_ancestor_takes_the_place_of_the_one_before),
        STORY(the_enrolment_port_gets_another_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
