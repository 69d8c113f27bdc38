#include "tests/sim/forkers.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/core/alarms.h"
#include "node/core/fork_view.h"
#include "node/core/keep_branch.h"
#include "node/ledger/ledger.h"
#include "node/ledger/schema/kinds.h"
#include "node/office/submit.h"
#include "replicator/core.h"
#include "replicator/trust/cosignature.h"
#include "tests/sim/expected.h"
#include "tests/sim/kept_rows.h"

enum { POST_MAX = 40 };

static bool is_alarmed(const struct sim_node *at, enum alarm_code code, struct division about)
{
    const struct alarms *alarms = node_alarms(sim_core(at));

    for (size_t i = 0; i < alarms_count(alarms); i++) {
        const struct alarm *alarm = alarms_at(alarms, i);
        if (alarm->code == code && alarm->cleared_unix_ms == 0 &&
            division_equal(alarm->about, about)) {
            return true;
        }
    }
    return false;
}

/* Is there one such alarm at all, about whomever, but for `except` at those above it? */
static bool no_other_forks(struct sim *sim, const struct sim_node *except, char *fault, size_t size)
{
    for (size_t i = 0; i < sim_nodes(sim); i++) {
        const struct sim_node *at = sim_at(sim, i);

        for (size_t k = 0; k < sim_nodes(sim); k++) {
            const struct sim_node *about = sim_at(sim, k);
            if (about != except && sim_core(at) != NULL &&
                is_alarmed(at, ALARM_FORK, sim_division(about))) {
                (void)snprintf(fault, size, "%s alarms a fork of %s", sim_division(at).code,
                               sim_division(about).code);
                return false;
            }
        }
        if (at != except && sim_core(at) == NULL) {
            (void)snprintf(fault, size, "%s has stopped", sim_division(at).code);
            return false;
        }
    }
    return true;
}

/* --- a false word --- */

struct lie {
    struct task call; /* first */
    struct sim_node *who;
    bool said;
};

static const struct audience_head *newest_of(const struct held_log *log)
{
    const struct audience_head *newest = NULL;

    for (size_t i = 0; log != NULL && i < log->audience_count; i++) {
        if (newest == NULL || log->audiences[i].lsn > newest->lsn) {
            newest = &log->audiences[i];
        }
    }
    return newest;
}

/* A cosignature of the parent's log, under a hash that no block has. */
static void run_lie(struct task *call, struct node *node, struct txn *txn)
{
    static const uint8_t hash[HASH_SIZE] = {7};
    struct lie *lie = (struct lie *)call;
    struct replicator *r = (struct replicator *)(uintptr_t)node_replicator(node);
    const struct division parent = sim_division(sim_parent(lie->who)),
                          self = sim_division(lie->who);
    const struct held_log *log = heads_find(&r->logs, parent);
    const struct audience_head *head = newest_of(log);
    struct link *link = links_find(&r->links, parent);
    Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT;
    struct signature signature;

    (void)txn;
    if (head == NULL || link == NULL || !link_is_open(link)) {
        return;
    }
    c.has_suite = c.has_author = c.has_holder = c.has_epoch = c.has_lsn = c.has_hash = 1;
    c.has_key_epoch = c.has_unix_ms = 1;
    c.has_audience = c.has_audience_division = c.has_aud_seq = 1;
    c.suite = SUITE_ED25519_BLAKE2B;
    c.author = pb_division(&parent);
    c.holder = pb_division(&self);
    c.epoch = log->durable.epoch;
    c.key_epoch = roster_find(r->roster, self)->grant.epoch;
    c.lsn = head->lsn;
    c.hash = pb_of_bytes(hash, HASH_SIZE);
    c.unix_ms = now_unix_ms(r) + 5000; /* newer than its last true one */
    c.audience = head->audience.kind;
    c.audience_division = pb_division(&head->audience.division);
    c.aud_seq = head->seq;
    cosignature_sign(&r->config.tree, own_key(r).key, &c, &signature);
    outbox_cosignature(&link->stream.outbox, parent, self, &c.base);
    lie->said = true;
}

static void lie_done(struct task *call, enum status outcome)
{
    (void)call;
    (void)outcome;
}

static bool not_seen_through(struct sim *sim, void *arg)
{
    const struct lie *lie = arg;

    (void)sim;
    return !is_alarmed(sim_parent(lie->who), ALARM_FALSE_CLAIM, sim_division(lie->who));
}

/* One of those that others hear; NULL: there may be none. */
static struct sim_node *draw_child(struct sim *sim)
{
    for (int tries = 0; tries < 16; tries++) {
        struct sim_node *node = sim_at(sim, 1 + (size_t)sim_below(sim, sim_nodes(sim) - 1));

        if (!sim_is_cut_off(node)) {
            return node;
        }
    }
    return NULL;
}

bool forkers_lie(struct sim *sim, char *fault, size_t size)
{
    struct lie lie = {.call = {.run = run_lie, .done = lie_done}, .who = draw_child(sim)};

    if (lie.who == NULL) {
        return true;
    }
    for (int times = 0; times < 4 && not_seen_through(sim, &lie); times++) {
        sim_call(sim, lie.who, &lie.call); /* a true word may take its place before it leaves */
        (void)sim_run_while(sim, not_seen_through, &lie, 20 * SECOND);
    }
    if (lie.said && not_seen_through(sim, &lie)) {
        (void)snprintf(fault, size, "%s believes what %s says of its log",
                       sim_division(sim_parent(lie.who)).code, sim_division(lie.who).code);
        return false;
    }
    return no_other_forks(sim, NULL, fault, size);
}

/* --- an office --- */

struct writing {
    struct task call; /* first */
    const struct person *maker;
    struct submit_item items[POST_MAX];
    char ids[POST_MAX][24];
    size_t count;
    bool done;
};

static void run_writing(struct task *call, struct node *node, struct txn *txn)
{
    struct writing *writing = (struct writing *)call;

    node_submit(node, txn, writing->items, writing->count,
                &(struct submit_terms){.maker = writing->maker});
}

static void writing_done(struct task *call, enum status outcome)
{
    struct writing *writing = (struct writing *)call;

    writing->done = outcome == OK && writing->items[0].status == SUBMIT_ACCEPTED;
}

/* One post of so many documents; false when they are not accepted. */
static bool write_post(struct sim *sim, struct sim_node *who, const char *name, size_t count)
{
    struct writing *writing = mem_zalloc(sizeof *writing);
    bool done;

    writing->call = (struct task){.run = run_writing, .done = writing_done};
    writing->count = count;
    (void)sim_maker(who, &writing->maker);
    for (size_t i = 0; i < count; i++) {
        struct document *document = &writing->items[i].document;

        (void)snprintf(writing->ids[i], sizeof writing->ids[i], "%s%zu", name, i);
        document->kind = KIND_AGENCY;
        document_set_text(document, FIELD_ID, bytes_text(writing->ids[i]));
        document_set_number(document, FIELD_FISCAL_YEAR, 2024); /* which nobody closes */
        document_set_text(document, FIELD_AGENCY_CODE, bytes_text("101001"));
        document_set_text(document, FIELD_AGENCY_NAME, bytes_text("教育局"));
    }
    sim_call(sim, who, &writing->call);
    sim_run_until(sim, sim_now(sim) + 2 * SECOND);
    done = writing->done;
    mem_free(writing);
    return done;
}

/* --- a store that is shorter than it was --- */

static uint32_t epoch_of(const struct sim_node *node)
{
    return roster_find(node_roster(sim_core(node)), sim_division(node))->grant.epoch;
}

struct shortened {
    struct sim_node *who;
    struct enrol_end end; /* of its log, before */
};

static bool is_short(struct sim *sim, void *arg)
{
    const struct shortened *shortened = arg;
    const struct node *core = sim_core(shortened->who);
    struct log_head head;

    (void)sim;
    return core == NULL || node_config(core)->resync != RESYNC_NOT ||
           !replicator_head(node_replicator(core), sim_division(shortened->who), true, &head) ||
           head.lsn < shortened->end.lsn;
}

/* Its log goes on as it was: no other block stands where one did. */
static bool is_same_log(const struct shortened *shortened)
{
    const struct enrol_end end = sim_end_of_log(shortened->who);

    return end.lsn > shortened->end.lsn || hash_equal(&end.hash, &shortened->end.hash);
}

bool forkers_put_back(struct sim *sim, uint64_t *copies, uint64_t *empty, char *fault, size_t size)
{
    struct shortened shortened = {.who = draw_child(sim)};
    struct sim_node *who = shortened.who;
    struct kept_rows rows = {.first = NULL};
    bool is_empty;

    if (who == NULL) {
        return true;
    }
    is_empty = epoch_of(who) == 1 && sim_chance(sim, 50); /* its chain has no later one */
    *(is_empty ? empty : copies) += 1;
    kept_rows_take(&rows, sim_store(who));
    (void)write_post(sim, who, "short", 1 + (size_t)sim_below(sim, POST_MAX - 1));
    sim_run_until(sim, sim_now(sim) + 10 * SECOND); /* everybody above has it */
    sim_crash(sim, who);
    shortened.end = sim_end_of_log(who);
    if (is_empty) {
        kept_rows_drop_all_but_local(&rows);
    }
    kept_rows_put_back(&rows, sim_store(who));
    kept_rows_free(&rows);
    if (is_empty || sim_chance(sim, 50)) {
        sim_restart_short(sim, who, "resync_salvaged");
    } else {
        sim_restart(sim, who); /* its parent proves it */
    }
    if (!sim_run_while(sim, is_short, &shortened, MINUTE)) {
        const struct enrol_end end = sim_end_of_log(who);

        (void)snprintf(
            fault, size, "%s is not whole again (%s): %" PRIu64 " for %" PRIu64 ", mode %d",
            sim_division(who).code, is_empty ? "empty" : "older copy", end.lsn, shortened.end.lsn,
            sim_core(who) == NULL ? -1 : (int)node_config(sim_core(who))->resync);
        return false;
    }
    sim_run_until(sim, sim_now(sim) + 10 * SECOND);
    if (!is_same_log(&shortened)) {
        (void)snprintf(fault, size, "%s has another log than it had", sim_division(who).code);
        return false;
    }
    return no_other_forks(sim, NULL, fault, size);
}

/* --- a fork --- */

static struct sim_node *draw_leaf(struct sim *sim)
{
    struct sim_node *at = draw_child(sim);

    for (size_t i = 0; i < sim_nodes(sim); i++) { /* codes are joined in order: the last below it */
        if (at != NULL && sim_parent(sim_at(sim, i)) == at && !sim_is_cut_off(sim_at(sim, i))) {
            at = sim_at(sim, i);
            i = 0;
        }
    }
    return at;
}

static bool goes_on(struct sim *sim, void *arg)
{
    (void)sim;
    return sim_core(arg) != NULL;
}

static bool not_known_above(struct sim *sim, void *arg)
{
    const struct sim_node *forker = arg;

    (void)sim;
    for (const struct sim_node *up = sim_parent(forker); up != NULL; up = sim_parent(up)) {
        if (!is_alarmed(up, ALARM_FORK, sim_division(forker))) {
            return true;
        }
    }
    return false;
}

/* It stops; and what it wrote twice in one epoch proves itself to everybody above. */
static bool is_seen(struct sim *sim, struct sim_node *forker, bool one_epoch, char *fault,
                    size_t size)
{
    if (!sim_run_while(sim, goes_on, forker, MINUTE)) {
        (void)snprintf(fault, size, "%s forked, and goes on", sim_division(forker).code);
        return false;
    }
    sim_restart_forked(sim, forker);
    if (one_epoch && !sim_run_while(sim, not_known_above, forker, MINUTE)) {
        (void)snprintf(fault, size, "%s forked, and somebody above does not know",
                       sim_division(forker).code);
        return false;
    }
    return true;
}

/* Somebody above holds all that it wrote. */
struct served {
    struct sim_node *forker, *by;
};

static bool not_served(struct sim *sim, void *arg)
{
    const struct served *served = arg;
    const struct enrol_end end = sim_end_of_log(served->forker);
    struct log_head head;

    (void)sim;
    return sim_core(served->by) == NULL ||
           !replicator_head(node_replicator(sim_core(served->by)), sim_division(served->forker),
                            true, &head) ||
           head.lsn < end.lsn;
}

/* The first branch goes up, past a dead parent where somebody else serves; the second is written in
 * the older copy, and whoever holds the first is away. False: it could not write. */
static bool write_branches(struct sim *sim, const struct served *served, bool past, bool *one_epoch)
{
    struct sim_node *forker = served->forker, *parent = sim_parent(forker);
    struct sim_node *holder = past ? served->by : parent;
    struct kept_rows rows = {.first = NULL};
    const uint32_t epoch = epoch_of(forker);
    bool ok;

    kept_rows_take(&rows, sim_store(forker));
    if (past) {
        sim_crash(sim, parent);
    }
    ok = write_post(sim, forker, "lost", 1 + (size_t)sim_below(sim, POST_MAX - 1)) &&
         write_post(sim, forker, "gone", 1);
    if (past) {
        ok = sim_run_while(sim, not_served, (void *)(uintptr_t)served, MINUTE) && ok;
    } else {
        sim_run_until(sim, sim_now(sim) + 10 * SECOND); /* everybody above has it */
    }
    *one_epoch = epoch == epoch_of(forker); /* an amendment may have waited until now */
    sim_crash(sim, holder);
    sim_crash(sim, forker);
    kept_rows_put_back(&rows, sim_store(forker));
    kept_rows_free(&rows);
    sim_restart(sim, parent == holder ? forker : parent);
    sim_restart(sim, forker);
    sim_run_until(sim, sim_now(sim) + 5 * SECOND); /* it waits for its parent, and then no longer */
    ok = write_post(sim, forker, "again", 1 + (size_t)sim_below(sim, POST_MAX - 1)) && ok;
    sim_run_until(sim, sim_now(sim) + (past ? 5 * SECOND : 0)); /* the parent holds it */
    sim_restart(sim, holder);
    return ok;
}

/* --- and its end --- */

struct keeping {
    struct task call; /* first */
    struct division division;
    struct keep_branch wish;
    struct kept_branch kept;
    const struct store *store; /* of the parent */
    const struct roster *roster;
    bool is_found, is_done, is_over;
};

static bool find_held(void *arg, struct division author, uint32_t epoch,
                      const struct fork_pair *pair)
{
    struct keeping *keeping = arg;
    struct fork_view view;
    struct err err;

    (void)epoch;
    if (division_equal(author, keeping->division) &&
        fork_view(&view, keeping->store, NULL, keeping->roster, pair, &err) == OK) {
        for (int i = 0; i < 2; i++) {
            if (view.branches[i].held) {
                keeping->wish.branch = view.branches[i].hash;
                keeping->is_found = true;
            }
        }
    }
    return true;
}

static void run_keeping(struct task *call, struct node *node, struct txn *txn)
{
    struct keeping *keeping = (struct keeping *)call;
    struct err err;

    keeping->roster = node_roster(node);
    keeping->wish = (struct keep_branch){.division = keeping->division, .by = "sim"};
    (void)fork_pairs_each(txn, find_held, keeping, &err);
    keeping->is_done = keeping->is_found &&
                       node_keep_branch(node, txn, &keeping->wish, &keeping->kept, &err) == OK;
}

static void keeping_done(struct task *call, enum status outcome)
{
    struct keeping *keeping = (struct keeping *)call;

    keeping->is_over = true;
    keeping->is_done &= outcome == OK;
}

static bool keeps(struct sim *sim, void *arg)
{
    (void)sim;
    return !((const struct keeping *)arg)->is_over;
}

struct ending {
    const struct recoveries *recoveries;
    struct sim_node *forker;
    char who[200];
};

/* Every holder has the author's log, and its figures; and the author writes. */
static bool is_apart(struct sim *sim, void *arg)
{
    struct ending *ending = arg;
    struct sim_node *forker = ending->forker;
    struct ledger_position own, there;
    struct txn *txn;

    (void)sim;
    if (sim_core(forker) == NULL || node_config(sim_core(forker))->damage != NULL ||
        recoveries_wait(ending->recoveries)) {
        (void)snprintf(ending->who, sizeof ending->who, "%s does not write",
                       sim_division(forker).code);
        return true;
    }
    txn = txn_open(sim_store(forker), NULL);
    ledger_position(txn, sim_division(forker), &own);
    txn_free(txn);
    for (struct sim_node *up = sim_parent(forker); up != NULL; up = sim_parent(up)) {
        txn = txn_open(sim_store(up), NULL);
        ledger_position(txn, sim_division(forker), &there);
        txn_free(txn);
        if (sim_core(up) == NULL || own.lsn != there.lsn || own.digest_lsn != there.digest_lsn ||
            !hash_equal(&own.digest, &there.digest)) {
            (void)snprintf(ending->who, sizeof ending->who,
                           "%s holds %" PRIu64 " of %" PRIu64 " entries of %s, or others",
                           sim_division(up).code, there.lsn, own.lsn, sim_division(forker).code);
            return true;
        }
    }
    return false;
}

/* The parent keeps the branch that it holds, the level above confirms that, and whoever holds the
 * other one builds his replica again. */
static bool ends(struct sim *sim, struct recoveries *recoveries, struct sim_node *forker,
                 char *fault, size_t size)
{
    struct sim_node *parent = sim_parent(forker);
    struct keeping keeping = {.call = {.run = run_keeping, .done = keeping_done},
                              .division = sim_division(forker),
                              .store = sim_store(parent)};
    struct ending ending = {.recoveries = recoveries, .forker = forker};

    sim_call(sim, parent, &keeping.call);
    if (!sim_run_while(sim, keeps, &keeping, 10 * SECOND) || !keeping.is_done) {
        (void)snprintf(fault, size, "%s cannot keep a branch of %s", sim_division(parent).code,
                       sim_division(forker).code);
        return false;
    }
    recoveries_kept(recoveries, forker, keeping.kept.epoch, keeping.kept.base_lsn);
    if (!sim_run_while(sim, is_apart, &ending, 2 * (uint64_t)MINUTE)) {
        (void)snprintf(fault, size, "a branch of %s is kept, and %s", sim_division(forker).code,
                       ending.who);
        return false;
    }
    if (!write_post(sim, forker, "after", 3) || !sim_run_while(sim, is_apart, &ending, MINUTE)) {
        (void)snprintf(fault, size, "the fork of %s is over, and %s", sim_division(forker).code,
                       ending.who);
        return false;
    }
    return true;
}

/* Nobody's keys are in question there. */
static bool is_decided(const struct sim_node *forker)
{
    for (const struct sim_node *up = forker; up != NULL; up = sim_parent(up)) {
        if (sim_trust(up).waits != 0) {
            return false;
        }
    }
    return true;
}

bool forkers_fork(struct sim *sim, struct recoveries *recoveries, bool past,
                  struct forks_count *count, char *fault, size_t size)
{
    struct sim_node *forker = draw_leaf(sim), *parent;
    struct served served;
    bool one_epoch;

    if (forker == NULL) {
        return true;
    }
    parent = sim_parent(forker);
    past = past && sim_parent(parent) != NULL;
    served = (struct served){forker, sim_parent(parent)};
    count->forks++;
    count->past += past;
    if (!write_branches(sim, &served, past, &one_epoch)) {
        (void)snprintf(fault, size, "%s could not write", sim_division(forker).code);
        return false;
    }
    if (!is_seen(sim, forker, one_epoch, fault, size) ||
        !no_other_forks(sim, forker, fault, size)) {
        return false;
    }
    if (!one_epoch || !is_decided(forker)) {
        return true;
    }
    count->ended++;
    return ends(sim, recoveries, forker, fault, size);
}
