#include "node/api/routes_invitations.h"

#include <stdio.h>

#include "node/api/page.h"
#include "node/api/view.h"
#include "node/core/members.h"
#include "node/office/operators.h"

/* What the parent has to widen first is told apart: there is a command for it. */
static enum api_error error_of(enum status status)
{
    return status == ERR_OUTSIDE_REACH ? API_OUTSIDE_REACH
           : status == ERR_NOT_FOUND   ? API_NOT_FOUND
                                       : API_REFUSED;
}

/* --- a new one --- */

struct invite_task {
    struct api_task api_task;
    struct division division;
    char name[NAME_BYTES_MAX + 1];
    char by[CALLER_NAME_MAX];
    struct invite_terms terms;
    struct token token;
    struct err err;
};

static void run_invite(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct invite_task *invite = (struct invite_task *)api_task;

    const struct member *member = roster_find(node_roster(node), invite->division);

    invite->err.status = OK;
    if (invite->terms.again && member != NULL) { /* it has its name */
        memcpy(invite->name, member->grant.name, sizeof invite->name);
    }
    invite->terms.name = invite->name;
    invite->terms.by = invite->by;
    invite->terms.two = node_needs_two(node, txn);
    invite->err.status =
        node_invite(node, txn, invite->division, &invite->terms, &invite->token, &invite->err);
}

static void free_invite(struct api_task *api_task)
{
    crypto_wipe(&((struct invite_task *)api_task)->token, sizeof(struct token));
}

static void write_reach(struct json_out *out, const struct grant_reach *reach)
{
    out_open(out, "may_grant", '[');
    for (size_t i = 0; i < reach->count; i++) {
        out_text(out, NULL, reach->pattern[i]);
    }
    out_close(out, ']');
}

static void write_invite(struct answer *answer, const struct invite_task *invite)
{
    struct json_out out = json_to(&answer->body);
    char text[TOKEN_TEXT_MAX];

    token_format(text, sizeof text, &invite->token);
    out_open(&out, NULL, '{');
    out_text(&out, "token", text);
    out_time(&out, "expires", invite->token.expires_unix_ms);
    out_text(&out, "division", invite->division.code);
    out_text(&out, "name", invite->name);
    write_reach(&out, &invite->terms.may_grant);
    out_bool(&out, "hold", invite->terms.hold);
    out_bool(&out, "again", invite->terms.again);
    out_bool(&out, "two", invite->terms.two);
    out_bool(&out, "recover", invite->terms.recover);
    out_close(&out, '}');
    crypto_wipe(text, sizeof text);
}

/* Absent: nobody. */
static bool read_reach(const struct request *request, struct answer *answer, const json_t *object,
                       struct grant_reach *out)
{
    const json_t *list = json_object_get(object, "may_grant");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));

        if (text == NULL || !reach_add(out, bytes_text(text))) {
            answer_refuse(request, answer, API_BAD_REQUEST, "ask_may_grant value=%s",
                          text == NULL ? "" : text);
            return false;
        }
    }
    if (list != NULL && !json_is_array(list)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_may_grant value=");
        return false;
    }
    return true;
}

static bool read_invite(const struct request *request, struct answer *answer, const json_t *object,
                        struct invite_task *invite)
{
    const char *code = request_text(request, answer, object, "division");
    const bool again = json_is_true(json_object_get(object, "again")),
               recover = json_is_true(json_object_get(object, "recover"));
    const char *name = code == NULL         ? NULL
                       : (again || recover) ? "-"
                                            : request_text(request, answer, object, "name");

    if (name == NULL) {
        return false;
    }
    (void)snprintf(invite->by, sizeof invite->by, "%s", request->caller.name);
    invite->terms.again = again;
    invite->terms.recover = recover;
    if (!division_parse(&invite->division, bytes_text(code))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s", code);
        return false;
    }
    if (strlen(name) == 0 || strlen(name) > NAME_BYTES_MAX) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_name size=%zu bytes_max=%d",
                      strlen(name), NAME_BYTES_MAX);
        return false;
    }
    memcpy(invite->name, name, strlen(name) + 1);
    invite->terms.hold = json_is_true(json_object_get(object, "hold"));
    return read_reach(request, answer, object, &invite->terms.may_grant);
}

/* One more chain for a member grants nothing: also while the own log is not whole. */
static bool post_it(const struct request *request, struct answer *answer,
                    struct invite_task *invite)
{
    invite->api_task.task.meanwhile = invite->terms.again;
    return answer_outcome(request, answer, api_task_run(&invite->api_task, request->service->node));
}

void post_invite(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct invite_task *invite;

    if (object == NULL) {
        return;
    }
    invite = api_task_new(request->service->gate, sizeof *invite, run_invite, free_invite);
    if (read_invite(request, answer, object, invite) && post_it(request, answer, invite)) {
        if (invite->err.status == OK) {
            write_invite(answer, invite);
        } else {
            answer_because(request, answer, error_of(invite->err.status), invite->err.text);
        }
    }
    api_task_done_with(&invite->api_task);
    json_decref(object);
}

/* --- a change of one that is there --- */

struct amend_task {
    struct api_task api_task;
    struct division division;
    bool has_name, has_list;
    char name[NAME_BYTES_MAX + 1];
    struct grant_reach may_grant;
    uint32_t epoch;
    struct err err;
};

static void run_amend(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct amend_task *amend = (struct amend_task *)api_task;

    amend->err.status = OK;
    amend->err.status =
        node_amend(node, txn, amend->division, amend->has_name ? amend->name : NULL,
                   amend->has_list ? &amend->may_grant : NULL, &amend->epoch, &amend->err);
}

static bool read_amend(const struct request *request, struct answer *answer, const json_t *object,
                       struct amend_task *amend)
{
    const json_t *name = json_object_get(object, "name");
    const size_t size = json_string_length(name);

    if (!division_parse(&amend->division, bytes_text(request->argument[0]))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s",
                      request->argument[0]);
        return false;
    }
    amend->has_name = name != NULL;
    amend->has_list = json_object_get(object, "may_grant") != NULL;
    if (!amend->has_name && !amend->has_list) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_amendment");
        return false;
    }
    if (amend->has_name && (size == 0 || size > NAME_BYTES_MAX)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_name size=%zu bytes_max=%d", size,
                      NAME_BYTES_MAX);
        return false;
    }
    if (amend->has_name) {
        memcpy(amend->name, json_string_value(name), size + 1);
    }
    return read_reach(request, answer, object, &amend->may_grant);
}

static void write_amend(struct answer *answer, const struct amend_task *amend)
{
    struct json_out out = json_to(&answer->body);

    out_open(&out, NULL, '{');
    out_division(&out, "division", amend->division);
    out_count(&out, "epoch", amend->epoch);
    out_text(&out, "state", "asked");
    out_close(&out, '}');
}

void post_amend(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct amend_task *amend;

    if (object == NULL) {
        return;
    }
    amend = api_task_new(request->service->gate, sizeof *amend, run_amend, NULL);
    if (read_amend(request, answer, object, amend) &&
        answer_outcome(request, answer, api_task_run(&amend->api_task, request->service->node))) {
        if (amend->err.status == OK) {
            write_amend(answer, amend);
        } else {
            answer_because(request, answer, error_of(amend->err.status), amend->err.text);
        }
    }
    api_task_done_with(&amend->api_task);
    json_decref(object);
}

/* --- those that are open --- */

static const char *state_of(const struct enrol_invitation *invitation, uint64_t now_ms)
{
    static const char *const words[] = {
        [INVITATION_OPEN] = "open",           [INVITATION_WAITING] = "waiting",
        [INVITATION_ADMITTED] = "admitted",   [INVITATION_JOINED] = "joined",
        [INVITATION_WITHDRAWN] = "withdrawn",
    };
    const bool ends =
        invitation->state == INVITATION_OPEN || invitation->state == INVITATION_WAITING;

    return ends && !enrol_invitation_is_open(invitation, now_ms) ? "expired"
                                                                 : words[invitation->state];
}

static void write_admins(struct json_out *out, const struct grant_terms *terms)
{
    out_open(out, "admins", '[');
    for (size_t i = 0; i < terms->founder_count; i++) {
        char fingerprint[FINGERPRINT_TEXT_SIZE];

        person_fingerprint(fingerprint, &terms->founders[i].key);
        out_open(out, NULL, '{');
        out_text(out, "name", terms->founders[i].name);
        out_text(out, "fingerprint", fingerprint);
        out_close(out, '}');
    }
    out_close(out, ']');
}

static void write_invitation(struct json_out *out, const struct enrol_invitation *invitation,
                             uint64_t now_ms)
{
    out_open(out, NULL, '{');
    out_division(out, "division", invitation->division);
    out_text(out, "name", invitation->name);
    out_text(out, "state", state_of(invitation, now_ms));
    write_reach(out, &invitation->may_grant);
    out_bool(out, "hold", invitation->hold);
    out_bool(out, "again", invitation->again);
    out_bool(out, "two", invitation->two);
    out_text(out, "invited_by", invitation->invited_by);
    out_text(out, "accepted_by", invitation->accepted_by);
    out_time(out, "since", invitation->since_unix_ms);
    out_time(out, "expires", invitation->expires_unix_ms);
    out_time(out, "asked", invitation->asked_unix_ms);
    out_text(out, "address", invitation->address);
    out_text(out, "fingerprint", invitation->fingerprint);
    write_admins(out, &invitation->terms);
    out_close(out, '}');
}

struct invitation_list {
    struct json_out out;
    struct page page;
    uint64_t now_ms;
};

static void list_invitation(void *arg, const struct enrol_invitation *invitation)
{
    struct invitation_list *list = arg;

    if (page_row(&list->page, invitation->division.code)) {
        write_invitation(&list->out, invitation, list->now_ms);
    }
}

void get_invitations(struct request *request, struct answer *answer)
{
    struct invitation_list list = {.out = json_to(&answer->body),
                                   .now_ms = clock_unix_ms(&request->service->clock)};
    struct view view;
    struct err err;

    if (!request_page(request, answer, &list.page)) {
        return;
    }
    view_open(&view, request->service);
    out_open(&list.out, NULL, '{');
    out_open(&list.out, "rows", '[');
    if (enrol_invitations(view.store, view.snapshot, list_invitation, &list, &err) != OK) {
        txn_fail(view.txn, &err);
    }
    out_close(&list.out, ']');
    write_page(&list.out, &list.page);
    out_close(&list.out, '}');
    if (view_sound(&view, request, answer)) {
        (void)page_found(&list.page, request, answer);
    }
    view_close(&view);
}

/* --- a person's word --- */

struct word_task {
    struct api_task api_task;
    struct division division;
    bool withdraws;
    char fingerprint[64]; /* as it was typed; "": not compared */
    char by[CALLER_NAME_MAX];
    struct enrol_invitation invitation;
    struct err err;
};

static void run_word(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct word_task *word = (struct word_task *)api_task;

    (void)node;
    word->err.status = OK;
    word->err.status = word->withdraws ? enrol_withdraw(txn, word->division, &word->err)
                                       : enrol_admit(txn, word->division, word->fingerprint,
                                                     word->by, &word->invitation, &word->err);
}

static struct word_task *new_word(const struct request *request, bool withdraws)
{
    struct word_task *word = api_task_new(request->service->gate, sizeof *word, run_word, NULL);

    word->withdraws = withdraws;
    (void)snprintf(word->by, sizeof word->by, "%s", request->caller.name);
    return word;
}

static void write_word(const struct request *request, struct answer *answer,
                       const struct word_task *word)
{
    struct json_out out = json_to(&answer->body);

    if (word->withdraws) {
        out_open(&out, NULL, '{');
        out_division(&out, "division", word->division);
        out_text(&out, "state", "withdrawn");
        out_close(&out, '}');
    } else {
        write_invitation(&out, &word->invitation, clock_unix_ms(&request->service->clock));
    }
}

static void answer_word(const struct request *request, struct answer *answer,
                        struct word_task *word)
{
    if (!division_parse(&word->division, bytes_text(request->argument[0]))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s",
                      request->argument[0]);
        return;
    }
    if (!answer_outcome(request, answer, api_task_run(&word->api_task, request->service->node))) {
        return;
    }
    if (word->err.status == OK) {
        write_word(request, answer, word);
    } else {
        answer_because(request, answer,
                       word->err.status == ERR_NOT_FOUND ? API_NOT_FOUND : API_REFUSED,
                       word->err.text);
    }
}

void post_invitation_accept(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct word_task *word;
    const char *typed;

    if (object == NULL) {
        return;
    }
    word = new_word(request, false);
    typed = json_string_value(json_object_get(object, "fingerprint"));
    (void)snprintf(word->fingerprint, sizeof word->fingerprint, "%s", /* longer differs */
                   typed == NULL ? "" : typed);
    answer_word(request, answer, word);
    api_task_done_with(&word->api_task);
    json_decref(object);
}

void post_invitation_withdraw(struct request *request, struct answer *answer)
{
    struct word_task *word = new_word(request, true);

    answer_word(request, answer, word);
    api_task_done_with(&word->api_task);
}
