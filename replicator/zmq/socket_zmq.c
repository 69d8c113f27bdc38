#include "replicator/zmq/socket_zmq.h"
#include "proto/message.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

/* ZMQ_ZAP_ENFORCE_DOMAIN: inside the DRAFT block of zmq.h, yet honoured by the library. Without
 * it a CURVE server lets every stranger in as soon as its ZAP handler cannot be reached. */
enum { OPTION_ZAP_ENFORCE_DOMAIN = 93 };

enum {
    CURVE_OVERHEAD_BYTES = 1024,
    BACKLOG_CONNECTIONS = 1024,
    RECONNECT_MS_MIN = 200,
    RECONNECT_MS_SPAN = 800,
    RECONNECT_CAP_MS_MIN = 5000,
    RECONNECT_CAP_MS_SPAN = 4000,

    KEEPALIVE_IDLE_S = 15,
    KEEPALIVE_PROBE_S = 5,
    KEEPALIVE_PROBES = 2
};
_Static_assert(KEEPALIVE_IDLE_S * 1000 > SOCKET_PING_MS, "a link that pings is not probed");
/* The library adds less than one first interval to the cap. */
_Static_assert(RECONNECT_CAP_MS_MIN + RECONNECT_CAP_MS_SPAN + RECONNECT_MS_MIN +
                       RECONNECT_MS_SPAN <=
                   SOCKET_REDIAL_MS_MAX,
               "dials are at most so far apart");

static enum status fail_option(struct err *err, int option)
{
    return err_set(err, ERR_CONFIG, "zmq_option option=%d why=%s", option, os_reason(errno));
}

static enum status set_int(void *socket, int option, int value, struct err *err)
{
    if (zmq_setsockopt(socket, option, &value, sizeof value) != 0) {
        return fail_option(err, option);
    }
    return OK;
}

static enum status set_bytes(void *socket, int option, const void *data, size_t size,
                             struct err *err)
{
    if (zmq_setsockopt(socket, option, data, size) != 0) {
        return fail_option(err, option);
    }
    return OK;
}

static enum status prepare_common(void *socket, size_t message_bytes_max, struct err *err)
{
    static const struct {
        int option, value;
    } settings[] = {
        {ZMQ_LINGER, 0}, /* what was not sent is sent again from the log, not from here */
        {ZMQ_SNDHWM, SOCKET_QUEUE_MESSAGES},
        {ZMQ_RCVHWM, SOCKET_QUEUE_MESSAGES},
        {ZMQ_HANDSHAKE_IVL, SOCKET_HANDSHAKE_MS},
        {ZMQ_IPV6, 1},
        /* The TTL of a ping counts no longer once another message came behind it. Where pings come
         * in time nothing of this is ever sent. */
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S},
        {ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_PROBE_S},
        {ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_PROBES},
        {ZMQ_TCP_MAXRT, SOCKET_TTL_MS}, /* what was sent and is not acknowledged */
    };
    const int64_t bytes_max = (int64_t)message_bytes_max + CURVE_OVERHEAD_BYTES;

    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        if (set_int(socket, settings[i].option, settings[i].value, err) != OK) {
            return err->status;
        }
    }
    return set_bytes(socket, ZMQ_MAXMSGSIZE, &bytes_max, sizeof bytes_max, err);
}

static enum status set_key_pair(void *socket, const struct curve_key *key, struct err *err)
{
    if (set_bytes(socket, ZMQ_CURVE_PUBLICKEY, key->public, sizeof key->public, err) != OK) {
        return err->status;
    }
    return set_bytes(socket, ZMQ_CURVE_SECRETKEY, key->secret, sizeof key->secret, err);
}

enum status socket_prepare_server(void *socket, const struct curve_key *key, const char *domain,
                                  size_t message_bytes_max, struct err *err)
{
    assert(domain[0] != '\0'); /* enforcing an empty domain enforces nothing */
    if (prepare_common(socket, message_bytes_max, err) != OK ||
        set_key_pair(socket, key, err) != OK || set_int(socket, ZMQ_CURVE_SERVER, 1, err) != OK ||
        set_bytes(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain), err) != OK ||
        set_int(socket, ZMQ_ROUTER_MANDATORY, 1, err) != OK ||
        set_int(socket, ZMQ_ROUTER_HANDOVER, 0, err) != OK ||
        set_int(socket, ZMQ_RCVHWM, SOCKET_RECEIVE_MESSAGES, err) != OK ||
        set_int(socket, ZMQ_BACKLOG, BACKLOG_CONNECTIONS, err) != OK) {
        return err->status;
    }
    if (set_int(socket, OPTION_ZAP_ENFORCE_DOMAIN, 1, err) != OK) {
        return err_wrap(err, "zmq_without_curve");
    }
    return OK;
}

enum status socket_prepare_client(void *socket, const struct curve_key *key,
                                  const uint8_t server_key[32], size_t message_bytes_max,
                                  uint64_t chance, struct err *err)
{
    /* The library's jitter is below one interval only; a whole fleet must not redial together. */
    const int first_ms = RECONNECT_MS_MIN + (int)(chance % RECONNECT_MS_SPAN);
    const int cap_ms =
        RECONNECT_CAP_MS_MIN + (int)(chance / RECONNECT_MS_SPAN % RECONNECT_CAP_MS_SPAN);

    if (prepare_common(socket, message_bytes_max, err) != OK ||
        set_key_pair(socket, key, err) != OK ||
        set_bytes(socket, ZMQ_CURVE_SERVERKEY, server_key, 32, err) != OK ||
        set_int(socket, ZMQ_RECONNECT_IVL, first_ms, err) != OK ||
        set_int(socket, ZMQ_RECONNECT_IVL_MAX, cap_ms, err) != OK ||
        set_int(socket, ZMQ_CONNECT_TIMEOUT, SOCKET_HANDSHAKE_MS, err) != OK ||
        set_int(socket, ZMQ_HEARTBEAT_IVL, SOCKET_PING_MS, err) != OK ||
        set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, SOCKET_PONG_MS, err) != OK ||
        set_int(socket, ZMQ_HEARTBEAT_TTL, SOCKET_TTL_MS, err) != OK) {
        return err->status;
    }
    /* Without a connection nothing is queued: a burst of stale frames would arrive later. */
    return set_int(socket, ZMQ_IMMEDIATE, 1, err);
}

/* ZeroMQ writes a port to be chosen as '*', people write 0. */
static void name_any_port(char out[SOCKET_ENDPOINT_MAX], const char *endpoint)
{
    const size_t size = strlen(endpoint);

    assert(size > 2); /* it is one */
    if (strcmp(endpoint + size - 2, ":0") == 0) {
        (void)snprintf(out, SOCKET_ENDPOINT_MAX, "%.*s:*", (int)size - 2, endpoint);
    } else {
        (void)snprintf(out, SOCKET_ENDPOINT_MAX, "%s", endpoint);
    }
}

static enum status fail_bind(struct err *err, const char *endpoint)
{
    switch (errno) {
    case EADDRINUSE:
        return err_set(err, ERR_BUSY, "address_taken endpoint=%s", endpoint);
    case EACCES:
        return err_set(err, ERR_CONFIG, "address_not_permitted endpoint=%s", endpoint);
    case ENODEV:
    case EADDRNOTAVAIL:
        return err_set(err, ERR_IO, "address_elsewhere endpoint=%s", endpoint);
    case EINVAL:
    case EPROTONOSUPPORT:
    case ENOCOMPATPROTO:
        return err_set(err, ERR_CONFIG, "address_malformed endpoint=%s", endpoint);
    default:
        return err_set(err, ERR_IO, "listen_failed endpoint=%s why=%s", endpoint, os_reason(errno));
    }
}

/* tcp://ADDRESS:PORT. The library would take ipc and inproc too, and a port modulo 65536. */
static bool is_endpoint(const char *endpoint)
{
    const char *port = strrchr(endpoint, ':');
    char *end;

    if (strncmp(endpoint, "tcp://", 6) != 0 || strlen(endpoint) >= SOCKET_ENDPOINT_MAX ||
        port < endpoint + 7) {
        return false;
    }
    if (strcmp(port, ":*") == 0) {
        return true;
    }
    return port[1] >= '0' && port[1] <= '9' && strtoul(port + 1, &end, 10) <= UINT16_MAX &&
           *end == '\0';
}

/* "tcp://[::ffff:10.0.0.5]:7400" is how the library tells of an IPv4 address. */
static void write_plainly(char bound[SOCKET_ENDPOINT_MAX])
{
    static const char mapped[] = "tcp://[::ffff:";
    const char *end = strchr(bound, ']');

    if (strncmp(bound, mapped, sizeof mapped - 1) == 0 && end != NULL &&
        strchr(bound, '.') != NULL) {
        char plain[SOCKET_ENDPOINT_MAX];
        (void)snprintf(plain, sizeof plain, "tcp://%.*s%s",
                       (int)(end - bound - (int)(sizeof mapped - 1)), bound + sizeof mapped - 1,
                       end + 1);
        memcpy(bound, plain, sizeof plain);
    }
}

enum status socket_bind(void *socket, const char *endpoint, char bound[SOCKET_ENDPOINT_MAX],
                        struct err *err)
{
    char any[SOCKET_ENDPOINT_MAX];
    size_t size = SOCKET_ENDPOINT_MAX;

    bound[0] = '\0';
    if (!is_endpoint(endpoint)) {
        return err_set(err, ERR_CONFIG, "address_malformed endpoint=%s", endpoint);
    }
    name_any_port(any, endpoint);
    if (zmq_bind(socket, any) != 0) {
        return fail_bind(err, endpoint);
    }
    if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound, &size) != 0) {
        return fail_option(err, ZMQ_LAST_ENDPOINT);
    }
    write_plainly(bound);
    return OK;
}

enum status socket_connect(void *socket, const char *endpoint, struct err *err)
{
    if (!is_endpoint(endpoint) || zmq_connect(socket, endpoint) != 0) {
        return err_set(err, ERR_CONFIG, "address_not_dialled endpoint=%s", endpoint);
    }
    return OK;
}

void socket_dial_address(char out[SOCKET_ENDPOINT_MAX], const char *bound)
{
    static const char *const anywhere[] = {"tcp://0.0.0.0:", "tcp://[::]:"};

    for (size_t i = 0; i < COUNT_OF(anywhere); i++) {
        const size_t size = strlen(anywhere[i]);
        if (strncmp(bound, anywhere[i], size) == 0) {
            (void)snprintf(out, SOCKET_ENDPOINT_MAX, "tcp://127.0.0.1:%s", bound + size);
            return;
        }
    }
    (void)snprintf(out, SOCKET_ENDPOINT_MAX, "%s", bound);
}

/* Reads the frames that should not be there, so that the next message starts where it should. */
static void skip_rest(void *socket, zmq_msg_t *message)
{
    while (zmq_msg_more(message)) {
        if (zmq_msg_recv(message, socket, ZMQ_DONTWAIT) < 0) {
            break;
        }
    }
}

static bool take_id(void *socket, zmq_msg_t *message, struct socket_id *id)
{
    if (zmq_msg_recv(message, socket, ZMQ_DONTWAIT) < 0) {
        return false;
    }
    assert(zmq_msg_size(message) <= SOCKET_ID_MAX); /* the library's own frame */
    id->size = (uint8_t)zmq_msg_size(message);
    memcpy(id->at, zmq_msg_data(message), id->size);
    return true;
}

const char *socket_plain_address(const char *address)
{
    static const char mapped[] = "::ffff:";

    return strncmp(address, mapped, sizeof mapped - 1) == 0 ? address + sizeof mapped - 1 : address;
}

enum socket_take socket_take(void *socket, struct socket_id *id,
                             char user_id[SOCKET_USER_ID_MAX + 1], struct buf *frame)
{
    char address[SOCKET_ADDRESS_MAX + 1];

    return socket_take_from(socket, id, user_id, address, frame);
}

enum socket_take socket_take_from(void *socket, struct socket_id *id,
                                  char user_id[SOCKET_USER_ID_MAX + 1],
                                  char address[SOCKET_ADDRESS_MAX + 1], struct buf *frame)
{
    enum socket_take taken = TAKE_FRAME;
    const char *proven, *peer;
    zmq_msg_t message;

    (void)zmq_msg_init(&message);
    buf_clear(frame);
    user_id[0] = address[0] = '\0';
    if (id != NULL && !take_id(socket, &message, id)) {
        taken = TAKE_NOTHING;
    } else if (id != NULL && !zmq_msg_more(&message)) {
        taken = TAKE_REFUSED;
    } else if (zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) < 0) {
        taken = TAKE_NOTHING;
    } else if (zmq_msg_more(&message)) {
        skip_rest(socket, &message);
        taken = TAKE_REFUSED;
    } else {
        if (id != NULL) {
            id->fd = zmq_msg_get(&message, ZMQ_SRCFD);
        }
        proven = zmq_msg_gets(&message, "User-Id");
        (void)snprintf(user_id, SOCKET_USER_ID_MAX + 1, "%s", proven == NULL ? "" : proven);
        peer = zmq_msg_gets(&message, "Peer-Address");
        (void)snprintf(address, SOCKET_ADDRESS_MAX + 1, "%s",
                       peer == NULL ? "" : socket_plain_address(peer));
        buf_append(frame, zmq_msg_data(&message), zmq_msg_size(&message));
    }
    (void)zmq_msg_close(&message);
    return taken;
}

enum socket_give socket_give(void *socket, const struct socket_id *id, struct bytes frame)
{
    const int flags = ZMQ_DONTWAIT;

    if (id != NULL && zmq_send(socket, id->at, id->size, flags | ZMQ_SNDMORE) < 0) {
        return errno == EAGAIN ? GIVE_FULL : GIVE_GONE;
    }
    if (zmq_send(socket, frame.data, frame.size, flags) < 0) {
        return errno == EAGAIN ? GIVE_FULL : GIVE_GONE;
    }
    return GIVE_DONE;
}

void socket_close(void *socket)
{
    if (socket != NULL) {
        (void)zmq_close(socket);
    }
}
