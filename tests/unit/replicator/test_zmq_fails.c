/* The ZeroMQ door over a library of which one call fails. Whichever call of setting up that is:
 * whoever asked is told, nothing stands half prepared, and nothing that was opened is left open.
 * Then what the key check answers to questions that no library of ours would ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>
#include <zmq.h>

#include "replicator/zmq/call_zmq.h"
#include "replicator/zmq/enrol_zmq.h"
#include "replicator/zmq/probe_zmq.h"
#include "replicator/zmq/zap_zmq.h"
#include "tests/unit/replicator/zmq_family.h"

/* --- the library, of which one call fails (linked with --wrap) --- */

enum { NEVER = -1 };

static struct failing {
    int at, calls; /* which one fails; how many there were */
    int error;
    int open; /* contexts and sockets that were not closed */
} failing;

static void begin_failing(int at)
{
    failing = (struct failing){.at = at, .error = EMFILE};
}

static bool fails(void)
{
    if (failing.calls++ != failing.at) {
        return false;
    }
    errno = failing.error;
    return true;
}

void *__real_zmq_ctx_new(void);
void *__wrap_zmq_ctx_new(void);
void *__wrap_zmq_ctx_new(void)
{
    void *context = fails() ? NULL : __real_zmq_ctx_new();

    failing.open += context != NULL;
    return context;
}

int __real_zmq_ctx_term(void *context);
int __wrap_zmq_ctx_term(void *context);
int __wrap_zmq_ctx_term(void *context)
{
    failing.open--;
    return __real_zmq_ctx_term(context);
}

void *__real_zmq_socket(void *context, int type);
void *__wrap_zmq_socket(void *context, int type);
void *__wrap_zmq_socket(void *context, int type)
{
    void *socket = fails() ? NULL : __real_zmq_socket(context, type);

    failing.open += socket != NULL;
    return socket;
}

int __real_zmq_close(void *socket);
int __wrap_zmq_close(void *socket);
int __wrap_zmq_close(void *socket)
{
    failing.open--;
    return __real_zmq_close(socket);
}

int __real_zmq_setsockopt(void *socket, int option, const void *value, size_t size);
int __wrap_zmq_setsockopt(void *socket, int option, const void *value, size_t size);
int __wrap_zmq_setsockopt(void *socket, int option, const void *value, size_t size)
{
    return fails() ? -1 : __real_zmq_setsockopt(socket, option, value, size);
}

int __real_zmq_getsockopt(void *socket, int option, void *value, size_t *size);
int __wrap_zmq_getsockopt(void *socket, int option, void *value, size_t *size);
int __wrap_zmq_getsockopt(void *socket, int option, void *value, size_t *size)
{
    return fails() ? -1 : __real_zmq_getsockopt(socket, option, value, size);
}

int __real_zmq_bind(void *socket, const char *address);
int __wrap_zmq_bind(void *socket, const char *address);
int __wrap_zmq_bind(void *socket, const char *address)
{
    return fails() ? -1 : __real_zmq_bind(socket, address);
}

int __real_zmq_connect(void *socket, const char *address);
int __wrap_zmq_connect(void *socket, const char *address);
int __wrap_zmq_connect(void *socket, const char *address)
{
    return fails() ? -1 : __real_zmq_connect(socket, address);
}

int __real_zmq_socket_monitor(void *socket, const char *address, int events);
int __wrap_zmq_socket_monitor(void *socket, const char *address, int events);
int __wrap_zmq_socket_monitor(void *socket, const char *address, int events)
{
    const bool begins = address != NULL;

    return begins && fails() ? -1 : __real_zmq_socket_monitor(socket, address, events);
}

/* --- what is set up --- */

static struct curve_key own, parents;

static bool admit_nobody(void *arg, const uint8_t curve_key[32], struct division *who)
{
    (void)arg;
    (void)curve_key;
    (void)who;
    return false;
}

static bool is_still_nobody(void *arg, const uint8_t curve_key[32], struct division who)
{
    (void)arg;
    (void)curve_key;
    (void)who;
    return false;
}

static enum status open_door(struct transport_zmq **out, struct err *err)
{
    const struct transport_zmq_config config = {
        .key = &own, .clock = &clock_real, .admit = admit_nobody, .still = is_still_nobody};

    return transport_zmq_open(out, &config, err);
}

static struct transport_zmq *a_door(void)
{
    struct transport_zmq *transport;
    struct err err;

    assert_int_equal(open_door(&transport, &err), OK);
    return transport;
}

typedef enum status task_fn(struct transport_zmq *transport, struct err *err);

static enum status open_it(struct transport_zmq *transport, struct err *err)
{
    struct transport_zmq *another;
    const enum status status = open_door(&another, err);

    (void)transport;
    assert_true((status == OK) == (another != NULL));
    transport_zmq_close(another);
    return status;
}

static enum status listen_once(struct transport_zmq *transport, struct err *err)
{
    return transport_zmq_listen(transport, "tcp://127.0.0.1:0", err);
}

static enum status listen_beside(struct transport_zmq *transport, struct err *err)
{
    return transport_zmq_listen_beside(transport, "tcp://127.0.0.1:0", &parents, err);
}

static enum status dial_parent(struct transport_zmq *transport, struct err *err)
{
    return transport_zmq_connect(transport, division_of("540000"), "tcp://127.0.0.1:1",
                                 parents.public, err);
}

static enum status dial_ancestor(struct transport_zmq *transport, struct err *err)
{
    return transport_zmq_connect_beside(transport, division_of("540000"), "tcp://127.0.0.1:1",
                                        parents.public, err);
}

static enum status open_enrolment(struct transport_zmq *transport, struct err *err)
{
    struct enrol_zmq *enrol;
    const enum status status =
        enrol_zmq_open(&enrol, transport, &own, &clock_real, "tcp://127.0.0.1:0", err);

    assert_true((status == OK) == (enrol != NULL));
    enrol_zmq_close(enrol);
    return status;
}

static enum status make_a_call(struct transport_zmq *transport, struct err *err)
{
    struct call_zmq call = {.transport = transport};
    struct buf frame = BUF_EMPTY, answer = BUF_EMPTY;
    enum status status;

    buf_append_bytes(&frame, bytes_text("a word"));
    status = call_open(&call, "tcp://127.0.0.1:1", parents.public, &clock_real, &frame, err);
    if (status == OK) {
        const uint64_t now_ms = call.begun_ms;

        assert_int_equal(call_step(&call, now_ms, &answer), CALL_WAITS);
        assert_int_equal(call_next_ms(&call, now_ms), now_ms + CALL_LOOK_MS);
        assert_int_equal(call_step(&call, now_ms + CALL_PATIENCE_MS, &answer), CALL_FAILED);
    }
    assert_int_equal(call_step(&call, 0, &answer), CALL_NONE);
    assert_int_equal(call_next_ms(&call, 0), UINT64_MAX);
    call_close(&call);
    buf_free(&frame);
    buf_free(&answer);
    return status;
}

/* Nobody listens there: it would wait, and say so. */
static enum status ask_to_enrol(struct transport_zmq *transport, struct err *err)
{
    struct token token = {.parent = division_of("540000"), .endpoint = "tcp://127.0.0.1:1"};
    struct buf answer = BUF_EMPTY;
    enum status status;

    (void)transport;
    memcpy(token.curve_key, parents.public, sizeof token.curve_key);
    status = enrol_zmq_request(&token, &own, bytes_text("let me in"), &answer, 1, 10, err);
    buf_free(&answer);
    return status == ERR_UNREACHABLE ? OK : status;
}

static int count_calls(task_fn *task)
{
    struct transport_zmq *transport = a_door();
    struct err err;

    begin_failing(NEVER);
    if (task(transport, &err) != OK) {
        fail_msg("%s", err.text);
    }
    transport_zmq_close(transport);
    return failing.calls;
}

static void each_that_fails_is_told(void **state)
{
    static const struct {
        const char *name;
        task_fn *task;
    } tasks[] = {
        {"open", open_it},
        {"listen", listen_once},
        {"dial", dial_parent},
        {"dial beside", dial_ancestor},
        {"enrolment", open_enrolment},
        {"call", make_a_call},
        {"request", ask_to_enrol},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        const int calls = count_calls(tasks[i].task);

        for (int at = 0; at < calls; at++) {
            struct transport_zmq *transport;
            struct err err = {0};
            enum status status;

            begin_failing(NEVER);
            transport = a_door();
            failing.calls = 0;
            failing.at = at;
            status = tasks[i].task(transport, &err);
            failing.at = NEVER;
            if (status == OK || err.text[0] == '\0') {
                fail_msg("%s: call %d of %d failed, and nobody is told", tasks[i].name, at, calls);
            }
            assert_true(status == ERR_IO || status == ERR_CONFIG);
            if (at % 8 == 0) { /* nothing of it stands in the way of the next attempt */
                assert_int_equal(tasks[i].task(transport, &err), OK);
            }
            transport_zmq_close(transport);
            if (failing.open != 0) {
                fail_msg("%s: call %d of %d failed, %d left open", tasks[i].name, at, calls,
                         failing.open);
            }
        }
    }
}

/* The first listener stands; the one beside it cannot be had, and it is told. */
static void a_second_listener_that_fails_leaves_the_first(void **state)
{
    struct transport_zmq *transport = a_door();
    char address[SOCKET_ENDPOINT_MAX];
    struct err err;

    (void)state;
    begin_failing(NEVER);
    assert_int_equal(listen_once(transport, &err), OK);
    (void)snprintf(address, sizeof address, "%s", transport_zmq_address(transport));
    failing.calls = 0;
    failing.at = 30;
    assert_int_not_equal(listen_beside(transport, &err), OK);
    failing.at = NEVER;
    assert_string_equal(transport_zmq_address(transport), address);
    assert_int_equal(listen_beside(transport, &err), OK);
    transport_zmq_close(transport);
}

static void why_an_address_cannot_be_had_is_told(void **state)
{
    static const struct {
        int error;
        enum status status;
        const char *reason;
    } cases[] = {
        {EADDRINUSE, ERR_BUSY, "address_taken"},
        {EACCES, ERR_CONFIG, "address_not_permitted"},
        {ENODEV, ERR_IO, "address_elsewhere"},
        {EADDRNOTAVAIL, ERR_IO, "address_elsewhere"},
        {EINVAL, ERR_CONFIG, "address_malformed"},
        {EPROTONOSUPPORT, ERR_CONFIG, "address_malformed"},
        {ENOCOMPATPROTO, ERR_CONFIG, "address_malformed"},
        {ENOMEM, ERR_IO, "listen_failed"},
    };
    void *context = zmq_ctx_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        void *socket = zmq_socket(context, ZMQ_ROUTER);
        char bound[SOCKET_ENDPOINT_MAX];
        struct err err;

        begin_failing(0);
        failing.error = cases[i].error;
        assert_int_equal(socket_bind(socket, "tcp://127.0.0.1:0", bound, &err), cases[i].status);
        assert_memory_equal(err.text, cases[i].reason, strlen(cases[i].reason));
        assert_string_equal(bound, "");
        socket_close(socket);
    }
    begin_failing(NEVER);
    (void)zmq_ctx_term(context);
}

static void what_is_no_address_is_neither_bound_nor_dialled(void **state)
{
    static const char *const bad[] = {
        "",
        "tcp://",
        "tcp://:",
        "tcp://h",
        "ipc:///tmp/door:1",
        "inproc://door:1",
        "tcp://127.0.0.1:",
        "tcp://127.0.0.1:a",
        "tcp://127.0.0.1::",
        "tcp://127.0.0.1:/",
        "tcp://127.0.0.1:7400x",
        "tcp://127.0.0.1:65536",
    };
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    char bound[SOCKET_ENDPOINT_MAX], longest[2 * SOCKET_ENDPOINT_MAX] = "tcp://";
    struct err err;

    (void)state;
    memset(longest + 6, 'h', SOCKET_ENDPOINT_MAX);
    memcpy(longest + 6 + SOCKET_ENDPOINT_MAX, ":1", 3);
    for (size_t i = 0; i <= COUNT_OF(bad); i++) {
        const char *endpoint = i < COUNT_OF(bad) ? bad[i] : longest;

        if (socket_bind(socket, endpoint, bound, &err) != ERR_CONFIG) {
            fail_msg("\"%s\" was bound", endpoint);
        }
        assert_memory_equal(err.text, "address_malformed", 17);
        if (socket_connect(socket, endpoint, &err) != ERR_CONFIG) {
            fail_msg("\"%s\" was dialled", endpoint);
        }
        assert_memory_equal(err.text, "address_not_dialled", 19);
    }
    assert_int_equal(socket_connect(socket, "tcp://127.0.0.1:65535", &err), OK);
    assert_int_equal(socket_bind(socket, "tcp://127.0.0.1:*", bound, &err), OK);
    assert_memory_equal(bound, "tcp://127.0.0.1:", 16);
    socket_close(socket);
    (void)zmq_ctx_term(context);
}

/* --- questions to the key check --- */

enum { FRAMES = 7 };

static enum status admit_all(void *arg, const uint8_t curve_key[32], char user_id[])
{
    (void)arg;
    (void)curve_key;
    (void)snprintf(user_id, SOCKET_USER_ID_MAX + 1, "somebody");
    return OK;
}

struct question {
    const char *frames[FRAMES + 1]; /* as texts; NULL: a key of 32 bytes */
    int count;
    const char *answer, *why;
};

static void receive(void *socket, char text[64])
{
    const int size = zmq_recv(socket, text, 63, ZMQ_DONTWAIT);

    text[size < 0 ? 0 : size] = '\0';
}

static void put_question(void *asker, struct zap *zap, const struct question *question)
{
    static const uint8_t key[32] = {7};
    char text[64];

    for (int i = 0; i < question->count; i++) {
        const char *frame = question->frames[i];
        const int more = i + 1 < question->count ? ZMQ_SNDMORE : 0;
        const int sent = frame == NULL ? zmq_send(asker, key, sizeof key, more)
                                       : zmq_send(asker, frame, strlen(frame), more);

        assert_true(sent >= 0);
    }
    assert_true(zap_serve(zap));
    receive(asker, text);
    assert_string_equal(text, "1.0");
    receive(asker, text); /* the question's own number, where there was a whole one */
    receive(asker, text);
    assert_string_equal(text, question->answer);
    receive(asker, text);
    assert_string_equal(text, question->why);
    receive(asker, text);
    assert_string_equal(text, strcmp(question->answer, "200") == 0 ? "somebody" : "");
    receive(asker, text);
}

static void what_the_key_check_cannot_read_is_refused(void **state)
{
    static char too_long[2048];
    static const struct question questions[] = {
        {{"1.0", "1", "d", "::1", "", "CURVE", NULL}, 7, "200", "ok"},
        {{"1.0", "1", "elsewhere", "::1", "", "CURVE", NULL}, 7, "400", "refused"},
        {{"1.0"}, 1, "400", "malformed"},
        {{"1.0", "1", "d", "::1", "", "CURVE"}, 6, "400", "malformed"},
        {{"1.0", "1", "d", "::1", "", "CURVE", NULL, "more"}, 8, "400", "malformed"},
        {{"2.0", "1", "d", "::1", "", "CURVE", NULL}, 7, "400", "malformed"},
        {{"1.00", "1", "d", "::1", "", "CURVE", NULL}, 7, "400", "malformed"},
        {{"1.0", "1", "d", "::1", "", "PLAIN", NULL}, 7, "400", "malformed"},
        {{"1.0", "1", "d", "::1", "", "NULL", NULL}, 7, "400", "malformed"},
        {{"1.0", "1", "d", "::1", "", "CURVE", "short"}, 7, "400", "malformed"},
        {{"1.0", too_long, "d", "::1", "", "CURVE", NULL}, 7, "400", "malformed"},
    };
    void *context = zmq_ctx_new(), *asker = zmq_socket(context, ZMQ_REQ);
    struct zap_counts counts;
    struct zap *zap;
    struct err err;

    (void)state;
    memset(too_long, 'x', sizeof too_long - 1);
    assert_int_equal(zap_open(&zap, context, &clock_real, &err), OK);
    assert_int_equal(zmq_connect(asker, "inproc://zeromq.zap.01"), 0);
    zap_rule(zap, "d", admit_all, NULL);
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        put_question(asker, zap, &questions[i]);
    }
    counts = zap_counts(zap);
    assert_int_equal(counts.admitted, 1);
    assert_int_equal(counts.refused, COUNT_OF(questions) - 1);
    assert_false(zap_serve(zap));
    socket_close(asker);
    zap_close(zap);
    (void)zmq_ctx_term(context);
}

static int make_keys(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(crypto_init(&err), OK);
    curve_key_generate(&own);
    curve_key_generate(&parents);
    begin_failing(NEVER);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_that_fails_is_told),
        cmocka_unit_test(a_second_listener_that_fails_leaves_the_first),
        cmocka_unit_test(why_an_address_cannot_be_had_is_told),
        cmocka_unit_test(what_is_no_address_is_neither_bound_nor_dialled),
        cmocka_unit_test(what_the_key_check_cannot_read_is_refused),
    };

    return cmocka_run_group_tests(tests, make_keys, NULL);
}
