/* report_year - of which fiscal year a board is, when nobody says: the newest open one in which the
 * division has lines, else this year.
 *
 * Thread: any, each with a txn of its own. */
#ifndef TERRACE_NODE_LEDGER_QUERY_REPORT_YEAR_H
#define TERRACE_NODE_LEDGER_QUERY_REPORT_YEAR_H

#include "proto/division.h"
#include "replicator/store/txn.h"

int query_report_year(struct txn *txn, struct division division, int this_year);

#endif
