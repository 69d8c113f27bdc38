/* person_chain - whose word the persons of a division are: the first admins stand in its grant, and
 * every later entry `operator` is signed by two admins wherever two exist, else by the one.
 *
 *   grant {founders} --> operator entry, signed by admins --> operator entry, signed by ...
 *
 * An admin signs such an entry as persons sign documents (struct approval_group): the first as its
 * maker, the second as its checker. Both are in the chain, enabled, and two by name. What is not
 * signed so, or by nobody who may, makes nobody a person. A key that makes nobody an admin may be
 * ended by its own person alone, whichever of his keys he signs with.
 *
 * A grant without founders has no chain: its persons, and what they approve, are the word of the
 * division's own key. An epoch whose founders are others begins a chain of its own.
 *
 * Rows (ROW_PERSON) keep what was found of each entry at intake, good or not, so a chain is read
 * without its blocks. Owns: a chain's memory, until person_chain_free.
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_PERSON_CHAIN_H
#define TERRACE_NODE_LEDGER_VERIFY_PERSON_CHAIN_H

#include "node/ledger/verify/signers.h"
#include "replicator/store/txn.h"
#include "replicator/trust/roster.h"

enum { PERSON_WHY_MAX = 31 };

/* One entry, or a founder (lsn 0). */
struct person_link {
    uint64_t lsn;
    uint32_t epoch;   /* of its block */
    uint32_t roles;   /* none while disabled */
    uint64_t time_ms; /* of the entry, by its author's clock, or of the grant */
    struct public_key key;
    char name[64];
    uint8_t signers;              /* admins behind it: 0 (a founder, or by the node's key), 1, 2 */
    char by[2][64];               /* their names */
    char entered_by[64];          /* whose word the entry says it is, whoever signed; "" */
    char why[PERSON_WHY_MAX + 1]; /* "": it counts; else a code of node/text/ */
};

struct person_chain {
    struct person_link *at; /* founders first, then by lsn */
    size_t count, capacity;
    bool founded;
    uint32_t first_epoch; /* of these founders */
};

/* The founders that count in this epoch, and nobody else yet. */
void person_chain_begin(struct person_chain *chain, const struct roster *roster,
                        struct division author, uint32_t epoch);
/* With all that is kept of its entries. */
void person_chain_load(struct person_chain *chain, struct txn *txn, const struct roster *roster,
                       struct division author, uint32_t epoch);
void person_chain_take(struct person_chain *chain, const struct person_link *link);
void person_chain_free(struct person_chain *chain);

/* What the chain says of a key before the entry at `lsn`: the newest link that counts. NULL: it
 * is nobody's. */
const struct person_link *person_chain_find(const struct person_chain *chain,
                                            const struct public_key *key, uint64_t lsn);
/* Admins that are enabled then, by name. */
size_t person_chain_admins(const struct person_chain *chain, uint64_t lsn);

/* Judges the operator entry `index` of a block, of which the groups of `body` are known to be
 * where they say; false for an entry of another kind, or one that names nobody. `signature` tells
 * why a group's signature does not hold, NULL when it does. */
bool person_chain_judge(const struct person_chain *chain, const struct block_header *header,
                        const struct block_body *body, size_t index,
                        const char *(*signature)(void *arg, size_t group), void *arg,
                        struct person_link *out);
/* Of this author's entries above `lsn` nothing is kept any more. */
void person_links_take_back(struct txn *txn, struct division author, uint64_t lsn);
/* Keeps what was found. */
void person_link_store(struct txn *txn, struct division author, const struct person_link *link);

#endif
