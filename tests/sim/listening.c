#include "tests/sim/listening.h"

#include <stdio.h>

#include "node/core/members.h"
#include "tests/sim/expected.h"

struct said {
    struct task call;  /* first */
    struct said *next; /* the one before it */
    struct sim_node *who;
    struct endpoint_entry entry;
    bool is_durable;
};

struct listening {
    struct sim *sim;
    struct said *newest;
    unsigned count;
};

struct listening *listening_new(struct sim *sim)
{
    struct listening *listening = mem_zalloc(sizeof *listening);

    listening->sim = sim;
    return listening;
}

void listening_free(struct listening *listening)
{
    while (listening->newest != NULL) {
        struct said *before = listening->newest->next;

        mem_free(listening->newest);
        listening->newest = before;
    }
    mem_free(listening);
}

static void run_listen(struct task *call, struct node *node, struct txn *txn)
{
    struct err err;

    (void)node_listen(node, txn, &((struct said *)call)->entry, &err);
}

static void listen_done(struct task *call, enum status outcome)
{
    ((struct said *)call)->is_durable = outcome == OK;
}

void listening_draw(struct listening *listening)
{
    struct sim *sim = listening->sim;
    struct sim_node *who = sim_at(sim, (size_t)sim_below(sim, sim_nodes(sim)));
    struct said *said;

    if (sim_core(who) == NULL) {
        return; /* it is down just now */
    }
    said = mem_zalloc(sizeof *said);
    said->call = (struct task){.run = run_listen, .done = listen_done};
    said->next = listening->newest;
    said->who = who;
    (void)snprintf(said->entry.link, sizeof said->entry.link, "tcp://10.0.0.1:%u",
                   7400 + ++listening->count);
    listening->newest = said;
    sim_call(sim, who, &said->call);
}

/* --- what came of it --- */

static void read_at(const struct sim_node *at, const struct sim_node *of,
                    char out[ENDPOINT_BYTES_MAX + 1])
{
    replicator_endpoint(node_replicator(sim_core(at)), sim_division(of), out);
}

/* The newest that is durable, or one after it that nobody was told of. */
static bool is_newest(const struct listening *listening, const struct sim_node *who,
                      const char *have)
{
    for (const struct said *said = listening->newest; said != NULL; said = said->next) {
        if (said->who == who && strcmp(said->entry.link, have) == 0) {
            return true;
        }
        if (said->who == who && said->is_durable) {
            return false;
        }
    }
    return true; /* it never said any */
}

static bool check_one(const struct listening *listening, const struct sim_node *who, char *fault,
                      size_t size)
{
    char own[ENDPOINT_BYTES_MAX + 1], there[ENDPOINT_BYTES_MAX + 1];

    read_at(who, who, own);
    if (!is_newest(listening, who, own)) {
        (void)snprintf(fault, size, "%s has forgotten where it listens", sim_division(who).code);
        return false;
    }
    for (size_t i = 0; i < sim_nodes(listening->sim); i++) {
        const struct sim_node *at = sim_at(listening->sim, i);

        if ((!sim_is_within(at, who) && !sim_is_within(who, at)) || !expected_whole(at, who)) {
            continue;
        }
        read_at(at, who, there);
        if (strcmp(own, there) != 0) {
            (void)snprintf(fault, size, "%s would dial %s at %s, which listens at %s",
                           sim_division(at).code, sim_division(who).code, there, own);
            return false;
        }
    }
    return true;
}

bool listening_check(const struct listening *listening, char *fault, size_t size)
{
    for (size_t i = 0; i < sim_nodes(listening->sim); i++) {
        if (!check_one(listening, sim_at(listening->sim, i), fault, size)) {
            return false;
        }
    }
    return true;
}

uint64_t listening_count(const struct listening *listening)
{
    uint64_t count = 0;

    for (const struct said *said = listening->newest; said != NULL; said = said->next) {
        count += said->is_durable;
    }
    return count;
}
