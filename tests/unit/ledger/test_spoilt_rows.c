/* What people ask, of a store of which one read goes wrong. Whichever read that is: the answer is
 * the true one, or the txn knows that it is none. No sum is ever told from rows that cannot be
 * read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/choices.h"
#include "node/ledger/query/closed.h"
#include "node/ledger/query/history.h"
#include "node/ledger/query/line_list.h"
#include "node/ledger/query/lines.h"
#include "node/ledger/query/list.h"
#include "node/ledger/query/names.h"
#include "node/ledger/query/passed.h"
#include "node/ledger/query/report_year.h"
#include "node/ledger/query/sources.h"
#include "node/ledger/query/trace.h"
#include "node/ledger/query/years.h"
#include "node/ledger/rows/registry.h"
#include "tests/harness/spoiling_store.h"
#include "tests/unit/ledger/queried_tree.h"

/* --- an answer, as words --- */

static struct buf told;

static void tell(const char *text)
{
    buf_append_bytes(&told, bytes_text(text));
    buf_append_bytes(&told, bytes_text(" "));
}

static void tell_bytes(struct bytes bytes)
{
    buf_append_bytes(&told, bytes);
    tell("");
}

static void tell_amount(int128 fen)
{
    char text[AMOUNT_TEXT_MAX];

    amount_format(text, fen);
    tell(text);
}

static void tell_number(uint64_t number)
{
    tell_amount((int128)number);
}

static void tell_accounts(const int128 balance[ACCOUNTS])
{
    for (int i = 0; i < ACCOUNTS; i++) {
        tell_amount(balance[i]);
    }
}

/* --- questions --- */

struct asking {
    struct txn *txn;
    const struct store *store;
    const struct roster *roster;
    struct division of;
};

static void tell_balance(void *arg, const struct balance_row *row)
{
    (void)arg;
    tell(row->key);
    tell_number(row->account);
    tell_amount(row->debit);
    tell_amount(row->credit);
}

static void ask_own_balances(const struct asking *asking)
{
    for (int by = 0; by < DIMENSIONS; by++) {
        query_balance(asking->txn, asking->roster, asking->of, SCOPE_OWN, 2026, (enum dimension)by,
                      tell_balance, NULL);
    }
}

static void ask_balances_below(const struct asking *asking)
{
    for (int by = 0; by < DIMENSIONS; by++) {
        query_balance(asking->txn, asking->roster, asking->of, SCOPE_SUBTREE, 0, (enum dimension)by,
                      tell_balance, NULL);
    }
}

static bool tell_row(void *arg, const struct document_row *row)
{
    (void)arg;
    tell(row->id);
    tell(row->state);
    tell(row->answer_id);
    tell_amount(row->amount);
    tell_amount(row->adjusted);
    tell_accounts(row->balances);
    return true;
}

static void ask_documents(const struct asking *asking)
{
    static const char *const ids[] = {"B-1", "T-1", "A-1", "L-1",  "R-1",  "T-2", "R-2",
                                      "A-3", "P-1", "V-1", "AG-1", "PR-1", "D-1"};
    struct document_row row;

    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        if (query_document(asking->txn, asking->of, bytes_text(ids[i]), &row)) {
            (void)tell_row(NULL, &row);
        }
    }
}

static void ask_lists(const struct asking *asking)
{
    static const uint32_t kinds[] = {KIND_BUDGET, KIND_TRANSFER, KIND_PAYMENT, KIND_ALLOCATE};

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        size_t reads_left = 1000;

        query_list(asking->txn, asking->of, kinds[i], 2026, tell_row, NULL);
        tell_number(query_list_count(asking->txn, asking->of, kinds[i], 2026, &reads_left));
        tell_number(query_list_count(asking->txn, asking->of, kinds[i], 0, &reads_left));
    }
}

static void tell_listed(void *arg, const struct listed *listed)
{
    (void)arg;
    tell_bytes(listed->id);
    tell(listed->state);
    tell(listed->receiver.code);
    tell_bytes(listed->agency);
    tell_bytes(listed->project);
    tell_bytes(document_about(listed->document));
}

static void ask_filtered(const struct asking *asking)
{
    const struct list_filter filters[] = {
        {.kind = KIND_TRANSFER, .doc_no = bytes_text("1"), .issuer = asking->of},
        {.kind = KIND_PAYMENT, .agency = bytes_text("001001"), .text = bytes_text("P")},
        {.kind = KIND_ALLOCATE, .project = bytes_text("540000260001"), .state = "released"},
        {.kind = KIND_ALLOCATE, .year = 2026, .has_least = true, .least = 1},
    };

    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        struct list_page page = {.rows_max = 100, .read_max = 100, .bytes_max = 1 << 20};
        struct bodies bodies;

        bodies_open(&bodies, asking->store, NULL);
        list_documents_of(asking->txn, &bodies, &filters[i], asking->of, 0, BYTES_NONE, &page,
                          tell_listed, NULL);
        bodies_close(&bodies);
    }
}

static void ask_chains(const struct asking *asking)
{
    for (int scope = SCOPE_OWN; scope <= SCOPE_SUBTREE; scope++) {
        struct chain_row row;

        query_chain(asking->txn, asking->of, (enum scope)scope, 2026, &row);
        tell_amount(row.received);
        tell_amount(row.allocated);
        tell_amount(row.passed_down);
        tell_amount(row.in_transit);
        tell_amount(row.unallocated);
        tell_amount(row.released);
        tell_amount(row.paid);
    }
}

static void tell_edge(void *arg, const struct reconcile_row *row)
{
    (void)arg;
    tell(row->receiver.code);
    tell(row->fund);
    tell(row->project);
    tell_number(row->documents);
    tell_number(row->to_register);
    tell_amount(row->issued);
    tell_amount(row->registered);
    tell_amount(row->returned);
    tell_amount(row->in_transit);
    tell_amount(row->difference);
}

static void ask_edges(const struct asking *asking)
{
    size_t reads_left = 1000;

    tell_number(query_reconcile(asking->txn, asking->of, &reads_left, tell_edge, NULL));
}

static void tell_sums(void *arg, const struct line_sums *row)
{
    (void)arg;
    tell(row->key[0]);
    tell(row->key[1]);
    tell_accounts(row->balance);
}

static void ask_lines(const struct asking *asking)
{
    struct line_request request = {
        .divisions = &asking->of, .division_count = 1, .year = 2026, .read_max = 1000};

    for (int by = 0; by < LINE_ELEMENTS; by++) {
        request.by[0] = (enum line_element)by;
        request.by[1] = LINE_FUND;
        request.by_count = 2;
        request.roster = by % 2 == 0 ? NULL : asking->roster;
        tell_number(query_lines(asking->txn, &request, tell_sums, NULL));
    }
}

static void ask_line_list(const struct asking *asking)
{
    struct line_items items = {0};
    const struct line_filter filter = {.division = asking->of,
                                       .year = 2026,
                                       .by_agency = true,
                                       .agency = bytes_text("001001"),
                                       .fund = bytes_text("111")};

    tell_number(query_line_list(asking->txn, &filter, 1000, &items));
    for (size_t i = 0; i < items.count; i++) {
        tell(items.at[i].id);
        tell(items.at[i].project);
        tell_accounts(items.at[i].balance);
    }
    line_items_free(&items);
}

static void tell_passed(void *arg, const struct passed_row *row)
{
    (void)arg;
    tell(row->receiver.code);
    tell_number(row->documents);
    tell_amount(row->settled);
    tell_amount(row->in_transit);
    tell_number(row->overdue);
    tell(row->oldest_id);
}

static void ask_passed(const struct asking *asking)
{
    size_t reads_left = 1000;

    tell_number(query_passed(
        asking->txn,
        &(struct passed_request){
            .issuer = asking->of, .year = 2026, .today = 30000, .reads_left = &reads_left},
        tell_passed, NULL));
}

static void tell_moved(void *arg, const struct moved *moved)
{
    (void)arg;
    tell_number(moved->lsn);
    tell_amount(moved->amount);
}

static void ask_history(const struct asking *asking)
{
    size_t reads_left = 1000;

    tell_number(query_history(
        asking->txn,
        &(struct history_request){.author = asking->of, .year = 2026, .reads_left = &reads_left},
        tell_moved, NULL));
}

static void tell_source(void *arg, const struct source_row *row)
{
    (void)arg;
    tell_number(row->account);
    tell_amount(row->chain.received);
    tell_amount(row->chain.paid);
}

static void ask_sources(const struct asking *asking)
{
    tell_number(query_sources(
        asking->txn,
        &(struct source_request){.division = asking->of, .year = 2026, .read_max = 1000},
        tell_source, NULL));
}

static void tell_step(void *arg, const struct trace_step *step)
{
    (void)arg;
    tell(step->relation);
    (void)tell_row(NULL, &step->row);
}

static void ask_traces(const struct asking *asking)
{
    static const char *const ids[] = {"B-1", "R-1", "R-2", "V-1", "540000260001"};

    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        struct trace_page page;
        const struct trace_request request = {
            .author = asking->of, .id = bytes_text(ids[i]), .steps_max = 100};

        tell_number(query_trace(asking->txn, &request, tell_step, NULL, &page));
        tell_number(page.total);
    }
}

static bool tell_code(void *arg, struct bytes code, const struct catalogue_row *row)
{
    (void)arg;
    tell_bytes(code);
    tell_bytes(row->name);
    return true;
}

static bool tell_line(void *arg, struct bytes id, const struct indicator *line)
{
    (void)arg;
    tell_bytes(id);
    tell_accounts(line->balance);
    tell_number(choice_fits(line, KIND_TRANSFER));
    return true;
}

static void ask_choices(const struct asking *asking)
{
    choices_of_set(asking->txn, bytes_text("exp_func"), 0, BYTES_NONE, tell_code, NULL);
    choices_of_owner(asking->txn, ROW_AGENCY, asking->of, BYTES_NONE, tell_code, NULL);
    choices_of_owner(asking->txn, ROW_PROJECT, asking->of, BYTES_NONE, tell_code, NULL);
    choices_of_lines(asking->txn, asking->of, BYTES_NONE, tell_line, NULL);
}

static void ask_names(const struct asking *asking)
{
    tell(name_owner(asking->txn, asking->roster, ROW_AGENCY, asking->of, DIVISION_NONE,
                    bytes_text("001001"))
             .code);
    tell_bytes(name_of_owned(asking->txn, asking->roster, ROW_PROJECT, asking->of,
                             bytes_text("540000260001")));
    tell_bytes(name_of_code(asking->txn, FIELD_EXP_FUNC_CODE, 2026, bytes_text("2050202")));
}

static void ask_years(const struct asking *asking)
{
    struct year_state years[YEARS_MAX];
    struct year_hindrances hindrances;
    struct buf open = BUF_EMPTY;
    int128 sums[ACCOUNTS];
    const size_t count = query_years(asking->txn, asking->of, 2026, years);

    for (size_t i = 0; i < count; i++) {
        tell_number((uint64_t)years[i].year);
        tell(year_standing_name(years[i].standing));
        tell_number(years[i].months_closed);
    }
    query_year_hindrances(asking->txn, asking->of, 2026, true, &hindrances);
    tell_accounts(hindrances.balance);
    for (int i = 0; i < OPEN_LISTS; i++) {
        tell_number(hindrances.of[i].count);
        tell_amount(hindrances.of[i].amount);
    }
    tell_number(query_not_closed(asking->txn, asking->roster, asking->of, 2026, &open));
    buf_free(&open);
    closing_sums_of_year(asking->txn, asking->of, 2025, sums);
    tell_accounts(sums);
    tell_number((uint64_t)query_report_year(asking->txn, asking->of, 2026));
}

static const struct {
    const char *name;
    void (*ask)(const struct asking *asking);
} questions[] = {
    {"own balances", ask_own_balances},
    {"balances below", ask_balances_below},
    {"documents", ask_documents},
    {"lists", ask_lists},
    {"filtered", ask_filtered},
    {"chains", ask_chains},
    {"edges", ask_edges},
    {"lines", ask_lines},
    {"line list", ask_line_list},
    {"passed", ask_passed},
    {"history", ask_history},
    {"sources", ask_sources},
    {"traces", ask_traces},
    {"choices", ask_choices},
    {"names", ask_names},
    {"years", ask_years},
};

/* --- each read of each question --- */

static enum status ask(struct tree *tree, const struct store *store, enum office_name of,
                       size_t question)
{
    const struct asking asking = {txn_open(store, NULL), store, tree_roster(tree),
                                  tree_division(of)};
    enum status status;
    struct err err;

    told.size = 0;
    questions[question].ask(&asking);
    status = txn_status(asking.txn, &err);
    txn_free(asking.txn);
    return status;
}

/* The number of answers that a spoilt read left as they are though nothing was said. */
static size_t spoil_each(struct tree *tree, enum office_name at, enum office_name of,
                         size_t question, enum spoiling how)
{
    struct spoiling_store spoiling;
    const struct store store = spoiling_store_of(&spoiling, *tree_store(tree, at));
    struct buf truth = BUF_EMPTY;
    size_t said = 0;

    assert_int_equal(ask(tree, &store, of, question), OK);
    buf_append_bytes(&truth, buf_bytes(&told));
    for (size_t read = 0;; read++) {
        enum status status;

        spoiling_store_begin(&spoiling, how, read);
        status = ask(tree, &store, of, question);
        if (!spoiling.spoilt) {
            break;
        }
        if (how == SPOILS_READ && status != ERR_IO) {
            fail_msg("%s of %s: read %zu in space %d failed, and nothing is known of it",
                     questions[question].name, tree_division(of).code, read, spoiling.space);
        }
        if (status == OK && !bytes_equal(buf_bytes(&told), buf_bytes(&truth))) {
            fail_msg("%s of %s: row %zu (%.*s in space %d) is cut, and the answer is another",
                     questions[question].name, tree_division(of).code, read, (int)spoiling.key.size,
                     (const char *)spoiling.key.data, spoiling.space);
        }
        said += status != OK;
    }
    buf_free(&truth);
    return said;
}

static void each_question(struct tree *tree, enum spoiling how)
{
    static const enum office_name of[] = {REGION, LHASA, LINZHOU};

    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        size_t said = 0;

        for (size_t k = 0; k < COUNT_OF(of); k++) {
            said += spoil_each(tree, REGION, of[k], i, how);
        }
        assert_true(said > 0); /* it read something at all */
    }
    buf_free(&told);
}

static int set_up_more(void **state)
{
    struct tree *tree;

    (void)set_up(state);
    tree = *state;
    DO(tree, REGION, "transfer", "D-1", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "30", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    return 0;
}

static void a_read_that_fails_is_known(void **state)
{
    each_question(*state, SPOILS_READ);
}

static void a_row_that_is_cut_is_no_answer(void **state)
{
    each_question(*state, SPOILS_ROW);
    each_question(*state, SPOILS_HALF);
    each_question(*state, SPOILS_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_read_that_fails_is_known, set_up_more, tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_is_cut_is_no_answer, set_up_more, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
