/* calls - what other threads ask of the loop, and how they hear of it. The one part of a node that
 * more than one thread touches: a queue under a lock, and the count of commits under another. */
#include <time.h>

#include "node/node_internal.h"

void node_post(struct node *node, struct call *call)
{
    call->next = NULL;
    (void)pthread_mutex_lock(&node->calls_lock);
    *node->calls_end = call;
    node->calls_end = &call->next;
    (void)pthread_mutex_unlock(&node->calls_lock);
    if (node->config.wake != NULL) {
        node->config.wake(node->config.wake_arg);
    }
}

static struct call *take_call(struct node *node)
{
    struct call *call;

    (void)pthread_mutex_lock(&node->calls_lock);
    call = node->calls;
    if (call != NULL) {
        node->calls = call->next;
        if (node->calls == NULL) {
            node->calls_end = &node->calls;
        }
    }
    (void)pthread_mutex_unlock(&node->calls_lock);
    return call;
}

/* True when some are left for the next turn. */
bool calls_run(struct node *node)
{
    struct call **end = &node->taken;

    for (int i = 0; i < TURN_CALLS_MAX; i++) {
        struct call *call = take_call(node);
        if (call == NULL) {
            return false;
        }
        call->run(call, node, node->txn);
        if (call->read_only) {
            call->done(call, OK);
        } else {
            call->next = NULL;
            *end = call;
            end = &call->next;
        }
    }
    return true;
}

void calls_run_reads(struct node *node)
{
    struct call *waiting = NULL, **end = &waiting;

    for (struct call *call = take_call(node); call != NULL; call = take_call(node)) {
        if (call->read_only) {
            call->run(call, node, node->txn);
            call->done(call, OK);
        } else {
            *end = call;
            end = &call->next;
        }
    }
    *end = NULL;
    if (waiting == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&node->calls_lock);
    *end = node->calls; /* in front of what came meanwhile */
    if (node->calls == NULL) {
        node->calls_end = end;
    }
    node->calls = waiting;
    (void)pthread_mutex_unlock(&node->calls_lock);
}

/* Reads are answered, whatever would write is told why not. */
void calls_answer_reads(struct node *node, enum status why_not)
{
    for (struct call *call = take_call(node); call != NULL; call = take_call(node)) {
        if (call->read_only) {
            call->run(call, node, node->txn);
        }
        call->done(call, call->read_only ? OK : why_not);
    }
}

void calls_finish(struct node *node, enum status outcome)
{
    struct call *call = node->taken;

    node->taken = NULL;
    while (call != NULL) {
        struct call *next = call->next; /* done gives the memory back */
        call->done(call, outcome);
        call = next;
    }
}

void calls_tell_commit(struct node *node)
{
    (void)pthread_mutex_lock(&node->commits_lock);
    node->commits++;
    (void)pthread_cond_broadcast(&node->committed);
    (void)pthread_mutex_unlock(&node->commits_lock);
}

uint64_t node_await_commit(struct node *node, uint64_t seen, uint32_t timeout_ms)
{
    struct timespec until;
    uint64_t commits;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&node->commits_lock);
    while (node->commits == seen &&
           pthread_cond_timedwait(&node->committed, &node->commits_lock, &until) == 0) {
    }
    commits = node->commits;
    (void)pthread_mutex_unlock(&node->commits_lock);
    return commits;
}

/* --- life --- */

void calls_init(struct node *node)
{
    pthread_condattr_t monotonic;

    node->calls_end = &node->calls;
    (void)pthread_mutex_init(&node->calls_lock, NULL);
    (void)pthread_mutex_init(&node->commits_lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&node->committed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

void calls_stop(struct node *node)
{
    calls_finish(node, ERR_UNREACHABLE);
    for (struct call *call = take_call(node); call != NULL; call = take_call(node)) {
        call->done(call, ERR_UNREACHABLE);
    }
}

void calls_free(struct node *node)
{
    (void)pthread_mutex_destroy(&node->calls_lock);
    (void)pthread_mutex_destroy(&node->commits_lock);
    (void)pthread_cond_destroy(&node->committed);
}
