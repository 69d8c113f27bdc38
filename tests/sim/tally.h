/* tally - what happened in one seed or in many; a run in which a kind of fault never happened
 * proves nothing about it.
 *
 * Private to `sim`. Thread: one. */
#ifndef TERRACE_TESTS_SIM_TALLY_H
#define TERRACE_TESTS_SIM_TALLY_H

#include "tests/sim/forkers.h"
#include "tests/sim/run.h"

struct tally {
    struct clients_counts clients;
    struct sim_counts sim;
    struct squatters_counts grants;
    struct recoveries_counts recoveries;
    struct revocations_counts revocations;
    uint64_t waited, two_persons, endpoints;
    uint64_t served; /* trees in which an ancestor served somebody */
    uint64_t made_up, late, slow_disks, put_back, emptied, rest_us_max;
    struct forks_count forks;
};

void tally_add(struct tally *to, const struct tally *from);
void tally_print(const struct tally *tally);
/* The name of what happened too little, or NULL. Few seeds may lack a rare kind. */
const char *tally_lack(const struct tally *tally, uint64_t seeds, enum deeds deeds);

#endif
