/* job - one call on the node's loop, and waiting for it.
 *
 *   HTTP thread: job_run --> node_post ... wait ...........................--> job_done_with
 *   loop thread:                run(inside the turn) --> commit --> done --> wakes the waiter
 *
 * A job has two holders, the waiter and the loop, and is freed by whichever lets go last: when
 * the server stops, a waiter leaves at once and the loop may still finish the job later. So all
 * that a job touches on the loop thread must belong to the job.
 *
 * Thread: job_run from any but the loop's. */
#ifndef TERRACE_NODE_API_JOB_H
#define TERRACE_NODE_API_JOB_H

#include <pthread.h>

#include "node/node.h"

/* Shared by all waiters; the last of server and jobs frees it. */
struct gate;
struct gate *gate_open(void);
void gate_shut(struct gate *gate); /* all waiters return now, and later ones at once */
void gate_unref(struct gate *gate);

struct job {
    struct call call;
    void (*run)(struct job *job, struct node *node, struct txn *txn); /* loop thread */
    void (*discard)(
        struct job *job); /* any thread; frees all but the job's own memory. May be NULL */
    /* job's own: */
    struct gate *gate;
    int holders;
    bool finished;
    enum status outcome;
};

/* `size` bytes beginning with a struct job, zeroed; both holders' shares are with the caller until
 * job_run. */
void *job_new(struct gate *gate, size_t size,
              void (*run)(struct job *job, struct node *node, struct txn *txn),
              void (*discard)(struct job *job));

/* Posts and waits. OK once the turn is durable (or, read_only, at once after run). Otherwise
 * ERR_UNREACHABLE (the node is stopping: nothing is known) or the commit's failure; the results
 * in the job must then not be read. */
enum status job_run(struct job *job, struct node *node);
void job_done_with(struct job *job); /* also for a job that was never run */

#endif
