#include "node/api/at.h"

#include "node/api/list_request.h"
#include "node/ledger/schema/clocks.h"
#include "node/ledger/verify/past.h"
#include "replicator/log/sealing.h"

enum {
    DAY_TEXT = 10,
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    DAY_MS = 24 * 60 * MINUTE_MS,
    PAST_ENTRIES_MAX = 100 * 1000, /* about a second, and less than 100 MiB for its time */
};

/* The entry of that number. False with bad_request answered. */
static bool read_entry_time(const struct request *request, struct answer *answer,
                            const struct view *view, struct division division, uint64_t lsn,
                            uint64_t *until_ms)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct entry entry;
    struct err err;
    const bool there =
        log_read_entry(view->store, view->snapshot, division, lsn, &body, &entry, &err) == OK;

    if (there) {
        *until_ms = entry.time_ms + 1;
    } else {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_at_entry value=%.32s division=%s",
                      request->query(request->connection, "at"), division.code);
    }
    block_body_free(&body);
    return there;
}

bool request_at(const struct request *request, struct answer *answer, const struct view *view,
                struct division division, uint64_t *until_ms)
{
    const char *typed = request->query(request->connection, "at");
    uint64_t lsn;

    *until_ms = 0;
    if (typed == NULL) {
        return true;
    }
    if (whole_number_parse(typed, &lsn)) {
        return read_entry_time(request, answer, view, division, lsn, until_ms);
    }
    if (!request_moment(request, answer, "at", until_ms)) {
        return false;
    }
    *until_ms += strlen(typed) > DAY_TEXT ? SECOND_MS : DAY_MS - UTC_OFFSET_MINUTES * MINUTE_MS;
    return true;
}

bool view_go_back(struct view *view, const struct request *request, struct answer *answer,
                  const struct roster_snapshot *roster, struct division division, enum scope scope,
                  uint64_t until_ms)
{
    const struct past_request past = {.store = view->store,
                                      .snapshot = view->snapshot,
                                      .roster = roster->roster,
                                      .self = request->service->self,
                                      .division = division,
                                      .with_below = scope != SCOPE_OWN,
                                      .until_unix_ms = until_ms,
                                      .entries_max = PAST_ENTRIES_MAX};
    struct txn *then = NULL;
    struct err err;
    enum status status;

    if (until_ms == 0) {
        return true;
    }
    status = past_open(&then, &past, &err);
    if (status == OK) {
        view_read_from(view, then);
    } else if (status == ERR_LIMIT) {
        answer_because(request, answer, API_TOO_LARGE, err.text);
    } else {
        answer_error(request, answer, API_STORE_FAILED, err.text);
    }
    return status == OK;
}
