/* self_health - how this node is, in the words that ride on its beats (proto/health.h).
 *
 *   each turn: self_health_look --news?--> replicator_beat_soon
 *   a beat is made:                self_health_write --> what a look finds, and what waits to go up
 *
 * A look costs nothing but memory reads, and is taken once in SELF_HEALTH_LOOK_MS. What waits to go
 * up costs a read of a few blocks, and is counted for a beat and for who asks alone.
 *
 * Owns:   what was found last. Thread: the loop thread. Units: *_ms is mono. */
#ifndef TERRACE_NODE_CORE_SELF_HEALTH_H
#define TERRACE_NODE_CORE_SELF_HEALTH_H

#include "proto/health.h"
#include "replicator/replicator.h"

struct node;

enum { SELF_HEALTH_LOOK_MS = 1000 };

struct self_health {
    struct health told; /* as the last look found it */
    uint64_t looked_ms;
    bool skipped; /* a turn went by without a look since */
};

/* At the end of what a turn takes in. */
void self_health_look(struct node *node);
/* When a look is due that a turn left out; UINT64_MAX for never. */
uint64_t self_health_next_tick(const struct node *node);
/* All of it, for whoever looks here: an alarm that is silenced is not its worst. What is told to
 * those above keeps it. */
void self_health_here(struct node *node, struct health *out);
/* ... as bytes for a beat. */
void self_health_write(struct node *node, struct buf *out);
/* True when this neighbour's link is not open: since when, and why. */
bool self_health_link_down(const struct peer_status *peer, struct health_child *out);

#endif
