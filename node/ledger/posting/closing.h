/* closing - what closing a year books, and what opening it again takes back.
 *
 *   close:   sources  Dr  their sum    CLOSE  Cr  the same
 *            uses     Cr  their sum    CLOSE  Dr  the same       the two sums are equal
 *   reopen:  the reverse
 *
 * It stands on one line for each fund type of the year, ".close-2026-111", so that the indicators
 * keep their year's figures and an entry costs the same however many there are. A closing line may
 * stand on the wrong side of zero; roll-ups and boards leave it out, and a trial balance of the
 * closed year puts it in.
 *
 * Thread: that of the txn. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_POSTING_CLOSING_H
#define TERRACE_NODE_LEDGER_POSTING_CLOSING_H

#include "node/ledger/posting/postings.h"
#include "node/ledger/posting/year_funds.h"

/* Documents may not be called so: neither a person's nor, with a dot in front, a node's. */
bool closing_line_is_id(struct bytes id);
/* What its closing line holds of a fund type's year; zeros when it was never closed, or is open
 * again. */
void closing_line_sums(struct txn *txn, struct division division, int year, struct bytes fund,
                       int128 sums[ACCOUNTS]);

/* The year that a booking moves money of although its author closed it before; 0: none. Only
 * opening a year again does so. */
int closing_moved_year(const struct booking *booking, struct txn *txn, struct division author);

/* The first account that must be nil in a year that is over, and is not; 0: all are. *sum is what
 * it has, debit positive. */
enum account closing_open_account(const struct year_funds *funds, int128 *sum);

book_fn book_close_year, book_reopen_year;

#endif
