/* server - the HTTP door: /api/v1 on a unix socket inside the home and, where it is configured,
 * through TLS 1.3 at an address of the network; for who watches this machine /metrics, /healthz and
 * /readyz on that socket and on a loopback address.
 *
 *   request --> its door --> a worker's thread --> route --+--> snapshot of the store (reads)
 *                                                         +--> struct task on the loop (writes)
 *
 * A handler may wait: for the fsync of the turn that carries its documents, for Argon2id, for a
 * deep verify. So it runs in a thread of a pool (workers.h), each kind of waiting in a lane of its
 * own, and no connection has a thread (door.h). Only the owner of the node's process and root are
 * answered on the socket; everybody on this machine may read what is watched: sums and counts, no
 * document, no person.
 *
 * Owns: its threads and the socket file. Borrows all of its configuration.
 * Thread: start before the loop runs; stop from the loop thread, before node_close; api_committed
 * there, too. */
#ifndef TERRACE_NODE_API_SERVER_H
#define TERRACE_NODE_API_SERVER_H

#include "node/api/key_maker.h"
#include "node/core/node.h"

struct api;
struct archive;
struct home_config;

struct api_config {
    struct node *node;
    const struct store *store;
    const struct clock *clock;
    const char *socket_path;
    const char *listen;             /* "https://HOST:PORT"; NULL: the socket alone */
    const char *certificate, *key;  /* PEM, for `listen` */
    const char *fingerprint;        /* of the certificate, as status shows it */
    const struct home_config *home; /* NULL: the node has no home */
    const char *home_path;          /* its directory; NULL as that */
    struct archive *archive;        /* of the own log; NULL: there is none */
    struct key_maker key_maker;     /* of its keys; all NULL: nobody makes any */
};

/* A stale socket file is replaced. Errors: ERR_BUSY when a living process answers on it, or the
 * address is taken; ERR_CONFIG (no such address here); ERR_IO. */
enum status api_start(struct api **out, const struct api_config *config, struct err *err);

/* The loop's, after each commit: tells those who follow. */
void api_committed(struct api *api);

/* Opens the loopback address for who watches: "tcp://127.0.0.1:9464". Few connections, no bodies.
 * Errors: ERR_BUSY (taken), ERR_CONFIG (not of this machine), ERR_IO. */
enum status api_watch(struct api *api, const char *endpoint, struct err *err);

/* Answers what is under way with "unavailable", joins all threads, removes the socket file. */
void api_stop(struct api *api); /* NULL is fine */

#endif
