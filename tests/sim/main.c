/* main - `sim`: many seeds, each a tree of real nodes under faults, then every check.
 *
 *   sim --seeds 200            seeds 1..200; the first that fails is printed and ends the run
 *   sim --seed 17 --verbose    that one again, with the log of every node
 *
 * A seed decides the shape of the tree, who joins late, the faults and what the offices do. After
 * the faults everything is healed and must come to rest within 60 virtual seconds; then every level
 * must know how every division below it is. In the end somebody lies about a log, and somebody's
 * home is put back to an older copy. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "proto/log.h"
#include "tests/sim/clients.h"
#include "tests/sim/forkers.h"
#include "tests/sim/known.h"
#include "tests/sim/made_up.h"
#include "tests/sim/order.h"
#include "tests/sim/squatters.h"

enum {
    LARGE_EVERY = 50,
    NODES_MAX = 96,
    HEAL_LIMIT_US = 60 * SECOND,
    KNOWN_LIMIT_US = MINUTE,
    SEEDS_GATED_MIN = 10
};

/* --- the shape of a run --- */

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

struct run {
    struct sim *sim;
    struct clients *clients;
    struct planned plan[NODES_MAX];
    int count;
    uint64_t faults_end_us;
    struct squatters *squatters;
    struct made_up *made_up;
    struct repair *repairs; /* all of the run: one may be due after its end */
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
        run->plan[i].parent = i == 0 ? -1 : (int)sim_below(run->sim, (uint64_t)i);
        /* each code begins with its parent's, which may grant all that do */
        (void)snprintf(run->plan[i].division, 16, "%.8s%c",
                       i == 0 ? "" : run->plan[run->plan[i].parent].division, 'A' + i);
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

static struct sim_node *any_child(struct run *run)
{
    return sim_at(run->sim, 1 + (size_t)sim_below(run->sim, sim_nodes(run->sim) - 1));
}

static void mend(struct sim *sim, void *arg)
{
    struct repair *repair = arg;

    if (repair->crash && sim_doomed(repair->node)) { /* it has not fallen yet */
        sim_at_time(sim, sim_now(sim) + SECOND, mend, repair);
        return;
    }
    if (repair->crash) {
        sim_restart(sim, repair->node);
    } else {
        sim_heal(sim, repair->node);
    }
}

static void do_harm(struct run *run, struct repair *repair)
{
    struct sim *sim = run->sim;

    repair->crash = sim_nodes(sim) < 2 || sim_chance(sim, 55);
    repair->node = repair->crash ? anybody(run) : any_child(run);
    if (!repair->crash) {
        sim_cut(sim, repair->node,
                sim_chance(sim, 50)   ? BOTH_WAYS
                : sim_chance(sim, 50) ? UPWARD
                                      : DOWNWARD);
    } else if (sim_chance(sim, 75)) {
        sim_crash_in_commit(sim, repair->node, 60 * MILLISECOND);
    } else {
        sim_crash(sim, repair->node);
    }
}

/* A fault about every three seconds for each ten nodes. */
static void harm(struct sim *sim, void *arg)
{
    struct run *run = arg;
    const uint64_t tens = sim_nodes(sim) / 10 + 1;
    struct repair *repair;

    if (sim_now(sim) >= run->faults_end_us) {
        return;
    }
    repair = mem_zalloc(sizeof *repair);
    repair->next = run->repairs;
    run->repairs = repair;
    do_harm(run, repair);
    sim_at_time(sim,
                sim_now(sim) + 20 * MILLISECOND +
                    sim_below(sim, sim_chance(sim, 20) ? 15 * SECOND : 2 * SECOND),
                mend, repair);
    sim_at_time(sim, sim_now(sim) + (100 * MILLISECOND + sim_below(sim, 3 * SECOND)) / tens, harm,
                run);
}

/* Now and then somebody grants what is not his, changes what he gave, or makes persons up. */
static void misbehave(struct sim *sim, void *arg)
{
    struct run *run = arg;

    if (sim_now(sim) >= run->faults_end_us) {
        return;
    }
    if (sim_chance(sim, 25)) {
        made_up_persons(run->made_up);
    } else if (sim_chance(sim, 50)) {
        squatters_squat(run->squatters);
    } else if (sim_chance(sim, 50)) {
        squatters_rotate(run->squatters);
    } else {
        squatters_amend(run->squatters);
    }
    sim_at_time(sim, sim_now(sim) + SECOND + sim_below(sim, 5 * SECOND), misbehave, run);
}

/* --- coming to rest --- */

struct rest {
    struct run *run;
    uint64_t asked_us;
    bool answer;
    char who[200];
};

static bool restless(struct sim *sim, void *arg)
{
    struct rest *rest = arg;

    /* Asking costs reads at every node: once in a tenth of a second is enough. */
    if (sim_now(sim) - rest->asked_us >= 100 * MILLISECOND) {
        rest->asked_us = sim_now(sim);
        rest->answer = !clients_at_rest(rest->run->clients, rest->who, sizeof rest->who) ||
                       !squatters_at_rest(rest->run->squatters, rest->who, sizeof rest->who);
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

/* --- and every level knows --- */

static bool unknown(struct sim *sim, void *arg)
{
    struct rest *rest = arg;

    if (sim_now(sim) - rest->asked_us >= 500 * MILLISECOND) {
        rest->asked_us = sim_now(sim);
        rest->answer = !sim_all_known(sim, rest->who, sizeof rest->who);
    }
    return rest->answer;
}

static bool come_to_be_known(struct run *run, char *fault, size_t size)
{
    struct rest rest = {run, 0, true, ""};

    if (!sim_run_while(run->sim, unknown, &rest, KNOWN_LIMIT_US)) {
        (void)snprintf(fault, size, "a minute after coming to rest %s", rest.who);
        return false;
    }
    return true;
}

/* --- one seed --- */

/* What happened in one seed or in many; a run in which a kind of fault never happened proves
 * nothing about it. */
struct sums {
    struct clients_counts clients;
    struct sim_counts sim;
    struct squatters_counts grants;
    uint64_t made_up, late, slow_disks, forks, rest_us_max;
};

static void add_sums(struct sums *to, const struct sums *from)
{
    to->clients.acknowledged += from->clients.acknowledged;
    to->clients.retried += from->clients.retried;
    to->clients.exists += from->clients.exists;
    to->clients.paid += from->clients.paid;
    to->sim.frames += from->sim.frames;
    to->sim.frames_lost += from->sim.frames_lost;
    to->sim.crashes += from->sim.crashes;
    to->sim.crashes_unsynced += from->sim.crashes_unsynced;
    to->sim.crashes_untold += from->sim.crashes_untold;
    to->sim.cuts_one_way += from->sim.cuts_one_way;
    to->sim.cuts_both_ways += from->sim.cuts_both_ways;
    to->grants.squats += from->grants.squats;
    to->grants.amendments += from->grants.amendments;
    to->grants.rotations += from->grants.rotations;
    to->made_up += from->made_up;
    to->late += from->late;
    to->slow_disks += from->slow_disks;
    to->forks += from->forks;
    if (to->rest_us_max < from->rest_us_max) {
        to->rest_us_max = from->rest_us_max;
    }
}

static void print_sums(const struct sums *sums)
{
    (void)printf("  %" PRIu64 " documents acknowledged; %" PRIu64 " asked again, %" PRIu64
                 " of them there already\n",
                 sums->clients.acknowledged, sums->clients.retried, sums->clients.exists);
    (void)printf("  %" PRIu64 " crashes: %" PRIu64 " lost a commit, %" PRIu64
                 " came before its answer; %" PRIu64 " cuts both ways, %" PRIu64 " one way\n",
                 sums->sim.crashes, sums->sim.crashes_unsynced, sums->sim.crashes_untold,
                 sums->sim.cuts_both_ways, sums->sim.cuts_one_way);
    (void)printf("  %" PRIu64 " grants outside a list, %" PRIu64 " amended, %" PRIu64
                 " with other keys; %" PRIu64 " times two persons were made up; %" PRIu64
                 " forks and as many false words\n",
                 sums->grants.squats, sums->grants.amendments, sums->grants.rotations,
                 sums->made_up, sums->forks);
    (void)printf("  %" PRIu64 " joined late; %" PRIu64 " trees with slow disks; %" PRIu64
                 " frames, %" PRIu64 " lost; at rest at most %.1f virtual s after healing\n",
                 sums->late, sums->slow_disks, sums->sim.frames, sums->sim.frames_lost,
                 (double)sums->rest_us_max / SECOND);
}

/* The name of what happened too little, or NULL. Few seeds may lack a rare kind. */
static const char *too_little(const struct sums *sums, uint64_t seeds)
{
    const struct {
        const char *what;
        uint64_t have, want;
    } gates[] = {
        {"documents acknowledged", sums->clients.acknowledged, 20 * seeds},
        {"payments confirmed by the bank", sums->clients.paid, seeds},
        {"crashes that lost a commit", sums->sim.crashes_unsynced, seeds},
        {"crashes before the answer", sums->sim.crashes_untold, seeds / 2},
        {"crashes", sums->sim.crashes, 2 * seeds},
        {"cuts both ways", sums->sim.cuts_both_ways, seeds / 2},
        {"cuts one way", sums->sim.cuts_one_way, seeds / 2},
        {"frames lost", sums->sim.frames_lost, 2 * seeds},
        {"late joiners", sums->late, seeds / 4},
        {"grants outside a list", sums->grants.squats, seeds / 2},
        {"amended grants", sums->grants.amendments, seeds / 4},
        {"grants with other keys", sums->grants.rotations, seeds / 4},
        {"persons made up", sums->made_up, seeds / 2},
        {"forks", sums->forks, seeds / 2},
        {"trees with slow disks", sums->slow_disks, seeds / 10},
        {"documents asked again", sums->clients.retried, seeds / 4},
        {"documents that were there already", sums->clients.exists, seeds / 4},
    };

    for (size_t i = 0; i < sizeof gates / sizeof gates[0]; i++) {
        if (gates[i].have < gates[i].want) {
            return gates[i].what;
        }
    }
    return NULL;
}

static bool plant(struct run *run, char *fault, size_t size)
{
    for (int i = 0; i < run->count; i++) {
        const int parent = run->plan[i].parent;

        run->plan[i].late = run->plan[i].late || (parent >= 0 && run->plan[parent].late);
        if (!run->plan[i].late && !join(run, &run->plan[i])) {
            (void)snprintf(fault, size, "%s could not join", run->plan[i].division);
            return false;
        }
    }
    return true;
}

/* Faults and load, until faults_end_us; late joiners come while things break, and a parent that
 * is down just then lets them wait. What is broken in the end stays broken until healing. */
static uint64_t trouble(struct run *run)
{
    uint64_t late = 0;

    sim_at_time(run->sim, sim_now(run->sim) + SECOND, harm, run);
    sim_at_time(run->sim, sim_now(run->sim) + SECOND, misbehave, run);
    for (int i = 0; i < run->count; i++) {
        if (run->plan[i].node == NULL) {
            sim_run_until(run->sim, sim_now(run->sim) + sim_below(run->sim, 2 * SECOND));
            late += join(run, &run->plan[i]) ? 1 : 0;
        }
    }
    if (sim_now(run->sim) < run->faults_end_us) {
        sim_run_until(run->sim, run->faults_end_us);
    }
    return late;
}

static bool come_to_rest(struct run *run, uint64_t *rest_us, char *fault, size_t size)
{
    const uint64_t healed_us = sim_now(run->sim);
    struct rest rest = {run, 0, true, ""};

    if (!mend_everything(run)) {
        (void)snprintf(fault, size, "a late joiner never got in");
        return false;
    }
    clients_stop(run->clients);
    if (!sim_run_while(run->sim, restless, &rest, healed_us + HEAL_LIMIT_US - sim_now(run->sim))) {
        (void)snprintf(fault, size, "not at rest 60 virtual seconds after healing (%s)", rest.who);
        return false;
    }
    *rest_us = sim_now(run->sim) - healed_us;
    return true;
}

static bool run_seed(uint64_t seed, char *fault, size_t size, struct sums *sums)
{
    struct run run = {.sim = sim_new(seed)};
    const bool large = seed % LARGE_EVERY == 0;
    bool ok;

    memset(sums, 0, sizeof *sums);
    run.clients = clients_new(run.sim);
    run.squatters = squatters_new(run.sim);
    run.made_up = made_up_new(run.sim);
    if (large) {
        plan_region(&run);
    } else {
        plan_small(&run);
    }
    if (sim_chance(run.sim, 30)) {
        sim_slow_disks(run.sim, 50 * MILLISECOND);
        sums->slow_disks = 1;
    }
    ok = plant(&run, fault, size);
    if (ok) {
        clients_start(run.clients, large ? 4 * SECOND : 400 * MILLISECOND);
        run.faults_end_us =
            sim_now(run.sim) + (large ? 10u : 20u) * SECOND + sim_below(run.sim, 10 * SECOND);
        sums->late = trouble(&run);
        ok = come_to_rest(&run, &sums->rest_us_max, fault, size) &&
             squatters_check(run.squatters, fault, size) && made_up_check(run.made_up, fault, size);
    }
    if (ok) {
        if (!squatters_acknowledge(run.squatters)) {
            (void)snprintf(fault, size, "a minute after the alarms were seen somebody is unwell");
        }
        ok = come_to_be_known(&run, fault, size) && clients_check(run.clients, fault, size) &&
             sim_order_whole(run.sim, fault, size);
    }
    if (ok) {
        sums->grants = squatters_counts(run.squatters);
        sums->made_up = made_up_count(run.made_up);
    }
    if (ok && sim_nodes(run.sim) > 1) {
        ok = forkers_lie(run.sim, fault, size) && forkers_fork(run.sim, fault, size);
        sums->forks = 1;
    }
    sums->clients = *clients_counts(run.clients);
    sums->sim = *sim_counts(run.sim);
    sim_free(run.sim);
    clients_free(run.clients);
    squatters_free(run.squatters);
    made_up_free(run.made_up);
    while (run.repairs != NULL) {
        struct repair *next = run.repairs->next;

        mem_free(run.repairs);
        run.repairs = next;
    }
    return ok;
}

static int run_seeds(uint64_t first, uint64_t seeds, bool each)
{
    struct sums all = {.late = 0};
    const char *lacking;

    for (uint64_t seed = first; seed < first + seeds; seed++) {
        struct sums sums;
        char fault[512] = "";

        if (!run_seed(seed, fault, sizeof fault, &sums)) {
            (void)printf("seed %" PRIu64 " failed: %s\nreplay: sim --seed %" PRIu64 " --verbose\n",
                         seed, fault, seed);
            return 1;
        }
        if (each) {
            (void)printf("seed %" PRIu64 ":\n", seed);
            print_sums(&sums);
        }
        add_sums(&all, &sums);
    }
    (void)printf("%" PRIu64 " seeds hold:\n", seeds);
    print_sums(&all);
    lacking = seeds < SEEDS_GATED_MIN ? NULL : too_little(&all, seeds);
    if (lacking != NULL) {
        (void)printf("too little happened: %s\n", lacking);
        return 1; /* a run that stalls or is not harmed must not pass */
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"seeds", required_argument, NULL, 'n'},
                                            {"first", required_argument, NULL, 'f'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"verbose", no_argument, NULL, 'v'},
                                            {NULL, 0, NULL, 0}};
    uint64_t first = 1, seeds = 20;
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
    if (optind != argc) {
        return 2;
    }
    log_open(level, "sim");
    if (crypto_init(&err) != OK) {
        return 5;
    }
    return run_seeds(first, seeds, level != LOG_LEVEL_NONE || seeds < SEEDS_GATED_MIN);
}
