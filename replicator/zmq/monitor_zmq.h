/* monitor_zmq - which connections of a socket have ended, or were refused, as the library notices.
 *
 *   socket --> "disconnected, fd 17" --> monitor_next --> whoever knows whose connection 17 was
 *   socket that dials --> "handshake failed: 400" --> its key is refused there
 *
 * A hint and no more: a number may belong to another connection by the time it is read, so what
 * follows from it must do no harm when it is wrong (a session begins anew).
 *
 * Owns: a socket of the library. Thread: that of the socket it watches. */
#ifndef TERRACE_REPLICATOR_ZMQ_MONITOR_ZMQ_H
#define TERRACE_REPLICATOR_ZMQ_MONITOR_ZMQ_H

#include "proto/bytes.h"
#include "proto/status.h"

/* Watches `socket`, which is open and watched by nobody. The caller frees *out with monitor_close,
 * before it closes `socket`. Errors: ERR_IO. */
enum status monitor_open(void **out, void *context, void *socket, struct err *err);
/* The next connection that ended, or of which the other side *refused the key; false when none did
 * since. */
bool monitor_next(void *monitor, int *fd, bool *refused);
void monitor_close(void *monitor, void *socket); /* NULL is fine */

#endif
