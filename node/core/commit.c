#include "node/core/commit.h"

#include "node/core/node_struct.h"
#include "replicator/session/keep_alive.h"

static void send_frames(struct node *node)
{
    struct division to;

    while (replicator_next_frame(node->replicator, &to, &node->leaving)) {
        if (!node->transport.ops->send(node->transport.self, to, buf_bytes(&node->leaving))) {
            replicator_unsent(node->replicator, to, buf_bytes(&node->leaving));
        }
    }
}

/* Durable now: answer, acknowledge, send onward. */
static void send_after_commit(struct node *node)
{
    replicator_durable(node->replicator);
    send_frames(node); /* first: the next level's disk can work while we answer */
    tasks_finish(&node->tasks, OK);
}

/* An outcome that is not known is settled by a barrier: whether the batch is there is told then. */
static enum commit_outcome outcome_of(struct node *node, struct err *err)
{
    const struct store *store = &node->store;
    const enum commit_outcome outcome = store->ops->commit_outcome(store->self, err);

    return outcome == COMMIT_UNKNOWN ? store->ops->resolve(store->self, node->fence, err) : outcome;
}

static enum status await_commit(struct node *node, struct err *err)
{
    const enum commit_outcome outcome = outcome_of(node, err);

    if (outcome == COMMIT_PENDING) {
        return OK;
    }
    node->committing = false;
    if (outcome != COMMIT_OK) {
        /* What is there shows on restart; until then nothing more is said. */
        return err_wrap(err, "commit_turn division=%s", node->config.self.code);
    }
    meter_commit(&node->meter, clock_mono_ms(&node->clock) - node->begun_ms);
    txn_committed(node->txn);
    tasks_tell_commit(&node->tasks);
    send_after_commit(node);
    return OK;
}

static void send_keep_alives(struct node *node)
{
    struct division to;

    while (replicator_next_keep_alive(node->replicator, &to, &node->leaving)) {
        if (!node->transport.ops->send(node->transport.self, to, buf_bytes(&node->leaving))) {
            replicator_unsent(node->replicator, to, buf_bytes(&node->leaving));
        }
    }
}

/* What only reads is answered from what is durable, and the neighbours hear that this node lives.
 * Nothing is received: it could not be staged. */
static void work_in_flight(struct node *node)
{
    if (tasks_waiting(&node->tasks)) {
        struct txn *durable = txn_open(&node->store, NULL);

        tasks_run_reads(&node->tasks, node, durable);
        txn_free(durable);
    }
    replicator_keep_alive(node->replicator);
    send_keep_alives(node);
}

enum status commit_step_in_flight(struct node *node, struct err *err)
{
    const enum status status = await_commit(node, err);

    if (status == OK && node->committing) {
        work_in_flight(node);
    }
    return status;
}

static enum status begin_commit(struct node *node, struct err *err)
{
    const struct batch batch = txn_batch(node->txn);
    enum status status;

    node->begun_ms = clock_mono_ms(&node->clock);
    status = node->store.ops->commit_begin(node->store.self, node->fence, &batch, err);

    node->waiting_for_space = status == ERR_DISK_FULL;
    if (node->waiting_for_space) {
        space_check(&node->space, true);
        return OK; /* nothing was begun: the turn stands as it is until there is room for it */
    }
    if (status != OK) {
        return err_wrap(err, "commit_turn division=%s", node->config.self.code);
    }
    node->committing = true;
    node->rows_written += batch.count;
    return await_commit(node, err);
}

enum status commit_turn(struct node *node, struct err *err)
{
    alarms_stage(node->alarms, node->txn, txn_changes(node->txn) > 0);
    if (txn_status(node->txn, err) != OK) {
        return err_wrap(err, "read_in_turn");
    }
    if (txn_changes(node->txn) == 0) {
        txn_reset(node->txn);
        send_after_commit(node);
        return OK;
    }
    return begin_commit(node, err);
}

enum status commit_wait_for_space(struct node *node, struct err *err)
{
    const uint64_t now = clock_mono_ms(&node->clock);

    tasks_answer_reads(&node->tasks, node, node->txn, ERR_DISK_FULL);
    commit_send_alone(node);
    send_keep_alives(node);
    if (now - node->space_tried_ms < SPACE_CHECK_MS) {
        return OK;
    }
    node->space_tried_ms = now;
    if (begin_commit(node, err) != OK) {
        tasks_finish(&node->tasks, err->status);
        return err->status;
    }
    return OK;
}

void commit_send_alone(struct node *node)
{
    struct division to;

    if (replicator_lone_beat(node->replicator, &to, &node->leaving) &&
        !node->transport.ops->send(node->transport.self, to, buf_bytes(&node->leaving))) {
        replicator_beat_soon(node->replicator); /* there is no connection yet */
    }
}

void commit_answer_alone(struct node *node, struct division from)
{
    if (replicator_lone_answer(node->replicator, from, buf_bytes(&node->received),
                               &node->leaving)) {
        (void)node->transport.ops->send(node->transport.self, from, buf_bytes(&node->leaving));
    }
}

void commit_close(struct node *node)
{
    buf_free(&node->leaving);
}
