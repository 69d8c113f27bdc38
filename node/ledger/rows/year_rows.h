/* year_rows - what a log has said of its fiscal years: opened, closed, and how many months of one.
 *
 * A division that never opened a year keeps none: all are open. From the first year that it opened,
 * Y0, years before Y0 are open until closed, and a year from Y0 on is prepared, then open, then
 * closed. The rows follow from the division's own log alone.
 *
 * Owns: ROW_FISCAL_YEAR. Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_ROWS_YEAR_ROWS_H
#define TERRACE_NODE_LEDGER_ROWS_YEAR_ROWS_H

#include "node/ledger/rows/rows.h"

enum year_said { YEAR_UNSAID, YEAR_SAID_OPEN, YEAR_SAID_CLOSED };

struct year_row {
    enum year_said said;      /* by the newest open_year, close_year or reopen_year */
    uint8_t first_open_month; /* 1-12: those before it are closed */
    bool has_lines;           /* an indicator of that year was made */
    bool joined;              /* jurisdictions count what others passed to it (transit.h) */
    bool lost;                /* of the root: part of its money was in what it lost of its log, so
                               * it never joins */
};
/* Nothing said, January open, no lines: when there is none. */
void year_load(struct txn *txn, struct division division, int year, struct year_row *out);
void year_store(struct txn *txn, struct division division, int year, const struct year_row *row);

/* Of the root's books of this year a part is lost. */
void year_note_lost(struct txn *txn, struct division division, int year);

/* Y0; 0 when the division keeps no years. */
int years_kept_since(struct txn *txn, struct division division);
void years_keep_since(struct txn *txn, struct division division, int year);

enum year_standing { YEAR_IS_PREPARED, YEAR_IS_OPEN, YEAR_IS_CLOSED };
enum year_standing year_standing(struct txn *txn, struct division division, int year);

#endif
