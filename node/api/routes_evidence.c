#include "node/api/routes_evidence.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/api/api_task.h"
#include "node/api/page.h"
#include "node/api/person.h"
#include "node/api/roster_snapshot.h"
#include "node/api/verdict.h"
#include "node/office/evidence.h"
#include "proto/log.h"
#include "replicator/log/aside.h"

struct listing {
    struct json_out out;
    struct page page;
    enum language language;
    uint64_t rows;
};

static void write_document(struct json_out *out, const struct evidence_row *row)
{
    const struct bytes id = row->document == NULL ? BYTES_NONE : document_id(row->document);

    out_text(out, "kind", row->document == NULL ? "" : kind_info(row->kind)->name);
    out_bytes(out, "id", id);
    out_amount(out, "amount", row->document == NULL ? 0 : document_money(row->document));
    out_time(out, "time", row->time_ms);
}

/* Who said no, when and why, as of any document that was set aside. */
static void write_no(struct json_out *out, const struct set_aside *no, enum language language)
{
    if (no == NULL) {
        out_null(out, "refusal");
        return;
    }
    out_open(out, "refusal", '{');
    out_text(out, "checker", no->checker);
    out_time(out, "time", no->unix_ms);
    if (no->refusal.reason != REASON_NONE) {
        write_refusal(out, "reason", "message", &no->refusal, language);
    } else {
        out_text(out, "reason", no->why);
        out_text(out, "message", no->why);
    }
    out_text(out, "maker", no->maker);
    out_close(out, '}');
}

static bool list_row(void *arg, const struct evidence_row *row)
{
    struct listing *listing = arg;
    struct json_out *out = &listing->out;
    char cursor[CURSOR_BYTES_MAX];

    (void)snprintf(cursor, sizeof cursor, "%s:%" PRIu64, row->author.code, ++listing->rows);
    if (!page_row(&listing->page, cursor)) {
        return true;
    }
    out_open(out, NULL, '{');
    out_division(out, "division", row->author);
    out_count(out, "epoch", row->at.epoch);
    out_count(out, "lsn", row->at.lsn);
    out_count(out, "last_lsn", row->last_lsn);
    write_document(out, row);
    out_hex(out, "hash", row->at.hash.at, HASH_SIZE);
    out_text(out, "state", evidence_state_name(row->state));
    write_no(out, row->refusal, listing->language);
    out_close(out, '}');
    return true;
}

/* Of one division, or of all whose logs were taken back here, and this one's. */
static void list_all(const struct evidence_look *look, struct division self,
                     const struct division *only, struct listing *listing)
{
    struct aside_log *logs = NULL;
    size_t count = 0;
    struct err err; /* a read error stays with the txn */

    if (only != NULL) {
        (void)evidence_each(look, *only, list_row, listing, &err);
        return;
    }
    (void)evidence_each(look, self, list_row, listing, &err);
    if (aside_logs(look->txn, &logs, &count, &err) == OK) {
        for (size_t i = 0; i < count; i++) {
            if (!division_equal(logs[i].author, self)) {
                (void)evidence_each(look, logs[i].author, list_row, listing, &err);
            }
        }
    }
    mem_free(logs);
}

static bool read_division(const struct request *request, struct answer *answer, bool *given,
                          struct division *out)
{
    const char *typed = request->query(request->connection, "division");

    *given = typed != NULL;
    if (typed != NULL && !division_parse(out, bytes_text(typed))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s", typed);
        return false;
    }
    return true;
}

void get_evidence(struct request *request, struct answer *answer)
{
    struct listing listing = {.out = json_to(&answer->body), .language = request->language};
    struct roster_snapshot *roster;
    struct division only;
    struct view view;
    bool given;

    if (!request_page(request, answer, &listing.page) ||
        !read_division(request, answer, &given, &only)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL) {
        const struct evidence_look look = {request->service->node, view.txn, roster->roster,
                                           view.snapshot, view.moment};

        out_open(&listing.out, NULL, '{');
        out_open(&listing.out, "rows", '[');
        list_all(&look, request->service->self, given ? &only : NULL, &listing);
        out_close(&listing.out, ']');
        write_page(&listing.out, &listing.page);
        out_close(&listing.out, '}');
        if (view_sound(&view, request, answer)) {
            (void)page_found(&listing.page, request, answer);
        }
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}

/* --- offered --- */

struct offer_task {
    struct api_task api_task;
    bool has_maker;
    struct person maker;
    struct sign_key secret;
    struct evidence_offer offer;
    struct err err;
};

static void log_offer(const struct offer_task *task)
{
    size_t refused = 0;

    for (size_t i = 0; i < task->offer.count; i++) {
        refused += task->offer.items[i].status == SUBMIT_REFUSED;
    }
    LOG_INFO("evidence.offered", "by=%s documents=%zu refused=%zu left=%" PRIu64,
             task->has_maker ? task->maker.name : "", task->offer.count, refused, task->offer.left);
}

static void run_offer(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct offer_task *task = (struct offer_task *)api_task;

    task->maker.secret = &task->secret;
    task->err.status =
        evidence_offer(node, txn, task->has_maker ? &task->maker : NULL, &task->offer, &task->err);
    crypto_wipe(&task->secret, sizeof task->secret);
}

static void free_offer(struct api_task *api_task)
{
    struct offer_task *task = (struct offer_task *)api_task;

    evidence_offer_free(&task->offer);
    crypto_wipe(&task->secret, sizeof task->secret);
}

static void write_offer(const struct request *request, struct answer *answer,
                        const struct evidence_offer *offer)
{
    struct json_out out = json_to(&answer->body);

    out_open(&out, NULL, '{');
    out_open(&out, "documents", '[');
    for (size_t i = 0; i < offer->count; i++) {
        const struct submit_item *item = &offer->items[i];

        out_open(&out, NULL, '{');
        out_text(&out, "kind", kind_info(item->document.kind)->name);
        out_bytes(&out, "id", document_id(&item->document));
        out_amount(&out, "amount", document_money(&item->document));
        write_verdict(&out, item->status, &item->refusal, request->language);
        out_close(&out, '}');
    }
    out_close(&out, ']');
    out_count(&out, "left", offer->left);
    out_close(&out, '}');
}

void post_evidence(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct offer_task *task;

    if (object == NULL) {
        return;
    }
    json_decref(object);
    task = api_task_new(request->service->gate, sizeof *task, run_offer, free_offer);
    task->has_maker = request->caller.how == CALLER_SESSION;
    if ((!task->has_maker || request_person(request, answer, &task->maker, &task->secret)) &&
        answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node))) {
        if (task->err.status == OK) {
            log_offer(task);
            write_offer(request, answer, &task->offer);
        } else {
            answer_because(request, answer, API_NOT_READY, task->err.text);
        }
    }
    api_task_done_with(&task->api_task);
}
