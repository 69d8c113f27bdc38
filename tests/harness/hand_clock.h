/* hand_clock - a clock that stands still unless a test moves it, and chance that is alike in every
 * run.
 *
 * Thread: one.
 * Units:  milliseconds. */
#ifndef TERRACE_TESTS_HARNESS_HAND_CLOCK_H
#define TERRACE_TESTS_HARNESS_HAND_CLOCK_H

#include "replicator/clock.h"

#define NEW_YEAR_2026_MS UINT64_C(1767225600000)

struct hand_clock {
    uint64_t now_ms;
    uint64_t wall_step_ms; /* the wall clock is ahead by this; modulo 2^64, so it may be behind */
    uint64_t random;       /* the seed, and then where the row of numbers stands */
};

/* The seam; it sees every later change of `hand`, which must outlive it. */
struct clock hand_clock_seam(struct hand_clock *hand);
uint64_t hand_clock_chance(struct hand_clock *hand);

#endif
