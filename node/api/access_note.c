#include "node/api/access_note.h"

#include <stdio.h>

#include "node/core/accesses.h"

static enum access_how how_of(enum caller_how how)
{
    switch (how) {
    case CALLER_SOCKET:
        return ACCESS_OWNER;
    case CALLER_SESSION:
        return ACCESS_PERSON;
    case CALLER_TOKEN:
        return ACCESS_PROGRAM;
    default:
        return ACCESS_NOBODY;
    }
}

static struct access_event event_of(const struct request *request, enum access_what what,
                                    const char *who, int http)
{
    const char *kind = request->query(request->connection, "kind");
    struct access_event event = {.unix_ms = clock_unix_ms(&request->service->clock),
                                 .what = what,
                                 .how = how_of(request->caller.how),
                                 .http = (uint32_t)http};
    char path[ACCESS_PATH_MAX];

    text_cut(event.who, sizeof event.who, text_plain(bytes_text(who)) ? who : "?");
    text_cut(event.address, sizeof event.address, request->caller.address);
    (void)snprintf(event.method, sizeof event.method, "%.7s", request->method);
    (void)snprintf(path, sizeof path, "%.110s%s%.40s", request->path,
                   kind == NULL ? "" : "?kind=", kind == NULL ? "" : kind);
    text_cut(event.path, sizeof event.path, text_plain(bytes_text(path)) ? path : "?");
    return event;
}

static bool is_read(const struct request *request)
{
    return strcmp(request->method, "GET") == 0;
}

/* Counts alone name nobody. */
static bool is_counting(const struct request *request)
{
    const char *counts = request->query(request->connection, "counts");

    return strcmp(request->path, "/inbox") == 0 && counts != NULL && strcmp(counts, "1") == 0;
}

bool access_note_asked(const struct request *request, struct answer *answer, bool names_persons)
{
    const enum access_what what = is_read(request) ? ACCESS_READ : ACCESS_WRITE;
    struct access_event event;

    if (what == ACCESS_READ && (!names_persons || is_counting(request))) {
        return true;
    }
    event = event_of(request, what, request->caller.name, 0);
    if (!node_note_access(request->service->node, &event)) {
        answer_error(request, answer, API_NOT_READY, "accesses_full");
        return false;
    }
    return true;
}

void access_note_outcome(const struct request *request, const struct answer *answer, bool admitted)
{
    const struct access_event event =
        event_of(request, ACCESS_REFUSED, request->caller.name, answer->http);

    if (answer->http >= 400 && (admitted ? !is_read(request) : request->caller.name[0] != '\0')) {
        (void)node_note_access(request->service->node, &event);
    }
}

void access_note_login(const struct request *request, const char *name, enum status why)
{
    struct access_event event;

    if (why != OK && why != ERR_KEY) {
        return;
    }
    event = event_of(request, why == OK ? ACCESS_LOGIN : ACCESS_LOGIN_REFUSED, name,
                     why == OK ? 200 : 403);
    (void)node_note_access(request->service->node, &event);
}

void access_note_logout(const struct request *request)
{
    const struct access_event event = event_of(request, ACCESS_WRITE, request->caller.name, 0);

    (void)node_note_access(request->service->node, &event);
}
