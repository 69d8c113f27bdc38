#include "node/api/routes_tree.h"

#include "node/api/api_task.h"
#include "node/api/page.h"
#include "node/api/roster_snapshot.h"
#include "node/api/routes_alarms.h"
#include "node/api/stop_json.h"
#include "node/api/unapproved_json.h"
#include "node/api/unconfirmed_json.h"
#include "node/core/division_words.h"
#include "node/core/node_watch.h"
#include "node/office/vouching.h"

#define INVITED_SHOWN_MS (UINT64_C(7) * 24 * 3600 * 1000) /* after its token expired */

/* --- what the loop knows --- */

struct tree_task {
    struct api_task api_task;
    struct division_view *views; /* this node first, then those below by code */
    size_t count;
    struct alarm *alarms; /* open ones */
    size_t alarm_count;
};

static void run_tree(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct tree_task *tree = (struct tree_task *)api_task;

    (void)txn;
    tree->views = node_watch_views(node, &tree->count);
    tree->alarms = alarms_copy(node, &tree->alarm_count);
}

static void free_tree(struct api_task *api_task)
{
    struct tree_task *tree = (struct tree_task *)api_task;

    mem_free(tree->views);
    mem_free(tree->alarms);
}

/* NULL: it came into the tree since. */
static const struct division_view *view_of(const struct tree_task *tree, struct division division)
{
    size_t from = 1, end = tree->count;

    if (division_equal(division, tree->views[0].division)) {
        return &tree->views[0];
    }
    while (from < end) {
        const size_t at = from + (end - from) / 2;
        const int order = division_compare(division, tree->views[at].division);

        if (order == 0) {
            return &tree->views[at];
        }
        from = order > 0 ? at + 1 : from;
        end = order < 0 ? at : end;
    }
    return NULL;
}

/* --- one row --- */

static void write_alarms(struct json_out *out, const struct health *health)
{
    out_open(out, "alarms", '{');
    for (enum alarm_severity severity = ALARM_INFO; severity < ALARM_SEVERITIES; severity++) {
        out_count(out, alarm_severity_name(severity), health->alarms[severity]);
    }
    out_close(out, '}');
    if (health->worst.code == ALARM_NONE) {
        out_null(out, "worst_alarm");
        return;
    }
    out_open(out, "worst_alarm", '{');
    out_text(out, "code", alarm_info((enum alarm_code)health->worst.code)->name);
    out_division(out, "division", health->worst.about);
    out_count(out, "age_s", health->worst.seconds);
    out_close(out, '}');
}

/* What it said itself: null where it was not heard. */
static void write_health(struct json_out *out, const struct division_view *view)
{
    const struct health *health = &view->health;

    if (!view->is_heard) {
        out_null(out, "said");
        return;
    }
    out_open(out, "said", '{');
    out_text(out, "version", health->version);
    out_count(out, "lsn", view->lsn);
    out_count(out, "disk_free_mib", health->disk_free_mib);
    out_count(out, "disk_floor_mib", health->disk_floor_mib);
    out_bool(out, "disk_full", (health->condition & HEALTH_FULL) != 0);
    out_bool(out, "store_damaged", (health->condition & HEALTH_DAMAGED) != 0);
    write_alarms(out, health);
    out_signed(out, "clock_ahead_ms", view->clock_ahead_ms);
    out_count(out, "unconfirmed_entries", health->unconfirmed_entries);
    out_count(out, "unconfirmed_age_s", health->unconfirmed_s);
    out_count(out, "backlog_entries", health->backlog_entries);
    out_count(out, "backlog_age_s", health->backlog_s);
    out_amount(out, "backlog_amount", health->backlog_fen);
    out_bool(out, "backlog_amount_complete", !health->backlog_is_part);
    out_count(out, "children_down", health->down_count);
    out_close(out, '}');
}

static void write_message(struct json_out *out, const char *key, enum language language,
                          const char *message)
{
    char words[TEXT_BYTES_MAX];

    out_text(out, key, text_in(language, words, message));
}

/* What its approvals rest on, and what of it is held here without one that holds. */
static void write_approvals(struct json_out *out, const struct view *view,
                            const struct roster_snapshot *roster, struct division division,
                            const struct request *request)
{
    const char *by = vouched_by(view->txn, roster->roster, division);

    out_text(out, "vouched_by", by);
    write_message(out, "vouched", request->language, vouched_sentence(by));
    out_unapproved(out, view->txn, roster, division, SCOPE_OWN);
    out_unconfirmed(out, view, roster, division, SCOPE_OWN, request);
}

/* Where its ledger here stands. Only what is alarmed costs a read. */
static void write_stopped(struct json_out *out, const struct view *view,
                          const struct roster_snapshot *roster, const struct tree_task *tree,
                          struct division division)
{
    const struct stop_question question = {.store = view->store,
                                           .snapshot = view->snapshot,
                                           .txn = view->txn,
                                           .roster = roster->roster,
                                           .self = tree->views[0].division,
                                           .author = division};
    const uint64_t since_unix_ms = stop_since(tree->alarms, tree->alarm_count, division);
    struct ledger_stop stop;

    out_stop(out, since_unix_ms != 0 && ledger_stop_find(&question, &stop) ? &stop : NULL,
             since_unix_ms);
}

/* All but what its approvals are worth. */
static void write_state(struct json_out *out, const struct place *place, uint32_t depth,
                        const struct division_view *view, enum language language)
{
    char sentence[MESSAGE_BYTES_MAX], cure[MESSAGE_BYTES_MAX];

    division_sentence(view, sentence);
    division_cure(view, cure);
    out_text(out, "division", place->division.code);
    out_text(out, "name", place->name);
    out_division(out, "parent", place->parent);
    out_count(out, "depth", depth);
    out_text(out, "state", division_state_name(view->state));
    out_text(out, "health", division_state_health(view->state));
    out_count(out, "since_s", view->since_s);
    out_time(out, "as_of", view->as_of_unix_ms);
    if (view->is_heard) {
        out_count(out, "age_s", view->age_s);
    } else {
        out_null(out, "age_s");
    }
    out_count(out, "held_lsn", view->held_lsn);
    out_division(out, "broken", view->broken);
    out_division(out, "above", view->above);
    write_message(out, "sentence", language, sentence);
    write_message(out, "cure", language, cure);
    write_health(out, view);
}

/* --- all of them --- */

static void write_rows(struct json_out *out, const struct tree_task *tree, const struct view *at,
                       const struct roster_snapshot *roster, const struct request *request,
                       struct page *page)
{
    uint32_t own_depth = 0;

    out_open(out, "rows", '[');
    for (size_t i = 0; i < roster->count; i++) { /* depth first: this node comes before its own */
        const struct place *place = &roster->at[i];
        const struct division_view *view = place->below ? view_of(tree, place->division) : NULL;

        if (view == &tree->views[0]) {
            own_depth = place->depth;
        }
        if (view != NULL && page_row(page, place->division.code)) {
            out_open(out, NULL, '{');
            write_state(out, place, place->depth - own_depth, view, request->language);
            write_approvals(out, at, roster, place->division, request);
            write_stopped(out, at, roster, tree, place->division);
            out_close(out, '}');
        }
    }
    out_close(out, ']');
}

static const char *name_of(const struct roster_snapshot *roster, struct division division)
{
    const struct place *place = roster_snapshot_place(roster, division);

    return place == NULL ? "" : place->name;
}

static void write_summary(struct json_out *out, const struct watch_summary *summary,
                          const char *name, enum language language)
{
    const struct division_view *worst = &summary->worst;
    char words[TEXT_BYTES_MAX], why[MESSAGE_BYTES_MAX];

    if (summary->divisions <= 1 && worst->state == DIVISION_WELL) {
        (void)text_say(language, words, summary->divisions == 0 ? "tree_none" : "tree_one_well");
    } else if (worst->state == DIVISION_WELL) {
        (void)text_say(language, words, "tree_well count=%zu", summary->divisions);
    } else {
        division_sentence(worst, why);
        (void)text_say(language, words,
                       "tree_some_well well=%zu count=%zu name=%s division=%s why=%s",
                       summary->well, summary->divisions, name, worst->division.code, why);
    }
    out_text(out, "sentence", words);
    out_count(out, "well", summary->well);
    out_count(out, "divisions", summary->divisions);
}

void write_below(struct json_out *out, const char *key, const struct watch_summary *summary,
                 const char *worst_name, enum language language)
{
    char cure[MESSAGE_BYTES_MAX];

    division_cure(&summary->worst, cure);
    out_open(out, key, '{');
    write_summary(out, summary, worst_name, language);
    out_division(out, "worst", summary->worst.division);
    out_text(out, "state", division_state_name(summary->worst.state));
    write_message(out, "cure", language, cure);
    out_close(out, '}');
}

/* --- who was invited and has not come --- */

struct invited {
    struct json_out *out;
    uint64_t now_ms;
    enum language language;
};

static void write_invitation(void *arg, const struct enrol_invitation *invitation)
{
    const struct invited *invited = arg;
    struct json_out *out = invited->out;
    char sentence[MESSAGE_BYTES_MAX], cure[MESSAGE_BYTES_MAX];

    if (invited->now_ms > invitation->expires_unix_ms + INVITED_SHOWN_MS ||
        invitation->state == INVITATION_JOINED || invitation->state == INVITATION_WITHDRAWN) {
        return;
    }
    invitation_sentence(invitation, invited->now_ms, sentence);
    invitation_cure(invitation, invited->now_ms, cure);
    out_open(out, NULL, '{');
    out_division(out, "division", invitation->division);
    out_text(out, "name", invitation->name);
    out_time(out, "since", invitation->since_unix_ms);
    out_time(out, "expires", invitation->expires_unix_ms);
    out_bool(out, "expired", invitation->expires_unix_ms <= invited->now_ms);
    out_bool(out, "waiting", invitation->state == INVITATION_WAITING);
    write_message(out, "sentence", invited->language, sentence);
    write_message(out, "cure", invited->language, cure);
    out_close(out, '}');
}

static void write_invited(struct json_out *out, const struct service *service,
                          const struct view *view, enum language language)
{
    struct invited invited = {out, clock_unix_ms(&service->clock), language};
    struct err err;

    out_open(out, "invited", '[');
    (void)enrol_invitations(view->store, view->snapshot, write_invitation, &invited, &err);
    out_close(out, ']');
}

static void write_tree(struct json_out *out, const struct request *request, const struct view *view,
                       const struct tree_task *tree, const struct roster_snapshot *roster,
                       struct page *page)
{
    const struct service *service = request->service;
    const enum language language = request->language;
    struct watch_summary summary = {0};

    for (size_t i = 1; i < tree->count; i++) {
        watch_summary_add(&summary, &tree->views[i]);
    }
    out_open(out, NULL, '{');
    out_text(out, "division", service->self.code);
    out_time(out, "as_of", clock_unix_ms(&service->clock));
    write_summary(out, &summary, name_of(roster, summary.worst.division), language);
    write_rows(out, tree, view, roster, request, page);
    write_invited(out, service, view, language);
    write_page(out, page);
    out_close(out, '}');
}

void get_tree(struct request *request, struct answer *answer)
{
    const struct service *service = request->service;
    struct json_out out = json_to(&answer->body);
    struct roster_snapshot *roster;
    struct tree_task *tree;
    struct page page;
    struct view view;

    if (!request_page(request, answer, &page)) {
        return;
    }
    tree = api_task_new(service->gate, sizeof *tree, run_tree, free_tree);
    tree->api_task.task.read_only = true;
    view_open(&view, service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL &&
        answer_outcome(request, answer,
                       api_task_run_within(&tree->api_task, service->node, &service->clock,
                                           API_TASK_PATIENCE_MS))) {
        write_tree(&out, request, &view, tree, roster, &page);
        if (view_sound(&view, request, answer)) {
            (void)page_found(&page, request, answer);
        }
    }
    roster_snapshot_release(service, roster);
    view_close(&view);
    api_task_done_with(&tree->api_task);
}
