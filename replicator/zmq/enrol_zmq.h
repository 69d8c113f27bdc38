/* enrol_zmq - the enrolment socket: how a key that nobody knows yet may say one thing.
 *
 *   join (no daemon yet)                              parent's daemon
 *   enrol_zmq_request --- CURVE, any key --> ROUTER, ZAP domain "enrol"
 *                                              | frame + proven key -> a call of the next turn
 *                     <------------------------+ answer, after that turn's commit
 *
 * A port and a domain of its own, so that it leads nowhere else: small messages, few attempts, no
 * links. Of those that show a token's secret, and of all others, each has its share: 5 a second for
 * one connection, 50 in all; more are dropped.
 *
 * Thread: the parent's side on the loop; the request on any. */
#ifndef TERRACE_REPLICATOR_ZMQ_ENROL_ZMQ_H
#define TERRACE_REPLICATOR_ZMQ_ENROL_ZMQ_H

#include "replicator/trust/enrol.h"
#include "replicator/zmq/socket_zmq.h"
#include "replicator/zmq/transport_zmq.h"

enum { ENROL_CONNECTION_PER_SECOND_MAX = 5, ENROL_PER_SECOND_MAX = 50 };

/* --- the parent --- */

struct enrol_zmq;

/* Shares the transport's context, key check and wait; close it before the transport.
 * `key` is borrowed. Errors: as of transport_zmq_listen. */
enum status enrol_zmq_open(struct enrol_zmq **out, struct transport_zmq *transport,
                           const struct curve_key *key, const struct clock *clock,
                           const char *endpoint, struct err *err);
/* Another key from here on: tokens that name the former one open nothing any more. */
void enrol_zmq_serve(struct enrol_zmq *enrol, const struct curve_key *key);
void enrol_zmq_close(struct enrol_zmq *enrol); /* NULL is fine */
const char *enrol_zmq_address(const struct enrol_zmq *enrol);

/* Does this frame show the secret of a token of ours? */
typedef bool enrol_known_fn(void *arg, struct bytes frame);

/* The next request within its share, or false. `who` is where the answer goes, any time later;
 * `from` is what the connection proves and tells. `frame` is replaced. */
bool enrol_zmq_receive(struct enrol_zmq *enrol, enrol_known_fn *known, void *arg,
                       struct socket_id *who, struct enrol_asker *from, struct buf *frame);
/* If the asker is still there. */
void enrol_zmq_answer(struct enrol_zmq *enrol, const struct socket_id *who, struct bytes frame);
uint64_t enrol_zmq_dropped(const struct enrol_zmq *enrol); /* attempts over the limits */

/* --- the child --- */

enum { ENROL_TRIES = 3, ENROL_TRY_MS = 5000 };

/* Sends `request` to the token's parent and waits for the answer, up to `tries` times `try_ms`
 * (0: ENROL_TRIES, ENROL_TRY_MS). The parent answers a repeated request as it did the first.
 * `answer` is replaced. Errors: ERR_UNREACHABLE, ERR_CONFIG (the token's endpoint). */
enum status enrol_zmq_request(const struct token *token, const struct curve_key *key,
                              struct bytes request, struct buf *answer, uint32_t tries,
                              uint32_t try_ms, struct err *err);

#endif
