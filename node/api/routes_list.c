#include "node/api/routes_list.h"

#include <stdio.h>

#include "node/api/brief.h"
#include "node/api/page.h"
#include "node/api/routes_document.h"
#include "node/ledger/query/bodies.h"
#include "node/ledger/query/trace.h"

struct steps {
    struct json_out *out;
    bool brief; /* each with what its document says, too */
    struct bodies bodies;
    const struct roster_snapshot *roster;
};

/* What for: the first of these that it says. */
static void write_purpose(struct json_out *out, const struct document *document)
{
    static const enum field fields[] = {FIELD_USE_DES, FIELD_DOC_TITLE, FIELD_REASON, FIELD_MEMO};

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (document_has(document, fields[i])) {
            out_bytes(out, "purpose", document_text(document, fields[i]));
            return;
        }
    }
}

static void write_step(void *arg, const struct trace_step *step)
{
    struct steps *steps = arg;
    struct json_out *out = steps->out;
    struct document document;
    struct err err;

    out_open(out, NULL, '{');
    out_count(out, "depth", step->depth);
    out_text(out, "relation", step->relation);
    write_document_row(out, &step->row);
    if (steps->brief &&
        bodies_read(&steps->bodies, step->row.author, step->row.lsn, &document, &err) == OK) {
        write_brief(out, &document, steps->roster);
        write_purpose(out, &document);
    }
    out_close(out, '}');
}

static void write_trace(struct json_out *out, const struct trace_request *trace, struct page *page,
                        const struct trace_page *told)
{
    page->shown = told->shown;
    page->total = told->total;
    page->total_is_least = !told->total_exact;
    page->left = !told->complete;
    if (!division_is_none(told->next)) {
        cursor_format(page->next, told->next, told->next_id);
    }
    out_close(out, ']');
    out_text(out, "division", trace->author.code);
    out_bytes(out, "id", trace->id);
    write_page(out, page);
    out_close(out, '}');
}

/* False with the error answered. */
static bool read_trace_request(const struct request *request, struct answer *answer,
                               struct trace_request *trace, struct page *page)
{
    if (!request_author(request, answer, &trace->author) || !request_page(request, answer, page)) {
        return false;
    }
    trace->id = bytes_text(request->argument[0]);
    trace->steps_max = page->rows_max;
    if (page->after[0] != '\0' && !cursor_parse(page->after, &trace->after, &trace->after_id)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_after value=%s", page->after);
        return false;
    }
    return true;
}

static void answer_trace(const struct request *request, struct answer *answer,
                         const struct view *view, const struct roster_snapshot *roster,
                         const struct trace_request *trace, struct page *page)
{
    struct json_out out = json_to(&answer->body);
    struct steps steps = {.out = &out,
                          .brief = request->query(request->connection, "brief") != NULL,
                          .roster = roster};
    struct trace_page told;

    bodies_open(&steps.bodies, view->store, view->snapshot);
    out_open(&out, NULL, '{');
    out_open(&out, "steps", '[');
    switch (query_trace(view->txn, trace, write_step, &steps, &told)) {
    case TRACE_DONE:
        write_trace(&out, trace, page, &told);
        break;
    case TRACE_UNKNOWN:
        answer_no_document(request, answer, view);
        break;
    case TRACE_BAD_CURSOR:
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_after value=%s", page->after);
        break;
    }
    bodies_close(&steps.bodies);
    (void)view_sound(view, request, answer);
}

void get_trace(struct request *request, struct answer *answer)
{
    struct trace_request trace = {.after = DIVISION_NONE};
    struct roster_snapshot *roster;
    struct page page;
    struct view view;

    if (!read_trace_request(request, answer, &trace, &page)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL) {
        answer_trace(request, answer, &view, roster, &trace, &page);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
