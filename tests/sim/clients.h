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

/* A document of a script: the node's office submits it until it is answered, however often the
 * node falls meanwhile. Its id, or NULL when it was refused or not answered within ten virtual
 * minutes. `about` is the document it names and `other` a division or a code; "" when it has none.
 * `unconfirmed`: taken though the issuer's keys wait for a word. */
const char *clients_enter(struct clients *clients, const struct sim_node *node, uint32_t kind,
                          const char *about, const char *other, int64_t amount, bool unconfirmed);
/* What the ledger of `of`, as `at` holds it, says was paid, in fen. */
int64_t clients_spent(const struct sim_node *at, const struct sim_node *of);

/* Every office acts about every `period_us`, until stopped. */
void clients_start(struct clients *clients, uint64_t period_us);
void clients_stop(struct clients *clients);
/* Documents without an answer are submitted again until none is left; every log is wherever it
 * belongs, upward and downward, and every answer is settled. False, with who still waits. */
bool clients_at_rest(const struct clients *clients, char *who, size_t size);

struct clients_counts {
    uint64_t submitted, acknowledged, refused, retried, exists, paid;
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
