/* calendar_rows - what one log says of a day: whether people work, whether it counts.
 *
 * Owns: ROW_CALENDAR. Thread: that of the txn. Units: days as in schema/clocks.h. */
#ifndef TERRACE_NODE_LEDGER_ROWS_CALENDAR_ROWS_H
#define TERRACE_NODE_LEDGER_ROWS_CALENDAR_ROWS_H

#include "node/ledger/rows/rows.h"

enum { DAY_SCOPES_MAX = 32 }; /* of one author and day */

enum day_word { DAY_UNSAID, DAY_YES, DAY_NO }; /* on disk */

struct day_said {
    enum day_word is_workday, suspends;
    struct bytes scope; /* a view of the row */
};

/* Does the author say anything of any day? */
bool calendar_said(struct txn *txn, struct division author);
/* What he says of one; returns how many. The views die with the next calendar_say of that day. */
size_t calendar_day(struct txn *txn, struct division author, uint64_t day,
                    struct day_said out[DAY_SCOPES_MAX]);
/* For its scope it takes the place of what was said before, word by word; what it leaves unsaid
 * stays. Beyond DAY_SCOPES_MAX it is left out. */
void calendar_say(struct txn *txn, struct division author, uint64_t day,
                  const struct day_said *said);

#endif
