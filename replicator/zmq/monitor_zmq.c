#include "replicator/zmq/monitor_zmq.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum {
    EVENT_SIZE = 6, /* number(u16) value(u32), in the machine's order */
    EVENTS = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH,
};

enum status monitor_open(void **out, void *context, void *socket, struct err *err)
{
    void *monitor = zmq_socket(context, ZMQ_PAIR);
    const int unbounded = 0, linger = 0;
    char name[64];

    *out = NULL;
    (void)snprintf(name, sizeof name, "inproc://monitor-%p", socket);
    /* The library waits for room with its lock held, so there must always be some. */
    if (monitor == NULL || zmq_setsockopt(monitor, ZMQ_RCVHWM, &unbounded, sizeof unbounded) != 0 ||
        zmq_setsockopt(monitor, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_socket_monitor(socket, name, EVENTS) != 0 || zmq_connect(monitor, name) != 0) {
        const enum status status =
            err_set(err, ERR_IO, "connections_unwatched reason=%s", zmq_strerror(errno));
        monitor_close(monitor, socket);
        return status;
    }
    *out = monitor;
    return OK;
}

bool monitor_next(void *monitor, int *fd, bool *refused)
{
    uint8_t event[EVENT_SIZE];
    char address[256];
    uint16_t number;
    uint32_t value;

    if (monitor == NULL ||
        zmq_recv(monitor, event, sizeof event, ZMQ_DONTWAIT) != (int)sizeof event) {
        return false;
    }
    (void)zmq_recv(monitor, address, sizeof address, ZMQ_DONTWAIT); /* the second part of two */
    memcpy(&number, event, sizeof number);
    memcpy(&value, event + 2, sizeof value);
    *refused = number == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    *fd = (int)value;
    return true;
}

void monitor_close(void *monitor, void *socket)
{
    if (monitor != NULL) {
        (void)zmq_socket_monitor(socket, NULL, 0);
        (void)zmq_close(monitor);
    }
}
