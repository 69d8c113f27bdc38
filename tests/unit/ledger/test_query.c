/* What people ask, over a tree in which money went all the way down and was paid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/query/trace.h"
#include "node/ledger/rows/rows.h"
#include "tests/harness/counted_store.h"
#include "tests/unit/ledger/tree.h"

static int set_up(void **state)
{
    struct tree *tree = tree_new();

    tree_carry_money(tree);
    *state = tree;
    return 0;
}

static int tear_down(void **state)
{
    tree_free(*state);
    return 0;
}

static struct txn *reader(struct tree *tree, enum office_name office)
{
    return txn_open(tree_store(tree, office), NULL);
}

/* Everything visited becomes one line of text: a test then compares what a person would read. */
struct lines {
    char text[8192];
    size_t size;
};

static void add_text(struct lines *lines, const char *text)
{
    const size_t size = strlen(text);

    assert_true(size < sizeof lines->text - lines->size);
    memcpy(lines->text + lines->size, text, size + 1);
    lines->size += size;
}

static void add_amount(struct lines *lines, const char *name, int128 fen)
{
    char amount[AMOUNT_TEXT_MAX];

    amount_format(amount, fen);
    add_text(lines, " ");
    add_text(lines, name);
    add_text(lines, name[0] == '\0' ? "" : "=");
    add_text(lines, amount);
}

/* --- balances --- */

static void add_balance(void *arg, const struct balance_row *row)
{
    struct lines *lines = arg;
    const struct account_info *info = account_info(row->account);
    const int128 net = row->debit - row->credit;

    add_text(lines, row->key);
    if (strcmp(row->key, info->mnemonic) != 0) {
        add_text(lines, "/");
        add_text(lines, info->mnemonic);
    }
    add_amount(lines, "", info->normal < 0 ? -net : net);
    add_text(lines, "\n");
}

static void expect_balance(struct tree *tree, enum office_name at, enum office_name of,
                           enum scope scope, int year, enum dimension by, const char *want)
{
    struct lines lines = {"", 0};
    struct txn *txn = reader(tree, at);

    query_balance(txn, tree_roster(tree), tree_division(of), scope, year, by, add_balance, &lines);
    txn_free(txn);
    assert_string_equal(lines.text, want);
}

/* The worked example of the domain, at every level that may see it. */
static void every_level_reads_the_same_own_balances(void **state)
{
    static const char *const own[] = {
        [REGION] = "SRC_APPROVED 1000.00\nUNALLOC 300.00\nPENDING 0.00\nAVAIL 100.00\n"
                   "TRANSIT 0.00\nXFER_OUT 600.00\n",
        [LHASA] = "SRC_TRANSFER_IN 600.00\nUNALLOC 100.00\nPENDING 0.00\nAVAIL 300.00\n"
                  "TRANSIT 0.00\nXFER_OUT 200.00\n",
        [LINZHOU] = "SRC_TRANSFER_IN 200.00\nUNALLOC 50.00\nPENDING 0.00\nAVAIL 90.00\n"
                    "COMMIT 20.00\nSPENT 40.00\n",
    };

    expect_balance(*state, REGION, REGION, SCOPE_OWN, 2026, BY_ACCOUNT, own[REGION]);
    expect_balance(*state, LHASA, LHASA, SCOPE_OWN, 0, BY_ACCOUNT, own[LHASA]);
    expect_balance(*state, REGION, LHASA, SCOPE_OWN, 2026, BY_ACCOUNT, own[LHASA]);
    expect_balance(*state, LINZHOU, LINZHOU, SCOPE_OWN, 2026, BY_ACCOUNT, own[LINZHOU]);
    expect_balance(*state, LHASA, LINZHOU, SCOPE_OWN, 0, BY_ACCOUNT, own[LINZHOU]);
    expect_balance(*state, REGION, LINZHOU, SCOPE_OWN, 2026, BY_ACCOUNT, own[LINZHOU]);
}

static void a_jurisdiction_counts_transfers_once(void **state)
{
    expect_balance(*state, REGION, REGION, SCOPE_SUBTREE, 2026, BY_ACCOUNT,
                   "SRC_APPROVED 1000.00\nUNALLOC 450.00\nPENDING 0.00\nAVAIL 490.00\n"
                   "COMMIT 20.00\nSPENT 40.00\nTRANSIT 0.00\n");
    expect_balance(*state, REGION, LHASA, SCOPE_SUBTREE, 2026, BY_ACCOUNT,
                   "SRC_TRANSFER_IN 600.00\nUNALLOC 150.00\nPENDING 0.00\nAVAIL 390.00\n"
                   "COMMIT 20.00\nSPENT 40.00\nTRANSIT 0.00\n");
    expect_balance(*state, LHASA, LHASA, SCOPE_SUBTREE, 0, BY_ACCOUNT,
                   "SRC_TRANSFER_IN 600.00\nUNALLOC 150.00\nPENDING 0.00\nAVAIL 390.00\n"
                   "COMMIT 20.00\nSPENT 40.00\nTRANSIT 0.00\n");
}

static void balances_are_asked_by_any_dimension(void **state)
{
    expect_balance(*state, REGION, REGION, SCOPE_OWN, 2026, BY_PROJECT,
                   "/SRC_APPROVED 1000.00\n/UNALLOC 300.00\n/TRANSIT 0.00\n/XFER_OUT 600.00\n"
                   "540000260001/PENDING 0.00\n540000260001/AVAIL 100.00\n");
    expect_balance(*state, LINZHOU, LINZHOU, SCOPE_OWN, 2026, BY_FUND,
                   "111/SRC_TRANSFER_IN 200.00\n111/UNALLOC 50.00\n111/PENDING 0.00\n"
                   "111/AVAIL 90.00\n111/COMMIT 20.00\n111/SPENT 40.00\n");
    expect_balance(*state, LINZHOU, LINZHOU, SCOPE_OWN, 2026, BY_AGENCY,
                   "/SRC_TRANSFER_IN 200.00\n/UNALLOC 50.00\n001001/PENDING 0.00\n"
                   "001001/AVAIL 90.00\n001001/COMMIT 20.00\n001001/SPENT 40.00\n");
    expect_balance(*state, LINZHOU, LINZHOU, SCOPE_OWN, 2026, BY_FUNCTION,
                   "2050202/SRC_TRANSFER_IN 200.00\n2050202/UNALLOC 50.00\n2050202/PENDING 0.00\n"
                   "2050202/AVAIL 90.00\n2050202/COMMIT 20.00\n2050202/SPENT 40.00\n");
}

static void all_years_are_summed_by_default(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "budget", "B-2027", "fiscal_year", "2027", "stage", "reply", "fund_type_code",
       "111", "amount", "7", "approval_ref", "藏人发〔2027〕1号");
    tree_seal(tree);
    expect_balance(tree, REGION, REGION, SCOPE_OWN, 2027, BY_ACCOUNT,
                   "SRC_APPROVED 7.00\nUNALLOC 7.00\n");
    expect_balance(tree, REGION, REGION, SCOPE_OWN, 0, BY_ACCOUNT,
                   "SRC_APPROVED 1007.00\nUNALLOC 307.00\nPENDING 0.00\nAVAIL 100.00\n"
                   "TRANSIT 0.00\nXFER_OUT 600.00\n");
    expect_balance(tree, REGION, REGION, SCOPE_OWN, 2025, BY_ACCOUNT, "");
}

static void who_wrote_nothing_has_no_rows(void **state)
{
    expect_balance(*state, REGION, SANGZHUZI, SCOPE_OWN, 0, BY_ACCOUNT, "");
    expect_balance(*state, REGION, SHIGATSE, SCOPE_SUBTREE, 0, BY_ACCOUNT, "");
    expect_balance(*state, SHIGATSE, LHASA, SCOPE_OWN, 0, BY_ACCOUNT, "");
}

/* --- documents --- */

static void documents_tell_their_state(void **state)
{
    static const struct {
        enum office_name at, author;
        const char *id, *state, *answer;
        int64_t amount;
    } cases[] = {
        {REGION, REGION, "B-1", "approved", "", 100000},
        {REGION, REGION, "T-1", "registered", "R-1", 60000},
        {REGION, REGION, "A-1", "released", "", 10000},
        {LHASA, LHASA, "T-2", "registered", "R-2", 20000},
        {REGION, LHASA, "T-2", "registered", "R-2", 20000},
        {LINZHOU, LINZHOU, "P-1", "part_paid", "", 6000},
        {REGION, LINZHOU, "V-1", "entered", "", 4000},
    };
    struct document_row row;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct txn *txn = reader(*state, cases[i].at);

        if (!query_document(txn, tree_division(cases[i].author), bytes_text(cases[i].id), &row)) {
            fail_msg("%s is not there", cases[i].id);
        }
        txn_free(txn);
        assert_string_equal(row.id, cases[i].id);
        assert_string_equal(row.state, cases[i].state);
        assert_string_equal(row.answer_id, cases[i].answer);
        assert_int_equal(row.amount, cases[i].amount);
        assert_int_equal(row.year, 2026);
        assert_true(row.lsn > 0 && row.time_ms > 0);
    }
}

static void an_indicator_shows_its_balances(void **state)
{
    struct txn *txn = reader(*state, REGION);
    struct document_row row;

    assert_true(query_document(txn, tree_division(LINZHOU), bytes_text("A-3"), &row));
    assert_int_equal(row.balances[ACC_AVAIL], 9000);
    assert_int_equal(row.balances[ACC_COMMIT], 2000);
    assert_int_equal(row.balances[ACC_SPENT], 4000);
    assert_true(query_document(txn, tree_division(LINZHOU), bytes_text("R-2"), &row));
    assert_int_equal(row.balances[ACC_SRC_TRANSFER_IN], 20000);
    assert_int_equal(row.balances[ACC_UNALLOC], 5000);
    txn_free(txn);
}

/* A register is answered in its turn by the settle of its issuer. */
static void an_answer_names_its_settle(void **state)
{
    struct txn *txn = reader(*state, LHASA);
    struct document_row answer, settle;

    assert_true(query_document(txn, tree_division(LINZHOU), bytes_text("R-2"), &answer));
    assert_string_equal(answer.state, "registered");
    assert_int_equal(answer.answer_id[0], '.');
    assert_true(query_document(txn, tree_division(LHASA), bytes_text(answer.answer_id), &settle));
    assert_int_equal(settle.kind, KIND_SETTLE);
    assert_int_equal(settle.amount, 20000);
    txn_free(txn);
}

static void what_is_not_held_is_not_there(void **state)
{
    static const char long_id[] = "123456789012345678901234567890123456789";
    struct txn *txn = reader(*state, SHIGATSE);
    struct document_row row;

    assert_false(query_document(txn, tree_division(LHASA), bytes_text("R-1"), &row));
    assert_false(query_document(txn, tree_division(REGION), bytes_text("B-1"), &row));
    assert_false(query_document(txn, tree_division(SHIGATSE), bytes_text("nothing"), &row));
    assert_false(query_document(txn, tree_division(SHIGATSE), BYTES_NONE, &row));
    assert_false(query_document(txn, tree_division(SHIGATSE), bytes_text(long_id), &row));
    txn_free(txn);
}

/* --- lists --- */

struct listing {
    struct lines lines;
    size_t rows, rows_max;
    uint64_t last_lsn;
};

static bool add_listed(void *arg, const struct document_row *row)
{
    struct listing *listing = arg;

    if (listing->rows == listing->rows_max) {
        return false;
    }
    assert_true(row->lsn > listing->last_lsn);
    listing->rows++;
    listing->last_lsn = row->lsn;
    add_text(&listing->lines, row->id);
    add_text(&listing->lines, " ");
    return true;
}

static void enter_budgets(struct tree *tree)
{
    for (int i = 0; i < 7; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "N-%d", i);
        DO(tree, REGION, "budget", id, "fiscal_year", i % 2 == 0 ? "2026" : "2027", "stage",
           "reply", "fund_type_code", "111", "amount", "1", "approval_ref", "1");
        if (i == 3) {
            tree_seal(tree);
        }
    }
    tree_seal(tree);
}

static void lists_are_in_the_order_of_the_log(void **state)
{
    struct listing listing = {.rows_max = SIZE_MAX};
    struct tree *tree = *state;
    struct txn *txn;

    enter_budgets(tree);
    txn = reader(tree, REGION);
    query_list(txn, tree_division(REGION), KIND_BUDGET, 0, add_listed, &listing);
    assert_string_equal(listing.lines.text, "B-1 N-0 N-1 N-2 N-3 N-4 N-5 N-6 ");
    listing = (struct listing){.rows_max = SIZE_MAX};
    query_list(txn, tree_division(REGION), KIND_BUDGET, 2027, add_listed, &listing);
    assert_string_equal(listing.lines.text, "N-1 N-3 N-5 ");
    listing = (struct listing){.rows_max = SIZE_MAX};
    query_list(txn, tree_division(REGION), KIND_PAYMENT, 0, add_listed, &listing);
    assert_string_equal(listing.lines.text, "");
    query_list(txn, tree_division(LINZHOU), KIND_PAYMENT, 0, add_listed, &listing);
    assert_string_equal(listing.lines.text, "P-1 ");
    txn_free(txn);
}

/* --- traces --- */

static void add_step(void *arg, const struct trace_step *step)
{
    struct lines *lines = arg;

    for (unsigned i = 0; i < step->depth; i++) {
        add_text(lines, " ");
    }
    add_text(lines, step->relation);
    add_text(lines, " ");
    add_text(lines, step->row.author.code);
    add_text(lines, " ");
    /* Ids of nodes are their own business. */
    add_text(lines, step->row.id[0] == '.' ? "." : step->row.id);
    add_text(lines, "\n");
}

static size_t count_lines(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++) {
        count += *text == '\n';
    }
    return count;
}

/* Page after page of `steps_max` steps, put together. */
static void trace_in_pages(struct txn *txn, enum office_name author, const char *id,
                           size_t steps_max, struct lines *lines)
{
    struct trace_request request = {.author = tree_division(author),
                                    .id = bytes_text(id),
                                    .after = DIVISION_NONE,
                                    .steps_max = steps_max};
    struct trace_page page;
    char after_id[DOCUMENT_ID_MAX + 1];
    uint64_t shown = 0;

    do {
        if (query_trace(txn, &request, add_step, lines, &page) == TRACE_UNKNOWN) {
            return;
        }
        shown += page.shown;
        memcpy(after_id, page.next_id, sizeof after_id);
        request.after = page.next;
        request.after_id = bytes_text(after_id);
        assert_true(page.total_exact);
        assert_true(page.complete == division_is_none(page.next));
        assert_true(page.complete || page.shown == steps_max);
    } while (!page.complete);
    assert_int_equal(page.total, shown);
}

/* At once, and in pages of every size. */
static void expect_trace(struct tree *tree, enum office_name at, enum office_name author,
                         const char *id, const char *want)
{
    for (size_t steps_max = count_lines(want) + 1; steps_max > 0; steps_max--) {
        struct lines lines = {"", 0};
        struct txn *txn = reader(tree, at);

        trace_in_pages(txn, author, id, steps_max, &lines);
        txn_free(txn);
        assert_string_equal(lines.text, want);
    }
}

static void a_budget_is_traced_down_to_the_receipt(void **state)
{
    expect_trace(*state, REGION, REGION, "B-1",
                 "this 540000 B-1\n"
                 " transferred 540000 T-1\n"
                 "  settled_by 540000 .\n"
                 "  registered_as 540100 R-1\n"
                 "   transferred 540100 T-2\n"
                 "    settled_by 540100 .\n"
                 "    registered_as 540121 R-2\n"
                 "     allocated 540121 A-3\n"
                 "      released 540121 L-3\n"
                 "      applied 540121 P-1\n"
                 "       paid 540121 V-1\n"
                 "   allocated 540100 A-2\n"
                 "    released 540100 L-2\n"
                 " allocated 540000 A-1\n"
                 "  released 540000 L-1\n");
}

static void a_receipt_is_traced_up_to_the_budget(void **state)
{
    expect_trace(*state, REGION, LINZHOU, "V-1",
                 "origin 540000 B-1\n"
                 " origin 540000 T-1\n"
                 "  origin 540100 R-1\n"
                 "   origin 540100 T-2\n"
                 "    origin 540121 R-2\n"
                 "     origin 540121 A-3\n"
                 "      origin 540121 P-1\n"
                 "       this 540121 V-1\n");
}

/* Further up than the transfer that was addressed to it, a county holds nothing. */
static void a_trace_ends_where_this_node_sees_nothing(void **state)
{
    expect_trace(*state, LINZHOU, LINZHOU, "P-1",
                 "origin 540100 T-2\n"
                 " origin 540121 R-2\n"
                 "  origin 540121 A-3\n"
                 "   this 540121 P-1\n"
                 "    paid 540121 V-1\n");
    expect_trace(*state, SHIGATSE, LHASA, "R-1", "");
}

static void a_trace_calls_every_step_by_its_name(void **state)
{
    struct tree *tree = *state;

    DO(tree, LINZHOU, "refund", "RF-1", "pay_app_id", "P-1", "amount", "10", "reason", "退");
    DO(tree, LINZHOU, "payment_cancel", "C-1", "pay_app_id", "P-1", "reason", "重复");
    DO(tree, LINZHOU, "freeze", "F-1", "bgt_id", "A-3", "amount", "10", "reason", "核查");
    DO(tree, LINZHOU, "unfreeze", "U-1", "bgt_id", "A-3", "amount", "5", "reason", "核查完毕");
    DO(tree, LINZHOU, "reduce", "D-1", "bgt_id", "A-3", "amount", "5");
    DO(tree, REGION, "transfer", "T-9", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "5", "cor_bgt_doc_no", "9", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    DO(tree, SHIGATSE, "return", "RT-9", "bgt_id", "T-9", "reason", "不需要");
    tree_seal(tree);
    expect_trace(tree, LINZHOU, LINZHOU, "A-3",
                 "origin 540100 T-2\n"
                 " origin 540121 R-2\n"
                 "  this 540121 A-3\n"
                 "   released 540121 L-3\n"
                 "   applied 540121 P-1\n"
                 "    paid 540121 V-1\n"
                 "    refunded 540121 RF-1\n"
                 "    cancelled 540121 C-1\n"
                 "   frozen 540121 F-1\n"
                 "   unfrozen 540121 U-1\n"
                 "   reduced 540121 D-1\n");
    expect_trace(tree, REGION, REGION, "T-9",
                 "origin 540000 B-1\n"
                 " this 540000 T-9\n"
                 "  settled_by 540000 .\n"
                 "  returned_as 540200 RT-9\n");
}

/* --- what a trace costs: every row that it looks at is counted --- */

static void count_step(void *arg, const struct trace_step *step)
{
    (void)step;
    ++*(size_t *)arg;
}

/* Returns the rows read for one page. */
static size_t rows_of_page(struct tree *tree, struct trace_request *request,
                           struct trace_page *page)
{
    struct counted_store counted = {.behind = tree_store(tree, LINZHOU)};
    const struct store store = counted_store_of(&counted);
    struct txn *txn = txn_open(&store, NULL);
    size_t steps = 0;

    assert_int_equal(query_trace(txn, request, count_step, &steps, page), TRACE_DONE);
    txn_free(txn);
    assert_int_equal(steps, page->shown);
    return counted.rows;
}

/* A county's own budget, allocated, released and paid in as many payments. */
static void enter_payments(struct tree *tree, int count)
{
    DO(tree, LINZHOU, "budget", "BL", "stage", "reply", "fund_type_code", "111", "amount", "1000",
       "approval_ref", "1");
    DO(tree, LINZHOU, "allocate", "AL", "ori_bgt_id", "BL", "agency_code", "001001", "amount",
       "1000");
    DO(tree, LINZHOU, "release", "RL", "bgt_id", "AL", "cor_bgt_doc_no", "1");
    for (int i = 0; i < count; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "PM-%05d", i);
        DO(tree, LINZHOU, "payment", id, "bgt_id", "AL", "pay_app_amt", "0.01", "payee_acct_name",
           "甲", "payee_acct_no", "1", "payee_acct_bank_name", "行", "use_des", "用");
        if (i % 1000 == 999) {
            tree_seal(tree);
        }
    }
    tree_seal(tree);
}

/* A step costs its own rows and one range read; what else the ledger holds is not looked at. */
static void a_step_reads_what_it_shows_and_no_more(void **state)
{
    enum { PAYMENTS = 3000, STEPS = 20, ROWS_A_STEP = 5 };
    struct tree *tree = *state;
    struct trace_request request = {.author = tree_division(LINZHOU),
                                    .id = bytes_text("AL"),
                                    .after = DIVISION_NONE,
                                    .steps_max = STEPS};
    struct trace_page page;
    size_t rows;

    enter_payments(tree, PAYMENTS);
    rows = rows_of_page(tree, &request, &page);
    assert_int_equal(page.shown, STEPS);
    assert_false(page.complete);
    assert_int_equal(page.total, 3 + PAYMENTS); /* BL, AL, RL */
    /* And as many as one range read may gather. */
    assert_in_range(rows, 1, STEPS * ROWS_A_STEP + 40);

    request.after = tree_division(LINZHOU);
    request.after_id = bytes_text("PM-02500");
    rows = rows_of_page(tree, &request, &page);
    assert_int_equal(page.shown, STEPS);
    assert_string_equal(page.next_id, "PM-02520");
    assert_in_range(rows, 1, STEPS * ROWS_A_STEP + 40);
}

/* More consequences than any bound of one answer: pages show each of them once. */
static void a_trace_leaves_nothing_out(void **state)
{
    enum { PAYMENTS = 11000 };
    struct tree *tree = *state;
    struct trace_request request = {.author = tree_division(LINZHOU),
                                    .id = bytes_text("AL"),
                                    .after = DIVISION_NONE,
                                    .steps_max = 4000};
    struct trace_page page;
    char after_id[DOCUMENT_ID_MAX + 1];
    uint64_t shown = 0;

    enter_payments(tree, PAYMENTS);
    do {
        (void)rows_of_page(tree, &request, &page);
        shown += page.shown;
        memcpy(after_id, page.next_id, sizeof after_id);
        request.after = page.next;
        request.after_id = bytes_text(after_id);
    } while (!page.complete);
    assert_int_equal(shown, 3 + PAYMENTS);
    assert_int_equal(page.total, shown);
}

static void a_cursor_must_be_a_step_of_the_trace(void **state)
{
    static const char *const wrong[] = {"A-2", "nothing"};
    struct trace_request request = {.author = tree_division(LINZHOU),
                                    .id = bytes_text("P-1"),
                                    .after = tree_division(LINZHOU),
                                    .steps_max = 10};
    struct txn *txn = reader(*state, LINZHOU);
    struct trace_page page;
    size_t steps = 0;

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        request.after_id = bytes_text(wrong[i]);
        assert_int_equal(query_trace(txn, &request, count_step, &steps, &page), TRACE_BAD_CURSOR);
    }
    request.after_id = bytes_text("A-3"); /* its origin is one */
    assert_int_equal(query_trace(txn, &request, count_step, &steps, &page), TRACE_DONE);
    assert_int_equal(steps, 2);
    txn_free(txn);
}

/* From the lines of a project at its owner, over the transfer, to the payment. */
static void a_project_is_traced_over_all_levels(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer", "T-7", "ori_bgt_id", "B-1", "rec_div_code", "540100", "amount",
       "5", "cor_bgt_doc_no", "7", "tra_type_code", "special", "stage", "formal", "pro_code",
       "540000260001", "tp_func_code", "2050202");
    tree_seal(tree);
    DO(tree, LHASA, "register", "R-7", "bgt_id", "T-7");
    tree_seal(tree);
    expect_trace(tree, REGION, REGION, "540000260001",
                 "of_project 540000 A-1\n"
                 " released 540000 L-1\n"
                 "of_project 540000 T-7\n"
                 " settled_by 540000 .\n"
                 " registered_as 540100 R-7\n");
}

/* Ids are unique in a division only: the county's T-1 is not the region's. */
static void equal_ids_of_two_divisions_are_two_documents(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "transfer", "T-1", "ori_bgt_id", "R-1", "rec_div_code", "540121", "amount", "5",
       "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    expect_trace(tree, REGION, LHASA, "T-1",
                 "origin 540000 B-1\n"
                 " origin 540000 T-1\n"
                 "  origin 540100 R-1\n"
                 "   this 540100 T-1\n");
}

/* An answer may have the id of what it answers, which is another division's document. */
static void an_answer_under_its_transfers_id_is_not_its_own_consequence(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer", "T-7", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "5", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    DO(tree, SHIGATSE, "register", "T-7", "bgt_id", "T-7");
    DO(tree, SHIGATSE, "transfer", "T-8", "ori_bgt_id", "T-7", "rec_div_code", "540202", "amount",
       "1", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    expect_trace(tree, REGION, SHIGATSE, "T-7",
                 "origin 540000 B-1\n"
                 " origin 540000 T-7\n"
                 "  this 540200 T-7\n"
                 "   transferred 540200 T-8\n");
}

/* --- chain and edges --- */

static void the_money_chain_of_each_level(void **state)
{
    static const struct {
        enum office_name division;
        int64_t received, allocated, passed_down, unallocated, released, paid;
    } cases[] = {
        {REGION, 100000, 10000, 60000, 30000, 10000, 0},
        {LHASA, 60000, 30000, 20000, 10000, 30000, 0},
        {LINZHOU, 20000, 15000, 0, 5000, 15000, 4000},
        {SHIGATSE, 0, 0, 0, 0, 0, 0},
    };
    struct txn *txn = reader(*state, REGION);

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct chain_row row;

        query_chain(txn, tree_division(cases[i].division), SCOPE_OWN, 2026, &row);
        assert_int_equal(row.received, cases[i].received);
        assert_int_equal(row.allocated, cases[i].allocated);
        assert_int_equal(row.passed_down, cases[i].passed_down);
        assert_int_equal(row.in_transit, 0);
        assert_int_equal(row.unallocated, cases[i].unallocated);
        assert_int_equal(row.released, cases[i].released);
        assert_int_equal(row.paid, cases[i].paid);
    }
    txn_free(txn);
}

static void add_reconcile_row(void *arg, const struct reconcile_row *row)
{
    struct lines *lines = arg;
    char counts[64];

    add_text(lines, row->issuer.code);
    add_text(lines, "->");
    add_text(lines, row->receiver.code);
    add_text(lines, " ");
    add_text(lines, row->fund);
    add_text(lines, "/");
    add_text(lines, row->project);
    (void)snprintf(counts, sizeof counts, " documents=%u open=%u", (unsigned)row->documents,
                   (unsigned)row->open);
    add_text(lines, counts);
    add_amount(lines, "issued", row->issued);
    add_amount(lines, "registered", row->registered);
    add_amount(lines, "returned", row->returned);
    add_amount(lines, "transit", row->in_transit);
    add_amount(lines, "difference", row->difference);
    add_text(lines, "\n");
}

static void expect_edges(struct tree *tree, enum office_name at, enum office_name issuer,
                         const char *want)
{
    struct lines lines = {"", 0};
    struct txn *txn = reader(tree, at);

    size_t reads_left = 100000, few = 1;

    assert_true(
        query_reconcile(txn, tree_division(issuer), &reads_left, add_reconcile_row, &lines));
    assert_string_equal(lines.text, want);
    if (100000 - reads_left > 1) { /* with too few nothing is said that is only a part */
        lines = (struct lines){"", 0};
        assert_false(query_reconcile(txn, tree_division(issuer), &few, add_reconcile_row, &lines));
        assert_string_equal(lines.text, "");
    }
    txn_free(txn);
}

static void edges_are_reconciled_per_receiver(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer", "T-3", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "30", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    DO(tree, REGION, "transfer", "T-4", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "40", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    expect_edges(
        tree, REGION, REGION,
        "540000->540100 111/ documents=1 open=0 issued=600.00 registered=600.00 "
        "returned=0.00 transit=0.00 difference=0.00\n"
        "540000->540200 111/ documents=2 open=2 issued=70.00 registered=0.00 returned=0.00 "
        "transit=70.00 difference=0.00\n");
    DO(tree, SHIGATSE, "return", "X-3", "bgt_id", "T-3", "reason", "项目已取消");
    DO(tree, SHIGATSE, "register", "R-4", "bgt_id", "T-4");
    tree_seal(tree);
    expect_edges(tree, REGION, REGION,
                 "540000->540100 111/ documents=1 open=0 issued=600.00 registered=600.00 "
                 "returned=0.00 transit=0.00 difference=0.00\n"
                 "540000->540200 111/ documents=2 open=0 issued=70.00 registered=40.00 "
                 "returned=30.00 transit=0.00 difference=0.00\n");
    expect_edges(tree, SHIGATSE, REGION,
                 "540000->540200 111/ documents=2 open=0 issued=70.00 registered=40.00 "
                 "returned=30.00 transit=0.00 difference=0.00\n");
}

static void edges_part_by_fund_and_project(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "budget", "B-2", "stage", "reply", "fund_type_code", "12", "amount", "100",
       "approval_ref", "1", "exp_func_code", "2050202");
    DO(tree, REGION, "transfer", "T-3", "ori_bgt_id", "B-1", "rec_div_code", "540100", "amount",
       "30", "cor_bgt_doc_no", "1", "tra_type_code", "special", "stage", "formal", "pro_code",
       "540000260001", "tp_func_code", "2300248");
    DO(tree, REGION, "transfer", "T-4", "ori_bgt_id", "B-2", "rec_div_code", "540100", "amount",
       "40", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    expect_edges(tree, REGION, REGION,
                 "540000->540100 111/ documents=1 open=0 issued=600.00 registered=600.00 "
                 "returned=0.00 transit=0.00 difference=0.00\n"
                 "540000->540100 111/540000260001 documents=1 open=1 issued=30.00 "
                 "registered=0.00 returned=0.00 transit=30.00 difference=0.00\n"
                 "540000->540100 12/ documents=1 open=1 issued=40.00 registered=0.00 "
                 "returned=0.00 transit=40.00 difference=0.00\n");
}

/* What was registered of a transfer that its issuer's log never issued is a difference. */
static void a_transfer_never_issued_is_a_difference(void **state)
{
    const struct row_key key =
        row_key_of(ROW_TRANSFER_MATCH, tree_division(LHASA), bytes_text("T-2"));
    struct txn *txn = reader(*state, REGION);
    struct transfer_match match;
    struct bytes value;

    assert_true(transfer_match_load(txn, tree_division(LHASA), bytes_text("T-2"), &match));
    match.transfer_lsn = match.settle_lsn = 0;
    transfer_match_store(txn, tree_division(LHASA), bytes_text("T-2"), &match);
    assert_true(txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value));
    tree_tamper(*state, REGION, SPACE_LEDGER, row_key_bytes(&key), value);
    txn_free(txn);
    expect_edges(*state, REGION, LHASA,
                 "540100->540121 111/ documents=1 open=1 issued=0.00 registered=200.00 "
                 "returned=0.00 transit=0.00 difference=200.00\n");
}

/* The region's issue reaches everybody; the city's answer is on its way. */
static void what_is_on_its_way_is_in_transit_for_both(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer", "T-3", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "30", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    tree_hold_back(tree, SHIGATSE, true);
    DO(tree, SHIGATSE, "register", "R-3", "bgt_id", "T-3");
    tree_seal(tree);
    expect_edges(tree, SHIGATSE, REGION,
                 "540000->540200 111/ documents=1 open=1 issued=30.00 registered=30.00 "
                 "returned=0.00 transit=0.00 difference=0.00\n");
    expect_balance(tree, REGION, REGION, SCOPE_SUBTREE, 2026, BY_ACCOUNT,
                   "SRC_APPROVED 1000.00\nUNALLOC 420.00\nPENDING 0.00\nAVAIL 490.00\n"
                   "COMMIT 20.00\nSPENT 40.00\nTRANSIT 30.00\n");
    tree_hold_back(tree, SHIGATSE, false);
    expect_balance(tree, REGION, REGION, SCOPE_SUBTREE, 2026, BY_ACCOUNT,
                   "SRC_APPROVED 1000.00\nUNALLOC 450.00\nPENDING 0.00\nAVAIL 490.00\n"
                   "COMMIT 20.00\nSPENT 40.00\nTRANSIT 0.00\n");
    assert_int_equal(tree_alarms(tree), 0);
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_TREE(every_level_reads_the_same_own_balances),
        IN_TREE(a_jurisdiction_counts_transfers_once),
        IN_TREE(balances_are_asked_by_any_dimension),
        IN_TREE(all_years_are_summed_by_default),
        IN_TREE(who_wrote_nothing_has_no_rows),
        IN_TREE(documents_tell_their_state),
        IN_TREE(an_indicator_shows_its_balances),
        IN_TREE(an_answer_names_its_settle),
        IN_TREE(what_is_not_held_is_not_there),
        IN_TREE(lists_are_in_the_order_of_the_log),
        IN_TREE(a_budget_is_traced_down_to_the_receipt),
        IN_TREE(a_receipt_is_traced_up_to_the_budget),
        IN_TREE(a_trace_ends_where_this_node_sees_nothing),
        IN_TREE(a_trace_calls_every_step_by_its_name),
        IN_TREE(a_step_reads_what_it_shows_and_no_more),
        IN_TREE(a_trace_leaves_nothing_out),
        IN_TREE(a_cursor_must_be_a_step_of_the_trace),
        IN_TREE(a_project_is_traced_over_all_levels),
        IN_TREE(equal_ids_of_two_divisions_are_two_documents),
        IN_TREE(an_answer_under_its_transfers_id_is_not_its_own_consequence),
        IN_TREE(the_money_chain_of_each_level),
        IN_TREE(edges_are_reconciled_per_receiver),
        IN_TREE(edges_part_by_fund_and_project),
        IN_TREE(a_transfer_never_issued_is_a_difference),
        IN_TREE(what_is_on_its_way_is_in_transit_for_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
