/* squatters - nodes that grant what is not theirs to give, and parents that change what they gave.
 *
 * A squatter writes a grant of a code outside its list into its own log, by its own key: one that
 * another division has, or that is nobody's. Nobody may take it, and everybody above must say so.
 * A parent amends a child: its next epoch reaches all who hold it, and its log goes on. A node asks
 * for another identity key, and goes on under that.
 *
 * Owns: what was done. Thread: the simulator's only one. */
#ifndef TERRACE_TESTS_SIM_SQUATTERS_H
#define TERRACE_TESTS_SIM_SQUATTERS_H

#include "tests/sim/sim.h"

struct squatters;
struct squatters *squatters_new(struct sim *sim);
void squatters_free(struct squatters *squatters); /* after the simulation */

/* Somebody who is up does it, in its next turn. */
void squatters_squat(struct squatters *squatters);
void squatters_amend(struct squatters *squatters);
void squatters_rotate(struct squatters *squatters);

/* Nobody waits for other keys any more; else *who tells who does. */
bool squatters_at_rest(const struct squatters *squatters, char *who, size_t size);
/* Once nobody's keys wait for a word: is every division granted alike wherever it is known, none by
 * a squatter? What is just being granted may take a moment. */
bool squatters_alike(const struct squatters *squatters, char *fault, size_t size);
/* At rest: is each squatter alarmed at every node above it? */
bool squatters_check(const struct squatters *squatters, char *fault, size_t size);

/* Somebody has seen what is alarmed, at every node; false when not all know within a minute that
 * those below are well again. */
bool squatters_acknowledge(struct squatters *squatters);

struct squatters_counts {
    uint64_t squats, amendments, rotations; /* that are durable, and granted */
};
struct squatters_counts squatters_counts(const struct squatters *squatters);

#endif
