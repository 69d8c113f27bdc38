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
#ifndef TERRACE_NODE_LEDGER_POSTING_ROLLUPS_H
#define TERRACE_NODE_LEDGER_POSTING_ROLLUPS_H

#include "node/ledger/rows/rows.h"
#include "replicator/trust/roster.h"

struct turnover {
    uint64_t accounts; /* a bit for each that moved; the rest of `sums` is not set */
    struct rollup sums;
};

enum grouping { /* the dimensions of the roll-ups come first */
                GROUPING_SOURCE = ROLLUP_DIMENSIONS,
                GROUPING_YEAR,
                GROUPINGS,
                GROUPING_INDICATOR
};

struct block_turnover_key {
    struct bytes text; /* id or code */
    int year, grouping;
    /* Of whom the money in it was registered, where a jurisdiction may see that; else NONE. */
    struct division issuer;
};

struct block_turnover_line {
    struct block_turnover_key key;
    uint64_t hash;
    struct turnover moved;
};

struct block_turnover_table {
    struct block_turnover_line *lines;
    size_t count, capacity;
    uint32_t *slots; /* index + 1 of a line; 0: free */
    size_t slot_count;
};

/* The turnover of a block. Reusable; its keys point into the folded bytes and into the txn, whose
 * indicators must stay as they are meanwhile. */
struct block_turnover {
    struct block_turnover_table indicators, groups;
};
void block_turnover_make(struct block_turnover *block, struct txn *txn, struct division author,
                         struct bytes folded);
void block_turnover_free(struct block_turnover *block);

/* Adds a block's turnover to the sums of sources and years of `author`. NULL, or the words of the
 * first whose sides differ. */
const char *sums_add(struct txn *txn, struct division author, const struct block_turnover *block);

/* Adds a block's turnover to the roll-ups of `author` and of every division from it up to `self`.
 */
void rollups_add(struct txn *txn, const struct roster *roster, struct division self,
                 struct division author, const struct block_turnover *block);

#endif
