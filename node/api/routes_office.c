#include "node/api/routes_office.h"

#include <assert.h>

#include "node/api/json_plain.h"
#include "node/api/routes_batch.h"
#include "node/api/verdict.h"
#include "node/office/proposals.h"
#include "node/office/set_aside.h"
#include "proto/log.h"

struct approve_task {
    struct api_task api_task;
    struct approve_item *items;
    size_t count;
    struct person checker; /* withdraw: the maker */
    struct sign_key secret;
    bool is_admin;          /* who decides who works here, and about nothing else */
    char why[1001];         /* reject */
    struct caption caption; /* of the only document; of several, none is shown */
};

static void run_approve(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct approve_task *approve = (struct approve_task *)api_task;

    approve->checker.secret = &approve->secret;
    for (size_t i = 0; approve->is_admin && i < approve->count; i++) {
        proposal_approve(node, txn, &approve->items[i], &approve->checker);
    }
    if (!approve->is_admin) {
        node_approve(node, txn, approve->items, approve->count, &approve->checker);
    }
    crypto_wipe(&approve->secret, sizeof approve->secret);
}

static void run_reject(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct approve_task *reject = (struct approve_task *)api_task;

    for (size_t i = 0; i < reject->count; i++) {
        if (reject->is_admin) {
            proposal_reject(node, txn, &reject->items[i]);
        } else {
            node_reject(node, txn, &reject->items[i], reject->why, &reject->checker);
        }
    }
    crypto_wipe(&reject->secret, sizeof reject->secret);
}

static void run_withdraw(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct approve_task *withdraw = (struct approve_task *)api_task;

    for (size_t i = 0; i < withdraw->count; i++) {
        if (withdraw->is_admin) {
            proposal_withdraw(node, txn, &withdraw->items[i], &withdraw->checker);
        } else {
            node_withdraw(node, txn, &withdraw->items[i], &withdraw->checker);
        }
    }
    crypto_wipe(&withdraw->secret, sizeof withdraw->secret);
}

static void free_approve(struct api_task *api_task)
{
    struct approve_task *approve = (struct approve_task *)api_task;

    mem_free(approve->items);
    crypto_wipe(&approve->secret, sizeof approve->secret);
}

static struct approve_task *new_task(const struct request *request,
                                     void (*run)(struct api_task *api_task, struct node *node,
                                                 struct txn *txn))
{
    struct approve_task *task =
        api_task_new(request->service->gate, sizeof *task, run, free_approve);

    task->is_admin = (request->caller.roles & ROLE_ADMIN) != 0;
    return task;
}

/* Whose key is another now, or none: he logs in again. */
static void end_sessions(const struct approve_task *approve, const struct request *request)
{
    for (size_t i = 0; i < approve->count; i++) {
        if (approve->items[i].changed[0] != '\0') {
            session_end(request->service->sessions, approve->items[i].changed);
        }
    }
}

/* --- reading ids --- */

/* An id too long for any draft is kept cut and so is found nowhere: "not_pending". */
static void set_id(struct approve_item *item, struct bytes id)
{
    const size_t room = sizeof item->id - 1, size = id.size < room ? id.size : room;

    approve_item_clear(item);
    memcpy(item->id, id.data, size);
    item->id[size] = '\0';
}

/* Where the ids of one call stand among its items. */
struct ids {
    struct approve_task *task;
    uint16_t *slots; /* by hash, the next ones where it is taken: 1 + which item; 0: free */
    size_t mask;
};

static void ids_open(struct ids *ids, struct approve_task *task, size_t count)
{
    size_t slots = 2;

    assert(count <= POST_DOCUMENTS_MAX);
    while (slots < 2 * count) {
        slots *= 2;
    }
    task->items = mem_realloc(NULL, count * sizeof *task->items);
    *ids = (struct ids){task, mem_zalloc(slots * sizeof *ids->slots), slots - 1};
}

static void ids_close(struct ids *ids)
{
    mem_free(ids->slots);
    if (ids->task->count == 1) {
        ids->task->items[0].caption = &ids->task->caption;
    }
}

/* The item behind the last has its id: it counts, unless that stood there before. The same id twice
 * in one call is one document. They are few: nobody gains by ids that collide. */
static void ids_add(struct ids *ids)
{
    struct approve_task *task = ids->task;
    const char *id = task->items[task->count].id;
    size_t at = (size_t)bytes_hash(bytes_text(id), 1) & ids->mask;

    for (; ids->slots[at] != 0; at = (at + 1) & ids->mask) {
        if (strcmp(task->items[ids->slots[at] - 1].id, id) == 0) {
            return;
        }
    }
    ids->slots[at] = (uint16_t)++task->count;
}

/* "ID", or {"id": ID, "hash": what /pending said of it when it was read}. */
static bool read_id(struct approve_item *item, const json_t *typed)
{
    const json_t *hash = json_object_get(typed, "hash");
    const char *id =
        json_string_value(json_is_object(typed) ? json_object_get(typed, "id") : typed);
    const char *hex = json_string_value(hash);

    if (id == NULL || (hash != NULL && hex == NULL)) {
        return false;
    }
    set_id(item, bytes_text(id));
    item->has_hash = hash != NULL;
    return hash == NULL ||
           (strlen(hex) == 2 * HASH_SIZE && hex_decode(item->hash.at, HASH_SIZE, hex));
}

static bool read_ids(struct approve_task *task, const json_t *typed)
{
    const size_t count = json_array_size(typed); /* 0 of what is no array */
    struct ids ids;
    bool ok = true;

    if (count == 0 || count > POST_DOCUMENTS_MAX) {
        return false;
    }
    ids_open(&ids, task, count);
    for (size_t i = 0; i < count && ok; i++) {
        ok = read_id(&task->items[task->count], json_array_get(typed, i));
        if (ok) {
            ids_add(&ids);
        }
    }
    ids_close(&ids);
    return ok;
}

static size_t count_of(struct bytes text, uint8_t c)
{
    size_t count = 0;

    for (size_t i = 0; i < text.size; i++) {
        count += text.data[i] == c;
    }
    return count;
}

/* {"ids":["ID","ID"...]}, as programs write it; false for whatever needs a closer look. */
static bool read_plain_ids(struct approve_task *task, struct bytes body)
{
    struct json_cursor cursor = {body.data, body.data + body.size};
    const size_t count = count_of(body, ',') + 1;
    struct bytes text;
    struct ids ids;
    bool ok;

    if (count > POST_DOCUMENTS_MAX || !json_take(&cursor, '{') ||
        !json_take_string(&cursor, &text) || !bytes_equal(text, bytes_text("ids")) ||
        !json_take(&cursor, ':') || !json_take(&cursor, '[')) {
        return false;
    }
    ids_open(&ids, task, count);
    do {
        ok = json_take_string(&cursor, &text);
        if (ok) {
            set_id(&task->items[task->count], text);
            ids_add(&ids);
        }
    } while (ok && json_take(&cursor, ','));
    ids_close(&ids);
    return ok && json_take(&cursor, ']') && json_take(&cursor, '}') && json_is_over(&cursor);
}

/* --- answering --- */

static void write_approvals(const struct approve_task *approve, const struct request *request,
                            struct answer *answer, const char *done_word)
{
    answer->type = "application/x-ndjson; charset=utf-8";
    for (size_t i = 0; i < approve->count; i++) {
        const struct approve_item *item = &approve->items[i];
        struct json_out out = json_to(&answer->body);

        out_open(&out, NULL, '{');
        out_text(&out, "id", item->id);
        if (done_word != NULL && item->status != SUBMIT_REFUSED) {
            out_text(&out, "status", done_word);
            out_text(&out, "message", "");
        } else {
            write_verdict(&out, item->status, &item->refusal, request->language);
        }
        out_caption(&out, &approve->caption);
        out_close(&out, '}');
        buf_put_u8(&answer->body, '\n');
    }
}

static void log_approvals(const struct approve_task *approve, const char *event)
{
    size_t refused = 0;

    for (size_t i = 0; i < approve->count; i++) {
        refused += approve->items[i].status == SUBMIT_REFUSED;
    }
    LOG_INFO(event, "by=%s documents=%zu refused=%zu", approve->checker.name, approve->count,
             refused);
}

/* Its ids are read. */
static void approve_ids(struct approve_task *approve, struct request *request,
                        struct answer *answer)
{
    if (request_person(request, answer, &approve->checker, &approve->secret) &&
        answer_outcome(request, answer, api_task_run(&approve->api_task, request->service->node))) {
        end_sessions(approve, request);
        log_approvals(approve, "approve");
        write_approvals(approve, request, answer, NULL);
    }
}

/* With a hash beside it, what is named is one batch, and the hash that of the whole. */
static void approve_object(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct approve_task *approve;

    if (object == NULL) {
        return;
    }
    if (json_object_get(object, "hash") != NULL) {
        approve_batch(request, answer, object);
    } else {
        approve = new_task(request, run_approve);
        if (read_ids(approve, json_object_get(object, "ids"))) {
            approve_ids(approve, request, answer);
        } else {
            answer_error(request, answer, API_BAD_REQUEST, "ask_ids");
        }
        api_task_done_with(&approve->api_task);
    }
    json_decref(object);
}

void post_approve(struct request *request, struct answer *answer)
{
    struct approve_task *approve = new_task(request, run_approve);
    const bool is_plain = read_plain_ids(approve, buf_bytes(request->body));

    if (is_plain) {
        approve_ids(approve, request, answer);
    }
    api_task_done_with(&approve->api_task);
    if (!is_plain) {
        approve_object(request, answer);
    }
}

void post_withdraw(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct approve_task *withdraw;

    if (object == NULL) {
        return;
    }
    withdraw = new_task(request, run_withdraw);
    if (!read_ids(withdraw, json_object_get(object, "ids"))) {
        answer_error(request, answer, API_BAD_REQUEST, "ask_ids");
    } else if (request_person(request, answer, &withdraw->checker, &withdraw->secret) &&
               answer_outcome(request, answer,
                              api_task_run(&withdraw->api_task, request->service->node))) {
        log_approvals(withdraw, "withdraw");
        write_approvals(withdraw, request, answer, "withdrawn");
    }
    api_task_done_with(&withdraw->api_task);
    json_decref(object);
}

/* {"id","reason"}, or {"ids":[...],"reason"}. False with the error answered. */
static bool read_rejection(const struct request *request, struct answer *answer,
                           const json_t *object, struct approve_task *reject)
{
    json_t *ids = json_object_get(object, "ids");
    const char *id = ids != NULL ? "" : request_text(request, answer, object, "id");
    const char *why = id == NULL ? NULL : request_text(request, answer, object, "reason");
    bool good;

    if (why == NULL) {
        return false;
    }
    if (strlen(why) == 0 || strlen(why) >= sizeof reject->why) {
        answer_error(request, answer, API_BAD_REQUEST, "ask_reason");
        return false;
    }
    memcpy(reject->why, why, strlen(why) + 1);
    ids = ids != NULL ? json_incref(ids) : json_pack("[s]", id);
    good = read_ids(reject, ids);
    json_decref(ids);
    if (!good) {
        answer_error(request, answer, API_BAD_REQUEST, "ask_ids");
    }
    return good;
}

void post_reject(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct approve_task *reject;

    if (object == NULL) {
        return;
    }
    reject = new_task(request, run_reject);
    if (read_rejection(request, answer, object, reject) &&
        request_person(request, answer, &reject->checker, &reject->secret) &&
        answer_outcome(request, answer, api_task_run(&reject->api_task, request->service->node))) {
        log_approvals(reject, "reject");
        write_approvals(reject, request, answer, "rejected");
    }
    api_task_done_with(&reject->api_task);
    json_decref(object);
}
