#include "node/api/routes_months.h"

#include "node/api/as_of.h"
#include "node/api/at.h"
#include "node/api/routes_money.h"
#include "node/ledger/query/history.h"
#include "node/ledger/schema/clocks.h"

enum { MONTHS = 12, YEARS = 2 };

struct months {
    struct division division;
    enum scope scope;
    int year;
    uint64_t until_ms; /* as it stood before that moment; 0: now */
    size_t reads_left;
    bool too_long;
    struct chain_row of[YEARS][MONTHS]; /* the year before, then the year */
};

static void add_moved(void *arg, const struct moved *moved)
{
    struct months *months = arg;
    const int index = moved->year - months->year + 1;

    if (index >= 0 && index < YEARS && moved->month >= 1 && moved->month <= MONTHS) {
        chain_move(&months->of[index][moved->month - 1], moved);
    }
}

static void read_months(struct months *months, struct txn *txn,
                        const struct roster_snapshot *roster)
{
    for (size_t i = 0; i < roster->count && !months->too_long; i++) {
        const struct division author = roster->at[i].division;
        const struct history_request request = {author, 0, months->until_ms, &months->reads_left};
        const bool counts = months->scope == SCOPE_OWN
                                ? division_equal(author, months->division)
                                : roster_snapshot_within(roster, author, months->division);

        if (counts) {
            months->too_long = !query_history(txn, &request, add_moved, months);
        }
    }
}

static void write_year(struct json_out *out, const struct months *months, size_t index)
{
    out_open(out, NULL, '{');
    out_count(out, "year", (uint64_t)(months->year - 1) + index);
    out_open(out, "months", '[');
    for (size_t i = 0; i < MONTHS; i++) {
        out_open(out, NULL, '{');
        out_count(out, "month", i + 1);
        out_amount(out, "released", months->of[index][i].released);
        out_amount(out, "paid", months->of[index][i].paid);
        out_close(out, '}');
    }
    out_close(out, ']');
    out_close(out, '}');
}

static void write_months(struct json_out *out, const struct months *months, struct txn *txn,
                         const struct roster_snapshot *roster)
{
    out_open(out, NULL, '{');
    out_text(out, "division", months->division.code);
    out_text(out, "scope", scope_name(months->scope));
    if (months->until_ms != 0) {
        out_time(out, "at", months->until_ms - 1);
    }
    out_as_of(out, txn, roster, months->division, months->scope);
    out_open(out, "years", '[');
    for (size_t i = 0; i < YEARS; i++) {
        write_year(out, months, i);
    }
    out_close(out, ']');
    out_close(out, '}');
}

void get_months(struct request *request, struct answer *answer)
{
    struct months months = {.reads_left = MONEY_READS_MAX};
    struct json_out out = json_to(&answer->body);
    struct roster_snapshot *roster;
    struct view view;

    if (!request_year(request, answer, &months.year) ||
        !request_scope(request, answer, &months.scope)) {
        return;
    }
    if (months.year == 0) {
        months.year = clock_month(clock_unix_ms(&request->service->clock)).year;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL && request_division(request, answer, roster, &months.division) &&
        request_at(request, answer, &view, months.division, &months.until_ms)) {
        read_months(&months, view.txn, roster);
        if (months.too_long) {
            answer_refuse(request, answer, API_TOO_LARGE, "money_too_long documents_max=%d",
                          MONEY_READS_MAX);
        } else if (view_sound(&view, request, answer)) {
            write_months(&out, &months, view.txn, roster);
        }
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
