/* rollups - sums that are kept, so that no question ever scans the entries.
 *
 *   folded postings of a block --> by indicator --> by group --> source and year (invariant 3)
 *                                                            --> roll-ups, own and jurisdictions
 *
 * A group is what has a row: a source, a fund type of a year, a code of a dimension. However many
 * indicators of it a block touches, its rows are read and written once.
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

struct turnover {
    struct rollup sums;
    uint32_t accounts; /* a bit for each that moved; the rest of `sums` is zero */
};

enum grouping { /* the dimensions of the roll-ups come first */
                GROUPING_SOURCE = ROLLUP_DIMENSIONS,
                GROUPING_YEAR,
                GROUPINGS,
                GROUPING_INDICATOR
};

struct tally_key {
    struct bytes text; /* id or code */
    int year, grouping;
    /* Of whom the money in it was registered, where a jurisdiction may see that; else NONE. */
    struct division issuer;
};

struct tally_line {
    struct tally_key key;
    uint64_t hash;
    struct turnover moved;
};

struct tally_table {
    struct tally_line *lines;
    size_t count, capacity;
    uint32_t *slots; /* index + 1 of a line; 0: free */
    size_t slot_count;
};

/* The turnover of a block. Reusable; its keys point into the folded bytes and into the txn, whose
 * indicators must stay as they are meanwhile. */
struct tally {
    struct tally_table indicators, groups;
};
void tally_make(struct tally *tally, struct txn *txn, struct division author, struct bytes folded);
void tally_free(struct tally *tally);

/* Adds a tally to the sums of sources and years of `author`. NULL, or the words of the first
 * whose sides differ. */
const char *sums_add(struct txn *txn, struct division author, const struct tally *tally);

/* Adds a tally to the roll-ups of `author` and of every division from it up to `self`. False when
 * a sum of a jurisdiction does not fit; it is then left as it was. */
bool rollups_add(struct txn *txn, const struct roster *roster, struct division self,
                 struct division author, const struct tally *tally);

#endif
