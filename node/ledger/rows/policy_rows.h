/* policy_rows - what one log says of a policy: for each scope its latest value, as it was said, of
 * what was approved by whoever must.
 *
 * Owns: ROW_POLICY. Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_ROWS_POLICY_ROWS_H
#define TERRACE_NODE_LEDGER_ROWS_POLICY_ROWS_H

#include "node/ledger/rows/rows.h"

/* Of one author and code. */
enum { POLICY_SCOPES_MAX = 32 };

struct policy_said {
    struct bytes scope, value; /* views of the row; no scope: all below */
    uint64_t lsn;              /* of the entry */
};

/* What the author says under the code, in the order of its scopes' first entries; returns how many.
 * The views die with the next policy_say of both. */
size_t policy_said(struct txn *txn, struct division author, struct bytes code,
                   struct policy_said out[POLICY_SCOPES_MAX]);
/* Takes the place of what was said for the same scope, unless that was said later. What goes beyond
 * POLICY_SCOPES_MAX is left out: no author enters it. */
void policy_say(struct txn *txn, struct division author, struct bytes code,
                const struct policy_said *said);

#endif
