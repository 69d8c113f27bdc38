#include "node/api/reports.h"

#include "node/api/as_of.h"
#include "node/api/at.h"
#include "node/api/report_execution.h"
#include "node/api/unapproved_json.h"
#include "node/api/unconfirmed_json.h"
#include "node/ledger/query/closed.h"
#include "node/ledger/query/report_year.h"
#include "node/ledger/query/sources.h"
#include "node/ledger/query/years.h"
#include "node/ledger/schema/clocks.h"

static void write_place(struct report *report, const struct place *place)
{
    out_text(&report->out, "division", place->division.code);
    out_text(&report->out, "name", place->name);
    out_count(&report->out, "level", place->depth);
}

/* --- chain --- */

static void write_chain(struct report *report, const struct chain_row *row)
{
    struct json_out *out = &report->out;

    out_amount(out, "received", row->received);
    out_amount(out, "allocated", row->allocated);
    out_amount(out, "passed_down", row->passed_down);
    out_amount(out, "in_transit", row->in_transit);
    out_amount(out, "unallocated", row->unallocated);
    out_amount(out, "released", row->released);
    out_amount(out, "paid", row->paid);
    report_rate(out, "rate", row->paid, row->received - row->passed_down);
}

static void chain_of(struct report *report, const struct place *place, enum scope scope)
{
    const char *scope_name = scope == SCOPE_OWN ? "own" : "subtree";
    struct ledger_position position;
    struct chain_row row;

    if (!report_begin_row(report, "%s/%s", place->division.code, scope_name)) {
        return;
    }
    ledger_position(report->txn, place->division, &position);
    query_chain(report->txn, place->division, scope, report->year, &row);
    write_place(report, place);
    out_text(&report->out, "scope", scope_name);
    write_chain(report, &row);
    out_count(&report->out, "as_of_lsn", position.lsn);
    out_time(&report->out, "as_of_time", position.time_ms);
    out_close(&report->out, '}');
}

static void write_project(struct report *report, const char *key, const struct sums *sums)
{
    if (!report_begin_row(report, "project/%s", key)) {
        return;
    }
    out_text(&report->out, "pro_code", key);
    out_element_name(&report->out, "pro_name", &(struct names){report->txn, report->roster},
                     LINE_PROJECT, report->division, report->year, key);
    write_chain(report, &sums->chain);
    out_close(&report->out, '}');
}

static void report_chain(struct report *report)
{
    const struct roster_snapshot *roster = report->roster;

    for (size_t i = 0; i < roster->count; i++) {
        const struct place *place = &roster->at[i];

        if (!roster_snapshot_within(roster, place->division, report->division)) {
            continue;
        }
        chain_of(report, place, SCOPE_OWN);
        if (place->inside > 0) {
            chain_of(report, place, SCOPE_SUBTREE);
        }
    }
    out_close(&report->out, ']');
    out_open(&report->out, "projects", '[');
    report_group_by(report, SCOPE_OWN, BY_PROJECT, write_project);
}

/* --- reconcile --- */

enum { RECONCILE_READS_MAX = 1000 * 1000 }; /* transfers, for one answer */

/* An edge has an end in the jurisdiction: of an issuer above, what it sends elsewhere is none. */
static bool touches(const struct report *report, const struct reconcile_row *row)
{
    return roster_snapshot_within(report->roster, row->issuer, report->division) ||
           roster_snapshot_within(report->roster, row->receiver, report->division);
}

static void write_fund_name(struct report *report, struct bytes fund)
{
    const struct bytes name = name_of_code(report->txn, FIELD_FUND_TYPE_CODE, report->year, fund);

    if (name.size > 0) {
        out_bytes(&report->out, "fund_type_name", name);
    }
}

static void write_reconcile_row(void *arg, const struct reconcile_row *row)
{
    struct report *report = arg;
    const struct names names = {report->txn, report->roster};
    struct json_out *out = &report->out;

    if (!touches(report, row) || !report_begin_row(report, "%s/%s/%s/%s", row->issuer.code,
                                                   row->receiver.code, row->fund, row->project)) {
        return;
    }
    out_text(out, "issuer", row->issuer.code);
    out_division_name(out, "issuer_name", &names, row->issuer);
    out_text(out, "receiver", row->receiver.code);
    out_division_name(out, "receiver_name", &names, row->receiver);
    out_text(out, "fund_type_code", row->fund);
    write_fund_name(report, bytes_text(row->fund));
    out_text(out, "pro_code", row->project);
    out_owned_name(out, "pro_name", &names, ROW_PROJECT, row->issuer, bytes_text(row->project));
    out_count(out, "documents", row->documents);
    out_count(out, "open", row->open);
    out_count(out, "to_register", row->to_register);
    out_amount(out, "issued", row->issued);
    out_amount(out, "registered", row->registered);
    out_amount(out, "returned", row->returned);
    out_amount(out, "in_transit", row->in_transit);
    out_amount(out, "difference", row->difference);
    out_close(out, '}');
}

static void report_reconcile(struct report *report)
{
    const struct roster_snapshot *roster = report->roster;
    size_t reads_left = RECONCILE_READS_MAX;

    for (size_t i = 0; i < roster->count && !report->too_many_transfers; i++) {
        const struct division issuer = roster->at[i].division;

        if (roster_snapshot_within(roster, issuer, report->division) ||
            roster_snapshot_within(roster, report->division, issuer)) {
            report->too_many_transfers =
                !query_reconcile(report->txn, issuer, &reads_left, write_reconcile_row, report);
        }
    }
}

/* --- sources --- */

static void write_source(void *arg, const struct source_row *row)
{
    struct report *report = arg;
    const char *source = source_name(row->account);
    struct json_out *out = &report->out;

    if (!report_begin_row(report, "%s/%s", source, row->issuer.code)) {
        return;
    }
    out_text(out, "source", source);
    if (!division_is_none(row->issuer)) {
        out_text(out, "issuer", row->issuer.code);
        out_division_name(out, "issuer_name", &(struct names){report->txn, report->roster},
                          row->issuer);
    }
    out_count(out, "documents", row->documents);
    write_chain(report, &row->chain);
    out_close(out, '}');
}

static void report_sources(struct report *report)
{
    const struct source_request request = {report->division, report->year, LINES_READ_MAX};

    report->too_many_lines = !query_sources(report->txn, &request, write_source, report);
}

/* --- trial balance --- */

struct monthly {
    const struct report *report;
    struct sums *sums;
};

static void add_of_month(void *arg, const struct balance_row *row)
{
    const struct monthly *monthly = arg;

    if (report_of_month(monthly->report, row)) {
        report_add_sum(monthly->sums, row);
    }
}

/* What closing the year booked stands on lines that no roll-up has. */
static void add_closing(const struct report *report, struct sums *sums)
{
    int128 closing[ACCOUNTS];

    closing_sums_of_year(report->txn, report->division, report->year, closing);
    for (enum account account = 1; account < ACCOUNTS; account++) {
        const int128 net = closing[account];

        report_add_sum(sums, &(struct balance_row){.account = account,
                                                   .debit = net > 0 ? net : 0,
                                                   .credit = net < 0 ? -net : 0});
    }
}

static void report_trial_balance(struct report *report)
{
    struct json_out *out = &report->out;
    struct sums sums;
    struct monthly monthly = {report, &sums};

    memset(&sums, 0, sizeof sums);
    query_balance(report->txn, NULL, report->division, SCOPE_OWN, report->year,
                  report->month != 0 ? BY_MONTH : BY_ACCOUNT, add_of_month, &monthly);
    if (report->closed) {
        add_closing(report, &sums);
    }
    for (enum account account = 1; account < ACCOUNTS; account++) {
        const struct account_info *info = account_info(account);
        const int128 net = sums.debit[account] - sums.credit[account];

        if ((sums.debit[account] == 0 && sums.credit[account] == 0) ||
            !report_begin_row(report, "%s", info->mnemonic)) {
            continue;
        }
        out_text(out, "account", info->mnemonic);
        out_text(out, "code", info->code);
        out_text(out, "name", info->name[report->request->language]);
        out_amount(out, "debit", sums.debit[account]);
        out_amount(out, "credit", sums.credit[account]);
        out_amount(out, "balance_debit", net > 0 ? net : 0);
        out_amount(out, "balance_credit", net < 0 ? -net : 0);
        out_close(out, '}');
    }
}

/* --- which --- */

static const struct {
    const char *name;
    void (*write)(struct report *report);
    bool scoped;    /* it is of one ledger or of a jurisdiction */
    bool by_months; /* it can be asked of one month */
} reports[] = {
    {"chain", report_chain, false, false},
    {"execution", report_execution, true, true},
    {"reconcile", report_reconcile, false, false},
    {"sources", report_sources, false, false},
    {"trial-balance", report_trial_balance, false, true},
};

/* How many of the jurisdiction have not closed the year. */
static void write_not_closed(struct report *report)
{
    const struct division division = report->division;
    struct buf below = BUF_EMPTY;
    size_t count =
        query_not_closed(report->txn, report->roster->roster, division, report->year, &below);

    count += query_year_is_open(report->txn, division, report->year);
    out_count(&report->out, "not_closed", count);
    buf_free(&below);
}

static void write_period(struct report *report)
{
    out_year(&report->out, report->year);
    if (report->month != 0) {
        out_count(&report->out, "month", (uint64_t)report->month);
    }
    if (report->year != 0) {
        write_not_closed(report);
    }
}

static void write_report(struct report *report, size_t which)
{
    const bool scoped = reports[which].scoped;
    struct json_out *out = &report->out;

    out_open(out, NULL, '{');
    out_text(out, "report", reports[which].name);
    out_text(out, "division", report->division.code);
    if (scoped) {
        out_text(out, "scope", scope_name(report->scope));
    }
    write_period(report);
    if (report->until_ms != 0) {
        out_time(out, "at", report->until_ms - 1);
    }
    out_as_of(out, report->txn, report->roster, report->division,
              scoped ? report->scope : SCOPE_OWN);
    out_open(out, "rows", '[');
    reports[which].write(report);
    out_close(out, ']');
    write_page(out, report->page);
    if (report->until_ms == 0) { /* what lacked an approval at another moment nobody kept */
        const enum scope scope = scoped ? report->scope : SCOPE_SUBTREE;

        out_unapproved(out, report->txn, report->roster, report->division, scope);
        out_unconfirmed(out, report->view, report->roster, report->division, scope,
                        report->request);
    }
    out_close(out, '}');
}

/* False with the error answered. */
static bool read_report(struct report *report, const struct request *request, struct answer *answer)
{
    report->year_said = request->query(request->connection, "year") != NULL;
    report->closed = request->query(request->connection, "closed") != NULL;
    return request_year(request, answer, &report->year) &&
           request_month(request, answer, &report->month) &&
           request_scope(request, answer, &report->scope) &&
           report_execution_by(request, answer, report->month, &report->by) &&
           request_page(request, answer, report->page);
}

/* A board adds no year to another unless somebody asks for that. */
static void settle_year(struct report *report)
{
    const uint64_t now_ms = report->until_ms != 0 ? report->until_ms - 1
                                                  : clock_unix_ms(&report->request->service->clock);

    if (!report->year_said) {
        report->year = query_report_year(report->txn, report->division, clock_month(now_ms).year);
    }
}

static void answer_report(struct report *report, struct answer *answer, size_t which)
{
    if (report->month != 0 && !reports[which].by_months) {
        answer_refuse(report->request, answer, API_BAD_REQUEST, "ask_month_alone");
        return;
    }
    settle_year(report);
    write_report(report, which);
    if (report->too_long || report->too_many_lines) {
        answer_refuse(report->request, answer, API_TOO_LARGE, "report_too_long lines_max=%d",
                      LINES_READ_MAX);
    } else if (report->too_many_transfers) {
        answer_refuse(report->request, answer, API_TOO_LARGE, "report_transfers transfers_max=%d",
                      RECONCILE_READS_MAX);
    } else if (view_sound(report->view, report->request, answer)) {
        (void)page_found(report->page, report->request, answer);
    }
}

/* Only a board of one ledger is of its division alone. */
static bool go_back(struct report *report, struct view *view, const struct request *request,
                    struct answer *answer, size_t which)
{
    const enum scope scope = reports[which].scoped ? report->scope : SCOPE_SUBTREE;

    return request_at(request, answer, view, report->division, &report->until_ms) &&
           view_go_back(view, request, answer, report->roster, report->division, scope,
                        report->until_ms);
}

void get_report(struct request *request, struct answer *answer)
{
    struct page page;
    struct report report = {.out = json_to(&answer->body), .request = request, .page = &page};
    struct roster_snapshot *roster;
    struct view view;
    size_t which = 0;

    while (which < COUNT_OF(reports) && strcmp(reports[which].name, request->argument[0]) != 0) {
        which++;
    }
    if (which == COUNT_OF(reports)) {
        answer_refuse(request, answer, API_NOT_FOUND, "ask_report name=%s", request->argument[0]);
        return;
    }
    if (!read_report(&report, request, answer)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    report.roster = roster;
    if (roster != NULL && request_division(request, answer, roster, &report.division) &&
        go_back(&report, &view, request, answer, which)) {
        report.view = &view;
        report.txn = view.txn;
        answer_report(&report, answer, which);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
