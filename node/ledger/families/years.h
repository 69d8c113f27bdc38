/* years - which fiscal years a document may be entered in, and when one may be closed.
 *
 *   prepared --open_year--> open --close_year--> closed        reopen_year: back to open
 *
 * A prepared year takes what prepares it, and of transfers only what is early or takes back; a
 * closed one takes what posts nothing, and its own reopening. Which kinds those are says their row
 * (kinds.h); the rest is here.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_YEARS_H
#define TERRACE_NODE_LEDGER_FAMILIES_YEARS_H

#include "node/ledger/families/facts.h"

/* closed_year, year_not_open. */
enum reason years_check(struct facts *facts);
/* May the document be of another year than what it is about, which is of `year`? */
bool years_may_differ(const struct facts *facts, int year);

#endif
