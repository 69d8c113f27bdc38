#include "node/api/routes_revoke.h"

#include <stdio.h>

#include "node/api/view.h"
#include "node/core/members.h"

struct revoke_task {
    struct api_task api_task;
    struct division division;
    char reason[REVOCATION_REASON_MAX + 2]; /* one more, so that what is too long is told */
    struct revocation said;
    struct err err;
};

static void run_revoke(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct revoke_task *task = (struct revoke_task *)api_task;

    task->err.status = OK;
    task->err.status =
        node_revoke(node, txn, task->division, task->reason, &task->said, &task->err);
}

static bool read_revoke(const struct request *request, struct answer *answer, const json_t *object,
                        struct revoke_task *task)
{
    const char *reason = json_string_value(json_object_get(object, "reason"));

    if (!division_parse(&task->division, bytes_text(request->argument[0]))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s",
                      request->argument[0]);
        return false;
    }
    if (reason == NULL || reason[0] == '\0') {
        answer_refuse(request, answer, API_BAD_REQUEST, "revoke_reason bytes_max=%d",
                      REVOCATION_REASON_MAX);
        return false;
    }
    (void)snprintf(task->reason, sizeof task->reason, "%s", reason);
    return true;
}

static void write_revoke(struct answer *answer, const struct revoke_task *task)
{
    const struct revocation *said = &task->said;
    struct json_out out = json_to(&answer->body);
    char hash[2 * HASH_SIZE + 1];

    hex_encode(hash, said->hash.at, HASH_SIZE);
    out_open(&out, NULL, '{');
    out_division(&out, "division", said->division);
    out_text(&out, "state", said->first_epoch > 1 ? "refused" : "revoked");
    out_count(&out, "first_epoch", said->first_epoch);
    out_count(&out, "last_epoch", said->last_epoch);
    out_count(&out, "final_epoch", said->epoch);
    out_count(&out, "final_lsn", said->lsn);
    out_text(&out, "final_hash", hash);
    out_count(&out, "lsn", said->said_lsn);
    out_close(&out, '}');
}

void post_revoke(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct revoke_task *task;

    if (object == NULL) {
        return;
    }
    task = api_task_new(request->service->gate, sizeof *task, run_revoke, NULL);
    if (read_revoke(request, answer, object, task) &&
        answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node))) {
        if (task->err.status == OK) {
            write_revoke(answer, task);
        } else {
            answer_because(request, answer,
                           task->err.status == ERR_NOT_FOUND ? API_NOT_FOUND : API_REFUSED,
                           task->err.text);
        }
    }
    api_task_done_with(&task->api_task);
    json_decref(object);
}
