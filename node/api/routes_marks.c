#include "node/api/routes_marks.h"

#include "node/api/feed_request.h"
#include "node/api/found_damage.h"

enum {
    DIVISIONS_TOLD_MAX = 32,
    RUNS_LOOKED_MAX = 4096, /* of the order of arrival, for one mark */
    PACE_MS = 1000,
    BEAT_MS = 2000,
};

/* Where an answer stands while it is sent. */
struct marks {
    struct feed_reader reader;
    struct arrival_mark at;
    bool as_events, has_told;
    uint64_t until_ms, told_ms; /* mono */
};

/* --- one mark --- */

struct authors {
    struct division at[DIVISIONS_TOLD_MAX];
    size_t count, runs;
    bool too_many;
};

static bool add_author(void *arg, const struct arrival_run *run)
{
    struct authors *authors = arg;
    size_t i = 0;

    while (i < authors->count && !division_equal(authors->at[i], run->author)) {
        i++;
    }
    authors->too_many = i == DIVISIONS_TOLD_MAX || ++authors->runs > RUNS_LOOKED_MAX;
    if (i == authors->count && !authors->too_many) {
        authors->at[authors->count++] = run->author;
    }
    return !authors->too_many;
}

static void write_divisions(struct json_out *out, const struct authors *authors)
{
    if (authors->too_many) {
        out_null(out, "divisions");
        return;
    }
    out_open(out, "divisions", '[');
    for (size_t i = 0; i < authors->count; i++) {
        out_text(out, NULL, authors->at[i].code);
    }
    out_close(out, ']');
}

static void write_mark(const struct marks *marks, const struct arrival_mark *end,
                       const struct authors *authors, struct buf *to)
{
    struct json_out out = json_to(to);
    char position[POSITION_TEXT_MAX];

    position_format(position, end);
    if (marks->as_events) {
        buf_append_bytes(to, bytes_text("event: mark\nid: "));
        buf_append_bytes(to, bytes_text(position));
        buf_append_bytes(to, bytes_text("\ndata: "));
    }
    out_open(&out, NULL, '{');
    out_text(&out, "position", position);
    out_count(&out, "entries", end->position - marks->at.position);
    write_divisions(&out, authors);
    out_close(&out, '}');
    buf_append_bytes(to, bytes_text(marks->as_events ? "\n\n" : "\n"));
}

/* What came since `end` was read may be named already: it will be again. */
static enum status tell(struct marks *marks, const struct arrival_mark *end, uint64_t now_ms,
                        struct buf *out, struct err *err)
{
    struct authors authors = {.count = 0};

    if (end->position != marks->at.position &&
        arrivals_scan(&marks->reader.service->store, NULL, marks->at.position, add_author, &authors,
                      err) != OK) {
        return err->status;
    }
    write_mark(marks, end, &authors, out);
    marks->at = *end;
    marks->has_told = true;
    marks->told_ms = now_ms;
    return OK;
}

static enum stream_next fail(const struct marks *marks, const struct err *why)
{
    const struct service *service = marks->reader.service;

    found_damage(service->node, service->gate, why);
    return STREAM_FAILED;
}

/* --- the answer --- */

static enum stream_next fill_marks(void *state, struct buf *out, struct err *why)
{
    struct marks *marks = state;
    const uint64_t now_ms = clock_mono_ms(&marks->reader.service->clock);
    const bool is_over = now_ms >= marks->until_ms;
    struct arrival_mark end;
    bool due;

    if (!feed_may_go_on(&marks->reader, now_ms, why)) {
        return why->status == OK ? STREAM_END : STREAM_FAILED;
    }
    if (arrivals_end(&marks->reader.service->store, NULL, &end, why) != OK) {
        return fail(marks, why);
    }
    due = end.position != marks->at.position;
    due = marks->as_events ? !marks->has_told || (due && now_ms - marks->told_ms >= PACE_MS)
                           : due || is_over;
    if (due && tell(marks, &end, now_ms, out, why) != OK) {
        return fail(marks, why);
    }
    return is_over || (due && !marks->as_events) ? STREAM_END : STREAM_WAIT;
}

static void send_marks(struct answer *answer, struct marks *marks, uint64_t wait_s)
{
    const uint64_t now_ms = clock_mono_ms(&marks->reader.service->clock);
    const struct stream_source source = {.fill = fill_marks,
                                         .close = mem_free,
                                         .state = marks,
                                         .comment = marks->as_events ? ": \n\n" : NULL,
                                         .quiet_ms =
                                             marks->as_events ? BEAT_MS : (uint32_t)wait_s * 1000};

    marks->until_ms = now_ms + (marks->as_events ? FEED_FOLLOW_MS_MAX : wait_s * 1000);
    answer_stream(answer,
                  marks->as_events ? "text/event-stream; charset=utf-8"
                                   : "application/x-ndjson; charset=utf-8",
                  &source);
}

void get_marks(struct request *request, struct answer *answer)
{
    const char *after = feed_position_asked(request);
    struct marks *marks = mem_zalloc(sizeof *marks);
    uint64_t wait_s = 0;

    marks->reader = feed_reader_of(request);
    marks->as_events = feed_wants_events(request);
    if (feed_number(request, answer, "wait", FEED_WAIT_S_MAX, &wait_s) &&
        feed_position(request, answer, after == NULL ? "end" : after, &marks->at)) {
        send_marks(answer, marks, wait_s);
    } else {
        mem_free(marks);
    }
}
