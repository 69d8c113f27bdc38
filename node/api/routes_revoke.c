#include "node/api/routes_revoke.h"

#include <stdio.h>

#include "node/api/page.h"
#include "node/api/view.h"
#include "node/office/revocations.h"

enum revoke_act { REVOKE_SAY, REVOKE_ACCEPT, REVOKE_WITHDRAW };

struct revoke_task {
    struct api_task api_task;
    enum revoke_act act;
    struct division division;
    char reason[REVOCATION_REASON_MAX + 2]; /* one more, so that what is too long is told */
    char by[CALLER_NAME_MAX];
    struct revocation said;
    struct revocation_wish wish;
    struct err err;
};

static void run_revoke(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct revoke_task *task = (struct revoke_task *)api_task;
    enum status status = OK;

    switch (task->act) {
    case REVOKE_SAY:
        status = revocation_say(node, txn, task->division, task->reason, task->by, &task->said,
                                &task->wish, &task->err);
        break;
    case REVOKE_ACCEPT:
        status = revocation_accept(node, txn, task->division, task->by, &task->said, &task->wish,
                                   &task->err);
        break;
    case REVOKE_WITHDRAW:
        status = revocation_withdraw(node, txn, task->division, &task->err);
        break;
    }
    task->err.status = status;
}

/* --- what came of it --- */

static void write_said(struct json_out *out, const struct revocation *said)
{
    char hash[2 * HASH_SIZE + 1];

    hex_encode(hash, said->hash.at, HASH_SIZE);
    out_text(out, "state", said->first_epoch > 1 ? "refused" : "revoked");
    out_count(out, "first_epoch", said->first_epoch);
    out_count(out, "last_epoch", said->last_epoch);
    out_count(out, "final_epoch", said->epoch);
    out_count(out, "final_lsn", said->lsn);
    out_text(out, "final_hash", hash);
    out_count(out, "lsn", said->said_lsn);
}

static void write_wish(struct json_out *out, const struct revocation_wish *wish)
{
    out_text(out, "state", "waits");
    out_text(out, "by", wish->by);
    out_text(out, "reason", wish->reason);
    out_time(out, "since", wish->since_unix_ms);
    out_time(out, "expires", wish->since_unix_ms + REVOCATION_WAITS_MS);
}

static void write_answer(struct answer *answer, const struct revoke_task *task)
{
    struct json_out out = json_to(&answer->body);

    out_open(&out, NULL, '{');
    out_division(&out, "division", task->division);
    if (task->act == REVOKE_WITHDRAW) {
        out_text(&out, "state", "withdrawn");
    } else if (task->err.status == ERR_NOT_YET) {
        write_wish(&out, &task->wish);
    } else {
        write_said(&out, &task->said);
    }
    out_close(&out, '}');
}

static void run(struct request *request, struct answer *answer, struct revoke_task *task)
{
    enum status status;

    if (!answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node))) {
        return;
    }
    status = task->err.status;
    if (status == OK || status == ERR_NOT_YET) {
        write_answer(answer, task);
    } else {
        answer_because(request, answer, status == ERR_NOT_FOUND ? API_NOT_FOUND : API_REFUSED,
                       task->err.text);
    }
}

/* --- asking --- */

/* False with the error answered. */
static bool read_division(const struct request *request, struct answer *answer,
                          struct division *out)
{
    if (!division_parse(out, bytes_text(request->argument[0]))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s",
                      request->argument[0]);
        return false;
    }
    return true;
}

static bool read_reason(const struct request *request, struct answer *answer, const json_t *object,
                        struct revoke_task *task)
{
    const char *reason = json_string_value(json_object_get(object, "reason"));

    if (reason == NULL || reason[0] == '\0') {
        answer_refuse(request, answer, API_BAD_REQUEST, "revoke_reason bytes_max=%d",
                      REVOCATION_REASON_MAX);
        return false;
    }
    (void)snprintf(task->reason, sizeof task->reason, "%s", reason);
    return true;
}

static struct revoke_task *new_task(const struct request *request, enum revoke_act act)
{
    struct revoke_task *task = api_task_new(request->service->gate, sizeof *task, run_revoke, NULL);

    task->act = act;
    (void)snprintf(task->by, sizeof task->by, "%s", request->caller.name);
    return task;
}

void post_revoke(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct revoke_task *task;

    if (object == NULL) {
        return;
    }
    task = new_task(request, REVOKE_SAY);
    if (read_division(request, answer, &task->division) &&
        read_reason(request, answer, object, task)) {
        run(request, answer, task);
    }
    api_task_done_with(&task->api_task);
    json_decref(object);
}

static void answer_word(struct request *request, struct answer *answer, enum revoke_act act)
{
    struct revoke_task *task = new_task(request, act);

    if (read_division(request, answer, &task->division)) {
        run(request, answer, task);
    }
    api_task_done_with(&task->api_task);
}

void post_revocation_accept(struct request *request, struct answer *answer)
{
    answer_word(request, answer, REVOKE_ACCEPT);
}

void post_revocation_withdraw(struct request *request, struct answer *answer)
{
    answer_word(request, answer, REVOKE_WITHDRAW);
}

/* --- those that wait --- */

struct wish_list {
    struct json_out out;
    struct page page;
};

static void list_wish(void *arg, const struct revocation_wish *wish)
{
    struct wish_list *list = arg;

    if (page_row(&list->page, wish->division.code)) {
        out_open(&list->out, NULL, '{');
        out_division(&list->out, "division", wish->division);
        write_wish(&list->out, wish);
        out_close(&list->out, '}');
    }
}

void get_revocations(struct request *request, struct answer *answer)
{
    struct wish_list list = {.out = json_to(&answer->body)};
    struct view view;
    struct err err;

    if (!request_page(request, answer, &list.page)) {
        return;
    }
    view_open(&view, request->service);
    out_open(&list.out, NULL, '{');
    out_open(&list.out, "rows", '[');
    if (revocation_wishes(view.store, view.snapshot, clock_unix_ms(&request->service->clock),
                          list_wish, &list, &err) != OK) {
        txn_fail(view.txn, &err);
    }
    out_close(&list.out, ']');
    write_page(&list.out, &list.page);
    out_close(&list.out, '}');
    if (view_sound(&view, request, answer)) {
        (void)page_found(&list.page, request, answer);
    }
    view_close(&view);
}
