#include "tests/sim/revocations.h"

#include <stdio.h>

#include "node/core/members.h"
#include "tests/sim/expected.h"

enum { AGAIN_US = 300 * MILLISECOND, PERCENT_AGAIN = 70 };

struct revoking {
    struct task call; /* first */
    struct revoking *next;
    struct revocations *revocations;
    struct sim_node *node, *by;
    struct revocation word;
    bool is_stolen, is_busy, is_said, is_done, is_again;
};

struct revocations {
    struct sim *sim;
    struct recoveries *recoveries;
    struct revoking *all;
};

struct revocations *revocations_new(struct sim *sim, struct recoveries *recoveries)
{
    struct revocations *revocations = mem_zalloc(sizeof *revocations);

    revocations->sim = sim;
    revocations->recoveries = recoveries;
    return revocations;
}

void revocations_free(struct revocations *revocations)
{
    while (revocations->all != NULL) {
        struct revoking *next = revocations->all->next;

        mem_free(revocations->all);
        revocations->all = next;
    }
    mem_free(revocations);
}

/* --- doing it --- */

static void run_revoke(struct task *call, struct node *node, struct txn *txn)
{
    struct revoking *revoking = (struct revoking *)call;
    const struct division division = sim_division(revoking->node);
    struct err err;

    revoking->is_said =
        node_revoke(node, txn, division, "stolen", &revoking->word, &err) == OK ||
        roster_revoked(node_roster(node), division, &revoking->word); /* by a try before */
}

/* Others hold all that it wrote, and the parent lets it in once more. */
static bool may_come_again(struct revoking *revoking)
{
    const struct enrol_end end = sim_end_of_log(revoking->node);

    return end.lsn == revoking->word.lsn && hash_equal(&end.hash, &revoking->word.hash) &&
           sim_chance(revoking->revocations->sim, PERCENT_AGAIN);
}

static void decide(struct revoking *revoking)
{
    struct sim *sim = revoking->revocations->sim;

    sim_set_trust(revoking->node,
                  (struct sim_trust){.is_revoked = true, .final_lsn = revoking->word.lsn});
    if (!revoking->is_stolen) {
        return;
    }
    revoking->is_again = may_come_again(revoking);
    if (revoking->is_again) {
        sim_set_trust(revoking->node, (struct sim_trust){.is_revoked = false});
        recoveries_again(revoking->revocations->recoveries, revoking->node,
                         sim_below(sim, 10 * SECOND));
    } else {
        sim_find_keys(sim, revoking->node); /* it comes back, and meets a closed door */
    }
}

static void revoke_done(struct task *call, enum status outcome)
{
    struct revoking *revoking = (struct revoking *)call;

    revoking->is_busy = false;
    if (outcome == OK && revoking->is_said) {
        revoking->is_done = true;
        decide(revoking);
    }
}

static void try_to_revoke(struct sim *sim, void *arg)
{
    struct revoking *revoking = arg;

    if (revoking->is_done) {
        return;
    }
    if (!revoking->is_busy && sim_core(revoking->by) != NULL) {
        revoking->is_busy = true;
        revoking->call = (struct task){.run = run_revoke, .done = revoke_done};
        sim_call(sim, revoking->by, &revoking->call);
    }
    sim_at_time(sim, sim_now(sim) + AGAIN_US, try_to_revoke, revoking);
}

void revocations_revoke(struct revocations *revocations, struct sim_node *node, struct sim_node *by,
                        bool is_stolen)
{
    struct sim *sim = revocations->sim;
    struct revoking *revoking = mem_zalloc(sizeof *revoking);

    *revoking = (struct revoking){.next = revocations->all,
                                  .revocations = revocations,
                                  .node = node,
                                  .by = by,
                                  .is_stolen = is_stolen};
    revocations->all = revoking;
    sim_set_trust(node, (struct sim_trust){.is_revoked = true}); /* from now on */
    if (is_stolen) {
        sim_lose_keys(sim, node);
    }
    sim_at_time(sim, sim_now(sim) + sim_below(sim, 3 * SECOND), try_to_revoke, revoking);
}

/* Its keys and those of all above it are in nobody's question. */
static bool may_be_revoked(const struct sim_node *node)
{
    for (const struct sim_node *up = node; up != NULL; up = sim_parent(up)) {
        if (sim_trust(up).waits != 0 || sim_trust(up).is_revoked || sim_is_keyless(up)) {
            return false;
        }
    }
    return sim_parent(node) != NULL;
}

static struct sim_node *anybody_above(struct sim *sim, const struct sim_node *node)
{
    struct sim_node *by = sim_parent(node);

    while (sim_parent(by) != NULL && sim_chance(sim, 50)) {
        by = sim_parent(by);
    }
    return by;
}

void revocations_draw(struct revocations *revocations)
{
    struct sim *sim = revocations->sim;
    struct sim_node *node = sim_at(sim, (size_t)sim_below(sim, sim_nodes(sim)));

    /* What is cut off is lost to all other checks: mostly those with nobody below. */
    if (may_be_revoked(node) && (!sim_has_below(sim, node) || sim_chance(sim, 20))) {
        revocations_revoke(revocations, node, anybody_above(sim, node), sim_chance(sim, 60));
    }
}

/* --- what came of it --- */

static bool has_session(const struct sim_node *at, struct division with)
{
    const struct replicator *replicator = node_replicator(sim_core(at));

    for (size_t i = 0; i < replicator_peers(replicator); i++) {
        struct peer_status status;

        replicator_peer_link(replicator, i, &status);
        if (division_equal(status.division, with)) {
            return status.state == PEER_LIVE || status.state == PEER_HELD;
        }
    }
    return false;
}

/* What is said in an epoch that nobody has confirmed is obeyed by who granted that epoch, and by
 * the others once it counts. */
static bool obeys(const struct sim_node *at, const struct sim_node *by)
{
    for (const struct sim_node *up = by; up != NULL; up = sim_parent(up)) {
        if (sim_trust(up).waits != 0 && at != up && at != sim_parent(up)) {
            return false;
        }
    }
    return true;
}

static bool check_one(const struct revoking *one, char *fault, size_t size)
{
    const struct division division = sim_division(one->node);
    struct revocation word;

    for (const struct sim_node *up = sim_parent(one->node); up != NULL; up = sim_parent(up)) {
        if (sim_core(up) == NULL || sim_is_cut_off(up) || !obeys(up, one->by)) {
            continue;
        }
        if (roster_revoked(node_roster(sim_core(up)), division, &word) != !one->is_again) {
            (void)snprintf(fault, size, "%s %s that %s is revoked", sim_division(up).code,
                           one->is_again ? "goes on" : "does not know", division.code);
            return false;
        }
    }
    if (!one->is_again && sim_core(sim_parent(one->node)) != NULL &&
        obeys(sim_parent(one->node), one->by) && has_session(sim_parent(one->node), division)) {
        (void)snprintf(fault, size, "%s is revoked and has a session", division.code);
        return false;
    }
    return true;
}

/* Whoever was granted again may be revoked again. */
static bool is_newest(const struct revocations *revocations, const struct revoking *revoking)
{
    const struct revoking *newest = revocations->all;

    while (newest->node != revoking->node) {
        newest = newest->next;
    }
    return newest == revoking;
}

bool revocations_at_rest(const struct revocations *revocations, char *who, size_t size)
{
    for (const struct revoking *one = revocations->all; one != NULL; one = one->next) {
        if (!one->is_done) {
            (void)snprintf(who, size, "%s is not revoked by %s yet", sim_division(one->node).code,
                           sim_division(one->by).code);
            return false;
        }
        if (is_newest(revocations, one) && !check_one(one, who, size)) {
            return false;
        }
    }
    return true;
}

struct revocations_counts revocations_counts(const struct revocations *revocations)
{
    struct revocations_counts counts = {0, 0};

    for (const struct revoking *one = revocations->all; one != NULL; one = one->next) {
        counts.revoked++;
        counts.again += one->is_again;
    }
    return counts;
}
