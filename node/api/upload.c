#include "node/api/upload.h"

#include "node/api/submit_task.h"

enum {
    TASKS_MAX = 4,              /* in flight: a turn takes several, so they share its fsync */
    TOLD_BYTES_MAX = 4 << 20,   /* of refusals */
    LINE_BYTES_MAX = 512 << 10, /* longer, it is no document */
};

struct uploading {
    struct upload upload; /* first */
    struct submit_task *tasks[TASKS_MAX];
    size_t task_count; /* in flight, the oldest first */
    uint64_t lines, counts[SUBMIT_REFUSED + 1];
    struct buf told;
    bool is_full;
};

static struct uploading *uploading_of(const struct request *request)
{
    return (struct uploading *)request->upload;
}

static void close_upload(struct upload *upload)
{
    struct uploading *uploading = (struct uploading *)upload;

    for (size_t i = 0; i < uploading->task_count; i++) {
        api_task_done_with(submit_task_call(uploading->tasks[i]));
    }
    buf_free(&uploading->told);
    mem_free(uploading);
}

/* False with the error answered. */
static bool open_upload(struct request *request, struct answer *answer)
{
    static const char *const others[] = {"atomic", "dry_run"}; /* they are about one task's */
    struct uploading *uploading;

    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (request->query(request->connection, others[i]) != NULL) {
            answer_refuse(request, answer, API_BAD_REQUEST, "ask_summary_with name=%s", others[i]);
            return false;
        }
    }
    if (request->upload == NULL) {
        uploading = mem_zalloc(sizeof *uploading);
        uploading->upload.close = close_upload;
        request->upload = &uploading->upload;
    }
    return true;
}

/* --- tasks --- */

static void count_verdicts(struct uploading *uploading, struct submit_task *submit,
                           enum language language)
{
    for (size_t i = 0; i < submit->count; i++) {
        const enum submit_status status = submit->items[i].status;

        uploading->counts[status]++;
        if (status == SUBMIT_REFUSED) {
            submit_task_tell(&uploading->told, submit, i, language);
        }
    }
    uploading->is_full = uploading->told.size > TOLD_BYTES_MAX;
}

/* Until the next part comes, however late that is. */
static size_t count_held(const struct uploading *uploading)
{
    size_t bytes = uploading->told.size;

    for (size_t i = 0; i < uploading->task_count; i++) {
        bytes += submit_task_bytes(uploading->tasks[i]);
    }
    return bytes;
}

/* Waits for the oldest task. False with the error answered. */
static bool settle_one(const struct request *request, struct answer *answer)
{
    struct uploading *uploading = uploading_of(request);
    struct submit_task *submit = uploading->tasks[0];
    const bool done = answer_outcome(request, answer, api_task_await(submit_task_call(submit)));

    if (done) {
        count_verdicts(uploading, submit, request->language);
    }
    api_task_done_with(submit_task_call(submit));
    uploading->task_count--;
    memmove(uploading->tasks, uploading->tasks + 1,
            uploading->task_count * sizeof *uploading->tasks);
    return done;
}

/* Hands in so many lines of so many bytes: they are read while the loop has those before, and wait
 * only then. False with the error answered. */
static bool hand_in(const struct request *request, struct answer *answer, struct bytes lines,
                    uint32_t line_count, size_t document_count)
{
    struct uploading *uploading = uploading_of(request);
    struct buf body = BUF_EMPTY;
    struct submit_task *submit;

    uploading->lines += line_count;
    if (document_count == 0) {
        return true;
    }
    buf_append_bytes(&body, lines);
    submit = submit_task_open(request, answer, &body, document_count,
                              (uint32_t)(uploading->lines - line_count));
    if (submit == NULL) {
        buf_free(&body);
        return false;
    }
    if (uploading->task_count == TASKS_MAX && !settle_one(request, answer)) {
        api_task_done_with(submit_task_call(submit));
        return false;
    }
    uploading->tasks[uploading->task_count++] = submit;
    if (!api_task_post(submit_task_call(submit), request->service->node)) {
        (void)answer_outcome(request, answer, ERR_UNREACHABLE);
        return false;
    }
    return true;
}

/* --- lines --- */

/* As many lines of `text` as one task takes; whole ones unless it is the last part. */
static struct bytes take_lines(struct bytes text, bool is_last, uint32_t *lines, size_t *documents)
{
    struct bytes rest = text, line;

    *lines = 0;
    *documents = 0;
    while (*documents < POST_DOCUMENTS_MAX && rest.size > 0 &&
           (is_last || memchr(rest.data, '\n', rest.size) != NULL) && next_line(&rest, &line)) {
        (*lines)++;
        *documents += line.size > 0;
    }
    return bytes_of(text.data, text.size - rest.size);
}

static void forget_front(struct buf *body, size_t size)
{
    memmove(body->data, body->data + size, body->size - size);
    body->size -= size;
}

/* False with the error answered. */
static bool hand_in_all(struct request *request, struct answer *answer, bool is_last)
{
    const struct uploading *uploading;
    struct bytes rest = buf_bytes(request->body);
    bool good = open_upload(request, answer);

    uploading = uploading_of(request);
    while (good && !uploading->is_full && rest.size > 0) {
        uint32_t lines;
        size_t documents;
        const struct bytes taken = take_lines(rest, is_last, &lines, &documents);

        if (taken.size == 0) {
            break;
        }
        good = hand_in(request, answer, taken, lines, documents);
        rest = bytes_of(rest.data + taken.size, rest.size - taken.size);
    }
    if (good && uploading->is_full) {
        rest.size = 0;
    }
    if (request->body->size > 0) {
        forget_front(request->body, request->body->size - rest.size);
    }
    if (good && request->body->size > LINE_BYTES_MAX) {
        answer_error(request, answer, API_TOO_LARGE, NULL);
        good = false;
    }
    return good;
}

/* --- --- */

bool upload_is_asked(const struct request *request)
{
    const char *value = request->query(request->connection, "summary");

    return strcmp(request->method, "POST") == 0 && value != NULL && strcmp(value, "1") == 0;
}

void upload_part(struct request *request, struct answer *answer)
{
    if (hand_in_all(request, answer, false)) {
        uploading_of(request)->upload.held_bytes = count_held(uploading_of(request));
    }
}

static void write_summary(struct answer *answer, const struct uploading *uploading)
{
    struct json_out out = json_to(&answer->body);

    answer->type = "application/x-ndjson; charset=utf-8";
    buf_append_bytes(&answer->body, buf_bytes(&uploading->told));
    out_open(&out, NULL, '{');
    out_count(&out, "lines", uploading->lines);
    out_count(&out, "accepted", uploading->counts[SUBMIT_ACCEPTED]);
    out_count(&out, "exists", uploading->counts[SUBMIT_EXISTS]);
    out_count(&out, "drafts", uploading->counts[SUBMIT_DRAFT]);
    out_count(&out, "refused", uploading->counts[SUBMIT_REFUSED]);
    out_bool(&out, "complete", !uploading->is_full);
    out_close(&out, '}');
    buf_put_u8(&answer->body, '\n');
}

void upload_end(struct request *request, struct answer *answer)
{
    bool good = hand_in_all(request, answer, true);

    while (good && uploading_of(request)->task_count > 0) {
        good = settle_one(request, answer);
    }
    if (good) {
        write_summary(answer, uploading_of(request));
    }
}
