/* server - the HTTP door: /api/v1 on a unix socket inside the home.
 *
 *   request --> thread of its connection --> route --+--> snapshot of the store (reads)
 *                                                    +--> struct call on the loop (writes)
 *
 * A handler may wait: for the fsync of the turn that carries its documents, for Argon2id, for a
 * deep verify. So every connection has a thread of its own for as long as it is open, and none of
 * them can hold up another. Only the owner of the node's process and root are answered.
 *
 * Owns: its threads and the socket file. Borrows node, store and clock.
 * Thread: start before the loop runs; stop from the loop thread, before node_close. */
#ifndef TERRACE_NODE_API_SERVER_H
#define TERRACE_NODE_API_SERVER_H

#include "node/node.h"

struct api;

/* A stale socket file is replaced. Errors: ERR_BUSY when a living process answers on it; ERR_IO. */
enum status api_start(struct api **out, struct node *node, const struct store *store,
                      const struct clock *clock, const char *socket_path, struct err *err);

/* Answers what is under way with "unavailable", joins all threads, removes the socket file. */
void api_stop(struct api *api); /* NULL is fine */

#endif
