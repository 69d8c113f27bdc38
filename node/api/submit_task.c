#include "node/api/submit_task.h"

#include <stdio.h>

#include "node/api/typed_value.h"
#include "node/api/verdict.h"

static void run_submit(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct submit_task *submit = (struct submit_task *)api_task;

    submit->maker.secret = &submit->secret;
    submit->terms.maker = submit->has_maker ? &submit->maker : NULL;
    submit->terms.file = submit->file;
    node_submit(node, txn, submit->items, submit->count, &submit->terms);
    crypto_wipe(&submit->secret, sizeof submit->secret);
}

/* Nothing is signed, and nothing kept. */
static void run_dry(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct submit_task *submit = (struct submit_task *)api_task;

    submit->terms.maker = submit->has_maker ? &submit->maker : NULL;
    submit->ready = node_ready(node);
    if (submit->ready != ERR_CORRUPT) {
        node_submit_dry(node, txn, submit->items, submit->count, &submit->terms,
                        submit->count == 1 ? &submit->shown : NULL);
        caption_fill_body(&submit->caption, node_roster(node), submit->shown.kind,
                          buf_bytes(&submit->shown.body));
    }
    crypto_wipe(&submit->secret, sizeof submit->secret);
}

static void free_submit(struct api_task *api_task)
{
    struct submit_task *submit = (struct submit_task *)api_task;

    for (size_t i = 0; i < submit->count; i++) {
        buf_free(&submit->lines[i].texts);
        buf_free(&submit->items[i].lines);
    }
    mem_free(submit->items);
    mem_free(submit->lines);
    buf_free(&submit->body);
    dry_shown_free(&submit->shown);
    crypto_wipe(&submit->secret, sizeof submit->secret);
}

/* --- reading --- */

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

bool next_line(struct bytes *rest, struct bytes *line)
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

static void read_items(struct submit_task *submit, uint32_t default_kind, uint32_t number)
{
    struct bytes rest = buf_bytes(&submit->body), line;

    submit->items = mem_realloc(NULL, (submit->capacity + 1) * sizeof *submit->items);
    submit->lines = mem_realloc(NULL, (submit->capacity + 1) * sizeof *submit->lines);
    while (next_line(&rest, &line)) {
        number++;
        if (line.size > 0) {
            const size_t i = submit->count++;
            submit_item_clear(&submit->items[i]);
            submit->lines[i] = (struct submit_line){.typed = line, .number = number};
            json_read_item(&submit->items[i], &submit->lines[i].texts, line, default_kind);
        }
    }
    if (submit->count == 1) {
        submit->items[0].caption = &submit->caption;
    }
}

static bool read_kind(const struct request *request, struct answer *answer, uint32_t *kind)
{
    const char *name = request->query(request->connection, "kind");

    *kind = name == NULL ? 0 : kind_named(bytes_text(name));
    if (name != NULL && *kind == 0) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_kind value=%s", name);
        return false;
    }
    return true;
}

static bool is_asked(const struct request *request, const char *name)
{
    const char *value = request->query(request->connection, name);

    return value != NULL && strcmp(value, "1") == 0;
}

/* What its maker calls the file, for whoever approves it as one batch. */
static void read_terms(const struct request *request, struct submit_task *submit)
{
    const char *file = request->query(request->connection, "file");

    submit->terms.atomic = is_asked(request, "atomic");
    submit->terms.correct = is_asked(request, "correct");
    if (file != NULL && text_plain(bytes_text(file))) {
        text_cut(submit->file, sizeof submit->file, file);
    }
}

static struct submit_task *new_task(const struct request *request, size_t capacity)
{
    const bool is_dry = is_asked(request, "dry_run");
    struct submit_task *submit = api_task_new(request->service->gate, sizeof *submit,
                                              is_dry ? run_dry : run_submit, free_submit);

    submit->is_dry = is_dry;
    submit->api_task.task.read_only = is_dry;
    submit->capacity = capacity;
    return submit;
}

struct submit_task *submit_task_open(const struct request *request, struct answer *answer,
                                     struct buf *body, size_t count, uint32_t lines_before)
{
    struct submit_task *submit;
    uint32_t kind;

    if (!read_kind(request, answer, &kind)) {
        return NULL;
    }
    submit = new_task(request, count);
    read_terms(request, submit);
    submit->has_maker = request->caller.how == CALLER_SESSION;
    if (submit->has_maker && !request_person(request, answer, &submit->maker, &submit->secret)) {
        api_task_done_with(&submit->api_task);
        return NULL;
    }
    submit->body = *body; /* ownership moves: the task may outlive the request */
    *body = BUF_EMPTY;
    read_items(submit, kind, lines_before);
    return submit;
}

size_t submit_task_bytes(const struct submit_task *submit)
{
    size_t bytes = sizeof *submit + submit->body.size +
                   submit->capacity * (sizeof *submit->items + sizeof *submit->lines);

    for (size_t i = 0; i < submit->count; i++) {
        bytes += submit->lines[i].texts.size;
    }
    return bytes;
}

struct api_task *submit_task_call(struct submit_task *submit)
{
    return &submit->api_task;
}

/* --- telling --- */

/* The CLI puts its own line number in place of ours: no other member before it is called `line`. */
static void write_item(struct buf *body, const struct submit_task *submit, size_t i,
                       enum language language)
{
    const struct submit_item *item = &submit->items[i];
    const struct bytes id = json_typed_id(item);
    struct json_out out = json_to(body);

    out_open(&out, NULL, '{');
    out_count(&out, "line", submit->lines[i].number);
    if (id.size > 0) {
        out_bytes(&out, "id", id);
    } else {
        out_null(&out, "id");
    }
    write_verdict(&out, item->status, &item->refusal, language);
    if (item->status == SUBMIT_DRAFT && (item->corrected || item->unchanged)) {
        out_bool(&out, item->corrected ? "corrected" : "unchanged", true);
    }
    out_caption(&out, &submit->caption);
    if (submit->is_dry) {
        write_dry_run(&out, &submit->shown);
    }
    out_close(&out, '}');
    buf_put_u8(body, '\n');
}

void submit_task_tell(struct buf *out, struct submit_task *submit, size_t i, enum language language)
{
    typed_value_tell(&submit->items[i], submit->lines[i].typed);
    write_item(out, submit, i, language);
}
