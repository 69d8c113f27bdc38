#include "node/api/routes_write.h"

#include "node/api/submit_task.h"
#include "node/api/upload.h"

static size_t count_documents(struct bytes rest)
{
    struct bytes line;
    size_t count = 0;

    while (next_line(&rest, &line)) {
        count += line.size > 0;
    }
    return count;
}

/* False with the error answered. */
static bool check_size(const struct request *request, struct answer *answer, size_t *count)
{
    if (request->body->size > POST_BYTES_MAX) {
        answer_error(request, answer, API_TOO_LARGE, NULL);
        return false;
    }
    *count = count_documents(buf_bytes(request->body));
    if (*count > POST_DOCUMENTS_MAX) {
        answer_error(request, answer, API_TOO_MANY_DOCUMENTS, NULL);
        return false;
    }
    return true;
}

static void answer_items(const struct request *request, struct answer *answer,
                         struct submit_task *submit)
{
    if (submit->is_dry && submit->ready == ERR_CORRUPT) {
        answer_error(request, answer, API_NOT_READY, "store_damaged");
        return;
    }
    answer->type = "application/x-ndjson; charset=utf-8";
    buf_reserve(&answer->body, submit->count * 80);
    for (size_t i = 0; i < submit->count; i++) {
        submit_task_tell(&answer->body, submit, i, request->language);
    }
}

void post_documents(struct request *request, struct answer *answer)
{
    struct submit_task *submit;
    size_t count;

    if (upload_is_asked(request)) {
        upload_end(request, answer);
        return;
    }
    if (!check_size(request, answer, &count)) {
        return;
    }
    submit = submit_task_open(request, answer, request->body, count, 0);
    if (submit == NULL) {
        return;
    }
    if (answer_outcome(request, answer,
                       api_task_run(submit_task_call(submit), request->service->node))) {
        answer_items(request, answer, submit);
    }
    api_task_done_with(submit_task_call(submit));
}
