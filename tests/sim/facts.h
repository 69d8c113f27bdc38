/* facts - what the offices of the simulator believe: shared by clients.c, which asks what draws.c
 * has drawn and fill.c has written out, and rest.c and checks.c, which hold the nodes to it.
 * Private to those. Amounts are fen. */
#ifndef TERRACE_TESTS_SIM_FACTS_H
#define TERRACE_TESTS_SIM_FACTS_H

#include "node/ledger/query/query.h"
#include "tests/sim/clients.h"

/* The simulator begins on 1 January of that year. */
enum { POST_MAX = 6, YEAR_BEGUN = 2026 };

/* LEFT: its office is revoked, and is not told whether an earlier try is there. */
enum fact_state { FACT_ASKED, FACT_UNKNOWN, FACT_ACKNOWLEDGED, FACT_REFUSED, FACT_LEFT };

/* One document an office has submitted, and what it was told. */
struct fact {
    uint32_t kind;
    /* about: the document it names; other: a division, a code; beside: the early transfer, the
     * estimate or the own register that it names, too; word: its stage, or from where it takes. */
    char id[24], about[24], other[16], beside[24], word[12];
    int year, month;
    int64_t amount,
        left;         /* left: what later documents may still take of it; an ask: not taken up */
    bool unconfirmed; /* a register that takes it though nobody has confirmed the issuer's keys */
    enum fact_state state;
    uint64_t lsn;     /* once acknowledged, and facts_match has looked */
    uint32_t answer;  /* of an ask: the kind of its acknowledged answer, 0 for none */
    int64_t answered; /* of a recall: what was granted */
};

struct office {
    struct clients *clients;
    struct sim_node *node;
    struct fact *facts;
    size_t count, capacity, unanswered;
    uint64_t next_id;
    bool wants_staff; /* two persons who can close a year */
};

struct clients {
    struct sim *sim;
    struct office **offices;
    size_t count, capacity;
    uint64_t period_us;
    bool running;
    struct clients_counts counts;
    struct refusal refusal;     /* the newest */
    char code[REASON_CODE_MAX]; /* its; "" while there is none */
};

/* NULL: this office never submitted it. */
struct fact *fact_find(const struct office *office, uint32_t kind, const char *id);
/* Does another division answer it? */
bool fact_is_ask(const struct clients *clients, const struct fact *fact);
/* NULL: no ask of this office. */
struct fact *fact_find_ask(const struct office *office, const char *id);
/* The division whose document it answers; NONE if it is no answer. */
struct office *fact_answers(const struct clients *clients, const struct fact *fact);
/* Finds the answers of all asks. */
void facts_match(const struct clients *clients);
/* What the office's own ledger is to say, on each account's normal side, by what it was told up to
 * that entry of its log and by the answers to its asks. PENDING, AVAIL and COMMIT are told by the
 * ledger's own sums alone. */
void facts_figures(const struct office *office, uint64_t last_lsn, int64_t out[ACCOUNTS]);
/* Money that left for a division outside of the tree, or above `top`. */
int64_t facts_outside(const struct office *office, const struct sim_node *top, uint64_t last_lsn);
/* What a ledger says, on the account's normal side. */
int64_t facts_balance(struct txn *txn, struct division division, enum scope scope,
                      enum account account);

/* Else *fault has words. */
bool facts_agree(int64_t have, int64_t want, const char *what, struct division division,
                 char *fault, size_t size);

struct office *office_of(const struct clients *clients, struct division division);

/* --- fill.c --- */

/* Views point into the fact. */
void fact_fill(struct document *document, const struct fact *fact);

/* --- draws.c --- */

/* A new one of this office, which counts as unanswered. */
struct fact *fact_new(struct office *office, uint32_t kind, const char *prefix);
/* Something that the office asks next, at the end of its facts; false when there is nothing. */
bool fact_draw(struct office *office);
/* An ask whose answer was refused may be answered again: it had not arrived yet. */
void facts_give_back(struct office *office);

#endif
