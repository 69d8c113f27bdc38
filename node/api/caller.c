#include "node/api/caller.h"

#include <limits.h>
#include <stdio.h>

#include "node/api/api_task.h"
#include "node/api/view.h"
#include "node/office/access_tokens.h"
#include "node/office/operators.h"

enum { USE_NOTED_MS = 60 * 1000 };

/* --- persons --- */

/* The person behind a session as he is now: ended, or with another key, he is nobody. */
static bool know_person(const struct service *service, const struct session_view *session,
                        uint32_t *roles, struct err *err)
{
    struct operator_row row;
    struct view view;
    bool known;

    view_open(&view, service);
    known = node_operator(view.txn, session->name, &row) && row.enabled &&
            memcmp(&row.key, &session->key, sizeof row.key) == 0;
    if (known) {
        *roles = row.roles;
    }
    known &= view_status(&view, err) == OK;
    view_close(&view);
    return known;
}

static bool know_session(const struct service *service, struct caller *caller, bool is_used,
                         struct err *err)
{
    struct session_view session;

    if (!session_know(service->sessions, caller->credential, is_used, &session) ||
        !know_person(service, &session, &caller->roles, err)) {
        return false;
    }
    memcpy(caller->name, session.name, sizeof caller->name);
    caller->how = CALLER_SESSION;
    return true;
}

/* --- programs --- */

static bool is_access_token(const char *credential)
{
    return strncmp(credential, ACCESS_TOKEN_PREFIX, sizeof ACCESS_TOKEN_PREFIX - 1) == 0;
}

struct used_task {
    struct api_task api_task;
    struct hash hash;
    uint64_t unix_ms;
};

static void run_used(struct api_task *api_task, struct node *node, struct txn *txn)
{
    const struct used_task *used = (struct used_task *)api_task;

    (void)node;
    node_access_token_used(txn, &used->hash, used->unix_ms);
}

/* Its last use is kept to the minute, so that a busy program costs a row a minute. */
static void note_use(const struct request *request, const struct access_token *token)
{
    const uint64_t now = clock_unix_ms(&request->service->clock);
    struct used_task *used;

    if (now - token->used_unix_ms < USE_NOTED_MS && now >= token->used_unix_ms) {
        return;
    }
    used = api_task_new(request->service->gate, sizeof *used, run_used, NULL);
    used->hash = token->hash;
    used->unix_ms = now;
    api_task_leave(&used->api_task, request->service->node);
}

static bool know_token(const struct service *service, struct caller *caller,
                       struct access_token *token, struct err *err)
{
    const struct hash hash = access_token_hash(caller->credential);
    struct view view;
    bool known;

    view_open(&view, service);
    known = access_token_find(view.txn, &hash, token) &&
            access_token_rights(view.txn, token, clock_unix_ms(&service->clock), &caller->roles);
    known &= view_status(&view, err) == OK;
    view_close(&view);
    if (known) {
        memcpy(caller->name, token->name, sizeof caller->name);
        caller->how = CALLER_TOKEN;
    }
    return known;
}

static bool identify_token(struct request *request, struct err *err)
{
    struct access_token token;
    const bool known = know_token(request->service, &request->caller, &token, err);

    if (known) {
        note_use(request, &token);
    }
    return known;
}

/* --- what was shown --- */

/* One that is too long is none of ours; cut, it is nobody's. */
static void copy_credential(struct caller *caller, const char *value, size_t size)
{
    (void)snprintf(caller->credential, sizeof caller->credential, "%.*s",
                   (int)(size > INT_MAX ? INT_MAX : size), value);
}

/* "a=1; __Host-terrace=TOKEN; b=2" */
static bool read_cookie(struct caller *caller, const char *cookies)
{
    const size_t size = strlen(SESSION_COOKIE "=");

    while (cookies != NULL) {
        cookies += strspn(cookies, " ;");
        if (strncmp(cookies, SESSION_COOKIE "=", size) == 0) {
            copy_credential(caller, cookies + size, strcspn(cookies + size, "; "));
            return true;
        }
        cookies = strchr(cookies, ';');
    }
    return false;
}

/* A cookie counts where it was set: a browser at the TLS door. */
static void read_credential(struct request *request)
{
    struct caller *caller = &request->caller;
    const char *value = request->header(request->connection, "Authorization");

    if (value != NULL && strncmp(value, "Bearer ", 7) == 0) {
        copy_credential(caller, value + 7, strlen(value + 7));
    } else if (caller->door == DOOR_TLS) {
        caller->by_cookie = read_cookie(caller, request->header(request->connection, "Cookie"));
    }
}

bool caller_identify(struct request *request, struct err *err)
{
    struct caller *caller = &request->caller;

    err->status = OK;
    caller->how = caller->door == DOOR_TLS ? CALLER_NOBODY : CALLER_SOCKET;
    read_credential(request);
    if (caller->credential[0] == '\0') {
        return true;
    }
    if (is_access_token(caller->credential)) {
        return identify_token(request, err);
    }
    return know_session(request->service, caller,
                        request->header(request->connection, BACKGROUND_HEADER) == NULL, err);
}

bool caller_stands(const struct service *service, const struct caller *caller, struct err *err)
{
    struct caller now = *caller;
    struct access_token token;

    err->status = OK;
    switch (caller->how) {
    case CALLER_SESSION:
        return know_session(service, &now, false, err);
    case CALLER_TOKEN:
        return know_token(service, &now, &token, err);
    default:
        return true;
    }
}
