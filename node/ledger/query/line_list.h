/* line_list - the lines of one ledger with what is on each: by agency, project, fund type.
 *
 *   rows of indicators --> of the year, of the agency ... --> a copy of each, by id
 *
 * Thread: any, each with a txn of its own. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_QUERY_LINE_LIST_H
#define TERRACE_NODE_LEDGER_QUERY_LINE_LIST_H

#include "node/ledger/rows/rows.h"

struct line_filter {
    struct division division;
    int year;                   /* 0: any */
    bool by_agency;             /* else any agency */
    struct bytes agency;        /* empty: lines without one */
    struct bytes project, fund; /* empty: any */
};

struct line_item {
    char id[DOCUMENT_ID_MAX + 1];
    uint32_t kind;
    int year;
    uint64_t lsn;
    char agency[64], project[64], fund[16], function[16];
    int128 balance[ACCOUNTS]; /* debit + */
};
struct line_items {
    struct line_item *at;
    size_t count, capacity;
};
/* Fills `items`, which line_items_free frees. False when the ledger has more than `read_max` lines,
 * and then it is a part. Errors of the store stay in the txn. */
bool query_line_list(struct txn *txn, const struct line_filter *filter, size_t read_max,
                     struct line_items *items);
void line_items_free(struct line_items *items);

#endif
