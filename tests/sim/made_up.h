/* made_up - nodes that let nobody approve: whoever holds a node's key makes up two persons, of whom
 * no admin has signed, and lets them approve an entry.
 *
 * Everybody who holds that log must mark the entry, above and below, in whatever order and after
 * whatever falls it comes; nobody else has heard of it, and nothing else is marked.
 *
 * Owns: what was done. Thread: the simulator's only one. */
#ifndef TERRACE_TESTS_SIM_MADE_UP_H
#define TERRACE_TESTS_SIM_MADE_UP_H

#include "tests/sim/sim.h"

struct made_up;
struct made_up *made_up_new(struct sim *sim);
void made_up_free(struct made_up *made_up); /* after the simulation */

/* Somebody who is up does it, in its next turn. */
void made_up_persons(struct made_up *made_up);

/* At rest. False, with words. */
bool made_up_check(const struct made_up *made_up, char *fault, size_t size);
uint64_t made_up_count(const struct made_up *made_up); /* that are durable */

#endif
