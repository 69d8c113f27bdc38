#include "node/api/routes_inbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/api/clock_notice.h"
#include "node/api/page.h"
#include "node/api/roster_snapshot.h"
#include "node/api/verdict.h"
#include "node/ledger/schema/clocks.h"
#include "node/office/inbox.h"

/* --- where a page begins: "to_register/20790/540000:T-8" --- */

static void place_format(char out[CURSOR_BYTES_MAX], const struct inbox_item *item)
{
    const struct inbox_place *place = &item->place;

    (void)snprintf(out, CURSOR_BYTES_MAX, "%s/%" PRIu64 "/%s:%.*s", inbox_group_name(item->group),
                   place->number, place->author.code, (int)place->id.size,
                   (const char *)place->id.data);
}

/* `id` points into `text`. */
static bool place_parse(const char *text, enum inbox_group *group, struct inbox_place *place)
{
    const char *slash = strchr(text, '/'), *colon;
    struct division author = DIVISION_NONE;
    struct bytes code, id;
    uint64_t number;
    char *end;

    if (slash == NULL || slash[1] < '0' || slash[1] > '9') {
        return false;
    }
    *group = inbox_group_named(bytes_of(text, (size_t)(slash - text)));
    number = strtoull(slash + 1, &end, 10);
    colon = *end == '/' ? strchr(end, ':') : NULL;
    if (*group == INBOX_GROUPS || colon == NULL) {
        return false;
    }
    code = bytes_of(end + 1, (size_t)(colon - end) - 1);
    id = bytes_text(colon + 1);
    if ((code.size > 0 && !division_parse(&author, code)) || id.size > DOCUMENT_ID_MAX) {
        return false;
    }
    *place = (struct inbox_place){number, author, id};
    return true;
}

/* --- writing --- */

struct inbox_page {
    struct json_out out;
    struct page page;
    uint64_t today;
    enum language language;
};

static void write_day(struct json_out *out, const char *key, uint64_t day)
{
    char text[DAY_TEXT_SIZE];

    day_format(text, day);
    out_text(out, key, text);
}

static void write_due(struct json_out *out, const struct inbox_item *item, uint64_t today)
{
    const bool overdue = item->due < today;

    write_day(out, "due", item->due);
    out_bool(out, "overdue", overdue);
    out_count(out, overdue ? "days_late" : "days_left",
              overdue ? today - item->due : item->due - today);
}

static void write_what(struct json_out *out, const struct inbox_item *item)
{
    if (item->place.id.size > 0) {
        out_bytes(out, "id", item->place.id);
    } else {
        out_null(out, "id");
    }
    out_count(out, "documents", item->count);
    if (item->year != 0) {
        out_count(out, "year", (uint64_t)item->year);
        out_count(out, "hindrances", item->hindrances);
        out_amount(out, "amount", item->amount);
    } else if (item->count == 1) {
        out_caption(out, &item->caption);
    } else {
        out_amount(out, "amount", item->amount);
    }
}

static void write_post(struct json_out *out, const struct inbox_item *item)
{
    out_count(out, "batch", item->place.number);
    out_count(out, "would_be_refused", item->doubtful);
    out_text(out, "maker", item->maker);
}

/* Refused by the rules, with a code and a sentence, or to be refused by them; or sent back, in the
 * checker's words. */
static void write_aside(struct json_out *out, const struct inbox_item *item, enum language language)
{
    const struct set_aside *aside = item->aside;
    const bool refused = aside->refusal.reason != REASON_NONE;

    out_text(out, "state", item->is_draft ? "draft" : refused ? "refused" : "rejected");
    out_text(out, "maker", aside->maker);
    out_text(out, "checker", aside->checker);
    if (refused) {
        write_refusal(out, "reason", "message", &aside->refusal, language);
    } else {
        out_text(out, "reason", aside->why);
    }
}

static bool write_item(void *arg, const struct inbox_item *item)
{
    struct inbox_page *inbox = arg;
    struct json_out *out = &inbox->out;
    struct page *page = &inbox->page;

    if (page->shown == page->rows_max) {
        page->left = true;
        return false;
    }
    page->shown++;
    place_format(page->next, item);
    out_open(out, NULL, '{');
    out_text(out, "group", inbox_group_name(item->group));
    write_what(out, item);
    out_time(out, "time", item->since_ms);
    if (item->has_due) {
        write_due(out, item, inbox->today);
    }
    if (item->maker != NULL) {
        write_post(out, item);
    }
    if (item->aside != NULL) {
        write_aside(out, item, inbox->language);
    }
    out_close(out, '}');
    return true;
}

static void write_total(struct json_out *out, enum inbox_group group,
                        const struct inbox_total *total)
{
    out_open(out, inbox_group_name(group), '{');
    out_count(out, "documents", total->count);
    out_count(out, "items", total->items);
    out_amount(out, "amount", total->amount);
    if (group == INBOX_TO_REGISTER || group == INBOX_AWAITING_ANSWER) {
        out_count(out, "overdue", total->overdue);
    }
    if (total->has_due) {
        write_day(out, "first_due", total->first_due);
    }
    if (total->is_least) {
        out_bool(out, "is_least", true);
    }
    out_close(out, '}');
}

static void write_totals(struct inbox_page *page, const struct inbox *inbox)
{
    struct json_out *out = &page->out;

    out_text(out, "division", inbox->self.code);
    if (inbox->person != NULL) {
        out_text(out, "user", inbox->person->name);
    }
    write_day(out, "today", page->today);
    out_clock_notice(out, inbox->txn, page->language);
    out_open(out, "counts", '{');
    for (enum inbox_group group = 0; group < INBOX_GROUPS; group++) {
        struct inbox_total total;

        inbox_total(inbox, group, &total);
        write_total(out, group, &total);
        page->page.total += total.items;
        page->page.total_is_least = page->page.total_is_least || total.is_least;
    }
    out_close(out, '}');
}

static void write_rows(struct inbox_page *page, const struct inbox *inbox, enum inbox_group first,
                       const struct inbox_place *after)
{
    out_open(&page->out, "rows", '[');
    for (enum inbox_group group = first; group < INBOX_GROUPS && !page->page.left; group++) {
        inbox_each(inbox, group, group == first ? after : NULL, write_item, page);
    }
    out_close(&page->out, ']');
    write_page(&page->out, &page->page);
}

/* --- asking --- */

/* False with the error answered. *person is NULL when nobody is named. */
static bool request_operator(const struct request *request, struct answer *answer,
                             const struct view *view, struct operator_row *row,
                             const struct operator_row **person)
{
    const char *name = request->query(request->connection, "user");

    *person = name == NULL ? NULL : row;
    if (name != NULL && !node_operator(view->txn, name, row)) {
        answer_refuse(request, answer, API_NOT_FOUND, "user_unknown name=%s", name);
        return false;
    }
    return true;
}

static void write_inbox(const struct request *request, struct answer *answer,
                        struct inbox_page *page, const struct inbox *inbox, bool counts_alone)
{
    enum inbox_group group = 0;
    struct inbox_place place;

    if (page->page.after[0] != '\0' && !place_parse(page->page.after, &group, &place)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_after value=%s", page->page.after);
        return;
    }
    out_open(&page->out, NULL, '{');
    write_totals(page, inbox);
    if (!counts_alone) {
        write_rows(page, inbox, group, page->page.after[0] == '\0' ? NULL : &place);
    }
    out_close(&page->out, '}');
}

static void answer_inbox(struct request *request, struct answer *answer, bool counts_alone)
{
    const uint64_t now_ms = clock_unix_ms(&request->service->clock);
    struct inbox_page page = {
        .out = json_to(&answer->body), .today = clock_day(now_ms), .language = request->language};
    struct roster_snapshot *roster;
    struct operator_row row;
    struct view view;

    if (!request_page(request, answer, &page.page)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL) {
        struct inbox inbox = {.txn = view.txn,
                              .roster = roster->roster,
                              .self = request->service->self,
                              .now_ms = now_ms};

        if (request_operator(request, answer, &view, &row, &inbox.person)) {
            write_inbox(request, answer, &page, &inbox, counts_alone);
            (void)view_sound(&view, request, answer);
        }
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}

void get_inbox(struct request *request, struct answer *answer)
{
    const char *counts = request->query(request->connection, "counts");

    answer_inbox(request, answer, counts != NULL && strcmp(counts, "1") == 0);
}

void get_inbox_counts(struct request *request, struct answer *answer)
{
    answer_inbox(request, answer, true);
}
