/* year_funds - what a fiscal year of a division comes to, fund type by fund type, at this moment.
 *
 *   rows of (year, fund type), as of the last block  +  what the open block booked  -->  sums
 *
 * As many rows as the year has fund types, however many indicators it has.
 *
 * Owns: its array. Thread: that of the txn. Units: fen, debit positive. */
#ifndef TERRACE_NODE_LEDGER_POSTING_YEAR_FUNDS_H
#define TERRACE_NODE_LEDGER_POSTING_YEAR_FUNDS_H

#include "node/ledger/posting/booking.h"

/* A year with money in one of these is not closed: it must go somewhere first. */
enum { YEAR_OPEN_ACCOUNTS = 7 };
extern const enum account year_open_accounts[YEAR_OPEN_ACCOUNTS];

struct year_fund {
    struct short_text fund;
    int128 at[ACCOUNTS]; /* closing lines included */
};
struct year_funds {
    struct year_fund *at;
    size_t count, capacity;
};

/* `unposted`: booking_fold of the entries behind the last block. Errors of the store stay in the
 * txn. */
void year_funds_load(struct year_funds *out, struct txn *txn, struct division division, int year,
                     struct bytes unposted);
void year_funds_free(struct year_funds *funds);
/* Over all fund types. */
int128 year_funds_sum(const struct year_funds *funds, enum account account);

/* Adds a booking to the rows at once: of a dry run, whose entries no block ever adds. */
void year_funds_try(struct txn *txn, struct division author, const struct booking *booking);

#endif
