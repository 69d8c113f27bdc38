/* tasks - what other threads ask of the loop, and how they hear of it.
 *
 *   any thread --tasks_post--> posted --tasks_run--> taken --tasks_finish--> done(outcome)
 *                                 |     (in a turn)          (after its commit)
 *                                 '-- what only reads --> done(OK) at once
 *
 * Owns:   the queue, under a lock, and the count of commits under another: the one part of a node
 *         that more than one thread touches. A task is its poster's memory until `done` returns.
 * Thread: tasks_post, tasks_await_commit and tasks_end_waits any, all else the loop thread.
 * Units:  *_ms is milliseconds. Errors: none; `done` is told the turn's outcome. */
#ifndef TERRACE_NODE_CORE_TASKS_H
#define TERRACE_NODE_CORE_TASKS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/status.h"

struct node;
struct txn;

/* `run` on the loop thread inside the turn; `done` after the turn's commit (OK) or its failure. */
struct task {
    void (*run)(struct task *task, struct node *node, struct txn *txn);
    void (*done)(struct task *task, enum status outcome);
    struct task *next;
    bool read_only; /* done at once after run; stages nothing */
    bool meanwhile; /* it may run while the own log is not whole: it stages no entry */
};

struct tasks {
    pthread_mutex_t lock;
    struct task *posted, **end; /* under lock */
    struct task *taken;         /* run in this turn, waiting for its commit */
    void (*wake)(void *arg);    /* may be NULL */
    void *wake_arg;

    pthread_mutex_t commits_lock;
    pthread_cond_t committed;
    uint64_t commits; /* this and the next under commits_lock */
    bool waits_ended;
};

/* `wake` is called in the poster's thread after each post; may be NULL. */
void tasks_init(struct tasks *tasks, void (*wake)(void *arg), void *wake_arg);
/* Ends all with ERR_UNREACHABLE. */
void tasks_stop(struct tasks *tasks);
void tasks_free(struct tasks *tasks);

void tasks_post(struct tasks *tasks, struct task *task);
/* Waits until more commits than *seen are durable, which becomes the number now. False when the
 * time was over before, and from tasks_end_waits on. */
bool tasks_await_commit(struct tasks *tasks, uint64_t *seen, uint32_t timeout_ms);
/* From now on nobody waits for a commit. */
void tasks_end_waits(struct tasks *tasks);

bool tasks_waiting(struct tasks *tasks);
/* Runs a turn's share of what is posted; true when some is left for the next turn. */
bool tasks_run(struct tasks *tasks, struct node *node, struct txn *txn);
/* Runs what only reads; the others keep their places. */
void tasks_run_reads(struct tasks *tasks, struct node *node, struct txn *txn);
/* Runs what only reads, and tells the others why they cannot be. */
void tasks_answer_reads(struct tasks *tasks, struct node *node, struct txn *txn,
                        enum status why_not);
/* The same, but those that may run meanwhile do, and wait for the commit. */
void tasks_run_meanwhile(struct tasks *tasks, struct node *node, struct txn *txn,
                         enum status why_not);
/* The turn is over: tells those that ran in it. */
void tasks_finish(struct tasks *tasks, enum status outcome);
/* One more commit is durable. */
void tasks_tell_commit(struct tasks *tasks);

#endif
