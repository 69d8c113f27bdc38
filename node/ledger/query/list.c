#include "node/ledger/query/list.h"

#include "node/ledger/query/query_internal.h"

bool list_filter_asks(const struct list_filter *filter)
{
    return filter->state != NULL || !division_is_none(filter->receiver) ||
           !division_is_none(filter->issuer) || filter->agency.size > 0 ||
           filter->project.size > 0 || filter->doc_no.size > 0 || filter->text.size > 0 ||
           filter->from_ms != 0 || filter->until_ms != 0 || filter->has_least || filter->has_most;
}

struct listing {
    struct txn *txn;
    struct bodies *bodies;
    const struct list_filter *filter;
    struct list_page *page;
    list_visit_fn *visit;
    void *arg;
    struct doc_row row;       /* of the document looked at */
    struct document document; /* the same, once it was read */
    char own_state[20];       /* of a project */
};

/* --- what a row says --- */

/* One side is its author, the other the division that it names. */
static void take_sides(struct listed *listed)
{
    const enum field party = kind_info(listed->row->kind)->party;

    listed->receiver = listed->issuer = DIVISION_NONE;
    if (party == FIELD_REC_DIV_CODE) {
        listed->issuer = listed->author;
        listed->receiver = listed->row->party;
    } else if (party == FIELD_ORI_DIV_CODE) {
        listed->issuer = listed->row->party;
        listed->receiver = listed->author;
    }
}

static bool same_or_any(struct division wanted, struct division have)
{
    return division_is_none(wanted) || division_equal(wanted, have);
}

/* A project's own state stands in its document. */
static bool row_state_fits(const struct list_filter *filter, const struct doc_row *row)
{
    return filter->state == NULL || kind_takes(kind_info(row->kind), FIELD_STATE, false) ||
           strcmp(filter->state, doc_state_name(row->state)) == 0;
}

static bool row_fits(const struct list_filter *filter, const struct listed *listed)
{
    const struct doc_row *row = listed->row;

    return (filter->year == 0 || row->year == filter->year) && row_state_fits(filter, row) &&
           (filter->from_ms == 0 || row->time_ms >= filter->from_ms) &&
           (filter->until_ms == 0 || row->time_ms < filter->until_ms) &&
           (!filter->has_least || row->amount >= filter->least) &&
           (!filter->has_most || row->amount <= filter->most) &&
           same_or_any(filter->receiver, listed->receiver) &&
           same_or_any(filter->issuer, listed->issuer);
}

/* --- what its line says --- */

/* The line that a document made, or is about, or that its payment is about. */
static bool load_line(struct txn *txn, const struct listed *listed, struct indicator *line)
{
    const struct kind_info *info = kind_info(listed->row->kind);
    const enum about about = info->about;
    struct bytes id = short_text_bytes(&listed->row->about);
    struct doc_row payment;

    if (about == ABOUT_NOTHING || about == ABOUT_ASK || info->splits) {
        return indicator_load(txn, listed->author, listed->id, line); /* one it may have made */
    }
    if (about == ABOUT_PAYMENT) {
        if (!doc_load(txn, listed->author, id, &payment)) {
            return false;
        }
        id = short_text_bytes(&payment.about);
    }
    return indicator_load(txn, listed->author, id, line);
}

static void take_line(struct txn *txn, struct listed *listed)
{
    struct indicator line;

    if (load_line(txn, listed, &line)) {
        listed->agency = line.agency;
        listed->project = line.project;
    }
}

/* A code that the body will not tell can be judged before it is read. */
static bool line_fits(const struct list_filter *filter, const struct listed *listed)
{
    const struct kind_info *info = kind_info(listed->row->kind);

    return (filter->agency.size == 0 || kind_takes(info, FIELD_AGENCY_CODE, false) ||
            bytes_equal(filter->agency, listed->agency)) &&
           (filter->project.size == 0 || kind_takes(info, FIELD_PRO_CODE, false) ||
            bytes_equal(filter->project, listed->project));
}

/* --- what its body says --- */

/* False when the store failed. What is not held has no fields. */
static bool read_document(struct listing *listing, struct listed *listed)
{
    struct err err;
    enum status status =
        bodies_read(listing->bodies, listed->author, listed->row->lsn, &listing->document, &err);

    if (status == ERR_NOT_FOUND) {
        document_clear(&listing->document, listed->row->kind);
    } else if (status != OK) {
        txn_fail(listing->txn, &err);
        return false;
    }
    return true;
}

/* What it says itself goes before what its line says. */
static void take_own(struct listed *listed)
{
    if (document_has(listed->document, FIELD_AGENCY_CODE)) {
        listed->agency = document_text(listed->document, FIELD_AGENCY_CODE);
    }
    if (document_has(listed->document, FIELD_PRO_CODE)) {
        listed->project = document_text(listed->document, FIELD_PRO_CODE);
    }
}

static bool contains(struct bytes text, struct bytes part)
{
    for (size_t at = 0; at + part.size <= text.size; at++) {
        if (memcmp(text.data + at, part.data, part.size) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_doc_no(const struct document *document, struct bytes part)
{
    return contains(document_text(document, FIELD_COR_BGT_DOC_NO), part) ||
           contains(document_text(document, FIELD_SUP_BGT_DOC_NO), part) ||
           contains(document_text(document, FIELD_APPROVAL_REF), part);
}

static bool has_text(const struct document *document, struct bytes part)
{
    for (int field = FIELD_ID; field < FIELDS; field++) {
        const struct field_info *info = field_info((enum field)field);

        if (info != NULL && info->name != NULL && !type_is_number(info->type) &&
            info->type != TYPE_HASH && document_has(document, (enum field)field) &&
            contains(document_text(document, (enum field)field), part)) {
            return true;
        }
    }
    return false;
}

static bool document_fits(const struct list_filter *filter, const struct listed *listed)
{
    return (filter->agency.size == 0 || bytes_equal(filter->agency, listed->agency)) &&
           (filter->project.size == 0 || bytes_equal(filter->project, listed->project)) &&
           (filter->doc_no.size == 0 || has_doc_no(listed->document, filter->doc_no)) &&
           (filter->text.size == 0 || has_text(listed->document, filter->text));
}

static bool state_fits(struct listing *listing, struct listed *listed)
{
    const char *wanted = listing->filter->state;
    const struct bytes own = document_text(listed->document, FIELD_STATE);

    listed->state = doc_state_name(listed->row->state);
    if (own.size > 0 && own.size < sizeof listing->own_state) {
        memcpy(listing->own_state, own.data, own.size);
        listing->own_state[own.size] = '\0';
        listed->state = listing->own_state;
    }
    return wanted == NULL || strcmp(wanted, listed->state) == 0;
}

/* --- one document --- */

/* False when the page must end here, before this document. */
static bool has_room(const struct list_page *page, const struct bodies *bodies)
{
    return page->shown < page->rows_max && page->read < page->read_max &&
           bodies->bytes_read < page->bytes_max;
}

static void look_at(struct listing *listing, struct listed *listed)
{
    const struct list_filter *filter = listing->filter;
    const bool by_line = filter->agency.size > 0 || filter->project.size > 0;

    take_sides(listed);
    if (!row_fits(filter, listed)) {
        return;
    }
    if (by_line) {
        take_line(listing->txn, listed);
    }
    if ((by_line && !line_fits(filter, listed)) || !read_document(listing, listed)) {
        return;
    }
    take_own(listed);
    if (!document_fits(filter, listed) || !state_fits(listing, listed)) {
        return;
    }
    if (!by_line) {
        take_line(listing->txn, listed);
        take_own(listed);
    }
    listing->page->shown++;
    listing->visit(listing->arg, listed);
}

static void read_listed(struct listing *listing, struct division author, struct bytes id)
{
    struct listed listed = {
        .author = author, .id = id, .row = &listing->row, .document = &listing->document};
    struct list_page *page = listing->page;

    page->read++;
    page->last_author = author;
    page->last_id = short_text_of(id);
    if (doc_load(listing->txn, author, id, &listing->row) && kind_info(listing->row.kind) != NULL) {
        look_at(listing, &listed);
    }
}

void list_documents_of(struct txn *txn, struct bodies *bodies, const struct list_filter *filter,
                       struct division author, uint64_t after_lsn, struct bytes after_id,
                       struct list_page *page, list_visit_fn *visit, void *arg)
{
    struct listing listing = {
        .txn = txn, .bodies = bodies, .filter = filter, .page = page, .visit = visit, .arg = arg};
    struct list_scan scan = list_scan_of(txn, author, filter->kind, after_lsn);
    bool behind = after_lsn == 0;
    struct bytes id;

    while (!page->left && list_scan_next(&scan, &id)) {
        if (!behind) {
            behind = bytes_equal(id, after_id); /* of the row that holds the cursor */
        } else if (has_room(page, bodies)) {
            read_listed(&listing, author, id);
        } else {
            page->left = true;
        }
    }
    list_scan_free(&scan);
}
