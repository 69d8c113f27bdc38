/* query - what people ask of ledgers. Reads roll-ups and document rows, never all entries.
 * All texts UTF-8; amounts fen.
 *
 * Thread: any, each with a txn of its own. */
#ifndef TERRACE_NODE_LEDGER_QUERY_H
#define TERRACE_NODE_LEDGER_QUERY_H

#include "node/ledger/ledger.h"

enum dimension { BY_ACCOUNT, BY_PROJECT, BY_FUNCTION, BY_FUND, BY_AGENCY, DIMENSIONS };
const char *dimension_name(enum dimension by); /* "function", as people ask for it */
/* DIMENSIONS for none. */
enum dimension dimension_named(const char *name);
enum scope { SCOPE_OWN, SCOPE_SUBTREE };

struct balance_row {
    char key[64]; /* "" for money without that element; the mnemonic by account */
    enum account account;
    int64_t debit, credit; /* turnover, fen */
};
/* year 0: all years summed. Rows in (key, account) order, zero rows left out. */
void query_balance(struct txn *txn, struct division division, enum scope scope, int year,
                   enum dimension by, void (*visit)(void *arg, const struct balance_row *row),
                   void *arg);

/* One document as its row tells; `state` is a stable word per kind (transfer: issued registered
 * returned; payment: applied paid part_paid cancelled; indicator makers: pending released ...). */
struct document_row {
    struct division author;
    uint64_t lsn, time_ms;
    uint32_t kind;
    int year;
    char id[40], state[20];
    int64_t amount;
    int64_t balances[ACCOUNTS]; /* of the indicator it made, on the normal side; else zero */
    char answer_id[40];         /* transfer: the answer; register, return: the settle */
};
bool query_document(struct txn *txn, struct division author, struct bytes id,
                    struct document_row *out);
/* In lsn order of `author`. */
void query_list(struct txn *txn, struct division author, uint32_t kind, int year,
                bool (*visit)(void *arg, const struct document_row *row), void *arg);

/* The same from the first document behind `after_lsn` on: for pages. */
void query_list_after(struct txn *txn, struct division author, uint32_t kind, int year,
                      uint64_t after_lsn, bool (*visit)(void *arg, const struct document_row *row),
                      void *arg);

/* One edge-spanning step of a trace: from a source down to payments, or from one document up its
 * origins and down its consequences, as far as this node may see. */
struct trace_step {
    unsigned depth;
    struct document_row row;
    char relation[24]; /* origin, this, allocated, released, paid, registered_as, settled_by ... */
};
void query_trace(struct txn *txn, struct division author, struct bytes id,
                 void (*visit)(void *arg, const struct trace_step *step), void *arg);

/* The money chain (资金链), from balances by account. */
struct chain_row {
    int64_t received;    /* budget replies + transfers in + carried + recovered */
    int64_t allocated;   /* at own level: PENDING + AVAIL + FROZEN + COMMIT + SPENT */
    int64_t passed_down; /* TRANSIT + XFER_OUT */
    int64_t in_transit;  /* TRANSIT */
    int64_t unallocated, released, paid; /* released: AVAIL + FROZEN + COMMIT + SPENT */
};
void query_chain(struct txn *txn, struct division division, enum scope scope, int year,
                 struct chain_row *out);
/* Adds one balance to a chain that began as zeros: for chains of a project or a function. */
void chain_add(struct chain_row *chain, const struct balance_row *row);

/* Reconciliation: one row per edge, fund type and project; "" for money without a project, and
 * for transfers of which neither side's ledger is held here. */
struct edge_row {
    struct division issuer, receiver;
    char fund[24], project[64];
    uint64_t documents, open;
    int64_t issued, registered, returned, in_transit, difference;
};
void query_edges(struct txn *txn, struct division issuer,
                 void (*visit)(void *arg, const struct edge_row *row), void *arg);

/* Invariants 1-3, 5 and 6 of one division, recomputed from indicator rows, and the edges. Returns
 * false and the first fault in words. */
bool query_verify(struct txn *txn, const struct roster *roster, struct division division,
                  char *fault, size_t fault_size);

#endif
