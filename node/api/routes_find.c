#include "node/api/routes_find.h"

#include "node/api/brief.h"
#include "node/api/page.h"
#include "node/api/routes_document.h"
#include "node/ledger/query/list.h"

enum {
    TEXT_BYTES_FOUND_MAX = 200,
    READ_MAX = 2000,               /* documents looked at for one page */
    UNPACKED_BYTES_MAX = 16 << 20, /* of the log, for one page */
};

struct finding {
    struct json_out out;
    const struct view *view;
    const struct roster_snapshot *roster;
    struct bodies bodies;
    struct list_filter filter;
    struct page page;
    struct list_page read;
    struct bytes text;
    struct division after_author; /* of the cursor; NONE: from the start */
    struct bytes after_id;
    struct document_row after;
    bool reached; /* the author of the cursor */
};

/* --- which kinds --- */

static bool has_number(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && (kind_takes(info, FIELD_COR_BGT_DOC_NO, false) ||
                            kind_takes(info, FIELD_SUP_BGT_DOC_NO, false) ||
                            kind_takes(info, FIELD_APPROVAL_REF, false));
}

/* --- rows --- */

static void write_found(struct finding *finding, const struct document_row *row,
                        const struct document *document)
{
    out_open(&finding->out, NULL, '{');
    write_document_row(&finding->out, row);
    write_brief(&finding->out, document, finding->roster);
    out_close(&finding->out, '}');
    finding->page.shown++;
}

static void visit_found(void *arg, const struct listed *listed)
{
    struct finding *finding = arg;
    struct document_row row;

    if (!bytes_equal(listed->id, finding->text) && /* told before all others */
        query_document(finding->view->txn, listed->author, listed->id, &row)) {
        write_found(finding, &row, listed->document);
    }
}

static void find_by_id(struct finding *finding, struct division author)
{
    struct document document;
    struct document_row row;
    struct err err;

    if (finding->text.size > DOCUMENT_ID_MAX ||
        !query_document(finding->view->txn, author, finding->text, &row)) {
        return;
    }
    if (bodies_read(&finding->bodies, author, row.lsn, &document, &err) != OK) {
        document_clear(&document, row.kind); /* not held, or damaged: the row alone */
    }
    write_found(finding, &row, &document);
}

/* Nothing before the author of the cursor, and behind its document. */
static void find_by_number(struct finding *finding, struct division author)
{
    const bool here = division_equal(author, finding->after_author);

    finding->reached = finding->reached || here;
    for (uint32_t kind = here ? finding->after.kind : KIND_USER_FIRST;
         finding->reached && kind < KINDS_END && !finding->read.left; kind++) {
        const bool goes_on = here && kind == finding->after.kind;

        if (has_number(kind)) {
            finding->filter.kind = kind;
            list_documents_of(finding->view->txn, &finding->bodies, &finding->filter, author,
                              goes_on ? finding->after.lsn : 0, finding->after_id, &finding->read,
                              visit_found, finding);
        }
    }
}

/* --- the page --- */

/* Whose documents are in sight: this node's first. */
static void each_author(struct finding *finding, struct division self,
                        void (*find)(struct finding *finding, struct division author))
{
    const struct roster_snapshot *roster = finding->roster;

    find(finding, self);
    for (size_t i = 0; i < roster->count; i++) {
        const struct place *place = &roster->at[i];

        if ((place->above || place->below) && !division_equal(place->division, self)) {
            find(finding, place->division);
        }
    }
}

static void find_all(struct finding *finding, struct division self)
{
    finding->reached = division_is_none(finding->after_author);
    if (finding->reached) {
        each_author(finding, self, find_by_id);
    }
    each_author(finding, self, find_by_number);
}

static void write_finding(struct finding *finding, struct division self)
{
    struct list_page *read = &finding->read;
    struct page *page = &finding->page;

    *read = (struct list_page){
        .rows_max = page->rows_max, .read_max = READ_MAX, .bytes_max = UNPACKED_BYTES_MAX};
    out_open(&finding->out, NULL, '{');
    out_open(&finding->out, "rows", '[');
    find_all(finding, self);
    out_close(&finding->out, ']');
    page->left = read->left;
    page->total = page->shown;
    page->total_is_least = read->left || !division_is_none(finding->after_author);
    if (!division_is_none(read->last_author)) {
        cursor_format(page->next, read->last_author, read->last_id.at);
    }
    out_count(&finding->out, "read", read->read);
    write_page(&finding->out, page);
    out_close(&finding->out, '}');
}

/* --- the request --- */

/* False with bad_request answered. */
static bool read_text(const struct request *request, struct answer *answer, struct bytes *out)
{
    const char *typed = request->query(request->connection, "text");

    *out = typed == NULL ? BYTES_NONE : bytes_text(typed);
    if (out->size == 0 || out->size > TEXT_BYTES_FOUND_MAX) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_filter name=%s bytes_max=%d", "text",
                      TEXT_BYTES_FOUND_MAX);
        return false;
    }
    return true;
}

static bool is_in_sight(const struct finding *finding, struct division division)
{
    const struct place *place = roster_snapshot_place(finding->roster, division);

    return place != NULL && (place->above || place->below);
}

/* The cursor names the last document that was looked at. False with bad_request answered. */
static bool read_cursor(const struct request *request, struct answer *answer,
                        struct finding *finding)
{
    finding->after_author = DIVISION_NONE;
    if (finding->page.after[0] == '\0') {
        return true;
    }
    if (!cursor_parse(finding->page.after, &finding->after_author, &finding->after_id) ||
        !is_in_sight(finding, finding->after_author) ||
        !query_document(finding->view->txn, finding->after_author, finding->after_id,
                        &finding->after) ||
        !has_number(finding->after.kind)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_after value=%s", finding->page.after);
        return false;
    }
    return true;
}

void get_find(struct request *request, struct answer *answer)
{
    struct finding finding = {.out = json_to(&answer->body)};
    struct roster_snapshot *roster;
    struct view view;

    if (!read_text(request, answer, &finding.text) ||
        !request_page(request, answer, &finding.page)) {
        return;
    }
    finding.filter.doc_no = finding.text;
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    finding.view = &view;
    finding.roster = roster;
    if (roster != NULL && read_cursor(request, answer, &finding)) {
        bodies_open(&finding.bodies, view.store, view.snapshot);
        write_finding(&finding, request->service->self);
        bodies_close(&finding.bodies);
        (void)view_sound(&view, request, answer);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
