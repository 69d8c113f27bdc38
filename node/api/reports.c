/* reports - the boards of DOMAIN 6: chain, execution, reconcile, trial-balance. Rows only; how
 * they look is the reader's business. */
#include <stdio.h>

#include "node/api/api.h"
#include "node/ledger/query.h"

struct report {
    struct json_out out;
    const struct request *request;
    struct txn *txn;
    const struct places *places;
    struct division division;
    int year;
    enum dimension by;
};

static void write_place(struct report *report, const struct place *place)
{
    out_text(&report->out, "division", place->division.code);
    out_text(&report->out, "name", place->name);
    out_count(&report->out, "level", place->depth);
}

/* Hundredths of a percent as "12.34"; "0.00" of nothing. Whole numbers only. */
static void write_rate(struct json_out *out, const char *key, int64_t part, int64_t whole)
{
    char text[AMOUNT_TEXT_MAX];
    int64_t rate = 0;

    if (whole > 0 && part > 0) {
        rate = part <= INT64_MAX / 10000 ? part * 10000 / whole : part / (whole / 10000);
    }
    amount_format(text, rate);
    out_text(out, key, text);
}

/* --- accounts of one scope, on their normal sides --- */

struct sums {
    int64_t debit[ACCOUNTS], credit[ACCOUNTS];
    struct chain_row chain; /* the same, as the money chain */
};

static void add_sum(void *arg, const struct balance_row *row)
{
    struct sums *sums = arg;

    sums->debit[row->account] += row->debit;
    sums->credit[row->account] += row->credit;
    chain_add(&sums->chain, row);
}

static int64_t normal(const struct sums *sums, enum account account)
{
    const int64_t net = sums->debit[account] - sums->credit[account];

    return account_info(account)->normal < 0 ? -net : net;
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
    write_rate(out, "rate", row->paid, row->received - row->passed_down);
}

static bool has_children(const struct places *places, struct division division)
{
    for (size_t i = 0; i < places->count; i++) {
        if (division_equal(places->at[i].parent, division)) {
            return true;
        }
    }
    return false;
}

static void chain_of(struct report *report, const struct place *place, enum scope scope)
{
    struct ledger_position position;
    struct chain_row row;

    ledger_position(report->txn, place->division, &position);
    query_chain(report->txn, place->division, scope, report->year, &row);
    out_open(&report->out, NULL, '{');
    write_place(report, place);
    out_text(&report->out, "scope", scope == SCOPE_OWN ? "own" : "subtree");
    write_chain(report, &row);
    out_count(&report->out, "as_of_lsn", position.lsn);
    out_time(&report->out, "as_of_time", position.time_ms);
    out_close(&report->out, '}');
}

/* Rows of query_balance come in key order: one line a key. */
struct grouped {
    struct report *report;
    void (*write)(struct report *report, const char *key, const struct sums *sums);
    char key[64];
    bool any;
    struct sums sums;
};

static void end_group(struct grouped *grouped)
{
    if (grouped->any) {
        grouped->write(grouped->report, grouped->key, &grouped->sums);
    }
    memset(&grouped->sums, 0, sizeof grouped->sums);
    grouped->any = false;
}

static void add_to_group(void *arg, const struct balance_row *row)
{
    struct grouped *grouped = arg;

    if (grouped->any && strcmp(grouped->key, row->key) != 0) {
        end_group(grouped);
    }
    memcpy(grouped->key, row->key, sizeof grouped->key);
    grouped->any = true;
    add_sum(&grouped->sums, row);
}

static void group_by(struct report *report, enum dimension by,
                     void (*write)(struct report *report, const char *key, const struct sums *sums))
{
    struct grouped grouped = {.report = report, .write = write};

    query_balance(report->txn, report->division, SCOPE_OWN, report->year, by, add_to_group,
                  &grouped);
    end_group(&grouped);
}

static void write_project(struct report *report, const char *key, const struct sums *sums)
{
    out_open(&report->out, NULL, '{');
    out_text(&report->out, "pro_code", key);
    write_chain(report, &sums->chain);
    out_close(&report->out, '}');
}

static void report_chain(struct report *report)
{
    const struct places *places = report->places;

    for (size_t i = 0; i < places->count; i++) {
        const struct place *place = &places->at[i];

        if (!places_within(places, place->division, report->division)) {
            continue;
        }
        chain_of(report, place, SCOPE_OWN);
        if (has_children(places, place->division)) {
            chain_of(report, place, SCOPE_SUBTREE);
        }
    }
    out_close(&report->out, ']');
    out_open(&report->out, "projects", '[');
    group_by(report, BY_PROJECT, write_project);
}

/* --- execution --- */

static void write_execution(struct report *report, const char *key, const struct sums *sums)
{
    const struct chain_row *chain = &sums->chain;
    struct json_out *out = &report->out;

    out_open(out, NULL, '{');
    out_text(out, "key", key);
    out_amount(out, "allocated", chain->allocated);
    out_amount(out, "released", chain->released);
    out_amount(out, "committed", normal(sums, ACC_COMMIT));
    out_amount(out, "frozen", normal(sums, ACC_FROZEN));
    out_amount(out, "paid", chain->paid);
    out_amount(out, "available", normal(sums, ACC_AVAIL));
    write_rate(out, "rate", chain->paid, chain->allocated);
    out_close(out, '}');
}

static void report_execution(struct report *report)
{
    group_by(report, report->by, write_execution);
}

/* --- reconcile --- */

static void write_edge(void *arg, const struct edge_row *row)
{
    struct json_out *out = &((struct report *)arg)->out;

    out_open(out, NULL, '{');
    out_text(out, "issuer", row->issuer.code);
    out_text(out, "receiver", row->receiver.code);
    out_text(out, "fund_type_code", row->fund);
    out_text(out, "pro_code", row->project);
    out_count(out, "documents", row->documents);
    out_count(out, "open", row->open);
    out_amount(out, "issued", row->issued);
    out_amount(out, "registered", row->registered);
    out_amount(out, "returned", row->returned);
    out_amount(out, "in_transit", row->in_transit);
    out_amount(out, "difference", row->difference);
    out_close(out, '}');
}

static void report_reconcile(struct report *report)
{
    const struct places *places = report->places;

    for (size_t i = 0; i < places->count; i++) {
        if (places_within(places, places->at[i].division, report->division)) {
            query_edges(report->txn, places->at[i].division, write_edge, report);
        }
    }
}

/* --- trial balance --- */

static void report_trial_balance(struct report *report)
{
    struct json_out *out = &report->out;
    struct sums sums;

    memset(&sums, 0, sizeof sums);
    query_balance(report->txn, report->division, SCOPE_OWN, report->year, BY_ACCOUNT, add_sum,
                  &sums);
    for (enum account account = 1; account < ACCOUNTS; account++) {
        const struct account_info *info = account_info(account);
        const int64_t net = sums.debit[account] - sums.credit[account];

        if (sums.debit[account] == 0 && sums.credit[account] == 0) {
            continue;
        }
        out_open(out, NULL, '{');
        out_text(out, "account", info->mnemonic);
        out_text(out, "code", info->code);
        out_text(out, "name",
                 report->request->language == LANGUAGE_ZH ? info->name_zh : info->name_en);
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
} reports[] = {
    {"chain", report_chain},
    {"execution", report_execution},
    {"reconcile", report_reconcile},
    {"trial-balance", report_trial_balance},
};

static void write_report(struct report *report, const char *name,
                         void (*write)(struct report *report))
{
    struct json_out *out = &report->out;
    struct ledger_position position;

    ledger_position(report->txn, report->division, &position);
    out_open(out, NULL, '{');
    out_text(out, "report", name);
    out_text(out, "division", report->division.code);
    out_open(out, "as_of", '{');
    out_count(out, "lsn", position.lsn);
    out_time(out, "time", position.time_ms);
    out_close(out, '}');
    out_open(out, "rows", '[');
    write(report);
    out_close(out, ']');
    out_close(out, '}');
}

void get_report(struct request *request, struct answer *answer)
{
    struct report report = {.out = json_to(&answer->body), .request = request};
    struct places places;
    struct view view;
    size_t which = 0;

    while (which < COUNT_OF(reports) && strcmp(reports[which].name, request->argument[0]) != 0) {
        which++;
    }
    if (which == COUNT_OF(reports)) {
        answer_error(request, answer, API_NOT_FOUND, request->argument[0]);
        return;
    }
    if (!request_year(request, answer, &report.year) ||
        !request_dimension(request, answer, BY_FUNCTION, &report.by) ||
        !places_read(&places, request, answer)) {
        return;
    }
    if (request_division(request, answer, &places, &report.division)) {
        view_open(&view, request->service);
        report.places = &places;
        report.txn = view.txn;
        write_report(&report, reports[which].name, reports[which].write);
        (void)view_sound(&view, request, answer);
        view_close(&view);
    }
    places_free(&places);
}
