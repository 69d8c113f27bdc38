/* zap_zmq - the door-keeper: answers ZeroMQ's question "may this key come in?" (ZAP, RFC 27).
 *
 *   handshake of a stranger --> inproc://zeromq.zap.01 --> rule of its domain --> 200 / 400
 *                                                              |
 *                              User-Id of every later message: what the rule wrote
 *
 * One per context, bound before any listener, and one more socket of the loop's poll set: a
 * handshake waits for it. Whatever is not understood is refused.
 *
 * Thread: the loop's. */
#ifndef TERRACE_REPLICATOR_ZMQ_ZAP_ZMQ_H
#define TERRACE_REPLICATOR_ZMQ_ZAP_ZMQ_H

#include "replicator/zmq/refused_keys.h"
#include "replicator/zmq/socket_zmq.h"

struct zap;

/* OK writes what messages of this key will carry as User-Id. Else why not: ERR_REFUSED (unknown),
 * ERR_LIMIT (known, but it comes too often). */
typedef enum status zap_admit_fn(void *arg, const uint8_t curve_key[32],
                                 char user_id[SOCKET_USER_ID_MAX + 1]);

/* Errors: ERR_IO. */
enum status zap_open(struct zap **out, void *context, const struct clock *clock, struct err *err);
void zap_close(struct zap *zap); /* NULL is fine */

/* Domains without a rule admit nobody. `domain` is borrowed; at most ZAP_RULES_MAX. */
enum { ZAP_RULES_MAX = 4 };
void zap_rule(struct zap *zap, const char *domain, zap_admit_fn *admit, void *arg);

void *zap_socket(struct zap *zap); /* to be polled for input */
bool zap_serve(struct zap *zap);   /* answers what is asked, if anything is; never waits */

/* While the self-test knocks: refusing it is no news. */
void zap_expect_stranger(struct zap *zap, bool expected);

struct zap_counts {
    uint64_t admitted, refused;
};
struct zap_counts zap_counts(const struct zap *zap);
/* As long as the key check stands; changed by zap_serve. */
const struct refused_keys *zap_refused_keys(const struct zap *zap);

#endif
