/* unapproved - entries whose approval does not hold, as this holder found them at intake.
 *
 * Figures are what the author's log says, so such an entry posts as everywhere; here it is marked,
 * with why, and counted and summed for its author. A mark goes when the persons become known.
 *
 * Thread: that of the txn. Amounts are fen. */
#ifndef TERRACE_NODE_LEDGER_ROWS_UNAPPROVED_H
#define TERRACE_NODE_LEDGER_ROWS_UNAPPROVED_H

#include "node/ledger/rows/rows.h"

enum { UNAPPROVED_WHY_MAX = 31 };

struct unapproved {
    uint64_t lsn;
    uint32_t kind;
    int128 amount;
    char id[DOCUMENT_ID_MAX + 1];     /* "" where it is no document */
    char why[UNAPPROVED_WHY_MAX + 1]; /* a code of node/text/ */
};
struct unapproved_sum {
    uint64_t count;
    int128 amount;
};

/* One that is marked already stays as it is. */
void unapproved_mark(struct txn *txn, struct division author, const struct unapproved *mark);
void unapproved_clear(struct txn *txn, struct division author, uint64_t lsn);
/* False when its approval holds, or none is asked for. `out` may be NULL. */
bool unapproved_find(struct txn *txn, struct division author, uint64_t lsn, struct unapproved *out);
/* In order of lsn, from one on, while `visit` says true. */
void unapproved_each(struct txn *txn, struct division author, uint64_t from_lsn,
                     bool (*visit)(void *arg, const struct unapproved *mark), void *arg);
/* DIVISION_NONE: of all that is held here. Zeros when there are none. */
void unapproved_sum(struct txn *txn, struct division author, struct unapproved_sum *out);

#endif
