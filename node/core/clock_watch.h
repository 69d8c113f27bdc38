/* clock_watch - does the wall clock of this machine run on evenly, or was it set?
 *
 *   wall time  ----+-------|-------+---->      between two looks both clocks move by the same;
 *   mono time  ----+-------|-------+---->      the wall clock by more or less: it jumped
 *
 * Nothing is ordered by the wall clock, but people read it in every document. A machine that slept
 * is seen as a jump ahead, too.
 *
 * Pure. Owns: nothing. Thread: the loop's. Units: milliseconds. */
#ifndef TERRACE_NODE_CORE_CLOCK_WATCH_H
#define TERRACE_NODE_CORE_CLOCK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_JUMP_MS_MIN = 10000 }; /* a daemon that slews a clock stays far below it */

struct clock_watch { /* begin with zeros */
    bool started;
    uint64_t mono_ms, unix_ms; /* at the last look */
};

/* How far the wall clock jumped since the last look, ahead above 0; 0 when it ran on evenly. */
int64_t clock_watch_look(struct clock_watch *watch, uint64_t mono_ms, uint64_t unix_ms);

#endif
