#include "node/api/routes_keys.h"

#include <stdio.h>

#include "node/api/api_task.h"
#include "node/api/page.h"
#include "node/api/view.h"
#include "node/api/voucher_request.h"
#include "node/office/browser_keys.h"
#include "node/office/proposals.h"
#include "proto/log.h"

enum { KEY_ID_TEXT_SIZE = 2 * BROWSER_KEY_ID_SIZE + 1 };

/* --- shown --- */

static void key_id_text(char out[KEY_ID_TEXT_SIZE], const struct browser_key *key)
{
    hex_encode(out, key->key.at, BROWSER_KEY_ID_SIZE);
}

/* `proposal`: what waits for a second admin; NULL or "": nothing. */
static void write_key(struct json_out *out, const struct browser_key *key, const char *proposal)
{
    char id[KEY_ID_TEXT_SIZE];

    key_id_text(id, key);
    out_open(out, NULL, '{');
    out_text(out, "id", id);
    out_hex(out, "key", &key->key, sizeof key->key);
    out_text(out, "name", key->name);
    out_text(out, "label", key->label);
    out_text(out, "state", browser_key_state_name(key->state));
    out_time(out, "asked", key->asked_ms);
    out_time(out, "decided", key->decided_ms);
    out_text(out, "admin", key->admin);
    if (proposal != NULL && proposal[0] != '\0') {
        out_text(out, "proposal", proposal);
    }
    out_close(out, '}');
}

struct key_list {
    struct json_out out;
    struct page page;
    const char *name; /* whose; NULL: everybody's */
};

static bool show_key(void *arg, const struct browser_key *key)
{
    struct key_list *list = arg;
    char id[KEY_ID_TEXT_SIZE];

    key_id_text(id, key);
    if ((list->name == NULL || strcmp(list->name, key->name) == 0) && page_row(&list->page, id)) {
        write_key(&list->out, key, NULL);
    }
    return true;
}

void get_keys(struct request *request, struct answer *answer)
{
    const struct caller *caller = &request->caller;
    struct key_list list = {.out = json_to(&answer->body),
                            .name = (caller->roles & ROLES_OVERSIGHT) != 0
                                        ? request->query(request->connection, "name")
                                        : caller->name};
    struct view view;

    if (!request_page(request, answer, &list.page)) {
        return;
    }
    view_open(&view, request->service);
    out_open(&list.out, NULL, '{');
    out_text(&list.out, "user", caller->name);
    out_division(&list.out, "division", request->service->self);
    out_hex(&list.out, "tree", &request->service->tree, sizeof request->service->tree);
    out_open(&list.out, "rows", '[');
    browser_keys_each(view.txn, show_key, &list);
    out_close(&list.out, ']');
    write_page(&list.out, &list.page);
    out_close(&list.out, '}');
    if (view_sound(&view, request, answer)) {
        (void)page_found(&list.page, request, answer);
    }
    view_close(&view);
}

/* --- changed --- */

struct key_task {
    struct api_task api_task;
    enum status (*change)(struct key_task *task, struct node *node, struct txn *txn);
    struct browser_key key; /* what is asked for, or what became of it */
    uint8_t id[BROWSER_KEY_ID_SIZE];
    char admin[64];
    struct voucher_keys by;
    char proposal[DOCUMENT_ID_MAX + 1]; /* a second admin's word is waited for under this id; "" */
    struct err err;
};

static void run_change(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct key_task *task = (struct key_task *)api_task;

    task->err.status = OK;
    task->err.status = task->change(task, node, txn);
}

static enum status ask(struct key_task *task, struct node *node, struct txn *txn)
{
    const enum status status = browser_key_ask(node, txn, &task->key, &task->err);

    return status != OK || browser_key_find(txn, task->key.key.at, &task->key) ? status : ERR_IO;
}

/* What a proposal about this key names. */
static struct operator_row row_of(const struct key_task *task)
{
    struct operator_row row = {.key = task->key.key, .vouchers = &task->by.vouchers};

    memcpy(row.name, task->key.name, sizeof row.name);
    memcpy(row.by, task->admin, sizeof row.by);
    return row;
}

static enum status confirm(struct key_task *task, struct node *node, struct txn *txn)
{
    enum status status = browser_key_find(txn, task->id, &task->key)
                             ? OK
                             : err_set(&task->err, ERR_NOT_FOUND, "browser_key_unknown");

    if (status == OK) {
        const struct operator_row row = row_of(task);

        status =
            person_change(node, txn, &row, browser_key_confirm_row, task->proposal, &task->err);
    }
    if (status == OK) {
        (void)browser_key_find(txn, task->id, &task->key); /* as it is now */
    }
    return status;
}

/* Here it ends at once. Holders hear of it by its person's word or by two admins': by one of two it
 * waits for the other. */
static enum status end(struct key_task *task, struct node *node, struct txn *txn)
{
    const struct vouchers *vouchers = &task->by.vouchers;
    struct browser_key before = {.state = BROWSER_KEY_ASKED};
    enum status status;
    struct err err;

    (void)browser_key_find(txn, task->id, &before);
    status = browser_key_end(node, txn, task->id, task->admin, vouchers, &task->key, &task->err);
    if (status == OK && before.state == BROWSER_KEY_GOOD && strcmp(before.name, task->admin) != 0 &&
        vouchers_check(node, txn, vouchers, &err) == ERR_NOT_YET) {
        const struct operator_row row = row_of(task);

        (void)person_change(node, txn, &row, browser_key_tell_ended, task->proposal, &err);
    }
    return status;
}

static void free_change(struct api_task *api_task)
{
    voucher_keys_wipe(&((struct key_task *)api_task)->by);
}

static struct key_task *new_task(const struct request *request,
                                 enum status (*change)(struct key_task *task, struct node *node,
                                                       struct txn *txn))
{
    struct key_task *task =
        api_task_new(request->service->gate, sizeof *task, run_change, free_change);

    task->change = change;
    return task;
}

static void answer_change(const struct request *request, struct answer *answer,
                          struct key_task *task, const char *event)
{
    struct json_out out = json_to(&answer->body);
    char id[KEY_ID_TEXT_SIZE];

    if (!answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node))) {
        return;
    }
    if (task->err.status != OK) {
        answer_because(request, answer,
                       task->err.status == ERR_NOT_FOUND ? API_NOT_FOUND : API_REFUSED,
                       task->err.text);
        return;
    }
    key_id_text(id, &task->key);
    LOG_INFO(event, "user=%s key=%s by=%s", task->key.name, id, request->caller.name);
    write_key(&out, &task->key, task->proposal);
}

/* False when it is no such request. */
static bool read_ask(const json_t *object, struct browser_key *key, struct signature *signature)
{
    const char *hex = json_string_value(json_object_get(object, "key")),
               *signed_hex = json_string_value(json_object_get(object, "signature")),
               *label = json_string_value(json_object_get(object, "label"));

    if (hex == NULL || strlen(hex) != 2 * sizeof key->key.at ||
        !hex_decode(key->key.at, sizeof key->key.at, hex) || signed_hex == NULL ||
        strlen(signed_hex) != 2 * sizeof signature->at ||
        !hex_decode(signature->at, sizeof signature->at, signed_hex) || label == NULL ||
        label[0] == '\0' || strlen(label) > BROWSER_LABEL_MAX || !text_plain(bytes_text(label))) {
        return false;
    }
    (void)snprintf(key->label, sizeof key->label, "%s", label);
    return true;
}

/* False with the error answered. */
static bool is_its_own_word(const struct request *request, struct answer *answer,
                            const struct browser_key *key, const struct signature *signature)
{
    const struct hash claim =
        browser_key_claim(&request->service->tree, request->service->self, key->name, &key->key);

    if (!signature_ok(&key->key, &claim, signature)) {
        answer_refuse(request, answer, API_REFUSED, "browser_key_claim");
        return false;
    }
    return true;
}

void post_key(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct signature signature;
    struct key_task *task;

    if (object == NULL) {
        return;
    }
    task = new_task(request, ask);
    memcpy(task->key.name, request->caller.name, sizeof task->key.name);
    if (!read_ask(object, &task->key, &signature)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_browser_key label_bytes_max=%d",
                      BROWSER_LABEL_MAX);
    } else if (is_its_own_word(request, answer, &task->key, &signature)) {
        answer_change(request, answer, task, "key.asked");
    }
    api_task_done_with(&task->api_task);
    json_decref(object);
}

/* False with the error answered: no key has such an id. */
static bool read_id(const struct request *request, struct answer *answer, struct key_task *task)
{
    const char *hex = request->argument[0];

    if (strlen(hex) != 2 * sizeof task->id || !hex_decode(task->id, sizeof task->id, hex)) {
        answer_refuse(request, answer, API_NOT_FOUND, "browser_key_unknown");
        return false;
    }
    return true;
}

void post_key_confirm(struct request *request, struct answer *answer)
{
    struct key_task *task = new_task(request, confirm);

    if (read_id(request, answer, task) && voucher_keys_read(&task->by, request, answer)) {
        memcpy(task->admin, request->caller.name, sizeof task->admin);
        answer_change(request, answer, task, "key.confirmed");
    }
    api_task_done_with(&task->api_task);
}

/* His own, or anybody's by an admin. False with the error answered. */
static bool may_end(const struct request *request, struct answer *answer,
                    const struct key_task *task)
{
    const struct caller *caller = &request->caller;
    struct browser_key key;
    struct view view;
    bool his, sound;

    view_open(&view, request->service);
    his = browser_key_find(view.txn, task->id, &key) && strcmp(key.name, caller->name) == 0;
    sound = view_sound(&view, request, answer);
    view_close(&view);
    if (!sound) {
        return false;
    }
    if (!his && (caller->roles & ROLE_ADMIN) == 0) {
        answer_error(request, answer, API_NEEDS_ROLE, caller->name);
        return false;
    }
    return true;
}

void post_key_end(struct request *request, struct answer *answer)
{
    struct key_task *task = new_task(request, end);

    if (read_id(request, answer, task) && may_end(request, answer, task) &&
        voucher_keys_read(&task->by, request, answer)) {
        memcpy(task->admin, request->caller.name, sizeof task->admin);
        answer_change(request, answer, task, "key.ended");
    }
    api_task_done_with(&task->api_task);
}
