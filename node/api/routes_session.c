#include "node/api/routes_session.h"

#include <inttypes.h>

#include "node/api/access_note.h"
#include "node/api/operator_login.h"
#include "node/api/page.h"
#include "proto/log.h"

/* --- in and out --- */

/* A browser keeps what no script can read; nothing else is told to it. */
static bool is_browser(const struct request *request)
{
    return request->caller.door == DOOR_TLS &&
           request->header(request->connection, REQUEST_HEADER) != NULL;
}

static void set_cookie(struct answer *answer, const char *token, uint64_t seconds)
{
    answer_header(answer, "Set-Cookie",
                  SESSION_COOKIE "=%s; Path=/; Max-Age=%" PRIu64
                                 "; Secure; HttpOnly; SameSite=Strict",
                  token, seconds);
}

static void write_login(const struct request *request, struct answer *answer, const char *token)
{
    struct json_out out = json_to(&answer->body);

    out_open(&out, NULL, '{');
    if (is_browser(request)) {
        set_cookie(answer, token, SESSION_LIFE_MS / 1000);
    } else {
        out_text(&out, "token", token);
    }
    out_count(&out, "idle_s", SESSION_IDLE_MS / 1000);
    out_count(&out, "life_s", SESSION_LIFE_MS / 1000);
    out_close(&out, '}');
}

/* Is the password that opened it still the password? One that was changed while it was tried has
 * ended all sessions, and this one would be left. Errors: ERR_KEY; ERR_CORRUPT, ERR_IO. */
static enum status check_sealed(const struct request *request, const char *name,
                                const struct known_operator *opened, struct err *err)
{
    struct known_operator now;
    enum status status = known_operator_find(&now, request, name, err);

    if (status == OK && !(now.found && bytes_equal(now.row.sealed, opened->row.sealed))) {
        status = err_set(err, ERR_KEY, "login_wrong");
    }
    known_operator_free(&now);
    return status;
}

static void log_in(const struct request *request, struct answer *answer, const char *name,
                   const char *password)
{
    struct sessions *sessions = request->service->sessions;
    char token[SESSION_TOKEN_MAX];
    struct known_operator known;
    struct login login;
    struct err err;
    enum status status = known_operator_find(&known, request, name, &err);

    if (status == OK) {
        login = login_of(request, &known, name, password);
        status = session_login(sessions, &login, token, &err);
    }
    if (status == OK && check_sealed(request, name, &known, &err) != OK) {
        session_logout(sessions, token);
        status = err.status;
    }
    access_note_login(request, name, status);
    if (status == OK) {
        if (request->caller.how == CALLER_SESSION && request->caller.by_cookie) {
            session_logout(sessions, request->caller.credential); /* the browser forgets it */
        }
        write_login(request, answer, token);
    } else {
        answer_login_error(request, answer, &err);
    }
    crypto_wipe(token, sizeof token);
    known_operator_free(&known);
}

void post_login(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    const char *name, *password = NULL;

    if (object == NULL) {
        return;
    }
    name = request_text(request, answer, object, "name");
    if (name != NULL) {
        password = request_password(request, answer, object, "password");
    }
    if (password != NULL) {
        log_in(request, answer, name, password);
    }
    json_decref(object);
}

void post_logout(struct request *request, struct answer *answer)
{
    if (request->caller.how == CALLER_SESSION) {
        access_note_logout(request);
        session_logout(request->service->sessions, request->caller.credential);
    }
    if (request->caller.by_cookie) {
        set_cookie(answer, "", 0);
    }
    buf_append(&answer->body, "{}", 2);
}

/* --- who one is --- */

static const char *how_name(enum caller_how how)
{
    switch (how) {
    case CALLER_SOCKET:
        return "socket";
    case CALLER_SESSION:
        return "session";
    case CALLER_TOKEN:
        return "token";
    default:
        return "nobody";
    }
}

static void write_caller(struct json_out *out, const struct request *request)
{
    const struct caller *caller = &request->caller;
    struct session_view session;

    if (caller->name[0] != '\0') {
        out_text(out, "name", caller->name);
    } else {
        out_null(out, "name");
    }
    out_text(out, "how", how_name(caller->how));
    out_roles(out, caller->roles);
    if (caller->how == CALLER_SESSION &&
        session_know(request->service->sessions, caller->credential, false, &session)) {
        out_count(out, "id", session.id);
        out_time(out, "since", session.begun_unix_ms);
        out_time(out, "idle_until", session.idle_until_unix_ms);
        out_time(out, "until", session.until_unix_ms);
    }
}

static void write_node(struct json_out *out, const struct request *request, const struct view *view,
                       const struct roster_snapshot *roster)
{
    const struct division self = request->service->self;
    const struct place *place = roster_snapshot_place(roster, self);
    struct ledger_position position;

    ledger_position(view->txn, self, &position);
    out_open(out, "node", '{');
    out_text(out, "division", self.code);
    out_text(out, "name", place == NULL ? "" : place->name);
    out_text(out, "version", TERRACE_VERSION);
    out_close(out, '}');
    out_open(out, "ledger", '{');
    out_count(out, "lsn", position.lsn);
    out_time(out, "time", position.time_ms);
    out_text(out, "state", request->service->damage != NULL ? "damaged" : "sound");
    out_close(out, '}');
}

void get_session(struct request *request, struct answer *answer)
{
    struct json_out out = json_to(&answer->body);
    struct roster_snapshot *roster;
    struct view view;

    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL) {
        out_open(&out, NULL, '{');
        write_caller(&out, request);
        write_node(&out, request, &view, roster);
        out_close(&out, '}');
        (void)view_sound(&view, request, answer);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}

/* --- who is there --- */

static void write_session(struct json_out *out, const struct session_view *session)
{
    out_open(out, NULL, '{');
    out_count(out, "id", session->id);
    out_text(out, "name", session->name);
    out_text(out, "address", session->address);
    out_time(out, "since", session->begun_unix_ms);
    out_time(out, "used", session->used_unix_ms);
    out_time(out, "idle_until", session->idle_until_unix_ms);
    out_time(out, "until", session->until_unix_ms);
    out_close(out, '}');
}

void get_sessions(struct request *request, struct answer *answer)
{
    struct session_view *sessions;
    struct json_out out = json_to(&answer->body);
    struct page page;
    size_t count;

    if (!request_page(request, answer, &page)) {
        return;
    }
    sessions = mem_zalloc(SESSIONS_MAX * sizeof *sessions);
    count = session_list(request->service->sessions, sessions);
    out_open(&out, NULL, '{');
    out_open(&out, "rows", '[');
    for (size_t i = 0; i < count; i++) {
        char cursor[CURSOR_BYTES_MAX];

        (void)snprintf(cursor, sizeof cursor, "%" PRIu64, (uint64_t)sessions[i].id);
        if (page_row(&page, cursor)) {
            write_session(&out, &sessions[i]);
        }
    }
    out_close(&out, ']');
    write_page(&out, &page);
    out_close(&out, '}');
    (void)page_found(&page, request, answer);
    mem_free(sessions);
}

void delete_session(struct request *request, struct answer *answer)
{
    struct json_out out = json_to(&answer->body);
    uint64_t id;

    if (!whole_number_parse(request->argument[0], &id) ||
        !session_end_one(request->service->sessions, id)) {
        answer_refuse(request, answer, API_NOT_FOUND, "session_unknown id=%s",
                      request->argument[0]);
        return;
    }
    LOG_INFO("session.ended", "id=%" PRIu64 " by=%s", id, request->caller.name);
    out_open(&out, NULL, '{');
    out_count(&out, "id", id);
    out_bool(&out, "ended", true);
    out_close(&out, '}');
}
