/* agency_rows - under which agency an agency stands, by year.
 *
 *   agency_version_add    what a version says: under whom, from its year on
 *   agency_use            its first line or budget document of a year: who stands above it then is
 *                         written down, and holds for that year whatever comes later
 *
 * Who stood above an agency in a year in which it is used is one row, so that sums by department
 * walk nowhere. Both rows follow from the division's own log alone.
 *
 * Owns: ROW_AGENCY_PARENTS and ROW_AGENCY_YEAR. Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_ROWS_AGENCY_ROWS_H
#define TERRACE_NODE_LEDGER_ROWS_AGENCY_ROWS_H

#include "node/ledger/rows/rows.h"

/* The agency itself and those above it. */
enum { AGENCY_DEPTH_MAX = 6, AGENCY_YEARS_END = UINT16_MAX + 1 };

/* The agencies above, the nearest first. */
struct agency_line {
    size_t count;
    struct short_text above[AGENCY_DEPTH_MAX - 1];
};

/* Of an agency that is used in the year, those that were above it when it was first used; else as
 * its versions have it now. No more than there may be: what a log says beyond that is left out. */
void agency_ancestors(struct txn *txn, struct division division, struct bytes agency, int year,
                      struct agency_line *out);

/* What a version of that year says; "" for nobody. */
void agency_version_add(struct txn *txn, struct division division, struct bytes agency, int year,
                        struct bytes parent);

/* The year of its next version, until when a version of `year` holds; AGENCY_YEARS_END: for ever.
 */
int agency_holds_until(struct txn *txn, struct division division, struct bytes agency, int year);
/* May a version of that year not say this parent, because the agency is used under another in a
 * year for which it would hold? */
bool agency_parent_fixed(struct txn *txn, struct division division, struct bytes agency, int year,
                         struct bytes parent);
/* It has a line or a budget document of that year, and those above it have one below them. Nothing
 * for a code that is no agency of the division: money from above names its issuer's. */
void agency_use(struct txn *txn, struct division division, struct bytes agency, int year);

#endif
