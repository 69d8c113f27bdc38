#include "node/ledger/query/passed.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/ledger/families/outcome.h"
#include "node/ledger/query/query_internal.h"
#include "proto/array.h"

struct passed_rows {
    struct passed_row *at;
    size_t count, capacity;
};

static struct passed_row *row_of(struct passed_rows *rows, struct division receiver)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (division_equal(rows->at[i].receiver, receiver)) {
            return &rows->at[i];
        }
    }
    ARRAY_ROOM(rows->at, rows->count, rows->capacity);
    rows->at[rows->count] = (struct passed_row){.receiver = receiver};
    return &rows->at[rows->count++];
}

static bool settled_by(struct txn *txn, const struct passed_request *request,
                       const struct transfer_match *match)
{
    struct doc_row settle;

    return match->settle_lsn != 0 &&
           (request->until_ms == 0 ||
            (doc_load(txn, request->issuer, short_text_bytes(&match->settle_id), &settle) &&
             settle.time_ms < request->until_ms));
}

static void add_in_transit(struct passed_row *row, const struct short_text *id,
                           const struct doc_row *transfer, const struct transfer_match *match,
                           uint64_t today)
{
    row->in_transit += match->amount;
    row->overdue += match->answer_lsn == 0 && match->due < today;
    if (row->oldest_lsn == 0 || transfer->lsn < row->oldest_lsn) {
        (void)snprintf(row->oldest_id, sizeof row->oldest_id, "%s", id->at);
        row->oldest_lsn = transfer->lsn;
        row->oldest_ms = transfer->time_ms;
    }
}

static void add_transfer(struct passed_rows *rows, struct txn *txn,
                         const struct passed_request *request, const struct short_text *id)
{
    struct passed_row *row;
    struct transfer_match match;
    struct doc_row transfer;
    bool settled;

    if (!transfer_match_load(txn, request->issuer, short_text_bytes(id), &match) ||
        !doc_load(txn, request->issuer, short_text_bytes(id), &transfer) ||
        (request->year != 0 && transfer.year != request->year) ||
        (request->until_ms != 0 && transfer.time_ms >= request->until_ms)) {
        return;
    }
    settled = settled_by(txn, request, &match);
    if (match.kind == KIND_RECALL || match.amount < 0) {
        if (settled && outcome_lowers(match.settled)) {
            row_of(rows, match.receiver)->settled -= match.settle_amount;
        }
        return;
    }
    if (settled && match.settled == OUTCOME_RETURNED) {
        return;
    }
    row = row_of(rows, match.receiver);
    row->documents++;
    if (settled) {
        row->settled += match.amount;
    } else {
        add_in_transit(row, id, &transfer, &match, request->today);
    }
}

static int compare_rows(const void *a, const void *b)
{
    return division_compare(((const struct passed_row *)a)->receiver,
                            ((const struct passed_row *)b)->receiver);
}

bool query_passed(struct txn *txn, const struct passed_request *request,
                  void (*visit)(void *arg, const struct passed_row *row), void *arg)
{
    struct id_list ids = ID_LIST_EMPTY;
    struct passed_rows rows = {NULL, 0, 0};
    bool sufficed;

    id_list_scan(&ids, txn, ROW_TRANSFER_MATCH, request->issuer);
    sufficed = ids.count <= *request->reads_left;
    *request->reads_left -= sufficed ? ids.count : *request->reads_left;
    for (size_t i = 0; i < ids.count && sufficed; i++) {
        add_transfer(&rows, txn, request, &ids.at[i]);
    }
    if (rows.count > 0) {
        qsort(rows.at, rows.count, sizeof *rows.at, compare_rows);
    }
    for (size_t i = 0; i < rows.count; i++) {
        visit(arg, &rows.at[i]);
    }
    mem_free(rows.at);
    id_list_free(&ids);
    return sufficed;
}
