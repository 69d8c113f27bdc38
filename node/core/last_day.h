/* last_day - how each division was heard in the last 24 hours, for people who look at a line of it.
 *
 *   a block comes (its entries, how old it is) --+--> the slot of now of its author
 *   a beat comes (how old it is)  ---------------+
 *
 * A slot is five minutes: how many entries came, and the oldest word among those that came. Where
 * nothing was heard the slot says so, and no picture draws a line through it. It is lost with the
 * process, and nothing is decided by it.
 *
 * Owns:   a ring a division, up to LAST_DAY_DIVISIONS_MAX of them: more have no line of their own
 * on any screen. Thread: the loop thread. Units: *_ms; now_ms is mono. */
#ifndef TERRACE_NODE_CORE_LAST_DAY_H
#define TERRACE_NODE_CORE_LAST_DAY_H

#include <stdbool.h>

#include "proto/division.h"

enum {
    LAST_DAY_SLOT_S = 300,
    LAST_DAY_SLOTS = 288,
    LAST_DAY_DIVISIONS_MAX = 256,
};

struct day_slot {
    uint32_t entries;
    uint32_t lag_ms; /* of the oldest word */
    bool is_heard;   /* else the rest is 0 */
};

struct last_day;
struct last_day *last_day_open(void);
void last_day_close(struct last_day *day); /* NULL is fine */

/* Of a beat, `entries` is 0. */
void last_day_take(struct last_day *day, struct division division, uint64_t now_ms,
                   uint64_t entries, uint64_t lag_ms);

size_t last_day_divisions(const struct last_day *day);
/* The oldest slot first, that of now last. */
struct division last_day_read(const struct last_day *day, size_t index, uint64_t now_ms,
                              struct day_slot slots[LAST_DAY_SLOTS]);

#endif
