/* facts - what the offices of the simulator believe: shared by clients.c, which asks, and
 * rest.c and checks.c, which hold the nodes to it. Private to those. Amounts are fen. */
#ifndef TERRACE_TESTS_SIM_FACTS_H
#define TERRACE_TESTS_SIM_FACTS_H

#include "node/ledger/query/query.h"
#include "tests/sim/clients.h"

enum { POST_MAX = 6 };

/* LEFT: its office is revoked, and is not told whether an earlier try is there. */
enum fact_state { FACT_ASKED, FACT_UNKNOWN, FACT_ACKNOWLEDGED, FACT_REFUSED, FACT_LEFT };

/* One document an office has submitted, and what it was told. */
struct fact {
    uint32_t kind;
    char id[24], about[24], other[16]; /* about: the document it names; other: a division, a code */
    int64_t amount, left;              /* left: what later documents may still take of it */
    bool unconfirmed; /* a register that takes it though nobody has confirmed the issuer's keys */
    enum fact_state state;
    uint64_t lsn;    /* once acknowledged, and facts_match has looked */
    uint32_t answer; /* of a transfer: the kind of its acknowledged answer, 0 for none */
};

/* `transit` to `returned` follow from what both ends of its transfers were told, as far as the
 * issuer counts the answers. */
struct office {
    struct clients *clients;
    struct sim_node *node;
    struct fact *facts;
    size_t count, capacity, unanswered;
    uint64_t next_id;
    int64_t transit, transferred, returned;
};

struct clients {
    struct sim *sim;
    struct office **offices;
    size_t count, capacity;
    uint64_t period_us;
    bool running;
    struct clients_counts counts;
};

/* NULL: this office never submitted it. */
struct fact *fact_find(const struct office *office, uint32_t kind, const char *id);
/* Finds the answers of all transfers, and sums them. */
void facts_match(const struct clients *clients);
/* All acknowledged ones of this kind, up to that entry of its log. */
int64_t facts_told(const struct office *office, uint32_t kind, uint64_t last_lsn);
/* What a ledger says, on the account's normal side. */
int64_t facts_balance(struct txn *txn, struct division division, enum scope scope,
                      enum account account);

/* Else *fault has words. */
bool facts_agree(int64_t have, int64_t want, const char *what, struct division division,
                 char *fault, size_t size);

struct office *office_of(const struct clients *clients, struct division division);

#endif
