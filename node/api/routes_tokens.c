#include "node/api/routes_tokens.h"

#include <stdio.h>

#include "node/api/operator_login.h"
#include "node/api/page.h"
#include "node/office/access_tokens.h"
#include "proto/log.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

enum { DAYS_OTHERWISE = 90 };

/* An admin; the owner of the process, as long as there is none. */
static bool oversees(const struct request *request, struct txn *txn)
{
    return request->caller.how == CALLER_SOCKET ? !node_has_role(txn, ROLE_ADMIN)
                                                : (request->caller.roles & ROLE_ADMIN) != 0;
}

/* --- which there are --- */

struct token_list {
    struct json_out out;
    struct page page;
    const char *maker; /* NULL: of everybody */
    uint64_t now_ms;
};

static void write_token(struct json_out *out, const struct access_token *token, const char *text,
                        uint64_t now_ms)
{
    out_open(out, NULL, '{');
    if (text != NULL) {
        out_text(out, "token", text);
    }
    out_text(out, "name", token->name);
    out_roles(out, token->roles);
    out_text(out, "maker", token->maker);
    out_time(out, "made", token->made_unix_ms);
    out_time(out, "expires", token->expires_unix_ms);
    out_bool(out, "expired", now_ms >= token->expires_unix_ms);
    if (token->used_unix_ms > 0) {
        out_time(out, "used", token->used_unix_ms);
    } else {
        out_null(out, "used");
    }
    out_close(out, '}');
}

static bool list_token(void *arg, const struct access_token *token)
{
    struct token_list *list = arg;

    if ((list->maker == NULL || strcmp(list->maker, token->maker) == 0) &&
        page_row(&list->page, token->name)) {
        write_token(&list->out, token, NULL, list->now_ms);
    }
    return true;
}

void get_tokens(struct request *request, struct answer *answer)
{
    struct token_list list = {.out = json_to(&answer->body),
                              .now_ms = clock_unix_ms(&request->service->clock)};
    const struct caller *caller = &request->caller;
    struct view view;

    if (!request_page(request, answer, &list.page)) {
        return;
    }
    view_open(&view, request->service);
    list.maker = oversees(request, view.txn) ? NULL : caller->name;
    out_open(&list.out, NULL, '{');
    out_open(&list.out, "rows", '[');
    access_tokens_each(view.txn, list_token, &list);
    out_close(&list.out, ']');
    write_page(&list.out, &list.page);
    out_close(&list.out, '}');
    if (view_sound(&view, request, answer)) {
        (void)page_found(&list.page, request, answer);
    }
    view_close(&view);
}

/* --- making and ending one --- */

struct token_task {
    struct api_task api_task;
    struct access_token token;
    bool by_admin;
    struct err err;
};

static void run_add(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct token_task *task = (struct token_task *)api_task;

    (void)node;
    task->err.status = OK;
    task->err.status = node_access_token_add(txn, &task->token, &task->err);
}

static void run_revoke(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct token_task *task = (struct token_task *)api_task;

    (void)node;
    task->err.status = OK;
    task->err.status = node_access_token_revoke(txn, task->token.name, task->token.maker,
                                                task->by_admin, &task->err);
}

/* What he has himself, but never to approve: that takes a person's key. */
static bool may_give(const struct request *request, struct txn *txn, uint32_t roles)
{
    const uint32_t has = request->caller.how == CALLER_SESSION ? request->caller.roles
                         : oversees(request, txn)              ? ROLES_BUSINESS | ROLES_OVERSIGHT
                                                               : 0;

    return (roles & ~has) == 0 && (roles & ROLE_CHECKER) == 0;
}

static bool read_days(const json_t *object, uint64_t *days)
{
    const json_t *typed = json_object_get(object, "days");
    const json_int_t value = json_integer_value(typed);

    *days = typed == NULL ? DAYS_OTHERWISE : (uint64_t)value;
    return typed == NULL || (value >= 1 && value <= ACCESS_TOKEN_DAYS_MAX);
}

/* False with the error answered. */
static bool read_token(const struct request *request, struct answer *answer, const json_t *object,
                       struct access_token *token)
{
    const char *name = request_text(request, answer, object, "name");
    struct view view;
    uint64_t days;
    bool may, sound;

    if (name == NULL) {
        return false;
    }
    if (strlen(name) >= sizeof token->name || !read_days(object, &days) ||
        !read_roles(json_object_get(object, "roles"), 0, &token->roles)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_token days_max=%d",
                      ACCESS_TOKEN_DAYS_MAX);
        return false;
    }
    view_open(&view, request->service);
    may = may_give(request, view.txn, token->roles);
    sound = view_sound(&view, request, answer);
    view_close(&view);
    if (!sound) {
        return false;
    }
    if (!may) {
        answer_refuse(request, answer, API_REFUSED, "access_token_roles_beyond");
        return false;
    }
    memcpy(token->name, name, strlen(name) + 1);
    memcpy(token->maker, request->caller.name, sizeof token->maker);
    token->made_unix_ms = clock_unix_ms(&request->service->clock);
    token->expires_unix_ms = token->made_unix_ms + days * DAY_MS;
    return true;
}

static void answer_token_error(const struct request *request, struct answer *answer,
                               const struct err *err)
{
    answer_because(request, answer,
                   err->status == ERR_CONFIG      ? API_BAD_REQUEST
                   : err->status == ERR_NOT_FOUND ? API_NOT_FOUND
                                                  : API_REFUSED,
                   err->text);
}

static void add_token(const struct request *request, struct answer *answer, struct token_task *task)
{
    char text[ACCESS_TOKEN_TEXT_MAX];
    struct json_out out = json_to(&answer->body);

    access_token_make(text, &task->token.hash);
    if (answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node))) {
        if (task->err.status == OK) {
            LOG_INFO("token.added", "name=%s by=%s", task->token.name, task->token.maker);
            write_token(&out, &task->token, text, task->token.made_unix_ms);
        } else {
            answer_token_error(request, answer, &task->err);
        }
    }
    crypto_wipe(text, sizeof text);
}

void post_token(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct token_task *task;

    if (object == NULL) {
        return;
    }
    task = api_task_new(request->service->gate, sizeof *task, run_add, NULL);
    if (read_token(request, answer, object, &task->token)) {
        add_token(request, answer, task);
    }
    api_task_done_with(&task->api_task);
    json_decref(object);
}

void delete_token(struct request *request, struct answer *answer)
{
    struct token_task *task = api_task_new(request->service->gate, sizeof *task, run_revoke, NULL);
    struct json_out out = json_to(&answer->body);
    struct view view;
    bool sound;

    view_open(&view, request->service);
    task->by_admin = oversees(request, view.txn);
    sound = view_sound(&view, request, answer);
    view_close(&view);
    (void)snprintf(task->token.name, sizeof task->token.name, "%s", request->argument[0]);
    memcpy(task->token.maker, request->caller.name, sizeof task->token.maker);
    if (sound &&
        answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node))) {
        if (task->err.status == OK) {
            LOG_INFO("token.revoked", "name=%s by=%s", task->token.name, task->token.maker);
            out_open(&out, NULL, '{');
            out_text(&out, "name", task->token.name);
            out_bool(&out, "revoked", true);
            out_close(&out, '}');
        } else {
            answer_token_error(request, answer, &task->err);
        }
    }
    api_task_done_with(&task->api_task);
}
