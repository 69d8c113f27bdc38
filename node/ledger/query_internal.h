/* query_internal - what the files of query.h share. Not for anybody else. */
#ifndef TERRACE_NODE_LEDGER_QUERY_INTERNAL_H
#define TERRACE_NODE_LEDGER_QUERY_INTERNAL_H

#include "node/ledger/query.h"
#include "node/ledger/rows.h"
#include "node/ledger/verify.h"

/* What stands behind letter and division in the keys of a division's rows, in key order. Rows are
 * loaded afterwards, so that nothing is read or remembered in the middle of a scan. */
struct id_list {
    struct short_text *at;
    size_t count, capacity;
};
#define ID_LIST_EMPTY ((struct id_list){NULL, 0, 0})
void id_list_add(struct id_list *list, struct bytes id);
void id_list_scan(struct id_list *list, struct txn *txn, char letter, struct division division);
void id_list_free(struct id_list *list);
/* Index of an id in a scanned list; SIZE_MAX when it is not there. */
size_t id_list_find(const struct id_list *list, struct bytes id);

/* One transfer seen from both ends (DOMAIN 5.4), fen. Sound when here = there + open. */
struct edge_sides {
    bool issued, registered, returned, settled;
    int64_t here;  /* issuer's TRANSIT + XFER_OUT */
    int64_t there; /* receiver's SRC_TRANSFER_IN from it */
    /* Not answered, or returned and not settled. Negative: its transfer is awaited, until the
     * issuer's log has passed the place that the answer names, or the sides are in breach. */
    int64_t open;
};
void edge_sides(struct txn *txn, struct division issuer, struct bytes id, const struct edge *edge,
                struct edge_sides *out);
/* 0 when the sides agree. */
int64_t edge_difference(const struct edge_sides *sides);

/* query_verify, and whose fault it is. */
enum verify_cause verify_ledger(struct txn *txn, const struct roster *roster,
                                struct division division, char *fault, size_t fault_size);

/* A store with nothing in it, for a txn that is never committed. */
extern const struct store store_empty;

/* Sums of what people typed fit by far; a damaged row must not be undefined behaviour. */
static inline int64_t add_capped(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? (a < 0 ? INT64_MIN : INT64_MAX) : sum;
}

#endif
