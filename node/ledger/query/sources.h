/* sources - the money chain of one ledger by where its money came from: own budget, transfers of
 * each division above, what was carried over.
 *
 *   lines, each of which knows the line its money came in on --> sums a source --> a row each for
 *   the account it came from and the division that sent it
 *
 * Nothing is kept for it: a call reads all lines of the division, up to a bound (lines.h). The rows
 * add up to query_chain of its own level.
 *
 * Thread: any, each with a txn of its own. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_QUERY_SOURCES_H
#define TERRACE_NODE_LEDGER_QUERY_SOURCES_H

#include "node/ledger/query/query.h"

struct source_row {
    enum account account;   /* one that has a source_name */
    struct division issuer; /* NONE: nobody above sent it */
    uint64_t documents;     /* that brought money in */
    struct chain_row chain;
};
/* "approved", "transferred", "carried", "recovered", "advanced"; NULL of an account that is no
 * source. */
const char *source_name(enum account account);

struct source_request {
    struct division division;
    int year;        /* 0: all */
    size_t read_max; /* lines */
};
/* By account, of one account the largest first. False when there is more to read than read_max, and
 * then nothing was visited. Errors of the store stay in the txn. */
bool query_sources(struct txn *txn, const struct source_request *request,
                   void (*visit)(void *arg, const struct source_row *row), void *arg);

#endif
