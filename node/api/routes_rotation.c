#include "node/api/routes_rotation.h"

#include "node/api/api_task.h"
#include "node/core/members.h"

struct rotation_task {
    struct api_task api_task;
    struct key_maker maker;
    struct made_keys made;
    uint32_t epoch;
    struct err err;
};

/* Before anything is made: it would be for nothing. */
static void run_check(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct rotation_task *task = (struct rotation_task *)api_task;

    (void)txn;
    task->err.status = OK;
    task->err.status =
        replicator_may_rotate(node_replicator(node), &task->made.rotation, &task->err);
}

/* What is kept is asked for in the same turn, and nothing else takes its place. */
static void run_rotate(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct rotation_task *task = (struct rotation_task *)api_task;
    const struct rotation rotation = task->made.rotation;
    struct rotation_status status;

    run_check(api_task, node, txn);
    if (task->err.status == OK) {
        task->err.status = task->maker.keep(task->maker.arg, &task->made, &task->err);
    }
    if (task->err.status == OK) {
        task->err.status = node_rotate(node, txn, &rotation, &task->err);
        replicator_rotation(node_replicator(node), &status);
        task->epoch = status.epoch;
    }
}

/* What nobody took. */
static void discard(struct api_task *api_task)
{
    struct rotation_task *task = (struct rotation_task *)api_task;

    if (task->made.keys != NULL) {
        task->maker.drop(task->maker.arg, &task->made);
    }
}

/* Is it what it was before? False with the error answered. */
static bool run(const struct request *request, struct answer *answer, struct rotation_task *task)
{
    if (!answer_outcome(request, answer, api_task_run(&task->api_task, request->service->node))) {
        return false;
    }
    if (task->err.status != OK) {
        answer_because(request, answer, API_REFUSED, task->err.text);
    }
    return task->err.status == OK;
}

static bool may_rotate(const struct request *request, struct answer *answer,
                       const struct key_wish *wish)
{
    struct rotation_task *task =
        api_task_new(request->service->gate, sizeof *task, run_check, NULL);
    bool may;

    task->made.rotation.channel = wish->channel;
    task->api_task.task.read_only = true;
    may = run(request, answer, task);
    api_task_done_with(&task->api_task);
    return may;
}

static bool make(const struct request *request, struct answer *answer, const struct key_wish *wish,
                 struct made_keys *out)
{
    const struct key_maker *maker = &request->service->key_maker;
    struct err err;

    if (maker->make == NULL) {
        answer_because(request, answer, API_REFUSED, "rotation_no_home");
        return false;
    }
    if (maker->make(maker->arg, wish, out, &err) != OK) {
        answer_because(request, answer, API_REFUSED, err.text);
        return false;
    }
    return true;
}

static void write_asked(struct answer *answer, const struct rotation_task *task,
                        const struct key_wish *wish)
{
    struct json_out out = json_to(&answer->body);

    out_open(&out, NULL, '{');
    out_count(&out, "epoch", task->epoch);
    out_bool(&out, "identity", wish->identity);
    out_bool(&out, "channel", wish->channel);
    out_text(&out, "state", "asked");
    out_close(&out, '}');
}

static void rotate(const struct request *request, struct answer *answer,
                   const struct key_wish *wish)
{
    struct made_keys made;
    struct rotation_task *task;

    if (!may_rotate(request, answer, wish) || !make(request, answer, wish, &made)) {
        return;
    }
    task = api_task_new(request->service->gate, sizeof *task, run_rotate, discard);
    task->maker = request->service->key_maker;
    task->made = made;
    if (run(request, answer, task)) {
        write_asked(answer, task, wish);
    }
    api_task_done_with(&task->api_task);
}

/* It lay in the body, and in what was made of it. */
static void wipe(const struct request *request, json_t *passphrase)
{
    if (json_is_string(passphrase)) {
        char *text = (char *)(uintptr_t)json_string_value(passphrase);

        crypto_wipe(text, json_string_length(passphrase));
    }
    crypto_wipe(request->body->data, request->body->size);
}

void post_rotation(struct request *request, struct answer *answer)
{
    json_t *object;
    struct key_wish wish;

    if (request->caller.door != DOOR_SOCKET) { /* the passphrase of the keys travels nowhere */
        answer_because(request, answer, API_REFUSED, "rotation_elsewhere");
        return;
    }
    object = request_object(request, answer);
    if (object == NULL) {
        return;
    }
    wish = (struct key_wish){
        .identity = json_is_true(json_object_get(object, "identity")),
        .channel = json_is_true(json_object_get(object, "channel")),
        .passphrase = json_string_value(json_object_get(object, "passphrase")),
        .second = json_string_value(json_object_get(object, "second")),
    };
    if (!wish.identity && !wish.channel) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_rotation");
    } else {
        rotate(request, answer, &wish);
    }
    wipe(request, json_object_get(object, "passphrase"));
    json_decref(object);
}

void write_rotation(struct json_out *out, const struct rotation_status *status, uint64_t now_ms)
{
    if (!status->waits && !status->former_served) {
        out_null(out, "rotation");
        return;
    }
    out_open(out, "rotation", '{');
    out_text(out, "state",
             !status->waits          ? "former_served"
             : status->refused == OK ? "asked"
                                     : "refused");
    out_count(out, "epoch", status->epoch);
    out_bool(out, "identity", status->identity);
    out_bool(out, "channel", status->channel);
    if (status->waits) {
        out_count(out, "since_s",
                  now_ms > status->since_unix_ms ? (now_ms - status->since_unix_ms) / 1000 : 0);
    } else {
        out_null(out, "since_s");
    }
    out_text(out, "reason", status->refused == OK ? "" : status_name(status->refused));
    out_count(out, "unknown_to_count", status->unknown_to_count);
    out_open(out, "unknown_to", '[');
    for (size_t i = 0; i < status->unknown_to_count && i < COUNT_OF(status->unknown_to); i++) {
        out_text(out, NULL, status->unknown_to[i].code);
    }
    out_close(out, ']');
    out_close(out, '}');
}
