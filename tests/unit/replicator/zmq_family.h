/* zmq_family - a parent and its children in one process, over real sockets on loopback. Every wait
 * is for a condition, with a deadline.
 *
 * Thread: the test's. */
#ifndef TERRACE_TESTS_UNIT_REPLICATOR_ZMQ_FAMILY_H
#define TERRACE_TESTS_UNIT_REPLICATOR_ZMQ_FAMILY_H

#include "replicator/zmq/transport_zmq.h"

enum {
    DEADLINE_MS = 60000,
    TURN_MS = 5,
    REDIAL_MS = 400,
    CHILDREN = 3,
    OPTION_ZAP_ENFORCE_DOMAIN = 93
};

struct side {
    struct transport_zmq *transport;
    struct transport seam;
    struct curve_key key;
};

struct family {
    struct side parent, children[CHILDREN];
    struct division parent_code, codes[CHILDREN];
    bool enrolled[CHILDREN], revoked[CHILDREN], former[CHILDREN];
    struct buf frame;
};

/* Turns both loops until `done` says so. */
typedef bool condition_fn(struct family *family, int child);
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

extern const struct clock clock_real;

uint64_t real_mono_ms(void *self);
bool admit(void *arg, const uint8_t curve_key[32], struct division *who);
bool still(void *arg, const uint8_t curve_key[32], struct division who);
void dial(struct family *family, int child);
int set_up(void **state);
int tear_down(void **state);
bool give(struct side *side, struct division to, const char *text);
bool take(struct family *family, struct side *side, struct division *from);
bool turn_until(struct family *family, int child, condition_fn *done);
bool child_can_send(struct family *family, int child);
bool parent_hears(struct family *family, int child);
bool child_hears(struct family *family, int child);
bool parent_refused_a_key(struct family *family, int child);
void join(struct family *family, int child);

#endif
