/* What happens to frames at the ZeroMQ door: too large, too many, to nobody, of an evil parent; and
 * connections that end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "proto/frame.h"
#include "tests/unit/replicator/zmq_family.h"

/* What is said into a link that is just being cut is lost: it is said again. */
static bool up_arrives(struct family *family, int child)
{
    (void)child_can_send(family, child);
    return parent_hears(family, child);
}

static void a_frame_above_the_limit_never_arrives(void **state)
{
    struct family *family = *state;
    const size_t size = FRAME_BYTES_MAX + FRAME_BYTES_MAX / 2;
    uint8_t *large = mem_zalloc(size);
    const uint64_t until_ms = real_mono_ms(NULL) + 300;
    struct side *child = &family->children[0];
    struct division from;

    join(family, 0);
    assert_true(child->seam.ops->send(child->seam.self, family->parent_code,
                                      bytes_of(large, FRAME_BYTES_MAX)));
    assert_true(turn_until(family, 0, parent_hears));
    assert_int_equal(family->frame.size, FRAME_BYTES_MAX); /* the limit itself may pass */

    assert_true(
        child->seam.ops->send(child->seam.self, family->parent_code, bytes_of(large, size)));
    while (real_mono_ms(NULL) < until_ms) {
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
        while (take(family, &family->parent, &from)) {
            assert_in_range(family->frame.size, 0, FRAME_BYTES_MAX);
        }
    }
    assert_true(turn_until(family, 0, up_arrives)); /* its link was cut, and comes back */
    assert_in_range(family->frame.size, 0, FRAME_BYTES_MAX);
    mem_free(large);
}

/* What send took arrives, what it did not take was said so: the sum is what was offered. */
static void a_full_queue_says_so_and_loses_nothing(void **state)
{
    struct family *family = *state;
    enum { SIZE = 256 << 10, OFFERED = 4000 };
    uint8_t *data = mem_zalloc(SIZE);
    struct division from;
    size_t taken = 0, refused = 0, arrived = 0;
    uint64_t idle_since_ms;

    join(family, 0);
    for (size_t i = 0; i < OFFERED; i++) {
        if (family->parent.seam.ops->send(family->parent.seam.self, family->codes[0],
                                          bytes_of(data, SIZE))) {
            taken++;
        } else {
            refused++;
        }
    }
    assert_true(refused > 0);
    assert_int_equal(transport_zmq_counts(family->parent.transport).queue_full, refused);
    idle_since_ms = real_mono_ms(NULL);
    while (arrived < taken && real_mono_ms(NULL) - idle_since_ms < DEADLINE_MS) {
        if (take(family, &family->children[0], &from)) {
            arrived++;
            idle_since_ms = real_mono_ms(NULL);
        } else {
            transport_zmq_wait(family->children[0].transport, NULL, 0, TURN_MS);
        }
    }
    assert_int_equal(arrived, taken);
    mem_free(data);
}

static void nobody_there_is_false_and_never_waits(void **state)
{
    struct family *family = *state;
    struct err err;
    struct division from;

    assert_false(give(&family->parent, family->codes[0], "down"));
    assert_false(give(&family->parent, division_of("999999"), "down"));
    assert_int_equal(transport_zmq_connect(family->children[0].transport, family->parent_code,
                                           "tcp://127.0.0.1:1", family->parent.key.public, &err),
                     OK);
    assert_false(child_can_send(family, 0));
    assert_false(take(family, &family->children[0], &from));
}

static bool parent_answers(struct family *family, int child)
{
    struct division from;

    (void)child_can_send(family, child);
    while (take(family, &family->parent, &from)) {
        (void)give(&family->parent, from, "down");
    }
    return child_hears(family, child);
}

static void the_newest_connection_is_where_answers_go(void **state)
{
    struct family *family = *state;

    join(family, 0);
    for (int i = 0; i < 5; i++) {
        dial(family, 0); /* a new connection in place of the old one */
        assert_true(turn_until(family, 0, parent_answers));
    }
}

/* A client of our own, to say what the transport would never say. */
static void a_message_of_several_frames_is_refused_whole(void **state)
{
    struct family *family = *state;
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_DEALER);
    const uint64_t deadline_ms = real_mono_ms(NULL) + DEADLINE_MS;
    struct division from;
    struct err err;
    bool arrived = false;

    assert_int_equal(socket_prepare_client(socket, &family->children[0].key,
                                           family->parent.key.public, 1024, 0, &err),
                     OK);
    assert_int_equal(socket_connect(socket, transport_zmq_address(family->parent.transport), &err),
                     OK);
    while (zmq_send(socket, "one", 3, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0 &&
           real_mono_ms(NULL) < deadline_ms) {
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
    }
    assert_int_equal(zmq_send(socket, "two", 3, ZMQ_DONTWAIT | ZMQ_SNDMORE), 3);
    assert_int_equal(zmq_send(socket, "three", 5, ZMQ_DONTWAIT), 5);
    assert_int_equal(zmq_send(socket, "whole", 5, ZMQ_DONTWAIT), 5);
    while (!arrived && real_mono_ms(NULL) < deadline_ms) {
        arrived = take(family, &family->parent, &from);
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
    }
    assert_true(arrived);
    assert_memory_equal(family->frame.data, "whole", 5);
    assert_int_equal(transport_zmq_counts(family->parent.transport).refused_shape, 1);
    socket_close(socket);
    (void)zmq_ctx_term(context);
}

enum { FLOOD_PARTS = 640, FLOOD_PART_BYTES = 1 << 20 };

/* Waits for a word of the child, and answers with one message of many parts. */
static void answer_with_flood(void *router)
{
    uint8_t *part = mem_zalloc(FLOOD_PART_BYTES);
    uint8_t id[SOCKET_ID_MAX], word[16];
    const int id_size = zmq_recv(router, id, sizeof id, 0);

    (void)zmq_recv(router, word, sizeof word, 0);
    (void)zmq_send(router, id, (size_t)id_size, ZMQ_SNDMORE);
    for (size_t i = 0; i < FLOOD_PARTS; i++) {
        (void)zmq_send(router, part, FLOOD_PART_BYTES, i + 1 < FLOOD_PARTS ? ZMQ_SNDMORE : 0);
    }
    mem_free(part);
}

static void be_parent(const struct curve_key *key, int tell)
{
    void *context = zmq_ctx_new(), *router = zmq_socket(context, ZMQ_ROUTER);
    const int on = 1;
    char endpoint[SOCKET_ENDPOINT_MAX] = "";
    size_t size = sizeof endpoint;

    (void)zmq_setsockopt(router, ZMQ_CURVE_SERVER, &on, sizeof on);
    (void)zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, key->secret, sizeof key->secret);
    (void)zmq_bind(router, "tcp://127.0.0.1:*");
    (void)zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size);
    if (write(tell, endpoint, sizeof endpoint) == (ssize_t)sizeof endpoint) {
        answer_with_flood(router);
        (void)pause(); /* until the test ends it */
    }
    _exit(0);
}

struct rogue {
    pid_t pid;
    char endpoint[SOCKET_ENDPOINT_MAX];
};

static struct rogue rogue_begin(struct family *family)
{
    struct rogue rogue;
    int tell[2];

    assert_int_equal(pipe(tell), 0);
    rogue.pid = fork();
    assert_int_not_equal(rogue.pid, -1);
    if (rogue.pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        be_parent(&family->parent.key, tell[1]);
    }
    assert_int_equal(read(tell[0], rogue.endpoint, sizeof rogue.endpoint), sizeof rogue.endpoint);
    (void)close(tell[0]);
    (void)close(tell[1]);
    return rogue;
}

static void rogue_end(struct rogue *rogue)
{
    (void)kill(rogue->pid, SIGKILL);
    assert_int_equal(waitpid(rogue->pid, NULL, 0), rogue->pid);
}

/* The child dials it and says its word. */
static void meet_rogue(struct family *family, struct side *child, const struct rogue *rogue)
{
    const uint64_t deadline_ms = real_mono_ms(NULL) + DEADLINE_MS;
    struct err err;

    assert_int_equal(transport_zmq_connect(child->transport, family->parent_code, rogue->endpoint,
                                           family->parent.key.public, &err),
                     OK);
    while (!give(child, family->parent_code, "up")) {
        assert_true(real_mono_ms(NULL) < deadline_ms);
        transport_zmq_wait(child->transport, NULL, 0, TURN_MS);
    }
}

static void a_parents_message_without_end_costs_it_the_link(void **state)
{
    struct family *family = *state;
    struct side child = {.transport = NULL};
    const struct transport_zmq_config config = {.key = &family->children[0].key,
                                                .clock = &clock_real,
                                                .memory_bytes = 16 << 20,
                                                .admit = admit,
                                                .still = still,
                                                .arg = family};
    struct rogue rogue = rogue_begin(family);
    const uint64_t deadline_ms = real_mono_ms(NULL) + DEADLINE_MS;
    struct division from, ended;
    struct err err;

    assert_int_equal(transport_zmq_open(&child.transport, &config, &err), OK);
    child.seam = transport_zmq_seam(child.transport);
    meet_rogue(family, &child, &rogue);
    while (transport_zmq_counts(child.transport).redials == 0) {
        assert_true(real_mono_ms(NULL) < deadline_ms);
        assert_false(take(family, &child, &from));
        assert_int_equal(transport_zmq_counts(child.transport).refused_shape,
                         0); /* not to its end */
        transport_zmq_wait(child.transport, NULL, 0, TURN_MS);
    }
    assert_true(child.seam.ops->ended(child.seam.self, &ended));
    assert_string_equal(ended.code, family->parent_code.code);
    transport_zmq_close(child.transport);
    rogue_end(&rogue);
}

static bool parent_is_told(struct family *family, int child)
{
    struct division ended;

    if (!family->parent.seam.ops->ended(family->parent.seam.self, &ended)) {
        return false;
    }
    assert_string_equal(ended.code, family->codes[child].code);
    return true;
}

static bool child_is_told(struct family *family, int child)
{
    struct side *side = &family->children[child];
    struct division ended;

    if (!side->seam.ops->ended(side->seam.self, &ended)) {
        return false;
    }
    assert_string_equal(ended.code, family->parent_code.code);
    return true;
}

/* The other side is closed: only one loop is turned. */
static bool told_in_time(struct family *family, struct side *side, int child, condition_fn *told)
{
    const uint64_t deadline_ms = real_mono_ms(NULL) + DEADLINE_MS;

    while (!told(family, child)) {
        if (real_mono_ms(NULL) >= deadline_ms) {
            return false;
        }
        transport_zmq_wait(side->transport, NULL, 0, TURN_MS);
    }
    return true;
}

/* No ping need be missed for it: whoever is gone is named at once, and nobody else. */
static void a_connection_that_ends_is_told_with_its_neighbour(void **state)
{
    struct family *family = *state;

    join(family, 0);
    join(family, 1);
    assert_false(parent_is_told(family, 0));
    transport_zmq_close(family->children[1].transport);
    family->children[1].transport = NULL;
    assert_true(told_in_time(family, &family->parent, 1, parent_is_told));
    assert_false(parent_is_told(family, 1)); /* once */
    assert_false(give(&family->parent, family->codes[1], "down"));
    assert_true(give(&family->parent, family->codes[0], "down"));
    assert_true(turn_until(family, 0, child_hears));

    assert_false(child_is_told(family, 0));
    transport_zmq_close(family->parent.transport);
    family->parent.transport = NULL;
    assert_true(told_in_time(family, &family->children[0], 0, child_is_told));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_connection_that_ends_is_told_with_its_neighbour),
        STORY(a_frame_above_the_limit_never_arrives),
        STORY(a_full_queue_says_so_and_loses_nothing),
        STORY(nobody_there_is_false_and_never_waits),
        STORY(the_newest_connection_is_where_answers_go),
        STORY(a_message_of_several_frames_is_refused_whole),
        STORY(a_parents_message_without_end_costs_it_the_link),
    };

    return cmocka_run_group_tests_name("transport_zmq", tests, NULL, NULL);
}
