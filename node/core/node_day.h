/* node_day - the last day (last_day.h) of this node: what it is told, and what it writes itself.
 *
 *   block held --node_day_block--+
 *   beat heard --node_day_beat---+--> last_day      own log: looked at by node_day_step
 *
 * Owns:   the last day. Thread: the loop thread. */
#ifndef TERRACE_NODE_CORE_NODE_DAY_H
#define TERRACE_NODE_CORE_NODE_DAY_H

#include "node/core/last_day.h"
#include "proto/block.h"
#include "replicator/beat_report.h"

struct node;

struct node_day {
    struct last_day *last_day;
    uint64_t own_lsn;   /* as far as it was counted */
    uint64_t looked_ms; /* mono */
};

void node_day_open(struct node *node);
void node_day_close(struct node *node);

void node_day_block(struct node *node, const struct block_header *header);
void node_day_beat(struct node *node, const struct beat_report *report);
/* Once a turn: what this node wrote itself, where it is time. */
void node_day_step(struct node *node);

#endif
