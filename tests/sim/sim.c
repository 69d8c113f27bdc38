#include "tests/sim/sim.h"
#include "node/core/members.h"
#include "node/core/rebuild.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/core/members.h"
#include "node/core/turn.h"
#include "node/store/store_memory.h"
#include "proto/array.h"
#include "proto/log.h"
#include "tests/harness/frame_queue.h"
#include "tests/harness/hand_clock.h"
#include "tests/harness/identities.h"

enum { PIPE_FRAMES_MAX = 64, STEPS_MAX = 64 };

/* One direction of one link. A cut or a crash ends the connection: what was in flight is gone. */
struct pipe {
    struct sim_node *from, *to;
    bool cut;
    uint64_t generation, last_delivery_us;
    size_t in_flight;
};

struct sim_node {
    struct sim *sim;
    size_t index;
    struct sim_node *parent;
    struct division division;
    struct sign_key key, next_key; /* in force before or now, and asked for or in force now */
    struct curve_key curve;
    struct grant_terms founders;
    struct store store;
    struct transport transport;
    struct clock clock;
    int64_t clock_offset_ms;
    struct node_config config;
    struct node *core;
    uint64_t incarnation, wake_us;
    uint64_t stall_us;    /* 0: not doomed */
    struct pipe up, down; /* to the parent, and from it */
    struct frame_queue inbox;
    struct buf chain[ENROL_CHAIN_MAX];
    size_t chain_count;
};

enum event_kind { EVENT_DELIVER, EVENT_WAKE, EVENT_SYNC, EVENT_FUNCTION };
struct event {
    uint64_t at_us, sequence;
    enum event_kind kind;
    struct sim_node *node;
    struct pipe *pipe;
    uint64_t generation; /* of the pipe or the incarnation */
    struct queued_frame *frame;
    void (*fn)(struct sim *sim, void *arg);
    void *arg;
};

struct sim {
    uint64_t rng[2], now_us, sequence;
    struct event *heap;
    size_t heap_count, heap_capacity;
    struct sim_node **nodes;
    size_t node_count, node_capacity;
    uint64_t disk_us_max;
    struct trust trust;
    struct joiner { /* has a token, and no answer that it heard */
        struct sim_node *node;
        struct token token;
    } * joiners;
    size_t joiner_count, joiner_capacity;
    struct sim_counts counts;
};

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

static void push(struct sim *sim, struct event event)
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

/* --- clock seam --- */

static uint64_t node_mono_ms(void *self)
{
    const struct sim_node *node = self;

    return node->sim->now_us / 1000;
}

static uint64_t node_unix_ms(void *self)
{
    const struct sim_node *node = self;

    return (uint64_t)((int64_t)(NEW_YEAR_2026_MS + node->sim->now_us / 1000) +
                      node->clock_offset_ms);
}

static uint64_t node_random(void *self)
{
    const struct sim_node *node = self;

    return sim_random(node->sim);
}

/* --- transport seam --- */

static void wake_at(struct sim_node *node, uint64_t at_us)
{
    if (at_us < node->sim->now_us) {
        at_us = node->sim->now_us;
    }
    if (node->wake_us <= at_us && node->wake_us > node->sim->now_us) {
        return; /* it is due earlier anyway */
    }
    node->wake_us = at_us;
    push(node->sim,
         (struct event){
             .at_us = at_us, .kind = EVENT_WAKE, .node = node, .generation = node->incarnation});
}

static struct pipe *pipe_to(struct sim_node *node, struct division to)
{
    if (node->parent != NULL && division_equal(node->parent->division, to)) {
        return &node->up;
    }
    for (size_t i = 0; i < node->sim->node_count; i++) {
        struct sim_node *other = node->sim->nodes[i];
        if (other->parent == node && division_equal(other->division, to)) {
            return &other->down;
        }
    }
    return NULL;
}

static bool net_send(void *self, struct division to, struct bytes bytes)
{
    struct sim_node *node = self;
    struct sim *sim = node->sim;
    struct pipe *pipe = pipe_to(node, to);
    uint64_t at_us;

    if (pipe == NULL || pipe->to->core == NULL || pipe->in_flight >= PIPE_FRAMES_MAX) {
        return false;
    }
    sim->counts.frames++;
    sim->counts.bytes += bytes.size;
    if (pipe->cut) {
        sim->counts.frames_lost++;
        return true; /* accepted by the sender's side, as a socket does, and never seen again */
    }
    at_us = sim->now_us + 200 + sim_below(sim, sim_chance(sim, 5) ? 300000 : 20000);
    if (at_us <= pipe->last_delivery_us) {
        at_us = pipe->last_delivery_us + 1; /* in order within one connection */
    }
    pipe->last_delivery_us = at_us;
    pipe->in_flight++;
    push(sim, (struct event){.at_us = at_us,
                             .kind = EVENT_DELIVER,
                             .node = pipe->to,
                             .pipe = pipe,
                             .generation = pipe->generation,
                             .frame = queued_frame_new(node->division, 0, bytes)});
    return true;
}

static bool net_receive(void *self, struct division *from, struct buf *out)
{
    struct sim_node *node = self;
    struct queued_frame *first = frame_queue_take(&node->inbox, 0);

    if (first == NULL) {
        return false;
    }
    *from = first->from;
    buf_clear(out);
    buf_append_bytes(out, buf_bytes(&first->bytes));
    queued_frame_free(first);
    return true;
}

/* Nobody is told: a neighbour that is gone shows by its silence. */
static bool net_ended(void *self, struct division *peer)
{
    (void)self;
    (void)peer;
    return false;
}

static void net_close(void *self)
{
    (void)self;
}

static const struct transport_ops net_ops = {net_send, net_receive, net_ended, net_close};

static void end_connection(struct pipe *pipe)
{
    pipe->generation++;
    pipe->in_flight = 0;
}

/* --- nodes --- */

static uint64_t disk_us(struct sim_node *node)
{
    return node->stall_us > 0 ? sim_below(node->sim, node->stall_us)
                              : 150 + sim_below(node->sim, node->sim->disk_us_max);
}

static void start(struct sim_node *node);

static void step(struct sim_node *node)
{
    bool busy = true, mended;

    for (int i = 0; i < STEPS_MAX && busy && node->core != NULL; i++) {
        struct err err;
        if (node_step(node->core, &busy, &err) != OK) {
            (void)fprintf(stderr, "sim: node %s stopped: %s\n", node->division.code, err.text);
            sim_crash(node->sim, node);
            return;
        }
        if (node_wants_opening(node->core, &mended)) { /* what neighbours sent meanwhile is lost */
            sim_crash(node->sim, node);
            start(node);
            return;
        }
        if (store_memory_pending(node->store.self)) {
            push(node->sim, (struct event){.at_us = node->sim->now_us + disk_us(node),
                                           .kind = EVENT_SYNC,
                                           .node = node,
                                           .generation = node->incarnation});
            wake_at(node, node_next_tick(node->core) * 1000);
            return;
        }
    }
    if (node->core != NULL) {
        wake_at(node, busy ? node->sim->now_us + 1 : node_next_tick(node->core) * 1000);
    }
}

/* The disk is still at it: what goes on without it. */
static void step_in_flight(struct sim_node *node)
{
    struct err err;
    bool busy;
    const enum status status = node_step(node->core, &busy, &err);

    assert(status == OK && node_is_committing(node->core));
    (void)status;
    wake_at(node, node_next_tick(node->core) * 1000);
}

/* The first admin, in the grant: whose word later persons are. He never says anything. */
static void name_admin(struct grant_terms *founders)
{
    struct sign_key key;

    sign_key_generate(&key);
    founders->founders[founders->founder_count++] =
        (struct founder){.name = "admin", .key = key.public};
    crypto_wipe(&key, sizeof key);
}

static struct sim_node *new_node(struct sim *sim, struct sim_node *parent, const char *division)
{
    struct sim_node *node = mem_zalloc(sizeof *node);

    node->sim = sim;
    node->index = sim->node_count;
    node->parent = parent;
    node->division = division_of(division);
    assert(!division_is_none(node->division));
    node->up = (struct pipe){.from = node, .to = parent};
    node->down = (struct pipe){.from = parent, .to = node};
    node->clock = (struct clock){node, node_mono_ms, node_unix_ms, node_random};
    node->clock_offset_ms = (int64_t)sim_below(sim, 20000) - 10000;
    node->transport = (struct transport){node, &net_ops};
    sign_key_generate(&node->key);
    curve_key_generate(&node->curve);
    name_admin(&node->founders);
    store_memory_open(&node->store);
    node->config.self = node->division;
    node->config.tree = sim->trust.tree;
    node->config.key = &node->key;
    /* A faster pulse than over metered links, for nobody is told here when a connection ends. */
    node->config.limits =
        (struct replicator_limits){.beat_ms = 5000, .silence_ms = 20000, .cosign_ms = 1000};
    (void)snprintf(node->config.listen, sizeof node->config.listen, "sim://%s", division);
    (void)snprintf(node->config.enrol, sizeof node->config.enrol, "sim://%s/enrol", division);
    return node;
}

static void attach(struct sim_node *node)
{
    struct sim *sim = node->sim;

    ARRAY_ROOM(sim->nodes, sim->node_count, sim->node_capacity);
    node->index = sim->node_count;
    sim->nodes[sim->node_count++] = node;
}

static void free_node(struct sim_node *node)
{
    node_close(node->core);
    frame_queue_clear(&node->inbox);
    node->store.ops->close(node->store.self);
    for (size_t i = 0; i < node->chain_count; i++) {
        buf_free(&node->chain[i]);
    }
    mem_free(node);
}

static void start(struct sim_node *node)
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
    wake_at(node, node->sim->now_us);
}

struct sim_node *sim_add_root(struct sim *sim, const char *division)
{
    struct grant grant = first_grant(division_of(division), DIVISION_NONE);
    struct grant_terms terms;
    struct sim_node *node;

    trust_generate(&sim->trust);
    node = new_node(sim, NULL, division);
    memcpy(grant.curve_key, node->curve.public, sizeof grant.curve_key);
    grant.time_ms = node_unix_ms(node);
    terms = *every_code();
    terms.founder_count = node->founders.founder_count;
    memcpy(terms.founders, node->founders.founders, sizeof terms.founders);
    grant_certify(&grant, &sim->trust.tree, &node->key);
    grant_seal(&node->chain[0], &grant, &terms, &sim->trust.key);
    node->chain_count = 1;
    attach(node);
    start(node);
    return node;
}

/* The enrolment socket, as a call in the parent's turn. */
struct enrolment {
    struct task call;
    struct sim_node *parent;
    struct division division;
    const struct sim_node *child;
    struct token token;
    struct buf request, answer;
    enum status invited;
    bool done, durable;
    struct err err;
};

/* All codes that begin with this one, without the pairs of zeros that end it. */
static struct grant_reach reach_of(struct division division)
{
    struct grant_reach reach = {.count = 0};
    char pattern[DIVISION_CODE_MAX + 2];
    size_t size = strlen(division.code);

    while (size > 2 && memcmp(division.code + size - 2, "00", 2) == 0) {
        size -= 2;
    }
    (void)snprintf(pattern, sizeof pattern, "%.*s*", (int)size, division.code);
    (void)reach_add(&reach, bytes_text(pattern));
    return reach;
}

static void run_invite(struct task *call, struct node *node, struct txn *txn)
{
    struct enrolment *enrolment = (struct enrolment *)call;

    const struct invite_terms terms = {.name = enrolment->division.code,
                                       .may_grant = reach_of(enrolment->division)};

    enrolment->invited =
        node_invite(node, txn, enrolment->division, &terms, &enrolment->token, &enrolment->err);
}

static void run_enrol(struct task *call, struct node *node, struct txn *txn)
{
    struct enrolment *enrolment = (struct enrolment *)call;

    struct enrol_asker from = {.address = "sim"};

    memcpy(from.curve_key, enrolment->child->curve.public, sizeof from.curve_key);
    enrol_receive((struct replicator *)(uintptr_t)node_replicator(node), txn,
                  buf_bytes(&enrolment->request), &from, node_unix_ms(enrolment->parent),
                  &enrolment->answer);
}

static void enrolment_done(struct task *call, enum status outcome)
{
    struct enrolment *enrolment = (struct enrolment *)call;

    enrolment->done = true;
    enrolment->durable = outcome == OK;
}

static bool enrolment_waiting(struct sim *sim, void *arg)
{
    const struct enrolment *enrolment = arg;

    (void)sim;
    return !enrolment->done;
}

static bool call_and_wait(struct sim *sim, struct enrolment *enrolment,
                          void (*run)(struct task *, struct node *, struct txn *))
{
    enrolment->call = (struct task){.run = run, .done = enrolment_done};
    enrolment->done = enrolment->durable = false;
    sim_call(sim, enrolment->parent, &enrolment->call);
    return sim_run_while(sim, enrolment_waiting, enrolment, 10 * SECOND) && enrolment->durable;
}

static void keep_chain(struct sim_node *node, const struct enrolled *enrolled)
{
    for (size_t i = 0; i < enrolled->chain_count; i++) {
        buf_append_bytes(&node->chain[i], enrolled->chain[i]);
    }
    node->chain_count = enrolled->chain_count;
}

static size_t joiner_of(const struct sim *sim, struct division division)
{
    size_t at = 0;

    while (at < sim->joiner_count && !division_equal(sim->joiners[at].token.division, division)) {
        at++;
    }
    return at;
}

/* Asks for a token, unless there is one already: who lost the answer asks again with the same token
 * and the same keys, as `terrace join` does. False: the parent did not answer. */
static bool have_token(struct sim *sim, struct enrolment *enrolment, const char *division)
{
    const size_t at = joiner_of(sim, enrolment->division);

    if (at < sim->joiner_count) {
        return true;
    }
    if (!call_and_wait(sim, enrolment, run_invite) || enrolment->invited != OK ||
        enrolment->parent->core == NULL) {
        return false;
    }
    ARRAY_ROOM(sim->joiners, sim->joiner_count, sim->joiner_capacity);
    sim->joiners[sim->joiner_count++] = (struct joiner){
        .node = new_node(sim, enrolment->parent, division), .token = enrolment->token};
    return true;
}

static void confirm(struct sim *sim, struct enrolment *enrolment)
{
    buf_clear(&enrolment->request);
    enrol_confirm(&enrolment->request, &enrolment->token, &enrolment->child->key);
    buf_clear(&enrolment->answer);
    if (enrolment->parent->core != NULL) {
        (void)call_and_wait(sim, enrolment, run_enrol);
    }
}

struct sim_node *sim_join(struct sim *sim, struct sim_node *parent, const char *division)
{
    struct enrolment enrolment = {.parent = parent, .division = division_of(division)};
    struct enrolled enrolled = {.chain_count = 0};
    struct sim_node *node = NULL;
    size_t at;

    if (parent->core == NULL || !have_token(sim, &enrolment, division)) {
        return NULL;
    }
    at = joiner_of(sim, enrolment.division);
    enrolment.token = sim->joiners[at].token;
    enrolment.child = sim->joiners[at].node;
    enrol_request(&enrolment.request, &enrolment.token, &enrolment.child->key,
                  enrolment.child->curve.public, enrolment.child->config.listen,
                  &enrolment.child->founders, NULL, node_unix_ms(parent));
    if (call_and_wait(sim, &enrolment, run_enrol) &&
        enrol_accept(&enrolled, &enrolment.token, &enrolment.child->key, &enrolment.child->founders,
                     buf_bytes(&enrolment.answer), &enrolment.err) == OK) {
        at = joiner_of(sim, enrolment.division); /* others may have come and gone meanwhile */
        node = sim->joiners[at].node;
        ARRAY_REMOVE(sim->joiners, sim->joiner_count, at);
        keep_chain(node, &enrolled);
        attach(node);
        start(node);
        confirm(sim, &enrolment);
    }
    enrolled_free(&enrolled);
    buf_free(&enrolment.request);
    buf_free(&enrolment.answer);
    return node;
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
    end_connection(&node->up);
    end_connection(&node->down);
    for (size_t i = 0; i < sim->node_count; i++) {
        if (sim->nodes[i]->parent == node) {
            end_connection(&sim->nodes[i]->up);
            end_connection(&sim->nodes[i]->down);
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
    if (node->core == NULL) {
        start(node);
    }
}

void sim_restart_damaged(struct sim *sim, struct sim_node *node, const char *why)
{
    node->config.damage = why;
    sim_restart(sim, node);
}

void sim_cut(struct sim *sim, struct sim_node *child, enum direction direction)
{
    assert(child->parent != NULL); /* the root has no link of its own to cut */
    sim->counts.cuts_one_way += direction == BOTH_WAYS ? 0 : 1;
    sim->counts.cuts_both_ways += direction == BOTH_WAYS ? 1 : 0;
    if ((direction & UPWARD) != 0) {
        child->up.cut = true;
        end_connection(&child->up);
    }
    if ((direction & DOWNWARD) != 0) {
        child->down.cut = true;
        end_connection(&child->down);
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
    wake_at(node, sim->now_us);
}

void sim_at_time(struct sim *sim, uint64_t at_us, void (*fn)(struct sim *sim, void *arg), void *arg)
{
    push(sim, (struct event){.at_us = at_us, .kind = EVENT_FUNCTION, .fn = fn, .arg = arg});
}

/* --- running --- */

static void deliver(struct sim *sim, struct event *event)
{
    struct sim_node *node = event->node;

    if (event->generation != event->pipe->generation || event->pipe->cut || node->core == NULL) {
        sim->counts.frames_lost++;
        queued_frame_free(event->frame);
        return;
    }
    event->pipe->in_flight--;
    frame_queue_put(&node->inbox, event->frame);
    if (!store_memory_pending(node->store.self)) {
        step(node);
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
                step_in_flight(node);
            } else {
                step(node);
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
            step(node);
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
        free_node(sim->nodes[i]);
    }
    for (size_t i = 0; i < sim->joiner_count; i++) {
        free_node(sim->joiners[i].node);
    }
    mem_free(sim->joiners);
    mem_free(sim->nodes);
    mem_free(sim->heap);
    mem_free(sim);
}

void sim_slow_disks(struct sim *sim, uint64_t us_max)
{
    sim->disk_us_max = us_max;
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
