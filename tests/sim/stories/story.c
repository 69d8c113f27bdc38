#include "tests/sim/stories/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/rows/rows.h"
#include "node/ledger/schema/kinds.h"
#include "tests/sim/clients.h"

enum { SEED = 7, FAULT_MAX = 512, PURSES_MAX = 8 };

/* What a node's script spends from: ids of its documents. "" while there is none. */
struct purse {
    const struct sim_node *node;
    char source[24], indicator[24];
};

struct story {
    struct sim *sim;
    struct clients *clients;
    struct purse purses[PURSES_MAX];
    size_t purse_count;
};

static struct purse *purse_of(struct story *story, const struct sim_node *node)
{
    for (size_t i = 0; i < story->purse_count; i++) {
        if (story->purses[i].node == node) {
            return &story->purses[i];
        }
    }
    fail_msg("%s is not of this story", sim_division(node).code);
    return NULL;
}

static void enter(struct story *story, const struct sim_node *node, uint32_t kind,
                  const char *about, const char *other, int64_t amount, char id[24])
{
    const char *entered = clients_enter(story->clients, node, kind, about, other, amount);

    if (entered == NULL) {
        fail_msg("%s did not accept a document of kind %u", sim_division(node).code, kind);
    }
    (void)snprintf(id, 24, "%s", entered);
}

static struct sim_node *take_in(struct story *story, struct sim_node *node)
{
    char id[24];

    assert_non_null(node);
    assert_true(story->purse_count < PURSES_MAX);
    story->purses[story->purse_count++] = (struct purse){.node = node};
    clients_add(story->clients, node);
    enter(story, node, KIND_AGENCY, "", "", 0, id);
    return node;
}

struct story *story_new(void)
{
    struct story *story = mem_zalloc(sizeof *story);
    struct err err;

    assert_int_equal(crypto_init(&err), OK);
    story->sim = sim_new(SEED);
    story->clients = clients_new(story->sim);
    return story;
}

struct sim *story_sim(struct story *story)
{
    return story->sim;
}

struct sim_node *story_root(struct story *story, const char *division)
{
    return take_in(story, sim_add_root(story->sim, division));
}

struct sim_node *story_join(struct story *story, struct sim_node *parent, const char *division)
{
    return take_in(story, sim_join(story->sim, parent, division));
}

void story_approve(struct story *story, struct sim_node *node, int64_t amount)
{
    enter(story, node, KIND_BUDGET, "", "111", amount, purse_of(story, node)->source);
}

struct arrival {
    const struct sim_node *at, *from;
    const char *id;
};

static bool is_on_the_way(struct sim *sim, void *arg)
{
    const struct arrival *arrival = arg;
    struct txn *txn = txn_open(sim_store(arrival->at), NULL);
    struct doc_row row;
    const bool there = doc_load(txn, sim_division(arrival->from), bytes_text(arrival->id), &row);

    (void)sim;
    txn_free(txn);
    return !there;
}

void story_transfer(struct story *story, struct sim_node *from, struct sim_node *to, int64_t amount)
{
    struct arrival arrival = {to, from, NULL};
    char id[24];

    enter(story, from, KIND_TRANSFER, purse_of(story, from)->source, sim_division(to).code, amount,
          id);
    arrival.id = id;
    assert_true(sim_run_while(story->sim, is_on_the_way, &arrival, MINUTE));
    enter(story, to, KIND_REGISTER, id, sim_division(from).code, amount,
          purse_of(story, to)->source);
}

void story_pay(struct story *story, struct sim_node *node, int64_t amount)
{
    struct purse *purse = purse_of(story, node);
    char id[24];

    if (purse->indicator[0] == '\0') { /* the agency is given what it may spend, once */
        enter(story, node, KIND_ALLOCATE, purse->source, "", 100 * amount, purse->indicator);
        enter(story, node, KIND_RELEASE, purse->indicator, "", 0, id);
    }
    enter(story, node, KIND_PAYMENT, purse->indicator, "", amount, id);
    enter(story, node, KIND_PAID, id, "", amount, id);
}

int64_t story_spent(const struct sim_node *at, const struct sim_node *of)
{
    return clients_spent(at, of);
}

struct rest {
    struct story *story;
    char who[FAULT_MAX];
};

static bool is_restless(struct sim *sim, void *arg)
{
    struct rest *rest = arg;

    (void)sim;
    return !clients_at_rest(rest->story->clients, rest->who, sizeof rest->who);
}

void story_until_rest(struct story *story)
{
    struct rest rest = {story, ""};

    if (!sim_run_while(story->sim, is_restless, &rest, MINUTE)) {
        fail_msg("not at rest after a minute: %s", rest.who);
    }
}

void story_end(struct story *story)
{
    char fault[FAULT_MAX] = "";

    story_until_rest(story);
    if (!clients_check(story->clients, fault, sizeof fault)) {
        fail_msg("%s", fault);
    }
    sim_free(story->sim);
    clients_free(story->clients);
    mem_free(story);
}
