/* listener - a listening socket at an address of the configuration.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_API_LISTENER_H
#define TERRACE_NODE_API_LISTENER_H

#include "proto/status.h"

/* `endpoint`: "tcp://HOST:PORT" or "https://HOST:PORT", an IPv6 host in brackets. The socket is the
 * caller's to close. Errors: ERR_CONFIG (no address of this machine alone), ERR_BUSY (taken),
 * ERR_IO. *fd is then -1. */
enum status listener_loopback(int *fd, const char *endpoint, int backlog, struct err *err);

/* The same at any address of this machine; a host of "*" is every one. Errors: ERR_CONFIG (no such
 * host), ERR_BUSY, ERR_IO. */
enum status listener_open(int *fd, const char *endpoint, int backlog, struct err *err);

#endif
