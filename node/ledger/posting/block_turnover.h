/* block_turnover - what the entries of a block moved together, by what has a row of sums.
 *
 *   folded postings --> by indicator, payment's class and month --> by group
 *
 * A group is a source, a fund type of a year, or a code of a dimension. However many indicators of
 * it a block touches, its rows are read and written once. Lines of kind close_year are in the
 * sums of source and year alone.
 *
 * Owned by: block_turnover.c, transit.c. Thread: loop thread. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_POSTING_BLOCK_TURNOVER_H
#define TERRACE_NODE_LEDGER_POSTING_BLOCK_TURNOVER_H

#include "node/ledger/rows/rows.h"

struct turnover {
    uint64_t accounts; /* a bit for each that moved; the rest of `sums` is not set */
    struct rollup sums;
};
#define ACCOUNT_BIT(account) (UINT64_C(1) << (account))

/* Adds one account's turnover as that of an account of `to`; all of it. */
void turnover_add_account(struct turnover *to, unsigned account, const struct turnover *from,
                          unsigned from_account);

enum grouping { /* the dimensions of the roll-ups come first */
                GROUPING_SOURCE = ROLLUP_DIMENSIONS,
                GROUPING_YEAR,
                GROUPINGS,
                GROUPING_INDICATOR
};

struct block_turnover_key {
    struct bytes text;   /* id or code */
    struct bytes second; /* of a pair the class; of an indicator the class of its payments */
    int year;            /* of an indicator the month */
    int grouping;
    bool is_between; /* it has an issuer or a receiver */
    /* From whom and to whom the money in it went between divisions, in roll-ups; else NONE. */
    struct division issuer, receiver;
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

/* Reusable; its keys point into the bytes it was made of and into the txn, whose indicators must
 * stay as they are meanwhile. */
struct block_turnover {
    struct block_turnover_table indicators, groups;
};
/* `folded` and `filed` as in block_postings.h. */
void block_turnover_make(struct block_turnover *block, struct txn *txn, struct division author,
                         struct bytes folded, struct bytes filed);
void block_turnover_free(struct block_turnover *block);

#endif
