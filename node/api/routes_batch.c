#include "node/api/routes_batch.h"

#include <stdio.h>

#include "node/api/api_task.h"
#include "node/api/browser_signing.h"
#include "node/api/person.h"
#include "node/api/review_json.h"
#include "node/api/routes_pending.h"
#include "node/api/verdict.h"
#include "node/office/approvals.h"
#include "node/office/dry_verdicts.h"
#include "proto/log.h"

enum {
    SHOWN_WHOLE_MAX = 20, /* so few documents are shown with every field */
    REFUSALS_NAMED_MAX = 100,
    SLICE_MAX = 1000, /* documents entered in one turn */
};

/* --- which --- */

/* False with the error answered, when something else than texts is named, or nothing waits. */
static bool select_ids(const struct request *request, struct answer *answer,
                       const struct view *view, const json_t *ids, struct selection *selection)
{
    if (!json_is_array(ids) || json_array_size(ids) == 0 || json_array_size(ids) > SELECTED_MAX) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_selection ids_max=%d", SELECTED_MAX);
        return false;
    }
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));

        if (id == NULL) {
            answer_refuse(request, answer, API_BAD_REQUEST, "ask_selection ids_max=%d",
                          SELECTED_MAX);
            return false;
        }
        selection_add_id(selection, request->service->node, view->txn, view->moment, id);
    }
    selection_sort(selection);
    return true;
}

static bool select_drafts(const struct request *request, struct answer *answer,
                          const struct view *view, const json_t *object,
                          struct selection *selection)
{
    const char *batch = json_string_value(json_object_get(object, "batch"));

    if (batch != NULL) {
        selection_add_batch(selection, view->txn, batch);
    } else if (!select_ids(request, answer, view, json_object_get(object, "ids"), selection)) {
        return false;
    }
    if (selection->cut) {
        answer_refuse(request, answer, API_REFUSED, "batch_too_large documents_max=%d",
                      SELECTED_MAX);
        return false;
    }
    if (batch != NULL && selection->count == 0) {
        answer_refuse(request, answer, API_NOT_FOUND, "batch_unknown name=%s", batch);
        return false;
    }
    return true;
}

/* --- shown --- */

struct verdicts_task {
    struct api_task api_task;
    struct dry_verdicts verdicts;
    struct approval_terms terms; /* of a signature made now */
};

static void run_verdicts(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct verdicts_task *task = (struct verdicts_task *)api_task;

    dry_verdicts_find(&task->verdicts, node, txn);
    task->terms = draft_terms(node, ROLE_CHECKER);
}

static void free_verdicts(struct api_task *api_task)
{
    dry_verdicts_free(&((struct verdicts_task *)api_task)->verdicts);
}

static void write_would_refuse(struct json_out *out, const struct dry_verdicts *verdicts,
                               const struct selection *selection, enum language language)
{
    out_count(out, "would_refuse_count", verdicts->refused);
    out_open(out, "would_refuse", '[');
    for (size_t i = 0; i < verdicts->named; i++) {
        const struct dry_refusal *row = &verdicts->refusals[i];

        out_open(out, NULL, '{');
        out_text(out, "id", selection->at[row->index].id);
        out_amount(out, "money", selection->at[row->index].money);
        write_refusal(out, "reason", "message", &row->refusal, language);
        out_close(out, '}');
    }
    out_close(out, ']');
}

/* What the rules say now, all earlier drafts counted in: asked of the loop, which has them; and
 * what a browser signs, where it asked for that. */
static bool write_verdicts(const struct request *request, struct answer *answer,
                           struct json_out *out, const struct selection *selection, bool signing)
{
    struct verdicts_task *task =
        api_task_new(request->service->gate, sizeof *task, run_verdicts, free_verdicts);
    bool answered;

    dry_verdicts_init(&task->verdicts, selection);
    task->api_task.task.read_only = true;
    answered =
        answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node));
    if (answered) {
        write_would_refuse(out, &task->verdicts, selection, request->language);
        if (signing && selection->count > 0) {
            write_signing(out, &task->terms, selection);
        }
    }
    api_task_done_with(&task->api_task);
    return answered;
}

static void write_hashes(struct json_out *out, const struct selection *selection)
{
    struct hash hash;

    if (selection->count == 0) {
        return;
    }
    hash = selection_hash(selection);
    out_hex(out, "hash", &hash, sizeof hash);
    out_count(out, "signatures", selection_parts(selection));
}

/* For whoever decides of each of them. */
static void write_ids(struct json_out *out, const struct selection *selection)
{
    out_open(out, "ids", '[');
    for (size_t i = 0; i < selection->count; i++) {
        out_text(out, NULL, selection->at[i].id);
    }
    out_close(out, ']');
}

static void show_selection(struct request *request, struct answer *answer, const struct view *view,
                           struct roster_snapshot *roster, const json_t *object,
                           const struct selection *selection)
{
    struct json_out out = json_to(&answer->body);
    struct review *review = review_make(view, request->service, roster, selection);
    const json_t *batch = json_object_get(object, "batch");

    out_open(&out, NULL, '{');
    if (json_is_string(batch)) {
        out_text(&out, "batch", json_string_value(batch));
    } else {
        out_count(&out, "not_waiting", selection->not_waiting);
    }
    write_review(&out, review);
    write_hashes(&out, selection);
    if (json_is_true(json_object_get(object, "list"))) {
        write_ids(&out, selection);
    }
    if (selection->count <= SHOWN_WHOLE_MAX) {
        out_open(&out, "documents", '[');
        write_drafts(&out, request, view, roster, selection);
        out_close(&out, ']');
    }
    if (write_verdicts(request, answer, &out, selection,
                       json_is_true(json_object_get(object, "sign")))) {
        out_close(&out, '}');
        (void)view_sound(view, request, answer);
    }
    review_free(review);
}

void post_review(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct selection selection = {.count = 0};
    struct roster_snapshot *roster;
    struct view view;

    if (object == NULL) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL && select_drafts(request, answer, &view, object, &selection)) {
        show_selection(request, answer, &view, roster, object, &selection);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
    selection_free(&selection);
    json_decref(object);
}

/* --- approved --- */

/* All that the loop touches is the task's own. */
struct slice_task {
    struct api_task api_task;
    struct hash *leaves; /* of the part */
    struct signed_batch batch;
    size_t first; /* of the slice, within the part */
    struct approve_item *items;
    size_t count;
    struct person checker;
    struct sign_key secret;
};

static void run_slice(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct slice_task *slice = (struct slice_task *)api_task;

    slice->checker.secret = slice->batch.is_signed ? NULL : &slice->secret;
    node_approve_slice(node, txn, &slice->batch, slice->first, slice->items, slice->count,
                       &slice->checker);
    crypto_wipe(&slice->secret, sizeof slice->secret);
}

static void free_slice(struct api_task *api_task)
{
    struct slice_task *slice = (struct slice_task *)api_task;

    mem_free(slice->leaves);
    mem_free(slice->items);
    crypto_wipe(&slice->secret, sizeof slice->secret);
}

/* One batch on its way. */
struct approval {
    struct request *request;
    struct answer *answer;
    const struct selection *selection;
    struct person checker;
    struct sign_key secret;
    struct signed_batch signing; /* of the part under way; its leaves are each task's own */
    const struct browser_signing *elsewhere; /* he signed in his browser; NULL: here */
    struct json_out out;
    size_t counts[SUBMIT_REFUSED + 1], named;
    int128 accepted_total;
};

static struct slice_task *new_slice(struct approval *approval, size_t part, size_t first)
{
    const struct selection *selection = approval->selection;
    const size_t begin = part * SIGNED_MAX, left = selection->count - begin;
    const size_t of_part = left < SIGNED_MAX ? left : SIGNED_MAX;
    struct slice_task *slice =
        api_task_new(approval->request->service->gate, sizeof *slice, run_slice, free_slice);

    slice->leaves = mem_zalloc(of_part * sizeof *slice->leaves);
    for (size_t i = 0; i < of_part; i++) {
        slice->leaves[i] = selection->at[begin + i].hash;
    }
    slice->batch = approval->signing;
    slice->batch.leaves = slice->leaves;
    slice->batch.count = of_part;
    slice->first = first;
    slice->count = of_part - first < SLICE_MAX ? of_part - first : SLICE_MAX;
    slice->items = mem_zalloc(slice->count * sizeof *slice->items);
    for (size_t i = 0; i < slice->count; i++) {
        const struct selected *selected = &selection->at[begin + first + i];

        slice->items[i] = (struct approve_item){.has_hash = true, .hash = selected->hash};
        memcpy(slice->items[i].id, selected->id, sizeof selected->id);
    }
    slice->checker = approval->checker;
    slice->secret = approval->secret;
    return slice;
}

static void count_item(struct approval *approval, const struct approve_item *item, int64_t money)
{
    approval->counts[item->status]++;
    if (item->status == SUBMIT_ACCEPTED) {
        approval->accepted_total += money;
    }
    if (item->status == SUBMIT_REFUSED && approval->named++ < REFUSALS_NAMED_MAX) {
        out_open(&approval->out, NULL, '{');
        out_text(&approval->out, "id", item->id);
        out_amount(&approval->out, "money", money);
        write_refusal(&approval->out, "reason", "message", &item->refusal,
                      approval->request->language);
        out_close(&approval->out, '}');
    }
}

/* False with the error answered: what was entered before stays. */
static bool approve_slice(struct approval *approval, size_t part, size_t first)
{
    struct slice_task *slice = new_slice(approval, part, first);
    const bool done =
        answer_outcome(approval->request, approval->answer,
                       api_task_run(&slice->api_task, approval->request->service->node));

    if (done) {
        approval->signing = slice->batch;
        for (size_t i = 0; i < slice->count; i++) {
            count_item(approval, &slice->items[i],
                       approval->selection->at[part * SIGNED_MAX + first + i].money);
        }
    }
    api_task_done_with(&slice->api_task);
    return done;
}

static bool approve_parts(struct approval *approval)
{
    const struct selection *selection = approval->selection;

    for (size_t part = 0; part < selection_parts(selection); part++) {
        const size_t begin = part * SIGNED_MAX;

        approval->signing = (struct signed_batch){.is_signed = false};
        if (approval->elsewhere != NULL) {
            approval->signing.is_signed = true;
            approval->signing.terms = approval->elsewhere->terms;
            approval->signing.signature = approval->elsewhere->signatures[part];
        }
        for (size_t first = 0; first < SIGNED_MAX && begin + first < selection->count;
             first += SLICE_MAX) {
            if (!approve_slice(approval, part, first)) {
                return false;
            }
        }
    }
    return true;
}

static void write_outcome(struct approval *approval)
{
    struct json_out *out = &approval->out;
    const size_t *counts = approval->counts;

    out_count(out, "count", approval->selection->count);
    out_count(out, "accepted", counts[SUBMIT_ACCEPTED]);
    out_count(out, "exists", counts[SUBMIT_EXISTS]);
    out_count(out, "refused", counts[SUBMIT_REFUSED]);
    out_amount(out, "accepted_total", approval->accepted_total);
    write_hashes(out, approval->selection);
    LOG_INFO("approve", "by=%s documents=%zu refused=%zu", approval->checker.name,
             approval->selection->count, counts[SUBMIT_REFUSED]);
}

static void approve_selection(struct approval *approval)
{
    approval->out = json_to(&approval->answer->body);
    out_open(&approval->out, NULL, '{');
    out_open(&approval->out, "refusals", '[');
    if (approve_parts(approval)) {
        out_close(&approval->out, ']');
        write_outcome(approval);
        out_close(&approval->out, '}');
    }
}

/* Is it still what was shown? False with the error answered. */
static bool is_as_shown(const struct request *request, struct answer *answer, const json_t *object,
                        const struct selection *selection)
{
    const char *hex = json_string_value(json_object_get(object, "hash"));
    struct hash shown, now;

    if (hex == NULL || strlen(hex) != 2 * HASH_SIZE || !hex_decode(shown.at, HASH_SIZE, hex)) {
        answer_error(request, answer, API_BAD_REQUEST, "ask_hash");
        return false;
    }
    if (selection->count > 0) {
        now = selection_hash(selection);
    }
    if (selection->count == 0 || !hash_equal(&shown, &now)) {
        answer_refuse(request, answer, API_REFUSED, "batch_changed documents=%zu",
                      selection->count);
        return false;
    }
    return true;
}

void approve_batch(struct request *request, struct answer *answer, const json_t *object)
{
    struct selection selection = {.count = 0};
    struct approval approval = {.request = request, .answer = answer, .selection = &selection};
    const json_t *typed = json_object_get(object, "signed");
    struct browser_signing elsewhere;
    struct view view;
    bool good;

    view_open(&view, request->service);
    good = select_drafts(request, answer, &view, object, &selection) &&
           view_sound(&view, request, answer) && is_as_shown(request, answer, object, &selection);
    view_close(&view);
    if (good && request_person(request, answer, &approval.checker, &approval.secret)) {
        if (typed == NULL) {
            approve_selection(&approval);
        } else if (browser_signing_read(&elsewhere, request, answer, typed, &selection,
                                        &approval.checker)) {
            approval.elsewhere = &elsewhere;
            approve_selection(&approval);
        }
        crypto_wipe(&approval.secret, sizeof approval.secret);
    }
    selection_free(&selection);
}
