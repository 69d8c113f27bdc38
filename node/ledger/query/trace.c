#include "node/ledger/query/trace.h"

#include <assert.h>
#include <stdio.h>

#include "node/ledger/query/trace_place.h"
#include "node/ledger/rows/children.h"

enum {
    LEVELS_MAX = 256,     /* of a chain, up or down; honest ones have a few a division */
    COUNT_ROWS_MAX = 500, /* read for the total: a line with a million below it costs no more */
};

/* A document whose consequences are being visited, or the project at the head of all. */
struct frame {
    struct trace_place place;
    bool project;       /* place.id is its code */
    bool answer_due;    /* of a transfer: comes after its own division's children */
    struct buf ids;     /* of children, as read */
    size_t next;        /* the first byte in `ids` not yet visited */
    uint64_t after_lsn; /* children up to here were visited */
    uint64_t read_lsn;  /* up to where `ids` goes; 0: they are the last ones */
    bool read;
};

struct trace {
    struct txn *txn;
    const struct trace_request *request;
    struct trace_place start; /* kind 0: a project */
    struct trace_place up[LEVELS_MAX];
    size_t up_count; /* origins, nearest first */
    struct frame frames[LEVELS_MAX];
    size_t depth; /* frames in use */
    bool cut;     /* a chain is longer than LEVELS_MAX */
    bool full;    /* the page is, and steps are left */
    struct trace_page *page;
    void (*visit)(void *arg, const struct trace_step *step);
    void *arg;
};

static bool is_project(const struct trace *trace)
{
    return trace->start.kind == 0;
}

/* --- frames --- */

static struct frame *push(struct trace *trace, const struct trace_place *place)
{
    struct frame *frame;

    if (trace->depth == LEVELS_MAX) {
        trace->cut = true;
        return NULL;
    }
    frame = &trace->frames[trace->depth++];
    *frame = (struct frame){.place = *place,
                            .project = place->kind == 0,
                            .answer_due = kind_is_answered(place->kind),
                            .ids = BUF_EMPTY};
    return frame;
}

static void pop(struct trace *trace)
{
    buf_free(&trace->frames[--trace->depth].ids);
}

static void read_more(struct txn *txn, struct frame *frame)
{
    const struct bytes parent = short_text_bytes(&frame->place.id);
    struct children children;

    buf_clear(&frame->ids);
    frame->next = 0;
    frame->read = true;
    frame->read_lsn = 0;
    if (frame->project) {
        project_lines_read(txn, frame->place.division, parent, frame->after_lsn, &frame->ids,
                           &frame->read_lsn);
    } else if (children_load(txn, frame->place.division, parent, &children) && children.count > 0) {
        children_read(txn, frame->place.division, parent, frame->after_lsn, &frame->ids,
                      &frame->read_lsn);
    }
}

/* The next of the ids that were read. */
static bool next_read(struct txn *txn, struct frame *frame, struct trace_place *out)
{
    const struct bytes ids = buf_bytes(&frame->ids);

    while (frame->next < ids.size) {
        struct reader reader = reader_of(bytes_of(ids.data + frame->next, ids.size - frame->next));
        struct bytes id;

        if (!list_next(&reader, &id)) {
            frame->next = ids.size;
            return false;
        }
        frame->next = ids.size - reader_left(&reader);
        if (trace_place_load(txn, frame->place.division, id, out) && out->lsn > frame->after_lsn &&
            (!frame->project || trace_place_heads(txn, out, short_text_bytes(&frame->place.id)))) {
            frame->after_lsn = out->lsn;
            return true;
        }
    }
    return false;
}

static bool next_child(struct txn *txn, struct frame *frame, struct trace_place *out)
{
    for (;;) {
        if (!frame->read) {
            read_more(txn, frame);
        }
        if (next_read(txn, frame, out)) {
            return true;
        }
        if (frame->read_lsn == 0) {
            break;
        }
        frame->after_lsn = frame->read_lsn > frame->after_lsn ? frame->read_lsn : frame->after_lsn;
        frame->read = false;
    }
    if (frame->answer_due) {
        frame->answer_due = false;
        return trace_place_answer(txn, &frame->place, out);
    }
    return false;
}

/* --- telling --- */

static const char *relation_of(const struct trace *trace, const struct trace_place *place)
{
    const struct kind_info *info = kind_info(place->kind);

    if (is_project(trace) && trace->depth <= 1) {
        return "of_project";
    }
    return info != NULL && info->relation != NULL ? info->relation : "about";
}

/* False when the page is full. */
static bool tell(struct trace *trace, const struct trace_place *place, size_t depth,
                 const char *relation)
{
    struct trace_page *page = trace->page;
    struct trace_step step = {.depth = (unsigned)depth};

    if (page->shown == trace->request->steps_max) {
        trace->full = true;
        return false;
    }
    if (query_document(trace->txn, place->division, short_text_bytes(&place->id), &step.row)) {
        (void)snprintf(step.relation, sizeof step.relation, "%s", relation);
        trace->visit(trace->arg, &step);
    }
    page->shown++;
    page->next = place->division;
    (void)snprintf(page->next_id, sizeof page->next_id, "%s", place->id.at);
    return true;
}

/* Origins from `up[from - 1]` on towards the document, then itself. */
static bool tell_origins(struct trace *trace, size_t from)
{
    for (size_t i = from; i-- > 0;) {
        if (!tell(trace, &trace->up[i], trace->up_count - 1 - i, "origin")) {
            return false;
        }
    }
    return is_project(trace) || tell(trace, &trace->start, trace->up_count, "this");
}

static void tell_consequences(struct trace *trace)
{
    while (trace->depth > 0) {
        struct trace_place child;

        if (!next_child(trace->txn, &trace->frames[trace->depth - 1], &child)) {
            pop(trace);
            continue;
        }
        if (!tell(trace, &child, trace->up_count + trace->depth - is_project(trace),
                  relation_of(trace, &child))) {
            return;
        }
        (void)push(trace, &child);
    }
}

/* --- where to begin --- */

static bool is_head(const struct trace *trace, const struct trace_place *place)
{
    if (!is_project(trace)) {
        return trace_place_same(place, &trace->start);
    }
    return division_equal(place->division, trace->start.division) &&
           trace_place_heads(trace->txn, place, short_text_bytes(&trace->start.id));
}

/* The frame goes on behind `child`. */
static void skip_to(struct frame *frame, const struct trace_place *child)
{
    frame->after_lsn = child->lsn;
    if (!division_equal(frame->place.division, child->division)) { /* the answer comes last */
        frame->read = true;
        frame->answer_due = false;
    }
}

/* Frames from the start down to the document of the cursor. False when it does not lead up there.
 */
static bool push_path(struct trace *trace, const struct trace_place *last)
{
    struct trace_place path[LEVELS_MAX];
    size_t count = 0;

    path[count++] = *last;
    while (!is_head(trace, &path[count - 1])) {
        if (count == LEVELS_MAX || !trace_place_up(trace->txn, &path[count - 1], &path[count])) {
            return false;
        }
        count++;
    }
    if (is_project(trace)) {
        skip_to(push(trace, &trace->start), &path[count - 1]);
    }
    while (count-- > 0) {
        struct frame *frame = push(trace, &path[count]);

        if (frame == NULL) {
            return false;
        }
        if (count > 0) {
            skip_to(frame, &path[count - 1]);
        }
    }
    return true;
}

/* Returns false when the cursor names no step. */
static bool begin(struct trace *trace)
{
    const struct trace_request *request = trace->request;
    struct trace_place last;

    if (division_is_none(request->after)) {
        if (tell_origins(trace, trace->up_count)) {
            (void)push(trace, &trace->start);
        }
        return true;
    }
    if (!trace_place_load(trace->txn, request->after, request->after_id, &last)) {
        return false;
    }
    for (size_t i = 0; i < trace->up_count; i++) {
        if (trace_place_same(&trace->up[i], &last)) {
            if (tell_origins(trace, i)) {
                (void)push(trace, &trace->start);
            }
            return true;
        }
    }
    return push_path(trace, &last);
}

static bool find_start(struct trace *trace)
{
    const struct trace_request *request = trace->request;
    struct catalogue_row project;
    struct trace_place place;
    struct row_key key;

    if (trace_place_load(trace->txn, request->author, request->id, &trace->start)) {
        place = trace->start;
        while (trace_place_up(trace->txn, &place, &place)) {
            if (trace->up_count == LEVELS_MAX) {
                trace->cut = true;
                break;
            }
            trace->up[trace->up_count++] = place;
        }
        return true;
    }
    if (request->id.size == 0 || request->id.size > DOCUMENT_ID_MAX) {
        return false;
    }
    key = row_key_of(ROW_PROJECT, request->author, request->id);
    trace->start =
        (struct trace_place){.division = request->author, .id = short_text_of(request->id)};
    return catalogue_load(trace->txn, &key, &project);
}

static uint64_t count_project(struct trace *trace, size_t *rows_left)
{
    struct frame frame = {.place = trace->start, .project = true, .ids = BUF_EMPTY};
    struct trace_place head;
    uint64_t total = 0;

    while (*rows_left > 0 && next_child(trace->txn, &frame, &head)) {
        (*rows_left)--;
        total += 1 + trace_place_count(trace->txn, &head, rows_left);
    }
    buf_free(&frame.ids);
    return total;
}

static void count_all(struct trace *trace)
{
    size_t rows_left = COUNT_ROWS_MAX;

    trace->page->total =
        is_project(trace)
            ? count_project(trace, &rows_left)
            : trace->up_count + 1 + trace_place_count(trace->txn, &trace->start, &rows_left);
    trace->page->total_exact = rows_left > 0;
}

enum trace_outcome query_trace(struct txn *txn, const struct trace_request *request,
                               void (*visit)(void *arg, const struct trace_step *step), void *arg,
                               struct trace_page *page)
{
    struct trace *trace = mem_zalloc(sizeof *trace);
    enum trace_outcome outcome = TRACE_UNKNOWN;

    *trace =
        (struct trace){.txn = txn, .request = request, .page = page, .visit = visit, .arg = arg};
    *page = (struct trace_page){.shown = 0};
    if (!find_start(trace)) {
        goto out;
    }
    outcome = TRACE_BAD_CURSOR;
    if (!begin(trace)) {
        goto out;
    }
    outcome = TRACE_DONE;
    tell_consequences(trace);
    count_all(trace);
    page->complete = !trace->full && !trace->cut;
    if (!trace->full) {
        page->next = DIVISION_NONE;
        page->next_id[0] = '\0';
    }
out:
    while (trace->depth > 0) {
        pop(trace);
    }
    mem_free(trace);
    return outcome;
}
