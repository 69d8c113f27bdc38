#include "node/api/api_task.h"

#include <assert.h>
#include <time.h>

struct task_gate {
    pthread_mutex_t lock;
    struct api_task *waiting; /* those that are waited for */
    int holders;
    bool shut;
};

struct task_gate *task_gate_open(void)
{
    struct task_gate *gate = mem_zalloc(sizeof *gate);

    (void)pthread_mutex_init(&gate->lock, NULL);
    gate->holders = 1;
    return gate;
}

void task_gate_shut(struct task_gate *gate)
{
    (void)pthread_mutex_lock(&gate->lock);
    gate->shut = true;
    for (struct api_task *at = gate->waiting; at != NULL; at = at->beside) {
        (void)pthread_cond_signal(&at->told);
    }
    (void)pthread_mutex_unlock(&gate->lock);
}

void task_gate_unref(struct task_gate *gate)
{
    int holders;

    if (gate == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&gate->lock);
    holders = --gate->holders;
    (void)pthread_mutex_unlock(&gate->lock);
    if (holders == 0) {
        (void)pthread_mutex_destroy(&gate->lock);
        mem_free(gate);
    }
}

static void free_task(struct api_task *api_task)
{
    struct task_gate *gate = api_task->gate;

    if (api_task->discard != NULL) {
        api_task->discard(api_task);
    }
    (void)pthread_cond_destroy(&api_task->told);
    mem_free(api_task);
    task_gate_unref(gate);
}

static void api_task_called(struct task *task, struct node *node, struct txn *txn)
{
    struct api_task *api_task = (struct api_task *)task;

    api_task->run(api_task, node, txn);
}

/* Loop thread: the turn is durable, or failed. */
static void api_task_finished(struct task *task, enum status outcome)
{
    struct api_task *api_task = (struct api_task *)task;
    struct task_gate *gate = api_task->gate;
    int holders;

    (void)pthread_mutex_lock(&gate->lock);
    api_task->outcome = outcome;
    api_task->finished = true;
    holders = --api_task->holders;
    (void)pthread_cond_signal(&api_task->told);
    (void)pthread_mutex_unlock(&gate->lock);
    if (holders == 0) {
        free_task(api_task);
    }
}

void *api_task_new(struct task_gate *gate, size_t size,
                   void (*run)(struct api_task *api_task, struct node *node, struct txn *txn),
                   void (*discard)(struct api_task *api_task))
{
    struct api_task *api_task = mem_zalloc(size);
    pthread_condattr_t monotonic;

    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&api_task->told, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    api_task->task.run = api_task_called;
    api_task->task.done = api_task_finished;
    api_task->run = run;
    api_task->discard = discard;
    api_task->gate = gate;
    api_task->holders = 1;
    (void)pthread_mutex_lock(&gate->lock);
    gate->holders++;
    (void)pthread_mutex_unlock(&gate->lock);
    return api_task;
}

bool api_task_post(struct api_task *api_task, struct node *node)
{
    struct task_gate *gate = api_task->gate;
    bool shut;

    (void)pthread_mutex_lock(&gate->lock);
    shut = gate->shut;
    api_task->holders += !shut;
    (void)pthread_mutex_unlock(&gate->lock);
    if (!shut) {
        node_post(node, &api_task->task);
    }
    return !shut;
}

/* Under the lock. */
static void begin_waiting(struct api_task *api_task)
{
    struct task_gate *gate = api_task->gate;

    api_task->beside = gate->waiting;
    api_task->at = &gate->waiting;
    if (api_task->beside != NULL) {
        api_task->beside->at = &api_task->beside;
    }
    gate->waiting = api_task;
}

/* Under the lock. */
static void end_waiting(const struct api_task *api_task)
{
    *api_task->at = api_task->beside;
    if (api_task->beside != NULL) {
        api_task->beside->at = api_task->at;
    }
}

enum status api_task_await(struct api_task *api_task)
{
    struct task_gate *gate = api_task->gate;
    enum status outcome;

    (void)pthread_mutex_lock(&gate->lock);
    begin_waiting(api_task);
    while (!api_task->finished && !gate->shut) {
        (void)pthread_cond_wait(&api_task->told, &gate->lock);
    }
    end_waiting(api_task);
    outcome = api_task->finished ? api_task->outcome : ERR_UNREACHABLE;
    (void)pthread_mutex_unlock(&gate->lock);
    return outcome;
}

enum status api_task_run(struct api_task *api_task, struct node *node)
{
    return api_task_post(api_task, node) ? api_task_await(api_task) : ERR_UNREACHABLE;
}

enum status api_task_run_within(struct api_task *api_task, struct node *node,
                                const struct clock *clock, uint32_t patience_ms)
{
    const uint64_t until_ms = clock_mono_ms(clock) + patience_ms;
    const struct timespec until = {.tv_sec = (time_t)(until_ms / 1000),
                                   .tv_nsec = (long)(until_ms % 1000) * 1000000};
    struct task_gate *gate = api_task->gate;
    enum status outcome;
    int waited = 0;

    assert(api_task->task.read_only);
    if (!api_task_post(api_task, node)) {
        return ERR_UNREACHABLE;
    }
    (void)pthread_mutex_lock(&gate->lock);
    begin_waiting(api_task);
    while (!api_task->finished && !gate->shut && waited == 0) {
        waited = pthread_cond_timedwait(&api_task->told, &gate->lock, &until);
    }
    end_waiting(api_task);
    outcome = api_task->finished ? api_task->outcome : gate->shut ? ERR_UNREACHABLE : ERR_BUSY;
    (void)pthread_mutex_unlock(&gate->lock);
    return outcome;
}

void api_task_leave(struct api_task *api_task, struct node *node)
{
    (void)api_task_post(api_task, node);
    api_task_done_with(api_task);
}

void api_task_done_with(struct api_task *api_task)
{
    int holders;

    (void)pthread_mutex_lock(&api_task->gate->lock);
    holders = --api_task->holders;
    (void)pthread_mutex_unlock(&api_task->gate->lock);
    if (holders == 0) {
        free_task(api_task);
    }
}
