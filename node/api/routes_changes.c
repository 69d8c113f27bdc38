#include "node/api/routes_changes.h"

#include "node/api/feed_request.h"
#include "node/api/feed_share.h"
#include "node/api/found_damage.h"

enum {
    ENTRIES_MAX = 10000,
    LOOKED_BYTES_MAX = 4 << 20, /* of the log, for one piece whose filter lets little by */
};

/* Where an answer stands while it is sent. */
struct changes {
    struct feed_share *share;
    struct clock clock;
    struct change_feed feed;
    uint64_t entries_left, entries_told;
    uint64_t until_ms; /* mono: of a wait, or of a follower */
    struct feed_reader reader;
    uint64_t told, told_ms; /* a follower heard that it has come so far; mono */
};

/* --- what is asked for --- */

static bool read_request(const struct request *request, struct answer *answer,
                         struct changes *changes, uint64_t *wait_s)
{
    struct change_filter filter = CHANGE_FILTER_ALL;
    struct arrival_mark at = {0, 0};

    changes->entries_left = UINT64_MAX;
    if (!feed_number(request, answer, "limit", ENTRIES_MAX, &changes->entries_left) ||
        !feed_number(request, answer, "wait", FEED_WAIT_S_MAX, wait_s) ||
        !feed_filter(request, answer, request->query(request->connection, "division"),
                     request->query(request->connection, "kind"), &filter) ||
        !feed_position(request, answer, feed_position_asked(request), &at)) {
        return false;
    }
    change_feed_narrow(&changes->feed, &filter);
    change_feed_seek(&changes->feed, &at);
    if (changes->entries_left == 0) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_limit value=0 rows_max=%d",
                      ENTRIES_MAX);
        return false;
    }
    return true;
}

/* --- the answer --- */

static enum status read_piece(struct changes *changes, struct buf *out, uint64_t *entries,
                              bool *more, struct err *why)
{
    const struct change_bounds bounds = {.bytes_max = STREAM_PIECE_BYTES,
                                         .looked_bytes_max = LOOKED_BYTES_MAX,
                                         .entries_max = changes->entries_left};
    const struct service *service = changes->reader.service;
    const enum status status =
        feed_share_read(changes->share, &changes->feed, &bounds, out, entries, more, why);

    if (status != OK) {
        found_damage(service->node, service->gate, why);
    }
    return status;
}

static enum stream_next fill_lines(void *state, struct buf *out, struct err *why)
{
    struct changes *changes = state;
    uint64_t entries;
    bool more;

    if (!feed_may_go_on(&changes->reader, clock_mono_ms(&changes->clock), why) ||
        read_piece(changes, out, &entries, &more, why) != OK) {
        return STREAM_FAILED;
    }
    changes->entries_told += entries;
    changes->entries_left -= entries;
    if (more && changes->entries_left > 0) {
        return STREAM_MORE;
    }
    if (!more && changes->entries_told == 0 && clock_mono_ms(&changes->clock) < changes->until_ms) {
        return STREAM_WAIT;
    }
    change_feed_write_position(&changes->feed, !more, out);
    return STREAM_END;
}

static enum stream_next fill_events(void *state, struct buf *out, struct err *why)
{
    struct changes *changes = state;
    const uint64_t now_ms = clock_mono_ms(&changes->clock);
    uint64_t entries;
    bool more;

    if (!feed_may_go_on(&changes->reader, now_ms, why)) {
        return why->status == OK ? STREAM_END : STREAM_FAILED;
    }
    if (read_piece(changes, out, &entries, &more, why) != OK) {
        return STREAM_FAILED;
    }
    changes->entries_told += entries;
    if (entries == 0 && changes->told != changes->feed.at.position &&
        now_ms - changes->told_ms >= STREAM_COMMENT_MS) {
        change_feed_write_position(&changes->feed, !more, out);
        changes->told = changes->feed.at.position;
    }
    if (entries > 0 || changes->told == changes->feed.at.position) {
        changes->told = changes->feed.at.position;
        changes->told_ms = now_ms;
    }
    if (more) {
        return STREAM_MORE;
    }
    return now_ms < changes->until_ms ? STREAM_WAIT : STREAM_END;
}

static void close_changes(void *state)
{
    struct changes *changes = state;

    change_feed_close(&changes->feed);
    mem_free(changes);
}

/* The state is the answer's from here on. */
static void send_changes(struct answer *answer, struct changes *changes, uint64_t wait_s)
{
    const uint64_t now_ms = clock_mono_ms(&changes->clock);

    changes->told = changes->feed.at.position;
    changes->told_ms = now_ms;
    if (changes->feed.form == CHANGES_EVENTS) {
        const struct stream_source events = {
            .fill = fill_events, .close = close_changes, .state = changes, .comment = ": \n\n"};

        changes->entries_left = UINT64_MAX;
        changes->until_ms = now_ms + FEED_FOLLOW_MS_MAX;
        answer_stream(answer, "text/event-stream; charset=utf-8", &events);
    } else {
        const struct stream_source lines = {.fill = fill_lines,
                                            .close = close_changes,
                                            .state = changes,
                                            .quiet_ms = (uint32_t)wait_s * 1000};

        changes->until_ms = now_ms + wait_s * 1000;
        answer_stream(answer, "application/x-ndjson; charset=utf-8", &lines);
    }
}

void get_changes(struct request *request, struct answer *answer)
{
    struct changes *changes = mem_zalloc(sizeof *changes);
    uint64_t wait_s = 0;

    changes->share = request->service->feeds;
    changes->clock = request->service->clock;
    changes->reader = feed_reader_of(request);
    change_feed_open(&changes->feed, &request->service->store,
                     feed_wants_events(request) ? CHANGES_EVENTS : CHANGES_LINES);
    if (read_request(request, answer, changes, &wait_s)) {
        send_changes(answer, changes, wait_s);
    } else {
        close_changes(changes);
    }
}
