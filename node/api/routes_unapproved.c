#include "node/api/routes_unapproved.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/api/page.h"
#include "node/api/roster_snapshot.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/schema/kinds.h"
#include "node/office/vouching.h"

/* One answer: the marks of one division, or of each that is held here, in the roster's order. It
 * reads what it shows and one mark more, so a million of them cost no more than a few. */
struct marks {
    struct json_out out;
    struct page *page;
    const struct place *place; /* whose are visited */
    enum language language;
    struct division from; /* the page begins behind this one's mark ... */
    uint64_t from_lsn;    /* ... at this lsn; 0: at the first of all */
};

static void write_mark(struct marks *marks, const struct unapproved *mark)
{
    const struct kind_info *info = kind_info(mark->kind);
    struct json_out *out = &marks->out;
    char words[TEXT_BYTES_MAX];

    out_open(out, NULL, '{');
    out_division(out, "division", marks->place->division);
    out_text(out, "name", marks->place->name);
    out_count(out, "lsn", mark->lsn);
    out_text(out, "kind", info != NULL ? info->name : "unknown");
    if (mark->id[0] == '\0') {
        out_null(out, "id");
    } else {
        out_text(out, "id", mark->id);
    }
    out_amount(out, "amount", mark->amount);
    out_text(out, "why", mark->why);
    out_text(out, "why_words", text_say(marks->language, words, "%s", mark->why));
    out_close(out, '}');
}

static bool show_mark(void *arg, const struct unapproved *mark)
{
    struct marks *marks = arg;
    struct page *page = marks->page;

    if (page->shown >= page->rows_max) {
        page->left = true;
        return false;
    }
    page->shown++;
    (void)snprintf(page->next, sizeof page->next, "%s:%" PRIu64, marks->place->division.code,
                   mark->lsn);
    write_mark(marks, mark);
    return true;
}

/* False with bad_request answered: it is no cursor of this list. */
static bool read_cursor(struct marks *marks, const struct request *request, struct answer *answer)
{
    const char *after = marks->page->after;
    const char *colon = strchr(after, ':');
    char *end = NULL;

    if (after[0] == '\0') {
        return true;
    }
    if (colon != NULL && division_parse(&marks->from, bytes_of(after, (size_t)(colon - after)))) {
        marks->from_lsn = strtoull(colon + 1, &end, 10) + 1;
    }
    marks->page->reached = end != NULL && *end == '\0' && colon[1] >= '0' && colon[1] <= '9';
    return page_found(marks->page, request, answer);
}

static void visit_division(struct marks *marks, struct txn *txn, const struct place *place)
{
    const bool is_first = division_equal(place->division, marks->from);
    struct unapproved_sum sum;

    unapproved_sum(txn, place->division, &sum);
    marks->page->total += sum.count;
    if (marks->from_lsn != 0 && !is_first) {
        return; /* before where the page begins */
    }
    if (sum.count > 0 && !marks->page->left) {
        marks->place = place;
        unapproved_each(txn, place->division, is_first ? marks->from_lsn : 0, show_mark, marks);
    }
    marks->from_lsn = 0;
}

static void write_all(struct marks *marks, const struct view *view,
                      const struct roster_snapshot *roster, const struct division *of)
{
    struct unapproved_sum sum;

    unapproved_sum(view->txn, of == NULL ? DIVISION_NONE : *of, &sum);
    out_open(&marks->out, NULL, '{');
    out_count(&marks->out, "count", sum.count);
    out_amount(&marks->out, "amount", sum.amount);
    if (of != NULL) {
        const char *by = vouched_by(view->txn, roster->roster, *of);
        char words[TEXT_BYTES_MAX];

        out_text(&marks->out, "vouched_by", by);
        out_text(&marks->out, "vouched", text_in(marks->language, words, vouched_sentence(by)));
    }
    out_open(&marks->out, "rows", '[');
    for (size_t i = 0; i < roster->count; i++) {
        if (of == NULL || division_equal(roster->at[i].division, *of)) {
            visit_division(marks, view->txn, &roster->at[i]);
        }
    }
    out_close(&marks->out, ']');
    write_page(&marks->out, marks->page);
    out_close(&marks->out, '}');
}

void get_unapproved(struct request *request, struct answer *answer)
{
    const bool all = request->query(request->connection, "division") == NULL;
    struct roster_snapshot *roster;
    struct division of = DIVISION_NONE;
    struct page page;
    struct marks marks = {
        .out = json_to(&answer->body), .page = &page, .language = request->language};
    struct view view;

    if ((!all && !request_author(request, answer, &of)) || !request_page(request, answer, &page) ||
        !read_cursor(&marks, request, answer)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL && (all || roster_snapshot_knows(roster, request, answer, of))) {
        write_all(&marks, &view, roster, all ? NULL : &of);
        (void)view_sound(&view, request, answer);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
