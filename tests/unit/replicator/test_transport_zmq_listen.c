/* Listening at the ZeroMQ door: the ways in which CURVE fails open, each of which the self-test
 * sees, and addresses that cannot be had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "proto/frame.h"
#include "replicator/zmq/probe_zmq.h"
#include "tests/unit/replicator/zmq_family.h"

static enum status prepare_without_enforcement(void *socket, const struct curve_key *key,
                                               const char *domain, size_t message_bytes_max,
                                               struct err *err)
{
    const int off = 0;
    const enum status status = socket_prepare_server(socket, key, domain, message_bytes_max, err);

    (void)zmq_setsockopt(socket, OPTION_ZAP_ENFORCE_DOMAIN, &off, sizeof off);
    return status;
}

/* By hand: a domain once set cannot be taken back. */
static enum status prepare_without_domain(void *socket, const struct curve_key *key,
                                          const char *domain, size_t message_bytes_max,
                                          struct err *err)
{
    const int on = 1;

    (void)domain;
    (void)message_bytes_max;
    (void)err;
    assert_int_equal(zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof on), 0);
    assert_int_equal(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, key->secret, 32), 0);
    assert_int_equal(zmq_setsockopt(socket, OPTION_ZAP_ENFORCE_DOMAIN, &on, sizeof on), 0);
    return OK;
}

static void the_self_test_sees_every_way_of_failing_open(void **state)
{
    static const struct {
        const char *name;
        socket_prepare_fn *prepare;
        enum status want;
    } cases[] = {
        {"as ours are", socket_prepare_server, OK},
        {"domain not enforced", prepare_without_enforcement, ERR_REFUSED},
        {"no domain to enforce", prepare_without_domain, ERR_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        const enum status got = probe_without_handler(cases[i].prepare, &clock_real, &err);
        if (got != cases[i].want) {
            fail_msg("%s: %s (%s)", cases[i].name, status_name(got), err.text);
        }
    }
}

static bool admit_all(void *arg, const uint8_t curve_key[32], struct division *who)
{
    (void)arg;
    (void)curve_key;
    *who = division_of("540121");
    return true;
}

static void a_node_whose_key_check_admits_everybody_does_not_start(void **state)
{
    struct family *family = *state;
    const struct transport_zmq_config config = {
        .key = &family->parent.key,
        .clock = &clock_real,
        .admit = admit_all,
        .still = still,
        .arg = family,
    };
    struct transport_zmq *open_house;
    struct err err;

    assert_int_equal(transport_zmq_open(&open_house, &config, &err), OK);
    assert_int_equal(transport_zmq_listen(open_house, "tcp://127.0.0.1:0", &err), ERR_REFUSED);
    assert_non_null(strstr(err.text, "stranger_admitted"));
    assert_string_equal(transport_zmq_address(open_house), "");
    transport_zmq_close(open_house);
}

/* As fast again, and some: the wait for an answer ends soon behind the first handshake. */
static uint64_t read_hurried(void *self)
{
    return real_mono_ms(self) * 14 / 5;
}

/* The connection stands, and then nobody says anything. The library ends the handshake when its
 * time is over, which looks as a refusal does; nobody has refused. */
static void a_handshake_that_nobody_ends_is_no_refusal(void **state)
{
    const struct clock hurried = {.mono_ms = read_hurried, .unix_ms = read_hurried};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int mute = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t size = sizeof address;
    struct curve_key key;
    char bound[64];
    struct err err;

    (void)state;
    curve_key_generate(&key);
    assert_int_equal(bind(mute, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(mute, 8), 0);
    assert_int_equal(getsockname(mute, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(bound, sizeof bound, "tcp://127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(probe_listener(NULL, bound, key.public, &hurried, &err), ERR_IO);
    if (strstr(err.text, "self_test_timed_out") == NULL) {
        fail_msg("%s", err.text);
    }
    (void)close(mute);
}

static void the_self_test_is_quick(void **state)
{
    struct family *family = *state;
    const uint64_t begun_ms = real_mono_ms(NULL);
    struct err err;

    assert_int_equal(transport_zmq_listen(family->children[0].transport, "tcp://127.0.0.1:0", &err),
                     OK);
    assert_in_range(real_mono_ms(NULL) - begun_ms, 0, 1000); /* 300 without a sanitizer */
}

static void a_taken_address_is_named_with_the_cure(void **state)
{
    struct family *family = *state;
    const char *address = transport_zmq_address(family->parent.transport);
    struct err err;

    assert_int_equal(transport_zmq_listen(family->children[0].transport, address, &err), ERR_BUSY);
    assert_non_null(strstr(err.text, address));
    assert_non_null(strstr(err.text, "address_taken"));
}

static void a_listener_on_every_address_tests_itself_too(void **state)
{
    static const char *const anywhere[] = {"tcp://*:0", "tcp://0.0.0.0:*"};
    struct family *family = *state;

    for (size_t i = 0; i < COUNT_OF(anywhere); i++) {
        struct side *side = &family->children[i];
        struct err err;
        if (transport_zmq_listen(side->transport, anywhere[i], &err) != OK) {
            fail_msg("%s: %s", anywhere[i], err.text);
        }
    }
}

static void what_is_no_endpoint_is_said_to_be_none(void **state)
{
    static const char *const wrong[] = {
        "",           "127.0.0.1:7400",  "ipc:///tmp/x",
        "inproc://x", "tcp://127.0.0.1", "tcp://127.0.0.1:99999999"};
    struct family *family = *state;

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct err err;
        if (transport_zmq_listen(family->children[0].transport, wrong[i], &err) != ERR_CONFIG) {
            fail_msg("\"%s\": %s", wrong[i], err.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(the_self_test_sees_every_way_of_failing_open),
        STORY(a_node_whose_key_check_admits_everybody_does_not_start),
        STORY(a_handshake_that_nobody_ends_is_no_refusal),
        STORY(the_self_test_is_quick),
        STORY(a_taken_address_is_named_with_the_cure),
        STORY(a_listener_on_every_address_tests_itself_too),
        STORY(what_is_no_endpoint_is_said_to_be_none),
    };

    return cmocka_run_group_tests_name("transport_zmq", tests, NULL, NULL);
}
