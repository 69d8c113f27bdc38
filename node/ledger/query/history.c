#include "node/ledger/query/history.h"

#include "node/ledger/families/outcome.h"
#include "node/ledger/query/query_internal.h"

/* --- which kinds --- */

/* Accounts of one sum of the chain have one number. */
static enum account sum_of(enum account account)
{
    return account == ACC_FROZEN || account == ACC_COMMIT ? ACC_AVAIL : account;
}

static bool moves_the_chain(const struct kind_info *info)
{
    return info != NULL && info->books.to != 0 && /* a close takes up what others moved */
           info->books.from != ACC_CLOSE && info->books.to != ACC_CLOSE &&
           sum_of(info->books.from) != sum_of(info->books.to);
}

/* --- one document --- */

static bool made_released(struct txn *txn, struct division author, struct bytes id)
{
    struct doc_row row;

    return doc_load(txn, author, id, &row) && kind_info(row.kind)->first_state == DOC_RELEASED;
}

/* Had the line been released when this took from it? Whatever else was said of the line before
 * needed that. */
static bool was_released(struct txn *txn, struct division author, const struct doc_row *row)
{
    struct doc_row before = *row;

    while (before.before.size > 0) {
        const struct short_text id = before.before;

        if (!doc_load(txn, author, short_text_bytes(&id), &before)) {
            return false;
        }
        if (!kind_info(before.kind)->books.pending_first) {
            return true;
        }
    }
    return made_released(txn, author, short_text_bytes(&row->about));
}

/* Where the money of a settle goes, by what it says of the ask. */
static void take_outcome(struct txn *txn, struct division author, const struct doc_row *settle,
                         struct moved *moved)
{
    struct transfer_match match;

    if (!transfer_match_load(txn, author, short_text_bytes(&settle->about), &match)) {
        return;
    }
    if (outcome_lowers(match.settled)) {
        moved->from = ACC_XFER_OUT;
        moved->to = ACC_UNALLOC;
    } else if (match.settled == OUTCOME_RETURNED) {
        moved->to = ACC_UNALLOC;
    }
}

/* A reply to an estimate adds what it says beyond that. */
static int128 amount_of(struct txn *txn, struct division author, const struct doc_row *row)
{
    struct doc_row estimate;

    return row->kind == KIND_BUDGET && row->about.size > 0 &&
                   doc_load(txn, author, short_text_bytes(&row->about), &estimate)
               ? row->amount - estimate.amount
               : row->amount;
}

/* Is it the refund of a payment of another year? */
static bool was_recovered(struct txn *txn, struct division author, const struct doc_row *row)
{
    struct doc_row payment;

    return row->kind == KIND_REFUND &&
           doc_load(txn, author, short_text_bytes(&row->about), &payment) &&
           payment.kind == KIND_PAYMENT && payment.year != row->year;
}

static struct moved moved_by(struct txn *txn, struct division author, const struct doc_row *row)
{
    const struct kind_info *info = kind_info(row->kind);
    struct moved moved = {.lsn = row->lsn,
                          .time_ms = row->time_ms,
                          .year = row->year,
                          .month = row->book_month,
                          .from = info->books.from,
                          .to = info->books.to,
                          .amount = amount_of(txn, author, row),
                          .party = row->party};

    if (info->books.pending_first && !was_released(txn, author, row)) {
        moved.from = ACC_PENDING;
    }
    if (info->about == ABOUT_OWN_TRANSFER) {
        take_outcome(txn, author, row, &moved);
    }
    if (row->kind == KIND_REMIT && row->state == DOC_ENTERED) {
        moved.to = ACC_XFER_OUT; /* out of the tree, at once */
    }
    if (row->taken != 0) {
        moved.from = row->taken;
    }
    if (was_recovered(txn, author, row)) {
        moved.from = ACC_SRC_RECOVERED;
        moved.to = ACC_UNALLOC;
    }
    return moved;
}

/* What was carried stands in the year after as it stood before. */
static struct moved carried_by(const struct moved *out, const struct doc_row *row)
{
    struct moved in = *out;

    in.year++;
    in.month = row->later_month;
    in.from = ACC_SRC_CARRY_IN;
    in.to = row->taken;
    return in;
}

static void visit_row(struct txn *txn, const struct history_request *request,
                      const struct doc_row *row, moved_visit_fn *visit, void *arg)
{
    const struct moved moved = moved_by(txn, request->author, row);
    const struct moved in = carried_by(&moved, row);

    if (request->year == 0 || moved.year == request->year) {
        visit(arg, &moved);
    }
    if (row->kind == KIND_CARRY_OVER && (request->year == 0 || in.year == request->year)) {
        visit(arg, &in);
    }
}

/* A budget before its reply only plans; what lowers an early transfer books with its settle. */
static bool booked(const struct doc_row *row)
{
    const struct kind_info *info = kind_info(row->kind);

    if (row->kind == KIND_TRANSFER && row->amount <= 0) {
        return false;
    }
    return info->only_when.field == 0 || row->state != info->only_when.otherwise;
}

/* --- all of them --- */

static bool visit_kind(struct txn *txn, const struct history_request *request, uint32_t kind,
                       moved_visit_fn *visit, void *arg)
{
    struct list_scan scan = list_scan_of(txn, request->author, kind, 0);
    bool sufficed = true;
    struct doc_row row;
    struct bytes id;

    while (list_scan_next(&scan, &id)) {
        if (*request->reads_left == 0) {
            sufficed = false;
            break;
        }
        --*request->reads_left;
        if (!doc_load(txn, request->author, id, &row)) {
            continue;
        }
        if (request->until_ms != 0 && row.time_ms >= request->until_ms) {
            break;
        }
        if (booked(&row)) {
            visit_row(txn, request, &row, visit, arg);
        }
    }
    list_scan_free(&scan);
    return sufficed;
}

bool query_history(struct txn *txn, const struct history_request *request, moved_visit_fn *visit,
                   void *arg)
{
    bool sufficed = true;

    for (uint32_t kind = KIND_USER_FIRST; kind < KINDS_END && sufficed; kind++) {
        if (moves_the_chain(kind_info(kind))) {
            sufficed = visit_kind(txn, request, kind, visit, arg);
        }
    }
    return sufficed;
}

void chain_move(struct chain_row *chain, const struct moved *moved)
{
    const struct balance_row credit = {.account = moved->from, .credit = moved->amount};
    const struct balance_row debit = {.account = moved->to, .debit = moved->amount};

    chain_add(chain, &credit);
    chain_add(chain, &debit);
}
