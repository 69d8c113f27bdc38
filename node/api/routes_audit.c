#include "node/api/routes_audit.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/api/page.h"
#include "node/core/accesses.h"

/* --- up to now --- */

static void run_hurry(struct api_task *api_task, struct node *node, struct txn *txn)
{
    (void)api_task;
    (void)txn;
    accesses_hurry(node);
}

/* What was noted before this was asked is part of what is read. A node that can commit nothing
 * shows what it has. */
static void write_out(const struct request *request)
{
    struct api_task *hurry = api_task_new(request->service->gate, sizeof *hurry, run_hurry, NULL);

    (void)api_task_run(hurry, request->service->node);
    api_task_done_with(hurry);
}

/* --- rows --- */

struct listing {
    struct json_out out;
    struct page page;
};

static bool write_row(void *arg, const struct access_head *row, const struct access_event *event)
{
    struct listing *listing = arg;
    struct json_out *out = &listing->out;

    if (listing->page.shown == listing->page.rows_max) {
        listing->page.left = true;
        return false;
    }
    listing->page.shown++;
    (void)snprintf(listing->page.next, sizeof listing->page.next, "%" PRIu64, row->position);
    out_open(out, NULL, '{');
    out_count(out, "position", row->position);
    out_time(out, "time", event->unix_ms);
    out_text(out, "what", access_what_name(event->what));
    out_text(out, "who", event->who);
    out_text(out, "how", access_how_name(event->how));
    out_text(out, "address", event->address);
    out_text(out, "method", event->method);
    out_text(out, "path", event->path);
    if (event->http != 0) {
        out_count(out, "http", event->http);
    } else {
        out_null(out, "http");
    }
    out_hex(out, "hash", &row->hash, sizeof row->hash);
    out_close(out, '}');
    return true;
}

/* How many rows there are. False with the error answered. */
static bool count_rows(const struct request *request, struct answer *answer,
                       const struct view *view, uint64_t *count)
{
    const struct access_head seed = node_access_seed(request->service->node);
    struct access_head head;
    struct err err;

    if (access_head_load(view->store, view->snapshot, &seed, &head, &err) != OK) {
        answer_error(request, answer, API_STORE_FAILED, err.text);
        return false;
    }
    *count = head.position;
    return true;
}

/* False with the error answered. */
static bool read_page(const struct request *request, struct answer *answer, struct page *page,
                      uint64_t *after)
{
    *after = 0;
    if (!request_page(request, answer, page)) {
        return false;
    }
    if (page->after[0] != '\0' && !whole_number_parse(page->after, after)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_after value=%s", page->after);
        return false;
    }
    return true;
}

void get_audit(struct request *request, struct answer *answer)
{
    struct listing listing = {.out = json_to(&answer->body)};
    struct view view;
    struct err err;
    uint64_t after;

    if (!read_page(request, answer, &listing.page, &after)) {
        return;
    }
    write_out(request);
    view_open(&view, request->service);
    if (count_rows(request, answer, &view, &listing.page.total)) {
        out_open(&listing.out, NULL, '{');
        out_open(&listing.out, "rows", '[');
        if (access_rows_from(view.txn, after + 1, write_row, &listing, &err) != OK) {
            answer_error(request, answer, API_STORE_FAILED, err.text);
        } else {
            out_close(&listing.out, ']');
            write_page(&listing.out, &listing.page);
            out_close(&listing.out, '}');
        }
    }
    view_close(&view);
}

/* --- is it whole? --- */

static const char *fault_code(enum access_fault fault)
{
    switch (fault) {
    case ACCESS_ROW_MISSING:
        return "access_row_missing";
    case ACCESS_ROW_ALTERED:
        return "access_row_altered";
    case ACCESS_HEAD_DIFFERS:
        return "access_head_differs";
    case ACCESS_ROWS_CUT:
        return "access_rows_cut";
    case ACCESS_COSIGN_FALSE:
        return "access_cosign_false";
    case ACCESS_ROWS_LOST:
        return "access_rows_lost";
    default:
        return "";
    }
}

static void write_head(struct json_out *out, const struct cosigned_head *head)
{
    out_text(out, "holder", head->holder.code);
    out_count(out, "position", head->position);
    out_time(out, "time", head->unix_ms);
    out_hex(out, "hash", &head->hash, sizeof head->hash);
}

static void write_check(struct json_out *out, const struct access_check *check,
                        enum language language)
{
    char words[TEXT_BYTES_MAX];

    out_open(out, NULL, '{');
    out_bool(out, "ok", check->fault == ACCESS_SOUND);
    out_count(out, "rows", check->head.position);
    out_hex(out, "head", &check->head.hash, sizeof check->head.hash);
    if (check->cosigned.position > 0) {
        out_open(out, "cosigned", '{');
        write_head(out, &check->cosigned);
        out_close(out, '}');
    } else {
        out_null(out, "cosigned");
    }
    if (check->fault != ACCESS_SOUND) {
        out_open(out, "fault", '{');
        out_text(out, "code", fault_code(check->fault));
        out_count(out, "position", check->position);
        out_text(out, "message",
                 text_say(language, words, "%s position=%" PRIu64 " last=%" PRIu64,
                          fault_code(check->fault), check->position, check->lost_last));
        if (check->fault == ACCESS_ROWS_LOST) {
            out_count(out, "last", check->lost_last);
        }
        out_close(out, '}');
    }
    out_close(out, '}');
}

void get_audit_check(struct request *request, struct answer *answer)
{
    const struct service *service = request->service;
    const struct access_head seed = node_access_seed(service->node);
    struct json_out out = json_to(&answer->body);
    struct roster_snapshot *roster;
    struct access_check check;
    struct view view;
    struct err err;

    write_out(request);
    view_open(&view, service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL) {
        if (access_check(view.txn, roster->roster, service->self, &seed, &check, &err) == OK) {
            write_check(&out, &check, request->language);
        } else {
            answer_error(request, answer, API_STORE_FAILED, err.text);
        }
    }
    roster_snapshot_release(service, roster);
    view_close(&view);
}

/* --- how far it was cosigned --- */

struct head_list {
    struct json_out out;
    struct page page;
};

static bool list_head(void *arg, const struct cosigned_head *head, bool good)
{
    struct head_list *list = arg;
    struct json_out *out = &list->out;
    char cursor[CURSOR_BYTES_MAX];

    (void)snprintf(cursor, sizeof cursor, "%s:%s:%" PRIu64, head->author.code, head->holder.code,
                   head->position);
    if (!page_row(&list->page, cursor)) {
        return true;
    }
    out_open(out, NULL, '{');
    out_text(out, "division", head->author.code);
    write_head(out, head);
    out_bool(out, "signed", good);
    out_close(out, '}');
    return true;
}

void get_audit_heads(struct request *request, struct answer *answer)
{
    struct head_list list = {.out = json_to(&answer->body)};
    struct roster_snapshot *roster;
    struct view view;

    if (!request_page(request, answer, &list.page)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL) {
        out_open(&list.out, NULL, '{');
        out_open(&list.out, "rows", '[');
        cosigned_heads_each(view.txn, roster->roster, DIVISION_NONE, list_head, &list);
        out_close(&list.out, ']');
        write_page(&list.out, &list.page);
        out_close(&list.out, '}');
        if (view_sound(&view, request, answer)) {
            (void)page_found(&list.page, request, answer);
        }
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
