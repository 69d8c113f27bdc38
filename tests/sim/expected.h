/* expected - how much of whose log must be where, and in whose figures, as persons have said: what
 * the checks hold nodes to.
 *
 *   no keys in question        held whole, folded whole
 *   unconfirmed, its log       held whole; folded whole by itself and its granter, else up to its
 * base unconfirmed, those below   some: what its new keys said of them is not obeyed elsewhere
 *   revoked, its log           folded up to the final position by all but itself and those below it
 *   revoked, all else          those below are heard no more, and hear no more
 *
 * Owns: nothing. Thread: the simulator's only one. */
#ifndef TERRACE_TESTS_SIM_EXPECTED_H
#define TERRACE_TESTS_SIM_EXPECTED_H

#include "tests/sim/sim.h"

struct expected {
    bool held_whole; /* all that is addressed to the holder */
    enum { FOLDED_WHOLE, FOLDED_TO, FOLDED_SOME } folded;
    uint64_t lsn;   /* FOLDED_TO */
    uint32_t waits; /* the epoch of the author that waits for a word there; 0: none */
};
struct expected expected_of(const struct sim_node *holder, const struct sim_node *author);
/* Whole, with what is below each: sums of a jurisdiction are comparable. */
bool expected_whole(const struct sim_node *holder, const struct sim_node *author);
/* The last entry of that log that is in the holder's figures; what is nobody's word is read. */
uint64_t expected_lsn(const struct sim_node *holder, const struct sim_node *author);

/* `above` itself counts. */
bool sim_is_within(const struct sim_node *below, const struct sim_node *above);
/* Is it revoked, or below who is? Nobody else hears of it. */
bool sim_is_cut_off(const struct sim_node *node);
/* ... or does it hold more of such a log than may stand, and says so? */
bool sim_is_touched(const struct sim_node *node);
/* False of one that is down. */
bool sim_is_alarmed(const struct sim_node *at, enum alarm_code code, struct division about);

#endif
