/* routes - which address does what. */
#include <stdio.h>

#include "node/api/api.h"

static const struct {
    const char *method, *path; /* '*' stands for one part */
    route_fn *run;
} routes[] = {
    {"POST", "/documents", post_documents},
    {"GET", "/documents", list_documents},
    {"GET", "/documents/*", get_document},
    {"POST", "/approve", post_approve},
    {"POST", "/reject", post_reject},
    {"GET", "/pending", get_pending},
    {"GET", "/trace/*", get_trace},
    {"GET", "/balance", get_balance},
    {"GET", "/report/*", get_report},
    {"GET", "/status", get_status},
    {"GET", "/digest", get_digest},
    {"POST", "/verify", post_verify},
    {"POST", "/invite", post_invite},
    {"POST", "/peers/*/pause", post_pause},
    {"POST", "/peers/*/resume", post_resume},
    {"GET", "/users", get_users},
    {"POST", "/users", post_user},
    {"POST", "/users/*/passwd", post_passwd},
    {"POST", "/users/*/disable", post_disable},
    {"POST", "/login", post_login},
    {"POST", "/logout", post_logout},
    {"GET", "/healthz", get_healthz},
    {"GET", "/readyz", get_readyz},
};

static bool match(const char *pattern, const char *path, char arguments[2][64])
{
    size_t taken = 0;

    while (*pattern != '\0') {
        if (*pattern != '*') {
            if (*pattern++ != *path++) {
                return false;
            }
            continue;
        }
        const size_t size = strcspn(path, "/");
        if (size == 0 || size >= sizeof arguments[0] || taken == 2) {
            return false;
        }
        memcpy(arguments[taken], path, size);
        arguments[taken++][size] = '\0';
        path += size;
        pattern++;
    }
    return *path == '\0';
}

void route(struct request *request, struct answer *answer)
{
    bool known = false;

    answer->http = 200;
    answer->type = "application/json; charset=utf-8";
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        if (!match(routes[i].path, request->path, request->argument)) {
            continue;
        }
        known = true;
        if (strcmp(routes[i].method, request->method) == 0) {
            routes[i].run(request, answer);
            return;
        }
    }
    answer_error(request, answer, known ? API_METHOD : API_NO_SUCH_PATH, NULL);
}

void answer_error(const struct request *request, struct answer *answer, enum api_error error,
                  const char *detail)
{
    const struct api_message *message = api_message(error);
    const char *sentence = request->language == LANGUAGE_ZH ? message->zh : message->en;
    struct json_out out = json_to(&answer->body);
    char text[WORDS_BYTES_MAX + 256], words[WORDS_BYTES_MAX];
    const bool zh = request->language == LANGUAGE_ZH;

    (void)snprintf(text, sizeof text, "%s%s%s", sentence,
                   detail == NULL ? ""
                   : zh           ? "："
                                  : ": ",
                   detail == NULL ? "" : words_in(request->language, words, detail));
    buf_clear(&answer->body);
    answer->http = message->http;
    answer->type = "application/json; charset=utf-8";
    out_open(&out, NULL, '{');
    out_open(&out, "error", '{');
    out_text(&out, "code", message->code);
    out_text(&out, "message", text);
    out_close(&out, '}');
    out_close(&out, '}');
}

bool answer_outcome(const struct request *request, struct answer *answer, enum status outcome)
{
    if (outcome == OK) {
        return true;
    }
    if (outcome == ERR_UNREACHABLE) {
        answer_error(request, answer, API_STOPPING, NULL);
    } else {
        answer_error(request, answer, API_STORE_FAILED, status_message(outcome));
    }
    return false;
}

json_t *request_object(const struct request *request, struct answer *answer)
{
    json_error_t error;
    json_t *object = json_loadb((const char *)request->body->data, request->body->size,
                                JSON_REJECT_DUPLICATES, &error);

    if (!json_is_object(object)) {
        answer_error(request, answer, API_BAD_REQUEST,
                     object == NULL ? "not JSON" : "not a JSON object");
        json_decref(object);
        return NULL;
    }
    return object;
}

const char *request_text(const struct request *request, struct answer *answer, const json_t *object,
                         const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    if (text == NULL) {
        answer_error(request, answer, API_BAD_REQUEST, name);
    }
    return text;
}

/* --- who acts --- */

static bool has_role(const struct request *request, const struct person *person, uint32_t role)
{
    struct operator_row row;
    struct view view;
    bool has;

    view_open(&view, request->service);
    has = node_operator(view.txn, person->name, &row) && row.enabled &&
          (row.roles & role) == role && memcmp(&row.key, &person->key, sizeof row.key) == 0;
    view_close(&view);
    return has;
}

bool request_person(const struct request *request, struct answer *answer, uint32_t role,
                    struct person *person, struct sign_key *secret)
{
    memset(person, 0, sizeof *person);
    if (request->token[0] == '\0' ||
        !session_find(request->service->sessions, request->token, person->name, secret)) {
        answer_error(request, answer, API_NEEDS_LOGIN, NULL);
        return false;
    }
    person->key = secret->public;
    person->secret = secret;
    if (!has_role(request, person, role)) {
        crypto_wipe(secret, sizeof *secret);
        answer_error(request, answer, API_NEEDS_ROLE, person->name);
        return false;
    }
    return true;
}

bool request_admin(const struct request *request, struct answer *answer)
{
    struct person person;
    struct sign_key secret;
    struct view view;
    bool guarded;

    view_open(&view, request->service);
    guarded = node_has_admin(view.txn);
    view_close(&view);
    if (!guarded) {
        return true;
    }
    if (!request_person(request, answer, ROLE_ADMIN, &person, &secret)) {
        return false;
    }
    crypto_wipe(&secret, sizeof secret);
    return true;
}
