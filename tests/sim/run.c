#include "tests/sim/run.h"

#include <stdio.h>

enum { LARGE_EVERY = 50, AWAY_EVERY = 3, AWAY_MS = 3000 };

/* --- the shape of the tree --- */

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

/* --- planting it --- */

bool run_plant(struct run *run, char *fault, size_t size)
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

bool run_join_all(struct run *run)
{
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

/* Somebody grants what is not his, changes what he gave, or makes persons up; others lose their
 * keys, are revoked, or move. */
static void do_deed(struct run *run)
{
    const uint64_t dice = run->deeds == DEEDS_RECOVERIES ? 0 : sim_below(run->sim, 100);

    if (dice < 20) {
        recoveries_draw(run->recoveries);
    } else if (dice < 25) {
        revocations_draw(run->revocations);
    } else if (dice < 35) {
        listening_draw(run->listening);
    } else if (dice < 52) {
        made_up_persons(run->made_up);
    } else if (dice < 76) {
        squatters_squat(run->squatters);
    } else if (dice < 88) {
        squatters_rotate(run->squatters);
    } else {
        squatters_amend(run->squatters);
    }
}

static void misbehave(struct sim *sim, void *arg)
{
    struct run *run = arg;

    if (sim_now(sim) >= run->faults_end_us) {
        return;
    }
    do_deed(run);
    sim_at_time(sim, sim_now(sim) + SECOND + sim_below(sim, 4 * SECOND), misbehave, run);
}

/* One ledger after the other, at whoever holds it just then. */
static void inspect(struct sim *sim, void *arg)
{
    struct run *run = arg;

    if (run->broken[0] != '\0' || sim_now(sim) >= run->faults_end_us) {
        return;
    }
    (void)invariants_hold_of(run->invariants, anybody(run), run->broken, sizeof run->broken);
    sim_at_time(sim, sim_now(sim) + 200 * MILLISECOND + sim_below(sim, SECOND), inspect, run);
}

/* Somebody who has a parent and children falls, and stays down for as long as there is harm. */
static void fall_for_days(struct sim *sim, void *arg)
{
    struct run *run = arg;
    struct sim_node *nodes[NODES_MAX];
    size_t count = 0;

    for (int i = 0; i < run->count; i++) {
        const struct planned *planned = &run->plan[i];

        if (planned->parent > 0 && planned->node != NULL) {
            nodes[count++] = run->plan[planned->parent].node;
        }
    }
    if (count > 0) {
        run->away.node = nodes[sim_below(sim, count)];
        sim_crash(sim, run->away.node);
    }
}

/* Whatever else was to restart it: it falls again. */
static void stay_down(struct sim *sim, void *arg)
{
    struct run *run = arg;

    if (run->away.node != NULL && sim_now(sim) < run->faults_end_us) {
        sim_crash(sim, run->away.node);
        sim_at_time(sim, sim_now(sim) + SECOND, stay_down, run);
    }
}

/* Late joiners come while things break, and a parent that is down just then lets them wait. What is
 * broken in the end stays broken until healing. */
uint64_t run_stir(struct run *run)
{
    uint64_t late = 0;

    sim_at_time(run->sim, sim_now(run->sim) + SECOND, harm, run);
    sim_at_time(run->sim, sim_now(run->sim) + SECOND, misbehave, run);
    sim_at_time(run->sim, sim_now(run->sim) + SECOND, inspect, run);
    if (run->is_away) {
        sim_at_time(run->sim, sim_now(run->sim) + SECOND, fall_for_days, run);
        sim_at_time(run->sim, sim_now(run->sim) + 2 * SECOND, stay_down, run);
    }
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

/* --- life --- */

void run_open(struct run *run, uint64_t seed, enum deeds deeds)
{
    struct policy policy = POLICY_NONE;

    *run = (struct run){.deeds = deeds, .is_large = seed % LARGE_EVERY == 0, .sim = sim_new(seed)};
    run->is_away = deeds == DEEDS_AWAY || (deeds == DEEDS_ALL && seed % AWAY_EVERY == 0);
    if (run->is_away) {
        sim_serve(run->sim, AWAY_MS);
    }
    run->clients = clients_new(run->sim);
    run->squatters = squatters_new(run->sim);
    run->made_up = made_up_new(run->sim);
    run->recoveries = recoveries_new(run->sim);
    run->revocations = revocations_new(run->sim, run->recoveries);
    run->listening = listening_new(run->sim);
    run->invariants = invariants_new(run->sim);
    if (run->is_large) {
        plan_region(run);
    } else {
        plan_small(run);
    }
    if (sim_chance(run->sim, 30)) { /* the offices enter none of this kind: it is about words */
        (void)number_set_add(&policy.kinds, KIND_VIREMENT);
        sim_ask_two_persons(run->sim, policy);
    }
}

void run_close(struct run *run)
{
    sim_free(run->sim);
    clients_free(run->clients);
    squatters_free(run->squatters);
    made_up_free(run->made_up);
    recoveries_free(run->recoveries);
    revocations_free(run->revocations);
    listening_free(run->listening);
    invariants_free(run->invariants);
    while (run->repairs != NULL) {
        struct repair *next = run->repairs->next;

        mem_free(run->repairs);
        run->repairs = next;
    }
}
