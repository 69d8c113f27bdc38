#include "node/ledger/postings.h"

#include <assert.h>

#include "node/ledger/kind_steps.h"

struct bytes document_about(const struct document *document)
{
    static const enum field fields[] = {FIELD_BGT_ID, FIELD_ORI_BGT_ID, FIELD_PAY_APP_ID};

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (document_has(document, fields[i])) {
            return document_text(document, fields[i]);
        }
    }
    return BYTES_NONE;
}

/* --- building blocks of the table --- */

struct booking_context {
    struct booking *out;
    struct txn *txn;
    const struct applied *entry;
    const struct document *document;
    const struct kind_info *info;
    struct buf *memory;
    int64_t amount; /* 0: all there is, where the kind may leave it out */
};

static const char *const no_line = "it lacks its line";
static const char *const overflows = "its amount is beyond every limit";
static const char *const no_amount = "it lacks an amount above zero";

/* False when the sum passes its bound, on either side. */
static bool money_move(int64_t *sum, int64_t fen)
{
    return !__builtin_add_overflow(*sum, fen, sum) && *sum <= BALANCE_FEN_MAX &&
           *sum >= -BALANCE_FEN_MAX;
}

static void post(struct booking *out, struct line *line, enum account account, int64_t fen)
{
    assert(out->count < POSTINGS_MAX);
    out->at[out->count++] = (struct posting){line, account, fen};
}

static bool load_line(const struct booking_context *context, struct line *line, struct bytes id)
{
    line->id = id;
    return id.size > 0 && indicator_load(context->txn, context->entry->author, id, &line->row);
}

static bool load_other(const struct booking_context *context, struct bytes id, uint32_t kind)
{
    struct booking *out = context->out;

    out->other_id = id;
    return id.size > 0 && doc_load(context->txn, context->entry->author, id, &out->other) &&
           out->other.kind == kind;
}

/* What an indicator keeps of the document that made it: the elements, and the public fields of
 * the project, which go on with the money to whoever may not hold the project itself. */
static void keep_elements(struct document *kept, const struct document *from)
{
    static const enum field project[] = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE};

    for (const enum field *field = kind_elements(); *field != 0; field++) {
        if (document_has(from, *field) && !document_has(kept, *field)) {
            document_set_text(kept, *field, document_text(from, *field));
        }
    }
    for (size_t i = 0; i < COUNT_OF(project); i++) {
        if (document_has(from, project[i]) && !document_has(kept, project[i])) {
            document_set_text(kept, project[i], document_text(from, project[i]));
        }
    }
}

/* A new indicator with the document's id and elements; `origin` is NULL for a source. */
static const char *open_line(const struct booking_context *context, const struct line *origin,
                             uint8_t flags)
{
    const struct document *document = context->document;
    struct line *line = &context->out->first;
    struct document kept, inherited;

    document_clear(&kept, document->kind);
    keep_elements(&kept, document);
    if (origin != NULL) {
        indicator_elements(&origin->row, &inherited);
        keep_elements(&kept, &inherited);
    }
    if (!document_has(&kept, FIELD_FUND_TYPE_CODE)) {
        return "it lacks a fund type";
    }
    buf_clear(context->memory);
    document_encode(context->memory, &kept);
    line->id = document_id(document);
    memset(&line->row, 0, sizeof line->row);
    line->row.year = document_year(document);
    line->row.kind = document->kind;
    line->row.lsn = context->entry->lsn;
    indicator_set_elements(&line->row, &kept, buf_bytes(context->memory));
    line->row.origin = origin != NULL ? origin->id : BYTES_NONE;
    line->row.source = origin != NULL ? origin->row.source : line->id;
    line->row.flags = flags;
    if (origin == NULL) {
        line->row.issuer = document_party(document);
    }
    return NULL;
}

/* --- how a kind books: see kind_steps.h --- */

const char *book_source(const struct booking_context *context)
{
    const bool special = document_is_word(context->document, FIELD_TRA_TYPE_CODE, "special");
    const char *why = open_line(context, NULL, special ? INDICATOR_EARMARKED : 0);

    if (why == NULL) {
        post(context->out, &context->out->first, context->info->books.from, -context->amount);
        post(context->out, &context->out->first, context->info->books.to, context->amount);
    }
    return why;
}

/* Part of an indicator becomes another: an allocation, or a transfer's line. */
const char *book_split(const struct booking_context *context)
{
    struct booking *out = context->out;
    const char *why;

    if (!load_line(context, &out->second, document_text(context->document, FIELD_ORI_BGT_ID))) {
        return no_line;
    }
    why = open_line(context, &out->second, out->second.row.flags & INDICATOR_EARMARKED);
    if (why == NULL) {
        post(out, &out->first, context->info->books.to, context->amount);
        post(out, &out->second, context->info->books.from, -context->amount);
    }
    return why;
}

static const char *move(const struct booking_context *context, struct bytes id, int64_t amount)
{
    const enum account from = context->info->books.from;
    struct booking *out = context->out;

    if (!load_line(context, &out->first, id)) {
        return no_line;
    }
    if (amount == 0 && from == ACC_PENDING) {
        amount = out->first.row.balance[from]; /* a release takes what is there */
    }
    if (amount <= 0) {
        return no_amount;
    }
    post(out, &out->first, from, -amount);
    post(out, &out->first, context->info->books.to, amount);
    return NULL;
}

const char *book_move(const struct booking_context *context)
{
    return move(context, document_text(context->document, FIELD_BGT_ID), context->amount);
}

const char *book_release(const struct booking_context *context)
{
    const struct bytes id = document_text(context->document, FIELD_BGT_ID);
    const char *why;

    if (!load_other(context, id, KIND_ALLOCATE)) {
        return no_line;
    }
    why = move(context, id, context->amount);
    context->out->first.row.flags |= INDICATOR_RELEASED;
    context->out->other.state = DOC_RELEASED;
    return why;
}

enum account drawn_account(const struct kind_info *info, const struct indicator *row)
{
    return info->books.pending_first && row->balance[ACC_PENDING] > 0 ? ACC_PENDING
                                                                      : info->books.from;
}

const char *book_reduce(const struct booking_context *context)
{
    struct booking *out = context->out;

    if (!load_line(context, &out->first, document_text(context->document, FIELD_BGT_ID)) ||
        !load_line(context, &out->second, out->first.row.origin)) {
        return no_line;
    }
    post(out, &out->first, drawn_account(context->info, &out->first.row), -context->amount);
    post(out, &out->second, context->info->books.to, context->amount);
    return NULL;
}

const char *book_settle(const struct booking_context *context)
{
    const bool returned = document_is_word(context->document, FIELD_OUTCOME, "returned");
    const struct bytes id = document_text(context->document, FIELD_BGT_ID);
    struct booking *out = context->out;

    if (!load_other(context, id, KIND_TRANSFER) || !load_line(context, &out->first, id) ||
        !load_line(context, &out->second, out->first.row.origin)) {
        return no_line;
    }
    post(out, &out->first, context->info->books.from, -context->amount);
    if (returned) {
        post(out, &out->second, ACC_UNALLOC, context->amount);
    } else {
        out->second.id = BYTES_NONE;
        post(out, &out->first, context->info->books.to, context->amount);
    }
    out->other.state = returned ? DOC_RETURNED : DOC_REGISTERED;
    return NULL;
}

/* What a payment's own row says of it, from its figures alone. */
static enum doc_state payment_state(const struct doc_row *payment)
{
    if (payment->left > 0) {
        return payment->spent > 0 ? DOC_PART_PAID : DOC_APPLIED;
    }
    if (payment->spent > 0) {
        return DOC_PAID;
    }
    return payment->ever_paid ? DOC_REFUNDED : DOC_CANCELLED;
}

const char *book_payment(const struct booking_context *context)
{
    context->out->own.left = context->amount;
    return book_move(context);
}

/* What happens to a payment: its own row keeps what is still to be paid and what was paid. */
const char *book_payment_step(const struct booking_context *context)
{
    const enum account from = context->info->books.from, to = context->info->books.to;
    struct doc_row *payment = &context->out->other;
    int64_t amount = context->amount;
    bool fits = true;

    if (!load_other(context, document_text(context->document, FIELD_PAY_APP_ID), KIND_PAYMENT)) {
        return no_line;
    }
    if (amount == 0) {
        amount = payment->left; /* a cancellation frees what is not paid */
    }
    if (from == ACC_COMMIT) {
        fits = money_move(&payment->left, -amount);
    } else {
        fits = money_move(&payment->spent, -amount);
    }
    if (to == ACC_SPENT) {
        fits = money_move(&payment->spent, amount) && fits;
        payment->ever_paid = true;
    }
    if (!fits) {
        return overflows;
    }
    payment->state = payment_state(payment);
    return move(context, short_text_bytes(&payment->about), amount);
}

bool document_books(const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);

    return info->books.how != NULL &&
           (document->kind != KIND_BUDGET || document_is_word(document, FIELD_STAGE, "reply"));
}

/* --- what every booking has --- */

static enum doc_state first_state(const struct document *document)
{
    const enum doc_state state = kind_info(document->kind)->first_state;

    if (document->kind == KIND_BUDGET && !document_books(document)) {
        return DOC_PLANNED;
    }
    return state != 0 ? state : DOC_ENTERED;
}

void doc_row_fill(struct doc_row *own, const struct applied *entry, const struct document *document)
{
    *own = (struct doc_row){
        .lsn = entry->lsn,
        .time_ms = entry->time_ms,
        .kind = document->kind,
        .year = document_year(document),
        .state = first_state(document),
        .amount = document_money(document),
        .about = short_text_of(document_about(document)),
        .party = document_party(document),
    };
}

static int compare_postings(const struct posting *a, const struct posting *b)
{
    int order = a->line->row.year - b->line->row.year;

    if (order == 0) {
        order = bytes_compare(a->line->row.fund, b->line->row.fund);
    }
    if (order == 0) {
        order = bytes_compare(a->line->id, b->line->id);
    }
    return order != 0 ? order : (int)a->account - (int)b->account;
}

static void sort_postings(struct booking *out)
{
    if (out->count == 2 && compare_postings(&out->at[0], &out->at[1]) > 0) {
        const struct posting swap = out->at[0];
        out->at[0] = out->at[1];
        out->at[1] = swap;
    }
}

/* Invariant 1. Amounts are equal by construction; year and fund type are the document's word. */
static bool balances(const struct booking *out, const struct document *document)
{
    int64_t sum = 0;

    for (size_t i = 0; i < out->count; i++) {
        const struct indicator *row = &out->at[i].line->row;

        if (row->year != document_year(document) ||
            !bytes_equal(row->fund, out->at[0].line->row.fund)) {
            return false;
        }
        sum += out->at[i].fen;
    }
    return sum == 0;
}

/* A kind that takes all there is may leave out how much that is. */
static bool means_all(const struct booking_context *context)
{
    return context->info->takes_all && !document_has(context->document, FIELD_AMOUNT);
}

const char *booking_make(struct booking *out, struct txn *txn, const struct applied *entry,
                         const struct document *document, struct buf *memory)
{
    const struct booking_context context = {
        out, txn, entry, document, kind_info(document->kind), memory, document_money(document)};
    const char *why;

    doc_row_fill(&out->own, entry, document);
    out->first.id = out->second.id = out->other_id = BYTES_NONE;
    out->count = 0;
    out->moved = 0;
    if (!document_books(document)) {
        return NULL;
    }
    if (context.amount < 0 || (context.amount == 0 && !means_all(&context))) {
        return no_amount;
    }
    if (context.amount > AMOUNT_FEN_MAX) {
        return overflows;
    }
    why = context.info->books.how(&context);
    if (why != NULL) {
        return why;
    }
    if (!balances(out, document)) {
        return "it does not balance";
    }
    sort_postings(out);
    for (size_t i = 0; i < out->count; i++) {
        out->moved += out->at[i].fen > 0 ? out->at[i].fen : 0;
    }
    out->own.amount = out->moved;
    return NULL;
}

bool booking_post(struct booking *booking)
{
    for (size_t i = 0; i < booking->count; i++) {
        struct posting *posting = &booking->at[i];

        if (!money_move(&posting->line->row.balance[posting->account], posting->fen)) {
            return false;
        }
    }
    return true;
}

const struct posting *booking_below_zero(const struct booking *booking)
{
    for (size_t i = 0; i < booking->count; i++) {
        const struct posting *posting = &booking->at[i];
        const int64_t balance = posting->line->row.balance[posting->account];

        if (account_info(posting->account)->normal < 0 ? balance > 0 : balance < 0) {
            return posting;
        }
    }
    return NULL;
}

void booking_store(const struct booking *booking, struct txn *txn, struct division author,
                   const struct document *document)
{
    if (booking->first.id.size > 0) {
        indicator_store(txn, author, booking->first.id, &booking->first.row);
    }
    if (booking->second.id.size > 0) {
        indicator_store(txn, author, booking->second.id, &booking->second.row);
    }
    if (booking->other_id.size > 0) {
        doc_store(txn, author, booking->other_id, &booking->other);
    }
    doc_store(txn, author, document_id(document), &booking->own);
}

/* --- the form in the state digest --- */

static void fold_text(struct buf *out, struct bytes text)
{
    assert(text.size <= UINT8_MAX);
    buf_put_u8(out, (uint8_t)text.size);
    buf_append_bytes(out, text);
}

void booking_fold(const struct booking *booking, struct buf *out)
{
    buf_put_u64(out, booking->own.lsn);
    buf_put_u8(out, (uint8_t)booking->count);
    for (size_t i = 0; i < booking->count; i++) {
        const struct posting *posting = &booking->at[i];

        buf_put_u16(out, (uint16_t)posting->line->row.year);
        fold_text(out, posting->line->row.fund);
        fold_text(out, posting->line->id);
        buf_put_u8(out, (uint8_t)posting->account);
        buf_put_u64(out, (uint64_t)posting->fen);
    }
}

bool fold_next_entry(struct reader *reader, uint64_t *lsn, size_t *count)
{
    if (reader_left(reader) == 0) {
        return false;
    }
    *lsn = reader_u64(reader);
    *count = reader_u8(reader);
    assert(reader_ok(reader));
    return true;
}

struct folded_posting fold_next_posting(struct reader *reader)
{
    struct folded_posting posting;

    posting.year = reader_u16(reader);
    posting.fund = reader_bytes(reader, reader_u8(reader));
    posting.indicator = reader_bytes(reader, reader_u8(reader));
    posting.account = (enum account)reader_u8(reader);
    posting.fen = (int64_t)reader_u64(reader);
    assert(reader_ok(reader) && posting.account < ACCOUNTS);
    return posting;
}
