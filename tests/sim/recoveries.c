#include "tests/sim/recoveries.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/schema/kinds.h"
#include "node/office/approvals.h"
#include "tests/sim/expected.h"

enum { TRIED_AGAIN_US = 700 * MILLISECOND };

/* One loss of keys, and the word that confirms what was granted then. */
struct recovery {
    struct task call; /* first */
    struct recovery *next;
    struct recoveries *recoveries;
    struct sim_node *node;
    uint32_t epoch; /* 0: it has no keys yet */
    uint64_t base_lsn, confirmed_in_us;
    bool is_refused, is_confirmed, is_asked, is_busy;
    unsigned number, tries;

    /* the word, of one try */
    struct submit_item item;
    struct approve_item approval;
    char id[24];
    uint32_t says; /* up to which epoch; 0: nothing */
    bool is_there; /* another try has done it */
};

struct recoveries {
    struct sim *sim;
    struct recovery *all;
    unsigned count;
    bool confirm; /* whatever was drawn */
    uint64_t at_once;
};

struct recoveries *recoveries_new(struct sim *sim)
{
    struct recoveries *recoveries = mem_zalloc(sizeof *recoveries);

    recoveries->sim = sim;
    return recoveries;
}

void recoveries_free(struct recoveries *recoveries)
{
    while (recoveries->all != NULL) {
        struct recovery *next = recoveries->all->next;

        mem_free(recoveries->all);
        recoveries->all = next;
    }
    mem_free(recoveries);
}

/* --- what counts of it --- */

/* The first of this node's that nobody has confirmed. */
static const struct recovery *first_waiting(const struct recoveries *recoveries,
                                            const struct sim_node *node)
{
    const struct recovery *first = NULL;

    for (const struct recovery *one = recoveries->all; one != NULL; one = one->next) {
        if (one->node == node && one->epoch != 0 && !one->is_confirmed &&
            (first == NULL || one->epoch < first->epoch)) {
            first = one;
        }
    }
    return first;
}

static void tell(const struct recoveries *recoveries, struct sim_node *node)
{
    const struct recovery *waiting = first_waiting(recoveries, node);

    sim_set_trust(node, waiting == NULL
                            ? (struct sim_trust){.waits = 0}
                            : (struct sim_trust){waiting->epoch, waiting->base_lsn, false, 0});
}

static void confirmed(struct recovery *recovery, uint32_t epoch)
{
    struct recoveries *recoveries = recovery->recoveries;

    for (struct recovery *one = recoveries->all; one != NULL; one = one->next) {
        if (one->node == recovery->node && one->epoch != 0 && one->epoch <= epoch &&
            !one->is_confirmed) {
            one->is_confirmed = true;
            recoveries->at_once += one != recovery;
        }
    }
    tell(recoveries, recovery->node);
}

/* --- the word --- */

static struct sim_node *confirmer_of(const struct sim_node *node)
{
    struct sim_node *granter = sim_parent(node);

    return sim_parent(granter) == NULL ? granter : sim_parent(granter);
}

static void enter(struct recovery *recovery, struct node *node, struct txn *txn)
{
    struct sim_node *confirmer = confirmer_of(recovery->node);
    struct document *document = &recovery->item.document;
    const struct division division = sim_division(recovery->node);
    const struct person *maker;

    (void)sim_maker(confirmer, &maker);
    memset(&recovery->item, 0, sizeof recovery->item);
    document_clear(document, KIND_CONFIRM);
    (void)snprintf(recovery->id, sizeof recovery->id, "CF%u-%u", recovery->number,
                   recovery->tries++);
    document_set_text(document, FIELD_ID, bytes_text(recovery->id));
    document_set_text(document, FIELD_DIV_CODE, bytes_text(division.code));
    node_submit(node, txn, &recovery->item, 1, &(struct submit_terms){.maker = maker});
    if (recovery->item.status == SUBMIT_DRAFT) {
        recovery->approval = (struct approve_item){.has_hash = false};
        memcpy(recovery->approval.id, recovery->id, sizeof recovery->id);
        node_approve(node, txn, &recovery->approval, 1, sim_checker(confirmer));
        recovery->item.status = recovery->approval.status;
    }
}

/* What it says is what is held there now: the newest keys, and those before them. */
static void run_confirm(struct task *call, struct node *node, struct txn *txn)
{
    struct recovery *recovery = (struct recovery *)call;
    const struct division division = sim_division(recovery->node);
    struct epoch_state state;

    recovery->says = 0;
    recovery->is_there = false;
    if (!roster_epoch_state(node_roster(node), division, recovery->epoch, &state)) {
        return; /* the grant has not come yet */
    }
    recovery->says = roster_to_confirm(node_roster(node), division);
    recovery->is_there = recovery->says == 0;
    if (!recovery->is_there) {
        enter(recovery, node, txn);
    }
}

static void confirm_done(struct task *call, enum status outcome)
{
    struct recovery *recovery = (struct recovery *)call;

    recovery->is_busy = false;
    if (outcome != OK) {
        return; /* nobody was told: asked once more */
    }
    if (recovery->is_there) {
        confirmed(recovery, recovery->epoch);
    } else if (recovery->says != 0 && recovery->item.status == SUBMIT_ACCEPTED) {
        confirmed(recovery, recovery->says);
    }
}

static void try_to_confirm(struct sim *sim, void *arg)
{
    struct recovery *recovery = arg;
    struct sim_node *confirmer = confirmer_of(recovery->node);

    if (recovery->is_confirmed || sim_trust(recovery->node).is_revoked) {
        return;
    }
    if (!recovery->is_busy && sim_core(confirmer) != NULL &&
        (!sim_asks_two_persons(sim) || sim_has_staff(sim, confirmer))) {
        recovery->is_busy = true;
        recovery->call = (struct task){.run = run_confirm, .done = confirm_done};
        sim_call(sim, confirmer, &recovery->call);
    }
    sim_at_time(sim, sim_now(sim) + TRIED_AGAIN_US, try_to_confirm, recovery);
}

static void ask_for_confirmation(struct recovery *recovery, uint64_t in_us)
{
    struct sim *sim = recovery->recoveries->sim;

    if (!recovery->is_asked && in_us != UINT64_MAX) {
        recovery->is_asked = true;
        sim_at_time(sim, sim_now(sim) + in_us, try_to_confirm, recovery);
    }
}

void recoveries_confirm(struct recoveries *recoveries)
{
    recoveries->confirm = true;
    for (struct recovery *one = recoveries->all; one != NULL; one = one->next) {
        if (one->epoch != 0) {
            ask_for_confirmation(one, 0);
        }
    }
}

/* --- the loss --- */

static void granted(void *arg, uint32_t epoch)
{
    struct recovery *recovery = arg;

    recovery->epoch = epoch;
    recovery->is_refused = epoch == 0;
    if (epoch != 0) {
        tell(recovery->recoveries, recovery->node);
        ask_for_confirmation(recovery,
                             recovery->recoveries->confirm ? 0 : recovery->confirmed_in_us);
    }
}

void recoveries_again(struct recoveries *recoveries, struct sim_node *node,
                      uint64_t confirmed_in_us)
{
    struct recovery *recovery = mem_zalloc(sizeof *recovery);
    struct sim *sim = recoveries->sim;
    const bool channel = !sim_has_below(sim, node) && sim_chance(sim, 50);

    *recovery = (struct recovery){.next = recoveries->all,
                                  .recoveries = recoveries,
                                  .node = node,
                                  .base_lsn = sim_end_of_log(node).lsn,
                                  .confirmed_in_us = confirmed_in_us,
                                  .number = ++recoveries->count};
    recoveries->all = recovery;
    /* Whoever dials it knows its link key, and nobody else. */
    sim_recover(sim, node, channel, granted, recovery);
}

void recoveries_kept(struct recoveries *recoveries, struct sim_node *node, uint32_t epoch,
                     uint64_t base_lsn)
{
    struct recovery *recovery = mem_zalloc(sizeof *recovery);

    *recovery = (struct recovery){.next = recoveries->all,
                                  .recoveries = recoveries,
                                  .node = node,
                                  .base_lsn = base_lsn,
                                  .number = ++recoveries->count};
    recoveries->all = recovery;
    granted(recovery, epoch);
}

void recoveries_lose(struct recoveries *recoveries, struct sim_node *node, uint64_t confirmed_in_us)
{
    sim_lose_keys(recoveries->sim, node);
    recoveries_again(recoveries, node, confirmed_in_us);
}

static bool may_lose(const struct sim_node *node)
{
    return sim_parent(node) != NULL && !sim_is_keyless(node) && !sim_is_cut_off(node);
}

static uint64_t draw_delay(struct sim *sim)
{
    if (sim_chance(sim, 40)) {
        return sim_below(sim, SECOND);
    }
    return sim_chance(sim, 60) ? 2 * SECOND + sim_below(sim, 18 * SECOND) : UINT64_MAX;
}

void recoveries_draw(struct recoveries *recoveries)
{
    struct sim *sim = recoveries->sim;
    struct sim_node *node = sim_at(sim, (size_t)sim_below(sim, sim_nodes(sim)));

    if (may_lose(node)) {
        recoveries_lose(recoveries, node, draw_delay(sim));
    }
}

/* --- what came of it --- */

bool recoveries_at_rest(const struct recoveries *recoveries, char *who, size_t size)
{
    for (const struct recovery *one = recoveries->all; one != NULL; one = one->next) {
        if (one->epoch == 0) {
            (void)snprintf(who, size, "%s %s", sim_division(one->node).code,
                           one->is_refused ? "was refused other keys" : "has no keys");
            return false;
        }
    }
    return true;
}

bool recoveries_wait(const struct recoveries *recoveries)
{
    for (const struct recovery *one = recoveries->all; one != NULL; one = one->next) {
        if (one->epoch != 0 && !one->is_confirmed && !sim_trust(one->node).is_revoked) {
            return true;
        }
    }
    return false;
}

struct recoveries_counts recoveries_counts(const struct recoveries *recoveries)
{
    struct recoveries_counts counts = {.at_once = recoveries->at_once};

    for (const struct recovery *one = recoveries->all; one != NULL; one = one->next) {
        counts.granted += one->epoch != 0;
        counts.confirmed += one->is_confirmed;
    }
    return counts;
}
