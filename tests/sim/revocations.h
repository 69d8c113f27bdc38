/* revocations - divisions that some level above them revokes, as they work or after their machine
 * was stolen; now and then their parent grants the code again.
 *
 *   [stolen: down] --> the word, at an ancestor --> final position --> cut off for the rest of the
 * run
 *                                                                 \-> a recovery that goes on there
 *
 * A code is granted again where nothing was written above the final position: whoever wrote more
 * would have to make its log anew.
 *
 * Owns: what was done. Thread: the simulator's only one. */
#ifndef TERRACE_TESTS_SIM_REVOCATIONS_H
#define TERRACE_TESTS_SIM_REVOCATIONS_H

#include "tests/sim/recoveries.h"

struct revocations;
struct revocations *revocations_new(struct sim *sim, struct recoveries *recoveries);
void revocations_free(struct revocations *revocations); /* after the simulation */

/* Somebody is revoked, unless nobody may be just now. */
void revocations_draw(struct revocations *revocations);
void revocations_revoke(struct revocations *revocations, struct sim_node *node, struct sim_node *by,
                        bool is_stolen);

/* Every word was said, nobody who is revoked has a session, and all others that hold its log know
 * the word; else *who tells who does not. */
bool revocations_at_rest(const struct revocations *revocations, char *who, size_t size);

struct revocations_counts {
    uint64_t revoked, again; /* the latter of the former */
};
struct revocations_counts revocations_counts(const struct revocations *revocations);

#endif
