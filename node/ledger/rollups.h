/* rollups - sums that are kept, so that no question ever scans the entries.
 *
 *   folded postings of a block --> tally by indicator --> source and year sums (invariant 3)
 *                                                     --> roll-ups, own level and jurisdictions
 *
 * A jurisdiction is a division with all below it. In its roll-ups a transfer between two of its
 * members is one thing: XFER_OUT counts as TRANSIT, and so does SRC_TRANSFER_IN that a member
 * registered of another one, so that TRANSIT is what is issued and not answered, and
 * SRC_TRANSFER_IN is what came from outside.
 *
 * Thread: loop thread. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_ROLLUPS_H
#define TERRACE_NODE_LEDGER_ROLLUPS_H

#include "node/ledger/rows.h"
#include "replicator/roster.h"

struct tally_line {
    struct bytes indicator;
    uint64_t hash;
    struct rollup moved;
};

/* Turnover by indicator. Reusable; views point into the folded bytes. */
struct tally {
    struct tally_line *lines;
    size_t count, capacity;
    uint32_t *slots; /* index + 1 of a line; 0: free */
    size_t slot_count;
};
void tally_make(struct tally *tally, struct bytes folded);
void tally_free(struct tally *tally);

/* Adds a tally to the sums and roll-ups of `author` and of every division from it up to `self`.
 * False when a sum of a jurisdiction does not fit; it is then left as it was. *fault is NULL, or
 * the words of the first source or year whose sides differ. */
bool rollups_add(struct txn *txn, const struct roster *roster, struct division self,
                 struct division author, const struct tally *tally, const char **fault);

#endif
