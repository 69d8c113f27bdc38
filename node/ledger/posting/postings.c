#include "node/ledger/posting/postings.h"

#include <assert.h>

#include "node/ledger/posting/book_month.h"

/* --- what families book with --- */

struct indicator_ref *posting_line(const struct booking_context *context, struct bytes id)
{
    return booking_load(context->out, context->txn, context->entry->author, id);
}

bool posting_other(const struct booking_context *context, struct bytes id, uint32_t kind)
{
    struct booking *out = context->out;

    out->other_id = id;
    return id.size > 0 && doc_load(context->txn, context->entry->author, id, &out->other) &&
           (kind == 0 || out->other.kind == kind);
}

struct doc_row *posting_more(const struct booking_context *context, struct bytes id)
{
    struct booking *out = context->out;
    struct doc_row *row = &out->more[out->more_count].row;

    assert(out->more_count < BOOKING_MORE_MAX);
    if (id.size == 0 || !doc_load(context->txn, context->entry->author, id, row)) {
        return NULL;
    }
    out->more[out->more_count++].id = id;
    return row;
}

/* What an indicator keeps of the document that made it: the elements, the public fields of the
 * project, which go on with the money to whoever may not hold the project itself, and the last
 * beneficiary as the issuer knows him. */
static void keep_elements(struct document *kept, const struct document *from)
{
    static const enum field project[] = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE, FIELD_BEN_NAME,
                                         FIELD_BEN_CODE};

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

struct indicator_ref *posting_open(const struct booking_context *context,
                                   const struct indicator_ref *origin, uint8_t flags)
{
    const struct document *document = context->document;
    struct document kept, inherited;
    struct indicator_ref *line;

    document_clear(&kept, document->kind);
    keep_elements(&kept, document);
    if (origin != NULL) {
        indicator_elements(&origin->row, &inherited);
        keep_elements(&kept, &inherited);
    }
    if (!document_has(&kept, FIELD_FUND_TYPE_CODE)) {
        return NULL;
    }
    line = booking_open(context->out, document_id(document));
    document_encode(&line->elements, &kept);
    line->row.year = document_year(document);
    line->row.kind = document->kind;
    line->row.lsn = context->entry->lsn;
    indicator_set_elements(&line->row, &kept, buf_bytes(&line->elements));
    line->row.origin = origin != NULL ? origin->id : BYTES_NONE;
    line->row.source = origin != NULL ? origin->row.source : line->id;
    line->row.carried_times = origin != NULL ? origin->row.carried_times : 0; /* of its money */
    line->row.flags = flags;
    if (document_is_word(&kept, FIELD_IS_DIRECT, "1")) {
        line->row.flags |= INDICATOR_DIRECT;
    }
    if (origin == NULL) {
        line->row.issuer = document_party(document);
    } else {
        line->row.receiver = document_party(document);
    }
    return line;
}

/* What was made from a line says no issuer: that is its source's. */
static struct division issuer_of(const struct booking_context *context,
                                 const struct indicator_ref *line)
{
    struct indicator source;

    if (line->row.origin.size == 0) {
        return line->row.issuer;
    }
    return indicator_load_terms(context->txn, context->entry->author, line->row.source, &source)
               ? source.issuer
               : DIVISION_NONE;
}

struct indicator_ref *posting_open_later(const struct booking_context *context,
                                         const struct indicator_ref *from, uint8_t flags)
{
    struct indicator_ref *line =
        posting_open(context, from, flags | (from->row.flags & INDICATOR_EARMARKED));

    if (line != NULL) {
        line->row.year = document_line_year(context->document);
        line->row.issuer = issuer_of(context, from);
        line->row.origin = BYTES_NONE;
        line->row.source = line->id;
    }
    return line;
}

const char *posting_move(const struct booking_context *context, struct indicator_ref *line,
                         int128 amount)
{
    const enum account from = context->info->books.from;

    if (line == NULL) {
        return LINE_MISSING;
    }
    if (amount == 0 && from == ACC_PENDING) {
        amount = line->row.balance[from]; /* a release takes what is there */
    }
    if (amount <= 0) {
        return AMOUNT_MISSING;
    }
    booking_add(context->out, line, from, -amount);
    booking_add(context->out, line, context->info->books.to, amount);
    return NULL;
}

const char *book_source(const struct booking_context *context)
{
    const bool special = document_is_word(context->document, FIELD_TRA_TYPE_CODE, "special");
    struct indicator_ref *line = posting_open(context, NULL, special ? INDICATOR_EARMARKED : 0);

    if (line == NULL) {
        return FUND_TYPE_MISSING;
    }
    booking_add(context->out, line, context->info->books.from, -context->amount);
    booking_add(context->out, line, context->info->books.to, context->amount);
    return NULL;
}

const char *book_split(const struct booking_context *context)
{
    struct indicator_ref *origin = posting_line(context, document_about(context->document));
    struct indicator_ref *line;

    if (origin == NULL) {
        return LINE_MISSING;
    }
    line = posting_open(context, origin, origin->row.flags & INDICATOR_EARMARKED);
    if (line == NULL) {
        return FUND_TYPE_MISSING;
    }
    booking_add(context->out, line, context->info->books.to, context->amount);
    booking_add(context->out, origin, context->info->books.from, -context->amount);
    return NULL;
}

const char *book_move(const struct booking_context *context)
{
    struct indicator_ref *line = posting_line(context, document_about(context->document));

    return posting_move(context, line, context->amount);
}

/* --- what every booking has --- */

void doc_row_fill(struct doc_row *own, const struct applied *entry, const struct document *document)
{
    *own = (struct doc_row){
        .lsn = entry->lsn,
        .time_ms = entry->time_ms,
        .kind = document->kind,
        .year = document_year(document),
        .state = document_first_state(document),
        .amount = document_money(document),
        .about = short_text_of(document_about(document)),
        .party = document_party(document),
    };
}

/* What a document says of one year moves no money of another. */
static bool of_its_year(const struct booking *out, const struct document *document)
{
    for (size_t i = 0; i < out->line_count; i++) {
        if (out->lines[i]->row.year != document_year(document) &&
            !kind_info(document->kind)->two_years) {
            return false;
        }
    }
    return true;
}

/* A kind that takes all there is may leave out how much that is. */
static bool means_all(const struct booking_context *context)
{
    return context->info->takes_all && !document_has(context->document, FIELD_AMOUNT);
}

const char *booking_make(struct booking *out, struct txn *txn, const struct applied *entry,
                         const struct document *document, struct bytes unposted, book_fn *how,
                         book_fn *note)
{
    const struct booking_context context = {
        out, txn, entry, document, unposted, kind_info(document->kind), document_money(document)};
    const char *why;

    booking_begin(out);
    doc_row_fill(&out->own, entry, document);
    out->own.book_month = (uint8_t)book_month(txn, entry, document, out->own.year);
    if (!document_books(document)) {
        return note != NULL ? note(&context) : NULL;
    }
    if (!sign_allows(document_sign(document), context.amount) && !means_all(&context)) {
        return AMOUNT_MISSING;
    }
    if (context.amount > AMOUNT_FEN_MAX || context.amount < -AMOUNT_FEN_MAX) {
        return AMOUNT_TOO_LARGE;
    }
    assert(how != NULL);
    why = how(&context);
    if (why == NULL && !of_its_year(out, document)) {
        why = "year_is_another";
    }
    if (why == NULL) {
        why = booking_close(out);
    }
    if (why == NULL) {
        booking_place(out, txn, entry, document);
    }
    if (!document_has(document, context.info->money != 0 ? context.info->money : FIELD_AMOUNT)) {
        out->own.amount = out->moved;
    }
    return why;
}
