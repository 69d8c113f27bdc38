/* Both sides of transfers as the rows tell them, and the rows of a reconciliation. */
#include <stdio.h>

#include "node/ledger/families/incoming.h"
#include "node/ledger/families/outcome.h"
#include "node/ledger/query/query_internal.h"
#include "proto/array.h"

enum { PART_READ = 1024 }; /* transfers whose names are held at a time */

/* The issuer's side as booked; where its ledger is not held here, as its documents imply. */
static int128 issuer_side(struct txn *txn, struct division issuer, struct bytes id,
                          const struct transfer_match *match)
{
    struct indicator indicator;

    if (match->transfer_lsn == 0) {
        return 0;
    }
    if (indicator_load(txn, issuer, id, &indicator)) {
        return indicator.balance[ACC_TRANSIT] + indicator.balance[ACC_XFER_OUT];
    }
    return match->settled == OUTCOME_RETURNED ? 0 : match->amount - match->taken_back;
}

static int128 receiver_side(struct txn *txn, const struct transfer_match *match)
{
    struct indicator indicator;

    if (match->answer_lsn == 0 || match->answered != OUTCOME_REGISTERED) {
        return 0;
    }
    if (indicator_load(txn, match->answerer, short_text_bytes(&match->answer_id), &indicator)) {
        return -indicator.balance[ACC_SRC_TRANSFER_IN];
    }
    return match->answer_amount - match->given_back;
}

/* May the transfer that was answered still come? Not once its issuer's log has passed it. */
static bool transfer_awaited(struct txn *txn, struct division issuer,
                             const struct transfer_match *match)
{
    struct ledger_position issued;

    ledger_position(txn, issuer, &issued);
    return !match->breach && (issued.lsn == 0 || issued.lsn < match->answer_names_lsn);
}

/* Does it move money itself? What asks for some back moves none before it is settled, and is then
 * counted at its transfer. */
static bool moves_money(const struct transfer_match *match)
{
    return match->transfer_lsn != 0
               ? match->kind != KIND_RECALL && match->amount >= 0
               : match->answered <= OUTCOME_RETURNED && match->settled <= OUTCOME_RETURNED;
}

void transfer_sides(struct txn *txn, struct division issuer, struct bytes id,
                    const struct transfer_match *match, struct transfer_sides *out)
{
    memset(out, 0, sizeof *out);
    out->issued = match->transfer_lsn != 0;
    out->settled = match->settle_lsn != 0;
    out->moves = moves_money(match);
    if (!out->moves) {
        return;
    }
    out->registered = match->answered == OUTCOME_REGISTERED;
    out->returned = match->answer_lsn != 0 ? match->answered == OUTCOME_RETURNED
                                           : match->settled == OUTCOME_RETURNED;
    out->here = issuer_side(txn, issuer, id, match);
    out->there = receiver_side(txn, match);
    if (!out->issued) {
        out->open = transfer_awaited(txn, issuer, match) ? -out->there : 0;
    } else if (out->registered) {
        out->open = match->given_back - match->taken_back;
    } else if (!(out->returned && out->settled)) {
        out->open = match->amount - match->taken_back;
    }
}

int128 transfer_difference(const struct transfer_sides *sides)
{
    return sides->here - sides->there - sides->open;
}

struct reconcile_rows {
    struct reconcile_row *at;
    size_t count, capacity;
};

static void copy_code(char *out, size_t size, struct bytes code)
{
    (void)snprintf(out, size, "%.*s", (int)code.size, (const char *)code.data);
}

/* Fund type and project of a transfer: from the issuer's ledger, else from the receiver's, else
 * from the transfer as it came to this node. */
static void take_stream(struct reconcile_row *row, struct txn *txn, struct bytes id,
                        const struct transfer_match *match)
{
    struct bytes fund = BYTES_NONE, project = BYTES_NONE;
    struct document transfer;
    struct incoming incoming;
    struct indicator indicator;

    if (indicator_load(txn, row->issuer, id, &indicator) ||
        (match->answer_lsn != 0 &&
         indicator_load(txn, match->answerer, short_text_bytes(&match->answer_id), &indicator))) {
        fund = indicator.fund;
        project = indicator.project;
    } else if (incoming_load(txn, row->issuer, id, &incoming)) {
        incoming_document(&incoming, &transfer);
        fund = document_text(&transfer, FIELD_FUND_TYPE_CODE);
        project = document_text(&transfer, FIELD_PRO_CODE);
    }
    copy_code(row->fund, sizeof row->fund, fund);
    copy_code(row->project, sizeof row->project, project);
}

static int compare_reconcile_rows(const void *a, const void *b)
{
    const struct reconcile_row *left = a, *right = b;
    int order = division_compare(left->receiver, right->receiver);

    order = order != 0 ? order : strcmp(left->fund, right->fund);
    return order != 0 ? order : strcmp(left->project, right->project);
}

static struct reconcile_row *reconcile_row_of(struct reconcile_rows *rows,
                                              const struct reconcile_row *wanted)
{
    const size_t at = ARRAY_LOWER_BOUND(rows->at, rows->count, wanted, compare_reconcile_rows);

    if (at == rows->count || compare_reconcile_rows(&rows->at[at], wanted) != 0) {
        ARRAY_GAP(rows->at, rows->count, rows->capacity, at);
        rows->at[at] = *wanted;
    }
    return &rows->at[at];
}

static void add_match(struct reconcile_row *row, const struct transfer_match *match,
                      const struct transfer_sides *sides)
{
    const int128 difference = transfer_difference(sides);

    row->documents++;
    row->open += !sides->settled;
    /* Absolute, so that two faults of opposite sign do not hide each other. */
    row->difference += difference < 0 ? -difference : difference;
    row->registered += sides->there;
    row->to_register += sides->issued && match->answer_lsn == 0 && !sides->settled;
    if (!sides->issued || !sides->moves) {
        return;
    }
    row->issued += match->amount - match->taken_back;
    if (sides->registered) {
        row->in_transit += sides->open; /* given back, and not yet settled */
        return;
    }
    if (sides->returned) {
        row->returned += match->amount;
    } else {
        row->in_transit += match->amount - match->taken_back;
    }
}

static void add_transfer(struct reconcile_rows *rows, struct txn *txn, struct division issuer,
                         struct bytes id)
{
    struct transfer_sides sides;
    struct transfer_match match, lowered;
    struct reconcile_row wanted = {.issuer = issuer};

    if (!transfer_match_load(txn, issuer, id, &match)) {
        return;
    }
    wanted.receiver = match.transfer_lsn != 0 ? match.receiver : match.answerer;
    if (match.lowers.size > 0 &&
        transfer_match_load(txn, issuer, short_text_bytes(&match.lowers), &lowered)) {
        take_stream(&wanted, txn, short_text_bytes(&match.lowers), &lowered);
    } else {
        take_stream(&wanted, txn, id, &match);
    }
    transfer_sides(txn, issuer, id, &match, &sides);
    add_match(reconcile_row_of(rows, &wanted), &match, &sides);
}

bool query_reconcile(struct txn *txn, struct division issuer, size_t *reads_left,
                     void (*visit)(void *arg, const struct reconcile_row *row), void *arg)
{
    struct id_list ids = ID_LIST_EMPTY;
    struct reconcile_rows rows = {NULL, 0, 0};
    struct short_text last = {.size = 0};
    bool sufficed = true;

    do {
        id_list_scan_part(&ids, txn, ROW_TRANSFER_MATCH, issuer, short_text_bytes(&last),
                          PART_READ);
        sufficed = ids.count <= *reads_left;
        *reads_left -= sufficed ? ids.count : *reads_left;
        for (size_t i = 0; i < ids.count && sufficed; i++) {
            add_transfer(&rows, txn, issuer, short_text_bytes(&ids.at[i]));
        }
        if (ids.count > 0) {
            last = ids.at[ids.count - 1];
        }
    } while (sufficed && ids.count == PART_READ);
    for (size_t i = 0; i < rows.count && sufficed; i++) {
        visit(arg, &rows.at[i]);
    }
    mem_free(rows.at);
    id_list_free(&ids);
    return sufficed;
}
