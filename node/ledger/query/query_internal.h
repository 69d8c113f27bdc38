/* query_internal - what the files of query.h share. Not for anybody else. */
#ifndef TERRACE_NODE_LEDGER_QUERY_QUERY_INTERNAL_H
#define TERRACE_NODE_LEDGER_QUERY_QUERY_INTERNAL_H

#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"

/* What stands behind letter and division in the keys of a division's rows, in key order. Rows are
 * loaded afterwards, so that nothing is read or remembered in the middle of a scan. */
struct id_list {
    struct short_text *at;
    size_t count, capacity;
};
#define ID_LIST_EMPTY ((struct id_list){NULL, 0, 0})
void id_list_scan(struct id_list *list, struct txn *txn, char letter, struct division division);
/* The next `max` of them behind `after`, and only these; size 0: from the first. */
void id_list_scan_part(struct id_list *list, struct txn *txn, char letter, struct division division,
                       struct bytes after, size_t max);
void id_list_free(struct id_list *list);
/* Index of an id in a scanned list; SIZE_MAX when it is not there. */
size_t id_list_find(const struct id_list *list, struct bytes id);

/* The ids of an author's documents of a kind, in the order of its log, read a part at a time: rows
 * are loaded in between, and nothing is read or remembered in the middle of a scan. The first ids
 * are those of the row in which `after_lsn` lies, if it lies in one. */
struct list_scan {
    struct txn *txn;
    struct division author;
    uint32_t kind;
    struct buf ids; /* as in the rows */
    struct reader left;
    size_t count, lsn_at; /* lsn_at: where the lsn begins in the key */
    uint64_t after_lsn, next_lsn;
    bool more; /* rows are left from next_lsn on */
};
struct list_scan list_scan_of(struct txn *txn, struct division author, uint32_t kind,
                              uint64_t after_lsn);
bool list_scan_next(struct list_scan *scan, struct bytes *id); /* a view, until the next call */
void list_scan_free(struct list_scan *scan);

/* One ask seen from both ends, fen. Sound when here = there + open. A recall or a negative
 * difference has nothing of its own: what it lowered shows at its transfer. */
struct transfer_sides {
    bool issued, registered, returned, settled;
    bool moves;   /* a transfer or a remit */
    int128 here;  /* issuer's TRANSIT + XFER_OUT */
    int128 there; /* receiver's SRC_TRANSFER_IN from it */
    /* Not answered, or returned and not settled, or given back later and not settled. Negative: its
     * transfer is awaited, until the issuer's log has passed the place that the answer names, or
     * the sides are in breach. */
    int128 open;
};
void transfer_sides(struct txn *txn, struct division issuer, struct bytes id,
                    const struct transfer_match *match, struct transfer_sides *out);
/* 0 when the sides agree. */
int128 transfer_difference(const struct transfer_sides *sides);

#endif
