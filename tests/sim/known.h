/* known - does every node of a tree know how every division below it is? */
#ifndef TERRACE_TESTS_SIM_KNOWN_H
#define TERRACE_TESTS_SIM_KNOWN_H

#include "tests/sim/sim.h"

/* Every node is heard at every level above it and is in order there, but for a clock that was
 * set and for who is cut off.
 * False, with who sees whom otherwise. Every node must be up. */
bool sim_all_known(struct sim *sim, char *who, size_t size);

#endif
