/* probe_zmq - the start-up self-test: a stranger knocks, and must be turned away.
 *
 * CURVE fails open in more than one way and says nothing. So, before a node serves anybody, it
 * dials in with a key made up on the spot:
 *
 *   1. a listener set up as ours are, in a context without a handler ... must refuse
 *   2. the real listener, with the handler answering .................. must refuse
 *
 * Not being able to knock at all fails too: what was not tested is not trusted. Nor is a handshake
 * that nobody ended before its time was over (SOCKET_HANDSHAKE_MS): the connection is gone then as
 * after a refusal, and nobody has refused. The stranger knocks again until it has an answer, or
 * fails with that. Where a handler answers, it must have said no itself.
 * Takes some ten milliseconds. Thread: the caller's. */
#ifndef TERRACE_REPLICATOR_ZMQ_PROBE_ZMQ_H
#define TERRACE_REPLICATOR_ZMQ_PROBE_ZMQ_H

#include "replicator/zmq/zap_zmq.h"

/* The first knock. `prepare` is how listeners are set up: socket_prepare_server.
 * Errors: ERR_REFUSED when the stranger came in; ERR_IO when there was no answer
 * (self_test_silent), or none in time (self_test_timed_out). */
enum status probe_without_handler(socket_prepare_fn *prepare, const struct clock *clock,
                                  struct err *err);

/* The second. `bound` is the listener's address, `server_key` its public key; `zap` is served
 * meanwhile; NULL: nobody answers. Errors: as above. */
enum status probe_listener(struct zap *zap, const char *bound, const uint8_t server_key[32],
                           const struct clock *clock, struct err *err);

#endif
