#include "node/api/feed_request.h"

#include "node/ledger/schema/kinds.h"

/* Is `at` a position of this store? */
static bool check_position(const struct request *request, struct answer *answer,
                           const struct arrival_mark *at)
{
    struct err err;
    const enum status status = arrivals_check(&request->service->store, NULL, at, &err);

    if (status == ERR_NOT_FOUND || status == ERR_FORK) {
        answer_error(request, answer, API_POSITION_LOST, err.text);
    } else if (status != OK) {
        answer_error(request, answer, API_STORE_FAILED, err.text);
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
            answer_error(request, answer, API_STORE_FAILED, err.text);
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
