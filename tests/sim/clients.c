#include "node/office/approvals.h"
#include "proto/array.h"
#include "tests/sim/expected.h"
#include "tests/sim/facts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* --- asking --- */

struct post {
    struct task call;
    struct office *office;
    const struct person *maker;
    size_t count, index[POST_MAX];
    struct submit_item items[POST_MAX];
    struct fact copies[POST_MAX]; /* the facts may move while the call waits; the texts must not */
};

/* Where the kind needs two persons, the second is there. */
static void approve(struct node *node, struct txn *txn, const struct post *post,
                    struct submit_item *item)
{
    struct approve_item approval = {.has_hash = false};

    memcpy(approval.id, document_id(&item->document).data, document_id(&item->document).size);
    node_approve(node, txn, &approval, 1, sim_checker(post->office->node));
    item->status = approval.status;
    item->refusal = approval.refusal;
    item->lsn = approval.lsn;
}

static void run_post(struct task *call, struct node *node, struct txn *txn)
{
    struct post *post = (struct post *)call;

    node_submit(node, txn, post->items, post->count, &(struct submit_terms){.maker = post->maker});
    for (size_t i = 0; i < post->count; i++) {
        if (post->items[i].status == SUBMIT_DRAFT) {
            approve(node, txn, post, &post->items[i]);
        }
    }
}

/* Is it an answer to somebody whose keys wait for a word, as far as persons have said? */
static bool is_of_unconfirmed(const struct office *office, const struct fact *fact)
{
    return fact->kind == KIND_REGISTER &&
           expected_of(office->node, office_of(office->clients, division_of(fact->other))->node)
                   .waits != 0;
}

static void answered(struct office *office, size_t index, const struct submit_item *item)
{
    struct fact *fact = &office->facts[index];
    struct clients_counts *counts = &office->clients->counts;

    switch (item->status) {
    case SUBMIT_ACCEPTED:
        fact->lsn = item->lsn;
        counts->acknowledged++;
        counts->of_kind[fact->kind]++;
        counts->early += fact->kind == KIND_TRANSFER && fact->beside[0] != '\0' ? 1 : 0;
        counts->overridden += fact->unconfirmed && is_of_unconfirmed(office, fact) ? 1 : 0;
        fact->state = FACT_ACKNOWLEDGED;
        break;
    case SUBMIT_EXISTS:
        counts->exists++;
        counts->acknowledged++;
        fact->state = FACT_ACKNOWLEDGED;
        break;
    default:
        office->clients->refusal = item->refusal;
        reason_code(office->clients->code, &item->refusal);
        counts->refused++;
        counts->issuer_unconfirmed += item->refusal.reason == REASON_ISSUER_UNCONFIRMED ? 1 : 0;
        fact->state = item->refusal.reason == REASON_REVOKED ? FACT_LEFT : FACT_REFUSED;
        break;
    }
    office->unanswered--;
}

static void post_done(struct task *call, enum status outcome)
{
    struct post *post = (struct post *)call;

    for (size_t i = 0; i < post->count; i++) {
        if (outcome == OK) {
            answered(post->office, post->index[i], &post->items[i]);
        } else {
            post->office->facts[post->index[i]].state = FACT_UNKNOWN;
        }
    }
    mem_free(post);
}

static struct post *new_post(struct office *office)
{
    struct post *post = mem_zalloc(sizeof *post);

    post->call = (struct task){.run = run_post, .done = post_done};
    post->office = office;
    return post;
}

static void add_to_post(struct post *post, size_t index)
{
    struct fact *fact = &post->office->facts[index];
    const size_t i = post->count++;

    post->copies[i] = *fact;
    fact_fill(&post->items[i].document, &post->copies[i]);
    post->index[i] = index;
    fact->state = FACT_ASKED;
    post->office->clients->counts.submitted++;
}

struct office *office_of(const struct clients *clients, struct division division)
{
    for (size_t i = 0; i < clients->count; i++) {
        if (division_equal(sim_division(clients->offices[i]->node), division)) {
            return clients->offices[i];
        }
    }
    return NULL;
}

static void act(struct sim *sim, void *arg)
{
    struct office *office = arg;
    struct clients *clients = office->clients;
    const struct person *maker;
    struct post *post;

    sim_at_time(sim, sim_now(sim) + clients->period_us / 2 + sim_below(sim, clients->period_us),
                act, office);
    if (sim_core(office->node) == NULL) {
        return;
    }
    if (clients->running && office->wants_staff) {
        office->wants_staff = false;
        (void)sim_has_staff(sim, office->node);
    }
    if (!sim_maker(office->node, &maker)) {
        (void)sim_has_staff(sim, office->node); /* nobody can sign just now */
        return;
    }
    post = new_post(office);
    post->maker = maker;
    for (size_t i = 0; i < office->count && post->count < POST_MAX && office->unanswered > 0; i++) {
        if (office->facts[i].state == FACT_UNKNOWN) {
            clients->counts.retried++;
            add_to_post(post, i);
        }
    }
    facts_give_back(office);
    for (int k = 0; clients->running && k < 4 && post->count < POST_MAX; k++) {
        if (fact_draw(office)) {
            add_to_post(post, office->count - 1);
        }
    }
    if (post->count == 0) {
        mem_free(post);
        return;
    }
    sim_call(sim, office->node, &post->call);
}

/* --- a script --- */

static struct fact *wished(struct office *office, const struct wish *wish)
{
    struct fact *fact = fact_new(office, wish->kind, "S");

    (void)snprintf(fact->about, sizeof fact->about, "%s", wish->about ? wish->about : "");
    (void)snprintf(fact->other, sizeof fact->other, "%s", wish->other ? wish->other : "");
    (void)snprintf(fact->beside, sizeof fact->beside, "%s", wish->beside ? wish->beside : "");
    (void)snprintf(fact->word, sizeof fact->word, "%s", wish->word ? wish->word : "");
    fact->year = wish->year != 0 ? wish->year : fact->year;
    fact->month = wish->month;
    fact->amount = fact->left = wish->amount;
    fact->unconfirmed = wish->unconfirmed;
    fact->state = FACT_UNKNOWN; /* the office submits what it has no answer to */
    return fact;
}

static const struct fact *fact_named(const struct office *office, const char *id)
{
    for (size_t i = office->count; i-- > 0;) {
        if (strcmp(office->facts[i].id, id) == 0) {
            return &office->facts[i];
        }
    }
    return NULL;
}

void clients_ask(struct clients *clients, const struct sim_node *node, const struct wish *wish,
                 char id[24])
{
    memcpy(id, wished(office_of(clients, sim_division(node)), wish)->id, 24);
}

static bool anybody_waits(struct sim *sim, void *arg)
{
    const struct clients *clients = arg;

    (void)sim;
    for (size_t i = 0; i < clients->count; i++) {
        if (clients->offices[i]->unanswered > 0) {
            return true;
        }
    }
    return false;
}

bool clients_wait(struct clients *clients)
{
    return sim_run_while(clients->sim, anybody_waits, clients, 10 * (uint64_t)MINUTE);
}

bool clients_accepted(const struct clients *clients, const struct sim_node *node, const char *id)
{
    const struct fact *fact = fact_named(office_of(clients, sim_division(node)), id);

    return fact != NULL && fact->state == FACT_ACKNOWLEDGED;
}

struct wait {
    const struct office *office;
    size_t index;
};

static bool fact_waits(struct sim *sim, void *arg)
{
    const struct wait *wait = arg;
    const enum fact_state state = wait->office->facts[wait->index].state;

    (void)sim;
    return state == FACT_ASKED || state == FACT_UNKNOWN;
}

const char *clients_say(struct clients *clients, const struct sim_node *node,
                        const struct wish *wish)
{
    struct office *office = office_of(clients, sim_division(node));
    const struct fact *fact = wished(office, wish);
    struct wait wait = {office, office->count - 1};

    if (!sim_run_while(clients->sim, fact_waits, &wait, 10 * (uint64_t)MINUTE)) {
        return NULL;
    }
    fact = &office->facts[wait.index];
    return fact->state == FACT_ACKNOWLEDGED ? fact->id : NULL;
}

const char *clients_refusal(const struct clients *clients)
{
    return clients->code;
}

const char *clients_refusal_detail(const struct clients *clients)
{
    return clients->refusal.detail;
}

/* --- life --- */

struct clients *clients_new(struct sim *sim)
{
    struct clients *clients = mem_zalloc(sizeof *clients);

    clients->sim = sim;
    clients->period_us = SECOND;
    return clients;
}

void clients_free(struct clients *clients)
{
    for (size_t i = 0; i < clients->count; i++) {
        mem_free(clients->offices[i]->facts);
        mem_free(clients->offices[i]);
    }
    mem_free(clients->offices);
    mem_free(clients);
}

void clients_add(struct clients *clients, struct sim_node *node)
{
    struct office *office = mem_zalloc(sizeof *office);

    office->clients = clients;
    office->node = node;
    office->wants_staff = sim_chance(clients->sim, 40);
    ARRAY_ROOM(clients->offices, clients->count, clients->capacity);
    clients->offices[clients->count++] = office;
    sim_at_time(clients->sim, sim_now(clients->sim) + sim_below(clients->sim, SECOND), act, office);
}

void clients_start(struct clients *clients, uint64_t period_us)
{
    clients->period_us = period_us;
    clients->running = true;
}

void clients_stop(struct clients *clients)
{
    clients->running = false;
    clients->period_us = 200 * MILLISECOND;
}

const struct clients_counts *clients_counts(const struct clients *clients)
{
    return &clients->counts;
}
