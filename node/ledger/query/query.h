/* query - what people ask of ledgers. Reads roll-ups and document rows, never all entries.
 * All texts UTF-8; amounts fen.
 *
 * Thread: any, each with a txn of its own. */
#ifndef TERRACE_NODE_LEDGER_QUERY_QUERY_H
#define TERRACE_NODE_LEDGER_QUERY_QUERY_H

#include "node/ledger/ledger.h"

/* department: an agency with all that stands below it in the year of the money, by the register of
 * the division that has the agency: at own level its own, in a jurisdiction that of whoever in it
 * has the code, from the ledger up. direct: "1" and "". month: the book month, "01" to "12".
 * economic: what is committed and spent under the payment's class, all else under the line's. */
enum dimension {
    BY_ACCOUNT,
    BY_PROJECT,
    BY_FUNCTION,
    BY_FUND,
    BY_AGENCY,
    BY_DEPARTMENT,
    BY_ECONOMIC,
    BY_GOV_ECONOMIC,
    BY_DIRECT,
    BY_MONTH,
    DIMENSIONS
};
const char *dimension_name(enum dimension by); /* "function", as people ask for it */
/* Do its rows add up to all money by themselves? Else they are drawn from those of others, and what
 * lacks the element is what remains. */
bool dimension_is_kept(enum dimension by);
/* DIMENSIONS for none. */
enum dimension dimension_named(const char *name);
enum scope { SCOPE_OWN, SCOPE_SUBTREE };

/* In a jurisdiction a project or an agency is one division's, and so is its key: "540121/101".
 * Whose a code is, is told by the projects and agencies that are held here: that of the division in
 * whose ledger the money is, else of the next one above; of departments, within the jurisdiction. A
 * code that none of them has stands alone, and `division` is NONE. */
struct balance_row {
    char key[64]; /* "" for money without that element; the mnemonic by account */
    struct division division;
    enum account account;
    int128 debit, credit; /* turnover, fen */
};
/* year 0: all years summed. `roster` may be NULL at own level and by account. Rows in (key,
 * account) order, zero rows left out. */
void query_balance(struct txn *txn, const struct roster *roster, struct division division,
                   enum scope scope, int year, enum dimension by,
                   void (*visit)(void *arg, const struct balance_row *row), void *arg);

/* One document as its row tells; `state` is a stable word per kind (transfer: issued registered
 * returned; payment: applied paid part_paid cancelled; indicator makers: pending released ...). */
struct document_row {
    struct division author;
    uint64_t lsn, time_ms;
    uint32_t kind;
    int year;
    char id[40], state[20];
    int128 amount;
    int128 adjusted;           /* what adjustments added to it since; else zero */
    int128 balances[ACCOUNTS]; /* of the indicator it made, on the normal side; else zero */
    uint32_t frozen_day; /* since when it has frozen money (schema/clocks.h); 0: it has none */
    char answer_id[40];  /* transfer: the answer; register, return: the settle */
};
bool query_document(struct txn *txn, struct division author, struct bytes id,
                    struct document_row *out);
/* In lsn order of `author`. */
void query_list(struct txn *txn, struct division author, uint32_t kind, int year,
                bool (*visit)(void *arg, const struct document_row *row), void *arg);

/* How many there are. *reads_left is how much may still be read for it: documents with a year, else
 * rows of the index, of which one has a block's documents and counts once more for every 64 of
 * them. 0 afterwards when it did not suffice: then there are at least so many. */
uint64_t query_list_count(struct txn *txn, struct division author, uint32_t kind, int year,
                          size_t *reads_left);

/* The money chain, from balances by account. */
struct chain_row {
    int128 received;    /* budget replies + transfers in + carried + recovered */
    int128 allocated;   /* at own level: PENDING + AVAIL + FROZEN + COMMIT + SPENT */
    int128 passed_down; /* TRANSIT + XFER_OUT */
    int128 in_transit;  /* TRANSIT */
    int128 unallocated, released, paid; /* released: AVAIL + FROZEN + COMMIT + SPENT */
};
void query_chain(struct txn *txn, struct division division, enum scope scope, int year,
                 struct chain_row *out);
/* Adds one balance to a chain that began as zeros: for chains of a project or a function. */
void chain_add(struct chain_row *chain, const struct balance_row *row);

/* Reconciliation: one row per issuer, receiver, fund type and project; "" for money without a
 * project, and for transfers of which neither side's ledger is held here. */
struct reconcile_row {
    struct division issuer, receiver;
    char fund[24], project[64];
    uint64_t documents, open; /* open: not settled */
    uint64_t to_register;     /* not answered by the receiver */
    int128 issued, registered, returned, in_transit, difference;
};
/* False when *reads_left (transfers) did not suffice, and then nothing was visited; what was read
 * is taken off it. Memory: a part of the transfers at a time, and a row each. */
bool query_reconcile(struct txn *txn, struct division issuer, size_t *reads_left,
                     void (*visit)(void *arg, const struct reconcile_row *row), void *arg);

#endif
