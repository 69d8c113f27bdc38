#include "node/core/tasks.h"

#include <string.h>
#include <time.h>

enum { TURN_TASKS_MAX = 64 }; /* a reserved share: calls are taken before frames */

void tasks_post(struct tasks *tasks, struct task *task)
{
    task->next = NULL;
    (void)pthread_mutex_lock(&tasks->lock);
    *tasks->end = task;
    tasks->end = &task->next;
    (void)pthread_mutex_unlock(&tasks->lock);
    if (tasks->wake != NULL) {
        tasks->wake(tasks->wake_arg);
    }
}

static struct task *take_task(struct tasks *tasks)
{
    struct task *task;

    (void)pthread_mutex_lock(&tasks->lock);
    task = tasks->posted;
    if (task != NULL) {
        tasks->posted = task->next;
        if (tasks->posted == NULL) {
            tasks->end = &tasks->posted;
        }
    }
    (void)pthread_mutex_unlock(&tasks->lock);
    return task;
}

/* True when some are left for the next turn. */
bool tasks_run(struct tasks *tasks, struct node *node, struct txn *txn)
{
    struct task **end = &tasks->taken;

    for (int i = 0; i < TURN_TASKS_MAX; i++) {
        struct task *task = take_task(tasks);
        if (task == NULL) {
            return false;
        }
        task->run(task, node, txn);
        if (task->read_only) {
            task->done(task, OK);
        } else {
            task->next = NULL;
            *end = task;
            end = &task->next;
        }
    }
    return true;
}

void tasks_run_reads(struct tasks *tasks, struct node *node, struct txn *txn)
{
    struct task *waiting = NULL, **end = &waiting;

    for (struct task *task = take_task(tasks); task != NULL; task = take_task(tasks)) {
        if (task->read_only) {
            task->run(task, node, txn);
            task->done(task, OK);
        } else {
            *end = task;
            end = &task->next;
        }
    }
    *end = NULL;
    if (waiting == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&tasks->lock);
    *end = tasks->posted; /* in front of what came meanwhile */
    if (tasks->posted == NULL) {
        tasks->end = end;
    }
    tasks->posted = waiting;
    (void)pthread_mutex_unlock(&tasks->lock);
}

bool tasks_waiting(struct tasks *tasks)
{
    bool waiting;

    (void)pthread_mutex_lock(&tasks->lock);
    waiting = tasks->posted != NULL;
    (void)pthread_mutex_unlock(&tasks->lock);
    return waiting;
}

/* Reads are answered, whatever would write is told why not. */
void tasks_answer_reads(struct tasks *tasks, struct node *node, struct txn *txn,
                        enum status why_not)
{
    for (struct task *task = take_task(tasks); task != NULL; task = take_task(tasks)) {
        if (task->read_only) {
            task->run(task, node, txn);
        }
        task->done(task, task->read_only ? OK : why_not);
    }
}

void tasks_run_meanwhile(struct tasks *tasks, struct node *node, struct txn *txn,
                         enum status why_not)
{
    for (struct task *task = take_task(tasks); task != NULL; task = take_task(tasks)) {
        if (task->read_only || task->meanwhile) {
            task->run(task, node, txn);
        }
        if (task->meanwhile) {
            task->next = tasks->taken;
            tasks->taken = task;
        } else {
            task->done(task, task->read_only ? OK : why_not);
        }
    }
}

void tasks_finish(struct tasks *tasks, enum status outcome)
{
    struct task *task = tasks->taken;

    tasks->taken = NULL;
    while (task != NULL) {
        struct task *next = task->next; /* done gives the memory back */
        task->done(task, outcome);
        task = next;
    }
}

void tasks_tell_commit(struct tasks *tasks)
{
    (void)pthread_mutex_lock(&tasks->commits_lock);
    tasks->commits++;
    (void)pthread_cond_broadcast(&tasks->committed);
    (void)pthread_mutex_unlock(&tasks->commits_lock);
}

bool tasks_await_commit(struct tasks *tasks, uint64_t *seen, uint32_t timeout_ms)
{
    struct timespec until;
    bool more;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&tasks->commits_lock);
    while (tasks->commits == *seen && !tasks->waits_ended &&
           pthread_cond_timedwait(&tasks->committed, &tasks->commits_lock, &until) == 0) {
    }
    more = tasks->commits != *seen && !tasks->waits_ended;
    *seen = tasks->commits;
    (void)pthread_mutex_unlock(&tasks->commits_lock);
    return more;
}

void tasks_end_waits(struct tasks *tasks)
{
    (void)pthread_mutex_lock(&tasks->commits_lock);
    tasks->waits_ended = true;
    (void)pthread_cond_broadcast(&tasks->committed);
    (void)pthread_mutex_unlock(&tasks->commits_lock);
}

/* --- life --- */

void tasks_init(struct tasks *tasks, void (*wake)(void *arg), void *wake_arg)
{
    pthread_condattr_t monotonic;

    memset(tasks, 0, sizeof *tasks);
    tasks->wake = wake;
    tasks->wake_arg = wake_arg;
    tasks->end = &tasks->posted;
    (void)pthread_mutex_init(&tasks->lock, NULL);
    (void)pthread_mutex_init(&tasks->commits_lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&tasks->committed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

void tasks_stop(struct tasks *tasks)
{
    tasks_finish(tasks, ERR_UNREACHABLE);
    for (struct task *task = take_task(tasks); task != NULL; task = take_task(tasks)) {
        task->done(task, ERR_UNREACHABLE);
    }
}

void tasks_free(struct tasks *tasks)
{
    (void)pthread_mutex_destroy(&tasks->lock);
    (void)pthread_mutex_destroy(&tasks->commits_lock);
    (void)pthread_cond_destroy(&tasks->committed);
}
