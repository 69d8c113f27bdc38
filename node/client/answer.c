#include "node/client/answer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_AT_FIRST = 4096 };

static const struct {
    const char *name, *sentence;
} outcomes[] = {
    [TERRACE_OK] = {"ok", ""},
    [TERRACE_REFUSED] = {"refused", "The node refused, and did not say why."},
    [TERRACE_UNREACHABLE] = {"unreachable", "No node answers there."},
    [TERRACE_TIMED_OUT] = {"timed_out", "The node has not answered in time. Of what was to be "
                                        "written nothing is known: ask again, nothing is "
                                        "entered twice."},
    [TERRACE_CUT] = {"cut", "The answer broke off, or is larger than was asked for."},
    [TERRACE_NOT_TRUSTED] = {"not_trusted", "The certificate there is not the one that was named."},
    [TERRACE_MISUSE] = {"misuse", "An argument of the call cannot be."},
    [TERRACE_NO_MEMORY] = {"no_memory", "There is no memory."},
};

const char *terrace_outcome_name(enum terrace_outcome outcome)
{
    const size_t count = sizeof outcomes / sizeof outcomes[0];

    return (size_t)outcome < count ? outcomes[outcome].name : "unknown";
}

struct terrace_answer *answer_new(size_t bytes_max)
{
    struct terrace_answer *answer = calloc(1, sizeof *answer);

    if (answer != NULL) {
        answer->bytes_max = bytes_max;
    }
    return answer;
}

bool answer_add(struct terrace_answer *answer, const void *bytes, size_t size)
{
    size_t room = answer->room == 0 ? ROOM_AT_FIRST : answer->room;
    char *body;

    if (size > answer->bytes_max - answer->size) {
        answer->too_large = true;
        return false;
    }
    while (room <= answer->size + size) { /* the zero has its place, too */
        room *= 2;
    }
    if (room != answer->room) {
        body = realloc(answer->body, room);
        if (body == NULL) {
            answer->no_memory = true;
            return false;
        }
        answer->body = body;
        answer->room = room;
    }
    memcpy(answer->body + answer->size, bytes, size);
    answer->size += size;
    answer->body[answer->size] = '\0';
    return true;
}

static char *copy_of(const char *text)
{
    return text == NULL ? NULL : strdup(text);
}

char *answer_member(const struct terrace_answer *answer, const char *name)
{
    json_t *object = json_loadb(terrace_answer_body(answer), answer->size, 0, NULL);
    char *text = copy_of(json_string_value(json_object_get(object, name)));

    json_decref(object);
    return text;
}

/* What the node says of it: {"error":{"code","message"}, ...}. */
static void read_refusal(struct terrace_answer *answer)
{
    json_t *object = json_loadb(terrace_answer_body(answer), answer->size, 0, NULL);
    const json_t *error = json_object_get(object, "error");

    answer->code = copy_of(json_string_value(json_object_get(error, "code")));
    answer->said = copy_of(json_string_value(json_object_get(error, "message")));
    json_decref(object);
}

enum terrace_outcome answer_end(struct terrace_answer *answer, enum terrace_outcome outcome,
                                const char *said)
{
    if (answer->no_memory) {
        outcome = TERRACE_NO_MEMORY;
    } else if (answer->too_large) {
        outcome = TERRACE_CUT;
        said = NULL;
    }
    answer->outcome = outcome;
    if (outcome == TERRACE_REFUSED) {
        read_refusal(answer);
    } else if (outcome != TERRACE_OK) {
        answer->said = copy_of(said);
    }
    return outcome;
}

/* --- what callers see --- */

long terrace_answer_http(const struct terrace_answer *answer)
{
    return answer == NULL ? 0 : answer->http;
}

const char *terrace_answer_body(const struct terrace_answer *answer)
{
    return answer == NULL || answer->body == NULL ? "" : answer->body;
}

size_t terrace_answer_size(const struct terrace_answer *answer)
{
    return answer == NULL ? 0 : answer->size;
}

const char *terrace_answer_code(const struct terrace_answer *answer)
{
    if (answer == NULL) {
        return outcomes[TERRACE_NO_MEMORY].name;
    }
    return answer->outcome == TERRACE_OK ? ""
           : answer->code != NULL        ? answer->code
                                         : outcomes[answer->outcome].name;
}

const char *terrace_answer_sentence(const struct terrace_answer *answer)
{
    if (answer == NULL) {
        return outcomes[TERRACE_NO_MEMORY].sentence;
    }
    return answer->said != NULL ? answer->said : outcomes[answer->outcome].sentence;
}

void terrace_answer_free(struct terrace_answer *answer)
{
    if (answer != NULL) {
        free(answer->body);
        free(answer->said);
        free(answer->code);
        free(answer);
    }
}
