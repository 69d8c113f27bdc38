/* invariants - what holds of every ledger at every holder and at any moment, whatever is on its
 * way: each is asked of the rows that are stored, and not of what anybody was told.
 *
 *   books     sources are uses, per year and fund; no line is below nothing on its normal side;
 *             each entry and each line of sources is balanced (verify_ledger)
 *   digest    of a position that the holder and the author have both reached
 *   carried   what was carried out of a year came into the next, per fund
 *   payments  what is left of all is what is committed; of none more is left and spent than it said
 *   closed    the figures of a closed year stay as they were, until it is opened again
 *
 * Owns: the figures of closed years. Thread: the simulator's only one. */
#ifndef TERRACE_TESTS_SIM_INVARIANTS_H
#define TERRACE_TESTS_SIM_INVARIANTS_H

#include "tests/sim/sim.h"

struct invariants;
struct invariants *invariants_new(struct sim *sim);
void invariants_free(struct invariants *invariants);

/* The ledger of `author` at all that are up and count all of it. False, with words. */
bool invariants_hold_of(struct invariants *invariants, const struct sim_node *author, char *fault,
                        size_t size);
/* Of all ledgers. */
bool invariants_hold(struct invariants *invariants, char *fault, size_t size);

#endif
