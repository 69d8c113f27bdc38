#include "replicator/zmq/enrol_zmq.h"

#include <errno.h>
#include <stdio.h>
#include <zmq.h>

#include "proto/log.h"
#include "proto/message.h"
#include "replicator/zmq/zap_zmq.h"

#define ENROL_DOMAIN "enrol"

enum { WINDOW_MS = 1000 };

/* Attempts of the running second. No more connections than attempts can be in it. */
struct window {
    uint64_t begun_ms;
    struct {
        struct socket_id id;
        uint32_t attempts;
    } connections[ENROL_PER_SECOND_MAX];
    size_t connection_count;
    uint32_t attempts;
};

struct enrol_zmq {
    struct transport_zmq *transport;
    const struct curve_key *key;
    const struct clock *clock;
    void *socket; /* NULL while it is shut for a flood */
    char address[SOCKET_ENDPOINT_MAX];
    struct window known, strangers; /* who shows a secret of ours has a share of his own */
    uint64_t dropped;
};

/* Any key may ask; the user id is the key, so that the answer is about the key that asked. */
static enum status admit_anybody(void *arg, const uint8_t curve_key[32],
                                 char user_id[SOCKET_USER_ID_MAX + 1])
{
    (void)arg;
    hex_encode(user_id, curve_key, 32);
    return OK;
}

static void watch(struct enrol_zmq *enrol);

static enum status open_socket(struct enrol_zmq *enrol, const char *endpoint,
                               char address[SOCKET_ENDPOINT_MAX], struct err *err)
{
    void *socket = zmq_socket(transport_zmq_context(enrol->transport), ZMQ_ROUTER);
    enum status status;

    if (socket == NULL) {
        return err_set(err, ERR_IO, "%s", os_reason(errno));
    }
    status = socket_prepare_server(socket, enrol->key, ENROL_DOMAIN, ENROL_FRAME_BYTES_MAX, err);
    if (status == OK) {
        status = socket_bind(socket, endpoint, address, err);
    }
    if (status != OK) {
        socket_close(socket);
        return status;
    }
    enrol->socket = socket;
    return OK;
}

/* Whoever waits for an answer asks again. */
static void shut(void *arg)
{
    struct enrol_zmq *enrol = arg;

    socket_close(enrol->socket);
    enrol->socket = NULL;
    watch(enrol);
}

static void reopen(void *arg)
{
    struct enrol_zmq *enrol = arg;
    char address[SOCKET_ENDPOINT_MAX];
    struct err err;

    if (enrol->socket == NULL && open_socket(enrol, enrol->address, address, &err) == OK) {
        watch(enrol);
    }
}

static void watch(struct enrol_zmq *enrol)
{
    const struct transport_zmq_watched watched = {enrol->socket, shut, reopen, enrol};

    transport_zmq_watch(enrol->transport, &watched);
}

enum status enrol_zmq_open(struct enrol_zmq **out, struct transport_zmq *transport,
                           const struct curve_key *key, const struct clock *clock,
                           const char *endpoint, struct err *err)
{
    struct enrol_zmq *enrol = mem_zalloc(sizeof *enrol);
    enum status status;

    *out = NULL;
    enrol->transport = transport;
    enrol->clock = clock;
    enrol->key = key;
    zap_rule(transport_zmq_zap(transport), ENROL_DOMAIN, admit_anybody, NULL);
    status = open_socket(enrol, endpoint, enrol->address, err);
    if (status != OK) {
        mem_free(enrol);
        return err_wrap(err, "open_enrolment_port");
    }
    watch(enrol);
    *out = enrol;
    return OK;
}

void enrol_zmq_serve(struct enrol_zmq *enrol, const struct curve_key *key)
{
    if (enrol->key != key) {
        shut(enrol); /* opened again as soon as its address is free */
        enrol->key = key;
    }
}

void enrol_zmq_close(struct enrol_zmq *enrol)
{
    const struct transport_zmq_watched nobody = {NULL, NULL, NULL, NULL};

    if (enrol == NULL) {
        return;
    }
    transport_zmq_watch(enrol->transport, &nobody);
    socket_close(enrol->socket);
    mem_free(enrol);
}

const char *enrol_zmq_address(const struct enrol_zmq *enrol)
{
    return enrol->address;
}

uint64_t enrol_zmq_dropped(const struct enrol_zmq *enrol)
{
    return enrol->dropped;
}

static uint32_t *connection_attempts(struct window *window, const struct socket_id *id)
{
    for (size_t i = 0; i < window->connection_count; i++) {
        if (socket_id_equal(&window->connections[i].id, id)) {
            return &window->connections[i].attempts;
        }
    }
    window->connections[window->connection_count].id = *id;
    window->connections[window->connection_count].attempts = 0;
    return &window->connections[window->connection_count++].attempts;
}

static bool within_limits(struct window *window, const struct socket_id *id, uint64_t now_ms)
{
    uint32_t *attempts;

    if (now_ms - window->begun_ms >= WINDOW_MS) {
        window->begun_ms = now_ms;
        window->connection_count = 0;
        window->attempts = 0;
    }
    if (window->attempts >= ENROL_PER_SECOND_MAX) {
        return false;
    }
    attempts = connection_attempts(window, id);
    if (*attempts >= ENROL_CONNECTION_PER_SECOND_MAX) {
        return false;
    }
    (*attempts)++;
    window->attempts++;
    return true;
}

bool enrol_zmq_receive(struct enrol_zmq *enrol, enrol_known_fn *known, void *arg,
                       struct socket_id *who, struct enrol_asker *from, struct buf *frame)
{
    char user_id[SOCKET_USER_ID_MAX + 1];

    for (int i = 0; enrol->socket != NULL && i < SOCKET_QUEUE_MESSAGES;
         i++) { /* a flood must not hold the loop */
        const enum socket_take taken =
            socket_take_from(enrol->socket, who, user_id, from->address, frame);
        if (taken == TAKE_NOTHING) {
            return false;
        }
        if (taken == TAKE_FRAME && frame->size <= ENROL_FRAME_BYTES_MAX &&
            hex_decode(from->curve_key, sizeof from->curve_key, user_id) &&
            within_limits(known(arg, buf_bytes(frame)) ? &enrol->known : &enrol->strangers, who,
                          clock_mono_ms(enrol->clock))) {
            return true;
        }
        if (enrol->dropped++ == 0) {
            LOG_WARN("enrol.dropped", "reason=limit per_connection=%d per_second=%d",
                     ENROL_CONNECTION_PER_SECOND_MAX, ENROL_PER_SECOND_MAX);
        }
    }
    return false;
}

void enrol_zmq_answer(struct enrol_zmq *enrol, const struct socket_id *who, struct bytes frame)
{
    if (enrol->socket == NULL || socket_give(enrol->socket, who, frame) != GIVE_DONE) {
        LOG_INFO("enrol.answer", "lost=%d", 1); /* it asks again, and gets the same */
    }
}

/* --- the child --- */

/* One connection, one question. False when no answer came in time. */
static bool ask(void *socket, struct bytes request, struct buf *answer, uint32_t try_ms)
{
    char user_id[SOCKET_USER_ID_MAX + 1];
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLOUT};

    if (zmq_poll(&item, 1, (long)try_ms) <= 0 || socket_give(socket, NULL, request) != GIVE_DONE) {
        return false;
    }
    item.events = ZMQ_POLLIN;
    return zmq_poll(&item, 1, (long)try_ms) > 0 &&
           socket_take(socket, NULL, user_id, answer) == TAKE_FRAME;
}

enum status enrol_zmq_request(const struct token *token, const struct curve_key *key,
                              struct bytes request, struct buf *answer, uint32_t tries,
                              uint32_t try_ms, struct err *err)
{
    void *context = zmq_ctx_new();
    bool answered = false;
    enum status status = OK;

    tries = tries == 0 ? ENROL_TRIES : tries;
    try_ms = try_ms == 0 ? ENROL_TRY_MS : try_ms;
    for (uint32_t i = 0; i < tries && !answered; i++) {
        void *socket = zmq_socket(context, ZMQ_DEALER);
        status = socket == NULL ? err_set(err, ERR_IO, "%s", os_reason(errno))
                                : socket_prepare_client(socket, key, token->curve_key,
                                                        ENROL_ANSWER_BYTES_MAX, 0, err);
        if (status == OK) {
            status = socket_connect(socket, token->endpoint, err);
        }
        answered = status == OK && ask(socket, request, answer, try_ms);
        socket_close(socket);
        if (status != OK) {
            break;
        }
    }
    if (status == OK && !answered) {
        status = err_set(err, ERR_UNREACHABLE, "parent_silent division=%s endpoint=%s",
                         token->parent.code, token->endpoint);
    }
    if (context != NULL) {
        (void)zmq_ctx_term(context);
    }
    return status;
}
