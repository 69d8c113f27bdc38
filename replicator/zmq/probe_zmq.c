#include "replicator/zmq/probe_zmq.h"
#include "proto/message.h"

#include <errno.h>
#include <zmq.h>

enum {
    PROBE_DEADLINE_MS = 15000, /* of two threads on a machine that has much else to do */
    PROBE_POLL_MS = 50,
    PROBE_BYTES_MAX = 1024
};

#define MONITOR_ADDRESS "inproc://terrace.probe"

enum verdict { VERDICT_NONE, VERDICT_ENDED, VERDICT_REFUSED, VERDICT_ACCEPTED };

struct probe {
    void *context; /* its own: nothing of it may touch the context that serves */
    void *socket, *monitor;
    bool connected;    /* TCP stands */
    bool timed_out;    /* a handshake was not ended in time */
    uint64_t tried_ms; /* mono: since when it knocks this time */
    uint64_t refused;  /* by the handler, before that */
};

/* The monitor is stopped while somebody still listens to it: its I/O thread waits for ever on a
 * listener that is gone. */
static void probe_close(struct probe *probe)
{
    if (probe->socket != NULL) {
        (void)zmq_socket_monitor(probe->socket, NULL, 0);
    }
    socket_close(probe->socket);
    socket_close(probe->monitor);
    if (probe->context != NULL) {
        (void)zmq_ctx_term(probe->context);
    }
}

static enum status fail(struct err *err)
{
    return err_set(err, ERR_IO, "%s", os_reason(errno));
}

static enum status probe_open(struct probe *probe, const char *bound, const uint8_t server_key[32],
                              struct err *err)
{
    const int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED |
                       ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                       ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    char address[SOCKET_ENDPOINT_MAX];
    struct curve_key stranger;
    enum status status;

    curve_key_generate(&stranger);
    socket_dial_address(address, bound);
    probe->context = zmq_ctx_new();
    probe->socket = zmq_socket(probe->context, ZMQ_DEALER);
    probe->monitor = zmq_socket(probe->context, ZMQ_PAIR);
    if (probe->socket == NULL || probe->monitor == NULL) {
        return fail(err);
    }
    status = socket_prepare_client(probe->socket, &stranger, server_key, PROBE_BYTES_MAX, 0, err);
    crypto_wipe(&stranger, sizeof stranger);
    if (status != OK) {
        return status;
    }
    if (zmq_socket_monitor(probe->socket, MONITOR_ADDRESS, events) != 0 ||
        zmq_connect(probe->monitor, MONITOR_ADDRESS) != 0) {
        return fail(err);
    }
    return socket_connect(probe->socket, address, err);
}

static enum verdict judge_event(struct probe *probe, uint16_t event)
{
    switch (event) {
    case ZMQ_EVENT_CONNECTED:
        probe->connected = true;
        return VERDICT_NONE;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        return VERDICT_ACCEPTED;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        return VERDICT_REFUSED;
    default: /* disconnected, or failed without detail, as when its time was over: often both */
        return probe->connected ? VERDICT_ENDED : VERDICT_NONE;
    }
}

static uint64_t refused_by(const struct zap *zap)
{
    return zap == NULL ? 0 : zap_counts(zap).refused;
}

/* The connection ended, which is an answer if it came before the time of a handshake was over at
 * either side, and from the handler where there is one. Else the library knocks again. */
static enum verdict judge_end(struct probe *probe, const struct zap *zap, uint64_t now_ms)
{
    const bool in_time = now_ms - probe->tried_ms < SOCKET_HANDSHAKE_MS;

    if (in_time && (zap == NULL || refused_by(zap) > probe->refused)) {
        return VERDICT_REFUSED;
    }
    probe->timed_out |= !in_time;
    probe->tried_ms = now_ms;
    probe->refused = refused_by(zap);
    probe->connected = false;
    return VERDICT_NONE;
}

static enum verdict take_events(struct probe *probe)
{
    enum verdict verdict = VERDICT_NONE;
    zmq_msg_t message;

    (void)zmq_msg_init(&message);
    while (verdict == VERDICT_NONE && zmq_msg_recv(&message, probe->monitor, ZMQ_DONTWAIT) >= 0) {
        uint16_t event;
        memcpy(&event, zmq_msg_data(&message), sizeof event);
        while (zmq_msg_more(&message) && zmq_msg_recv(&message, probe->monitor, 0) >= 0) {
        } /* the address of the event */
        verdict = judge_event(probe, event);
    }
    (void)zmq_msg_close(&message);
    return verdict;
}

static enum status knock(struct probe *probe, struct zap *zap, const struct clock *clock,
                         struct err *err)
{
    const uint64_t deadline_ms = clock_mono_ms(clock) + PROBE_DEADLINE_MS;
    enum verdict verdict = VERDICT_NONE;

    probe->refused = refused_by(zap);
    while (verdict == VERDICT_NONE && clock_mono_ms(clock) < deadline_ms) {
        zmq_pollitem_t items[2] = {{.socket = probe->monitor, .events = ZMQ_POLLIN}};
        int count = 1;
        if (zap != NULL) {
            items[count++] = (zmq_pollitem_t){.socket = zap_socket(zap), .events = ZMQ_POLLIN};
        }
        (void)zmq_poll(items, count, PROBE_POLL_MS);
        if (zap != NULL) {
            zap_serve(zap);
        }
        verdict = take_events(probe);
        if (verdict == VERDICT_ENDED) {
            verdict = judge_end(probe, zap, clock_mono_ms(clock));
        }
    }
    switch (verdict) {
    case VERDICT_REFUSED:
        return OK;
    case VERDICT_ACCEPTED:
        return err_set(err, ERR_REFUSED, "stranger_admitted");
    default:
        return probe->timed_out
                   ? err_set(err, ERR_IO, "self_test_timed_out ms=%d", SOCKET_HANDSHAKE_MS)
                   : err_set(err, ERR_IO, "self_test_silent ms=%d", PROBE_DEADLINE_MS);
    }
}

enum status probe_listener(struct zap *zap, const char *bound, const uint8_t server_key[32],
                           const struct clock *clock, struct err *err)
{
    struct probe probe = {.tried_ms = clock_mono_ms(clock)};
    enum status status = probe_open(&probe, bound, server_key, err);

    if (zap != NULL) {
        zap_expect_stranger(zap, true);
    }
    if (status == OK) {
        status = knock(&probe, zap, clock, err);
    }
    if (zap != NULL) {
        zap_expect_stranger(zap, false);
    }
    if (status != OK) {
        (void)err_wrap(err, "self_test_failed endpoint=%s", bound);
    }
    probe_close(&probe);
    return status;
}

enum status probe_without_handler(socket_prepare_fn *prepare, const struct clock *clock,
                                  struct err *err)
{
    void *context = zmq_ctx_new();
    void *listener = zmq_socket(context, ZMQ_ROUTER);
    char bound[SOCKET_ENDPOINT_MAX];
    struct curve_key key;
    enum status status = OK;

    curve_key_generate(&key);
    if (listener == NULL) {
        status = fail(err);
        goto out;
    }
    status = prepare(listener, &key, "self-test", PROBE_BYTES_MAX, err);
    if (status != OK) {
        goto out;
    }
    status = socket_bind(listener, "tcp://127.0.0.1:0", bound, err);
    if (status != OK) {
        goto out;
    }
    status = probe_listener(NULL, bound, key.public, clock, err);
out:
    if (status != OK) {
        (void)err_wrap(err, "self_test_control");
    }
    crypto_wipe(&key, sizeof key);
    socket_close(listener);
    if (context != NULL) {
        (void)zmq_ctx_term(context);
    }
    return status;
}
