#include "node/api/list.h"

#include <stdio.h>

#include "node/api/feed_request.h"
#include "node/api/list_request.h"
#include "node/api/names.h"

enum {
    FILTERED_READ_MAX = 2000,      /* documents looked at for one page */
    UNPACKED_BYTES_MAX = 16 << 20, /* of the log, for one page */
    PIECE_ROWS_MAX = 500,
    YEAR_READS_MAX = 1000,  /* for a total of one year: documents */
    COUNT_READS_MAX = 2000, /* for a total: see query_list_count */
};

struct writing {
    struct json_out out;
    struct names names;
};

/* --- one row --- */

/* Beside what its row tells: whom it concerns, what for, under which number. */
static const enum field told[] = {
    FIELD_ELE_CATALOG_CODE,
    FIELD_ELE_CODE,
    FIELD_ELE_NAME,
    FIELD_PARENT_CODE,
    FIELD_ACCT_NO,
    FIELD_ACCT_NAME,
    FIELD_BANK_NAME,
    FIELD_NAME,
    FIELD_ROLE,
    FIELD_ORI_BGT_ID,
    FIELD_FROM_BGT_ID,
    FIELD_BGT_ID,
    FIELD_PAY_APP_ID,
    FIELD_COR_BGT_DOC_NO,
    FIELD_SUP_BGT_DOC_NO,
    FIELD_APPROVAL_REF,
    FIELD_DOC_TITLE,
    FIELD_PAYEE_ACCT_NAME,
    FIELD_USE_DES,
    FIELD_XPAY_DATE,
    FIELD_REASON,
    FIELD_OUTCOME,
    FIELD_ENABLED,
    FIELD_OPERATOR_KEY,
    FIELD_ENTERED_BY,
    FIELD_STAGE,
    FIELD_EARLY_BGT_ID,
    FIELD_ESTIMATE_ID,
    FIELD_RECALL_ID,
    FIELD_FROM_CODE,
    FIELD_TO_CODE,
    FIELD_POLICY_CODE,
    FIELD_POLICY_VALUE,
    FIELD_SCOPE,
    FIELD_DATE,
    FIELD_END_DATE,
    FIELD_MONTH,
    FIELD_TAKE_FROM,
};

static void write_told(struct json_out *out, const struct document *document)
{
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        if (document_has(document, told[i])) {
            out_field(out, field_info(told[i])->name, document, told[i]);
        }
    }
}

/* receiver or issuer, whichever is not the author */
static void write_party(struct writing *writing, const struct listed *listed)
{
    struct json_out *out = &writing->out;

    if (!division_is_none(listed->receiver) && !division_equal(listed->receiver, listed->author)) {
        out_text(out, "receiver", listed->receiver.code);
        out_division_name(out, "receiver_name", &writing->names, listed->receiver);
    }
    if (!division_is_none(listed->issuer) && !division_equal(listed->issuer, listed->author)) {
        out_text(out, "issuer", listed->issuer.code);
        out_division_name(out, "issuer_name", &writing->names, listed->issuer);
    }
}

/* A code and its name: the document's own, where it says it. */
static void write_owned(struct writing *writing, const struct listed *listed, enum field code_field,
                        enum field name_field, char letter, struct bytes code)
{
    const char *key = field_info(name_field)->name;
    const struct bytes own = document_text(listed->document, name_field);

    if (code.size == 0) {
        return;
    }
    out_bytes(&writing->out, field_info(code_field)->name, code);
    if (own.size > 0) {
        out_bytes(&writing->out, key, own);
    } else {
        out_owned_name(&writing->out, key, &writing->names, letter, listed->author, code);
    }
}

static void write_row(struct writing *writing, const struct listed *listed)
{
    const struct doc_row *row = listed->row;
    struct json_out *out = &writing->out;
    char year[16] = ""; /* of any */

    if (row->year != 0) {
        (void)snprintf(year, sizeof year, "%04d", row->year);
    }
    out_text(out, "division", listed->author.code);
    out_bytes(out, "id", listed->id);
    out_text(out, "kind", kind_info(row->kind)->name);
    out_text(out, "fiscal_year", year);
    out_text(out, "state", listed->state);
    out_amount(out, "amount", row->amount);
    out_count(out, "lsn", row->lsn);
    out_time(out, "time", row->time_ms);
    write_party(writing, listed);
    write_owned(writing, listed, FIELD_AGENCY_CODE, FIELD_AGENCY_NAME, ROW_AGENCY, listed->agency);
    write_owned(writing, listed, FIELD_PRO_CODE, FIELD_PRO_NAME, ROW_PROJECT, listed->project);
    write_told(out, listed->document);
}

static void visit_listed(void *arg, const struct listed *listed)
{
    struct writing *writing = arg;

    out_open(&writing->out, NULL, '{');
    write_row(writing, listed);
    out_close(&writing->out, '}');
}

/* --- the page --- */

/* What fits a filter is only known by looking at all; what is shown is the least there is. */
static void count(struct page *page, const struct list_request *list, const struct list_page *read,
                  struct txn *txn)
{
    const struct list_filter *filter = &list->filter;
    size_t reads_left = filter->year != 0 ? YEAR_READS_MAX : COUNT_READS_MAX;

    page->shown = read->shown;
    page->left = read->left;
    if (!list_filter_asks(filter)) {
        for (size_t i = 0; i < list->author_count; i++) {
            page->total +=
                query_list_count(txn, list->authors[i], filter->kind, filter->year, &reads_left);
        }
        page->total_is_least = reads_left == 0;
    } else {
        page->total_is_least = page->left || !division_is_none(list->after_author);
    }
    page->total = page->total < page->shown ? page->shown : page->total;
    if (!division_is_none(read->last_author)) {
        cursor_format(page->next, read->last_author, read->last_id.at);
    }
}

/* From the request's cursor on, as many rows as `read` allows. */
static void read_rows(struct writing *writing, const struct list_request *list,
                      struct bodies *bodies, struct list_page *read, list_visit_fn *visit)
{
    bool reached = division_is_none(list->after_author);

    read->read_max = list_filter_asks(&list->filter) ? FILTERED_READ_MAX : SIZE_MAX;
    read->bytes_max = UNPACKED_BYTES_MAX;
    for (size_t i = 0; i < list->author_count && !read->left; i++) {
        const bool here = division_equal(list->authors[i], list->after_author);

        reached = reached || here;
        if (reached) {
            list_documents_of(writing->names.txn, bodies, &list->filter, list->authors[i],
                              here ? list->after_lsn : 0, list->after_id, read, visit, writing);
        }
    }
}

static void write_list(struct writing *writing, const struct list_request *list,
                       struct bodies *bodies, struct page *page)
{
    struct list_page read = {.rows_max = page->rows_max};

    out_open(&writing->out, NULL, '{');
    out_open(&writing->out, "rows", '[');
    read_rows(writing, list, bodies, &read, visit_listed);
    out_close(&writing->out, ']');
    count(page, list, &read, writing->names.txn);
    if (list_filter_asks(&list->filter)) {
        out_count(&writing->out, "read", read.read);
    }
    write_page(&writing->out, page);
    out_close(&writing->out, '}');
}

/* --- the whole list, piece by piece --- */

struct list_stream {
    struct request request; /* what it points to lasts as long as its answer */
    struct feed_reader reader;
    char after[CURSOR_BYTES_MAX];
    uint64_t rows_left;
};

static void visit_line(void *arg, const struct listed *listed)
{
    struct writing *writing = arg;

    visit_listed(arg, listed);
    out_end_line(&writing->out);
}

/* The next rows of this moment: a log only grows, so a list goes on where it stood. */
static enum stream_next write_piece(struct list_stream *stream, const struct view *view,
                                    const struct roster_snapshot *roster,
                                    const struct list_request *list, struct buf *out,
                                    struct err *why)
{
    struct writing writing = {json_to(out), {view->txn, roster}};
    struct list_page read = {.rows_max = stream->rows_left < PIECE_ROWS_MAX
                                             ? (size_t)stream->rows_left
                                             : PIECE_ROWS_MAX};
    const size_t begun = out->size;
    struct bodies bodies;

    bodies_open(&bodies, view->store, view->snapshot);
    read_rows(&writing, list, &bodies, &read, visit_line);
    bodies_close(&bodies);
    if (view_status(view, why) != OK) {
        out->size = begun; /* a row may be missing among them */
        return STREAM_FAILED;
    }
    stream->rows_left -= read.shown;
    if (!division_is_none(read.last_author)) {
        cursor_format(stream->after, read.last_author, read.last_id.at);
    }
    return read.left && stream->rows_left > 0 ? STREAM_MORE : STREAM_END;
}

static enum stream_next fill_list(void *state, struct buf *out, struct err *why)
{
    struct list_stream *stream = state;
    struct answer error = {.body = BUF_EMPTY}; /* for nobody: *why says it */
    enum stream_next next = STREAM_FAILED;
    struct roster_snapshot *roster;
    struct list_request list;
    struct page page = {.rows_max = PIECE_ROWS_MAX};
    struct view view;

    if (!feed_may_go_on(&stream->reader, clock_mono_ms(&stream->request.service->clock), why)) {
        return STREAM_FAILED;
    }
    memcpy(page.after, stream->after, sizeof page.after);
    view_open(&view, stream->request.service);
    roster = roster_snapshot_open(&view, &stream->request, &error);
    if (roster != NULL &&
        list_request_read(&stream->request, &error, &view, roster, &page, &list)) {
        next = write_piece(stream, &view, roster, &list, out, why);
    } else {
        (void)view_status(&view, why);
    }
    roster_snapshot_release(stream->request.service, roster);
    view_close(&view);
    buf_free(&error.body);
    return next;
}

static bool wants_lines(const struct request *request)
{
    const char *accept = request->header(request->connection, "Accept");

    return accept != NULL && strstr(accept, "application/x-ndjson") != NULL;
}

static void stream_list(const struct request *request, struct answer *answer,
                        const struct page *page)
{
    const bool limited = request->query(request->connection, "limit") != NULL;
    struct list_stream *stream = mem_zalloc(sizeof *stream);
    const struct stream_source source = {.fill = fill_list, .close = mem_free, .state = stream};

    stream->request = *request;
    stream->reader = feed_reader_of(request);
    stream->rows_left = limited ? page->rows_max : UINT64_MAX;
    memcpy(stream->after, page->after, sizeof stream->after);
    answer_stream(answer, "application/x-ndjson; charset=utf-8", &source);
}

static void answer_list(const struct request *request, struct answer *answer,
                        const struct view *view, const struct roster_snapshot *roster,
                        struct page *page)
{
    struct writing writing = {json_to(&answer->body), {view->txn, roster}};
    struct list_request list;
    struct bodies bodies;

    if (!list_request_read(request, answer, view, roster, page, &list)) {
        return;
    }
    if (wants_lines(request)) {
        stream_list(request, answer, page);
        return;
    }
    bodies_open(&bodies, view->store, view->snapshot);
    write_list(&writing, &list, &bodies, page);
    bodies_close(&bodies);
    (void)view_sound(view, request, answer);
}

void list_documents(struct request *request, struct answer *answer)
{
    struct roster_snapshot *roster;
    struct page page;
    struct view view;

    if (!request_page(request, answer, &page)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL) {
        answer_list(request, answer, &view, roster, &page);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
