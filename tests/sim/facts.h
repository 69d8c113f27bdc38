/* facts - what the offices of the simulator believe: shared by clients.c, which asks, and
 * checks.c, which holds the nodes to it. Private to those two. Amounts are fen. */
#ifndef TERRACE_TESTS_SIM_FACTS_H
#define TERRACE_TESTS_SIM_FACTS_H

#include "tests/sim/clients.h"

enum { POST_MAX = 6 };

enum fact_state { FACT_ASKED, FACT_UNKNOWN, FACT_ACKNOWLEDGED, FACT_REFUSED };

/* One document an office has submitted, and what it was told. */
struct fact {
    uint32_t kind;
    char id[24], about[24], other[16]; /* about: the document it names; other: a division, a code */
    int64_t amount, left;              /* left: what later documents may still take of it */
    enum fact_state state;
    uint64_t lsn;
    uint32_t answer; /* of a transfer: the kind of its acknowledged answer, 0 for none */
};

/* `transit` to `returned` follow from what both ends of its transfers were told. */
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

struct office *office_of(const struct clients *clients, struct division division);

#endif
