#include "node/ledger/posting/booking.h"

#include <assert.h>
#include <stdlib.h>

#include "node/ledger/posting/book_month.h"
#include "node/ledger/rows/agency_rows.h"
#include "node/ledger/rows/children.h"
#include "node/ledger/rows/year_rows.h"
#include "proto/array.h"

enum { KEPT_MAX = 64 }; /* lines and postings that stay allocated between bookings */

static void free_lines(struct booking *booking)
{
    for (size_t i = 0; i < booking->lines_made; i++) {
        buf_free(&booking->lines[i]->elements);
        mem_free(booking->lines[i]);
    }
    mem_free(booking->lines);
    booking->lines = NULL;
    booking->line_count = booking->line_capacity = booking->lines_made = 0;
}

void booking_free(struct booking *booking)
{
    free_lines(booking);
    mem_free(booking->at);
    booking->at = NULL;
    booking->count = booking->capacity = 0;
}

void booking_begin(struct booking *booking)
{
    if (booking->lines_made > KEPT_MAX || booking->capacity > KEPT_MAX) {
        booking_free(booking);
    }
    booking->other_id = BYTES_NONE;
    booking->line_count = booking->count = booking->more_count = 0;
    booking->moved = 0;
    booking->months[0] = booking->months[1] = 0;
}

/* --- lines --- */

static struct indicator_ref *next_line(struct booking *booking, struct bytes id)
{
    struct indicator_ref *line;

    if (booking->line_count == booking->lines_made) {
        ARRAY_ROOM(booking->lines, booking->lines_made, booking->line_capacity);
        booking->lines[booking->lines_made++] = mem_zalloc(sizeof *line);
    }
    line = booking->lines[booking->line_count++];
    line->id = id;
    buf_clear(&line->elements);
    return line;
}

static struct indicator_ref *line_named(const struct booking *booking, struct bytes id)
{
    for (size_t i = 0; i < booking->line_count; i++) {
        if (bytes_equal(booking->lines[i]->id, id)) {
            return booking->lines[i];
        }
    }
    return NULL;
}

struct indicator_ref *booking_load(struct booking *booking, struct txn *txn, struct division author,
                                   struct bytes id)
{
    struct indicator_ref *line = line_named(booking, id);

    if (line != NULL || id.size == 0) {
        return line;
    }
    line = next_line(booking, id);
    if (!indicator_load(txn, author, id, &line->row)) {
        booking->line_count--;
        return NULL;
    }
    return line;
}

struct indicator_ref *booking_open(struct booking *booking, struct bytes id)
{
    struct indicator_ref *line = next_line(booking, id);

    memset(&line->row, 0, sizeof line->row);
    return line;
}

static struct indicator_ref *keep_made_id(struct indicator_ref *line, const struct short_text *id)
{
    if (line != NULL) {
        line->made_id = *id;
        line->id = short_text_bytes(&line->made_id);
    }
    return line;
}

struct indicator_ref *booking_load_made(struct booking *booking, struct txn *txn,
                                        struct division author, struct short_text id)
{
    return keep_made_id(booking_load(booking, txn, author, short_text_bytes(&id)), &id);
}

struct indicator_ref *booking_open_made(struct booking *booking, struct short_text id)
{
    return keep_made_id(booking_open(booking, short_text_bytes(&id)), &id);
}

/* --- postings --- */

void booking_add(struct booking *booking, struct indicator_ref *line, enum account account,
                 int128 fen)
{
    if (fen != 0) {
        ARRAY_ROOM(booking->at, booking->count, booking->capacity);
        booking->at[booking->count++] = (struct posting){line, account, fen};
    }
}

static int compare_groups(const struct posting *a, const struct posting *b)
{
    int order;

    if (a->line == b->line) {
        return 0;
    }
    order = a->line->row.year - b->line->row.year;
    return order != 0 ? order : bytes_compare(a->line->row.fund, b->line->row.fund);
}

static int compare_postings(const void *first, const void *second)
{
    const struct posting *a = first, *b = second;
    int order = compare_groups(a, b);

    if (order == 0 && a->line != b->line) {
        order = bytes_compare(a->line->id, b->line->id);
    }
    if (order == 0) {
        order = (int)a->account - (int)b->account;
    }
    return order != 0 ? order : (a->fen < 0) - (b->fen < 0);
}

static bool sorted(const struct booking *booking)
{
    for (size_t i = 1; i < booking->count; i++) {
        if (compare_postings(&booking->at[i - 1], &booking->at[i]) > 0) {
            return false;
        }
    }
    return true;
}

/* Most have two postings. */
static void sort(struct booking *booking)
{
    struct posting first;

    if (sorted(booking)) {
        return;
    }
    if (booking->count > 2) {
        qsort(booking->at, booking->count, sizeof *booking->at, compare_postings);
    } else {
        first = booking->at[0];
        booking->at[0] = booking->at[1];
        booking->at[1] = first;
    }
}

/* Sorted: two debits, or two credits, of one account of a line stand together and become one. */
static void put_together(struct booking *booking)
{
    size_t count = 0;

    for (size_t i = 0; i < booking->count; i++) {
        const struct posting *posting = &booking->at[i];

        if (count > 0 && compare_postings(&booking->at[count - 1], posting) == 0) {
            booking->at[count - 1].fen += posting->fen;
        } else {
            booking->at[count++] = *posting;
        }
    }
    booking->count = count;
}

/* Invariant 1: every year and fund by itself sums to nothing. */
static bool balances(const struct booking *booking)
{
    int128 sum = 0;

    for (size_t i = 0; i < booking->count; i++) {
        if (i > 0 && compare_groups(&booking->at[i - 1], &booking->at[i]) != 0 && sum != 0) {
            return false;
        }
        sum += booking->at[i].fen;
    }
    return sum == 0;
}

const char *booking_close(struct booking *booking)
{
    sort(booking);
    put_together(booking);
    if (booking->count > POSTINGS_MAX) {
        return "postings_too_many";
    }
    if (!balances(booking)) {
        return "debits_and_credits_differ";
    }
    for (size_t i = 0; i < booking->count; i++) {
        booking->moved += booking->at[i].fen > 0 ? booking->at[i].fen : 0;
    }
    return NULL;
}

/* A payment's class stays in its row, so that what is paid, freed or refunded is known to be of
 * that class without reading the payment again. */
void booking_place(struct booking *booking, struct txn *txn, const struct applied *entry,
                   const struct document *document)
{
    const struct bytes class = document_text(document, FIELD_DEP_BGT_ECO_CODE);

    booking->economic = short_text_of(BYTES_NONE);
    booking->months[0] = booking->own.book_month;
    if (booking->own.kind == KIND_PAYMENT) {
        if (!bytes_equal(class, booking->lines[0]->row.economic)) {
            booking->own.economic = short_text_of(class);
        }
        booking->economic = booking->own.economic;
    } else if (booking->other_id.size > 0 && booking->other.kind == KIND_PAYMENT) {
        booking->economic = booking->other.economic;
    }
    for (size_t i = 0; i < booking->count; i++) {
        const int year = booking->at[i].line->row.year;
        uint8_t *month = &booking->months[booking_month_at(booking->own.year, year)];

        if (*month == 0) {
            *month = (uint8_t)book_month(txn, entry, document, year);
        }
    }
}

void booking_post(struct booking *booking)
{
    for (size_t i = 0; i < booking->count; i++) {
        const struct posting *posting = &booking->at[i];

        posting->line->row.balance[posting->account] += posting->fen;
    }
}

const struct posting *booking_below_zero(const struct booking *booking)
{
    for (size_t i = 0; i < booking->count; i++) {
        const struct posting *posting = &booking->at[i];
        const int128 balance = posting->line->row.balance[posting->account];

        if (!indicator_is_closing(&posting->line->row) &&
            (account_info(posting->account)->normal < 0 ? balance > 0 : balance < 0)) {
            return posting;
        }
    }
    return NULL;
}

/* --- rows --- */

/* Whose row keeps the document among its children: the line or the document that it is about. An
 * answer is about a document of another division, whatever bears that id here: maybe itself. */
static struct children *parent_of(struct booking *booking, struct bytes about)
{
    struct indicator_ref *line = line_named(booking, about);

    if (about.size == 0 || kind_is_answer(booking->own.kind)) {
        return NULL;
    }
    if (line != NULL) {
        return &line->row.children;
    }
    return bytes_equal(booking->other_id, about) ? &booking->other.children : NULL;
}

/* What a trace finds on its way down. */
static void index_children(struct booking *booking, struct txn *txn, struct division author,
                           const struct document *document)
{
    const struct bytes id = document_id(document), about = short_text_bytes(&booking->own.about);
    const struct indicator_ref *own = line_named(booking, id);
    struct children *parent = parent_of(booking, about);
    struct bytes project = own != NULL ? own->row.project : BYTES_NONE;

    if (parent != NULL) {
        children_add(txn, author, about, parent, &booking->own, id,
                     own != NULL || kind_is_answered(booking->own.kind));
    }
    if (parent == &booking->other.children && booking->other.kind == KIND_PAYMENT) {
        booking->lines[0]->row.children.count++; /* the line counts what happens to its payments */
    }
    /* A budget before its reply makes no line; a reply to an estimate is found below that. */
    if (kind_is_source(document->kind) && parent == NULL) {
        project = document_text(document, FIELD_PRO_CODE);
        agency_use(txn, author, document_text(document, FIELD_AGENCY_CODE),
                   document_year(document));
    }
    if (project.size > 0) {
        project_line_add(txn, author, project, booking->own.lsn, id);
    }
}

/* The division keeps books of the year from its first line on. */
static void note_first_line(struct txn *txn, struct division author, const struct indicator *line)
{
    struct year_row year;

    year_load(txn, author, line->year, &year);
    if (!year.has_lines) {
        year.has_lines = true;
        year_store(txn, author, line->year, &year);
    }
}

void booking_store(struct booking *booking, struct txn *txn, struct division author,
                   const struct document *document)
{
    index_children(booking, txn, author, document);
    for (size_t i = 0; i < booking->line_count; i++) {
        if (booking->lines[i]->elements.size > 0) { /* a new one */
            note_first_line(txn, author, &booking->lines[i]->row);
            agency_use(txn, author, booking->lines[i]->row.agency, booking->lines[i]->row.year);
        }
        indicator_store(txn, author, booking->lines[i]->id, &booking->lines[i]->row);
    }
    if (booking->other_id.size > 0) {
        doc_store(txn, author, booking->other_id, &booking->other);
    }
    for (size_t i = 0; i < booking->more_count; i++) {
        doc_store(txn, author, booking->more[i].id, &booking->more[i].row);
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

void booking_fold_nothing(uint64_t lsn, struct buf *out)
{
    buf_put_u64(out, lsn);
    buf_put_u16(out, 0);
}

void booking_fold(const struct booking *booking, struct buf *out)
{
    buf_put_u64(out, booking->own.lsn);
    buf_put_u16(out, (uint16_t)booking->count);
    for (size_t i = 0; i < booking->count; i++) {
        const struct posting *posting = &booking->at[i];

        buf_put_u16(out, (uint16_t)posting->line->row.year);
        fold_text(out, posting->line->row.fund);
        fold_text(out, posting->line->id);
        buf_put_u8(out, (uint8_t)posting->account);
        buf_put_wide(out, posting->fen);
    }
}

bool fold_next_entry(struct reader *reader, uint64_t *lsn, size_t *count)
{
    if (reader_left(reader) == 0) {
        return false;
    }
    *lsn = reader_u64(reader);
    *count = reader_u16(reader);
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
    posting.fen = reader_wide(reader);
    assert(reader_ok(reader) && posting.account < ACCOUNTS);
    return posting;
}
