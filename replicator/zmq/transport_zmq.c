#include "replicator/zmq/transport_zmq.h"
#include "replicator/zmq/connection_rate.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <zmq.h>

#include "proto/array.h"
#include "proto/frame.h"
#include "proto/log.h"
#include "proto/message.h"
#include "replicator/zmq/guard_zmq.h"
#include "replicator/zmq/monitor_zmq.h"
#include "replicator/zmq/probe_zmq.h"
#include "replicator/zmq/routes_zmq.h"

enum {
    LOG_EVERY_MS = 1000,
    POLL_SOCKETS_MAX = 11,
    REFUSED_PER_CALL_MAX = 64,
    REDIAL_MS = 10000,
    LINK_CHECK_MS = 1000,
};

#define LINK_DOMAIN "link"

/* A ROUTER for the children. A link key that is new has one of its own beside the former one's,
 * since a socket serves one key. */
enum { LISTENERS = 2 };
struct listener {
    void *socket, *monitor;
    const struct curve_key *key;
    char address[SOCKET_ENDPOINT_MAX]; /* "": there is none */
};

/* A DEALER upward: to the parent, and beside it to an ancestor in its place. */
enum { UP_PARENT, UP_BESIDE, UPLINKS };
struct uplink {
    void *socket, *monitor;
    bool ended; /* its connection did, and nobody was told yet */
    struct division peer;
    char endpoint[SOCKET_ENDPOINT_MAX];
    uint8_t key[32];
    uint64_t usable_ms; /* when it last was, or was dialled */
};

struct transport_zmq {
    struct transport_zmq_config config;
    void *context;
    struct uplink uplinks[UPLINKS];
    struct listener listeners[LISTENERS];
    struct transport_zmq_watched watched;
    struct zap *zap;
    struct connection_rates rates;
    struct visit_queue visits;
    void *call; /* call_zmq.c's; NULL: nobody is called */
    bool shut_out;
    struct guard guard;
    uint64_t floods;
    struct routes routes;
    unsigned turn; /* whose it is to be read */
    struct transport_zmq_counts counts;
    uint64_t logged_ms;
};

/* --- opening --- */

static bool visits(const struct transport_zmq *transport, const uint8_t curve_key[32],
                   struct division *who)
{
    return transport->config.visits != NULL &&
           transport->config.visits(transport->config.arg, curve_key, who);
}

/* User-Id of a link: CODE:KEY, both as the handshake proved them. */
static enum status admit_link(void *arg, const uint8_t curve_key[32],
                              char user_id[SOCKET_USER_ID_MAX + 1])
{
    struct transport_zmq *transport = arg;
    const uint64_t now_ms = clock_mono_ms(transport->config.clock);
    struct connection_rates *rates = &transport->rates;
    struct division who = DIVISION_NONE;
    char key[2 * 32 + 1];

    if (!transport->config.admit(transport->config.arg, curve_key, &who)) {
        rates = &transport->visits.rates;
        who = DIVISION_NONE;
        (void)visits(transport, curve_key, &who);
    }
    if (division_is_none(who)) {
        return ERR_REFUSED;
    }
    if (!connection_rates_pay(rates, who, now_ms)) {
        return ERR_LIMIT;
    }
    hex_encode(key, curve_key, 32);
    (void)snprintf(user_id, SOCKET_USER_ID_MAX + 1, "%s:%s", who.code, key);
    return OK;
}

static bool read_user_id(const char *user_id, struct division *who, uint8_t curve_key[32])
{
    const char *colon = strchr(user_id, ':');

    return colon != NULL && division_parse(who, bytes_of(user_id, (size_t)(colon - user_id))) &&
           hex_decode(curve_key, 32, colon + 1);
}

enum status transport_zmq_open(struct transport_zmq **out,
                               const struct transport_zmq_config *config, struct err *err)
{
    struct transport_zmq *transport = mem_zalloc(sizeof *transport);
    enum status status = OK;

    *out = NULL;
    transport->config = *config;
    if (transport->config.frame_bytes_max == 0) {
        transport->config.frame_bytes_max = FRAME_BYTES_MAX;
    }
    if (transport->config.redial_ms == 0) {
        transport->config.redial_ms = REDIAL_MS;
    }
    transport->context = zmq_ctx_new();
    if (transport->context == NULL) {
        status = err_set(err, ERR_IO, "zmq_not_started why=%s", os_reason(errno));
        goto out;
    }
    status = zap_open(&transport->zap, transport->context, config->clock, err);
    if (status != OK) {
        goto out;
    }
    guard_init(&transport->guard, config->memory_bytes);
    zap_rule(transport->zap, LINK_DOMAIN, admit_link, transport);
    for (size_t i = 0; i < LISTENERS; i++) {
        transport->listeners[i].key = config->key;
    }
    *out = transport;
    transport = NULL;
out:
    transport_zmq_close(transport);
    return status;
}

static void close_watched(void **socket, void **monitor)
{
    monitor_close(*monitor, *socket);
    socket_close(*socket);
    *socket = *monitor = NULL;
}

void transport_zmq_close(struct transport_zmq *transport)
{
    if (transport == NULL) {
        return;
    }
    assert(transport->watched.socket == NULL && transport->call == NULL); /* close those first */
    for (size_t i = 0; i < UPLINKS; i++) {
        close_watched(&transport->uplinks[i].socket, &transport->uplinks[i].monitor);
    }
    for (size_t i = 0; i < LISTENERS; i++) {
        close_watched(&transport->listeners[i].socket, &transport->listeners[i].monitor);
    }
    visit_queue_free(&transport->visits);
    zap_close(transport->zap);
    if (transport->context != NULL) {
        (void)zmq_ctx_term(transport->context);
    }
    connection_rates_free(&transport->rates);
    routes_free(&transport->routes);
    mem_free(transport);
}

/* Binds; `address` is replaced by what came of it. */
static enum status open_listener(struct transport_zmq *transport, struct listener *listener,
                                 const char *endpoint, char address[SOCKET_ENDPOINT_MAX],
                                 struct err *err)
{
    void *socket = zmq_socket(transport->context, ZMQ_ROUTER);
    enum status status;

    if (socket == NULL) {
        return err_set(err, ERR_IO, "%s", os_reason(errno));
    }
    status = socket_prepare_server(socket, listener->key, LINK_DOMAIN,
                                   transport->config.frame_bytes_max, err);
    if (status == OK) {
        status = socket_bind(socket, endpoint, address, err);
    }
    if (status == OK) {
        status = monitor_open(&listener->monitor, transport->context, socket, err);
    }
    if (status != OK) {
        socket_close(socket);
        return status;
    }
    listener->socket = socket;
    return OK;
}

/* What came in there has no way back any more, until it comes anew. */
static void shut_listener(struct transport_zmq *transport, struct listener *listener)
{
    if (listener->socket != NULL) {
        routes_end_socket(&transport->routes, listener->socket);
    }
    close_watched(&listener->socket, &listener->monitor);
}

static enum status listen_at(struct transport_zmq *transport, struct listener *listener,
                             const char *endpoint, struct err *err)
{
    enum status status;

    assert(listener->socket == NULL);
    status = probe_without_handler(socket_prepare_server, transport->config.clock, err);
    if (status == OK) {
        status = open_listener(transport, listener, endpoint, listener->address, err);
    }
    if (status == OK) {
        status = probe_listener(transport->zap, listener->address, listener->key->public,
                                transport->config.clock, err);
    }
    if (status != OK) {
        close_watched(&listener->socket, &listener->monitor);
        listener->address[0] = '\0';
        (void)err_wrap(err, "open_link_port");
    }
    return status;
}

enum status transport_zmq_listen(struct transport_zmq *transport, const char *endpoint,
                                 struct err *err)
{
    return listen_at(transport, &transport->listeners[0], endpoint, err);
}

enum status transport_zmq_listen_beside(struct transport_zmq *transport, const char *endpoint,
                                        const struct curve_key *key, struct err *err)
{
    transport->listeners[1].key = key;
    return listen_at(transport, &transport->listeners[1], endpoint, err);
}

void transport_zmq_serve(struct transport_zmq *transport, const struct curve_key *key)
{
    struct listener *first = &transport->listeners[0], *beside = &transport->listeners[1];

    shut_listener(transport, beside);
    beside->address[0] = '\0';
    if (first->key != key) {
        shut_listener(transport, first); /* opened again as soon as its address is free */
        first->key = key;
    }
}

const char *transport_zmq_address(const struct transport_zmq *transport)
{
    return transport->listeners[0].address;
}

void transport_zmq_dial_as(struct transport_zmq *transport, const struct curve_key *key)
{
    transport->config.key = key;
}

static enum status connect_uplink(struct transport_zmq *transport, struct uplink *uplink,
                                  struct division peer, const char *endpoint,
                                  const uint8_t peer_key[32], struct err *err)
{
    void *socket = zmq_socket(transport->context, ZMQ_DEALER), *monitor = NULL;
    enum status status = OK;

    if (socket == NULL) {
        status = err_set(err, ERR_IO, "%s", os_reason(errno));
        goto out;
    }
    status = socket_prepare_client(socket, transport->config.key, peer_key,
                                   transport->config.frame_bytes_max,
                                   clock_random(transport->config.clock), err);
    if (status != OK) {
        goto out;
    }
    status = monitor_open(&monitor, transport->context, socket, err);
    if (status == OK) {
        status = socket_connect(socket, endpoint, err);
    }
    if (status != OK) {
        goto out;
    }
    uplink->ended |= uplink->socket != NULL && endpoint != uplink->endpoint;
    close_watched(&uplink->socket, &uplink->monitor);
    uplink->socket = socket;
    uplink->monitor = monitor;
    uplink->peer = peer;
    if (endpoint != uplink->endpoint) { /* not a redial */
        (void)snprintf(uplink->endpoint, sizeof uplink->endpoint, "%s", endpoint);
        memcpy(uplink->key, peer_key, sizeof uplink->key);
    }
    uplink->usable_ms = clock_mono_ms(transport->config.clock);
    socket = monitor = NULL;
out:
    if (status != OK) {
        (void)err_wrap(err, "dial_failed division=%s", peer.code);
    }
    close_watched(&socket, &monitor);
    return status;
}

enum status transport_zmq_connect(struct transport_zmq *transport, struct division parent,
                                  const char *endpoint, const uint8_t parent_key[32],
                                  struct err *err)
{
    return connect_uplink(transport, &transport->uplinks[UP_PARENT], parent, endpoint, parent_key,
                          err);
}

enum status transport_zmq_connect_beside(struct transport_zmq *transport, struct division ancestor,
                                         const char *endpoint, const uint8_t key[32],
                                         struct err *err)
{
    struct uplink *uplink = &transport->uplinks[UP_BESIDE];

    if (uplink->socket != NULL && !division_equal(uplink->peer, ancestor)) {
        transport_zmq_leave_beside(transport); /* it is nobody's now, whose end could be told */
    }
    return connect_uplink(transport, uplink, ancestor, endpoint, key, err);
}

void transport_zmq_leave_beside(struct transport_zmq *transport)
{
    struct uplink *uplink = &transport->uplinks[UP_BESIDE];

    close_watched(&uplink->socket, &uplink->monitor);
    *uplink = (struct uplink){.socket = NULL};
}

/* --- the seam --- */

static bool count_sent(struct transport_zmq *transport, enum socket_give given)
{
    switch (given) {
    case GIVE_DONE:
        transport->counts.sent++;
        return true;
    case GIVE_FULL:
        transport->counts.queue_full++;
        return false;
    default:
        transport->counts.unreachable++;
        return false;
    }
}

static bool is_open(const struct transport_zmq *transport, const void *socket)
{
    for (size_t i = 0; i < LISTENERS; i++) {
        if (transport->listeners[i].socket == socket) {
            return socket != NULL;
        }
    }
    return false;
}

static bool send_frame(void *self, struct division to, struct bytes frame)
{
    struct transport_zmq *transport = self;
    struct route *route;
    enum socket_give given;

    assert(frame.size <= transport->config.frame_bytes_max);
    for (size_t i = 0; i < UPLINKS; i++) {
        const struct uplink *uplink = &transport->uplinks[i];
        if (uplink->socket != NULL && division_equal(to, uplink->peer)) {
            return count_sent(transport, socket_give(uplink->socket, NULL, frame));
        }
    }
    route = routes_find(&transport->routes, to);
    if (route == NULL || !transport->config.still(transport->config.arg, route->curve_key, to)) {
        return count_sent(transport, GIVE_GONE);
    }
    given = is_open(transport, route->socket) ? socket_give(route->socket, &route->newest, frame)
                                              : GIVE_GONE;
    if (given == GIVE_GONE) {
        routes_forget(&transport->routes, route);
    }
    return count_sent(transport, given);
}

/* One line a second at most, with totals: a neighbour that misbehaves may do so very fast. */
static void log_refused(struct transport_zmq *transport, const char *who, const char *reason)
{
    const uint64_t now_ms = clock_mono_ms(transport->config.clock);

    if (transport->logged_ms == 0 || now_ms - transport->logged_ms >= LOG_EVERY_MS) {
        LOG_WARN("link.refused", "peer=%s reason=%s shape_total=%" PRIu64 " sender_total=%" PRIu64,
                 who, reason, transport->counts.refused_shape, transport->counts.refused_sender);
        transport->logged_ms = now_ms;
    }
}

/* False when that key is nothing here any more. */
static bool take_visit(struct transport_zmq *transport, const void *socket, struct division from,
                       const uint8_t curve_key[32], const struct socket_id *id, struct bytes frame)
{
    struct visit visit = {.who = from, .id = *id, .socket = socket};
    struct division whose;

    if (!visits(transport, curve_key, &whose) || !division_equal(whose, from)) {
        return false;
    }
    memcpy(visit.curve_key, curve_key, sizeof visit.curve_key);
    (void)visit_queue_put(&transport->visits, &visit, frame,
                          clock_mono_ms(transport->config.clock));
    return true;
}

bool transport_zmq_visit(struct transport_zmq *transport, struct visit *from, struct buf *frame)
{
    return visit_queue_take(&transport->visits, from, frame);
}

void transport_zmq_answer(struct transport_zmq *transport, const struct visit *to,
                          struct bytes frame)
{
    for (size_t i = 0; i < LISTENERS; i++) {
        if (transport->listeners[i].socket != NULL &&
            transport->listeners[i].socket == to->socket) {
            (void)socket_give(transport->listeners[i].socket, &to->id,
                              frame); /* or it asks again */
        }
    }
}

static bool receive_down(struct transport_zmq *transport, void *socket, struct division *from,
                         struct buf *frame)
{
    char user_id[SOCKET_USER_ID_MAX + 1];
    uint8_t curve_key[32];
    struct socket_id id;
    enum socket_take taken;

    *from = DIVISION_NONE;
    if (socket == NULL) {
        return false;
    }
    for (int i = 0; i < REFUSED_PER_CALL_MAX; i++) { /* a flood must not hold the loop */
        taken = socket_take(socket, &id, user_id, frame);
        if (taken == TAKE_NOTHING) {
            return false;
        }
        if (taken == TAKE_REFUSED) {
            transport->counts.refused_shape++;
            log_refused(transport, "-", "not_one_frame");
        } else if (!read_user_id(user_id, from, curve_key) ||
                   !transport->config.still(transport->config.arg, curve_key, *from)) {
            if (!take_visit(transport, socket, *from, curve_key, &id, buf_bytes(frame))) {
                transport->counts.refused_sender++;
                log_refused(transport, from->code, "not_admitted");
            }
        } else {
            routes_learn(&transport->routes, *from, curve_key, &id, socket);
            if (transport->config.heard != NULL) {
                transport->config.heard(transport->config.arg, curve_key, *from);
            }
            return true;
        }
    }
    return false;
}

static bool receive_up(struct transport_zmq *transport, const struct uplink *uplink,
                       struct division *from, struct buf *frame)
{
    char user_id[SOCKET_USER_ID_MAX + 1];
    enum socket_take taken;

    if (uplink->socket == NULL) {
        return false;
    }
    while ((taken = socket_take(uplink->socket, NULL, user_id, frame)) != TAKE_NOTHING) {
        if (taken == TAKE_FRAME) {
            *from = uplink->peer; /* who else holds the key we dialled */
            return true;
        }
        transport->counts.refused_shape++;
        log_refused(transport, uplink->peer.code, "not_one_frame");
    }
    return false;
}

static void serve_handshakes(struct transport_zmq *transport)
{
    if (zap_serve(transport->zap)) {
        guard_stir(&transport->guard, clock_mono_ms(transport->config.clock));
    }
}

static bool receive_of(struct transport_zmq *transport, size_t source, struct division *from,
                       struct buf *frame)
{
    return source >= LISTENERS
               ? receive_up(transport, &transport->uplinks[source - LISTENERS], from, frame)
               : receive_down(transport, transport->listeners[source].socket, from, frame);
}

/* Above and below take turns, so that neither can talk the other down. */
static bool receive_frame(void *self, struct division *from, struct buf *frame)
{
    enum { SOURCES = LISTENERS + UPLINKS };
    struct transport_zmq *transport = self;
    bool received = false;

    transport->turn = (transport->turn + 1) % SOURCES;
    for (size_t i = 0; i < SOURCES && !received; i++) {
        received = receive_of(transport, (transport->turn + i) % SOURCES, from, frame);
    }
    if (received) {
        transport->counts.received++;
    } else {
        serve_handshakes(transport); /* a long turn must not keep handshakes waiting */
    }
    return received;
}

static void note_ended(struct transport_zmq *transport)
{
    bool refused;
    int fd;

    for (size_t i = 0; i < UPLINKS; i++) {
        struct uplink *uplink = &transport->uplinks[i];
        while (monitor_next(uplink->monitor, &fd, &refused)) {
            uplink->ended |= !refused;
            transport->shut_out |= refused && i == UP_PARENT;
        }
    }
    for (size_t k = 0; k < LISTENERS; k++) {
        while (monitor_next(transport->listeners[k].monitor, &fd, &refused)) {
            if (!refused) {
                routes_end_fd(&transport->routes, fd);
            }
        }
    }
}

static bool connection_ended(void *self, struct division *peer)
{
    struct transport_zmq *transport = self;

    note_ended(transport);
    for (size_t i = 0; i < UPLINKS; i++) {
        if (transport->uplinks[i].ended) {
            transport->uplinks[i].ended = false;
            *peer = transport->uplinks[i].peer;
            return true;
        }
    }
    return routes_take_ended(&transport->routes, peer);
}

static void close_seam(void *self)
{
    transport_zmq_close(self);
}

struct transport transport_zmq_seam(struct transport_zmq *transport)
{
    static const struct transport_ops ops = {.send = send_frame,
                                             .receive = receive_frame,
                                             .ended = connection_ended,
                                             .close = close_seam};

    return (struct transport){.self = transport, .ops = &ops};
}

/* --- the loop --- */

static void add_socket(zmq_pollitem_t *items, int *count, void *socket)
{
    if (socket != NULL) {
        items[(*count)++] = (zmq_pollitem_t){.socket = socket, .events = ZMQ_POLLIN};
    }
}

/* Without a connection there is no queue to write to. One that has been full all this time, with
 * nothing coming in, is as good as none. */
static bool link_usable(const struct uplink *uplink)
{
    int events = 0;
    size_t size = sizeof events;

    return zmq_getsockopt(uplink->socket, ZMQ_EVENTS, &events, &size) == 0 &&
           (events & (ZMQ_POLLIN | ZMQ_POLLOUT)) != 0;
}

bool transport_zmq_connected(struct transport_zmq *transport)
{
    const struct uplink *parent = &transport->uplinks[UP_PARENT];

    return parent->socket != NULL && link_usable(parent);
}

bool transport_zmq_shut_out(struct transport_zmq *transport)
{
    const bool shut_out = transport->shut_out;

    transport->shut_out = false;
    return shut_out;
}

void transport_zmq_heed(struct transport_zmq *transport, void *call)
{
    transport->call = call;
}

const struct curve_key *transport_zmq_dials_as(const struct transport_zmq *transport)
{
    return transport->config.key;
}

static void redial(struct transport_zmq *transport, struct uplink *uplink)
{
    struct err err;

    transport->counts.redials++;
    if (connect_uplink(transport, uplink, uplink->peer, uplink->endpoint, uplink->key, &err) !=
        OK) {
        LOG_ERROR("link.redial", "error=%s", err.text);
    }
}

/* True while the link upwards stands, or there is none to keep. */
static bool keep_link(struct transport_zmq *transport, struct uplink *uplink)
{
    const uint64_t now_ms = clock_mono_ms(transport->config.clock);

    if (uplink->socket == NULL) {
        return true;
    }
    if (link_usable(uplink)) {
        uplink->usable_ms = now_ms;
        return true;
    }
    if (now_ms - uplink->usable_ms >= transport->config.redial_ms) {
        uplink->usable_ms = now_ms;
        redial(transport, uplink);
    }
    return false;
}

static bool keep_links(struct transport_zmq *transport)
{
    bool all = true;

    for (size_t i = 0; i < UPLINKS; i++) {
        all &= keep_link(transport, &transport->uplinks[i]);
    }
    return all;
}

/* --- against floods: see guard_zmq.h --- */

static void shut_links(struct transport_zmq *transport)
{
    for (size_t i = 0; i < LISTENERS; i++) {
        close_watched(&transport->listeners[i].socket, &transport->listeners[i].monitor);
    }
    routes_clear(&transport->routes);
    for (size_t i = 0; i < UPLINKS; i++) {
        if (transport->uplinks[i].socket != NULL) {
            redial(transport, &transport->uplinks[i]);
            transport->uplinks[i].ended = true;
        }
    }
}

static void reopen_links(struct transport_zmq *transport, uint64_t now_ms)
{
    for (size_t i = 0; i < LISTENERS; i++) {
        struct listener *listener = &transport->listeners[i];
        char address[SOCKET_ENDPOINT_MAX];
        struct err err;

        if (listener->socket == NULL && listener->address[0] != '\0' &&
            guard_may_open(&transport->guard, GUARD_SHUT_LINKS, now_ms) &&
            open_listener(transport, listener, listener->address, address, &err) != OK &&
            err.status != ERR_BUSY) {
            LOG_WARN("flood.reopen", "error=%s", err.text); /* busy: not closed to its end yet */
        }
    }
}

static void keep_guard(struct transport_zmq *transport, uint64_t now_ms)
{
    const struct transport_zmq_watched *enrol = &transport->watched;
    const enum guard_step step = guard_look(&transport->guard, now_ms);
    const struct guard *guard = &transport->guard;

    if (step != GUARD_NOTHING) {
        transport->floods++;
        LOG_WARN("flood", "shut=%s reason=%s", step == GUARD_SHUT_ENROL ? "enrol" : "link",
                 guard->reason);
    }
    if (step == GUARD_SHUT_ENROL && enrol->shut != NULL) {
        enrol->shut(enrol->arg);
    } else if (step == GUARD_SHUT_LINKS) {
        shut_links(transport);
    }
    reopen_links(transport, now_ms);
    if (enrol->reopen != NULL && enrol->socket == NULL &&
        guard_may_open(&transport->guard, GUARD_SHUT_ENROL, now_ms)) {
        enrol->reopen(enrol->arg);
    }
}

static int poll_once(struct transport_zmq *transport, bool hears, const int *fds, size_t fd_count,
                     long timeout_ms)
{
    zmq_pollitem_t items[POLL_SOCKETS_MAX + TRANSPORT_ZMQ_FDS_MAX];
    int count = 0, ready;

    add_socket(items, &count, zap_socket(transport->zap));
    if (hears) {
        for (size_t i = 0; i < UPLINKS; i++) {
            add_socket(items, &count, transport->uplinks[i].socket);
        }
        for (size_t i = 0; i < LISTENERS; i++) {
            add_socket(items, &count, transport->listeners[i].socket);
        }
    }
    add_socket(items, &count, transport->call);
    for (size_t i = 0; i < UPLINKS; i++) {
        add_socket(items, &count, transport->uplinks[i].monitor);
    }
    for (size_t i = 0; i < LISTENERS; i++) {
        add_socket(items, &count, transport->listeners[i].monitor);
    }
    add_socket(items, &count, transport->watched.socket);
    for (size_t i = 0; i < fd_count; i++) {
        items[count++] = (zmq_pollitem_t){.fd = fds[i], .events = ZMQ_POLLIN};
    }
    ready = zmq_poll(items, count, timeout_ms); /* an interrupted wait is a short one */
    note_ended(transport);
    serve_handshakes(transport);
    return ready;
}

static void wait_for(struct transport_zmq *transport, bool hears, const int *fds, size_t fd_count,
                     long timeout_ms)
{
    const bool guarded = transport->uplinks[UP_PARENT].socket != NULL ||
                         transport->listeners[0].address[0] != '\0' ||
                         transport->watched.shut != NULL;

    assert(fd_count <= TRANSPORT_ZMQ_FDS_MAX);
    if (!keep_links(transport) && (timeout_ms < 0 || timeout_ms > LINK_CHECK_MS)) {
        timeout_ms = LINK_CHECK_MS;
    }
    for (;;) {
        const long slice_ms =
            guard_wait_ms(&transport->guard, clock_mono_ms(transport->config.clock));
        const bool in_slices = guarded && (timeout_ms < 0 || timeout_ms > slice_ms);
        const int ready =
            poll_once(transport, hears, fds, fd_count, in_slices ? slice_ms : timeout_ms);

        if (guarded) {
            keep_guard(transport, clock_mono_ms(transport->config.clock));
        }
        if (ready != 0 || !in_slices) {
            return;
        }
        timeout_ms = timeout_ms < 0 ? timeout_ms : timeout_ms - slice_ms;
    }
}

void transport_zmq_wait(struct transport_zmq *transport, const int *fds, size_t fd_count,
                        long timeout_ms)
{
    wait_for(transport, true, fds, fd_count, timeout_ms);
}

void transport_zmq_wait_no_links(struct transport_zmq *transport, const int *fds, size_t fd_count,
                                 long timeout_ms)
{
    wait_for(transport, false, fds, fd_count, timeout_ms);
}

const char *transport_zmq_flood(const struct transport_zmq *transport)
{
    return transport->guard.reason;
}

struct transport_zmq_counts transport_zmq_counts(const struct transport_zmq *transport)
{
    struct transport_zmq_counts counts = transport->counts;

    counts.floods = transport->floods;
    counts.refused_keys = zap_counts(transport->zap).refused;
    return counts;
}

const struct refused_keys *transport_zmq_refused_keys(const struct transport_zmq *transport)
{
    return zap_refused_keys(transport->zap);
}

void *transport_zmq_context(struct transport_zmq *transport)
{
    return transport->context;
}

struct zap *transport_zmq_zap(struct transport_zmq *transport)
{
    return transport->zap;
}

void transport_zmq_watch(struct transport_zmq *transport,
                         const struct transport_zmq_watched *watched)
{
    transport->watched = *watched;
}
