/* transport - the seam to the neighbours: whole frames to and from proven divisions.
 *
 * replicator/zmq/transport_zmq.c in the daemon (DEALER to the parent, ROUTER to the children,
 * CURVE, ZAP enforced), tests/sim/sim.c in the simulator. A frame arrives whole or not at all, in
 * order while a connection lasts; what was accepted by send may still be lost with it, so the
 * replicator never counts a frame as delivered before it is acknowledged.
 *
 * The sender's division is proven by its key, never claimed. Thread: loop thread only. */
#ifndef TERRACE_REPLICATOR_TRANSPORT_H
#define TERRACE_REPLICATOR_TRANSPORT_H

#include "proto/division.h"
#include "proto/status.h"

struct transport {
    void *self;
    const struct transport_ops *ops;
};

struct transport_ops {
    /* False when the neighbour's queue is full or nobody is connected: keep the frame and try
     * again later. Never blocks. */
    bool (*send)(void *self, struct division to, struct bytes frame);
    /* The next whole frame, or false when nothing is waiting. `frame` is replaced. */
    bool (*receive)(void *self, struct division *from, struct buf *frame);
    /* The next neighbour whose connection ended, each time once; false when none did since. It may
     * be told late, of a connection that has a successor already, or never. */
    bool (*ended)(void *self, struct division *peer);
    void (*close)(void *self);
};

#endif
