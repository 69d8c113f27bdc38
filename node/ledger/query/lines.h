/* lines - sums of lines by two of their elements, or by where their money came from, for questions
 * that no roll-up answers.
 *
 *   every line of each division --> elements --> group --> one row a group, by key
 *   every payment of its own economic class: what is committed and spent moves to that class
 *
 * Nothing is kept for it: a call reads all lines of the divisions asked for, from one snapshot, up
 * to a bound. Whose a project or an agency is, is told as in query.h.
 *
 * Thread: any, each with a txn of its own. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_QUERY_LINES_H
#define TERRACE_NODE_LEDGER_QUERY_LINES_H

#include "node/ledger/rows/rows.h"
#include "replicator/trust/roster.h"

enum line_element {
    LINE_PROJECT,
    LINE_FUNCTION,
    LINE_FUND,
    LINE_AGENCY,
    LINE_ECONOMIC,     /* dep_bgt_eco_code; a payment's own goes before that of its line */
    LINE_GOV_ECONOMIC, /* gov_bgt_eco_code */
    LINE_ELEMENTS,
    LINE_SOURCE = LINE_ELEMENTS /* the line its money came in on: sources.h; nobody names it */
};
/* LINE_ELEMENTS for none: "agency", "gov_economic". */
enum line_element line_element_named(struct bytes name);
const char *line_element_name(enum line_element element);

enum { LINE_KEYS_MAX = 2, LINE_KEY_BYTES_MAX = 64 };

struct line_sums {
    /* "" for lines without it; in a jurisdiction "540121/101", and whose code it is */
    char key[LINE_KEYS_MAX][LINE_KEY_BYTES_MAX];
    struct division owner[LINE_KEYS_MAX];
    int128 balance[ACCOUNTS]; /* debit + */
};

struct line_request {
    const struct division *divisions;
    size_t division_count;
    const struct roster *roster; /* of a jurisdiction; NULL: of one ledger */
    int year;                    /* 0: all */
    enum line_element by[LINE_KEYS_MAX];
    size_t by_count;
    size_t read_max; /* lines and payments */
};
/* By key; what never held any money is left out: by sources what came in counts, by elements what
 * was allocated. False when there is more to read than read_max, and then nothing was visited.
 * Errors of the store stay in the txn. */
bool query_lines(struct txn *txn, const struct line_request *request,
                 void (*visit)(void *arg, const struct line_sums *row), void *arg);

#endif
