/* socket_zmq - how every ZeroMQ socket of ours is set, bound, dialled, read and written.
 *
 * Sockets are passed as void *, as the library does, so that no header of ours includes zmq.h;
 * that is done by the files of this folder named *_zmq.c only.
 *
 * One message is one payload frame (each frame is boxed by itself under CURVE). Queues are a
 * wire and never a store: short, never waited for, dropped on close.
 *
 * Thread: a socket belongs to the thread that opened it. Sizes are bytes. */
#ifndef TERRACE_REPLICATOR_ZMQ_SOCKET_ZMQ_H
#define TERRACE_REPLICATOR_ZMQ_SOCKET_ZMQ_H

#include "proto/bytes.h"
#include "proto/status.h"
#include "replicator/clock.h"
#include "replicator/trust/crypto.h"

enum {
    SOCKET_ENDPOINT_MAX = 256,
    SOCKET_ID_MAX = 255,     /* of a routing id, as ZMTP has it */
    SOCKET_USER_ID_MAX = 80, /* a division and the hex of a key */
    SOCKET_ADDRESS_MAX = 63, /* of a peer: IPv6 with its zone */
    SOCKET_QUEUE_MESSAGES = 64,
    SOCKET_RECEIVE_MESSAGES = 8, /* of one connection at a listener: what is not read yet */
    SOCKET_HANDSHAKE_MS = 5000,  /* connecting, and CURVE */
    /* Only who dials pings, for each ping is five packets' worth on a metered link. Each ping tells
     * the other side how long to wait for the next; it sends none. */
    SOCKET_PING_MS = 12000,
    SOCKET_PONG_MS = 12000, /* without one for so long, the connection is over */
    SOCKET_TTL_MS = 25000,
    SOCKET_REDIAL_MS_MAX = 10000,
};

/* A connection's server side: CURVE with our key, a ZAP domain, and no way in without the
 * handler's word. Errors: ERR_CONFIG when this library cannot enforce that. */
typedef enum status socket_prepare_fn(void *socket, const struct curve_key *key, const char *domain,
                                      size_t message_bytes_max, struct err *err);
socket_prepare_fn socket_prepare_server;

/* The dialling side: CURVE towards the one server that holds `server_key`.
 * Errors: ERR_CONFIG (an option the library does not take). */
enum status socket_prepare_client(void *socket, const struct curve_key *key,
                                  const uint8_t server_key[32], size_t message_bytes_max,
                                  uint64_t chance, struct err *err);

/* Binds, and tells in `bound` what came of a wildcard port ("tcp://127.0.0.1:0", "tcp://h:*").
 * Errors: ERR_BUSY when the address is taken; ERR_CONFIG when it is none of this machine's. */
enum status socket_bind(void *socket, const char *endpoint, char bound[SOCKET_ENDPOINT_MAX],
                        struct err *err);
/* Errors: ERR_CONFIG. */
enum status socket_connect(void *socket, const char *endpoint, struct err *err);

/* How this machine reaches its own listener: a wildcard address becomes loopback. */
void socket_dial_address(char out[SOCKET_ENDPOINT_MAX], const char *bound);

struct socket_id { /* where a ROUTER sends to; says nothing about who that is */
    uint8_t size, at[SOCKET_ID_MAX];
    int fd; /* of the connection that the message came over; see monitor_zmq.h */
};
static inline bool socket_id_equal(const struct socket_id *a, const struct socket_id *b)
{
    return a->size == b->size && memcmp(a->at, b->at, a->size) == 0;
}

enum socket_take { TAKE_NOTHING, TAKE_FRAME, TAKE_REFUSED /* a message of a wrong shape */ };
/* One message, if there is one. `id` NULL for a socket that is not a ROUTER. `user_id` is what
 * our ZAP handler said of the sender's key, "" when no handler was asked; read from the payload,
 * because 4.3.4 loses it on the routing frame. `frame` is replaced. */
enum socket_take socket_take(void *socket, struct socket_id *id,
                             char user_id[SOCKET_USER_ID_MAX + 1], struct buf *frame);

/* The same, and where the message came from ("" when that is not known). */
enum socket_take socket_take_from(void *socket, struct socket_id *id,
                                  char user_id[SOCKET_USER_ID_MAX + 1],
                                  char address[SOCKET_ADDRESS_MAX + 1], struct buf *frame);

/* What the library tells of a peer: an IPv4 one of a socket that speaks IPv6 too without "::ffff:".
 */
const char *socket_plain_address(const char *address);

enum socket_give { GIVE_DONE, GIVE_FULL, GIVE_GONE };
/* Queues a copy, or says why not. `id` NULL for a socket that is not a ROUTER. */
enum socket_give socket_give(void *socket, const struct socket_id *id, struct bytes frame);

/* NULL is fine. */
void socket_close(void *socket);

#endif
