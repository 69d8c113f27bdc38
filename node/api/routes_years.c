#include "node/api/routes_years.h"

#include "node/api/as_of.h"
#include "node/api/names.h"
#include "node/ledger/query/bodies.h"
#include "node/ledger/query/query.h"
#include "node/ledger/query/years.h"
#include "node/ledger/schema/clocks.h"

struct years {
    struct json_out out;
    struct txn *txn;
    const struct roster_snapshot *roster;
    const struct place *place;
    struct bodies bodies;
    bool is_own; /* this node's own division */
    int this_year, year;
    struct year_state at[YEARS_MAX];
    size_t count;
};

/* --- what was said of it --- */

struct said {
    uint32_t kind;
    uint64_t lsn, time_ms;
    char id[DOCUMENT_ID_MAX + 1];
};
enum { SAID_MAX = 256 }; /* of a year: a reason to open it again is rare */
struct said_list {
    struct said at[SAID_MAX];
    size_t count;
};

static bool add_said(void *arg, const struct document_row *row)
{
    struct said_list *list = arg;
    struct said *said;

    if (list->count == SAID_MAX) {
        return false;
    }
    said = &list->at[list->count++];
    *said = (struct said){.kind = row->kind, .lsn = row->lsn, .time_ms = row->time_ms};
    memcpy(said->id, row->id, sizeof said->id < sizeof row->id ? sizeof said->id : sizeof row->id);
    return true;
}

static int compare_said(const void *a, const void *b)
{
    const struct said *left = a, *right = b;

    return (left->lsn > right->lsn) - (left->lsn < right->lsn);
}

static void write_said(struct years *years, const struct said *said)
{
    struct json_out *out = &years->out;
    struct document document;
    struct err err;
    const bool is_held =
        bodies_read(&years->bodies, years->place->division, said->lsn, &document, &err) == OK;

    out_open(out, NULL, '{');
    out_text(out, "id", said->id);
    out_text(out, "kind", kind_info(said->kind)->name);
    if (is_held && document_has(&document, FIELD_MONTH)) {
        out_count(out, "month", (uint64_t)document_number(&document, FIELD_MONTH));
    } else {
        out_null(out, "month");
    }
    out_bytes(out, "reason", is_held ? document_text(&document, FIELD_REASON) : BYTES_NONE);
    out_count(out, "lsn", said->lsn);
    out_time(out, "time", said->time_ms);
    out_close(out, '}');
}

static void write_events(struct years *years, int year)
{
    static const uint32_t kinds[] = {KIND_OPEN_YEAR, KIND_CLOSE_YEAR, KIND_REOPEN_YEAR};
    struct said_list list = {.count = 0};

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        query_list(years->txn, years->place->division, kinds[i], year, add_said, &list);
    }
    if (list.count > 0) {
        qsort(list.at, list.count, sizeof list.at[0], compare_said);
    }
    out_open(&years->out, "events", '[');
    for (size_t i = 0; i < list.count; i++) {
        write_said(years, &list.at[i]);
    }
    out_close(&years->out, ']');
}

/* --- what still hinders closing it --- */

static void write_items(struct json_out *out, const char *what, const struct year_items *items)
{
    if (items->count == 0 && !items->is_least) {
        return;
    }
    out_open(out, NULL, '{');
    out_text(out, "what", what);
    out_count(out, "count", items->count);
    out_bool(out, "is_least", items->is_least);
    out_amount(out, "amount", items->amount);
    out_division(out, "division", items->author);
    out_bytes(out, "id", short_text_bytes(&items->first));
    out_close(out, '}');
}

static void write_hindrances(struct years *years, const struct year_state *state)
{
    struct json_out *out = &years->out;
    struct year_hindrances hindrances;

    out_open(out, "hindrances", '[');
    if (state->standing == YEAR_IS_OPEN) {
        query_year_hindrances(years->txn, years->place->division, state->year, years->is_own,
                              &hindrances);
        for (enum account account = 1; account < ACCOUNTS; account++) {
            if (hindrances.balance[account] != 0) {
                out_open(out, NULL, '{');
                out_text(out, "what", account_info(account)->mnemonic);
                out_amount(out, "amount", hindrances.balance[account]);
                out_close(out, '}');
            }
        }
        write_items(out, "awaiting_answer", &hindrances.of[OPEN_AWAITED]);
        write_items(out, "to_register", &hindrances.of[OPEN_TO_REGISTER]);
    }
    out_close(out, ']');
}

/* --- who below has not closed it --- */

static void write_not_closed(struct years *years, int year)
{
    struct json_out *out = &years->out;
    struct buf below = BUF_EMPTY;
    const size_t count =
        query_not_closed(years->txn, years->roster->roster, years->place->division, year, &below);

    out_open(out, "not_closed", '[');
    for (size_t i = 0; i < count && i < NOT_CLOSED_SHOWN_MAX; i++) {
        struct division division;

        memcpy(&division, below.data + i * sizeof division, sizeof division);
        out_open(out, NULL, '{');
        out_division(out, "division", division);
        out_text(out, "name", roster_snapshot_place(years->roster, division)->name);
        out_text(out, "state", year_standing_name(year_standing(years->txn, division, year)));
        out_close(out, '}');
    }
    out_close(out, ']');
    out_count(out, "not_closed_count", count);
    buf_free(&below);
}

/* --- the answer --- */

static void write_year(struct years *years, const struct year_state *state)
{
    struct json_out *out = &years->out;

    out_open(out, NULL, '{');
    out_count(out, "year", (uint64_t)state->year);
    out_text(out, "state", year_standing_name(state->standing));
    out_count(out, "months_closed", state->months_closed);
    write_events(years, state->year);
    write_hindrances(years, state);
    write_not_closed(years, state->year);
    out_close(out, '}');
}

static void write_years(struct years *years)
{
    const struct division division = years->place->division;
    const int since = years_kept_since(years->txn, division);
    struct json_out *out = &years->out;

    out_open(out, NULL, '{');
    out_division(out, "division", division);
    out_text(out, "name", years->place->name);
    out_as_of(out, years->txn, years->roster, division, SCOPE_OWN);
    if (since == 0) {
        out_null(out, "kept_since");
    } else {
        out_count(out, "kept_since", (uint64_t)since);
    }
    out_count(out, "this_year", (uint64_t)years->this_year);
    out_open(out, "years", '[');
    for (size_t i = 0; i < years->count; i++) {
        write_year(years, &years->at[i]);
    }
    out_close(out, ']');
    out_close(out, '}');
}

/* One year, or all that the division has. */
static void read_years(struct years *years)
{
    if (years->year != 0) {
        query_year(years->txn, years->place->division, years->year, &years->at[0]);
        years->count = 1;
    } else {
        years->count = query_years(years->txn, years->place->division, years->this_year, years->at);
    }
}

/* False with the error answered. */
static bool request_place(const struct request *request, struct answer *answer, struct years *years)
{
    struct division division;

    if (!division_parse(&division, bytes_text(request->argument[0]))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s",
                      request->argument[0]);
        return false;
    }
    if (!roster_snapshot_below(years->roster, request, answer, division)) {
        return false;
    }
    years->place = roster_snapshot_place(years->roster, division);
    years->is_own = division_equal(division, request->service->self);
    return true;
}

void get_years(struct request *request, struct answer *answer)
{
    struct years years = {.out = json_to(&answer->body)};
    struct roster_snapshot *roster;
    struct view view;

    if (!request_year(request, answer, &years.year)) {
        return;
    }
    years.this_year = clock_month(clock_unix_ms(&request->service->clock)).year;
    view_open(&view, request->service);
    years.roster = roster = roster_snapshot_open(&view, request, answer);
    years.txn = view.txn;
    if (roster != NULL && request_place(request, answer, &years)) {
        bodies_open(&years.bodies, view.store, view.snapshot);
        read_years(&years);
        write_years(&years);
        bodies_close(&years.bodies);
        (void)view_sound(&view, request, answer);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
