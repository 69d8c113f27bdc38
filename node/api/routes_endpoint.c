#include "node/api/routes_endpoint.h"

#include <stdio.h>

#include "node/api/api_task.h"
#include "node/core/members.h"

struct endpoint_task {
    struct api_task api_task;
    struct endpoint_entry entry;
    struct err err;
};

static void run_endpoint(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct endpoint_task *task = (struct endpoint_task *)api_task;

    task->err.status = OK;
    task->err.status = node_listen(node, txn, &task->entry, &task->err);
}

static bool read_endpoint(const struct request *request, struct answer *answer,
                          const json_t *object, struct endpoint_entry *out)
{
    const char *typed = request_text(request, answer, object, "endpoint");

    if (typed != NULL && strlen(typed) <= ENDPOINT_BYTES_MAX) { /* else it is none */
        (void)snprintf(out->link, sizeof out->link, "%s", typed);
    }
    return typed != NULL;
}

static void write_endpoint(struct answer *answer, const struct endpoint_entry *entry)
{
    struct json_out out = json_to(&answer->body);

    out_open(&out, NULL, '{');
    out_text(&out, "endpoint", entry->link);
    out_text(&out, "state", "told");
    out_close(&out, '}');
}

void post_endpoint(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct endpoint_task *task;

    if (object == NULL) {
        return;
    }
    task = api_task_new(request->service->gate, sizeof *task, run_endpoint, NULL);
    if (read_endpoint(request, answer, object, &task->entry) &&
        answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node))) {
        if (task->err.status == OK) {
            write_endpoint(answer, &task->entry);
        } else {
            answer_because(request, answer, API_BAD_REQUEST, task->err.text);
        }
    }
    api_task_done_with(&task->api_task);
    json_decref(object);
}
