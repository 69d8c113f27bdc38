/* forkers - a neighbour that says of a log what is not so, and a home that is put back to an older
 * copy while its parent is away.
 *
 *   at rest --> forkers_lie: the parent asks, alarms, and nobody stops
 *           --> forkers_fork: the office goes on writing in the old copy; once the parent is back
 * the office stops, and it and everybody above it alarm the fork; nobody else does
 *
 * Owns: nothing. Thread: the simulator's only one. */
#ifndef TERRACE_TESTS_SIM_FORKERS_H
#define TERRACE_TESTS_SIM_FORKERS_H

#include "tests/sim/sim.h"

/* False, and why, when something else follows. */
bool forkers_lie(struct sim *sim, char *fault, size_t size);
/* The last thing to be done with a tree: one of its nodes has stopped for ever, which *forks
 * counts. Nobody does where all are cut off. */
bool forkers_fork(struct sim *sim, uint64_t *forks, char *fault, size_t size);

#endif
