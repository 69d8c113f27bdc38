/* closed - what closing a year booked: on one line for each fund type, ".close-2026-111", which
 * roll-ups and boards leave out.
 *
 * Thread: any, each with a txn of its own. Units: fen, debit +. */
#ifndef TERRACE_NODE_LEDGER_QUERY_CLOSED_H
#define TERRACE_NODE_LEDGER_QUERY_CLOSED_H

#include "node/ledger/rows/rows.h"

/* What the closing lines of all fund types of a year hold; zeros while it is open. year 0: of all
 * years. */
void closing_sums_of_year(struct txn *txn, struct division division, int year,
                          int128 out[ACCOUNTS]);

#endif
