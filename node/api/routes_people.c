#include "node/api/routes_people.h"
#include "node/api/access_note.h"
#include "node/api/operator_login.h"
#include "node/api/page.h"
#include "node/api/voucher_request.h"
#include "node/office/access_tokens.h"
#include "node/office/browser_keys.h"
#include "node/office/proposals.h"

#include <stdio.h>

#include "proto/log.h"

struct user_list {
    struct json_out out;
    struct page page;
    uint64_t now_ms;
};

static void write_person(struct json_out *out, const struct operator_row *row, uint64_t now_ms)
{
    const uint64_t since_ms = row->since_unix_ms;

    out_text(out, "name", row->name);
    out_roles(out, row->roles);
    out_bool(out, "enabled", row->enabled);
    out_hex(out, "key", &row->key, sizeof row->key);
    out_count(out, "key_age_s", now_ms > since_ms ? (now_ms - since_ms) / 1000 : 0);
}

static void write_user(struct json_out *out, const struct operator_row *row, uint64_t now_ms)
{
    out_open(out, NULL, '{');
    write_person(out, row, now_ms);
    out_close(out, '}');
}

static bool list_user(void *arg, const struct operator_row *row)
{
    struct user_list *list = arg;

    if (page_row(&list->page, row->name)) {
        write_user(&list->out, row, list->now_ms);
    }
    return true;
}

void get_users(struct request *request, struct answer *answer)
{
    struct user_list list = {.out = json_to(&answer->body),
                             .now_ms = clock_unix_ms(&request->service->clock)};
    struct view view;

    if (!request_page(request, answer, &list.page)) {
        return;
    }
    view_open(&view, request->service);
    out_open(&list.out, NULL, '{');
    out_open(&list.out, "rows", '[');
    node_operators(view.txn, list_user, &list);
    out_close(&list.out, ']');
    write_page(&list.out, &list.page);
    out_close(&list.out, '}');
    if (view_sound(&view, request, answer)) {
        (void)page_found(&list.page, request, answer);
    }
    view_close(&view);
}

struct user_task {
    struct api_task api_task;
    struct voucher_keys by;
    struct operator_row row;
    struct buf sealed;
    person_change_fn *change;
    char proposal[DOCUMENT_ID_MAX + 1]; /* it waits for a second admin under this id; "" */
    struct err err;
};

static void run_user(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct user_task *user = (struct user_task *)api_task;

    user->row.sealed = buf_bytes(&user->sealed);
    user->row.vouchers = &user->by.vouchers;
    user->err.status = OK;
    user->err.status =
        person_change(node, txn, &user->row, user->change, user->proposal, &user->err);
}

static void free_user(struct api_task *api_task)
{
    struct user_task *user = (struct user_task *)api_task;

    voucher_keys_wipe(&user->by);
    buf_free(&user->sealed);
}

/* Nothing is changed yet. */
static void answer_proposed(struct answer *answer, const struct user_task *user)
{
    struct json_out out = json_to(&answer->body);

    LOG_INFO("user.proposed", "user=%s id=%s by=%s", user->row.name, user->proposal, user->row.by);
    out_open(&out, NULL, '{');
    out_text(&out, "name", user->row.name);
    out_text(&out, "proposal", user->proposal);
    out_close(&out, '}');
}

/* `event` is what the log calls it once it is done. */
static void answer_user(const struct request *request, struct answer *answer,
                        const struct user_task *user, const char *event)
{
    struct json_out out = json_to(&answer->body);

    if (user->err.status == ERR_CONFIG) {
        answer_because(request, answer, API_BAD_REQUEST, user->err.text);
    } else if (user->err.status == ERR_NOT_FOUND) {
        answer_refuse(request, answer, API_NOT_FOUND, "ask_user name=%s", user->row.name);
    } else if (user->err.status != OK) {
        answer_because(request, answer, API_REFUSED, user->err.text);
    } else if (user->proposal[0] != '\0') {
        answer_proposed(answer, user);
    } else {
        LOG_INFO(event, "user=%s", user->row.name);
        write_user(&out, &user->row, clock_unix_ms(&request->service->clock));
    }
}

static void answer_roles(const struct request *request, struct answer *answer,
                         const struct user_task *user)
{
    struct json_out out = json_to(&answer->body);

    if (user->err.status != OK || user->proposal[0] != '\0') {
        answer_user(request, answer, user, "user.roles");
        return;
    }
    LOG_INFO("user.roles", "user=%s by=%s", user->row.name, user->row.by);
    out_open(&out, NULL, '{');
    out_text(&out, "name", user->row.name);
    out_roles(&out, user->row.roles);
    out_close(&out, '}');
}

/* A new key for who is named, sealed under his password. */
static void make_key(struct user_task *user, const struct request *request, const char *password)
{
    struct sign_key key;

    sign_key_generate(&key);
    user->row.enabled = true;
    memcpy(user->row.by, request->caller.name, sizeof user->row.by);
    user->row.key = key.public;
    session_seal(request->service->sessions, &user->sealed, &key, bytes_text(password),
                 request->caller.address);
    crypto_wipe(&key, sizeof key);
}

void post_user(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    const char *name, *password = NULL;
    struct user_task *user;

    if (object == NULL) {
        return;
    }
    user = api_task_new(request->service->gate, sizeof *user, run_user, free_user);
    user->change = node_operator_add;
    name = request_text(request, answer, object, "name");
    if (name != NULL) {
        password = request_new_password(request, answer, object, "password");
    }
    if (password != NULL && (strlen(name) >= sizeof user->row.name ||
                             !read_roles(json_object_get(object, "roles"),
                                         ROLE_MAKER | ROLE_CHECKER, &user->row.roles))) {
        answer_error(request, answer, API_BAD_REQUEST, "ask_user_form");
    } else if (password != NULL && voucher_keys_take(&user->by, request, answer, object)) {
        (void)snprintf(user->row.name, sizeof user->row.name, "%s", name);
        make_key(user, request, password);
        if (answer_outcome(request, answer,
                           api_task_run(&user->api_task, request->service->node))) {
            answer_user(request, answer, user, "user.added");
        }
    }
    api_task_done_with(&user->api_task);
    json_decref(object);
}

/* --- a new password --- */

struct passwd_task {
    struct api_task api_task;
    struct operator_row row;
    struct buf opened, sealed; /* under the old password, and under the new one */
    uint64_t now_ms;
    bool ends_tokens;
    size_t tokens; /* of his: that go on, or were ended */
    struct err err;
};

static void run_passwd(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct passwd_task *task = (struct passwd_task *)api_task;

    (void)node;
    task->row.sealed = buf_bytes(&task->sealed);
    task->err.status = OK;
    task->err.status = node_operator_passwd(txn, &task->row, buf_bytes(&task->opened), &task->err);
    if (task->err.status == OK) {
        task->tokens = access_tokens_of(txn, task->row.name, task->now_ms, task->ends_tokens);
    }
}

static void free_passwd(struct api_task *api_task)
{
    struct passwd_task *task = (struct passwd_task *)api_task;

    buf_free(&task->opened);
    buf_free(&task->sealed);
}

static void answer_passwd(const struct request *request, struct answer *answer,
                          const struct passwd_task *task)
{
    struct json_out out = json_to(&answer->body);

    if (task->err.status != OK) { /* ended, or changed by another, while it was tried */
        answer_error(request, answer, API_WRONG_PASSWORD, NULL);
        return;
    }
    session_end(request->service->sessions, task->row.name);
    LOG_INFO("user.password", "user=%s", task->row.name);
    out_open(&out, NULL, '{');
    write_person(&out, &task->row, task->now_ms);
    out_count(&out, "tokens", task->tokens);
    out_bool(&out, "tokens_ended", task->ends_tokens);
    out_close(&out, '}');
}

/* The same key under a new password: only who knows the old one can do it. A name that is nobody's
 * is answered as a wrong password is, and takes as long. */
static void change_password(struct request *request, struct answer *answer,
                            const struct known_operator *known, const char *password,
                            const char *new_password, bool ends_tokens)
{
    struct passwd_task *task =
        api_task_new(request->service->gate, sizeof *task, run_passwd, free_passwd);
    struct sessions *sessions = request->service->sessions;
    const struct login login = login_of(request, known, request->argument[0], password);
    struct sign_key key;
    struct err err;
    const enum status status = session_unseal(sessions, &login, &key, &err);

    access_note_login(request, login.name, status);
    if (status != OK) {
        answer_login_error(request, answer, &err);
    } else {
        task->row = known->row;
        task->now_ms = clock_unix_ms(&request->service->clock);
        task->ends_tokens = ends_tokens;
        buf_append_bytes(&task->opened, known->row.sealed);
        session_seal(sessions, &task->sealed, &key, bytes_text(new_password),
                     request->caller.address);
        if (answer_outcome(request, answer,
                           api_task_run(&task->api_task, request->service->node))) {
            answer_passwd(request, answer, task);
        }
    }
    crypto_wipe(&key, sizeof key);
    api_task_done_with(&task->api_task);
}

void post_passwd(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    const char *password, *new_password = NULL;
    struct known_operator known;

    if (object == NULL) {
        return;
    }
    password = request_password(request, answer, object, "password");
    if (password != NULL) {
        new_password = request_new_password(request, answer, object, "new_password");
    }
    if (new_password != NULL) {
        struct err err;

        if (known_operator_find(&known, request, request->argument[0], &err) == OK) {
            change_password(request, answer, &known, password, new_password,
                            json_is_true(json_object_get(object, "end_tokens")));
        } else {
            answer_login_error(request, answer, &err);
        }
        known_operator_free(&known);
    }
    json_decref(object);
}

void post_renew(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    const char *password;
    struct user_task *user;

    if (object == NULL) {
        return;
    }
    user = api_task_new(request->service->gate, sizeof *user, run_user, free_user);
    user->change = node_operator_renew;
    (void)snprintf(user->row.name, sizeof user->row.name, "%s", request->argument[0]);
    password = request_new_password(request, answer, object, "password");
    if (password != NULL && voucher_keys_take(&user->by, request, answer, object)) {
        make_key(user, request, password);
        if (answer_outcome(request, answer,
                           api_task_run(&user->api_task, request->service->node))) {
            if (user->err.status == OK && user->proposal[0] == '\0') {
                session_end(request->service->sessions, user->row.name);
            }
            answer_user(request, answer, user, "user.renewed");
        }
    }
    api_task_done_with(&user->api_task);
    json_decref(object);
}

/* The roles alone; his key and his password stay. */
void post_roles(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct user_task *user;

    if (object == NULL) {
        return;
    }
    user = api_task_new(request->service->gate, sizeof *user, run_user, free_user);
    user->change = person_role;
    memcpy(user->row.by, request->caller.name, sizeof user->row.by);
    (void)snprintf(user->row.name, sizeof user->row.name, "%s", request->argument[0]);
    if (!read_roles(json_object_get(object, "roles"), 0, &user->row.roles)) {
        answer_error(request, answer, API_BAD_REQUEST, "ask_user_form");
    } else if (voucher_keys_take(&user->by, request, answer, object) &&
               answer_outcome(request, answer,
                              api_task_run(&user->api_task, request->service->node))) {
        if (user->err.status == OK && user->proposal[0] == '\0') {
            session_end(request->service->sessions, user->row.name);
        }
        answer_roles(request, answer, user);
    }
    api_task_done_with(&user->api_task);
    json_decref(object);
}

void post_disable(struct request *request, struct answer *answer)
{
    struct json_out out = json_to(&answer->body);
    struct user_task *user;

    user = api_task_new(request->service->gate, sizeof *user, run_user, free_user);
    user->change = person_end;
    memcpy(user->row.by, request->caller.name, sizeof user->row.by);
    (void)snprintf(user->row.name, sizeof user->row.name, "%s", request->argument[0]);
    if (voucher_keys_read(&user->by, request, answer) &&
        answer_outcome(request, answer, api_task_run(&user->api_task, request->service->node))) {
        if (user->err.status == OK && user->proposal[0] == '\0') {
            LOG_INFO("user.disabled", "user=%s", user->row.name);
            session_end(request->service->sessions, user->row.name);
            out_open(&out, NULL, '{');
            out_text(&out, "name", user->row.name);
            out_bool(&out, "enabled", false);
            out_close(&out, '}');
        } else {
            answer_user(request, answer, user, "user.disabled");
        }
    }
    api_task_done_with(&user->api_task);
}
