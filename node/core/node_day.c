#include "node/core/node_day.h"

#include "node/core/node_struct.h"

enum { OWN_LOOK_MS = 2000 };

static uint64_t own_lsn(const struct node *node)
{
    struct log_head head;

    return replicator_head(node->replicator, node->config.self, true, &head) ? head.lsn : 0;
}

void node_day_open(struct node *node)
{
    node->day.last_day = last_day_open();
    node->day.own_lsn = own_lsn(node);
}

void node_day_close(struct node *node)
{
    last_day_close(node->day.last_day);
}

/* A clock that is behind the author's makes it no time at all. */
static uint64_t age_ms(const struct node *node, uint64_t unix_ms)
{
    return node->turn_unix_ms > unix_ms ? node->turn_unix_ms - unix_ms : 0;
}

void node_day_block(struct node *node, const struct block_header *header)
{
    last_day_take(node->day.last_day, header->author, clock_mono_ms(&node->clock), header->count,
                  age_ms(node, header->time_ms));
}

void node_day_beat(struct node *node, const struct beat_report *report)
{
    last_day_take(node->day.last_day, report->division, clock_mono_ms(&node->clock), 0,
                  age_ms(node, report->unix_ms));
}

void node_day_step(struct node *node)
{
    const uint64_t now_ms = clock_mono_ms(&node->clock);
    const uint64_t lsn = own_lsn(node);

    if (now_ms - node->day.looked_ms < OWN_LOOK_MS) {
        return;
    }
    node->day.looked_ms = now_ms;
    last_day_take(node->day.last_day, node->config.self, now_ms,
                  lsn > node->day.own_lsn ? lsn - node->day.own_lsn : 0, 0);
    node->day.own_lsn = lsn;
}
