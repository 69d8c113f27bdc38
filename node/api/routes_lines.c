#include "node/api/routes_lines.h"

#include "node/api/as_of.h"
#include "node/api/at.h"
#include "node/api/names.h"
#include "node/api/page.h"
#include "node/api/report.h"
#include "node/ledger/query/line_list.h"

/* --- one line --- */

static void write_amounts(struct json_out *out, const struct line_item *item)
{
    struct chain_row chain = {0};

    for (enum account account = 1; account < ACCOUNTS; account++) {
        const struct balance_row row = {.account = account, .debit = item->balance[account]};

        chain_add(&chain, &row);
    }
    out_amount(out, "received", chain.received);
    out_amount(out, "unallocated", chain.unallocated);
    out_amount(out, "passed_down", chain.passed_down);
    out_amount(out, "in_transit", chain.in_transit);
    out_amount(out, "allocated", chain.allocated);
    out_amount(out, "released", chain.released);
    out_amount(out, "committed", item->balance[ACC_COMMIT]);
    out_amount(out, "frozen", item->balance[ACC_FROZEN]);
    out_amount(out, "paid", chain.paid);
    out_amount(out, "available", item->balance[ACC_AVAIL]);
    report_rate(out, "rate", chain.paid, chain.released);
}

static void write_code(struct json_out *out, const char *key, const char *code)
{
    if (code[0] != '\0') {
        out_text(out, key, code);
    }
}

static void write_line(struct json_out *out, const struct names *names,
                       const struct line_filter *filter, const struct line_item *item)
{
    struct doc_row made;

    out_open(out, NULL, '{');
    out_text(out, "id", item->id);
    out_text(out, "kind", kind_info(item->kind)->name);
    if (doc_load(names->txn, filter->division, bytes_text(item->id), &made)) {
        out_text(out, "state", doc_state_name(made.state));
    }
    out_count(out, "fiscal_year", (uint64_t)item->year);
    out_count(out, "lsn", item->lsn);
    write_code(out, "agency_code", item->agency);
    out_owned_name(out, "agency_name", names, ROW_AGENCY, filter->division,
                   bytes_text(item->agency));
    write_code(out, "pro_code", item->project);
    out_owned_name(out, "pro_name", names, ROW_PROJECT, filter->division,
                   bytes_text(item->project));
    write_code(out, "fund_type_code", item->fund);
    write_code(out, "exp_func_code", item->function);
    out_element_name(out, "exp_func_name", names, LINE_FUNCTION, filter->division, item->year,
                     item->function);
    write_amounts(out, item);
    out_close(out, '}');
}

/* --- the request --- */

static struct bytes asked(const struct request *request, const char *name)
{
    const char *typed = request->query(request->connection, name);

    return typed == NULL ? BYTES_NONE : bytes_text(typed);
}

static void answer_lines(const struct request *request, struct answer *answer,
                         const struct view *view, const struct roster_snapshot *roster,
                         const struct line_filter *filter, struct page *page)
{
    const struct names names = {view->txn, roster};
    struct json_out out = json_to(&answer->body);
    struct line_items items;
    const bool sufficed = query_line_list(view->txn, filter, LEDGER_LINES_MAX, &items);

    out_open(&out, NULL, '{');
    out_text(&out, "division", filter->division.code);
    out_as_of(&out, view->txn, roster, filter->division, SCOPE_OWN);
    out_open(&out, "rows", '[');
    for (size_t i = 0; i < items.count; i++) {
        if (page_row(page, items.at[i].id)) {
            write_line(&out, &names, filter, &items.at[i]);
        }
    }
    out_close(&out, ']');
    page->total_is_least = !sufficed;
    page->left = page->left || !sufficed;
    write_page(&out, page);
    out_close(&out, '}');
    line_items_free(&items);
    if (view_sound(view, request, answer)) {
        (void)page_found(page, request, answer);
    }
}

void get_lines(struct request *request, struct answer *answer)
{
    struct line_filter filter = {.by_agency = request->query(request->connection, "agency") != NULL,
                                 .agency = asked(request, "agency"),
                                 .project = asked(request, "project"),
                                 .fund = asked(request, "fund")};
    struct roster_snapshot *roster;
    uint64_t until_ms;
    struct page page;
    struct view view;

    if (!request_year(request, answer, &filter.year) || !request_page(request, answer, &page)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL && request_division(request, answer, roster, &filter.division) &&
        request_at(request, answer, &view, filter.division, &until_ms) &&
        view_go_back(&view, request, answer, roster, filter.division, SCOPE_OWN, until_ms)) {
        answer_lines(request, answer, &view, roster, &filter, &page);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
