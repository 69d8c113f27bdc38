/* passed - what a division has issued to others, receiver by receiver, by its own books.
 *
 *   rows of matched transfers --> of the year, issued until the moment --> settled, or in transit
 *
 * Thread: any, each with a txn of its own. Units: fen; times ms since 1970. */
#ifndef TERRACE_NODE_LEDGER_QUERY_PASSED_H
#define TERRACE_NODE_LEDGER_QUERY_PASSED_H

#include "node/ledger/query/query.h"

struct passed_row {
    struct division receiver;
    uint64_t documents; /* not returned */
    int128 settled;     /* the receiver has it, and the issuer knows; less what was given back */
    int128 in_transit;  /* all others that were not returned */
    uint64_t overdue;   /* of those, not answered by the day on which they were due */
    char oldest_id[40]; /* of those in transit; "" when there is none */
    uint64_t oldest_lsn, oldest_ms;
};

struct passed_request {
    struct division issuer;
    int year;          /* 0: all */
    uint64_t until_ms; /* the first moment that is too late; 0: now */
    uint64_t today;    /* a day as in schema/clocks.h */
    size_t *reads_left;
};
/* By receiver. False when *reads_left (transfers) did not suffice, and then nothing was visited.
 * Errors of the store stay in the txn. */
bool query_passed(struct txn *txn, const struct passed_request *request,
                  void (*visit)(void *arg, const struct passed_row *row), void *arg);

#endif
