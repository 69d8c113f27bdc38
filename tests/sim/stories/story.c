#include "tests/sim/stories/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/rows/rows.h"
#include "node/ledger/schema/kinds.h"
#include "tests/sim/clients.h"
#include "tests/sim/invariants.h"

enum { SEED = 7, FAULT_MAX = 512, PURSES_MAX = 96 };

/* What a node's script spends from: ids of its documents. "" while there is none. */
struct purse {
    const struct sim_node *node;
    char source[24], indicator[24];
};

struct story {
    struct sim *sim;
    struct invariants *invariants;
    struct clients *clients;
    struct recoveries *recoveries;
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
    const char *entered = clients_say(
        story->clients, node,
        &(struct wish){.kind = kind,
                       .about = about,
                       .other = other,
                       .amount = amount,
                       .year = kind == KIND_AGENCY ? 2025 : 0}); /* known from then on */

    if (entered == NULL) {
        fail_msg("%s did not accept a document of kind %u", sim_division(node).code, kind);
    }
    (void)snprintf(id, 24, "%s", entered);
}

static bool lacks_staff(struct sim *sim, void *arg)
{
    return !sim_has_staff(sim, arg);
}

static struct sim_node *take_in(struct story *story, struct sim_node *node)
{
    char id[24];

    assert_non_null(node);
    assert_true(story->purse_count < PURSES_MAX);
    story->purses[story->purse_count++] = (struct purse){.node = node};
    clients_add(story->clients, node);
    if (sim_asks_two_persons(story->sim)) {
        assert_true(sim_run_while(story->sim, lacks_staff, node, MINUTE));
    }
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
    story->recoveries = recoveries_new(story->sim);
    story->invariants = invariants_new(story->sim);
    return story;
}

struct story *story_of_weeks(struct policy policy)
{
    struct story *story = story_new();

    sim_ask_two_persons(story->sim, policy);
    sim_slow_pulse(story->sim, (struct sim_pulse){.beat_ms = 600000, .silence_ms = 1500000});
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

void story_staff(struct story *story, struct sim_node *node)
{
    assert_true(sim_run_while(story->sim, lacks_staff, node, MINUTE));
}

struct clients *story_clients(struct story *story)
{
    return story->clients;
}

void story_hold(struct story *story)
{
    char fault[FAULT_MAX] = "";

    if (!invariants_hold(story->invariants, fault, sizeof fault)) {
        fail_msg("%s", fault);
    }
}

void story_say(struct story *story, struct sim_node *node, const struct wish *wish, char id[24])
{
    char fault[FAULT_MAX] = "";
    const char *entered = clients_say(story->clients, node, wish);

    if (entered == NULL) {
        fail_msg("%s of %s: %s %s", kind_info(wish->kind)->name, sim_division(node).code,
                 clients_refusal(story->clients), clients_refusal_detail(story->clients));
    }
    (void)snprintf(id, 24, "%s", entered);
    if (!invariants_hold_of(story->invariants, node, fault, sizeof fault)) {
        fail_msg("after %s: %s", kind_info(wish->kind)->name, fault);
    }
}

void story_refused(struct story *story, struct sim_node *node, const struct wish *wish,
                   const char *code)
{
    const char *entered = clients_say(story->clients, node, wish);

    if (entered != NULL) {
        fail_msg("%s of %s: entered", kind_info(wish->kind)->name, sim_division(node).code);
    }
    assert_string_equal(clients_refusal(story->clients), code);
    story_hold(story);
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

void story_until_heard(struct story *story, struct sim_node *at, struct sim_node *from,
                       const char *id)
{
    const struct arrival arrival = {at, from, id};

    assert_true(sim_run_while(story->sim, is_on_the_way, (void *)(uintptr_t)&arrival, MINUTE));
}

void story_issue(struct story *story, struct sim_node *from, struct sim_node *to, int64_t amount,
                 char id[24])
{
    enter(story, from, KIND_TRANSFER, purse_of(story, from)->source, sim_division(to).code, amount,
          id);
    story_until_heard(story, to, from, id);
}

bool story_register(struct story *story, struct sim_node *from, struct sim_node *to, int64_t amount,
                    const char *id, bool unconfirmed)
{
    const char *entered = clients_say(story->clients, to,
                                      &(struct wish){.kind = KIND_REGISTER,
                                                     .about = id,
                                                     .other = sim_division(from).code,
                                                     .amount = amount,
                                                     .unconfirmed = unconfirmed});

    if (entered != NULL) {
        (void)snprintf(purse_of(story, to)->source, sizeof story->purses[0].source, "%s", entered);
    }
    return entered != NULL;
}

void story_transfer(struct story *story, struct sim_node *from, struct sim_node *to, int64_t amount)
{
    char id[24];

    story_issue(story, from, to, amount, id);
    assert_true(story_register(story, from, to, amount, id, false));
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

/* --- other keys --- */

struct recoveries *story_recoveries(struct story *story)
{
    return story->recoveries;
}

static bool lacks_keys(struct sim *sim, void *arg)
{
    const struct story *story = arg;
    char who[FAULT_MAX];

    (void)sim;
    return !recoveries_at_rest(story->recoveries, who, sizeof who);
}

void story_recover(struct story *story, struct sim_node *node, uint64_t confirmed_in_us)
{
    recoveries_lose(story->recoveries, node, confirmed_in_us);
    assert_true(sim_run_while(story->sim, lacks_keys, story, MINUTE));
}

static bool lacks_words(struct sim *sim, void *arg)
{
    (void)sim;
    return recoveries_wait(((const struct story *)arg)->recoveries);
}

void story_confirm(struct story *story)
{
    recoveries_confirm(story->recoveries);
    assert_true(sim_run_while(story->sim, lacks_words, story, MINUTE));
}

/* --- in the end --- */

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

void story_check(struct story *story)
{
    char fault[FAULT_MAX] = "";

    story_until_rest(story);
    if (!clients_check(story->clients, fault, sizeof fault)) {
        fail_msg("%s", fault);
    }
    if (sim_money_alarm(story->sim)[0] != '\0') {
        fail_msg("%s", sim_money_alarm(story->sim));
    }
}

void story_end_waiting(struct story *story)
{
    story_check(story);
    sim_free(story->sim);
    clients_free(story->clients);
    recoveries_free(story->recoveries);
    invariants_free(story->invariants);
    mem_free(story);
}

static bool is_discontent(struct sim *sim, void *arg)
{
    struct rest *rest = arg;

    (void)sim;
    return !clients_content(rest->story->clients, rest->who, sizeof rest->who);
}

/* What was alarmed of a division is over with its next beat. */
void story_end(struct story *story)
{
    struct rest rest = {story, ""};

    if (!sim_run_while(story->sim, is_discontent, &rest, 30 * (uint64_t)MINUTE)) {
        fail_msg("%s", rest.who);
    }
    story_end_waiting(story);
}
