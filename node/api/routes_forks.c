#include "node/api/routes_forks.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/api/page.h"
#include "node/api/roster_snapshot.h"
#include "node/core/fork_view.h"
#include "node/core/keep_branch.h"
#include "node/office/operators.h"
#include "replicator/log/evidence.h"

struct forks {
    struct json_out out;
    struct page page;
    const struct view *view;
    const struct roster_snapshot *roster;
};

static void write_branch(struct forks *forks, struct division author, uint32_t epoch,
                         const struct fork_view *fork, const struct fork_branch *branch)
{
    const struct place *place = roster_snapshot_place(forks->roster, author);
    struct json_out *out = &forks->out;

    out_open(out, NULL, '{');
    out_division(out, "division", author);
    out_text(out, "division_name", place == NULL ? "" : place->name);
    out_count(out, "epoch", epoch);
    out_count(out, "after_lsn", fork->after_lsn);
    out_hex(out, "hash", branch->hash.at, HASH_SIZE);
    out_count(out, "first_lsn", branch->first_lsn);
    out_count(out, "last_lsn", branch->last_lsn);
    out_time(out, "time", branch->time_ms);
    out_text(out, "branch", branch->held ? "held_here" : "elsewhere");
    out_count(out, "documents", branch->documents);
    out_amount(out, "amount", branch->amount);
    out_bool(out, "complete", branch->complete);
    out_close(out, '}');
}

static bool show_fork(void *arg, struct division author, uint32_t epoch,
                      const struct fork_pair *pair)
{
    struct forks *forks = arg;
    struct fork_view fork;
    char cursor[CURSOR_BYTES_MAX];
    struct err err;

    if (evidence_is_over(forks->roster->roster, author, epoch) ||
        fork_view(&fork, forks->view->store, forks->view->snapshot, forks->roster->roster, pair,
                  &err) != OK) {
        return true;
    }
    for (int i = 0; i < 2; i++) {
        (void)snprintf(cursor, sizeof cursor, "%s:%" PRIu32 ":%d", author.code, epoch, i);
        if (page_row(&forks->page, cursor)) {
            write_branch(forks, author, epoch, &fork, &fork.branches[i]);
        }
    }
    return true;
}

void get_forks(struct request *request, struct answer *answer)
{
    struct forks forks = {.out = json_to(&answer->body)};
    struct roster_snapshot *roster;
    struct view view;
    struct err err;

    if (!request_page(request, answer, &forks.page)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL) {
        forks.view = &view;
        forks.roster = roster;
        out_open(&forks.out, NULL, '{');
        out_open(&forks.out, "rows", '[');
        (void)fork_pairs_each(view.txn, show_fork, &forks, &err);
        out_close(&forks.out, ']');
        write_page(&forks.out, &forks.page);
        out_close(&forks.out, '}');
        if (view_sound(&view, request, answer)) {
            (void)page_found(&forks.page, request, answer);
        }
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}

/* --- which one goes on --- */

struct keep_task {
    struct api_task api_task;
    struct keep_branch wish;
    char by[CALLER_NAME_MAX];
    struct kept_branch kept;
    struct err err;
};

static void run_keep(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct keep_task *task = (struct keep_task *)api_task;

    task->err.status = OK;
    task->wish.by = task->by;
    task->wish.two = node_needs_two(node, txn);
    task->err.status = node_keep_branch(node, txn, &task->wish, &task->kept, &task->err);
}

static bool read_keep(const struct request *request, struct answer *answer, const json_t *object,
                      struct keep_task *task)
{
    const char *hash = request_text(request, answer, object, "hash");

    if (hash == NULL) {
        return false;
    }
    if (!division_parse(&task->wish.division, bytes_text(request->argument[0]))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s",
                      request->argument[0]);
        return false;
    }
    if (strlen(hash) != 2 * HASH_SIZE || !hex_decode(task->wish.branch.at, HASH_SIZE, hash)) {
        answer_error(request, answer, API_BAD_REQUEST, "ask_hash");
        return false;
    }
    (void)snprintf(task->by, sizeof task->by, "%s", request->caller.name);
    return true;
}

static void write_keep(struct answer *answer, const struct keep_task *task)
{
    struct json_out out = json_to(&answer->body);

    out_open(&out, NULL, '{');
    out_division(&out, "division", task->wish.division);
    out_text(&out, "state", task->kept.waits ? "waits_for_second" : "granted");
    out_count(&out, "epoch", task->kept.epoch);
    out_count(&out, "base_lsn", task->kept.base_lsn);
    out_count(&out, "after_lsn", task->kept.after_lsn);
    out_close(&out, '}');
}

void post_keep(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct keep_task *task;

    if (object == NULL) {
        return;
    }
    task = api_task_new(request->service->gate, sizeof *task, run_keep, NULL);
    if (read_keep(request, answer, object, task) &&
        answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node))) {
        if (task->err.status == OK) {
            write_keep(answer, task);
        } else {
            answer_because(request, answer,
                           task->err.status == ERR_NOT_FOUND ? API_NOT_FOUND : API_REFUSED,
                           task->err.text);
        }
    }
    api_task_done_with(&task->api_task);
    json_decref(object);
}
