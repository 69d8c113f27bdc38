#include "node/api/admission.h"

#include <assert.h>
#include <stdio.h>

#include "node/api/view.h"
#include "node/office/operators.h"

/* What a route takes. A role of 0 is any person; of several, one is enough. */
static const struct demand {
    uint32_t roles;
    unsigned takes;       /* bits of enum caller_how */
    uint32_t owner_until; /* the socket's owner: only while nobody has this role */
} demands[ASKS_KINDS] = {
    [ASKS_NOTHING] = {0, CALLER_NOBODY | CALLER_SOCKET | CALLER_SESSION | CALLER_TOKEN, 0},
    [ASKS_WATCH] = {0, CALLER_SOCKET | CALLER_SESSION | CALLER_TOKEN, 0},
    [ASKS_PERSON] = {0, CALLER_SOCKET | CALLER_SESSION | CALLER_TOKEN, 0},
    [ASKS_HIMSELF] = {0, CALLER_SESSION, 0},
    [ASKS_TOKEN_MAKER] = {0, CALLER_SOCKET | CALLER_SESSION, ROLE_ADMIN},
    [ASKS_SUBMITTER] = {ROLE_MAKER, CALLER_SOCKET | CALLER_SESSION | CALLER_TOKEN, 0},
    [ASKS_PROPOSER] = {ROLE_MAKER | ROLE_ADMIN, CALLER_SESSION, 0},
    [ASKS_DECIDER] = {ROLE_CHECKER | ROLE_ADMIN, CALLER_SESSION, 0},
    [ASKS_ADMIN] = {ROLE_ADMIN, CALLER_SOCKET | CALLER_SESSION | CALLER_TOKEN, ROLE_ADMIN},
    [ASKS_ADMIN_IN_PERSON] = {ROLE_ADMIN, CALLER_SESSION, 0},
    [ASKS_ADMIN_HIMSELF] = {ROLE_ADMIN, CALLER_SOCKET | CALLER_SESSION, ROLE_ADMIN},
    [ASKS_AUDITOR] = {ROLE_AUDITOR, CALLER_SOCKET | CALLER_SESSION | CALLER_TOKEN, ROLE_AUDITOR},
    [ASKS_OVERSIGHT] = {ROLES_OVERSIGHT, CALLER_SOCKET | CALLER_SESSION | CALLER_TOKEN, 0},
    [ASKS_MACHINE] = {ROLE_ADMIN, CALLER_SOCKET | CALLER_SESSION | CALLER_TOKEN, 0},
};

/* --- from which page --- */

/* Is `origin` this door's own, as the browser addressed it? */
static bool is_own_origin(const struct request *request, const char *origin)
{
    const char *host = request->header(request->connection, "Host");

    return host != NULL && strncmp(origin, "https://", 8) == 0 && strcmp(origin + 8, host) == 0;
}

/* A browser says where the page is from that asks. A program says nothing, and needs no cookie. */
static bool is_from_elsewhere(const struct request *request)
{
    const char *origin = request->header(request->connection, "Origin");
    const char *site = request->header(request->connection, "Sec-Fetch-Site");
    const bool changes = strcmp(request->method, "GET") != 0;

    if ((origin != NULL && !is_own_origin(request, origin)) ||
        (site != NULL && strcmp(site, "same-origin") != 0 &&
         (changes || strcmp(site, "none") != 0))) {
        return true;
    }
    return changes && request->caller.by_cookie &&
           (request->header(request->connection, REQUEST_HEADER) == NULL ||
            (origin == NULL && site == NULL));
}

/* --- what it may --- */

/* The socket's owner, while nobody has the role that the route asks for; false with the error
 * answered. What cannot be read lets nobody in. */
static bool may_owner(const struct request *request, struct answer *answer, uint32_t owner_until)
{
    struct view view;
    bool has, sound;

    view_open(&view, request->service);
    has = node_has_role(view.txn, owner_until);
    sound = view_sound(&view, request, answer);
    view_close(&view);
    if (sound && has) {
        answer_error(request, answer, API_NEEDS_LOGIN, NULL);
    }
    return sound && !has;
}

static bool refuse_role(struct request *request, struct answer *answer)
{
    answer_error(request, answer, API_NEEDS_ROLE, request->caller.name);
    return false;
}

bool admit(struct request *request, struct answer *answer, enum asks asks)
{
    const struct demand *demand = &demands[asks];
    struct err err;
    const bool known = caller_identify(request, &err);
    const enum caller_how how = request->caller.how;

    assert(asks < ASKS_KINDS);
    if (request->caller.door == DOOR_TLS && is_from_elsewhere(request)) {
        answer_error(request, answer, API_ELSEWHERE, NULL);
        return false;
    }
    if (asks == ASKS_NOTHING || (asks == ASKS_WATCH && request->caller.door != DOOR_TLS)) {
        return true;
    }
    if (!known) {
        answer_error(request, answer, err.status == OK ? API_NEEDS_LOGIN : API_STORE_FAILED,
                     err.status == OK ? NULL : err.text);
        return false;
    }
    if (how == CALLER_SOCKET && demand->owner_until != 0 &&
        !may_owner(request, answer, demand->owner_until)) {
        return false;
    }
    if ((demand->takes & how) == 0) {
        if (how == CALLER_TOKEN) {
            return refuse_role(request, answer);
        }
        answer_error(request, answer, API_NEEDS_LOGIN, NULL);
        return false;
    }
    if (asks == ASKS_MACHINE && request->caller.door != DOOR_SOCKET) {
        answer_refuse(request, answer, API_NEEDS_ROLE, "asked_elsewhere");
        return false;
    }
    if (how != CALLER_SOCKET && demand->roles != 0 &&
        (request->caller.roles & demand->roles) == 0) {
        return refuse_role(request, answer);
    }
    return true;
}
