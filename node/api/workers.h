/* workers - threads that run what may wait, so that the doors' own threads never do.
 *
 *   workers_post(lane, work) --> queue of its lane --> work->run in a thread of the pool
 *                                              as soon as fewer than the lane's share run
 *
 * What may take long has a lane of its own: deep verifies and passwords fill theirs and nobody
 * else's. A lane bounds what runs at once; what waits in it is bounded by whoever posts. Threads
 * are made when work comes, and end when there was none for a while; the first one stays.
 *
 * Owns: its threads. A work is its poster's memory, and not touched once run has begun.
 * Thread: workers_post any; open and close one. */
#ifndef TERRACE_NODE_API_WORKERS_H
#define TERRACE_NODE_API_WORKERS_H

#include "proto/status.h"
#include "replicator/clock.h"

enum lane {
    LANE_SOCKET,   /* of programs on this machine; each may wait for a commit */
    LANE_NETWORK,  /* the same for whoever comes through the network */
    LANE_READ,     /* of snapshots: more at once than there are processors makes none faster */
    LANE_WATCH,    /* health and metrics */
    LANE_PASSWORD, /* Argon2id, of whoever comes through the network (session.h) */
    LANE_OWNER,    /* the same at the socket, so that no flood stands before it */
    LANE_LONG,     /* reads everything */
    LANE_WAITING,  /* waits for something to happen, for seconds */
    LANE_STREAM,   /* fills streamed answers */
    LANES
};

struct work {
    void (*run)(struct work *work);
    struct work *next; /* workers.c's, from workers_post until run */
};

struct workers;
/* Errors: ERR_IO, there is no thread to have. */
enum status workers_open(struct workers **out, const struct clock *clock, struct err *err);
/* Runs all that was posted, and joins. NULL is fine. */
void workers_close(struct workers *workers);

void workers_post(struct workers *workers, enum lane lane, struct work *work);

#endif
