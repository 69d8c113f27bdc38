#include "node/api/routes_alarms.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/api/answer.h"
#include "node/api/list_request.h"
#include "node/api/page.h"
#include "node/core/alarm_rows.h"
#include "proto/array.h"

/* --- one alarm --- */

static void write_advice(struct json_out *out, const char *name, enum language language)
{
    char cure[64];

    (void)snprintf(cure, sizeof cure, "%s.cure", name);
    out_text(out, "cause", text_word(language, "alarm", name));
    out_text(out, "cure", text_word(language, "alarm", cure));
}

void write_alarm(struct json_out *out, const char *key, const struct alarm *alarm,
                 enum language language, bool advice)
{
    const struct alarm_info *info = alarm_info(alarm->code);
    char words[TEXT_BYTES_MAX];

    out_open(out, key, '{');
    out_count(out, "id", alarm->id);
    out_text(out, "code", info->name);
    out_text(out, "severity", alarm_severity_name(info->severity));
    out_division(out, "division", alarm->about);
    write_args(out, alarm->message);
    out_text(out, "text", text_in(language, words, alarm->message));
    out_time(out, "since", alarm->first_unix_ms);
    out_time(out, "last", alarm->last_unix_ms);
    out_count(out, "count", alarm->count);
    out_time(out, "acknowledged", alarm->acked_unix_ms);
    out_text(out, "acknowledged_by", alarm->acked_by);
    out_time(out, "cleared", alarm->cleared_unix_ms);
    out_time(out, "silenced", alarm->silenced_unix_ms);
    out_text(out, "silenced_by", alarm->silenced_by);
    out_bool(out, "may_be_silenced", !info->is_of_money);
    if (advice) {
        write_advice(out, info->name, language);
    }
    out_close(out, '}');
}

/* --- open ones: on the loop --- */

struct alarm *alarms_copy(struct node *node, size_t *count)
{
    const struct alarms *alarms = node_alarms(node);
    struct alarm *copy;

    *count = alarms_count(alarms);
    copy = mem_zalloc((*count + 1) * sizeof *copy);
    for (size_t i = 0; i < *count; i++) {
        copy[i] = *alarms_at(alarms, i);
    }
    return copy;
}

/* --- and as they are stored, where the loop does not come round --- */

struct stored_alarms {
    struct alarm *at;
    size_t count, capacity;
};

static bool keep_stored(void *arg, const struct alarm *alarm)
{
    struct stored_alarms *stored = arg;

    ARRAY_ROOM(stored->at, stored->count, stored->capacity);
    stored->at[stored->count++] = *alarm;
    return true;
}

struct alarm *alarms_stored(struct txn *txn, size_t *count)
{
    struct stored_alarms stored = {NULL, 0, 0};
    struct err err;

    (void)alarm_each(txn, keep_stored, &stored, &err); /* those before a damaged row */
    *count = stored.count;
    return stored.at;
}

struct list_task {
    struct api_task api_task;
    struct alarm *alarms;
    size_t count;
};

static void run_list(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct list_task *list = (struct list_task *)api_task;

    (void)txn;
    list->alarms = alarms_copy(node, &list->count);
}

static void free_list(struct api_task *api_task)
{
    mem_free(((struct list_task *)api_task)->alarms);
}

static void write_open(const struct request *request, struct answer *answer,
                       const struct alarm *alarms, size_t count)
{
    struct json_out out = json_to(&answer->body);
    struct page page;

    if (!request_page(request, answer, &page)) {
        return;
    }
    out_open(&out, NULL, '{');
    out_open(&out, "alarms", '[');
    for (size_t i = 0; i < count; i++) {
        char cursor[CURSOR_BYTES_MAX];

        (void)snprintf(cursor, sizeof cursor, "%" PRIu64, alarms[i].id);
        if (page_row(&page, cursor)) {
            write_alarm(&out, NULL, &alarms[i], request->language, true);
        }
    }
    out_close(&out, ']');
    write_page(&out, &page);
    out_close(&out, '}');
    (void)page_found(&page, request, answer);
}

static void answer_stored(const struct request *request, struct answer *answer)
{
    struct alarm *alarms;
    struct view view;
    size_t count;

    view_open(&view, request->service);
    alarms = alarms_stored(view.txn, &count);
    if (view_sound(&view, request, answer)) {
        write_open(request, answer, alarms, count);
    }
    mem_free(alarms);
    view_close(&view);
}

static void answer_open(const struct request *request, struct answer *answer)
{
    const struct service *service = request->service;
    struct list_task *list = api_task_new(service->gate, sizeof *list, run_list, free_list);
    enum status outcome;

    list->api_task.task.read_only = true;
    outcome =
        api_task_run_within(&list->api_task, service->node, &service->clock, API_TASK_PATIENCE_MS);
    if (outcome == ERR_BUSY) {
        answer_stored(request, answer);
    } else if (answer_outcome(request, answer, outcome)) {
        write_open(request, answer, list->alarms, list->count);
    }
    api_task_done_with(&list->api_task);
}

/* --- cleared ones: from a snapshot --- */

struct past {
    struct json_out out;
    enum language language;
    struct page page;
};

static bool write_past(void *arg, const struct alarm *alarm)
{
    struct past *past = arg;
    char cursor[CURSOR_BYTES_MAX];

    (void)snprintf(cursor, sizeof cursor, "%" PRIu64 "-%" PRIu64, alarm->id,
                   alarm->cleared_unix_ms);
    if (page_row(&past->page, cursor)) {
        write_alarm(&past->out, NULL, alarm, past->language, false);
    }
    return true;
}

/* The last 10,000, the newest first: all are visited, so that the page can count them. */
static void answer_history(const struct request *request, struct answer *answer)
{
    struct past past = {.out = json_to(&answer->body), .language = request->language};
    uint64_t next = 0;
    struct view view;

    if (!request_page(request, answer, &past.page)) {
        return;
    }
    view_open(&view, request->service);
    out_open(&past.out, NULL, '{');
    out_open(&past.out, "alarms", '[');
    alarms_each_past(view.txn, 0, write_past, &past, &next);
    out_close(&past.out, ']');
    write_page(&past.out, &past.page);
    out_close(&past.out, '}');
    if (view_sound(&view, request, answer)) {
        (void)page_found(&past.page, request, answer);
    }
    view_close(&view);
}

void get_alarms(struct request *request, struct answer *answer)
{
    if (request->query(request->connection, "history") != NULL) {
        answer_history(request, answer);
    } else {
        answer_open(request, answer);
    }
}

/* --- acknowledging --- */

struct ack_task {
    struct api_task api_task;
    uint64_t id;
    char who[64];
    bool cleared;
    struct err err;
};

static void run_ack(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct ack_task *ack = (struct ack_task *)api_task;

    ack->err.status = OK;
    ack->err.status = node_ack_alarm(node, txn, ack->id, ack->who, &ack->cleared, &ack->err);
}

static void answer_ack(struct answer *answer, const struct ack_task *ack)
{
    struct json_out out = json_to(&answer->body);

    out_open(&out, NULL, '{');
    out_count(&out, "id", ack->id);
    out_text(&out, "acknowledged_by", ack->who);
    out_bool(&out, "open", !ack->cleared);
    out_close(&out, '}');
}

void post_alarm_ack(struct request *request, struct answer *answer)
{
    struct ack_task *ack = api_task_new(request->service->gate, sizeof *ack, run_ack, NULL);

    if (!whole_number_parse(request->argument[0], &ack->id)) {
        answer_error(request, answer, API_BAD_REQUEST, request->argument[0]);
        api_task_done_with(&ack->api_task);
        return;
    }
    memcpy(ack->who, request->caller.name, sizeof ack->who);
    if (answer_outcome(request, answer, api_task_run(&ack->api_task, request->service->node))) {
        if (ack->err.status == OK) {
            answer_ack(answer, ack);
        } else {
            answer_because(request, answer, API_NOT_FOUND, ack->err.text);
        }
    }
    api_task_done_with(&ack->api_task);
}

/* --- silencing --- */

struct silence_task {
    struct api_task api_task;
    uint64_t id, until_unix_ms;
    char who[64];
    struct err err;
};

static void run_silence(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct silence_task *silence = (struct silence_task *)api_task;

    silence->err.status = OK;
    silence->err.status = node_silence_alarm(node, txn, silence->id, silence->until_unix_ms,
                                             silence->who, &silence->err);
}

/* False with the error answered. */
static bool read_silence(const struct request *request, struct answer *answer, const json_t *object,
                         struct silence_task *silence)
{
    const json_t *until = json_object_get(object, "until");

    if (!whole_number_parse(request->argument[0], &silence->id)) {
        answer_error(request, answer, API_BAD_REQUEST, request->argument[0]);
        return false;
    }
    if (json_is_null(until)) {
        return true; /* heard again from now on */
    }
    if (!json_is_string(until) ||
        !moment_parse(json_string_value(until), &silence->until_unix_ms)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_moment value=%.64s",
                      json_is_string(until) ? json_string_value(until) : "");
        return false;
    }
    return true;
}

static void answer_silence(const struct request *request, struct answer *answer,
                           struct silence_task *silence)
{
    struct json_out out = json_to(&answer->body);

    if (!answer_outcome(request, answer,
                        api_task_run(&silence->api_task, request->service->node))) {
        return;
    }
    if (silence->err.status != OK) {
        answer_because(request, answer,
                       silence->err.status == ERR_NOT_FOUND ? API_NOT_FOUND : API_REFUSED,
                       silence->err.text);
        return;
    }
    out_open(&out, NULL, '{');
    out_count(&out, "id", silence->id);
    out_time(&out, "silenced", silence->until_unix_ms);
    out_text(&out, "silenced_by", silence->until_unix_ms == 0 ? "" : silence->who);
    out_close(&out, '}');
}

void post_alarm_silence(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct silence_task *silence;

    if (object == NULL) {
        return;
    }
    silence = api_task_new(request->service->gate, sizeof *silence, run_silence, NULL);
    memcpy(silence->who, request->caller.name, sizeof silence->who);
    if (read_silence(request, answer, object, silence)) {
        answer_silence(request, answer, silence);
    }
    api_task_done_with(&silence->api_task);
    json_decref(object);
}
