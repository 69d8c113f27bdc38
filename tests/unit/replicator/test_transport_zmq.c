/* The ZeroMQ door, over real sockets on loopback: who gets in, and what happens to a frame that
 * cannot be sent or may not be said. Every wait is for a condition, with a deadline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "proto/frame.h"
#include "replicator/zmq/call_zmq.h"
#include "replicator/zmq/connection_rate.h"
#include "replicator/zmq/enrol_zmq.h"
#include "replicator/zmq/guard_zmq.h"
#include "replicator/zmq/probe_zmq.h"

enum {
    DEADLINE_MS = 60000,
    TURN_MS = 5,
    REDIAL_MS = 400,
    CHILDREN = 3,
    OPTION_ZAP_ENFORCE_DOMAIN = 93
};

/* --- a parent and its children in one process --- */

static uint64_t real_mono_ms(void *self)
{
    struct timespec now;

    (void)self;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t some_random(void *self)
{
    (void)self;
    return 0; /* the shortest redial */
}

static const struct clock clock_real = {
    .mono_ms = real_mono_ms, .unix_ms = real_mono_ms, .random = some_random};

struct side {
    struct transport_zmq *transport;
    struct transport seam;
    struct curve_key key;
};

struct family {
    struct side parent, children[CHILDREN];
    struct division parent_code, codes[CHILDREN];
    bool enrolled[CHILDREN], revoked[CHILDREN], former[CHILDREN];
    struct buf frame;
};

static bool admit(void *arg, const uint8_t curve_key[32], struct division *who)
{
    const struct family *family = arg;

    for (int i = 0; i < CHILDREN; i++) {
        if (family->enrolled[i] && !family->revoked[i] &&
            memcmp(curve_key, family->children[i].key.public, 32) == 0) {
            *who = family->codes[i];
            return true;
        }
    }
    return false;
}

/* The key of a former child is over, and he is told so. */
static bool visits(void *arg, const uint8_t curve_key[32], struct division *who)
{
    const struct family *family = arg;

    for (int i = 0; i < CHILDREN; i++) {
        if (family->former[i] && memcmp(curve_key, family->children[i].key.public, 32) == 0) {
            *who = family->codes[i];
            return true;
        }
    }
    return false;
}

static bool still(void *arg, const uint8_t curve_key[32], struct division who)
{
    struct division now;

    return admit(arg, curve_key, &now) && division_equal(now, who);
}

static void open_side(struct side *side, struct family *family, size_t frame_bytes_max)
{
    const struct transport_zmq_config config = {
        .key = &side->key,
        .clock = &clock_real,
        .frame_bytes_max = frame_bytes_max,
        .redial_ms = REDIAL_MS,
        .admit = admit,
        .visits = visits,
        .still = still,
        .arg = family,
    };
    struct err err;

    curve_key_generate(&side->key);
    assert_int_equal(transport_zmq_open(&side->transport, &config, &err), OK);
    side->seam = transport_zmq_seam(side->transport);
}

static void dial(struct family *family, int child)
{
    struct err err;

    if (transport_zmq_connect(family->children[child].transport, family->parent_code,
                              transport_zmq_address(family->parent.transport),
                              family->parent.key.public, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

static int set_up(void **state)
{
    static const char *const codes[CHILDREN] = {"540121", "540122", "540123"};
    struct family *family = mem_zalloc(sizeof *family);
    struct err err;

    assert_int_equal(crypto_init(&err), OK);
    family->parent_code = division_of("540100");
    open_side(&family->parent, family, 0);
    for (int i = 0; i < CHILDREN; i++) {
        family->codes[i] = division_of(codes[i]);
        family->enrolled[i] = true;
        open_side(&family->children[i], family, 2 * FRAME_BYTES_MAX);
    }
    if (transport_zmq_listen(family->parent.transport, "tcp://127.0.0.1:0", &err) != OK) {
        fail_msg("%s", err.text);
    }
    *state = family;
    return 0;
}

static int tear_down(void **state)
{
    struct family *family = *state;

    for (int i = 0; i < CHILDREN; i++) {
        transport_zmq_close(family->children[i].transport);
    }
    transport_zmq_close(family->parent.transport);
    buf_free(&family->frame);
    mem_free(family);
    return 0;
}

static bool give(struct side *side, struct division to, const char *text)
{
    return side->seam.ops->send(side->seam.self, to, bytes_text(text));
}

static bool take(struct family *family, struct side *side, struct division *from)
{
    return side->seam.ops->receive(side->seam.self, from, &family->frame);
}

/* Turns both loops until `done` says so. */
typedef bool condition_fn(struct family *family, int child);

static bool turn_until(struct family *family, int child, condition_fn *done)
{
    const uint64_t deadline_ms = real_mono_ms(NULL) + DEADLINE_MS;

    while (real_mono_ms(NULL) < deadline_ms) {
        if (done(family, child)) {
            return true;
        }
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
        transport_zmq_wait(family->children[child].transport, NULL, 0, 0);
    }
    return false;
}

static bool child_can_send(struct family *family, int child)
{
    return give(&family->children[child], family->parent_code, "up");
}

static bool parent_hears(struct family *family, int child)
{
    struct division from;

    return take(family, &family->parent, &from) && division_equal(from, family->codes[child]);
}

static bool child_hears(struct family *family, int child)
{
    struct division from;

    return take(family, &family->children[child], &from) &&
           division_equal(from, family->parent_code);
}

static bool parent_refused_a_key(struct family *family, int child)
{
    (void)child;
    return transport_zmq_counts(family->parent.transport).refused_keys > 1; /* 1: the self-test */
}

static void join(struct family *family, int child)
{
    dial(family, child);
    assert_true(turn_until(family, child, child_can_send));
    assert_true(turn_until(family, child, parent_hears));
}

/* --- who gets in --- */

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

/* --- the ways in which CURVE fails open, and that the self-test sees each of them --- */

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

/* --- what happens to frames --- */

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

/* --- who comes with a key that is over --- */

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
    assert_true(turn_until(family, 0, child_can_send)); /* its link was cut, and comes back */
    assert_true(turn_until(family, 0, parent_hears));
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

/* --- a parent that means ill: a process of its own, so that what it holds is not ours --- */

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

/* --- enrolment --- */

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

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* --- connections that end --- */

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
        STORY(an_enrolled_key_speaks_for_its_division),
        STORY(a_stranger_is_refused_counted_and_listed),
        STORY(the_list_of_refused_keys_keeps_the_newest),
        STORY(a_quiet_node_is_looked_at_rarely),
        STORY(who_floods_again_is_shut_again),
        STORY(who_connects_again_and_again_is_turned_away),
        STORY(a_child_refused_at_first_gets_in_once_it_is_enrolled),
        STORY(a_link_comes_back_after_something_else_answered_in_its_place),
        STORY(a_child_that_dialled_the_wrong_key_says_nothing),
        STORY(the_self_test_sees_every_way_of_failing_open),
        STORY(a_node_whose_key_check_admits_everybody_does_not_start),
        STORY(the_self_test_is_quick),
        STORY(a_taken_address_is_named_with_the_cure),
        STORY(a_listener_on_every_address_tests_itself_too),
        STORY(what_is_no_endpoint_is_said_to_be_none),
        STORY(a_connection_that_ends_is_told_with_its_neighbour),
        STORY(a_revoked_child_is_dropped_in_the_middle_of_its_session),
        STORY(a_former_key_is_answered_and_is_nobodys_link),
        STORY(who_is_shut_out_knows_it),
        STORY(a_call_is_one_word_and_one_answer),
        cmocka_unit_test(visits_wait_in_little_room),
        STORY(a_connection_under_a_replaced_key_is_dropped_too),
        STORY(a_frame_above_the_limit_never_arrives),
        STORY(a_full_queue_says_so_and_loses_nothing),
        STORY(nobody_there_is_false_and_never_waits),
        STORY(the_newest_connection_is_where_answers_go),
        STORY(a_message_of_several_frames_is_refused_whole),
        STORY(a_parents_message_without_end_costs_it_the_link),
        STORY(any_key_may_ask_to_be_enrolled_and_is_answered),
        STORY(a_key_that_may_ask_for_enrolment_still_gets_no_link),
        STORY(attempts_over_the_limit_are_dropped),
        STORY(a_request_that_nobody_answers_names_the_endpoint),
    };

    return cmocka_run_group_tests_name("transport_zmq", tests, NULL, NULL);
}
