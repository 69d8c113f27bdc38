#include "tests/sim/squatters.h"

#include <stdio.h>

#include "node/core/alarms.h"
#include "node/core/members.h"
#include "tests/harness/identities.h"
#include "tests/sim/expected.h"

struct deed {
    struct task call; /* first */
    struct deed *next;
    struct sim_node *who;
    struct division code; /* that is granted, or amended */
    bool is_squat, is_rotation, durable;
};

struct squatters {
    struct sim *sim;
    struct deed *deeds;
};

struct squatters *squatters_new(struct sim *sim)
{
    struct squatters *squatters = mem_zalloc(sizeof *squatters);

    squatters->sim = sim;
    return squatters;
}

void squatters_free(struct squatters *squatters)
{
    while (squatters->deeds != NULL) {
        struct deed *next = squatters->deeds->next;

        mem_free(squatters->deeds);
        squatters->deeds = next;
    }
    mem_free(squatters);
}

/* --- doing it --- */

static void note_outcome(struct task *call, enum status outcome)
{
    ((struct deed *)call)->durable = outcome == OK;
}

static void run_squat(struct task *call, struct node *node, struct txn *txn)
{
    const struct deed *deed = (struct deed *)call;
    const struct audience audience = {AUDIENCE_TREE, deed->code};
    struct grant grant = first_grant(deed->code, sim_division(deed->who));
    const struct grant_terms none = {.founder_count = 0};
    struct buf sealed = BUF_EMPTY;

    grant.granter_epoch =
        roster_find(node_roster(node), sim_division(deed->who))->grant.epoch; /* true in all else */
    grant_certify(&grant, roster_tree(node_roster(node)), sim_key(deed->who));
    grant_seal(&sealed, &grant, &none, sim_key(deed->who));
    (void)replicator_append((struct replicator *)(uintptr_t)node_replicator(node), txn, &audience,
                            KIND_GRANT, GRANT_FORMAT, buf_bytes(&sealed));
    buf_free(&sealed);
}

static void run_amend(struct task *call, struct node *node, struct txn *txn)
{
    const struct deed *deed = (struct deed *)call;
    struct err err;
    uint32_t epoch;

    (void)node_amend(node, txn, deed->code, "Another name", NULL, &epoch, &err);
}

/* Its own wish. One that waits already is not disturbed, and the root asks nobody. */
static void run_rotate(struct task *call, struct node *node, struct txn *txn)
{
    struct deed *deed = (struct deed *)call;
    const struct grant *own = &roster_find(node_roster(node), sim_division(deed->who))->grant;
    struct rotation rotation = {.channel = false};
    struct err err;

    memcpy(rotation.curve_public, own->curve_key, sizeof rotation.curve_public);
    if (replicator_may_rotate(node_replicator(node), &rotation, &err) == OK) {
        rotation.key = sim_make_key(deed->who);
        deed->is_rotation = node_rotate(node, txn, &rotation, &err) == OK;
    }
}

/* What only a person's word ends: of these events, and of persons who were made up (made_up.h). */
static bool is_acknowledged(enum alarm_code code)
{
    return code == ALARM_BAD_GRANT || code == ALARM_APPROVAL_INVALID ||
           code == ALARM_PERSON_UNVOUCHED;
}

static void run_acknowledge(struct task *call, struct node *node, struct txn *txn)
{
    const struct alarms *alarms = node_alarms(node);
    bool cleared = true;
    struct err err;

    (void)call;
    for (size_t i = 0; i < alarms_count(alarms); i++) {
        if (is_acknowledged(alarms_at(alarms, i)->code) &&
            node_ack_alarm(node, txn, alarms_at(alarms, i)->id, "sim", &cleared, &err) == OK) {
            i = (size_t)-1; /* the list is another one now */
        }
    }
}

typedef void deed_fn(struct task *call, struct node *node, struct txn *txn);

static void do_deed(struct squatters *squatters, struct sim_node *who, struct division code,
                    deed_fn *run)
{
    struct deed *deed;

    if (sim_core(who) == NULL || division_is_none(code)) {
        return; /* he is down just now */
    }
    deed = mem_zalloc(sizeof *deed);
    *deed = (struct deed){.call = {.run = run, .done = note_outcome},
                          .next = squatters->deeds,
                          .who = who,
                          .code = code,
                          .is_squat = run == run_squat};
    squatters->deeds = deed;
    sim_call(squatters->sim, who, &deed->call);
}

static struct sim_node *anybody(const struct sim *sim, uint64_t from, uint64_t draw)
{
    return sim_at(sim, (size_t)(from + draw % (sim_nodes(sim) - from)));
}

/* Another's code, or one that nobody has: out of its reach in any case. Who is below is told by the
 * tree as it is, and not as `who` has heard yet. */
void squatters_squat(struct squatters *squatters)
{
    struct sim *sim = squatters->sim;
    struct sim_node *who, *other;

    if (sim_nodes(sim) < 3) {
        return;
    }
    who = anybody(sim, 1, sim_random(sim));
    other = anybody(sim, 0, sim_random(sim));
    if (sim_chance(sim, 30)) {
        do_deed(squatters, who, division_of("Z9"), run_squat);
        return;
    }
    if (!sim_is_within(other, who)) {
        do_deed(squatters, who, sim_division(other), run_squat);
    }
}

void squatters_amend(struct squatters *squatters)
{
    struct sim *sim = squatters->sim;
    struct sim_node *child;

    if (sim_nodes(sim) > 1) {
        child = anybody(sim, 1, sim_random(sim));
        do_deed(squatters, sim_parent(child), sim_division(child), run_amend);
    }
}

void squatters_rotate(struct squatters *squatters)
{
    struct sim *sim = squatters->sim;
    struct sim_node *who;

    if (sim_nodes(sim) > 1) {
        who = anybody(sim, 1, sim_random(sim));
        do_deed(squatters, who, sim_division(who), run_rotate);
    }
}

/* Whoever is cut off is unwell, and so it stays. */
static bool is_about_touched(struct sim *sim, const struct alarm *alarm)
{
    for (size_t i = 0; i < sim_nodes(sim); i++) {
        if (division_equal(sim_division(sim_at(sim, i)), alarm->about)) {
            return sim_is_touched(sim_at(sim, i));
        }
    }
    return false;
}

static bool unwell(struct sim *sim, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < sim_nodes(sim); i++) {
        const struct alarms *alarms = node_alarms(sim_core(sim_at(sim, i)));

        for (size_t k = 0; k < alarms_count(alarms); k++) {
            const enum alarm_code code = alarms_at(alarms, k)->code;

            if ((is_acknowledged(code) || code == ALARM_DIVISION_UNWELL) &&
                !sim_is_touched(sim_at(sim, i)) && !is_about_touched(sim, alarms_at(alarms, k))) {
                return true;
            }
        }
    }
    return false;
}

bool squatters_acknowledge(struct squatters *squatters)
{
    for (size_t i = 0; i < sim_nodes(squatters->sim); i++) {
        struct deed *deed = mem_zalloc(sizeof *deed);

        *deed = (struct deed){.call = {.run = run_acknowledge, .done = note_outcome},
                              .next = squatters->deeds,
                              .who = sim_at(squatters->sim, i)};
        squatters->deeds = deed;
        sim_call(squatters->sim, deed->who, &deed->call);
    }
    return sim_run_while(squatters->sim, unwell, NULL, UINT64_C(60000000));
}

/* --- what came of it --- */

static bool squatted(const struct squatters *squatters, const struct sim_node *node)
{
    for (const struct deed *deed = squatters->deeds; deed != NULL; deed = deed->next) {
        if (deed->is_squat && deed->durable && deed->who == node) {
            return true;
        }
    }
    return false;
}

bool squatters_check(const struct squatters *squatters, char *fault, size_t size)
{
    for (size_t i = 0; i < sim_nodes(squatters->sim); i++) {
        const struct sim_node *node = sim_at(squatters->sim, i);
        const struct division about = sim_division(node);

        for (const struct sim_node *up = sim_parent(node); up != NULL; up = sim_parent(up)) {
            if (squatted(squatters, node) && expected_of(up, node).held_whole &&
                !sim_is_alarmed(up, ALARM_BAD_GRANT, about)) {
                (void)snprintf(fault, size, "%s does not alarm that %s squats",
                               sim_division(up).code, about.code);
                return false;
            }
        }
    }
    return true;
}

static bool is_anybody_cut_off(struct sim *sim)
{
    for (size_t i = 0; i < sim_nodes(sim); i++) {
        if (sim_is_cut_off(sim_at(sim, i))) {
            return true;
        }
    }
    return false;
}

/* The root holds all grants; whoever holds one holds the same. */
bool squatters_alike(const struct squatters *squatters, char *fault, size_t size)
{
    const struct roster *root = node_roster(sim_core(sim_at(squatters->sim, 0)));

    if (roster_count(root) != sim_nodes(squatters->sim) && !is_anybody_cut_off(squatters->sim)) {
        (void)snprintf(fault, size, "%zu divisions are granted, and %zu are there",
                       roster_count(root), sim_nodes(squatters->sim));
        return false;
    }
    for (size_t i = 1; i < sim_nodes(squatters->sim); i++) {
        const struct sim_node *node = sim_at(squatters->sim, i);
        const struct roster *roster = node_roster(sim_core(node));

        for (size_t k = 0; k < roster_count(roster) && !sim_is_cut_off(node); k++) {
            const struct member *there = roster_at(roster, k);
            const struct member *here = roster_find(root, there->grant.division);

            if (here == NULL || !bytes_equal(here->sealed, there->sealed)) {
                (void)snprintf(fault, size, "%s has another grant of %s than the root",
                               sim_division(node).code, there->grant.division.code);
                return false;
            }
        }
    }
    return true;
}

/* Its keys, or those of its granters, wait for a word: a grant under these comes once they count.
 */
static bool is_to_be_confirmed(const struct sim_node *node)
{
    while (node != NULL && sim_trust(node).waits == 0) {
        node = sim_parent(node);
    }
    return node != NULL;
}

bool squatters_at_rest(const struct squatters *squatters, char *fault, size_t size)
{
    for (size_t i = 0; i < sim_nodes(squatters->sim); i++) {
        const struct sim_node *node = sim_at(squatters->sim, i);
        struct rotation_status status;

        if (sim_is_cut_off(node) || is_to_be_confirmed(node)) {
            continue; /* nobody grants it any; or not before that word */
        }
        replicator_rotation(node_replicator(sim_core(node)), &status);
        if (status.waits) {
            (void)snprintf(fault, size, "%s waits for other keys still: %s",
                           sim_division(node).code, status_name(status.refused));
            return false;
        }
    }
    return true;
}

/* Later epochs to which the key before agreed: with another key, and with the same. */
static void count_epochs(const struct roster *roster, const struct grant *newest,
                         struct squatters_counts *counts)
{
    for (uint32_t epoch = 2; epoch <= newest->epoch; epoch++) {
        struct epoch_state state;
        const bool is_rotation =
            memcmp(&roster_epoch(roster, newest->division, epoch)->sign_key,
                   &roster_epoch(roster, newest->division, epoch - 1)->sign_key,
                   sizeof newest->sign_key) != 0;

        (void)roster_epoch_state(roster, newest->division, epoch, &state);
        counts->rotations += !state.is_recovery && is_rotation;
        counts->amendments += !state.is_recovery && !is_rotation;
    }
}

struct squatters_counts squatters_counts(const struct squatters *squatters)
{
    struct squatters_counts counts = {0, 0, 0};
    const struct roster *root = node_roster(sim_core(sim_at(squatters->sim, 0)));

    for (const struct deed *deed = squatters->deeds; deed != NULL; deed = deed->next) {
        counts.squats += deed->is_squat && deed->durable;
    }
    for (size_t i = 0; i < roster_count(root); i++) {
        count_epochs(root, &roster_at(root, i)->grant, &counts);
    }
    return counts;
}
