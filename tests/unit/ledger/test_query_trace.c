/* Traces: up to where money came from, down to what became of it, over all levels, and what they
 * cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/trace.h"
#include "node/ledger/rows/rows.h"
#include "tests/harness/counted_store.h"
#include "tests/unit/ledger/queried_tree.h"

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

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
