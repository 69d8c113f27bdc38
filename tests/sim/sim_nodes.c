/* Nodes: how they are made, start, take turns and fall. */
#include "tests/sim/sim_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/core/rebuild.h"
#include "node/core/resync.h"
#include "node/core/turn.h"
#include "node/ledger/refold.h"
#include "node/store/store_memory.h"
#include "proto/array.h"
#include "replicator/store/commit_now.h"
#include "replicator/trust/roster_load.h"

enum { STEPS_MAX = 64 };

/* --- nodes --- */

void sim_wake_at(struct sim_node *node, uint64_t at_us)
{
    if (at_us < node->sim->now_us) {
        at_us = node->sim->now_us;
    }
    if (node->wake_us <= at_us && node->wake_us > node->sim->now_us) {
        return; /* it is due earlier anyway */
    }
    node->wake_us = at_us;
    sim_push(node->sim, (struct event){.at_us = at_us,
                                       .kind = EVENT_WAKE,
                                       .node = node,
                                       .generation = node->incarnation});
}

static uint64_t disk_us(struct sim_node *node)
{
    return node->stall_us > 0 ? sim_below(node->sim, node->stall_us)
                              : 150 + sim_below(node->sim, node->sim->disk_us_max);
}

/* As the daemon does: it is opened anew, and fetches its own log. */
static bool begins_resync(struct sim_node *node, const struct err *why)
{
    if (why->status != ERR_CORRUPT || resync_mode_of(why->text) != RESYNC_FETCH) {
        return false;
    }
    sim_crash(node->sim, node);
    sim_restart_short(node->sim, node, "own_log_behind_peer");
    return true;
}

void sim_step(struct sim_node *node)
{
    bool busy = true, whole;

    for (int i = 0; i < STEPS_MAX && busy && node->core != NULL; i++) {
        struct err err;
        if (node_step(node->core, &busy, &err) != OK) {
            if (begins_resync(node, &err)) {
                return;
            }
            (void)fprintf(stderr, "sim: node %s stopped: %s\n", node->division.code, err.text);
            sim_crash(node->sim, node);
            return;
        }
        if (node_wants_opening(node->core, &whole)) { /* what neighbours sent meanwhile is lost */
            sim_crash(node->sim, node);
            if (whole) {
                node->config.damage = NULL;
                node->config.resync = RESYNC_NOT;
            }
            sim_start(node);
            return;
        }
        if (store_memory_pending(node->store.self)) {
            sim_push(node->sim, (struct event){.at_us = node->sim->now_us + disk_us(node),
                                               .kind = EVENT_SYNC,
                                               .node = node,
                                               .generation = node->incarnation});
            sim_wake_at(node, node_next_tick(node->core) * 1000);
            return;
        }
    }
    if (node->core != NULL) {
        sim_wake_at(node, busy ? node->sim->now_us + 1 : node_next_tick(node->core) * 1000);
    }
}

/* The disk is still at it: what goes on without it. */
void sim_step_in_flight(struct sim_node *node)
{
    struct err err;
    bool busy;
    const enum status status = node_step(node->core, &busy, &err);

    assert(status == OK && node_is_committing(node->core));
    (void)status;
    sim_wake_at(node, node_next_tick(node->core) * 1000);
}

/* Sums that do not fit are nobody's fault here: not for a moment, whatever else goes on. */
static void note_alarm(void *arg, const struct alarm *alarm)
{
    struct sim_node *node = arg;
    struct sim *sim = node->sim;
    const enum alarm_code code = alarm->code;

    if ((code == ALARM_STATE_DIFFERS || code == ALARM_EDGE_DIFFERS || code == ALARM_BELOW_ZERO ||
         code == ALARM_BAD_ENTRY || code == ALARM_SOURCES_DIFFER) &&
        sim->money_alarm[0] == '\0') {
        (void)snprintf(sim->money_alarm, sizeof sim->money_alarm, "alarm at %s: %s about %s: %s",
                       node->division.code, alarm_info(code)->name, alarm->about.code,
                       alarm->message);
    }
}

struct sim_node *sim_new_node(struct sim *sim, struct sim_node *parent, const char *division)
{
    struct sim_node *node = mem_zalloc(sizeof *node);

    node->sim = sim;
    node->index = sim->node_count;
    node->parent = parent;
    node->division = division_of(division);
    assert(!division_is_none(node->division));
    node->up = (struct pipe){.from = node, .to = parent, .is_up = true};
    node->down = (struct pipe){.from = parent, .to = node};
    node->clock = sim_clock_of(node);
    node->clock_offset_ms = (int64_t)sim_below(sim, 20000) - 10000;
    node->transport = (struct transport){node, &sim_net_ops};
    sign_key_generate(&node->key);
    curve_key_generate(&node->curve);
    sim_name_admins(node);
    store_memory_open(&node->store);
    node->config.self = node->division;
    node->config.tree = sim->trust.tree;
    node->config.key = &node->key;
    node->config.approval = sim->policy;
    node->config.alarm_sink = (struct alarms_sink){note_alarm, node};
    node->config.limits = (struct replicator_limits){.beat_ms = sim->pulse.beat_ms,
                                                     .silence_ms = sim->pulse.silence_ms,
                                                     .cosign_ms = 1000,
                                                     .parent_away_ms = sim->parent_away_ms};
    (void)snprintf(node->config.listen, sizeof node->config.listen, "sim://%s", division);
    (void)snprintf(node->config.enrol, sizeof node->config.enrol, "sim://%s/enrol", division);
    return node;
}

void sim_attach(struct sim_node *node)
{
    struct sim *sim = node->sim;

    ARRAY_ROOM(sim->nodes, sim->node_count, sim->node_capacity);
    node->index = sim->node_count;
    sim->nodes[sim->node_count++] = node;
}

void sim_free_node(struct sim_node *node)
{
    node_close(node->core);
    frame_queue_clear(&node->inbox);
    node->store.ops->close(node->store.self);
    for (size_t i = 0; i < node->chain_count; i++) {
        buf_free(&node->chain[i]);
    }
    mem_free(node);
}

void sim_start(struct sim_node *node)
{
    struct bytes chain[ENROL_CHAIN_MAX];
    struct err err;

    for (size_t i = 0; i < node->chain_count; i++) {
        chain[i] = buf_bytes(&node->chain[i]);
    }
    node->incarnation++;
    node->wake_us = 0;
    store_memory_defer(node->store.self, false); /* what an opening commits is durable at once */
    if (node_open(&node->core, &node->config, &node->store, &node->transport, &node->clock, chain,
                  node->chain_count, &err) != OK) {
        (void)fprintf(stderr, "sim: cannot open %s: %s\n", node->division.code, err.text);
        abort();
    }
    store_memory_defer(node->store.self, true);
    sim_wake_at(node, node->sim->now_us);
}

/* --- faults --- */

void sim_crash(struct sim *sim, struct sim_node *node)
{
    if (node->core == NULL) {
        return;
    }
    sim->counts.crashes++;
    sim->counts.crashes_unsynced += store_memory_pending(node->store.self) ? 1 : 0;
    node->incarnation++;
    node->stall_us = 0;
    store_memory_crash(node->store.self);
    node_close(node->core);
    node->core = NULL;
    frame_queue_clear(&node->inbox);
    sim_end_connection(&node->up);
    sim_end_connection(&node->down);
    sim_end_detours(node);
    for (size_t i = 0; i < sim->node_count; i++) {
        if (sim->nodes[i]->parent == node) {
            sim_end_connection(&sim->nodes[i]->up);
            sim_end_connection(&sim->nodes[i]->down);
        }
    }
}

void sim_crash_in_commit(struct sim *sim, struct sim_node *node, uint64_t stall_us)
{
    (void)sim;
    if (node->core != NULL) {
        node->stall_us = stall_us;
    }
}

bool sim_doomed(const struct sim_node *node)
{
    return node->stall_us > 0;
}

void sim_restart(struct sim *sim, struct sim_node *node)
{
    (void)sim;
    node->stall_us = 0;
    if (node->core == NULL && !node->keyless) {
        sim_start(node);
    }
}

static void forget_all(struct sim_node *node)
{
    const struct store *store = &node->store;
    struct roster *roster = roster_new(&node->config.tree, node->division);
    struct txn *txn = txn_open(store, NULL);
    struct err err = {OK, ""};
    uint64_t fence;

    if (store->ops->claim(store->self, &fence, &err) != OK ||
        roster_load(roster, store, NULL, &err) != OK || refold_forget(store, fence, &err) != OK) {
        (void)fprintf(stderr, "sim: cannot refold %s: %s\n", node->division.code, err.text);
        abort();
    }
    refold_observe(txn, roster, node->division);
    if (commit_now(store, fence, txn, &err) != OK) {
        (void)fprintf(stderr, "sim: cannot refold %s: %s\n", node->division.code, err.text);
        abort();
    }
    txn_free(txn);
    roster_free(roster);
}

void sim_refold(struct sim *sim, struct sim_node *node)
{
    sim_crash(sim, node);
    store_memory_defer(node->store.self, false);
    forget_all(node);
    store_memory_defer(node->store.self, true);
    sim_restart(sim, node);
}

void sim_restart_damaged(struct sim *sim, struct sim_node *node, const char *why)
{
    node->config.damage = why;
    sim_restart(sim, node);
}

void sim_restart_short(struct sim *sim, struct sim_node *node, const char *why)
{
    node->config.damage = why;
    node->config.resync = RESYNC_FETCH;
    sim_restart(sim, node);
}

void sim_restart_forked(struct sim *sim, struct sim_node *node)
{
    node->config.damage = "own_log_forked author=A held=1";
    node->config.resync = RESYNC_CONFIRM;
    sim_restart(sim, node);
}

void sim_cut(struct sim *sim, struct sim_node *child, enum direction direction)
{
    assert(child->parent != NULL); /* the root has no link of its own to cut */
    sim->counts.cuts_one_way += direction == BOTH_WAYS ? 0 : 1;
    sim->counts.cuts_both_ways += direction == BOTH_WAYS ? 1 : 0;
    if ((direction & UPWARD) != 0) {
        child->up.cut = true;
        sim_end_connection(&child->up);
    }
    if ((direction & DOWNWARD) != 0) {
        child->down.cut = true;
        sim_end_connection(&child->down);
    }
}

void sim_heal(struct sim *sim, struct sim_node *child)
{
    (void)sim;
    child->up.cut = child->down.cut = false;
}

void sim_call(struct sim *sim, struct sim_node *node, struct task *call)
{
    assert(node->core != NULL);
    node_post(node->core, call);
    sim_wake_at(node, sim->now_us);
}
