/* main - `sim`: many seeds, each a tree of real nodes under faults, then every check.
 *
 *   sim --seeds 200            seeds 1..200; the first that fails is printed and ends the run
 *   sim --seed 17 --verbose    that one again, with the log of every node
 *   sim --only recoveries      nobody does wrong; divisions lose their keys and are granted others
 *   sim --only away            in each tree somebody in the middle is down for long, and who is
 *                              above serves those below; otherwise in every third
 *
 * A seed decides the shape of the tree, who joins late, the faults and what the offices do. After
 * the faults everything is healed and must come to rest within 60 virtual seconds, with whatever
 * nobody has confirmed outside of the figures; and again once all is confirmed. Then every level
 * must know how every division below it is. In the end somebody lies about a log, somebody's store
 * is an older copy or empty and is fetched from its neighbours, and somebody's home is put back to
 * an older copy and written in. At no time do two sides of a sum differ anywhere. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "proto/log.h"
#include "tests/sim/forkers.h"
#include "tests/sim/known.h"
#include "tests/sim/order.h"
#include "tests/sim/tally.h"

enum {
    HEAL_LIMIT_US = 60 * SECOND,
    KNOWN_LIMIT_US = MINUTE,
    SEEDS_GATED_MIN = 10,
    SERVED_FRAMES_MIN = 20
};

/* --- coming to rest --- */

struct rest {
    struct run *run;
    uint64_t asked_us;
    bool answer;
    char who[200];
};

static bool is_restless(struct run *run, char *who, size_t size)
{
    return !recoveries_at_rest(run->recoveries, who, size) ||
           !revocations_at_rest(run->revocations, who, size) ||
           !clients_at_rest(run->clients, who, size) ||
           !squatters_at_rest(run->squatters, who, size);
}

static bool restless(struct sim *sim, void *arg)
{
    struct rest *rest = arg;

    /* Asking costs reads at every node: once in a tenth of a second is enough. */
    if (sim_now(sim) - rest->asked_us >= 100 * MILLISECOND) {
        rest->asked_us = sim_now(sim);
        rest->answer = is_restless(rest->run, rest->who, sizeof rest->who);
    }
    return rest->answer;
}

static bool keys_missing(struct sim *sim, void *arg)
{
    struct rest *rest = arg;

    (void)sim;
    return !recoveries_at_rest(rest->run->recoveries, rest->who, sizeof rest->who);
}

static void mend_everything(struct run *run)
{
    for (size_t i = 0; i < sim_nodes(run->sim); i++) {
        sim_heal(run->sim, sim_at(run->sim, i));
        sim_restart(run->sim, sim_at(run->sim, i));
    }
}

static bool come_to_rest(struct run *run, uint64_t *rest_us, char *fault, size_t size)
{
    const uint64_t healed_us = sim_now(run->sim);
    struct rest rest = {run, 0, true, ""};

    mend_everything(run);
    (void)sim_run_while(run->sim, keys_missing, &rest, HEAL_LIMIT_US / 2);
    if (!run_join_all(run)) {
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

/* --- what nobody has confirmed --- */

static bool unsettled(struct sim *sim, void *arg)
{
    struct rest *rest = arg;

    if (recoveries_wait(rest->run->recoveries)) {
        (void)snprintf(rest->who, sizeof rest->who, "somebody's keys are not confirmed");
        return true;
    }
    return restless(sim, arg) ||
           !squatters_alike(rest->run->squatters, rest->who, sizeof rest->who) ||
           !listening_check(rest->run->listening, rest->who, sizeof rest->who);
}

/* It stands outside of all figures, until the word comes. */
static bool come_to_be_confirmed(struct run *run, struct tally *tally, char *fault, size_t size)
{
    struct rest rest = {run, 0, true, ""};

    if (recoveries_wait(run->recoveries)) {
        tally->waited = 1;
        if (!clients_check(run->clients, fault, size)) {
            return false;
        }
        recoveries_confirm(run->recoveries);
    }
    if (!sim_run_while(run->sim, unsettled, &rest, HEAL_LIMIT_US)) {
        (void)snprintf(fault, size, "not at rest 60 virtual seconds after the word (%s)", rest.who);
        return false;
    }
    return true;
}

/* --- and every level knows --- */

static bool unknown(struct sim *sim, void *arg)
{
    struct rest *rest = arg;

    if (sim_now(sim) - rest->asked_us >= 500 * MILLISECOND) {
        rest->asked_us = sim_now(sim);
        rest->answer = !sim_all_known(sim, rest->who, sizeof rest->who) ||
                       !clients_content(rest->run->clients, rest->who, sizeof rest->who);
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

static bool check_trust(struct run *run, char *fault, size_t size)
{
    if (!squatters_check(run->squatters, fault, size) ||
        !made_up_check(run->made_up, fault, size)) {
        return false;
    }
    if (!squatters_acknowledge(run->squatters)) {
        (void)snprintf(fault, size, "a minute after the alarms were seen somebody is unwell");
        return false;
    }
    return true;
}

static bool check_money(struct run *run, char *fault, size_t size)
{
    if (run->broken[0] != '\0') {
        (void)snprintf(fault, size, "while things broke: %s", run->broken);
        return false;
    }
    if (!invariants_hold(run->invariants, fault, size)) {
        return false;
    }
    (void)snprintf(fault, size, "%s", sim_money_alarm(run->sim));
    return fault[0] == '\0';
}

static void count(const struct run *run, struct tally *tally)
{
    tally->grants = squatters_counts(run->squatters);
    tally->made_up = made_up_count(run->made_up);
    tally->recoveries = recoveries_counts(run->recoveries);
    tally->revocations = revocations_counts(run->revocations);
    tally->endpoints = listening_count(run->listening);
}

static bool play(struct run *run, char *fault, size_t size, struct tally *tally)
{
    if (!run_plant(run, fault, size)) {
        return false;
    }
    clients_start(run->clients, run->is_large ? 4 * SECOND : 400 * MILLISECOND);
    run->faults_end_us =
        sim_now(run->sim) + (run->is_large ? 10u : 20u) * SECOND + sim_below(run->sim, 10 * SECOND);
    run->faults_end_us += run->is_away ? 30 * SECOND : 0; /* after the silence that tells of it */
    tally->late = run_stir(run);
    if (!come_to_rest(run, &tally->rest_us_max, fault, size) ||
        !come_to_be_confirmed(run, tally, fault, size) || !check_trust(run, fault, size) ||
        !come_to_be_known(run, fault, size) || !clients_check(run->clients, fault, size) ||
        !sim_order_whole(run->sim, fault, size) || !check_money(run, fault, size)) {
        return false;
    }
    count(run, tally);
    return run->deeds == DEEDS_RECOVERIES || sim_nodes(run->sim) < 2 ||
           (forkers_lie(run->sim, fault, size) &&
            forkers_put_back(run->sim, &tally->put_back, &tally->emptied, fault, size) &&
            forkers_fork(run->sim, run->recoveries, run->is_away, &tally->forks, fault, size));
}

static bool run_seed(uint64_t seed, enum deeds deeds, char *fault, size_t size, struct tally *tally)
{
    struct run run;
    bool ok;

    memset(tally, 0, sizeof *tally);
    run_open(&run, seed, deeds);
    if (sim_chance(run.sim, 30)) {
        sim_slow_disks(run.sim, 50 * MILLISECOND);
        tally->slow_disks = 1;
    }
    tally->two_persons = sim_asks_two_persons(run.sim);
    ok = play(&run, fault, size, tally);
    tally->clients = *clients_counts(run.clients);
    tally->sim = *sim_counts(run.sim);
    tally->served = tally->sim.frames_past_parents > SERVED_FRAMES_MIN;
    run_close(&run);
    return ok;
}

static int run_seeds(uint64_t first, uint64_t seeds, enum deeds deeds, bool each)
{
    struct tally all = {.late = 0};
    const char *lacking;

    for (uint64_t seed = first; seed < first + seeds; seed++) {
        struct tally one;
        char fault[512] = "";

        if (!run_seed(seed, deeds, fault, sizeof fault, &one)) {
            (void)printf("seed %" PRIu64 " failed: %s\nreplay: sim --seed %" PRIu64
                         "%s --verbose\n",
                         seed, fault, seed,
                         deeds == DEEDS_RECOVERIES ? " --only recoveries"
                         : deeds == DEEDS_AWAY     ? " --only away"
                                                   : "");
            return 1;
        }
        if (each) {
            (void)printf("seed %" PRIu64 ":\n", seed);
            tally_print(&one);
        }
        tally_add(&all, &one);
    }
    (void)printf("%" PRIu64 " seeds hold:\n", seeds);
    tally_print(&all);
    lacking = seeds < SEEDS_GATED_MIN ? NULL : tally_lack(&all, seeds, deeds);
    if (lacking != NULL) {
        (void)printf("too little happened: %s\n", lacking);
        return 1; /* a run that stalls or is not harmed must not pass */
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seeds", required_argument, NULL, 'n'}, {"first", required_argument, NULL, 'f'},
        {"seed", required_argument, NULL, 's'},  {"only", required_argument, NULL, 'o'},
        {"verbose", no_argument, NULL, 'v'},     {NULL, 0, NULL, 0}};
    uint64_t first = 1, seeds = 20;
    enum deeds deeds = DEEDS_ALL;
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
        case 'o':
            deeds = strcmp(optarg, "away") == 0 ? DEEDS_AWAY : DEEDS_RECOVERIES;
            if (deeds != DEEDS_AWAY && strcmp(optarg, "recoveries") != 0) {
                return 2;
            }
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
    return run_seeds(first, seeds, deeds, level != LOG_LEVEL_NONE || seeds < SEEDS_GATED_MIN);
}
