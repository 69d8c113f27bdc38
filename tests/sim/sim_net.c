/* One node's clock and transport: links delay, lose what was in flight when they end, and are cut.
 */
#include "tests/sim/sim_world.h"

#include "proto/array.h"
#include "tests/harness/hand_clock.h"

enum { PIPE_FRAMES_MAX = 64 };

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

struct clock sim_clock_of(struct sim_node *node)
{
    return (struct clock){node, node_mono_ms, node_unix_ms, node_random};
}

/* --- transport seam --- */

static bool is_above(const struct sim_node *above, const struct sim_node *below)
{
    while (below != NULL && below != above) {
        below = below->parent;
    }
    return below != NULL;
}

static struct detour *find_detour(struct sim *sim, struct sim_node *lower, struct sim_node *upper)
{
    struct detour *detour;

    for (size_t i = 0; i < sim->detour_count; i++) {
        if (sim->detours[i]->up.from == lower && sim->detours[i]->up.to == upper) {
            return sim->detours[i];
        }
    }
    detour = mem_zalloc(sizeof *detour);
    detour->up = (struct pipe){.from = lower, .to = upper, .is_up = true};
    detour->down = (struct pipe){.from = upper, .to = lower};
    ARRAY_ROOM(sim->detours, sim->detour_count, sim->detour_capacity);
    sim->detours[sim->detour_count++] = detour;
    return detour;
}

static struct pipe *detour_to(struct sim_node *node, struct division to)
{
    struct sim *sim = node->sim;

    for (size_t i = 0; i < sim->node_count; i++) {
        struct sim_node *other = sim->nodes[i];
        if (division_equal(other->division, to)) {
            return is_above(other, node)   ? &find_detour(sim, node, other)->up
                   : is_above(node, other) ? &find_detour(sim, other, node)->down
                                           : NULL;
        }
    }
    return NULL;
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
    return detour_to(node, to);
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
    sim->counts.frames_past_parents += pipe->is_up && pipe != &node->up;
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
    sim_push(sim, (struct event){.at_us = at_us,
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

const struct transport_ops sim_net_ops = {net_send, net_receive, net_ended, net_close};

void sim_end_connection(struct pipe *pipe)
{
    pipe->generation++;
    pipe->in_flight = 0;
}

void sim_end_detours(struct sim_node *node)
{
    struct sim *sim = node->sim;

    for (size_t i = 0; i < sim->detour_count; i++) {
        struct detour *detour = sim->detours[i];
        if (detour->up.from == node || detour->up.to == node) {
            sim_end_connection(&detour->up);
            sim_end_connection(&detour->down);
        }
    }
}

void sim_free_detours(struct sim *sim)
{
    for (size_t i = 0; i < sim->detour_count; i++) {
        mem_free(sim->detours[i]);
    }
    mem_free(sim->detours);
}
