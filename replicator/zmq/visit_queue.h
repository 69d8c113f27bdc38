/* visit_queue - what came from keys that are over, until the loop takes it: little, and not often.
 *
 * Such a key is no neighbour's. A connection of it is heard once a second, and of all of them
 * VISITS_WAITING_MAX frames wait at most, each cut behind VISIT_FRAME_BYTES; what comes beside that
 * is dropped, and its sender says it again. They connect at a rate of their own, so that whoever
 * has a division's former key keeps nobody out who has its present one.
 *
 * Owns: its frames. Thread: the loop's. Units: *_ms is mono. */
#ifndef TERRACE_REPLICATOR_ZMQ_VISIT_QUEUE_H
#define TERRACE_REPLICATOR_ZMQ_VISIT_QUEUE_H

#include "replicator/zmq/connection_rate.h"
#include "replicator/zmq/socket_zmq.h"

enum { VISITS_WAITING_MAX = 8, VISIT_FRAME_BYTES = 4096, VISIT_EVERY_MS = 1000, VISITORS_MAX = 32 };

struct visit {
    struct division who;
    uint8_t curve_key[32];
    struct socket_id id;
    const void *socket; /* where it came in */
};

struct visit_queue {
    struct {
        struct visit from;
        struct buf frame;
    } waiting[VISITS_WAITING_MAX];
    size_t count;
    struct {
        struct socket_id id;
        uint64_t heard_ms;
    } visitors[VISITORS_MAX]; /* the newest connections that were heard, in a ring */
    size_t next;
    struct connection_rates rates;
    uint64_t dropped;
};

void visit_queue_free(struct visit_queue *queue);
/* False: it was dropped. */
bool visit_queue_put(struct visit_queue *queue, const struct visit *from, struct bytes frame,
                     uint64_t now_ms);
/* The oldest; `frame` is replaced. */
bool visit_queue_take(struct visit_queue *queue, struct visit *from, struct buf *frame);

#endif
