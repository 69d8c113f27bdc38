#include "node/api/routes_read.h"

#include <assert.h>
#include <stdlib.h>

#include "node/api/as_of.h"
#include "node/api/at.h"
#include "node/api/names.h"
#include "node/api/page.h"

/* --- balance --- */

enum { USUAL_BYTES = 2 << 10 }; /* of an answer */

struct balance_request {
    struct division division;
    enum dimension by;
    enum scope scope;
    int year, month;   /* 0: all */
    uint64_t until_ms; /* as it stood before that moment; 0: now */
};

struct balance_page {
    struct json_out out;
    struct page page;
    struct balance_request asked;
    struct names names;
    enum line_element element; /* that the keys are codes of, */
    bool has_names;            /* which have names: those of */
    int names_year;
};

/* "KEY/ACCOUNT". A row has one, whether it is shown or not: so it is put together by hand. */
static const char *cursor_of(char out[CURSOR_BYTES_MAX], const char *key, const char *account)
{
    const size_t key_size = strlen(key), account_size = strlen(account);

    assert(key_size + 1 + account_size < CURSOR_BYTES_MAX);
    memcpy(out, key, key_size);
    out[key_size] = '/';
    memcpy(out + key_size + 1, account, account_size + 1);
    return out;
}

static void write_balance(void *arg, const struct balance_row *row)
{
    struct balance_page *balance = arg;
    struct json_out *out = &balance->out;
    const struct account_info *info = account_info(row->account);
    const int128 net = row->debit - row->credit;
    const char *key = balance->asked.by == BY_ACCOUNT ? info->mnemonic : row->key;
    char cursor[CURSOR_BYTES_MAX];

    if (balance->asked.month != 0 && !is_month(row->key, balance->asked.month)) {
        return;
    }
    if (!page_row(&balance->page, cursor_of(cursor, key, info->mnemonic))) {
        return;
    }
    out_open(out, NULL, '{');
    out_text(out, "key", key);
    if (balance->has_names) {
        out_element_name(out, "key_name", &balance->names, balance->element,
                         balance->asked.division, balance->names_year, row->key);
    }
    if (!division_is_none(row->division)) {
        out_text(out, "division", row->division.code);
    }
    out_text(out, "account", info->mnemonic);
    out_amount(out, "debit", row->debit);
    out_amount(out, "credit", row->credit);
    out_amount(out, "balance", info->normal < 0 ? -net : net);
    out_close(out, '}');
}

static void write_balances(struct balance_page *balance, const struct view *view,
                           const struct roster_snapshot *roster)
{
    const struct balance_request *asked = &balance->asked;
    struct json_out *out = &balance->out;

    balance->names = (struct names){view->txn, roster};
    balance->element = element_of_dimension(asked->by);
    balance->names_year = asked->year;
    balance->has_names =
        element_settle_year(&balance->names, balance->element, &balance->names_year);
    out_open(out, NULL, '{');
    out_text(out, "division", asked->division.code);
    out_text(out, "scope", scope_name(asked->scope));
    out_year(out, asked->year);
    if (asked->month != 0) {
        out_count(out, "month", (uint64_t)asked->month);
    }
    if (asked->until_ms != 0) {
        out_time(out, "at", asked->until_ms - 1);
    }
    out_as_of(out, view->txn, roster, asked->division, asked->scope);
    out_open(out, "rows", '[');
    query_balance(view->txn, roster->roster, asked->division, asked->scope, asked->year,
                  asked->month != 0 ? BY_MONTH : asked->by, write_balance, balance);
    out_close(out, ']');
    write_page(out, &balance->page);
    out_close(out, '}');
}

/* Roll-ups of a month are kept by account alone. */
static bool takes_month(const struct request *request, struct answer *answer,
                        const struct balance_request *asked)
{
    if (asked->month != 0 && asked->by != BY_ACCOUNT && asked->by != BY_MONTH) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_month_alone");
        return false;
    }
    return true;
}

void get_balance(struct request *request, struct answer *answer)
{
    struct balance_page balance = {.out = json_to(&answer->body)};
    struct balance_request *asked = &balance.asked;
    struct roster_snapshot *roster;
    struct view view;

    if (!request_scope(request, answer, &asked->scope) ||
        !request_dimension(request, answer, BY_ACCOUNT, &asked->by) ||
        !request_year(request, answer, &asked->year) ||
        !request_month(request, answer, &asked->month) || !takes_month(request, answer, asked) ||
        !request_page(request, answer, &balance.page)) {
        return;
    }
    buf_reserve(&answer->body, USUAL_BYTES);
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL && request_division(request, answer, roster, &asked->division) &&
        request_at(request, answer, &view, asked->division, &asked->until_ms) &&
        view_go_back(&view, request, answer, roster, asked->division, asked->scope,
                     asked->until_ms)) {
        write_balances(&balance, &view, roster);
        if (view_sound(&view, request, answer)) {
            (void)page_found(&balance.page, request, answer);
        }
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}

/* --- digest --- */

static void write_digest(struct buf *body, struct division division,
                         const struct ledger_position *position)
{
    struct json_out out = json_to(body);

    out_open(&out, NULL, '{');
    out_text(&out, "division", division.code);
    out_count(&out, "lsn", position->digest_lsn);
    out_hex(&out, "digest", &position->digest, sizeof position->digest);
    out_close(&out, '}');
}

/* The division of the request at this moment, and how far its ledger goes. False with the error
 * answered. */
static bool read_position(const struct request *request, struct answer *answer,
                          struct division *division, struct ledger_position *position)
{
    struct roster_snapshot *roster;
    struct view view;
    bool known;

    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    known = roster != NULL && request_division(request, answer, roster, division);
    if (known) {
        ledger_position(view.txn, *division, position);
        known = view_sound(&view, request, answer);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
    return known;
}

/* With ?after=LSN the answer waits until the ledger is past it, for two seconds at most. */
void get_digest(struct request *request, struct answer *answer)
{
    enum { WAIT_MS_MAX = 2000 };
    const char *typed = request->query(request->connection, "after");
    const uint64_t after = typed == NULL ? 0 : strtoull(typed, NULL, 10);
    const struct clock *clock = &request->service->clock;
    const uint64_t end_ms = clock_mono_ms(clock) + WAIT_MS_MAX;
    struct node *node = request->service->node;
    struct ledger_position position;
    struct division division;
    uint64_t commits = 0;
    bool over = typed == NULL;

    (void)node_await_commit(node, &commits, 0);
    while (read_position(request, answer, &division, &position)) {
        const uint64_t now_ms = clock_mono_ms(clock);

        if (over || position.digest_lsn > after || now_ms >= end_ms) {
            write_digest(&answer->body, division, &position);
            return;
        }
        over = !node_await_commit(node, &commits, (uint32_t)(end_ms - now_ms));
    }
}
