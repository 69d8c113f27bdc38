/* forkers - a neighbour that says of a log what is not so, and a home that is put back to an older
 * copy while its parent is away.
 *
 *   at rest --> forkers_lie: the parent asks, alarms, and nobody stops
 *           --> forkers_put_back: a store is an older copy, or empty; the node fetches what it
 * lacks and goes on, and nobody alarms a fork
 *           --> forkers_fork: the office goes on writing in the old copy; once the parent is back
 * the office stops, and it and everybody above it alarm the fork; nobody else does. Its parent
 * keeps one branch, the level above confirms that, and all of them hold that one and go on
 *
 * Owns: nothing. Thread: the simulator's only one. */
#ifndef TERRACE_TESTS_SIM_FORKERS_H
#define TERRACE_TESTS_SIM_FORKERS_H

#include "tests/sim/recoveries.h"

/* False, and why, when something else follows. */
bool forkers_lie(struct sim *sim, char *fault, size_t size);
/* False, and why, when the node is not whole again within a minute, or its log is another one.
 * *copies and *empty count. */
bool forkers_put_back(struct sim *sim, uint64_t *copies, uint64_t *empty, char *fault, size_t size);
struct forks_count {
    uint64_t forks, past, ended; /* past: the branches met past the parent, which was away */
};
/* The last thing to be done with a tree. `past`: an ancestor serves whose parent is away. Nobody
 * does where all are cut off. */
bool forkers_fork(struct sim *sim, struct recoveries *recoveries, bool past,
                  struct forks_count *count, char *fault, size_t size);

#endif
