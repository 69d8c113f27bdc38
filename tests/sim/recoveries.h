/* recoveries - divisions that lose their keys and keep their log: their parent grants them others,
 * and the level above confirms that, soon, late or when it is told to.
 *
 *   lose --> down --> granted by the parent --> works on, unconfirmed --> confirm by who stands
 * above the granter, with two persons where the tree asks for them --> counts everywhere
 *
 * One word confirms what was granted before it, too: a division may lose its keys again first. What
 * others may make of its log meanwhile is told to the simulator (sim_set_trust), by what the
 * offices were told and not by what a roster says.
 *
 * Owns: what happened. Thread: the simulator's only one. Units: *_us of virtual time. */
#ifndef TERRACE_TESTS_SIM_RECOVERIES_H
#define TERRACE_TESTS_SIM_RECOVERIES_H

#include "tests/sim/sim.h"

struct recoveries;
struct recoveries *recoveries_new(struct sim *sim);
void recoveries_free(struct recoveries *recoveries); /* after the simulation */

/* Confirmed so long after it has its keys; UINT64_MAX: not before recoveries_confirm. */
void recoveries_lose(struct recoveries *recoveries, struct sim_node *node,
                     uint64_t confirmed_in_us);
/* One whose keys are lost already: where its log ends is where its revocation says. */
void recoveries_again(struct recoveries *recoveries, struct sim_node *node,
                      uint64_t confirmed_in_us);
/* Its parent has granted it this epoch, under the same keys, since its log was forked: confirmed as
 * soon as can be. */
void recoveries_kept(struct recoveries *recoveries, struct sim_node *node, uint32_t epoch,
                     uint64_t base_lsn);
/* Somebody who may lose its keys does, now. */
void recoveries_draw(struct recoveries *recoveries);
/* Whoever has to confirm anything still does so from now on. */
void recoveries_confirm(struct recoveries *recoveries);

/* Everybody has keys; else *who tells who has none. */
bool recoveries_at_rest(const struct recoveries *recoveries, char *who, size_t size);
/* Something was granted that nobody has confirmed. */
bool recoveries_wait(const struct recoveries *recoveries);
struct recoveries_counts {
    uint64_t granted, confirmed, at_once; /* at_once: by a word about a later one */
};
struct recoveries_counts recoveries_counts(const struct recoveries *recoveries);

#endif
