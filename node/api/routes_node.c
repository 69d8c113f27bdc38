#include "node/api/routes_node.h"

#include <stdio.h>

#include "node/api/stop_json.h"
#include "node/api/verify.h"

/* --- neighbours --- */

struct pause_task {
    struct api_task api_task;
    struct division peer;
    bool paused;
    struct err err;
};

static void run_pause(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct pause_task *pause = (struct pause_task *)api_task;

    pause->err.status = OK;
    pause->err.status = node_pause(node, txn, pause->peer, pause->paused, &pause->err);
}

static void set_paused(struct request *request, struct answer *answer, bool paused)
{
    struct json_out out = json_to(&answer->body);
    struct pause_task *pause;

    pause = api_task_new(request->service->gate, sizeof *pause, run_pause, NULL);
    pause->paused = paused;
    if (!division_parse(&pause->peer, bytes_text(request->argument[0]))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s",
                      request->argument[0]);
    } else if (answer_outcome(request, answer,
                              api_task_run(&pause->api_task, request->service->node))) {
        if (pause->err.status == OK) {
            out_open(&out, NULL, '{');
            out_text(&out, "division", pause->peer.code);
            out_text(&out, "state", paused ? "paused" : "resumed");
            out_close(&out, '}');
        } else {
            answer_because(request, answer,
                           pause->err.status == ERR_NOT_FOUND ? API_NOT_FOUND : API_REFUSED,
                           pause->err.text);
        }
    }
    api_task_done_with(&pause->api_task);
}

void post_pause(struct request *request, struct answer *answer)
{
    set_paused(request, answer, true);
}

void post_resume(struct request *request, struct answer *answer)
{
    set_paused(request, answer, false);
}

/* --- verification --- */

struct damage_task {
    struct api_task api_task;
    enum verify_cause cause;
    struct division about;
    char fault[VERIFY_FAULT_MAX]; /* the first of the store's */
    bool deep;
};

/* Only a deep look may say that the damage is over: a plain one may not have seen it. What stopped
 * the node before it started is over with a new start. */
static void run_damage(struct api_task *api_task, struct node *node, struct txn *txn)
{
    const struct damage_task *damage = (struct damage_task *)api_task;

    (void)txn;
    if (damage->cause == VERIFY_STORE) {
        node_store_damaged(node, damage->about, damage->fault);
    } else if (damage->deep) {
        node_store_sound(node);
    }
}

/* A result that blames authors changes nothing: they have alarms of their own. */
static bool tell_damage(const struct request *request, struct answer *answer,
                        const struct verification *result, bool deep)
{
    struct damage_task *damage;
    bool told;

    if (result->cause == VERIFY_AUTHORS || (result->cause == VERIFY_SOUND && !deep)) {
        return true;
    }
    damage = api_task_new(request->service->gate, sizeof *damage, run_damage, NULL);
    damage->api_task.task.read_only = true; /* of the store */
    damage->cause = result->cause;
    damage->about = result->about;
    damage->deep = deep;
    for (size_t i = result->fault_count; i-- > 0;) {
        if (result->faults[i].cause == VERIFY_STORE) {
            (void)snprintf(damage->fault, sizeof damage->fault, "%s", result->faults[i].text);
        }
    }
    told = answer_outcome(request, answer, api_task_run(&damage->api_task, request->service->node));
    api_task_done_with(&damage->api_task);
    return told;
}

/* Those in words, and how many there are: more than in words, where it says so. */
static void write_faults(struct json_out *out, const struct verification *result,
                         enum language language)
{
    char words[TEXT_BYTES_MAX];

    out_count(out, "fault_count", result->fault_total);
    out_open(out, "faults", '[');
    for (size_t i = 0; i < result->fault_count; i++) {
        out_open(out, NULL, '{');
        out_text(out, "division", result->faults[i].about.code);
        out_text(out, "fault", text_in(language, words, result->faults[i].text));
        out_close(out, '}');
    }
    out_close(out, ']');
}

static void write_authors(struct json_out *out, const struct verification *result)
{
    out_open(out, "authors", '[');
    for (size_t i = 0; i < result->author_count; i++) {
        const struct verified_author *author = &result->authors[i];

        out_open(out, NULL, '{');
        out_text(out, "division", author->division.code);
        out_text(out, "name", author->name);
        out_count(out, "faults", author->faults);
        out_open(out, "unapproved", '{');
        out_count(out, "count", author->unapproved.count);
        out_amount(out, "amount", author->unapproved.amount);
        out_close(out, '}');
        out_stop(out, author->is_stopped ? &author->stop : NULL, author->stopped_unix_ms);
        out_close(out, '}');
    }
    out_close(out, ']');
}

static void write_verification(struct json_out *out, const struct verification *result, bool deep,
                               enum language language)
{
    out_open(out, NULL, '{');
    out_bool(out, "ok", result->cause == VERIFY_SOUND);
    out_bool(out, "deep", deep);
    out_count(out, "divisions", result->divisions);
    out_count(out, "blocks", result->counts.blocks);
    out_count(out, "entries", result->counts.entries);
    out_count(out, "signatures", result->counts.signatures);
    write_authors(out, result);
    if (result->cause != VERIFY_SOUND) {
        write_faults(out, result, language);
    }
    out_close(out, '}');
}

void post_verify(struct request *request, struct answer *answer)
{
    struct json_out out = json_to(&answer->body);
    struct verification result;
    struct view view;
    bool deep = false;

    if (request->body->size > 0) {
        json_t *object = request_object(request, answer);
        if (object == NULL) {
            return;
        }
        deep = json_is_true(json_object_get(object, "deep"));
        json_decref(object);
    }
    view_open(&view, request->service);
    verify_all(&result, request->service, &view, deep);
    view_close(&view);
    if (tell_damage(request, answer, &result, deep)) {
        write_verification(&out, &result, deep, request->language);
    }
    verification_free(&result);
}
