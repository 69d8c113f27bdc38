/* history - when the sums of the money chain moved: for the chain as it stood at a moment, and for
 * what was released and paid month by month.
 *
 *   kinds that move it --> list of each --> document rows until the moment --> from, to, how much
 *
 * Nothing is kept for it: a call reads the rows of those documents of one author, up to a bound. An
 * application for payment, its cancellation and a freeze move money within what is released, and
 * are not read.
 *
 * Thread: any, each with a txn of its own. Units: fen; times ms since 1970. */
#ifndef TERRACE_NODE_LEDGER_QUERY_HISTORY_H
#define TERRACE_NODE_LEDGER_QUERY_HISTORY_H

#include "node/ledger/query/query.h"

struct moved {
    uint64_t lsn, time_ms;
    int year, month; /* that it counts in */
    enum account from, to;
    int128 amount;
    struct division party; /* from or to whom, where it passed between two; else NONE */
};
typedef void moved_visit_fn(void *arg, const struct moved *moved);

struct history_request {
    struct division author;
    int year;          /* 0: all */
    uint64_t until_ms; /* the first moment that is too late; 0: none is */
    size_t *reads_left;
};
/* Visits kind by kind, each in the order of the log. False when *reads_left did not suffice; what
 * was visited is then a part. Errors of the store stay in the txn. */
bool query_history(struct txn *txn, const struct history_request *request, moved_visit_fn *visit,
                   void *arg);

/* Adds a movement to a chain that began as zeros: a chain of the author's own ledger. */
void chain_move(struct chain_row *chain, const struct moved *moved);

#endif
