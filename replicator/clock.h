/* clock - the seam to time and chance. Real in the daemon, virtual and seeded in the simulator.
 *
 * Thread: any. */
#ifndef TERRACE_REPLICATOR_CLOCK_H
#define TERRACE_REPLICATOR_CLOCK_H

#include <stdint.h>

struct clock {
    void *self;
    uint64_t (*mono_ms)(void *self); /* never goes back; for intervals */
    uint64_t (*unix_ms)(void *self); /* what people read; orders nothing */
    uint64_t (*random)(void *self);  /* for jitter and session numbers, never for keys */
};

static inline uint64_t clock_mono_ms(const struct clock *clock)
{
    return clock->mono_ms(clock->self);
}
static inline uint64_t clock_unix_ms(const struct clock *clock)
{
    return clock->unix_ms(clock->self);
}
static inline uint64_t clock_random(const struct clock *clock)
{
    return clock->random(clock->self);
}
static inline uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}
static inline uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

#endif
