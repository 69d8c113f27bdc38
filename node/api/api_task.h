/* api_task - one call on the node's loop, and waiting for it.
 *
 *   worker:  api_task_run --> node_post ... wait ................--> api_task_done_with
 *   loop:        run (inside the turn) --> commit --> done --> wakes the waiter
 *
 * An api_task has two holders, the waiter and the loop, and is freed by whichever lets go last:
 * when the server stops, a waiter leaves at once and the loop may still finish the api_task later.
 * So all that an api_task touches on the loop thread must belong to the api_task.
 *
 * Thread: api_task_run from any but the loop's. */
#ifndef TERRACE_NODE_API_API_TASK_H
#define TERRACE_NODE_API_API_TASK_H

#include <pthread.h>

#include "node/core/node.h"

/* Shared by all waiters; the last of server and api tasks frees it. */
struct task_gate;
struct task_gate *task_gate_open(void);
void task_gate_shut(struct task_gate *gate); /* all waiters return now, and later ones at once */
void task_gate_unref(struct task_gate *gate);

struct api_task {
    struct task task;
    void (*run)(struct api_task *api_task, struct node *node, struct txn *txn); /* loop thread */
    void (*discard)(struct api_task *api_task); /* any thread; frees all but the api_task's own
                                                   memory. May be NULL */
    /* api_task's own: */
    struct task_gate *gate;
    pthread_cond_t told;           /* whoever waits for this one, and nobody else, is woken */
    struct api_task *beside, **at; /* in gate->waiting, while somebody waits */
    int holders;
    bool finished;
    enum status outcome;
};

/* `size` bytes beginning with a struct api_task, zeroed; both holders' shares are with the caller
 * until api_task_run. */
void *api_task_new(struct task_gate *gate, size_t size,
                   void (*run)(struct api_task *api_task, struct node *node, struct txn *txn),
                   void (*discard)(struct api_task *api_task));

/* Posts and waits. OK once the turn is durable (or, read_only, at once after run). Otherwise
 * ERR_UNREACHABLE (the node is stopping: nothing is known) or the commit's failure; the results
 * in the api_task must then not be read. */
enum status api_task_run(struct api_task *api_task, struct node *node);
/* The same in two steps: what is posted must be awaited before it is done with. */
bool api_task_post(struct api_task *api_task, struct node *node); /* false: ERR_UNREACHABLE */
enum status api_task_await(struct api_task *api_task);
/* The same for one that only reads, but waits no longer than that: ERR_BUSY when the loop did not
 * come round, as while a disk hangs in a sync. It may still run later, for nobody. */
enum { API_TASK_PATIENCE_MS = 5000 };
enum status api_task_run_within(struct api_task *api_task, struct node *node,
                                const struct clock *clock, uint32_t patience_ms);
/* Posts one that nobody waits for; it is not to be touched any more. */
void api_task_leave(struct api_task *api_task, struct node *node);
void api_task_done_with(struct api_task *api_task); /* also for a api_task that was never run */

#endif
