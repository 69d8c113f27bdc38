/* golden - plays an example that is written down as lines, on the tree of tree.h, and holds every
 * holder to its figures. Amounts are whole ten-thousands of yuan (wan yuan), as the examples count.
 *
 *   lhasa register R bgt_id=E            entered, and heard by everybody, or the example fails
 *   lhasa transfer X ... ! exceeds_available 450 400 A-1
 *                                        refused for this reason; what follows stands in its detail
 *   own lhasa SRC_TRANSFER_IN=600 UNALLOC=400 XFER_OUT=200
 *   all region SRC_APPROVED=1000 ...     of the jurisdiction
 *   line lhasa R UNALLOC=50 ...          of one indicator
 *   state region E registered
 *   origin linzhou V U                   of an indicator
 *   earmarked lhasa R
 *   month linzhou 12 SPENT=40            what is booked in that month of the year
 *   held region                          what it says waits with it, until:
 *   free region
 *   cut linzhou region                   what the one says does not come to the other, until:
 *   heal linzhou region
 *   year 2027                            of what follows, documents and figures, at first 2026
 *   day 2027-01-05                       on which what follows is entered
 *   joins sangzhuzi                      of GOLDEN_WITHOUT: it has a node from now on
 *
 * The other accounts of a figure are nil. It must be the same at the division itself and at each
 * above. After every line, at each holder of each log: its books are sound and its digest is its
 * author's; nobody alarms anything. What a kind needs beside what the line says (payee, document
 * number) is filled in. Comments begin with #.
 *
 * Thread: the test's. */
#ifndef TERRACE_TESTS_UNIT_LEDGER_GOLDEN_H
#define TERRACE_TESTS_UNIT_LEDGER_GOLDEN_H

#include "tests/unit/ledger/tree.h"

/* `parts` are lines each, NULL after the last; `absent` has no node at first, OFFICES: all have.
 * Fails the test, with the line that does not hold. */
void golden_play(enum office_name absent, const char *const parts[]);
#define GOLDEN(...)                 golden_play(OFFICES, (const char *const[]){__VA_ARGS__, NULL})
#define GOLDEN_WITHOUT(absent, ...) golden_play(absent, (const char *const[]){__VA_ARGS__, NULL})

#endif
