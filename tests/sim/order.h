/* order - does every entry that a node holds stand once in the order in which it came? */
#ifndef TERRACE_TESTS_SIM_ORDER_H
#define TERRACE_TESTS_SIM_ORDER_H

#include "tests/sim/sim.h"

/* At every node: positions are dense, each log is in order, and what is in the order is what is in
 * the store. False, with words. Every node must be up. */
bool sim_order_whole(struct sim *sim, char *fault, size_t size);

#endif
