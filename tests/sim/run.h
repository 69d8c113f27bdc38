/* run - one seed: the shape of its tree, who joins when, what breaks, and what persons and others
 * do.
 *
 *   plan_tree --> plant --> stir: faults, load, trust --> what is broken in the end stays so
 *
 * Private to `sim`. Owns: what was drawn. Thread: one. Units: *_us of virtual time. */
#ifndef TERRACE_TESTS_SIM_RUN_H
#define TERRACE_TESTS_SIM_RUN_H

#include "tests/sim/clients.h"
#include "tests/sim/invariants.h"
#include "tests/sim/listening.h"
#include "tests/sim/made_up.h"
#include "tests/sim/recoveries.h"
#include "tests/sim/revocations.h"
#include "tests/sim/squatters.h"

enum { NODES_MAX = 96 };

struct planned {
    char division[16];
    int parent; /* index, -1 for the root */
    bool late;
    struct sim_node *node;
};

struct repair {
    struct repair *next;
    struct sim_node *node;
    bool crash;
};

/* What happens about who is believed, beside crashes and cuts. */
enum deeds { DEEDS_ALL, DEEDS_RECOVERIES, DEEDS_AWAY };

struct run {
    enum deeds deeds;
    bool is_large; /* a region of 82 */
    bool is_away;  /* somebody in the middle is down for days */
    struct repair away;
    struct sim *sim;
    struct clients *clients;
    struct planned plan[NODES_MAX];
    int count;
    uint64_t faults_end_us;
    struct squatters *squatters;
    struct made_up *made_up;
    struct recoveries *recoveries;
    struct revocations *revocations;
    struct listening *listening;
    struct invariants *invariants;
    char broken[256];       /* the first that did not hold while things broke; "" */
    struct repair *repairs; /* all of the run: one may be due after its end */
};

void run_open(struct run *run, uint64_t seed, enum deeds deeds);
void run_close(struct run *run);

/* False: somebody could not join, as *fault tells. */
bool run_plant(struct run *run, char *fault, size_t size);
/* Everybody who is planned is there; tries a few times. */
bool run_join_all(struct run *run);
/* Faults and load, until faults_end_us. Returns how many joined meanwhile. */
uint64_t run_stir(struct run *run);

#endif
