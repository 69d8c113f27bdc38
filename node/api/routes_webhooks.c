#include "node/api/routes_webhooks.h"

#include "node/api/feed_request.h"
#include "node/api/page.h"
#include "node/office/webhooks.h"
#include "node/webhook/url.h"

/* --- how they go --- */

static const char *state_of(const struct webhook *webhook)
{
    if (webhook->dead >= DEAD_LETTERS_MAX) {
        return "stopped";
    }
    return webhook->failing_ms != 0 ? "failing" : "delivering";
}

static void write_failure(struct json_out *out, const char *message, enum language language)
{
    char words[TEXT_BYTES_MAX];

    if (message[0] != '\0') {
        out_text(out, "failure", text_in(language, words, message));
        write_args(out, message);
    }
}

struct writing {
    struct json_out out;
    enum language language;
    struct page page;
};

static bool write_webhook(void *arg, const struct webhook *webhook)
{
    struct writing *writing = arg;
    struct json_out *out = &writing->out;
    char position[POSITION_TEXT_MAX];

    position_format(position, &webhook->at);
    out_open(out, NULL, '{');
    out_text(out, "name", webhook->name);
    out_text(out, "url", webhook->url);
    out_division(out, "division", webhook->division);
    out_kinds(out, &webhook->kinds);
    out_text(out, "state", state_of(webhook));
    out_text(out, "position", position);
    out_time(out, "created", webhook->created_ms);
    out_count(out, "delivered", webhook->delivered);
    out_time(out, "last_delivered", webhook->delivered_ms);
    out_time(out, "failing_since", webhook->failing_ms);
    out_count(out, "attempts", webhook->attempts);
    write_failure(out, webhook->failure, writing->language);
    out_count(out, "dead", webhook->dead);
    out_close(out, '}');
    return true;
}

void get_webhooks(struct request *request, struct answer *answer)
{
    struct writing writing = {.out = json_to(&answer->body), .language = request->language};
    struct view view;

    view_open(&view, request->service);
    out_open(&writing.out, NULL, '{');
    out_open(&writing.out, "webhooks", '[');
    webhook_each(view.txn, write_webhook, &writing);
    out_close(&writing.out, ']');
    out_close(&writing.out, '}');
    (void)view_sound(&view, request, answer);
    view_close(&view);
}

static bool write_letter(void *arg, const struct dead_letter *letter)
{
    struct writing *writing = arg;
    struct json_out *out = &writing->out;
    char position[POSITION_TEXT_MAX];

    position_format(position, &letter->at);
    if (!page_row(&writing->page, position)) {
        return true;
    }
    out_open(out, NULL, '{');
    out_text(out, "position", position);
    out_time(out, "time", letter->died_ms);
    out_bool(out, "again", letter->again);
    write_failure(out, letter->failure, writing->language);
    out_close(out, '}');
    return true;
}

static void answer_unknown(const struct request *request, struct answer *answer)
{
    answer_refuse(request, answer, API_NOT_FOUND, "webhook_unknown name=%.32s",
                  request->argument[0]);
}

void get_dead_letters(struct request *request, struct answer *answer)
{
    struct writing writing = {.out = json_to(&answer->body), .language = request->language};
    struct webhook webhook;
    struct view view;

    if (!request_page(request, answer, &writing.page)) {
        return;
    }
    view_open(&view, request->service);
    if (webhook_find(view.txn, request->argument[0], &webhook)) {
        out_open(&writing.out, NULL, '{');
        out_open(&writing.out, "rows", '[');
        dead_letter_each(view.txn, webhook.name, 0, write_letter, &writing);
        out_close(&writing.out, ']');
        write_page(&writing.out, &writing.page);
        out_close(&writing.out, '}');
        if (view_sound(&view, request, answer)) {
            (void)page_found(&writing.page, request, answer);
        }
    } else {
        answer_unknown(request, answer);
    }
    view_close(&view);
}

/* --- changes --- */

struct webhook_task {
    struct api_task api_task;
    struct webhook webhook;
    uint64_t now_ms;
    bool from_position; /* a replay of all behind webhook.at */
    uint32_t letters;
    struct err err;
};

static void run_add(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct webhook_task *task = (struct webhook_task *)api_task;

    task->err.status = webhook_add(node, txn, &task->webhook, task->now_ms, &task->err);
}

static void run_remove(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct webhook_task *task = (struct webhook_task *)api_task;

    task->err.status = webhook_remove(node, txn, task->webhook.name, &task->err);
}

static void run_replay(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct webhook_task *task = (struct webhook_task *)api_task;

    task->err.status =
        webhook_replay(node, txn, task->webhook.name,
                       task->from_position ? &task->webhook.at : NULL, &task->letters, &task->err);
}

static struct webhook_task *new_task(const struct request *request,
                                     void (*run)(struct api_task *api_task, struct node *node,
                                                 struct txn *txn))
{
    struct webhook_task *task = api_task_new(request->service->gate, sizeof *task, run, NULL);

    task->now_ms = clock_unix_ms(&request->service->clock);
    task->webhook.kinds = NUMBER_SET_ALL;
    return task;
}

/* False with the error answered. */
static bool run_task(const struct request *request, struct answer *answer,
                     struct webhook_task *task)
{
    if (!answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node))) {
        return false;
    }
    if (task->err.status != OK) {
        answer_because(request, answer,
                       task->err.status == ERR_NOT_FOUND ? API_NOT_FOUND : API_REFUSED,
                       task->err.text);
    }
    return task->err.status == OK;
}

/* A member that need not be there; anything but a text is a mistake. */
static bool optional_text(const struct request *request, struct answer *answer,
                          const json_t *object, const char *name, const char **out)
{
    *out =
        json_object_get(object, name) == NULL ? NULL : request_text(request, answer, object, name);
    return json_object_get(object, name) == NULL || *out != NULL;
}

/* Name, address, filter and beginning, as they are typed. */
static bool read_webhook(const struct request *request, struct answer *answer, const json_t *object,
                         struct webhook *out)
{
    const char *name = request_text(request, answer, object, "name");
    const char *address = name == NULL ? NULL : request_text(request, answer, object, "url");
    struct change_filter filter = CHANGE_FILTER_ALL;
    const char *division, *kinds, *after;
    struct url url;

    if (address == NULL || !optional_text(request, answer, object, "division", &division) ||
        !optional_text(request, answer, object, "kind", &kinds) ||
        !optional_text(request, answer, object, "after", &after)) {
        return false;
    }
    if (!webhook_name_valid(name)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "webhook_name name=%.64s bytes_max=%d",
                      name, WEBHOOK_NAME_MAX);
        return false;
    }
    if (strlen(address) > WEBHOOK_URL_MAX || !url_parse(&url, address)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "webhook_url url=%.200s", address);
        return false;
    }
    memcpy(out->name, name, strlen(name) + 1);
    memcpy(out->url, address, strlen(address) + 1);
    if (!feed_filter(request, answer, division, kinds, &filter) ||
        !feed_position(request, answer, after == NULL ? "end" : after, &out->at)) {
        return false;
    }
    out->division = filter.division;
    out->kinds = filter.kinds;
    return true;
}

static void write_added(struct answer *answer, const struct webhook *webhook)
{
    struct json_out out = json_to(&answer->body);
    char position[POSITION_TEXT_MAX];

    position_format(position, &webhook->at);
    out_open(&out, NULL, '{');
    out_text(&out, "name", webhook->name);
    out_hex(&out, "secret", webhook->secret, sizeof webhook->secret);
    out_text(&out, "position", position);
    out_close(&out, '}');
}

void post_webhook(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct webhook_task *task;

    if (object == NULL) {
        return;
    }
    task = new_task(request, run_add);
    if (read_webhook(request, answer, object, &task->webhook)) {
        crypto_random(task->webhook.secret, sizeof task->webhook.secret);
        if (run_task(request, answer, task)) {
            write_added(answer, &task->webhook);
        }
    }
    api_task_done_with(&task->api_task);
    json_decref(object);
}

/* The one of the path; the loop tells whether it is there. False with the error answered. */
static bool read_name(const struct request *request, struct answer *answer,
                      struct webhook_task *task)
{
    if (!webhook_name_valid(request->argument[0])) {
        answer_unknown(request, answer);
        return false;
    }
    memcpy(task->webhook.name, request->argument[0], strlen(request->argument[0]) + 1);
    return true;
}

static void write_done(struct answer *answer, const struct webhook_task *task)
{
    struct json_out out = json_to(&answer->body);

    out_open(&out, NULL, '{');
    out_text(&out, "name", task->webhook.name);
    if (task->api_task.run == run_replay && !task->from_position) {
        out_count(&out, "letters", task->letters);
    }
    out_close(&out, '}');
}

void post_webhook_remove(struct request *request, struct answer *answer)
{
    struct webhook_task *task = new_task(request, run_remove);

    if (read_name(request, answer, task) && run_task(request, answer, task)) {
        write_done(answer, task);
    }
    api_task_done_with(&task->api_task);
}

void post_webhook_replay(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct webhook_task *task;
    const char *after;

    if (object == NULL) {
        return;
    }
    task = new_task(request, run_replay);
    if (read_name(request, answer, task) &&
        optional_text(request, answer, object, "after", &after) &&
        feed_position(request, answer, after, &task->webhook.at)) {
        task->from_position = after != NULL;
        if (run_task(request, answer, task)) {
            write_done(answer, task);
        }
    }
    api_task_done_with(&task->api_task);
    json_decref(object);
}
