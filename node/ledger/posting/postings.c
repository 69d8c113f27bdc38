#include "node/ledger/posting/postings.h"

#include <assert.h>

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
    line->row.flags = flags;
    if (origin == NULL) {
        line->row.issuer = document_party(document);
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
        if (out->lines[i]->row.year != document_year(document)) {
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
                         const struct document *document, book_fn *how)
{
    const struct booking_context context = {
        out, txn, entry, document, kind_info(document->kind), document_money(document)};
    const char *why;

    booking_begin(out);
    doc_row_fill(&out->own, entry, document);
    if (!document_books(document)) {
        return NULL;
    }
    if (context.amount < 0 || (context.amount == 0 && !means_all(&context))) {
        return AMOUNT_MISSING;
    }
    if (context.amount > AMOUNT_FEN_MAX) {
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
    out->own.amount = out->moved;
    return why;
}
