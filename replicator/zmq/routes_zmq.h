/* routes_zmq - where each division's newest connection is, at the ROUTERs of this node.
 *
 * Frames of the connection before it may still arrive behind the first one of the new: they do not
 * turn the way back. As many rows as divisions below that are admitted.
 *
 * Pure. Owns: its rows; sockets are compared only. Thread: the loop's. */
#ifndef TERRACE_REPLICATOR_ZMQ_ROUTES_ZMQ_H
#define TERRACE_REPLICATOR_ZMQ_ROUTES_ZMQ_H

#include "proto/division.h"
#include "replicator/zmq/socket_zmq.h"

struct route {
    struct division division;
    uint8_t curve_key[32]; /* of the newest */
    struct socket_id newest, former;
    void *socket; /* of the newest: where it came in */
    int fd;       /* of the newest */
    bool ended;   /* it did, and nobody was told yet */
};
struct routes {
    struct route *rows;
    size_t count, capacity;
};

/* NULL: none is known. Valid until the next change. */
struct route *routes_find(struct routes *routes, struct division division);
/* A frame of `from` came by this connection. */
void routes_learn(struct routes *routes, struct division from, const uint8_t curve_key[32],
                  const struct socket_id *id, void *socket);
/* Until it speaks again. */
void routes_forget(struct routes *routes, struct route *route);

/* Connections ended: the one with this descriptor, or all that came in there. */
void routes_end_fd(struct routes *routes, int fd);
void routes_end_socket(struct routes *routes, const void *socket);
/* One whose connection ended and who was not told of: it is forgotten. */
bool routes_take_ended(struct routes *routes, struct division *division);

void routes_clear(struct routes *routes);
void routes_free(struct routes *routes);

#endif
