/* transport_zmq - the door to the neighbours over ZeroMQ, with CURVE and nobody let in unasked.
 *
 *                    parent's ROUTER
 *                          ^
 *      DEALER -------------+        one session per edge, dialled by the child
 *   [ this node ]
 *      ROUTER <---- children's DEALERs      each proven by its key (ZAP), never by its say-so
 *
 * Start-up in this order: open (key check stands), listen (bind, then a stranger knocks and must
 * be refused), connect. From then on the loop calls transport_zmq_wait and the seam of
 * transport.h.
 *
 * Owns: context, sockets, key check. Thread: the loop's. */
#ifndef TERRACE_REPLICATOR_ZMQ_TRANSPORT_ZMQ_H
#define TERRACE_REPLICATOR_ZMQ_TRANSPORT_ZMQ_H

#include "replicator/clock.h"
#include "replicator/transport.h"
#include "replicator/trust/crypto.h"
#include "replicator/zmq/visit_queue.h"

struct transport_zmq;

struct transport_zmq_config {
    const struct curve_key *key; /* ours, towards parent and children; borrowed until close, or
                                  * until others are told of (transport_zmq_serve, _dial_as) */
    const struct clock *clock;
    size_t frame_bytes_max; /* 0: FRAME_BYTES_MAX */
    uint32_t redial_ms;     /* 0: 10,000; see transport_zmq_connect */
    size_t memory_bytes;    /* 0: 256 MiB; what may come in beyond what stood at the start */
    /* Whose key is this? Asked in every handshake: a division below that is not revoked. */
    bool (*admit)(void *arg, const uint8_t curve_key[32], struct division *who);
    /* Or a key that is over, whose holder is told so (transport_zmq_visit)? NULL: nobody is. */
    bool (*visits)(void *arg, const uint8_t curve_key[32], struct division *who);
    /* May it still speak for `who`? Asked for every message, because neither a revocation nor a
     * newer key ends a connection that stands. */
    bool (*still)(void *arg, const uint8_t curve_key[32], struct division who);
    /* A message came from it; NULL: nobody asks. */
    void (*heard)(void *arg, const uint8_t curve_key[32], struct division who);
    void *arg;
};

/* Errors: ERR_IO (the library, or its key check, does not start). */
enum status transport_zmq_open(struct transport_zmq **out,
                               const struct transport_zmq_config *config, struct err *err);
void transport_zmq_close(struct transport_zmq *transport); /* NULL is fine */

/* Binds for the children and tests itself. A port of 0 takes a free one: see
 * transport_zmq_address. Errors: ERR_BUSY (address taken), ERR_CONFIG, ERR_IO; ERR_REFUSED when
 * the self-test found that a stranger would be let in. */
enum status transport_zmq_listen(struct transport_zmq *transport, const char *endpoint,
                                 struct err *err);
/* A second listener beside the first, for another key of ours: children that know of it come there,
 * and the others go on with the former key at the first. Errors: as of transport_zmq_listen. */
enum status transport_zmq_listen_beside(struct transport_zmq *transport, const char *endpoint,
                                        const struct curve_key *key, struct err *err);
/* All children know: the first listener has this key from now on, and there is no second. Before
 * transport_zmq_listen it says which key the first one gets. The former key may be freed. */
void transport_zmq_serve(struct transport_zmq *transport, const struct curve_key *key);
/* Towards the parent we have this key from the next transport_zmq_connect on. */
void transport_zmq_dial_as(struct transport_zmq *transport, const struct curve_key *key);
const char *transport_zmq_address(const struct transport_zmq *transport); /* "" before listen */

/* Dials `parent` and goes on redialling; again with another endpoint or key: replaces the link.
 * The library redials by itself, but gives up for good once it was refused (a parent that did not
 * know this node yet) or something that is no ZeroMQ answered; so a link that was not usable for
 * redial_ms is dialled afresh.
 * Errors: ERR_CONFIG. */
enum status transport_zmq_connect(struct transport_zmq *transport, struct division parent,
                                  const char *endpoint, const uint8_t parent_key[32],
                                  struct err *err);

/* The same beside it, to an ancestor that is to serve this node while its parent is away.
 * Errors: ERR_CONFIG. */
enum status transport_zmq_connect_beside(struct transport_zmq *transport, struct division ancestor,
                                         const char *endpoint, const uint8_t key[32],
                                         struct err *err);
void transport_zmq_leave_beside(struct transport_zmq *transport);

/* Does the link to the parent stand? */
bool transport_zmq_connected(struct transport_zmq *transport);
/* Has the parent refused our key in a handshake, since this was asked last? */
bool transport_zmq_shut_out(struct transport_zmq *transport);

/* What came from a key that is over, at any of our listeners (visit_queue.h); false when nothing
 * waits. `frame` is replaced. */
bool transport_zmq_visit(struct transport_zmq *transport, struct visit *from, struct buf *frame);
/* To where it came from, if that is there still. */
void transport_zmq_answer(struct transport_zmq *transport, const struct visit *to,
                          struct bytes frame);

struct transport transport_zmq_seam(struct transport_zmq *transport);

/* Waits until a neighbour, one of `fds` or a newcomer has something to say, at most
 * `timeout_ms` (-1: for ever), and answers newcomers' handshakes. */
enum { TRANSPORT_ZMQ_FDS_MAX = 8 };
void transport_zmq_wait(struct transport_zmq *transport, const int *fds, size_t fd_count,
                        long timeout_ms);
/* While nothing can be received: neighbours that have something to say do not end this wait. */
void transport_zmq_wait_no_links(struct transport_zmq *transport, const int *fds, size_t fd_count,
                                 long timeout_ms);

/* Why listeners were shut and opened again in the last seconds, "" when they were not. */
const char *transport_zmq_flood(const struct transport_zmq *transport);

struct transport_zmq_counts {
    uint64_t received, sent, queue_full, unreachable, redials;
    uint64_t refused_shape;  /* not one payload frame */
    uint64_t refused_sender; /* connected, but no longer allowed to speak */
    uint64_t refused_keys;   /* handshakes */
    uint64_t floods;         /* a listener was shut for what it held */
};
struct transport_zmq_counts transport_zmq_counts(const struct transport_zmq *transport);

/* For the enrolment socket beside this one (enrol_zmq.c): the same context, key check and wait. */
struct zap;
struct refused_keys;
/* Keys that the door for neighbours refused (refused_keys.h); until close. */
const struct refused_keys *transport_zmq_refused_keys(const struct transport_zmq *transport);
void *transport_zmq_context(struct transport_zmq *transport);
/* For a call beside the link (call_zmq.c): the key that dials, and a socket to be polled with ours;
 * NULL: no longer. */
const struct curve_key *transport_zmq_dials_as(const struct transport_zmq *transport);
void transport_zmq_heed(struct transport_zmq *transport, void *call);
struct zap *transport_zmq_zap(struct transport_zmq *transport);
/* A socket to be polled with ours, and how to free and renew it under a flood. `reopen` is called
 * again and again, and does nothing while it is open. All NULL: no longer. */
struct transport_zmq_watched {
    void *socket;
    void (*shut)(void *arg);
    void (*reopen)(void *arg);
    void *arg;
};
void transport_zmq_watch(struct transport_zmq *transport,
                         const struct transport_zmq_watched *watched);

#endif
