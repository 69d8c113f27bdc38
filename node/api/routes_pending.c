#include "node/api/routes_pending.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/api/brief.h"
#include "node/api/page.h"
#include "node/api/person.h"
#include "node/api/verdict.h"
#include "node/office/pending.h"
#include "node/office/set_aside.h"

struct listing {
    struct json_out out;
    struct page page;
    const struct request *request;
    struct txn *txn;
    struct roster_snapshot *roster;
    char maker[64]; /* whose; "": everybody's */
    uint64_t now_ms;
};

static void write_age(struct json_out *out, uint64_t since_ms, uint64_t now_ms)
{
    out_count(out, "age_s", now_ms > since_ms ? (now_ms - since_ms) / 1000 : 0);
}

static bool is_wanted(const struct listing *listing, const char *maker)
{
    return listing->maker[0] == '\0' || strcmp(listing->maker, maker) == 0;
}

/* False when the page is full. */
static bool take_row(struct page *page)
{
    if (page->shown == page->rows_max) {
        page->left = true;
        return false;
    }
    page->shown++;
    return true;
}

/* --- what waits --- */

static void write_draft(struct json_out *out, const struct draft_row *row,
                        const struct listing *listing)
{
    out_document(out, &row->document);
    write_brief(out, &row->document, listing->roster);
    out_text(out, "maker", row->maker);
    out_time(out, "time", row->unix_ms);
    write_age(out, row->unix_ms, listing->now_ms);
    out_count(out, "batch", row->batch);
    out_hex(out, "hash", &row->hash, sizeof row->hash);
    if (row->would_refuse.reason != REASON_NONE) {
        write_refusal(out, "would_refuse", "would_refuse_message", &row->would_refuse,
                      listing->request->language);
    }
}

static bool list_draft(void *arg, const struct draft_row *row)
{
    struct listing *listing = arg;

    if (!is_wanted(listing, row->maker)) {
        return true;
    }
    if (!take_row(&listing->page)) {
        return false;
    }
    out_open(&listing->out, NULL, '{');
    write_draft(&listing->out, row, listing);
    out_close(&listing->out, '}');
    (void)snprintf(listing->page.next, sizeof listing->page.next, "draft:%" PRIu64, row->sequence);
    return true;
}

/* --- what was sent back --- */

static void write_aside(struct json_out *out, const struct set_aside *row, enum language language)
{
    const bool refused = row->refusal.reason != REASON_NONE;

    out_text(out, "id", row->id);
    out_text(out, "state", refused ? "refused" : "rejected");
    out_text(out, "checker", row->checker);
    out_time(out, "time", row->unix_ms);
    if (refused) {
        write_refusal(out, "reason", "message", &row->refusal, language);
    } else {
        out_text(out, "reason", row->why);
        out_text(out, "message", row->why);
    }
    out_text(out, "maker", row->maker);
    out_time(out, "submitted", row->made_ms);
}

static bool list_aside(void *arg, const struct set_aside *row)
{
    struct listing *listing = arg;
    struct json_out *out = &listing->out;
    const char *after = listing->page.after + strlen("aside:");
    struct document document;
    struct err err;

    if (!is_wanted(listing, row->maker) ||
        (strncmp(listing->page.after, "aside:", 6) == 0 && strcmp(row->id, after) == 0)) {
        return true;
    }
    if (!take_row(&listing->page)) {
        return false;
    }
    out_open(out, NULL, '{');
    write_aside(out, row, listing->request->language);
    if (document_decode(&document, row->kind, row->body, &err) == OK) {
        out_text(out, "kind", kind_info(row->kind)->name);
        write_brief(out, &document, listing->roster);
    }
    out_close(out, '}');
    (void)snprintf(listing->page.next, sizeof listing->page.next, "aside:%s", row->id);
    return true;
}

/* --- how much of it there is --- */

struct batch_sum {
    struct listing *listing;
    uint64_t number, count; /* 0: none yet */
    int128 total;
};

static void write_batch(struct batch_sum *sum)
{
    struct json_out *out = &sum->listing->out;
    struct batch_row batch;

    if (sum->count > 0 && batch_find(sum->listing->txn, sum->number, &batch) &&
        is_wanted(sum->listing, batch.maker)) {
        out_open(out, NULL, '{');
        out_count(out, "batch", sum->number);
        out_text(out, "file", batch.file);
        out_text(out, "maker", batch.maker);
        out_time(out, "time", batch.unix_ms);
        write_age(out, batch.unix_ms, sum->listing->now_ms);
        out_count(out, "count", sum->count);
        out_amount(out, "total", sum->total);
        out_close(out, '}');
    }
    sum->count = 0;
    sum->total = 0;
}

/* The drafts of a post have consecutive sequences. */
static bool add_to_batch(void *arg, const struct draft *draft)
{
    struct batch_sum *sum = arg;
    struct document document;
    struct err err;

    if (draft->batch != sum->number) {
        write_batch(sum);
        sum->number = draft->batch;
    }
    sum->count++;
    if (document_decode(&document, draft->kind, draft->body, &err) == OK) {
        sum->total += document_money(&document);
    }
    return true;
}

static void write_batches(struct listing *listing)
{
    struct batch_sum sum = {.listing = listing};

    if (listing->page.after[0] != '\0') {
        return;
    }
    out_open(&listing->out, "batches", '[');
    draft_each(listing->txn, add_to_batch, &sum);
    write_batch(&sum);
    out_close(&listing->out, ']');
}

static bool count_batch(void *arg, uint64_t number, const struct batch_row *batch)
{
    struct listing *listing = arg;
    uint64_t remaining;

    if (is_wanted(listing, batch->maker) && batch_remaining(listing->txn, number, &remaining)) {
        listing->page.total += remaining;
    }
    return true;
}

static bool count_aside(void *arg, const struct set_aside *row)
{
    struct listing *listing = arg;

    listing->page.total += is_wanted(listing, row->maker);
    return true;
}

/* --- the page --- */

/* Where it begins: a draft's sequence, or UINT64_MAX behind all of them. False with the error
 * answered. */
static bool read_cursor(const struct request *request, struct answer *answer,
                        const struct page *page, uint64_t *sequence)
{
    const char *after = page->after;
    char *end = NULL;

    *sequence = 0;
    if (after[0] == '\0') {
        return true;
    }
    if (strncmp(after, "aside:", 6) == 0) {
        *sequence = UINT64_MAX;
        return true;
    }
    if (strncmp(after, "draft:", 6) == 0 && after[6] >= '0' && after[6] <= '9') {
        *sequence = strtoull(after + 6, &end, 10);
    }
    if (end == NULL || *end != '\0' || *sequence == UINT64_MAX) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_after value=%s", after);
        return false;
    }
    ++*sequence;
    return true;
}

static void write_listing(struct listing *listing, uint64_t sequence)
{
    struct json_out *out = &listing->out;
    const char *from = sequence == UINT64_MAX ? listing->page.after + 6 : "";

    out_open(out, NULL, '{');
    out_open(out, "rows", '[');
    if (sequence != UINT64_MAX) {
        node_pending_from(listing->txn, sequence, list_draft, listing);
    }
    out_close(out, ']');
    out_open(out, "rejected", '[');
    if (!listing->page.left) {
        set_aside_each(listing->txn, from, list_aside, listing);
    }
    out_close(out, ']');
    write_batches(listing);
    batch_each(listing->txn, count_batch, listing);
    set_aside_each(listing->txn, "", count_aside, listing);
    write_page(out, &listing->page);
    out_close(out, '}');
}

/* ?mine=1: whose session it is. False with the error answered. */
static bool read_maker(const struct request *request, struct answer *answer, char maker[64])
{
    const char *mine = request->query(request->connection, "mine");

    maker[0] = '\0';
    if (mine == NULL || strcmp(mine, "1") != 0) {
        return true;
    }
    if (request->caller.how != CALLER_SESSION) {
        answer_error(request, answer, API_NEEDS_LOGIN, NULL);
        return false;
    }
    memcpy(maker, request->caller.name, sizeof request->caller.name);
    return true;
}

void get_pending(struct request *request, struct answer *answer)
{
    struct listing listing = {.out = json_to(&answer->body),
                              .request = request,
                              .now_ms = clock_unix_ms(&request->service->clock)};
    struct view view;
    uint64_t sequence;

    if (!request_page(request, answer, &listing.page) ||
        !read_cursor(request, answer, &listing.page, &sequence) ||
        !read_maker(request, answer, listing.maker)) {
        return;
    }
    view_open(&view, request->service);
    listing.txn = view.txn;
    listing.roster = roster_snapshot_open(&view, request, answer);
    if (listing.roster != NULL) {
        write_listing(&listing, sequence);
        (void)view_sound(&view, request, answer);
    }
    roster_snapshot_release(request->service, listing.roster);
    view_close(&view);
}

/* --- one of them --- */

static bool write_one(void *arg, const struct draft_row *row)
{
    struct listing *listing = arg;
    struct json_out *out = &listing->out;

    out_open(out, NULL, '{');
    write_draft(out, row, listing);
    if (!document_has(&row->document, FIELD_STATE)) {
        out_text(out, "state", "draft");
    }
    out_text(out, "status", "draft");
    out_text(out, "author", listing->request->service->self.code);
    out_close(out, '}');
    return true;
}

bool write_waiting(const struct request *request, struct answer *answer, const struct view *view,
                   const char *id)
{
    struct listing listing = {.out = json_to(&answer->body),
                              .request = request,
                              .now_ms = clock_unix_ms(&request->service->clock)};
    struct set_aside aside;
    struct document document;
    struct err err;

    if (node_pending_find(request->service->node, view->txn, view->moment, id, write_one,
                          &listing)) {
        return true;
    }
    if (!set_aside_find(view->txn, id, &aside)) {
        return false;
    }
    out_open(&listing.out, NULL, '{');
    write_aside(&listing.out, &aside, request->language);
    out_text(&listing.out, "author", request->service->self.code);
    if (document_decode(&document, aside.kind, aside.body, &err) == OK) {
        out_open(&listing.out, "document", '{');
        out_document(&listing.out, &document);
        out_close(&listing.out, '}');
    }
    out_close(&listing.out, '}');
    return true;
}

void write_drafts(struct json_out *out, const struct request *request, const struct view *view,
                  struct roster_snapshot *roster, const struct selection *selection)
{
    struct listing listing = {.out = *out,
                              .request = request,
                              .roster = roster,
                              .now_ms = clock_unix_ms(&request->service->clock)};

    for (size_t i = 0; i < selection->count; i++) {
        (void)node_pending_at(view->txn, selection->at[i].ref, write_one, &listing);
    }
    *out = listing.out;
}
