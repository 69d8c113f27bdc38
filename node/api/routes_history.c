#include "node/api/routes_history.h"

#include "node/api/page.h"

struct day_row {
    struct division division;
    struct day_slot slots[LAST_DAY_SLOTS];
};

struct history_task {
    struct api_task api_task;
    struct division only; /* none: all */
    uint64_t now_ms;      /* mono */
    struct day_row *rows;
    size_t count;
};

static void run_history(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct history_task *history = (struct history_task *)api_task;
    const struct last_day *day = node_last_day(node);

    (void)txn;
    history->rows = mem_zalloc((last_day_divisions(day) + 1) * sizeof *history->rows);
    for (size_t i = 0; i < last_day_divisions(day); i++) {
        struct day_row *row = &history->rows[history->count];

        row->division = last_day_read(day, i, history->now_ms, row->slots);
        history->count +=
            division_is_none(history->only) || division_equal(history->only, row->division);
    }
}

static void free_history(struct api_task *api_task)
{
    mem_free(((struct history_task *)api_task)->rows);
}

static void write_row(struct json_out *out, const struct day_row *row)
{
    out_open(out, NULL, '{');
    out_text(out, "division", row->division.code);
    out_open(out, "entries", '[');
    for (size_t i = 0; i < LAST_DAY_SLOTS; i++) {
        if (row->slots[i].is_heard) {
            out_count(out, NULL, row->slots[i].entries);
        } else {
            out_null(out, NULL);
        }
    }
    out_close(out, ']');
    out_open(out, "lag_ms", '[');
    for (size_t i = 0; i < LAST_DAY_SLOTS; i++) {
        if (row->slots[i].is_heard) {
            out_count(out, NULL, row->slots[i].lag_ms);
        } else {
            out_null(out, NULL);
        }
    }
    out_close(out, ']');
    out_close(out, '}');
}

static void write_history(struct json_out *out, const struct history_task *history,
                          struct page *page, uint64_t now_unix_ms)
{
    out_open(out, NULL, '{');
    out_count(out, "slot_s", LAST_DAY_SLOT_S);
    out_time(out, "end", now_unix_ms);
    out_open(out, "rows", '[');
    for (size_t i = 0; i < history->count; i++) {
        if (page_row(page, history->rows[i].division.code)) {
            write_row(out, &history->rows[i]);
        }
    }
    out_close(out, ']');
    write_page(out, page);
    out_close(out, '}');
}

/* ?division=: none when it is not given. False with bad_request answered. */
static bool read_only(const struct request *request, struct answer *answer, struct division *only)
{
    const char *typed = request->query(request->connection, "division");

    *only = DIVISION_NONE;
    if (typed == NULL || division_parse(only, bytes_text(typed))) {
        return true;
    }
    answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s", typed);
    return false;
}

void get_history(struct request *request, struct answer *answer)
{
    const struct service *service = request->service;
    struct history_task *history =
        api_task_new(service->gate, sizeof *history, run_history, free_history);
    struct json_out out = json_to(&answer->body);
    struct page page;

    history->api_task.task.read_only = true;
    history->now_ms = clock_mono_ms(&service->clock);
    if (request_page(request, answer, &page) && read_only(request, answer, &history->only) &&
        answer_outcome(request, answer,
                       api_task_run_within(&history->api_task, service->node, &service->clock,
                                           API_TASK_PATIENCE_MS))) {
        write_history(&out, history, &page, clock_unix_ms(&service->clock));
        (void)page_found(&page, request, answer);
    }
    api_task_done_with(&history->api_task);
}
