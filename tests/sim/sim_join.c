/* Enrolments: an invitation at the parent, what the child asks, and what it is answered. */
#include "tests/sim/sim_world.h"

#include <stdio.h>

#include "node/core/members.h"
#include "proto/array.h"

struct sim_node *sim_add_root(struct sim *sim, const char *division)
{
    struct grant grant = first_grant(division_of(division), DIVISION_NONE);
    struct grant_terms terms;
    struct sim_node *node;

    trust_generate(&sim->trust);
    node = sim_new_node(sim, NULL, division);
    memcpy(grant.curve_key, node->curve.public, sizeof grant.curve_key);
    grant.time_ms = clock_unix_ms(&node->clock);
    grant.policy = node->config.approval.kinds;
    terms = *every_code();
    terms.founder_count = node->founders.founder_count;
    memcpy(terms.founders, node->founders.founders, sizeof terms.founders);
    grant_certify(&grant, &sim->trust.tree, &node->key);
    grant_seal(&node->chain[0], &grant, &terms, &sim->trust.key);
    node->chain_count = 1;
    sim_attach(node);
    sim_start(node);
    return node;
}

/* The enrolment socket, as a call in the parent's turn. */
struct enrolment {
    struct task call;
    struct sim_node *parent;
    struct division division;
    const struct sim_node *child;
    struct token token;
    struct buf request, answer;
    enum status invited;
    bool done, durable;
    struct err err;
};

/* All codes that begin with this one, without the pairs of zeros that end it. */
static struct grant_reach reach_of(struct division division)
{
    struct grant_reach reach = {.count = 0};
    char pattern[DIVISION_CODE_MAX + 2];
    size_t size = strlen(division.code);

    while (size > 2 && memcmp(division.code + size - 2, "00", 2) == 0) {
        size -= 2;
    }
    (void)snprintf(pattern, sizeof pattern, "%.*s*", (int)size, division.code);
    (void)reach_add(&reach, bytes_text(pattern));
    return reach;
}

static void run_invite(struct task *call, struct node *node, struct txn *txn)
{
    struct enrolment *enrolment = (struct enrolment *)call;

    const struct invite_terms terms = {.name = enrolment->division.code,
                                       .may_grant = reach_of(enrolment->division)};

    enrolment->invited =
        node_invite(node, txn, enrolment->division, &terms, &enrolment->token, &enrolment->err);
}

static void run_enrol(struct task *call, struct node *node, struct txn *txn)
{
    struct enrolment *enrolment = (struct enrolment *)call;

    struct enrol_asker from = {.address = "sim"};

    memcpy(from.curve_key, enrolment->child->curve.public, sizeof from.curve_key);
    enrol_receive((struct replicator *)(uintptr_t)node_replicator(node), txn,
                  buf_bytes(&enrolment->request), &from, clock_unix_ms(&enrolment->parent->clock),
                  &enrolment->answer);
}

static void enrolment_done(struct task *call, enum status outcome)
{
    struct enrolment *enrolment = (struct enrolment *)call;

    enrolment->done = true;
    enrolment->durable = outcome == OK;
}

static bool enrolment_waiting(struct sim *sim, void *arg)
{
    const struct enrolment *enrolment = arg;

    (void)sim;
    return !enrolment->done;
}

static bool call_and_wait(struct sim *sim, struct enrolment *enrolment,
                          void (*run)(struct task *, struct node *, struct txn *))
{
    enrolment->call = (struct task){.run = run, .done = enrolment_done};
    enrolment->done = enrolment->durable = false;
    sim_call(sim, enrolment->parent, &enrolment->call);
    return sim_run_while(sim, enrolment_waiting, enrolment, 10 * SECOND) && enrolment->durable;
}

static void keep_chain(struct sim_node *node, const struct enrolled *enrolled)
{
    for (size_t i = 0; i < enrolled->chain_count; i++) {
        buf_append_bytes(&node->chain[i], enrolled->chain[i]);
    }
    node->chain_count = enrolled->chain_count;
}

static size_t joiner_of(const struct sim *sim, struct division division)
{
    size_t at = 0;

    while (at < sim->joiner_count && !division_equal(sim->joiners[at].token.division, division)) {
        at++;
    }
    return at;
}

/* Asks for a token, unless there is one already: who lost the answer asks again with the same token
 * and the same keys, as `terrace join` does. False: the parent did not answer. */
static bool have_token(struct sim *sim, struct enrolment *enrolment, const char *division)
{
    const size_t at = joiner_of(sim, enrolment->division);

    if (at < sim->joiner_count) {
        return true;
    }
    if (!call_and_wait(sim, enrolment, run_invite) || enrolment->invited != OK ||
        enrolment->parent->core == NULL) {
        return false;
    }
    ARRAY_ROOM(sim->joiners, sim->joiner_count, sim->joiner_capacity);
    sim->joiners[sim->joiner_count++] = (struct joiner){
        .node = sim_new_node(sim, enrolment->parent, division), .token = enrolment->token};
    return true;
}

static void confirm(struct sim *sim, struct enrolment *enrolment)
{
    buf_clear(&enrolment->request);
    enrol_confirm(&enrolment->request, &enrolment->token, &enrolment->child->key);
    buf_clear(&enrolment->answer);
    if (enrolment->parent->core != NULL) {
        (void)call_and_wait(sim, enrolment, run_enrol);
    }
}

struct sim_node *sim_join(struct sim *sim, struct sim_node *parent, const char *division)
{
    struct enrolment enrolment = {.parent = parent, .division = division_of(division)};
    struct enrolled enrolled = {.chain_count = 0};
    struct sim_node *node = NULL;
    size_t at;

    if (parent->core == NULL || !have_token(sim, &enrolment, division)) {
        return NULL;
    }
    at = joiner_of(sim, enrolment.division);
    enrolment.token = sim->joiners[at].token;
    enrolment.child = sim->joiners[at].node;
    enrol_request(&enrolment.request, &enrolment.token, &enrolment.child->key,
                  enrolment.child->curve.public, enrolment.child->config.listen,
                  &enrolment.child->founders, NULL, clock_unix_ms(&parent->clock));
    if (call_and_wait(sim, &enrolment, run_enrol) &&
        enrol_accept(&enrolled, &enrolment.token, &enrolment.child->key, &enrolment.child->founders,
                     buf_bytes(&enrolment.answer), &enrolment.err) == OK) {
        at = joiner_of(sim, enrolment.division); /* others may have come and gone meanwhile */
        node = sim->joiners[at].node;
        ARRAY_REMOVE(sim->joiners, sim->joiner_count, at);
        keep_chain(node, &enrolled);
        sim_attach(node);
        sim_start(node);
        confirm(sim, &enrolment);
    }
    enrolled_free(&enrolled);
    buf_free(&enrolment.request);
    buf_free(&enrolment.answer);
    return node;
}
