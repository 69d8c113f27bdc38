/* main - `sim`: many seeds, each a tree of real nodes under faults, then every check.
 *
 *   sim --seeds 200            seeds 1..200; the first that fails is printed and ends the run
 *   sim --seed 17 --verbose    that one again, with the log of every node
 *
 * A seed decides the shape of the tree, who joins late, the faults and what the offices do. After
 * the faults everything is healed and must come to rest within 60 virtual seconds. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "node/ledger/query.h"
#include "proto/log.h"
#include "tests/sim/clients.h"

enum { LARGE_EVERY = 50, NODES_MAX = 96, HEAL_LIMIT_US = 60 * SECOND };

/* --- the shape of a run --- */

struct planned {
    char division[16];
    int parent; /* index, -1 for the root */
    bool late;
    struct sim_node *node;
};

struct run {
    struct sim *sim;
    struct clients *clients;
    struct planned plan[NODES_MAX];
    int count;
    uint64_t faults_end_us;
    bool healing;
};

static void plan_region(struct run *run)
{
    static const int counties[7] = {8, 18, 11, 7, 12, 11, 7};

    (void)snprintf(run->plan[0].division, sizeof run->plan[0].division, "540000");
    run->plan[0].parent = -1;
    run->count = 1;
    for (int city = 0; city < 7; city++) {
        const int at = run->count;
        (void)snprintf(run->plan[at].division, 16, "540%d00", city + 1);
        run->plan[run->count++].parent = 0;
        for (int county = 0; county < counties[city]; county++) {
            (void)snprintf(run->plan[run->count].division, 16, "540%d%02d", city + 1, county + 21);
            run->plan[run->count].late = county == 3;
            run->plan[run->count++].parent = at;
        }
    }
}

static void plan_small(struct run *run)
{
    const int count = 3 + (int)sim_below(run->sim, 7);

    for (int i = 0; i < count; i++) {
        (void)snprintf(run->plan[i].division, 16, "D%02d", i);
        run->plan[i].parent = i == 0 ? -1 : (int)sim_below(run->sim, (uint64_t)i);
        run->plan[i].late = i > 1 && sim_chance(run->sim, 25);
    }
    run->count = count;
}

static bool join(struct run *run, struct planned *planned)
{
    struct planned *parent = planned->parent < 0 ? NULL : &run->plan[planned->parent];

    if (planned->node != NULL) {
        return true;
    }
    if (parent == NULL) {
        planned->node = sim_add_root(run->sim, planned->division);
    } else if (parent->node != NULL && sim_core(parent->node) != NULL) {
        planned->node = sim_join(run->sim, parent->node, planned->division);
    }
    if (planned->node == NULL) {
        return false;
    }
    clients_add(run->clients, planned->node);
    return true;
}

/* --- faults --- */

static struct sim_node *anybody(struct run *run)
{
    return sim_at(run->sim, (size_t)sim_below(run->sim, sim_nodes(run->sim)));
}

struct repair {
    struct sim_node *node;
    bool crash;
};

static void mend(struct sim *sim, void *arg)
{
    struct repair *repair = arg;

    if (repair->crash) {
        sim_restart(sim, repair->node);
    } else {
        sim_heal(sim, repair->node);
    }
    mem_free(repair);
}

static void harm(struct sim *sim, void *arg)
{
    struct run *run = arg;
    struct repair *repair;

    if (sim_now(sim) >= run->faults_end_us) {
        return;
    }
    repair = mem_zalloc(sizeof *repair);
    repair->node = anybody(run);
    repair->crash = sim_chance(sim, 55);
    if (repair->crash) {
        sim_crash(sim, repair->node);
    } else {
        sim_cut(sim, repair->node,
                sim_chance(sim, 50)   ? BOTH_WAYS
                : sim_chance(sim, 50) ? UPWARD
                                      : DOWNWARD);
    }
    sim_at_time(sim,
                sim_now(sim) + 20 * MILLISECOND +
                    sim_below(sim, sim_chance(sim, 20) ? 15 * SECOND : 2 * SECOND),
                mend, repair);
    sim_at_time(sim, sim_now(sim) + 100 * MILLISECOND + sim_below(sim, 3 * SECOND), harm, run);
}

/* --- coming to rest --- */

static bool at_rest(struct sim *sim, char *who, size_t size)
{
    for (size_t i = 0; i < sim_nodes(sim); i++) {
        const struct sim_node *owner = sim_at(sim, i);
        struct ledger_position own, there;
        struct txn *txn = txn_open(sim_store(owner), NULL);

        ledger_position(txn, sim_division(owner), &own);
        txn_free(txn);
        for (struct sim_node *up = sim_parent(owner); up != NULL; up = sim_parent(up)) {
            txn = txn_open(sim_store(up), NULL);
            ledger_position(txn, sim_division(owner), &there);
            txn_free(txn);
            if (there.lsn != own.lsn) {
                (void)snprintf(who, size, "%s has %" PRIu64 " of %" PRIu64 " entries of %s",
                               sim_division(up).code, there.lsn, own.lsn, sim_division(owner).code);
                return false;
            }
        }
    }
    return true;
}

struct rest {
    struct run *run;
    uint64_t asked_us;
    bool answer;
    char who[96];
};

static bool restless(struct sim *sim, void *arg)
{
    struct rest *rest = arg;

    /* Asking costs reads at every node: once in a tenth of a second is enough. */
    if (sim_now(sim) - rest->asked_us >= 100 * MILLISECOND) {
        rest->asked_us = sim_now(sim);
        rest->answer =
            !clients_settled(rest->run->clients) || !at_rest(sim, rest->who, sizeof rest->who);
    }
    return rest->answer;
}

static bool mend_everything(struct run *run)
{
    for (size_t i = 0; i < sim_nodes(run->sim); i++) {
        sim_heal(run->sim, sim_at(run->sim, i));
        sim_restart(run->sim, sim_at(run->sim, i));
    }
    for (int i = 0; i < run->count; i++) {
        for (int tries = 0; tries < 3 && !join(run, &run->plan[i]); tries++) {
            sim_run_until(run->sim, sim_now(run->sim) + SECOND);
        }
        if (run->plan[i].node == NULL) {
            return false;
        }
    }
    return true;
}

static bool run_seed(uint64_t seed, char *fault, size_t size, struct clients_counts *counts,
                     struct sim_counts *sums)
{
    struct run run = {.sim = sim_new(seed)};
    struct rest rest = {&run, 0, true, ""};
    const bool large = seed % LARGE_EVERY == 0;
    bool ok = true;

    run.clients = clients_new(run.sim);
    if (large) {
        plan_region(&run);
    } else {
        plan_small(&run);
    }
    for (int i = 0; i < run.count && ok; i++) {
        const int parent = run.plan[i].parent;

        run.plan[i].late = run.plan[i].late || (parent >= 0 && run.plan[parent].late);
        if (!run.plan[i].late && !join(&run, &run.plan[i])) {
            (void)snprintf(fault, size, "%s could not join", run.plan[i].division);
            ok = false;
        }
    }
    clients_start(run.clients, large ? 4 * SECOND : 400 * MILLISECOND);
    run.faults_end_us =
        sim_now(run.sim) + (large ? 10u : 20u) * SECOND + sim_below(run.sim, 10 * SECOND);
    sim_at_time(run.sim, sim_now(run.sim) + SECOND, harm, &run);
    /* Late joiners come while things break; a parent that is down just then lets them wait. */
    for (int i = 0; i < run.count && ok; i++) {
        if (run.plan[i].node == NULL) {
            sim_run_until(run.sim, sim_now(run.sim) + sim_below(run.sim, 2 * SECOND));
            (void)join(&run, &run.plan[i]);
        }
    }
    sim_run_until(run.sim,
                  run.faults_end_us + 16 * SECOND); /* the last repair is through by then */
    if (ok && !mend_everything(&run)) {
        (void)snprintf(fault, size, "a late joiner never got in");
        ok = false;
    }
    clients_stop(run.clients);
    if (ok && !sim_run_while(run.sim, restless, &rest, HEAL_LIMIT_US)) {
        (void)snprintf(fault, size, "not at rest 60 virtual seconds after healing (%s)",
                       clients_settled(run.clients) ? rest.who : "questions unanswered");
        ok = false;
    }
    ok = ok && clients_check(run.clients, fault, size);
    *counts = *clients_counts(run.clients);
    *sums = *sim_counts(run.sim);
    sim_free(run.sim);
    clients_free(run.clients);
    return ok;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"seeds", required_argument, NULL, 'n'},
                                            {"first", required_argument, NULL, 'f'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"verbose", no_argument, NULL, 'v'},
                                            {NULL, 0, NULL, 0}};
    uint64_t first = 1, seeds = 20, acknowledged = 0, faults = 0, frames = 0, retried = 0;
    enum log_level level = LOG_LEVEL_NONE;
    struct err err;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'n':
            seeds = strtoull(optarg, NULL, 10);
            break;
        case 'f':
            first = strtoull(optarg, NULL, 10);
            break;
        case 's':
            first = strtoull(optarg, NULL, 10);
            seeds = 1;
            break;
        case 'v':
            level = LOG_LEVEL_DEBUG;
            break;
        default:
            return 2;
        }
    }
    log_open(level, "sim");
    if (crypto_init(&err) != OK) {
        return 5;
    }
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        struct clients_counts counts;
        struct sim_counts sums;
        char fault[512] = "";

        if (!run_seed(seed, fault, sizeof fault, &counts, &sums)) {
            (void)printf("seed %" PRIu64 " failed: %s\nreplay: sim --seed %" PRIu64 " --verbose\n",
                         seed, fault, seed);
            return 1;
        }
        acknowledged += counts.acknowledged;
        retried += counts.retried;
        faults += sums.crashes + sums.cuts;
        frames += sums.frames;
        if (level != LOG_LEVEL_NONE || seeds <= 10) {
            (void)printf("seed %" PRIu64 ": %" PRIu64 " acknowledged, %" PRIu64 " crashes, %" PRIu64
                         " cuts, %" PRIu64 " frames, %" PRIu64 " lost\n",
                         seed, counts.acknowledged, sums.crashes, sums.cuts, sums.frames,
                         sums.frames_lost);
        }
    }
    if (acknowledged < 20 * seeds || faults < 5 * seeds) {
        (void)printf("too little happened: %" PRIu64 " acknowledged, %" PRIu64 " faults\n",
                     acknowledged, faults);
        return 1; /* a run that stalls must not pass */
    }
    (void)printf("%" PRIu64 " seeds hold: %" PRIu64 " documents acknowledged (%" PRIu64
                 " asked again), %" PRIu64 " faults, %" PRIu64 " frames\n",
                 seeds, acknowledged, retried, faults, frames);
    return 0;
}
