#include "node/api/routes_resync.h"

#include <stdio.h>

#include "node/api/api_task.h"
#include "node/api/roster_snapshot.h"
#include "node/core/resync.h"
#include "replicator/log/aside.h"

enum { SECONDS_LEFT_MAX = 1000000000 }; /* more is what somebody said, and no forecast */

struct view_task {
    struct api_task api_task;
    struct resync_view view;
};

static void run_view(struct api_task *api_task, struct node *node, struct txn *txn)
{
    (void)txn;
    resync_view(node, &((struct view_task *)api_task)->view);
}

static void free_view(struct api_task *api_task)
{
    mem_free(((struct view_task *)api_task)->view.holders);
}

/* --- how far it is --- */

static const char *state_of(const struct resync_view *view)
{
    switch (view->mode) {
    case RESYNC_CONFIRM:
        return "confirming";
    case RESYNC_FETCH:
        return view->imports || view->progress.entries < view->progress.known_entries ? "fetching"
                                                                                      : "waiting";
    case RESYNC_NOT:
        break;
    }
    return "whole";
}

static const char *state_of_holder(const struct resync_view *view,
                                   const struct resync_holder *holder)
{
    return holder->without                                              ? "without"
           : holder->is_neighbour && !holder->answered                  ? "awaited"
           : holder->lsn > view->progress.lsn || holder->more_below > 0 ? "holds_more"
                                                                        : "answered";
}

static void write_holders(struct json_out *out, const struct resync_view *view,
                          const struct roster_snapshot *roster)
{
    out_open(out, "holders", '[');
    for (size_t i = 0; view->mode == RESYNC_FETCH && i < view->progress.holder_count; i++) {
        const struct resync_holder *holder = &view->holders[i];
        const struct place *place = roster_snapshot_place(roster, holder->division);

        out_open(out, NULL, '{');
        out_division(out, "division", holder->division);
        out_text(out, "division_name", place == NULL ? "" : place->name);
        out_count(out, "lsn", holder->lsn);
        out_count(out, "more_below", holder->without ? 0 : holder->more_below);
        out_text(out, "state", state_of_holder(view, holder));
        out_close(out, '}');
    }
    out_close(out, ']');
}

/* At the speed so far; null where there is none, or nothing more is known. */
static void write_left(struct json_out *out, const struct resync_view *view)
{
    const struct resync_progress *progress = &view->progress;
    const uint64_t left = progress->known_entries - progress->entries,
                   came = progress->entries > progress->begun_entries /* else it was cut */
                              ? progress->entries - progress->begun_entries
                              : 0;
    const double seconds = came == 0 ? 0 : (double)left * (double)view->ms / 1000.0 / (double)came;

    out_count(out, "bytes_second", view->ms == 0 ? 0 : progress->bytes * 1000 / view->ms);
    if (view->mode != RESYNC_FETCH || came == 0 || left == 0 || seconds > SECONDS_LEFT_MAX) {
        out_null(out, "seconds_left");
    } else {
        out_count(out, "seconds_left", (uint64_t)seconds + 1);
    }
}

static void write_aside(struct json_out *out, const struct aside_log *logs, size_t count,
                        const struct roster_snapshot *roster)
{
    out_open(out, "aside", '[');
    for (size_t i = 0; i < count; i++) {
        const struct place *place = roster_snapshot_place(roster, logs[i].author);

        out_open(out, NULL, '{');
        out_division(out, "division", logs[i].author);
        out_text(out, "division_name", place == NULL ? "" : place->name);
        out_count(out, "blocks", logs[i].blocks);
        out_count(out, "entries", logs[i].entries);
        out_count(out, "first_lsn", logs[i].first_lsn);
        out_count(out, "last_lsn", logs[i].last_lsn);
        out_close(out, '}');
    }
    out_close(out, ']');
}

static void write_view(const struct request *request, struct answer *answer,
                       const struct resync_view *view, const struct aside_log *aside,
                       size_t aside_count, const struct roster_snapshot *roster)
{
    struct json_out out = json_to(&answer->body);
    char words[TEXT_BYTES_MAX];

    out_open(&out, NULL, '{');
    out_text(&out, "state", state_of(view));
    out_text(&out, "why", view->why[0] == '\0' ? "" : text_in(request->language, words, view->why));
    out_count(&out, "lsn", view->progress.lsn);
    out_count(&out, "known_lsn", view->progress.known_lsn);
    out_count(&out, "begun_lsn", view->progress.begun_lsn);
    out_count(&out, "entries", view->progress.entries);
    out_count(&out, "known_entries", view->progress.known_entries);
    out_count(&out, "bytes", view->progress.bytes);
    write_left(&out, view);
    out_bool(&out, "importing", view->imports);
    out_count(&out, "import_waiting", view->waiting);
    out_count(&out, "import_unfit", view->unfit);
    out_text(&out, "archive_fault",
             view->fault[0] == '\0' ? "" : text_in(request->language, words, view->fault));
    out_text(&out, "last",
             view->last[0] == '\0' ? "" : text_in(request->language, words, view->last));
    write_holders(&out, view, roster);
    write_aside(&out, aside, aside_count, roster);
    out_close(&out, '}');
}

void get_resync(struct request *request, struct answer *answer)
{
    struct view_task *task =
        api_task_new(request->service->gate, sizeof *task, run_view, free_view);
    struct aside_log *aside = NULL;
    struct roster_snapshot *roster;
    size_t aside_count = 0;
    struct view view;
    struct err err;

    task->api_task.task.read_only = true;
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL &&
        answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node))) {
        (void)aside_logs(view.txn, &aside, &aside_count, &err); /* a read error stays there */
        if (view_sound(&view, request, answer)) {
            write_view(request, answer, &task->view, aside, aside_count, roster);
        }
    }
    mem_free(aside);
    roster_snapshot_release(request->service, roster);
    view_close(&view);
    api_task_done_with(&task->api_task);
}

/* --- without one of them --- */

struct without_task {
    struct api_task api_task;
    struct division division;
    char by[CALLER_NAME_MAX];
    struct err err;
};

static void run_without(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct without_task *task = (struct without_task *)api_task;

    task->err.status = OK;
    task->err.status = resync_go_on_without(node, txn, task->division, task->by, &task->err);
}

static bool read_division(const struct request *request, struct answer *answer,
                          const json_t *object, struct division *out)
{
    const char *typed = request_text(request, answer, object, "division");

    if (typed != NULL && !division_parse(out, bytes_text(typed))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s", typed);
        return false;
    }
    return typed != NULL;
}

static void write_without(struct answer *answer, struct division division)
{
    struct json_out out = json_to(&answer->body);

    out_open(&out, NULL, '{');
    out_division(&out, "division", division);
    out_text(&out, "state", "without");
    out_close(&out, '}');
}

void post_resync_without(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct without_task *task;

    if (object == NULL) {
        return;
    }
    task = api_task_new(request->service->gate, sizeof *task, run_without, NULL);
    task->api_task.task.meanwhile = true;
    (void)snprintf(task->by, sizeof task->by, "%s", request->caller.name);
    if (read_division(request, answer, object, &task->division) &&
        answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node))) {
        if (task->err.status == OK) {
            write_without(answer, task->division);
        } else {
            answer_because(request, answer, API_REFUSED, task->err.text);
        }
    }
    api_task_done_with(&task->api_task);
    json_decref(object);
}
