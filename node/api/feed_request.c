#include "node/api/feed_request.h"

#include <stdlib.h>

#include "node/api/found_damage.h"
#include "node/ledger/schema/kinds.h"

bool feed_number(const struct request *request, struct answer *answer, const char *name,
                 uint64_t most, uint64_t *out)
{
    const char *text = request->query(request->connection, name);
    char *end = NULL;
    uint64_t number;

    if (text == NULL) {
        return true;
    }
    number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number > most) {
        answer_refuse(request, answer, API_BAD_REQUEST,
                      "ask_number_range name=%s value=%.32s most=%d", name, text, (int)most);
        return false;
    }
    *out = number;
    return true;
}

bool feed_wants_events(const struct request *request)
{
    const char *accept = request->header(request->connection, "Accept");

    return accept != NULL && strstr(accept, "text/event-stream") != NULL;
}

const char *feed_position_asked(const struct request *request)
{
    const char *last =
        feed_wants_events(request) ? request->header(request->connection, "Last-Event-ID") : NULL;

    return last != NULL ? last : request->query(request->connection, "after");
}

/* --- who reads --- */

struct feed_reader feed_reader_of(const struct request *request)
{
    return (struct feed_reader){request->service, request->caller,
                                clock_mono_ms(&request->service->clock)};
}

bool feed_may_go_on(struct feed_reader *reader, uint64_t now_ms, struct err *why)
{
    if (now_ms - reader->stood_ms < STREAM_COMMENT_MS) {
        return true;
    }
    reader->stood_ms = now_ms;
    return caller_stands(reader->service, &reader->caller, why);
}

/* --- where, and which --- */

static void answer_failed(const struct request *request, struct answer *answer,
                          const struct err *err)
{
    found_damage(request->service->node, request->service->gate, err);
    answer_error(request, answer, API_STORE_FAILED, err->text);
}

/* Is `at` a position of this store? */
static bool check_position(const struct request *request, struct answer *answer,
                           const struct arrival_mark *at)
{
    struct err err;
    const enum status status = arrivals_check(&request->service->store, NULL, at, &err);

    if (status == ERR_NOT_FOUND || status == ERR_FORK) {
        answer_error(request, answer, API_POSITION_LOST, err.text);
    } else if (status != OK) {
        answer_failed(request, answer, &err);
    }
    return status == OK;
}

bool feed_position(const struct request *request, struct answer *answer, const char *text,
                   struct arrival_mark *at)
{
    struct err err;

    if (text == NULL) {
        return true;
    }
    if (strcmp(text, "end") == 0) {
        if (arrivals_end(&request->service->store, NULL, at, &err) != OK) {
            answer_failed(request, answer, &err);
            return false;
        }
        return true;
    }
    if (!position_parse(text, at)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_position value=%.64s", text);
        return false;
    }
    return check_position(request, answer, at);
}

/* False, and *bad is it, at a word that is no kind. */
static bool read_kinds(struct number_set *kinds, const char *text, struct bytes *bad)
{
    *kinds = NUMBER_SET_NONE;
    for (;;) {
        const size_t size = strcspn(text, ",");
        const uint32_t kind = kind_named(bytes_of(text, size));

        if (kind == 0 || !number_set_add(kinds, kind)) {
            *bad = bytes_of(text, size < 32 ? size : 32);
            return false;
        }
        if (text[size] == '\0') {
            return true;
        }
        text += size + 1;
    }
}

bool feed_filter(const struct request *request, struct answer *answer, const char *division,
                 const char *kinds, struct change_filter *filter)
{
    struct bytes bad;

    if (division != NULL && !division_parse(&filter->division, bytes_text(division))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%.32s", division);
        return false;
    }
    if (kinds != NULL && !read_kinds(&filter->kinds, kinds, &bad)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_kind value=%.*s", (int)bad.size,
                      (const char *)bad.data);
        return false;
    }
    return true;
}

void out_kinds(struct json_out *out, const struct number_set *kinds)
{
    uint32_t list[NUMBER_SET_LIST_MAX];
    const size_t count = number_set_list(kinds, list);

    if (count > 0 && list[0] == 0) {
        out_null(out, "kinds");
        return;
    }
    out_open(out, "kinds", '[');
    for (size_t i = 0; i < count; i++) {
        out_text(out, NULL, kind_info(list[i]) == NULL ? "unknown" : kind_info(list[i])->name);
    }
    out_close(out, ']');
}
