/* book_month - the month of a fiscal year that an entry counts in, by which every monthly figure
 * goes.
 *
 *   business date (pay_app_date, xpay_date, date, else the entry date) --> its month within the
 * year, never before the first month that the author's log has open
 *
 * A receipt of November that comes after November was closed counts in December, and what comes
 * after the year in the year's last month: so no figure of a closed month ever moves. The date
 * itself stays as given. Fixed when the entry is folded, by what the same log said before.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_POSTING_BOOK_MONTH_H
#define TERRACE_NODE_LEDGER_POSTING_BOOK_MONTH_H

#include "node/ledger/ledger.h"

/* 1-12, within `year`; 0 when that is no year. A carry_over counts in its own year and in the one
 * after: callers ask for each. */
int book_month(struct txn *txn, const struct applied *entry, const struct document *document,
               int year);

#endif
