#include "node/ledger/query/history.h"

#include "node/ledger/query/query_internal.h"

/* --- which kinds --- */

/* Accounts of one sum of the chain have one number. */
static enum account sum_of(enum account account)
{
    return account == ACC_FROZEN || account == ACC_COMMIT ? ACC_AVAIL : account;
}

static bool moves_the_chain(const struct kind_info *info)
{
    return info != NULL && info->books.to != 0 &&
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

static bool was_returned(struct txn *txn, struct division author, const struct doc_row *settle)
{
    struct transfer_match match;

    return transfer_match_load(txn, author, short_text_bytes(&settle->about), &match) &&
           match.settled_returned;
}

static struct moved moved_by(struct txn *txn, struct division author, const struct doc_row *row)
{
    const struct kind_info *info = kind_info(row->kind);
    struct moved moved = {.lsn = row->lsn,
                          .time_ms = row->time_ms,
                          .year = row->year,
                          .from = info->books.from,
                          .to = info->books.to,
                          .amount = row->amount,
                          .issuer = info->about == ABOUT_TRANSFER ? row->party : DIVISION_NONE};

    if (info->books.pending_first && !was_released(txn, author, row)) {
        moved.from = ACC_PENDING;
    }
    if (info->about == ABOUT_OWN_TRANSFER && was_returned(txn, author, row)) {
        moved.to = ACC_UNALLOC;
    }
    return moved;
}

/* A budget before its reply only plans. */
static bool booked(const struct doc_row *row)
{
    const struct kind_info *info = kind_info(row->kind);

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
        if ((request->year == 0 || row.year == request->year) && booked(&row)) {
            const struct moved moved = moved_by(txn, request->author, &row);

            visit(arg, &moved);
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
