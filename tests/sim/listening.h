/* listening - divisions that say where they are to be dialled: whoever holds such a log goes by the
 * newest word, in whatever order it came.
 *
 * Owns: what was said. Thread: the simulator's only one. */
#ifndef TERRACE_TESTS_SIM_LISTENING_H
#define TERRACE_TESTS_SIM_LISTENING_H

#include "tests/sim/sim.h"

struct listening;
struct listening *listening_new(struct sim *sim);
void listening_free(struct listening *listening); /* after the simulation */

/* Somebody who is up says another one, in its next turn. */
void listening_draw(struct listening *listening);
/* At rest: is the newest word of each that of its own store, and of all that hold its log? */
bool listening_check(const struct listening *listening, char *fault, size_t size);
uint64_t listening_count(const struct listening *listening); /* that are durable */

#endif
