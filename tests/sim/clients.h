/* clients - finance offices in the simulator: they submit documents, remember every answer, ask
 * again when none came, and in the end hold every node to what was acknowledged.
 *
 * One office a node. What it believes it was told is its own arithmetic, kept apart from the
 * ledger's: sums of acknowledged documents, to the fen. */
#ifndef TERRACE_TESTS_SIM_CLIENTS_H
#define TERRACE_TESTS_SIM_CLIENTS_H

#include "tests/sim/sim.h"

struct clients;

struct clients *clients_new(struct sim *sim);
void clients_free(struct clients *clients);
void clients_add(struct clients *clients, struct sim_node *node);

/* A document of a script. NULL or 0: it has none; the year: 2026. */
struct wish {
    uint32_t kind;
    const char *about;  /* the document it names */
    const char *other;  /* a division or a code */
    const char *beside; /* an early transfer, an estimate, the own register of a recall */
    const char *word;   /* its stage, from where it takes */
    int64_t amount;
    int year, month;
    bool unconfirmed; /* taken though the issuer's keys wait for a word */
};
/* The node's office submits it until it is answered, however often the node falls meanwhile. Its
 * id, or NULL when it was refused or not answered within ten virtual minutes. */
const char *clients_say(struct clients *clients, const struct sim_node *node,
                        const struct wish *wish);
/* The same without waiting: *id is its number; and then for all of them, and whether it was
 * accepted. */
void clients_ask(struct clients *clients, const struct sim_node *node, const struct wish *wish,
                 char id[24]);
bool clients_wait(struct clients *clients);
bool clients_accepted(const struct clients *clients, const struct sim_node *node, const char *id);
/* The code of the newest refusal of all; "" before the first. */
const char *clients_refusal(const struct clients *clients);
const char *clients_refusal_detail(const struct clients *clients);
/* What the ledger of `of`, as `at` holds it, says was paid, in fen. */
int64_t clients_spent(const struct sim_node *at, const struct sim_node *of);

/* Every office acts about every `period_us`, until stopped. */
void clients_start(struct clients *clients, uint64_t period_us);
void clients_stop(struct clients *clients);
/* Documents without an answer are submitted again until none is left; every log is wherever it
 * belongs, upward and downward, and every answer is settled. False, with who still waits. */
bool clients_at_rest(const struct clients *clients, char *who, size_t size);

struct clients_counts {
    uint64_t submitted, acknowledged, refused, retried, exists;
    uint64_t of_kind[KINDS_END];             /* acknowledged */
    uint64_t early;                          /* differences to an early transfer */
    uint64_t issuer_unconfirmed, overridden; /* answers to who has keys that wait for a word */
};
const struct clients_counts *clients_counts(const struct clients *clients);

/* After everything came to rest: nothing acknowledged is lost, nothing is there twice, balances
 * are what the offices were told, replicas equal owners, edges are what both ends were told, all as
 * far as each log is to count (expected.h). False, with words. */
bool clients_check(const struct clients *clients, char *fault, size_t size);
/* Does nobody alarm anything, but what faults of the network cause? Else *fault tells. */
bool clients_content(const struct clients *clients, char *fault, size_t size);

#endif
