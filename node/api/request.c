#include "node/api/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/api/json.h"

bool whole_number_parse(const char *text, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *out != 0;
}

json_t *request_object(const struct request *request, struct answer *answer)
{
    json_error_t error;
    json_t *object;

    if (json_costs_too_much(buf_bytes(request->body), JSON_VALUES_MAX)) {
        answer_refuse(request, answer, API_TOO_LARGE, "body_many_values");
        return NULL;
    }
    object = json_loadb((const char *)request->body->data, request->body->size,
                        JSON_REJECT_DUPLICATES, &error);

    if (!json_is_object(object)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "body_form why=%s",
                      object == NULL ? error.text : "");
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
        answer_refuse(request, answer, API_BAD_REQUEST, "member_missing name=%s", name);
    }
    return text;
}

bool request_author(const struct request *request, struct answer *answer, struct division *author)
{
    const char *code = request->query(request->connection, "division");

    *author = request->service->self;
    if (code != NULL && !division_parse(author, bytes_text(code))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s", code);
        return false;
    }
    return true;
}

bool request_dimension(const struct request *request, struct answer *answer,
                       enum dimension otherwise, enum dimension *by)
{
    const char *name = request->query(request->connection, "by");

    *by = name == NULL ? otherwise : dimension_named(name);
    if (*by == DIMENSIONS) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_by value=%s", name);
    }
    return *by != DIMENSIONS;
}

static const char *const scopes[] = {[SCOPE_OWN] = "own", [SCOPE_SUBTREE] = "subtree"};

const char *scope_name(enum scope scope)
{
    return scopes[scope];
}

bool request_scope(const struct request *request, struct answer *answer, enum scope *scope)
{
    const char *word = request->query(request->connection, "scope");

    *scope = SCOPE_OWN;
    if (word == NULL || strcmp(word, scopes[SCOPE_OWN]) == 0) {
        return true;
    }
    if (strcmp(word, scopes[SCOPE_SUBTREE]) == 0) {
        *scope = SCOPE_SUBTREE;
        return true;
    }
    answer_refuse(request, answer, API_BAD_REQUEST, "ask_scope value=%s", word);
    return false;
}

static bool read_year(const char *text, int *year)
{
    *year = 0;
    for (size_t i = 0; text[i] >= '0' && text[i] <= '9' && i < 4; i++) {
        *year = *year * 10 + (text[i] - '0');
    }
    return strlen(text) == 4 && *year >= 1000;
}

bool request_year(const struct request *request, struct answer *answer, int *year)
{
    const char *text = request->query(request->connection, "year");

    *year = 0;
    if (text != NULL && strcmp(text, "all") != 0 && !read_year(text, year)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_year value=%s", text);
        return false;
    }
    return true;
}

bool request_month(const struct request *request, struct answer *answer, int *month)
{
    const char *text = request->query(request->connection, "month");
    uint64_t number = 0;

    *month = 0;
    if (text != NULL && (!whole_number_parse(text, &number) || number > 12)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_month value=%s", text);
        return false;
    }
    *month = (int)number;
    return true;
}

bool is_month(const char *key, int month)
{
    char text[8];

    (void)snprintf(text, sizeof text, "%02d", month);
    return strcmp(key, text) == 0;
}

void out_year(struct json_out *out, int year)
{
    char text[8];

    (void)snprintf(text, sizeof text, year == 0 ? "all" : "%04d", year);
    out_text(out, "year", text);
}
