/* model_world - three governments whose ledgers live in one process, each with replicas of those
 * below, and the model that is held beside them: it knows nothing but arithmetic.
 *
 *   attempt_any    a random document, and what the model says of it
 *   say            the same through all that a node does
 *
 * Thread: the test's. Units: fen. */
#ifndef TERRACE_TESTS_UNIT_LEDGER_MODEL_WORLD_H
#define TERRACE_TESTS_UNIT_LEDGER_MODEL_WORLD_H

#include "node/ledger/rows/rows.h"
#include "tests/unit/ledger/tree.h"

enum {
#ifdef __SANITIZE_THREAD__
    DOCUMENTS = 12000, /* a tenth where only threads are looked for, and there are none */
#else
    DOCUMENTS = 120000,
#endif
    TURN_DOCUMENTS = 40,
    PLACES = 3,
    COMPARE_TURNS = 400,
    MADE_MAX = DOCUMENTS + 1,
};

struct made { /* an indicator, a transfer or a payment */
    int place;
    uint32_t kind;
    char id[16];
    int64_t at[ACCOUNTS]; /* balances, on the normal side */
    int64_t left, spent;  /* payment */
    int64_t amount;       /* transfer */
    size_t about;         /* the indicator or payment it was made from */
    int to;               /* transfer: receiver */
    bool released, cancelled, answered;
};

struct model {
    struct made *made;
    size_t count;
    uint64_t random;
    size_t taken, refused, exists;
};

struct block {
    struct block_header header;
    struct entry entries[TURN_DOCUMENTS];
    struct buf bodies[TURN_DOCUMENTS];
    size_t count;
};

struct place {
    struct world *world;
    struct division self;
    struct store store;
    uint64_t fence;
    struct txn *txn;
    struct ledger *ledger;
    uint64_t last_lsn;
    struct block open;
    struct buf settles[TURN_DOCUMENTS];
    size_t settle_count;
};

struct world {
    struct tree *tree;
    struct place places[PLACES];
    struct model model;
    size_t settles;
};

struct attempt {
    struct document document;
    char id[16], about[16], receipt[24];
    const char *want;
    struct made next; /* what it makes, when taken */
};

uint64_t next_random(struct model *model);
size_t pick(struct model *model, size_t below);
void seal(struct place *place);
void enter_settles(struct world *world);
/* Through all that a node does with what was typed. Returns the code of the refusal. */
const char *say(struct place *place, struct document *document);
void place_open(struct world *world, int index);
void place_close(struct place *place);
void attempt_any(struct world *world, int place, struct attempt *attempt, const char *id);

#endif
