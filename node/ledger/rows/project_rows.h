/* project_rows - what a division's project may take and has taken, beside its newest version: its
 * total, its term, what lines that name it hold or have spent, and which document brought it where
 * it stands.
 *
 * What a log books changes it and what its versions say, so it follows from that log alone; it is
 * there for a code that is no project of the division, too (money of another's project).
 *
 * Owns: ROW_PROJECT_MONEY. Thread: that of the txn. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_ROWS_PROJECT_ROWS_H
#define TERRACE_NODE_LEDGER_ROWS_PROJECT_ROWS_H

#include "node/ledger/rows/rows.h"

struct project_money {
    int128 taken;  /* from what is awaiting release to what is passed on or spent, of all years,
                      less what came back of closed ones */
    int64_t total; /* pro_total_amt; 0: no limit */
    int start_year, term;            /* as the versions have it; 0: not said */
    struct short_text exit_date, by; /* by: the document that changed its state; "" for a version */
    struct bytes policy_ref;         /* a view of the row */
};
/* Zeros when there is none. */
void project_money_load(struct txn *txn, struct division division, struct bytes pro_code,
                        struct project_money *out);
void project_money_store(struct txn *txn, struct division division, struct bytes pro_code,
                         const struct project_money *money);

#endif
