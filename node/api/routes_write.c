/* routes_write - documents in: submit, approve, reject. Parsing and answering happen in this
 * thread; the loop gets items that are ready to check. */
#include <stdio.h>

#include "node/api/api.h"

/* --- submit --- */

struct submit_job {
    struct job job;
    struct submit_item *items;
    struct buf body; /* what the items' texts point into, */
    json_t **kept;   /* and where that needed decoding */
    uint32_t *lines; /* in the post, from 1 */
    size_t count, capacity;
    bool atomic, has_maker;
    struct person maker;
    struct sign_key secret;
};

static void run_submit(struct job *job, struct node *node, struct txn *txn)
{
    struct submit_job *submit = (struct submit_job *)job;

    submit->maker.secret = &submit->secret;
    node_submit(node, txn, submit->items, submit->count, submit->atomic,
                submit->has_maker ? &submit->maker : NULL);
    crypto_wipe(&submit->secret, sizeof submit->secret);
}

static void free_submit(struct job *job)
{
    struct submit_job *submit = (struct submit_job *)job;

    for (size_t i = 0; i < submit->count; i++) {
        json_decref(submit->kept[i]);
    }
    mem_free(submit->items);
    mem_free(submit->kept);
    buf_free(&submit->body);
    mem_free(submit->lines);
    crypto_wipe(&submit->secret, sizeof submit->secret);
}

static struct bytes trim(struct bytes line)
{
    while (line.size > 0 && (line.data[0] == ' ' || line.data[0] == '\t')) {
        line = bytes_of(line.data + 1, line.size - 1);
    }
    while (line.size > 0 && (line.data[line.size - 1] == ' ' || line.data[line.size - 1] == '\t' ||
                             line.data[line.size - 1] == '\r')) {
        line.size--;
    }
    return line;
}

/* The next line of `rest`, trimmed; false at the end. */
static bool next_line(struct bytes *rest, struct bytes *line)
{
    const uint8_t *end;
    size_t size;

    if (rest->size == 0) {
        return false;
    }
    end = memchr(rest->data, '\n', rest->size);
    size = end == NULL ? rest->size : (size_t)(end - rest->data);
    *line = trim(bytes_of(rest->data, size));
    size += end != NULL;
    *rest = bytes_of(rest->data + size, rest->size - size);
    return true;
}

static size_t count_documents(struct bytes rest)
{
    struct bytes line;
    size_t count = 0;

    while (next_line(&rest, &line)) {
        count += line.size > 0;
    }
    return count;
}

static void read_items(struct submit_job *submit, uint32_t default_kind)
{
    struct bytes rest = buf_bytes(&submit->body), line;
    uint32_t number = 0;

    submit->items = mem_zalloc((submit->capacity + 1) * sizeof *submit->items);
    submit->kept = mem_zalloc((submit->capacity + 1) * sizeof *submit->kept);
    submit->lines = mem_zalloc((submit->capacity + 1) * sizeof *submit->lines);
    while (next_line(&rest, &line)) {
        number++;
        if (line.size > 0) {
            const size_t i = submit->count++;
            submit->lines[i] = number;
            json_read_item(&submit->items[i], &submit->kept[i], line, default_kind);
        }
    }
}

static const char *status_word(enum submit_status status)
{
    static const char *const words[] = {
        [SUBMIT_ACCEPTED] = "accepted",
        [SUBMIT_EXISTS] = "exists",
        [SUBMIT_DRAFT] = "draft",
        [SUBMIT_REFUSED] = "refused",
    };
    return words[status];
}

static const char *status_sentence(enum submit_status status, enum language language)
{
    const bool zh = language == LANGUAGE_ZH;

    switch (status) {
    case SUBMIT_EXISTS:
        return zh ? "已存在，内容相同" : "already there, with the same content";
    case SUBMIT_DRAFT:
        return zh ? "待另一人审核" : "waits for another person's approval";
    default:
        return "";
    }
}

static void write_verdict(struct json_out *out, enum submit_status status,
                          const struct refusal *refusal, enum language language)
{
    char code[REASON_CODE_MAX], message[REASON_MESSAGE_MAX], words[WORDS_BYTES_MAX];
    struct refusal told = *refusal;

    out_text(out, "status", status_word(status));
    if (status != SUBMIT_REFUSED) {
        out_text(out, "message", status_sentence(status, language));
        return;
    }
    reason_code(code, refusal);
    (void)snprintf(told.detail, sizeof told.detail, "%s",
                   words_in(language, words, refusal->detail));
    reason_message(message, &told, language);
    out_text(out, "reason", code);
    out_text(out, "message", message);
}

/* The CLI puts its own line number in place of ours: `line` stays the first member. */
static void write_item(struct buf *body, const struct submit_job *submit, size_t i,
                       enum language language)
{
    const struct submit_item *item = &submit->items[i];
    const struct bytes id = json_typed_id(item, submit->kept[i]);
    struct json_out out = json_to(body);

    out_open(&out, NULL, '{');
    out_count(&out, "line", submit->lines[i]);
    if (id.size > 0) {
        out_bytes(&out, "id", id);
    } else {
        out_null(&out, "id");
    }
    write_verdict(&out, item->status, &item->refusal, language);
    out_close(&out, '}');
    buf_put_u8(body, '\n');
}

/* False with the error answered. */
static bool admit_post(const struct request *request, struct answer *answer, uint32_t *kind,
                       size_t *count)
{
    const char *name = request->query(request->connection, "kind");

    *kind = 0;
    if (name != NULL) {
        *kind = kind_named(bytes_text(name));
        if (*kind == 0) {
            answer_error(request, answer, API_BAD_REQUEST, "kind: there is no such kind");
            return false;
        }
    }
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

void post_documents(struct request *request, struct answer *answer)
{
    const char *atomic = request->query(request->connection, "atomic");
    struct submit_job *submit;
    uint32_t kind;
    size_t count;

    if (!admit_post(request, answer, &kind, &count)) {
        return;
    }
    submit = job_new(request->service->gate, sizeof *submit, run_submit, free_submit);
    submit->capacity = count;
    submit->atomic = atomic != NULL && strcmp(atomic, "1") == 0;
    submit->has_maker = request->token[0] != '\0';
    if (submit->has_maker &&
        !request_person(request, answer, ROLE_MAKER, &submit->maker, &submit->secret)) {
        job_done_with(&submit->job);
        return;
    }
    submit->body = *request->body; /* ownership moves: the job may outlive the request */
    *request->body = BUF_EMPTY;
    read_items(submit, kind);
    if (answer_outcome(request, answer, job_run(&submit->job, request->service->node))) {
        answer->type = "application/x-ndjson; charset=utf-8";
        buf_reserve(&answer->body, submit->count * 80);
        for (size_t i = 0; i < submit->count; i++) {
            write_item(&answer->body, submit, i, request->language);
        }
    }
    job_done_with(&submit->job);
}

/* --- approve --- */

struct approve_job {
    struct job job;
    struct approve_item *items;
    size_t count;
    struct person checker;
    struct sign_key secret;
    char why[1001]; /* reject */
};

static void run_approve(struct job *job, struct node *node, struct txn *txn)
{
    struct approve_job *approve = (struct approve_job *)job;

    approve->checker.secret = &approve->secret;
    node_approve(node, txn, approve->items, approve->count, &approve->checker);
    crypto_wipe(&approve->secret, sizeof approve->secret);
}

static void run_reject(struct job *job, struct node *node, struct txn *txn)
{
    struct approve_job *reject = (struct approve_job *)job;

    reject->checker.secret = &reject->secret;
    node_reject(node, txn, reject->items, reject->why, &reject->checker);
}

static void free_approve(struct job *job)
{
    struct approve_job *approve = (struct approve_job *)job;

    mem_free(approve->items);
    crypto_wipe(&approve->secret, sizeof approve->secret);
}

/* An id too long for any draft is kept cut and so is found nowhere: "not_pending". */
static void set_id(struct approve_item *item, const char *id)
{
    (void)snprintf(item->id, sizeof item->id, "%s", id);
}

/* The same id twice in one call is one document. */
static bool is_repeated(const struct approve_item *items, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(items[i].id, items[index].id) == 0) {
            return true;
        }
    }
    return false;
}

/* "ID", or {"id": ID, "hash": what /pending said of it when it was read}. */
static bool read_id(struct approve_item *item, const json_t *typed)
{
    const json_t *hash = json_object_get(typed, "hash");
    const char *id =
        json_string_value(json_is_object(typed) ? json_object_get(typed, "id") : typed);
    const char *hex = json_string_value(hash);

    if (id == NULL || (hash != NULL && hex == NULL)) {
        return false;
    }
    set_id(item, id);
    item->has_hash = hash != NULL;
    return hash == NULL ||
           (strlen(hex) == 2 * HASH_SIZE && hex_decode(item->hash.at, HASH_SIZE, hex));
}

static bool read_ids(struct approve_job *approve, const json_t *ids)
{
    if (!json_is_array(ids) || json_array_size(ids) == 0 ||
        json_array_size(ids) > POST_DOCUMENTS_MAX) {
        return false;
    }
    approve->items = mem_zalloc(json_array_size(ids) * sizeof *approve->items);
    for (size_t i = 0; i < json_array_size(ids); i++) {
        if (!read_id(&approve->items[approve->count], json_array_get(ids, i))) {
            return false;
        }
        approve->count += !is_repeated(approve->items, approve->count);
    }
    return true;
}

static void write_approvals(const struct approve_job *approve, const struct request *request,
                            struct answer *answer, const char *done_word)
{
    answer->type = "application/x-ndjson; charset=utf-8";
    for (size_t i = 0; i < approve->count; i++) {
        const struct approve_item *item = &approve->items[i];
        struct json_out out = json_to(&answer->body);

        out_open(&out, NULL, '{');
        out_text(&out, "id", item->id);
        if (done_word != NULL && item->status != SUBMIT_REFUSED) {
            out_text(&out, "status", done_word);
            out_text(&out, "message", "");
        } else {
            write_verdict(&out, item->status, &item->refusal, request->language);
        }
        out_close(&out, '}');
        buf_put_u8(&answer->body, '\n');
    }
}

void post_approve(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct approve_job *approve;

    if (object == NULL) {
        return;
    }
    approve = job_new(request->service->gate, sizeof *approve, run_approve, free_approve);
    if (!read_ids(approve, json_object_get(object, "ids"))) {
        answer_error(request, answer, API_BAD_REQUEST, "ids: 1-1000; hash: 64 hex digits");
    } else if (request_person(request, answer, ROLE_CHECKER, &approve->checker, &approve->secret) &&
               answer_outcome(request, answer, job_run(&approve->job, request->service->node))) {
        write_approvals(approve, request, answer, NULL);
    }
    job_done_with(&approve->job);
    json_decref(object);
}

void post_reject(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct approve_job *reject;
    const char *id = NULL, *why = NULL;

    if (object == NULL) {
        return;
    }
    reject = job_new(request->service->gate, sizeof *reject, run_reject, free_approve);
    id = request_text(request, answer, object, "id");
    if (id != NULL) {
        why = request_text(request, answer, object, "reason");
    }
    if (why != NULL && (strlen(why) == 0 || strlen(why) >= sizeof reject->why)) {
        answer_error(request, answer, API_BAD_REQUEST, "reason: 1-1000");
    } else if (why != NULL &&
               request_person(request, answer, ROLE_CHECKER, &reject->checker, &reject->secret)) {
        reject->items = mem_zalloc(sizeof *reject->items);
        reject->count = 1;
        set_id(reject->items, id);
        memcpy(reject->why, why, strlen(why) + 1);
        if (answer_outcome(request, answer, job_run(&reject->job, request->service->node))) {
            write_approvals(reject, request, answer, "rejected");
        }
    }
    job_done_with(&reject->job);
    json_decref(object);
}
