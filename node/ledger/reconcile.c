/* Both sides of transfers as the rows tell them, and the rows of a reconciliation. */
#include <stdio.h>
#include <stdlib.h>

#include "node/ledger/ledger_internal.h"
#include "node/ledger/query_internal.h"

/* The issuer's side as booked; where its ledger is not held here, as its documents imply. */
static int64_t issuer_side(struct txn *txn, struct division issuer, struct bytes id,
                           const struct edge *edge)
{
    struct indicator indicator;

    if (edge->transfer_lsn == 0) {
        return 0;
    }
    if (indicator_load(txn, issuer, id, &indicator)) {
        return add_capped(indicator.balance[ACC_TRANSIT], indicator.balance[ACC_XFER_OUT]);
    }
    return edge->settle_lsn != 0 && edge->settled_returned ? 0 : edge->amount;
}

static int64_t receiver_side(struct txn *txn, const struct edge *edge)
{
    struct indicator indicator;

    if (edge->answer_lsn == 0 || edge->returned) {
        return 0;
    }
    if (indicator_load(txn, edge->answerer, short_text_bytes(&edge->answer_id), &indicator)) {
        return -indicator.balance[ACC_SRC_TRANSFER_IN];
    }
    return edge->answer_amount;
}

/* May the transfer that was answered still come? Not once its issuer's log has passed it. */
static bool transfer_awaited(struct txn *txn, struct division issuer, const struct edge *edge)
{
    struct ledger_position issued;

    ledger_position(txn, issuer, &issued);
    return !edge->breach && (issued.lsn == 0 || issued.lsn < edge->answer_names_lsn);
}

void edge_sides(struct txn *txn, struct division issuer, struct bytes id, const struct edge *edge,
                struct edge_sides *out)
{
    out->issued = edge->transfer_lsn != 0;
    out->settled = edge->settle_lsn != 0;
    out->registered = edge->answer_lsn != 0 && !edge->returned;
    out->returned = edge->answer_lsn != 0 ? edge->returned : out->settled && edge->settled_returned;
    out->here = issuer_side(txn, issuer, id, edge);
    out->there = receiver_side(txn, edge);
    if (!out->issued) {
        out->open = transfer_awaited(txn, issuer, edge) ? -out->there : 0;
    } else if (out->registered || (out->returned && out->settled)) {
        out->open = 0;
    } else {
        out->open = edge->amount;
    }
}

int64_t edge_difference(const struct edge_sides *sides)
{
    return add_capped(sides->here, -add_capped(sides->there, sides->open));
}

struct edge_rows {
    struct edge_row *at;
    size_t count, capacity;
};

static void copy_code(char *out, size_t size, struct bytes code)
{
    (void)snprintf(out, size, "%.*s", (int)code.size, (const char *)code.data);
}

/* Fund type and project of a transfer: from the issuer's ledger, else from the receiver's, else
 * from the transfer as it came to this node. */
static void take_stream(struct edge_row *row, struct txn *txn, struct bytes id,
                        const struct edge *edge)
{
    struct bytes fund = BYTES_NONE, project = BYTES_NONE;
    struct document transfer;
    struct incoming incoming;
    struct indicator indicator;
    struct err err;

    if (indicator_load(txn, row->issuer, id, &indicator) ||
        (edge->answer_lsn != 0 &&
         indicator_load(txn, edge->answerer, short_text_bytes(&edge->answer_id), &indicator))) {
        fund = indicator.fund;
        project = indicator.project;
    } else if (incoming_load(txn, row->issuer, id, &incoming) &&
               document_decode(&transfer, KIND_TRANSFER, incoming.body, &err) == OK) {
        fund = document_text(&transfer, FIELD_FUND_TYPE_CODE);
        project = document_text(&transfer, FIELD_PRO_CODE);
    }
    copy_code(row->fund, sizeof row->fund, fund);
    copy_code(row->project, sizeof row->project, project);
}

static int compare_edge_rows(const void *a, const void *b)
{
    const struct edge_row *left = a, *right = b;
    int order = division_compare(left->receiver, right->receiver);

    order = order != 0 ? order : strcmp(left->fund, right->fund);
    return order != 0 ? order : strcmp(left->project, right->project);
}

static struct edge_row *edge_row_of(struct edge_rows *rows, const struct edge_row *wanted)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (compare_edge_rows(&rows->at[i], wanted) == 0) {
            return &rows->at[i];
        }
    }
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity == 0 ? 16 : rows->capacity * 2;
        rows->at = mem_realloc(rows->at, rows->capacity * sizeof *rows->at);
    }
    rows->at[rows->count] = *wanted;
    return &rows->at[rows->count++];
}

static void add_edge(struct edge_row *row, const struct edge *edge, const struct edge_sides *sides)
{
    const int64_t difference = edge_difference(sides);

    row->documents++;
    row->open += !sides->settled;
    /* Absolute, so that two faults of opposite sign do not hide each other. */
    row->difference = add_capped(row->difference, difference < 0 ? -difference : difference);
    row->registered = add_capped(row->registered, sides->there);
    if (!sides->issued) {
        return;
    }
    row->issued = add_capped(row->issued, edge->amount);
    if (sides->registered) {
        return;
    }
    if (sides->returned) {
        row->returned = add_capped(row->returned, edge->amount);
    } else {
        row->in_transit = add_capped(row->in_transit, edge->amount);
    }
}

void query_edges(struct txn *txn, struct division issuer,
                 void (*visit)(void *arg, const struct edge_row *row), void *arg)
{
    struct id_list ids = ID_LIST_EMPTY;
    struct edge_rows rows = {NULL, 0, 0};

    id_list_scan(&ids, txn, 'X', issuer);
    for (size_t i = 0; i < ids.count; i++) {
        const struct bytes id = short_text_bytes(&ids.at[i]);
        struct edge_sides sides;
        struct edge edge;

        if (edge_load(txn, issuer, id, &edge)) {
            struct edge_row wanted = {
                .issuer = issuer,
                .receiver = edge.transfer_lsn != 0 ? edge.receiver : edge.answerer,
            };

            take_stream(&wanted, txn, id, &edge);
            edge_sides(txn, issuer, id, &edge, &sides);
            add_edge(edge_row_of(&rows, &wanted), &edge, &sides);
        }
    }
    if (rows.count > 0) {
        qsort(rows.at, rows.count, sizeof *rows.at, compare_edge_rows);
    }
    for (size_t i = 0; i < rows.count; i++) {
        visit(arg, &rows.at[i]);
    }
    mem_free(rows.at);
    id_list_free(&ids);
}
