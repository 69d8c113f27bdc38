/* years - how the fiscal years of a division stand, and what still hinders closing one.
 *
 *   rows of the years --> states, months closed --> divisions below that have not closed
 *   sums of a year    --> accounts that must be nil    \
 *   open items        --> asks without an answer       -+-> hindrances
 *
 * It tells all that hinders, where the refusal of a close names the first. Of a division below its
 * own asks are known here, and not what waits there to be registered: that list is its node's own.
 *
 * Thread: any, each with a txn of its own. Units: amounts fen. */
#ifndef TERRACE_NODE_LEDGER_QUERY_YEARS_H
#define TERRACE_NODE_LEDGER_QUERY_YEARS_H

#include "node/ledger/rows/open_items.h"
#include "node/ledger/rows/year_rows.h"
#include "replicator/trust/roster.h"

enum { YEARS_MAX = 64, YEAR_ITEMS_READ_MAX = 5000 };

struct year_state {
    int year;
    enum year_standing standing;
    unsigned months_closed; /* 0-12; 12 once the year is closed */
    bool is_kept; /* something was said of it, or it has lines: else it stands in no row */
};
const char *year_standing_name(enum year_standing standing); /* "open" */

void query_year(struct txn *txn, struct division division, int year, struct year_state *out);

/* Does the division keep books of the year and has not closed it, as far as its log is known here?
 * Who has nothing of a year has nothing to close. */
bool query_year_is_open(struct txn *txn, struct division division, int year);
/* Those below `division` of which that is so, in the order of the roster, in a buffer of divisions
 * one after the other (struct division each). Returns how many. Closing waits for none of them;
 * whoever closed, and every board of the year, is told. Errors of the store stay in the txn. */
size_t query_not_closed(struct txn *txn, const struct roster *roster, struct division division,
                        int year, struct buf *out);

/* Those that have a row, and `this_year` in any case; the newest YEARS_MAX of them, newest first.
 * Returns how many. */
size_t query_years(struct txn *txn, struct division division, int this_year,
                   struct year_state out[YEARS_MAX]);

/* What waits in a list for one year. */
struct year_items {
    uint64_t count;
    int128 amount;
    struct division author; /* of the one that is due first */
    struct short_text first;
    bool is_least; /* there are more than were read */
};
struct year_hindrances {
    int128 balance[ACCOUNTS]; /* on the normal side; zero where it must not be nil */
    struct year_items of[OPEN_LISTS];
};
/* `has_list`: is the list of what is to be registered this division's (own node)? */
void query_year_hindrances(struct txn *txn, struct division division, int year, bool has_list,
                           struct year_hindrances *out);

#endif
