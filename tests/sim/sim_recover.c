/* Recoveries, as `join --recover` does them: the parent invites, and the home that has its log asks
 * for other keys until it is granted them. */
#include "tests/sim/sim_world.h"

#include <stdio.h>

#include "node/core/members.h"
#include "replicator/log/heads.h"

enum { AGAIN_US = 300 * MILLISECOND, REFUSED_MAX = 20 };

struct recovering {
    struct task call; /* first */
    struct recovering *next;
    struct sim_node *node;
    struct sign_key key;
    struct curve_key curve;
    struct grant_terms founders;
    struct enrol_end end;
    struct token token;
    struct buf request, answer;
    bool has_token, busy, over;
    enum status invited;
    unsigned refused; /* in a row */
    struct err err;
    sim_recovered_fn *done;
    void *arg;
};

/* --- keys that are gone --- */

void sim_lose_keys(struct sim *sim, struct sim_node *node)
{
    assert(node->parent != NULL && !node->keyless);
    sim_crash(sim, node);
    node->keyless = true;
}

void sim_find_keys(struct sim *sim, struct sim_node *node)
{
    node->keyless = false;
    sim_restart(sim, node);
}

bool sim_is_keyless(const struct sim_node *node)
{
    return node->keyless;
}

struct enrol_end sim_end_of_log(const struct sim_node *node)
{
    struct enrol_end end = {.lsn = 0};
    const struct held_log *log;
    struct logs logs;
    struct err err;

    heads_init(&logs, &node->store, &node->clock);
    if (heads_load(&logs, &err) == OK) {
        log = heads_find(&logs, node->division);
        if (log != NULL) {
            end = (struct enrol_end){log->durable.lsn, log->durable.hash};
        }
    }
    heads_free(&logs);
    return end;
}

bool sim_has_below(const struct sim *sim, const struct sim_node *node)
{
    for (size_t i = 0; i < sim->node_count; i++) {
        if (sim->nodes[i]->parent == node) {
            return true;
        }
    }
    for (size_t i = 0; i < sim->joiner_count; i++) {
        if (sim->joiners[i].node->parent == node) {
            return true;
        }
    }
    return false;
}

/* --- a step: what the parent is asked --- */

static void run_invite(struct task *call, struct node *node, struct txn *txn)
{
    struct recovering *recovering = (struct recovering *)call;
    const struct invite_terms terms = {.name = "", .recover = true};

    recovering->invited = node_invite(node, txn, recovering->node->division, &terms,
                                      &recovering->token, &recovering->err);
}

static void invited(struct task *call, enum status outcome)
{
    struct recovering *recovering = (struct recovering *)call;

    recovering->busy = false;
    recovering->has_token = outcome == OK && recovering->invited == OK;
    recovering->refused += outcome == OK && recovering->invited != OK;
}

static void run_ask(struct task *call, struct node *node, struct txn *txn)
{
    struct recovering *recovering = (struct recovering *)call;
    struct enrol_asker from = {.address = "sim"};

    memcpy(from.curve_key, recovering->curve.public, sizeof from.curve_key);
    enrol_receive((struct replicator *)(uintptr_t)node_replicator(node), txn,
                  buf_bytes(&recovering->request), &from,
                  clock_unix_ms(&recovering->node->parent->clock), &recovering->answer);
}

/* The keys take their place, and the home starts with them. */
static void take_place(struct recovering *recovering, const struct enrolled *enrolled)
{
    struct sim_node *node = recovering->node;

    for (size_t i = 0; i < ENROL_CHAIN_MAX; i++) {
        buf_clear(&node->chain[i]);
        if (i < enrolled->chain_count) {
            buf_append_bytes(&node->chain[i], enrolled->chain[i]);
        }
    }
    node->chain_count = enrolled->chain_count;
    node->key = recovering->key;
    node->curve = recovering->curve;
    node->config.next_key = NULL; /* one that it asked for is gone, too */
    sim_find_keys(node->sim, node);
}

static void answered(struct task *call, enum status outcome)
{
    struct recovering *recovering = (struct recovering *)call;
    struct enrolled enrolled = {.chain_count = 0};
    enum status status;

    recovering->busy = false;
    if (outcome != OK) {
        return; /* nobody heard the answer: the same keys ask again */
    }
    status = enrol_accept(&enrolled, &recovering->token, &recovering->key, &recovering->founders,
                          buf_bytes(&recovering->answer), &recovering->err);
    if (status == OK) {
        recovering->over = true;
        take_place(recovering, &enrolled);
        recovering->done(recovering->arg, enrolled.own.epoch);
    } else {
        recovering->refused++;
        recovering->has_token = !enrolled.refused;
    }
    enrolled_free(&enrolled);
}

static void ask(struct recovering *recovering)
{
    const struct sim_node *node = recovering->node;
    const bool has_token = recovering->has_token;

    recovering->call = has_token ? (struct task){.run = run_ask, .done = answered}
                                 : (struct task){.run = run_invite, .done = invited};
    if (has_token) {
        buf_clear(&recovering->request);
        enrol_request(&recovering->request, &recovering->token, &recovering->key,
                      recovering->curve.public, node->config.listen, &recovering->founders,
                      &recovering->end, clock_unix_ms(&node->clock));
        buf_clear(&recovering->answer);
    }
    recovering->busy = true;
    sim_call(node->sim, node->parent, &recovering->call);
}

static void go_on(struct sim *sim, void *arg)
{
    struct recovering *recovering = arg;
    struct sim_node *node = recovering->node;

    if (recovering->over) {
        return;
    }
    if (recovering->refused > REFUSED_MAX) {
        (void)fprintf(stderr, "sim: %s does not recover: %s\n", node->division.code,
                      recovering->err.text);
        recovering->over = true;
        recovering->done(recovering->arg, 0);
        return;
    }
    if (!recovering->busy && node->parent->core != NULL) {
        ask(recovering);
    }
    sim_at_time(sim, sim->now_us + AGAIN_US, go_on, recovering);
}

void sim_recover(struct sim *sim, struct sim_node *node, bool channel, sim_recovered_fn *done,
                 void *arg)
{
    struct recovering *recovering = mem_zalloc(sizeof *recovering);

    assert(node->keyless);
    sim_name_admins(node);
    *recovering = (struct recovering){.next = sim->recovering,
                                      .node = node,
                                      .curve = node->curve,
                                      .founders = node->founders,
                                      .end = sim_end_of_log(node),
                                      .done = done,
                                      .arg = arg};
    /* A base below what others hold is an earlier end here, of a store that is cut to it
     * (forkers.c puts one back): to be drawn once its parent grants one (recover_behind). */
    sign_key_generate(&recovering->key);
    if (channel) {
        curve_key_generate(&recovering->curve);
    }
    sim->recovering = recovering;
    go_on(sim, recovering);
}

void sim_free_recoveries(struct sim *sim)
{
    while (sim->recovering != NULL) {
        struct recovering *next = sim->recovering->next;

        buf_free(&sim->recovering->request);
        buf_free(&sim->recovering->answer);
        mem_free(sim->recovering);
        sim->recovering = next;
    }
}
