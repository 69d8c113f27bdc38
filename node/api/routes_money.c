#include "node/api/routes_money.h"

#include "node/api/at.h"
#include "node/api/clock_notice.h"
#include "node/api/names.h"
#include "node/api/report.h"
#include "node/ledger/query/bodies.h"
#include "node/ledger/query/history.h"
#include "node/ledger/query/passed.h"
#include "node/ledger/query/sources.h"
#include "node/ledger/rows/year_rows.h"
#include "node/ledger/schema/clocks.h"

/* --- the sums of one division --- */

struct division_sums {
    struct chain_row own, subtree;
    int128 sources[ACCOUNTS]; /* of those that have a source_name */
    bool has_subtree;
};

static void add_source(struct division_sums *sums, enum account account, int128 credit)
{
    sums->sources[account] += credit;
}

/* --- everything that an answer is made of --- */

struct money {
    struct json_out out;
    struct names names;
    struct page page;
    struct bodies bodies;
    struct division division;
    int year;
    uint64_t until_ms;
    uint64_t today; /* the day of now, or of that moment */
    size_t reads_left;
    bool too_long;
    struct division_sums *sums; /* by index in the roster, and so are the parents */
    size_t *parents;            /* SIZE_MAX: none */
};

static bool in_jurisdiction(const struct money *money, const struct place *place)
{
    return roster_snapshot_within(money->names.roster, place->division, money->division);
}

/* --- as it is now --- */

static void add_own(void *arg, const struct balance_row *row)
{
    struct division_sums *sums = arg;

    chain_add(&sums->own, row);
    add_source(sums, row->account, row->credit - row->debit);
}

static void read_now(struct money *money, size_t index)
{
    const struct division division = money->names.roster->at[index].division;
    struct division_sums *sums = &money->sums[index];

    query_balance(money->names.txn, NULL, division, SCOPE_OWN, money->year, BY_ACCOUNT, add_own,
                  sums);
    query_chain(money->names.txn, division, SCOPE_SUBTREE, money->year, &sums->subtree);
}

/* --- as it was --- */

struct reading {
    struct money *money;
    size_t index;
};

/* Places come depth first: a parent is the last one before that is less deep. */
static void find_parents(struct money *money)
{
    const struct roster_snapshot *roster = money->names.roster;

    money->parents = mem_zalloc(roster->count * sizeof *money->parents);
    for (size_t i = 0; i < roster->count; i++) {
        size_t above = i - 1;

        while (above != SIZE_MAX && roster->at[above].depth >= roster->at[i].depth) {
            above = money->parents[above];
        }
        money->parents[i] = above;
    }
}

/* Is the other side a member of that jurisdiction, with books of the year? */
static bool is_inside(const struct money *money, struct division peer, int year,
                      struct division above)
{
    struct year_row row;

    if (division_is_none(peer) || !roster_snapshot_within(money->names.roster, peer, above)) {
        return false;
    }
    year_load(money->names.txn, peer, year, &row);
    return row.joined;
}

/* What passes between two members of a jurisdiction is on its way there: transit.h. */
static void move_within(struct money *money, size_t index, const struct moved *moved)
{
    const struct roster_snapshot *roster = money->names.roster;

    for (size_t i = index; i != SIZE_MAX && in_jurisdiction(money, &roster->at[i]);
         i = money->parents[i]) {
        const bool peer_inside =
            is_inside(money, moved->party, moved->year, roster->at[i].division);
        struct moved inside = *moved;

        if (peer_inside && moved->to == ACC_XFER_OUT) {
            inside.to = ACC_TRANSIT;
        }
        if (peer_inside && moved->from == ACC_SRC_TRANSFER_IN) {
            inside.from = ACC_TRANSIT;
        }
        chain_move(&money->sums[i].subtree, &inside);
    }
}

static void add_moved(void *arg, const struct moved *moved)
{
    const struct reading *reading = arg;
    struct division_sums *sums = &reading->money->sums[reading->index];

    chain_move(&sums->own, moved);
    add_source(sums, moved->from, moved->amount);
    move_within(reading->money, reading->index, moved);
}

static void read_then(struct money *money, size_t index)
{
    struct reading reading = {money, index};
    const struct history_request request = {money->names.roster->at[index].division, money->year,
                                            money->until_ms, &money->reads_left};

    money->too_long =
        !query_history(money->names.txn, &request, add_moved, &reading) || money->too_long;
}

static void read_sums(struct money *money)
{
    const struct roster_snapshot *roster = money->names.roster;

    money->sums = mem_zalloc(roster->count * sizeof *money->sums);
    for (size_t i = 0; i < roster->count && !money->too_long; i++) {
        if (!in_jurisdiction(money, &roster->at[i])) {
            continue;
        }
        if (money->until_ms != 0) {
            read_then(money, i);
        } else {
            read_now(money, i);
        }
    }
}

/* --- written --- */

static void write_chain(struct json_out *out, const char *key, const struct chain_row *row)
{
    out_open(out, key, '{');
    out_amount(out, "received", row->received);
    out_amount(out, "allocated", row->allocated);
    out_amount(out, "passed_down", row->passed_down);
    out_amount(out, "in_transit", row->in_transit);
    out_amount(out, "unallocated", row->unallocated);
    out_amount(out, "released", row->released);
    out_amount(out, "paid", row->paid);
    report_rate(out, "rate", row->paid, row->released);
    out_close(out, '}');
}

/* Of the oldest that is on its way: its id, its number, since when. */
static void write_waiting(struct money *money, struct division issuer, const struct passed_row *row)
{
    struct json_out *out = &money->out;
    struct document document;
    struct err err;

    if (row->oldest_id[0] == '\0') {
        return;
    }
    out_text(out, "oldest", row->oldest_id);
    out_time(out, "since", row->oldest_ms);
    if (bodies_read(&money->bodies, issuer, row->oldest_lsn, &document, &err) == OK) {
        out_bytes(out, "doc_no", document_text(&document, FIELD_COR_BGT_DOC_NO));
    }
}

struct passing {
    struct money *money;
    struct division issuer;
};

static void write_passed(void *arg, const struct passed_row *row)
{
    const struct passing *passing = arg;
    struct json_out *out = &passing->money->out;

    out_open(out, NULL, '{');
    out_text(out, "to", row->receiver.code);
    out_division_name(out, "to_name", &passing->money->names, row->receiver);
    out_count(out, "documents", row->documents);
    out_amount(out, "settled", row->settled);
    out_amount(out, "in_transit", row->in_transit);
    out_count(out, "overdue", row->overdue);
    write_waiting(passing->money, passing->issuer, row);
    out_close(out, '}');
}

static bool has_children(const struct roster_snapshot *roster, size_t index)
{
    return index + 1 < roster->count && roster->at[index + 1].depth > roster->at[index].depth;
}

static void write_sums(struct money *money, size_t index)
{
    const struct division_sums *sums = &money->sums[index];
    struct json_out *out = &money->out;

    write_chain(out, "own", &sums->own);
    if (has_children(money->names.roster, index)) {
        write_chain(out, "subtree", &sums->subtree);
    }
    out_open(out, "sources", '{');
    for (enum account account = ACC_SRC_APPROVED; account < ACCOUNTS; account++) {
        if (source_name(account) != NULL) {
            out_amount(out, source_name(account), sums->sources[account]);
        }
    }
    out_close(out, '}');
}

static void write_row(struct money *money, size_t index)
{
    const struct place *place = &money->names.roster->at[index];
    struct passing passing = {money, place->division};
    const struct passed_request request = {place->division, money->year, money->until_ms,
                                           money->today, &money->reads_left};
    struct json_out *out = &money->out;
    struct ledger_position position;

    if (!in_jurisdiction(money, place) || !page_row(&money->page, place->division.code)) {
        return;
    }
    ledger_position(money->names.txn, place->division, &position);
    out_open(out, NULL, '{');
    out_text(out, "division", place->division.code);
    out_text(out, "name", place->name);
    out_division(out, "parent", place->parent);
    out_count(out, "level", place->depth);
    write_sums(money, index);
    out_open(out, "passed", '[');
    money->too_long =
        !query_passed(money->names.txn, &request, write_passed, &passing) || money->too_long;
    out_close(out, ']');
    out_count(out, "as_of_lsn", position.lsn);
    out_time(out, "as_of_time", position.time_ms);
    out_close(out, '}');
}

static void write_money(struct money *money, enum language language)
{
    struct json_out *out = &money->out;

    out_open(out, NULL, '{');
    out_text(out, "division", money->division.code);
    if (money->until_ms != 0) {
        out_time(out, "at", money->until_ms - 1);
    }
    out_clock_notice(out, money->names.txn, language);
    out_open(out, "rows", '[');
    for (size_t i = 0; i < money->names.roster->count && !money->too_long; i++) {
        write_row(money, i);
    }
    out_close(out, ']');
    write_page(out, &money->page);
    out_close(out, '}');
}

/* --- the request --- */

static void answer_money(struct money *money, const struct request *request, struct answer *answer,
                         const struct view *view)
{
    bodies_open(&money->bodies, view->store, view->snapshot);
    find_parents(money);
    read_sums(money);
    write_money(money, request->language);
    if (money->too_long) {
        answer_refuse(request, answer, API_TOO_LARGE, "money_too_long documents_max=%d",
                      MONEY_READS_MAX);
    } else if (view_sound(view, request, answer)) {
        (void)page_found(&money->page, request, answer);
    }
    mem_free(money->sums);
    mem_free(money->parents);
    bodies_close(&money->bodies);
}

void get_money(struct request *request, struct answer *answer)
{
    struct money money = {.out = json_to(&answer->body), .reads_left = MONEY_READS_MAX};
    struct roster_snapshot *roster;
    struct view view;

    if (!request_year(request, answer, &money.year) ||
        !request_page(request, answer, &money.page)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL && request_division(request, answer, roster, &money.division) &&
        request_at(request, answer, &view, money.division, &money.until_ms)) {
        money.names = (struct names){view.txn, roster};
        money.today = clock_day(money.until_ms != 0 ? money.until_ms - 1
                                                    : clock_unix_ms(&request->service->clock));
        answer_money(&money, request, answer, &view);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
