#include "node/core/turn.h"

#include <inttypes.h>

#include "node/core/commit.h"
#include "node/core/damage.h"
#include "node/core/node_struct.h"
#include "node/core/own_log.h"
#include "node/core/resync.h"
#include "replicator/session/keep_alive.h"

enum {
    TURN_FRAMES_MAX = 64, /* received in one turn */
    TURN_BYTES_MAX = 8 << 20,
    TURN_RECEIVE_MS = 50, /* then what is staged is committed, and the API has its turn */
    PARENT_MS = 3000,     /* after a start its answer is waited for, then the node works on alone */
};

static bool receive_frames(struct node *node)
{
    const uint64_t begun_ms = clock_mono_ms(&node->clock);
    struct division ended;
    size_t bytes = 0;

    while (node->transport.ops->ended(node->transport.self, &ended)) {
        replicator_connection_ended(node->replicator, ended);
    }
    for (int i = 0; i < TURN_FRAMES_MAX && bytes < TURN_BYTES_MAX &&
                    clock_mono_ms(&node->clock) - begun_ms < TURN_RECEIVE_MS;
         i++) {
        struct division from;
        if (!node->transport.ops->receive(node->transport.self, &from, &node->received)) {
            return false;
        }
        bytes += node->received.size;
        if (resync_ignores(node, from)) {
            continue;
        }
        replicator_receive(node->replicator, node->txn, from, buf_bytes(&node->received));
    }
    return true;
}

/* A node with a damaged store answers what only reads, and tells its parent why it is silent, and
 * a child that asks for a session. It takes nothing in: what comes is let go. */
static void step_damaged(struct node *node)
{
    struct division from;

    tasks_answer_reads(&node->tasks, node, node->txn, ERR_CORRUPT);
    for (int i = 0; i < TURN_FRAMES_MAX &&
                    node->transport.ops->receive(node->transport.self, &from, &node->received);
         i++) {
        commit_answer_alone(node, from);
    }
    commit_send_alone(node);
}

/* What makes going on worse than stopping, after the commit of a turn. */
static enum status check_own_log(struct node *node, struct err *err)
{
    if (node->config.resync != RESYNC_NOT) {
        return resync_check(node, err);
    }
    if (damage_check(node, err) != OK || replicator_check_own_log(node->replicator, err) != OK) {
        return err->status;
    }
    if (catch_up_own(&node->catch_up) == OWN_STOPPED) {
        return err_set(err, ERR_NEEDS_UPGRADE, "own_log_unknown division=%s",
                       node->config.self.code);
    }
    return OK;
}

/* `busy` once its commit is over: for what came meanwhile nobody wakes the loop again. */
static enum status step_in_flight(struct node *node, bool *busy, struct err *err)
{
    if (commit_step_in_flight(node, err) != OK) {
        tasks_finish(&node->tasks, err->status);
        return err->status;
    }
    if (node->committing) {
        return OK;
    }
    *busy = true;
    return check_own_log(node, err);
}

static enum status wait_for_space(struct node *node, struct err *err)
{
    const enum status status = commit_wait_for_space(node, err);

    if (status != OK) {
        tasks_finish(&node->tasks, status);
    }
    return status;
}

/* A store put back from an old copy shows when the parent tells what it holds of our log. Until
 * then a document would take a number that another has already. */
static bool parent_awaited(struct node *node)
{
    if (node->parent_awaited && (replicator_parent_answered(node->replicator) ||
                                 clock_mono_ms(&node->clock) - node->opened_ms >= PARENT_MS)) {
        node->parent_awaited = false;
    }
    return node->parent_awaited;
}

/* One wall time for the whole turn; a clock that jumped is told. */
static void read_clock(struct node *node)
{
    node->turn_unix_ms = clock_unix_ms(&node->clock);
    const int64_t jump_ms =
        clock_watch_look(&node->clock_watch, clock_mono_ms(&node->clock), node->turn_unix_ms);

    if (jump_ms != 0) {
        alarms_raise(node->alarms, ALARM_CLOCK_JUMP, node->config.self,
                     "clock_jumped seconds=%" PRId64, jump_ms / 1000);
    }
}

void turn_open(struct node *node)
{
    node->turn_unix_ms = clock_unix_ms(&node->clock);
}

void turn_await_parent(struct node *node)
{
    node->parent_awaited = node->config.damage == NULL && /* else nothing is written anyway */
                           !division_is_none(replicator_parent(node->replicator));
}

void turn_close(struct node *node)
{
    buf_free(&node->received);
}

enum status node_step(struct node *node, bool *busy, struct err *err)
{
    enum status status;

    *busy = false;
    if (node->committing) {
        return step_in_flight(node, busy, err);
    }
    read_clock(node);
    if (resync_only_reads(node)) {
        step_damaged(node);
        return OK;
    }
    if (node->waiting_for_space) {
        return wait_for_space(node, err);
    }
    space_check(&node->space, false);
    confirmations_step(node); /* of turns before: all that they stand on is durable */
    if (node->config.resync != RESYNC_NOT) {
        tasks_run_meanwhile(&node->tasks, node, node->txn, ERR_CORRUPT);
        replicator_withhold(node->replicator, node->space.is_full);
        *busy |= resync_step(node);
        *busy |= receive_frames(node);
    } else if (catch_up_own(&node->catch_up) == OWN_WHOLE) {
        if (parent_awaited(node)) {
            tasks_run_reads(&node->tasks, node, node->txn);
        } else {
            *busy |= tasks_run(&node->tasks, node, node->txn);
        }
        replicator_withhold(node->replicator,
                            node->space.is_full); /* blocks wait with their sender */
        *busy |= receive_frames(node);
    }
    if (clock_mono_ms(&node->clock) >= replicator_next_tick(node->replicator)) {
        replicator_tick(node->replicator, node->txn);
    }
    *busy |= node->config.resync != RESYNC_FETCH && catch_up_slice(&node->catch_up);
    *busy |= confirmations_wait(node);
    node_watch_step(node);
    node_day_step(node);
    self_health_look(node);
    own_log_enter_due(node, node->txn);
    scrub_step(node, !*busy && txn_changes(node->txn) == 0);
    replicator_seal(node->replicator, node->txn);
    accesses_stage(node);
    scrub_stage(node);
    status = commit_turn(node, err);
    if (status == OK && !node->committing) { /* what shows it is durable, and told to others */
        status = check_own_log(node, err);
    }
    if (status != OK) {
        tasks_finish(&node->tasks, status);
    }
    return status;
}

uint64_t node_next_tick(const struct node *node)
{
    if (resync_only_reads(node) || node->committing) {
        return replicator_keep_alive_ms(node->replicator);
    }
    if (node->waiting_for_space) {
        return earlier(node->space_tried_ms + SPACE_CHECK_MS,
                       replicator_keep_alive_ms(node->replicator));
    }
    return earlier(
        earlier(earlier(replicator_next_tick(node->replicator), alarms_next_tick(node->alarms)),
                earlier(self_health_next_tick(node), accesses_next_tick(node))),
        earlier(earlier(scrub_next_tick(node), damage_next_tick(node)),
                node->parent_awaited ? node->opened_ms + PARENT_MS : UINT64_MAX));
}
