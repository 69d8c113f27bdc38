/* Who gets in at the ZeroMQ door, who is turned away, and what is told of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/frame.h"
#include "replicator/zmq/connection_rate.h"
#include "replicator/zmq/guard_zmq.h"
#include "replicator/zmq/refused_keys.h"
#include "tests/unit/replicator/zmq_family.h"

static void an_enrolled_key_speaks_for_its_division(void **state)
{
    struct family *family = *state;

    for (int i = 0; i < CHILDREN; i++) {
        join(family, i);
        assert_int_equal(family->frame.size, 2);
        assert_true(give(&family->parent, family->codes[i], "down"));
        assert_true(turn_until(family, i, child_hears));
        assert_memory_equal(family->frame.data, "down", 4);
    }
}

static void a_stranger_is_refused_counted_and_listed(void **state)
{
    struct family *family = *state;
    const struct refused_keys *refused;

    family->enrolled[0] = false;
    dial(family, 0);
    assert_true(turn_until(family, 0, parent_refused_a_key));
    assert_false(child_can_send(family, 0));
    assert_false(parent_hears(family, 0));
    assert_false(give(&family->parent, family->codes[0], "down"));
    refused = transport_zmq_refused_keys(family->parent.transport);
    assert_int_equal(refused->count, 1); /* the self-test knocks too, but is no news */
    assert_memory_equal(refused->rows[0].key, family->children[0].key.public, REFUSED_KEY_PREFIX);
    assert_string_equal(refused->rows[0].address, "127.0.0.1");
    assert_int_equal(refused->rows[0].reason, ERR_REFUSED);
    assert_true(refused->rows[0].count > 0);
}

static void the_list_of_refused_keys_keeps_the_newest(void **state)
{
    struct refused_keys keys = {.count = 0};
    uint8_t key[32] = {0};

    (void)state;
    for (unsigned i = 0; i < REFUSED_KEYS_MAX + 2; i++) {
        key[0] = (uint8_t)i;
        refused_keys_note(&keys, key, "10.0.0.1", ERR_REFUSED, 1000 + i);
    }
    assert_int_equal(keys.count, REFUSED_KEYS_MAX);
    assert_int_equal(keys.rows[0].key[0], REFUSED_KEYS_MAX + 1);
    assert_int_equal(keys.rows[REFUSED_KEYS_MAX - 1].key[0], 2);
    key[0] = 2; /* the oldest again is one row, and now the newest */
    refused_keys_note(&keys, key, "10.0.0.1", ERR_REFUSED, 9000);
    assert_int_equal(keys.rows[0].key[0], 2);
    assert_int_equal(keys.rows[0].count, 2);
    assert_int_equal(keys.rows[0].first_unix_ms, 1002);
    assert_int_equal(keys.rows[0].unix_ms, 9000);
    assert_int_equal(keys.rows[REFUSED_KEYS_MAX - 1].key[0], 3);
    refused_keys_note(&keys, key, "10.0.0.2", ERR_REFUSED, 9001); /* from elsewhere: another row */
    assert_string_equal(keys.rows[1].address, "10.0.0.1");
}

static void a_quiet_node_is_looked_at_rarely(void **state)
{
    const uint64_t now_ms = 1000000;
    struct guard guard;
    int taken;

    (void)state;
    guard_init(&guard, 0);
    assert_int_equal(guard_look(&guard, now_ms), GUARD_NOTHING);
    assert_int_equal(guard_wait_ms(&guard, now_ms), GUARD_QUIET_MS);
    taken = dup(STDIN_FILENO); /* as a connection that says nothing */
    assert_int_equal(guard_look(&guard, now_ms + GUARD_QUIET_MS), GUARD_NOTHING);
    assert_int_equal(guard_wait_ms(&guard, now_ms + GUARD_QUIET_MS), GUARD_EVERY_MS);
    assert_int_equal(guard_wait_ms(&guard, now_ms + GUARD_QUIET_MS + GUARD_STIR_MS),
                     GUARD_QUIET_MS);
    guard_stir(&guard, now_ms + 60000);
    assert_int_equal(guard_wait_ms(&guard, now_ms + 60000), GUARD_EVERY_MS);
    (void)close(taken);
}

static void *take_memory(size_t size)
{
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    assert_ptr_not_equal(memory, MAP_FAILED);
    return memory;
}

/* Whose links are shut for what they hold, and comes back with as much, finds no ten seconds. */
static void who_floods_again_is_shut_again(void **state)
{
    enum { ALLOWED = 8 << 20, TAKEN = 4 * ALLOWED };
    uint64_t now_ms = 1000000;
    struct guard guard;
    void *memory;

    (void)state;
    guard_init(&guard, ALLOWED);
    assert_int_equal(guard_look(&guard, now_ms), GUARD_NOTHING);
    memory = take_memory(TAKEN);
    assert_int_equal(guard_look(&guard, now_ms += GUARD_EVERY_MS), GUARD_SHUT_ENROL);
    assert_int_equal(guard_look(&guard, now_ms += GUARD_EVERY_MS), GUARD_SHUT_LINKS);
    assert_int_equal(guard_look(&guard, now_ms += GUARD_EVERY_MS), GUARD_NOTHING); /* no help yet */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(munmap(memory, TAKEN), 0);
        assert_int_equal(guard_look(&guard, now_ms += GUARD_EVERY_MS), GUARD_NOTHING);
        memory = take_memory(TAKEN);
        assert_int_equal(guard_look(&guard, now_ms += GUARD_EVERY_MS), GUARD_SHUT_LINKS);
    }
    assert_int_equal(munmap(memory, TAKEN), 0);
}

static bool parent_turned_one_away(struct family *family, int child)
{
    const struct refused_keys *refused = transport_zmq_refused_keys(family->parent.transport);

    (void)child;
    return refused->count > 0 && refused->rows[0].reason == ERR_LIMIT;
}

static void who_connects_again_and_again_is_turned_away(void **state)
{
    struct family *family = *state;
    const uint64_t deadline_ms = real_mono_ms(NULL) + DEADLINE_MS;
    bool version_mismatch = false;

    for (int i = 0; real_mono_ms(NULL) < deadline_ms && !version_mismatch; i++) {
        const uint64_t until_ms = real_mono_ms(NULL) + 60 + (uint64_t)i; /* to get through */

        dial(family, 0);
        while (real_mono_ms(NULL) < until_ms && !version_mismatch) {
            transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
            version_mismatch = parent_turned_one_away(family, 0);
        }
        assert_true(!version_mismatch || i >= CONNECTIONS_BURST); /* a burst is nobody's fault */
    }
    assert_true(version_mismatch);
    join(family, 1);                                    /* others are not in it */
    assert_true(turn_until(family, 0, child_can_send)); /* nor it, a little later */
}

static void a_child_refused_at_first_gets_in_once_it_is_enrolled(void **state)
{
    struct family *family = *state;

    family->enrolled[0] = false;
    dial(family, 0);
    assert_true(turn_until(family, 0, parent_refused_a_key));
    family->enrolled[0] = true;
    assert_true(turn_until(family, 0, child_can_send));
    assert_true(turn_until(family, 0, parent_hears));
}

/* While the parent is down, some other program has its port for a moment. */
static int answer_as_something_else(int listener, const char *words, size_t size)
{
    const int fd = accept(listener, NULL, NULL);
    char greeting[64];

    assert_true(fd >= 0);
    assert_int_equal(read(fd, greeting, 1), 1);
    assert_int_equal(write(fd, words, size), size);
    return fd;
}

static void a_link_comes_back_after_something_else_answered_in_its_place(void **state)
{
    static const char http[] = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
                               "Content-Length: 0\r\nConnection: close\r\n\r\n";
    struct family *family = *state;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct side *parent = &family->children[1]; /* takes the parent's place and key later */
    char endpoint[64];
    struct err err;
    int fd;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(transport_zmq_connect(family->children[0].transport, family->parent_code,
                                           endpoint, parent->key.public, &err),
                     OK);
    fd = answer_as_something_else(listener, http, sizeof http - 1);
    assert_int_equal(close(listener), 0);
    while (recv(fd, endpoint + 60, 1, 0) > 0) { /* until the child has hung up */
    }
    (void)close(fd);
    if (transport_zmq_listen(parent->transport, endpoint, &err) != OK) {
        fail_msg("%s", err.text);
    }
    {
        struct side former = family->parent;
        family->parent = *parent;
        assert_true(turn_until(family, 0, child_can_send));
        assert_true(turn_until(family, 0, parent_hears));
        family->parent = former;
    }
}

static void a_child_that_dialled_the_wrong_key_says_nothing(void **state)
{
    struct family *family = *state;
    struct curve_key other;
    struct err err;
    const uint64_t until_ms = real_mono_ms(NULL) + 500;

    curve_key_generate(&other);
    assert_int_equal(transport_zmq_connect(family->children[0].transport, family->parent_code,
                                           transport_zmq_address(family->parent.transport),
                                           other.public, &err),
                     OK);
    while (real_mono_ms(NULL) < until_ms) { /* an absence has no condition to wait for */
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
        assert_false(child_can_send(family, 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(an_enrolled_key_speaks_for_its_division),
        STORY(a_stranger_is_refused_counted_and_listed),
        STORY(the_list_of_refused_keys_keeps_the_newest),
        STORY(a_quiet_node_is_looked_at_rarely),
        STORY(who_floods_again_is_shut_again),
        STORY(who_connects_again_and_again_is_turned_away),
        STORY(a_child_refused_at_first_gets_in_once_it_is_enrolled),
        STORY(a_link_comes_back_after_something_else_answered_in_its_place),
        STORY(a_child_that_dialled_the_wrong_key_says_nothing),
    };

    return cmocka_run_group_tests_name("transport_zmq", tests, NULL, NULL);
}
