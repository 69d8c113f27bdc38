#include "tests/sim/sim_world.h"

#include <assert.h>

#include "node/core/members.h"
#include "node/store/store_memory.h"
#include "proto/array.h"

/* --- chance: xorshift128+ --- */

uint64_t sim_random(struct sim *sim)
{
    uint64_t a = sim->rng[0];
    const uint64_t b = sim->rng[1];

    sim->rng[0] = b;
    a ^= a << 23;
    sim->rng[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
    return sim->rng[1] + b;
}

uint64_t sim_below(struct sim *sim, uint64_t bound)
{
    return bound == 0 ? 0 : sim_random(sim) % bound;
}

bool sim_chance(struct sim *sim, unsigned percent)
{
    return sim_below(sim, 100) < percent;
}

/* --- the event queue: a binary heap by time, then by order of scheduling --- */

static bool before(const struct event *a, const struct event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->sequence < b->sequence;
}

void sim_push(struct sim *sim, struct event event)
{
    size_t i = sim->heap_count;

    ARRAY_ROOM(sim->heap, sim->heap_count, sim->heap_capacity);
    sim->heap_count++;
    event.sequence = sim->sequence++;
    while (i > 0 && before(&event, &sim->heap[(i - 1) / 2])) {
        sim->heap[i] = sim->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    sim->heap[i] = event;
}

static struct event pop(struct sim *sim)
{
    const struct event first = sim->heap[0], last = sim->heap[--sim->heap_count];
    size_t i = 0;

    while (2 * i + 1 < sim->heap_count) {
        size_t child = 2 * i + 1;
        if (child + 1 < sim->heap_count && before(&sim->heap[child + 1], &sim->heap[child])) {
            child++;
        }
        if (!before(&sim->heap[child], &last)) {
            break;
        }
        sim->heap[i] = sim->heap[child];
        i = child;
    }
    sim->heap[i] = last;
    return first;
}

void sim_at_time(struct sim *sim, uint64_t at_us, void (*fn)(struct sim *sim, void *arg), void *arg)
{
    sim_push(sim, (struct event){.at_us = at_us, .kind = EVENT_FUNCTION, .fn = fn, .arg = arg});
}

/* --- running --- */

/* The parent's door: whose link key is it, and may it speak? */
static bool is_let_in(struct sim_node *node, const struct pipe *pipe)
{
    struct division child;

    if (!pipe->is_up) {
        return true;
    }
    if (!node_admits(node->core, pipe->from->curve.public, &child) ||
        !division_equal(child, pipe->from->division)) {
        return false;
    }
    node_heard_under(node->core, pipe->from->curve.public, child);
    return true;
}

static void deliver(struct sim *sim, struct event *event)
{
    struct sim_node *node = event->node;

    if (event->generation != event->pipe->generation || event->pipe->cut || node->core == NULL) {
        sim->counts.frames_lost++;
        queued_frame_free(event->frame);
        return;
    }
    event->pipe->in_flight--;
    if (!is_let_in(node, event->pipe)) {
        sim->counts.frames_refused++;
        queued_frame_free(event->frame);
        return;
    }
    frame_queue_put(&node->inbox, event->frame);
    if (!store_memory_pending(node->store.self)) {
        sim_step(node);
    }
}

static void handle(struct sim *sim, struct event *event)
{
    struct sim_node *node = event->node;

    sim->counts.events++;
    switch (event->kind) {
    case EVENT_DELIVER:
        deliver(sim, event);
        break;
    case EVENT_WAKE:
        if (event->generation == node->incarnation && node->wake_us == event->at_us) {
            node->wake_us = 0;
            if (store_memory_pending(node->store.self)) {
                sim_step_in_flight(node);
            } else {
                sim_step(node);
            }
        }
        break;
    case EVENT_SYNC:
        if (event->generation == node->incarnation && node->stall_us > 0) {
            if (sim_chance(sim, 40)) { /* the disk has it, and nobody was told */
                store_memory_sync(node->store.self);
                sim->counts.crashes_untold++;
            }
            sim_crash(sim, node);
        } else if (event->generation == node->incarnation) {
            sim->counts.syncs++;
            store_memory_sync(node->store.self);
            sim_step(node);
        }
        break;
    case EVENT_FUNCTION:
        event->fn(sim, event->arg);
        break;
    }
}

void sim_run_until(struct sim *sim, uint64_t until_us)
{
    while (sim->heap_count > 0 && sim->heap[0].at_us <= until_us) {
        struct event event = pop(sim);
        sim->now_us = event.at_us;
        handle(sim, &event);
    }
    sim->now_us = until_us;
}

bool sim_run_while(struct sim *sim, bool (*waiting)(struct sim *sim, void *arg), void *arg,
                   uint64_t limit_us)
{
    const uint64_t end_us = sim->now_us + limit_us;

    while (waiting(sim, arg)) {
        uint64_t next_us = sim->heap_count > 0 ? sim->heap[0].at_us : end_us + 1;
        if (next_us > end_us) {
            sim->now_us = end_us;
            return false;
        }
        sim_run_until(sim, next_us);
    }
    return true;
}

/* --- life and looks --- */

struct sim *sim_new(uint64_t seed)
{
    struct sim *sim = mem_zalloc(sizeof *sim);

    sim->rng[0] = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    sim->rng[1] = (seed ^ UINT64_C(0xd1b54a32d192ed03)) * UINT64_C(0xbf58476d1ce4e5b9) + 1;
    for (int i = 0; i < 16; i++) {
        (void)sim_random(sim);
    }
    sim->now_us = SECOND;
    sim->disk_us_max = 5 * MILLISECOND;
    /* Faster than over metered links, for nobody is told here when a connection ends. */
    sim->pulse = (struct sim_pulse){.beat_ms = 5000, .silence_ms = 20000};
    return sim;
}

void sim_free(struct sim *sim)
{
    while (sim->heap_count > 0) {
        struct event event = pop(sim);
        if (event.kind == EVENT_DELIVER) {
            queued_frame_free(event.frame);
        }
    }
    for (size_t i = 0; i < sim->node_count; i++) {
        sim_free_node(sim->nodes[i]);
    }
    for (size_t i = 0; i < sim->joiner_count; i++) {
        sim_free_node(sim->joiners[i].node);
    }
    sim_free_recoveries(sim);
    sim_free_detours(sim);
    mem_free(sim->joiners);
    mem_free(sim->nodes);
    mem_free(sim->heap);
    mem_free(sim);
}

void sim_slow_disks(struct sim *sim, uint64_t us_max)
{
    sim->disk_us_max = us_max;
}

void sim_slow_pulse(struct sim *sim, struct sim_pulse pulse)
{
    sim->pulse = pulse;
}

void sim_serve(struct sim *sim, uint32_t parent_away_ms)
{
    sim->parent_away_ms = parent_away_ms;
}

void sim_ask_two_persons(struct sim *sim, struct policy policy)
{
    assert(sim->node_count == 0);
    sim->policy = policy;
}

bool sim_asks_two_persons(const struct sim *sim)
{
    return policy_needs(sim->policy, KIND_CONFIRM);
}

const char *sim_money_alarm(const struct sim *sim)
{
    return sim->money_alarm;
}

struct sim_trust sim_trust(const struct sim_node *node)
{
    return node->trust;
}

void sim_set_trust(struct sim_node *node, struct sim_trust trust)
{
    node->trust = trust;
}

uint64_t sim_now(const struct sim *sim)
{
    return sim->now_us;
}

size_t sim_nodes(const struct sim *sim)
{
    return sim->node_count;
}

struct sim_node *sim_at(const struct sim *sim, size_t index)
{
    return sim->nodes[index];
}

struct sim_node *sim_parent(const struct sim_node *node)
{
    return node->parent;
}

static bool is_in_force(const struct sim_node *node, const struct sign_key *key)
{
    const struct grant *own = &roster_find(node_roster(node->core), node->division)->grant;

    return memcmp(&own->sign_key, &key->public, sizeof own->sign_key) == 0;
}

const struct sign_key *sim_key(const struct sim_node *node)
{
    return node->core != NULL && is_in_force(node, &node->next_key) ? &node->next_key : &node->key;
}

const struct sign_key *sim_make_key(struct sim_node *node)
{
    node->key = *sim_key(node);
    sign_key_generate(&node->next_key);
    node->config.next_key = &node->next_key;
    return &node->next_key;
}

struct division sim_division(const struct sim_node *node)
{
    return node->division;
}

const struct store *sim_store(const struct sim_node *node)
{
    return &node->store;
}

struct node *sim_core(const struct sim_node *node)
{
    return node->core;
}

const struct sim_counts *sim_counts(const struct sim *sim)
{
    return &sim->counts;
}
