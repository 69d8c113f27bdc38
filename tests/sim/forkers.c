#include "tests/sim/forkers.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/core/alarms.h"
#include "node/ledger/schema/kinds.h"
#include "node/office/submit.h"
#include "node/store/store_memory.h"
#include "replicator/core.h"
#include "replicator/trust/cosignature.h"
#include "tests/harness/commit.h"
#include "tests/sim/expected.h"

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

/* --- rows of a store, kept and put back --- */

struct kept_row {
    struct kept_row *next;
    enum store_space space;
    struct buf key, value;
};

struct keeping {
    struct kept_row *rows;
    enum store_space space;
    struct txn *txn; /* where what is there now is deleted */
};

static bool keep_row(void *arg, struct bytes key, struct bytes value)
{
    struct keeping *keeping = arg;
    struct kept_row *row = mem_zalloc(sizeof *row);

    row->space = keeping->space;
    buf_append_bytes(&row->key, key);
    buf_append_bytes(&row->value, value);
    row->next = keeping->rows;
    keeping->rows = row;
    return true;
}

static bool delete_row(void *arg, struct bytes key, struct bytes value)
{
    struct keeping *keeping = arg;

    (void)value;
    txn_delete(keeping->txn, keeping->space, key);
    return true;
}

static void each_row(const struct store *store, struct keeping *keeping, store_visit_fn *visit)
{
    struct err err;

    for (int space = 0; space < SPACES; space++) {
        keeping->space = (enum store_space)space;
        (void)store->ops->scan(store->self, NULL, keeping->space, BYTES_NONE, BYTES_NONE, visit,
                               keeping, &err);
    }
}

static void free_rows(struct keeping *keeping)
{
    while (keeping->rows != NULL) {
        struct kept_row *next = keeping->rows->next;

        buf_free(&keeping->rows->key);
        buf_free(&keeping->rows->value);
        mem_free(keeping->rows);
        keeping->rows = next;
    }
}

/* Of a node that is down. */
static void put_back(const struct store *store, struct keeping *keeping)
{
    struct batch batch;

    keeping->txn = txn_open(store, NULL);
    each_row(store, keeping, delete_row);
    for (const struct kept_row *row = keeping->rows; row != NULL; row = row->next) {
        (void)txn_put(keeping->txn, row->space, buf_bytes(&row->key), buf_bytes(&row->value));
    }
    store_memory_defer(store->self, false);
    batch = txn_batch(keeping->txn);
    commit_claiming(store, &batch);
    txn_free(keeping->txn);
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
        document_set_number(document, FIELD_FISCAL_YEAR, 2026);
        document_set_text(document, FIELD_AGENCY_CODE, bytes_text("101001"));
        document_set_text(document, FIELD_AGENCY_NAME, bytes_text("教育局"));
    }
    sim_call(sim, who, &writing->call);
    sim_run_until(sim, sim_now(sim) + 2 * SECOND);
    done = writing->done;
    mem_free(writing);
    return done;
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

static uint32_t epoch_of(const struct sim_node *node)
{
    return roster_find(node_roster(sim_core(node)), sim_division(node))->grant.epoch;
}

/* It stops; and what it wrote twice in one epoch proves itself to everybody above. */
static bool is_seen(struct sim *sim, struct sim_node *forker, bool one_epoch, char *fault,
                    size_t size)
{
    if (!sim_run_while(sim, goes_on, forker, MINUTE)) {
        (void)snprintf(fault, size, "%s forked, and goes on", sim_division(forker).code);
        return false;
    }
    sim_restart_damaged(sim, forker, "own_log_forked author=A held=1");
    if (one_epoch && !sim_run_while(sim, not_known_above, forker, MINUTE)) {
        (void)snprintf(fault, size, "%s forked, and somebody above does not know",
                       sim_division(forker).code);
        return false;
    }
    return true;
}

bool forkers_fork(struct sim *sim, uint64_t *forks, char *fault, size_t size)
{
    struct sim_node *forker = draw_leaf(sim), *parent;
    struct keeping keeping = {.rows = NULL};
    uint32_t epoch;
    bool ok, one_epoch;

    if (forker == NULL) {
        return true;
    }
    ++*forks;
    parent = sim_parent(forker);
    epoch = epoch_of(forker);
    each_row(sim_store(forker), &keeping, keep_row);
    ok = write_post(sim, forker, "lost", 1 + (size_t)sim_below(sim, POST_MAX - 1)) &&
         write_post(sim, forker, "gone", 1);
    sim_run_until(sim, sim_now(sim) + 10 * SECOND); /* everybody above has it */
    one_epoch = epoch == epoch_of(forker);          /* an amendment may have waited until now */
    sim_crash(sim, parent);
    sim_crash(sim, forker);
    put_back(sim_store(forker), &keeping);
    free_rows(&keeping);
    sim_restart(sim, forker);
    sim_run_until(sim, sim_now(sim) + 5 * SECOND); /* it waits for its parent, and then no longer */
    ok = ok && write_post(sim, forker, "again", 1 + (size_t)sim_below(sim, POST_MAX - 1));
    sim_restart(sim, parent);
    if (!ok) {
        (void)snprintf(fault, size, "%s could not write", sim_division(forker).code);
        return false;
    }
    return is_seen(sim, forker, one_epoch, fault, size) && no_other_forks(sim, forker, fault, size);
}
