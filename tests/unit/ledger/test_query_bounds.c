/* What people ask, at the edges: filters that fit nothing, more rows than may be read, more years
 * than are shown, figures as of a moment that falls between two entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/choices.h"
#include "node/ledger/query/history.h"
#include "node/ledger/query/line_list.h"
#include "node/ledger/query/lines.h"
#include "node/ledger/query/names.h"
#include "node/ledger/query/passed.h"
#include "node/ledger/query/sources.h"
#include "node/ledger/query/years.h"
#include "node/ledger/rows/open_items.h"
#include "node/ledger/schema/clocks.h"
#include "tests/unit/ledger/queried_tree.h"

#define CODE(office) tree_division(office)

/* --- lists of lines --- */

static void lines_are_listed_by_what_is_asked(void **state)
{
    static const struct {
        const char *project, *fund, *agency; /* NULL: not asked */
        int year;
        const char *want;
    } cases[] = {
        {NULL, NULL, NULL, 0, "A-1 B-1 T-1 "},
        {NULL, NULL, NULL, 2026, "A-1 B-1 T-1 "},
        {NULL, NULL, NULL, 2025, ""},
        {"540000260001", NULL, NULL, 0, "A-1 "},
        {"NO", NULL, NULL, 0, ""},
        {NULL, "111", NULL, 2026, "A-1 B-1 T-1 "},
        {NULL, "112", NULL, 2026, ""},
        {NULL, NULL, "001001", 2026, "A-1 "},
        {NULL, NULL, "", 2026, "B-1 T-1 "},
        {NULL, NULL, "999", 2026, ""},
        {"540000260001", "111", "001001", 0, "A-1 "},
    };
    struct txn *txn = reader(*state, REGION);

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct line_filter filter = {
            .division = CODE(REGION),
            .year = cases[i].year,
            .by_agency = cases[i].agency != NULL,
            .agency = bytes_text(cases[i].agency != NULL ? cases[i].agency : ""),
            .project = bytes_text(cases[i].project != NULL ? cases[i].project : ""),
            .fund = bytes_text(cases[i].fund != NULL ? cases[i].fund : "")};
        struct lines lines = {"", 0};
        struct line_items items;

        assert_true(query_line_list(txn, &filter, 3, &items));
        for (size_t k = 0; k < items.count; k++) {
            add_text(&lines, items.at[k].id);
            add_text(&lines, " ");
        }
        assert_string_equal(lines.text, cases[i].want);
        line_items_free(&items);
    }
    txn_free(txn);
}

/* Of more lines than may be read a part is listed, and it is said that it is one. */
static void a_list_that_is_a_part_says_so(void **state)
{
    struct txn *txn = reader(*state, REGION);
    const struct line_filter filter = {.division = CODE(REGION)};
    struct line_items items;

    assert_false(query_line_list(txn, &filter, 2, &items));
    assert_int_equal(items.count, 2);
    line_items_free(&items);
    txn_free(txn);
}

/* What stands on the line that closes a year is no money of anybody. */
static void a_closing_line_is_in_no_list(void **state)
{
    struct tree *tree = *state;
    const struct line_filter filter = {.division = CODE(SANGZHUZI), .year = 2026};
    const struct bytes closing = bytes_text(".close-2026-111");
    struct indicator line;
    struct line_items items;
    struct txn *txn;

    DO(tree, SANGZHUZI, "budget", "B", "stage", "reply", "fund_type_code", "111", "approval_ref",
       "1", "amount", "5");
    DO(tree, SANGZHUZI, "lapse", "L", "bgt_id", "B", "amount", "5", "reason", "r");
    DO(tree, SANGZHUZI, "close_year", "C", "fiscal_year", "2026");
    tree_seal(tree);
    txn = reader(tree, SANGZHUZI);
    assert_true(indicator_load(txn, CODE(SANGZHUZI), closing, &line));
    assert_true(query_line_list(txn, &filter, 100, &items));
    assert_int_equal(items.count, 1);
    assert_string_equal(items.at[0].id, "B");
    line_items_free(&items);
    txn_free(txn);
}

/* --- sums of lines --- */

enum { MANY = 1300 }; /* lines of as many agencies: more than a table of groups begins with */

static void add_line_of(struct txn *txn, struct division division, int agency, int64_t amount)
{
    struct indicator line = {.year = 2026, .kind = KIND_ALLOCATE, .lsn = (uint64_t)agency + 1};
    struct document elements;
    struct buf body = BUF_EMPTY;
    char code[16], id[16];

    (void)snprintf(code, sizeof code, "%06d", agency);
    (void)snprintf(id, sizeof id, "A%d-%d", agency, (int)amount);
    document_clear(&elements, KIND_ALLOCATE);
    document_set_text(&elements, FIELD_FUND_TYPE_CODE, bytes_text("111"));
    document_set_text(&elements, FIELD_AGENCY_CODE, bytes_text(code));
    document_encode(&body, &elements);
    indicator_set_elements(&line, &elements, buf_bytes(&body));
    line.origin = line.source = bytes_text("B");
    line.balance[ACC_AVAIL] = amount;
    indicator_store(txn, division, bytes_text(id), &line);
    buf_free(&body);
}

struct summed {
    size_t count;
    int128 total;
    char last[LINE_KEY_BYTES_MAX];
};

static void sum_row(void *arg, const struct line_sums *row)
{
    struct summed *summed = arg;

    assert_true(strcmp(summed->last, row->key[0]) < 0); /* in the order of the codes, each once */
    (void)snprintf(summed->last, sizeof summed->last, "%s", row->key[0]);
    summed->count++;
    summed->total += row->balance[ACC_AVAIL];
    assert_true(row->balance[ACC_AVAIL] == 3);
}

static void lines_of_many_agencies_are_summed(void **state)
{
    const struct division divisions[] = {CODE(SANGZHUZI)};
    struct line_request request = {.divisions = divisions,
                                   .division_count = 1,
                                   .by = {LINE_AGENCY},
                                   .by_count = 1,
                                   .read_max = 2 * MANY};
    struct txn *txn = reader(*state, SANGZHUZI);
    struct summed summed = {.count = 0};

    for (int i = 0; i < MANY; i++) {
        add_line_of(txn, CODE(SANGZHUZI), i, 1);
        add_line_of(txn, CODE(SANGZHUZI), i, 2);
    }
    assert_true(query_lines(txn, &request, sum_row, &summed));
    assert_int_equal(summed.count, MANY);
    assert_true(summed.total == 3 * MANY);
    request.read_max--; /* with one less nothing is said */
    summed = (struct summed){.count = 0};
    assert_false(query_lines(txn, &request, sum_row, &summed));
    assert_int_equal(summed.count, 0);
    txn_free(txn);
}

static void add_sums(void *arg, const struct line_sums *row)
{
    add_text(arg, row->key[0]);
    add_amount(arg, "avail", row->balance[ACC_AVAIL]);
    add_amount(arg, "commit", row->balance[ACC_COMMIT]);
    add_amount(arg, "spent", row->balance[ACC_SPENT]);
    add_text(arg, "\n");
}

#define PAY                                                                                        \
    "payee_acct_name", "a", "payee_acct_no", "62", "payee_acct_bank_name", "b", "use_des", "c"

/* What a payment commits and spends stands under its own class: not under that of its line, where
 * the class is the line's, and nowhere once it was cancelled. */
static void payments_stand_under_their_own_class(void **state)
{
    struct tree *tree = *state;
    const struct division divisions[] = {CODE(LINZHOU)};
    struct line_request request = {.divisions = divisions,
                                   .division_count = 1,
                                   .year = 2026,
                                   .by = {LINE_ECONOMIC},
                                   .by_count = 1,
                                   .read_max = 100};
    struct lines lines = {"", 0};
    struct txn *txn;

    DO(tree, LINZHOU, "allocate", "A-4", "ori_bgt_id", "R-2", "agency_code", "001001", "amount",
       "40", "dep_bgt_eco_code", "301");
    DO(tree, LINZHOU, "release", "L-4", "bgt_id", "A-4", "cor_bgt_doc_no", "1");
    DO(tree, LINZHOU, "payment", "P-4", "bgt_id", "A-4", "pay_app_amt", "7", "dep_bgt_eco_code",
       "30101", PAY);
    DO(tree, LINZHOU, "payment", "P-5", "bgt_id", "A-4", "pay_app_amt", "5", "dep_bgt_eco_code",
       "30102", PAY);
    DO(tree, LINZHOU, "payment_cancel", "C-5", "pay_app_id", "P-5", "reason", "r");
    DO(tree, LINZHOU, "payment", "P-6", "bgt_id", "A-4", "pay_app_amt", "3", "dep_bgt_eco_code",
       "301", PAY);
    DO(tree, LINZHOU, "payment", "P-7", "bgt_id", "A-4", "pay_app_amt", "2", "dep_bgt_eco_code",
       "30101", PAY);
    DO(tree, LINZHOU, "paid", "V-7", "pay_app_id", "P-7", "xpay_amt", "2", "xpay_date",
       "2026-01-01", "agent_business_no", "V7");
    tree_seal(tree);
    txn = reader(tree, LINZHOU);
    assert_true(query_lines(txn, &request, add_sums, &lines));
    assert_string_equal(lines.text, " avail=90.00 commit=20.00 spent=40.00\n"
                                    "301 avail=28.00 commit=3.00 spent=0.00\n"
                                    "30101 avail=0.00 commit=7.00 spent=2.00\n");
    lines = (struct lines){"", 0};
    request.by[0] = LINE_FUND; /* asked otherwise it moves nothing */
    request.by[1] = LINE_ECONOMIC;
    request.by_count = 2;
    request.year = 2025;
    assert_true(query_lines(txn, &request, add_sums, &lines));
    assert_string_equal(lines.text, "");
    txn_free(txn);
}

/* --- what was passed on --- */

static void add_passed(void *arg, const struct passed_row *row)
{
    char text[64];

    add_text(arg, row->receiver.code);
    (void)snprintf(text, sizeof text, " %u overdue=%u %s", (unsigned)row->documents,
                   (unsigned)row->overdue, row->oldest_id);
    add_text(arg, text);
    add_amount(arg, "settled", row->settled);
    add_amount(arg, "transit", row->in_transit);
    add_text(arg, "\n");
}

static void expect_passed(struct txn *txn, int year, uint64_t until_ms, uint64_t today,
                          const char *want)
{
    struct lines lines = {"", 0};
    size_t reads_left = 100;
    const struct passed_request request = {.issuer = CODE(REGION),
                                           .year = year,
                                           .until_ms = until_ms,
                                           .today = today,
                                           .reads_left = &reads_left};

    assert_true(query_passed(txn, &request, add_passed, &lines));
    assert_string_equal(lines.text, want);
    assert_true(reads_left < 100);
}

static uint64_t time_of(struct txn *txn, enum office_name author, const char *id)
{
    struct document_row row;

    assert_true(query_document(txn, CODE(author), bytes_text(id), &row));
    return row.time_ms;
}

#define ISSUE "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal"

/* T-1 600 registered, of which 60 of 100 were given back, and 50 refused; T-9 and T-5 wait, T-8
 * came back. */
static void pass_on_more(struct tree *tree)
{
    DO(tree, REGION, "transfer", "T-9", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "30", ISSUE);
    DO(tree, REGION, "transfer", "T-5", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "40", ISSUE);
    DO(tree, REGION, "transfer", "T-8", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "5", ISSUE);
    DO(tree, REGION, "recall", "RC-1", "bgt_id", "T-1", "amount", "100", "reason", "r");
    DO(tree, REGION, "recall", "RC-2", "bgt_id", "T-1", "amount", "50", "reason", "r");
    tree_seal(tree);
    DO(tree, LHASA, "recall_grant", "G-1", "bgt_id", "R-1", "amount", "60", "recall_id", "RC-1");
    DO(tree, LHASA, "recall_refuse", "N-2", "recall_id", "RC-2", "reason", "r");
    DO(tree, SHIGATSE, "return", "X-8", "bgt_id", "T-8", "reason", "r");
    tree_seal(tree);
}

static void what_was_passed_on_is_told_by_receiver(void **state)
{
    struct tree *tree = *state;
    struct document_row answered;
    uint64_t issued, settled;
    struct txn *txn;

    pass_on_more(tree);
    txn = reader(tree, REGION);
    issued = time_of(txn, REGION, "T-1");
    assert_true(query_document(txn, CODE(LHASA), bytes_text("R-1"), &answered));
    settled = time_of(txn, REGION, answered.answer_id);
    expect_passed(txn, 2026, 0, 0,
                  "540100 1 overdue=0  settled=540.00 transit=0.00\n"
                  "540200 2 overdue=0 T-9 settled=0.00 transit=70.00\n");
    expect_passed(txn, 0, 0, 30000,
                  "540100 1 overdue=0  settled=540.00 transit=0.00\n"
                  "540200 2 overdue=2 T-9 settled=0.00 transit=70.00\n");
    expect_passed(txn, 2025, 0, 0, "");
    /* before its settle it is on its way, answered though it is now; before it was issued, nothing
     * is */
    expect_passed(txn, 0, settled, 30000, "540100 1 overdue=0 T-1 settled=0.00 transit=600.00\n");
    expect_passed(txn, 0, settled + 1, 30000, "540100 1 overdue=0  settled=600.00 transit=0.00\n");
    expect_passed(txn, 0, issued, 0, "");
    txn_free(txn);
}

static void with_too_few_reads_nothing_is_said(void **state)
{
    struct lines lines = {"", 0};
    size_t reads_left = 0;
    const struct passed_request request = {.issuer = CODE(REGION), .reads_left = &reads_left};
    struct txn *txn = reader(*state, REGION);

    assert_false(query_passed(txn, &request, add_passed, &lines));
    assert_string_equal(lines.text, "");
    assert_int_equal(query_list_count(txn, CODE(REGION), KIND_BUDGET, 0, &reads_left), 0);
    assert_int_equal(query_list_count(txn, CODE(REGION), KIND_BUDGET, 2026, &reads_left), 0);
    reads_left = 1;
    assert_int_equal(query_list_count(txn, CODE(REGION), KIND_BUDGET, 2027, &reads_left), 0);
    assert_int_equal(reads_left, 0);
    txn_free(txn);
}

/* --- years --- */

/* Of more years than are shown the newest are; one before all of them is no more than they. */
static void the_newest_years_are_told(void **state)
{
    enum { FIRST = 1990, COUNT = YEARS_MAX + 6, NEWEST = FIRST + COUNT - 1 };
    struct year_state years[YEARS_MAX];
    struct txn *txn = reader(*state, SANGZHUZI);

    years_keep_since(txn, CODE(SANGZHUZI), FIRST);
    for (int year = FIRST; year <= NEWEST; year++) {
        year_store(txn, CODE(SANGZHUZI), year,
                   &(struct year_row){.said = YEAR_SAID_OPEN, .first_open_month = 3});
    }
    for (int this_year = FIRST - 1; this_year <= NEWEST; this_year += COUNT) {
        assert_int_equal(query_years(txn, CODE(SANGZHUZI), this_year, years), YEARS_MAX);
        assert_int_equal(years[0].year, NEWEST);
        assert_int_equal(years[0].months_closed, 2);
        assert_int_equal(years[YEARS_MAX - 1].year, NEWEST - YEARS_MAX + 1);
    }
    txn_free(txn);
}

/* Beyond so many asks those of a year are counted no further, and that is said. */
static void hindrances_are_read_up_to_a_bound(void **state)
{
    struct txn *txn = reader(*state, SANGZHUZI);
    struct year_hindrances hindrances;
    char id[16];

    for (unsigned i = 0; i <= YEAR_ITEMS_READ_MAX; i++) {
        struct open_item item = {.place = {20000 + i, CODE(SANGZHUZI), BYTES_NONE},
                                 .kind = KIND_REMIT,
                                 .party = CODE(SHIGATSE),
                                 .year = i == 0 ? 2025 : 2026,
                                 .amount = 2};

        (void)snprintf(id, sizeof id, "M-%05u", i);
        item.place.id = bytes_text(id);
        open_item_add(txn, OPEN_AWAITED, CODE(SANGZHUZI), &item);
    }
    query_year_hindrances(txn, CODE(SANGZHUZI), 2026, false, &hindrances);
    assert_int_equal(hindrances.of[OPEN_AWAITED].count, YEAR_ITEMS_READ_MAX - 1);
    assert_true(hindrances.of[OPEN_AWAITED].amount == 2 * (YEAR_ITEMS_READ_MAX - 1));
    assert_true(hindrances.of[OPEN_AWAITED].is_least);
    assert_string_equal(hindrances.of[OPEN_AWAITED].first.at, "M-00001");
    assert_int_equal(hindrances.of[OPEN_TO_REGISTER].count, 0);
    query_year_hindrances(txn, CODE(SANGZHUZI), 2025, false, &hindrances);
    assert_int_equal(hindrances.of[OPEN_AWAITED].count, 1);
    txn_free(txn);
}

/* The last year that a row can name. */
static void the_last_year_is_summed_with_all_others(void **state)
{
    struct txn *txn = reader(*state, REGION);
    const struct row_key key =
        rollup_key(ROLLUP_OWN, CODE(SANGZHUZI), UINT16_MAX, ROLLUP_ACCOUNT, BYTES_NONE);
    struct rollup rollup;
    struct chain_row chain;

    memset(&rollup, 0, sizeof rollup);
    rollup.of[ACC_UNALLOC].debit = 500;
    rollup_store(txn, &key, &rollup);
    query_chain(txn, CODE(SANGZHUZI), SCOPE_OWN, 0, &chain);
    assert_true(chain.unallocated == 500);
    txn_free(txn);
}

/* --- names --- */

static void expect_name(struct txn *txn, enum field field, int year, const char *code,
                        const char *want)
{
    const struct bytes name = name_of_code(txn, field, year, bytes_text(code));

    if (!bytes_equal(name, bytes_text(want))) {
        fail_msg("%s of %d is called \"%.*s\"", code, year, (int)name.size,
                 name.size == 0 ? "" : (const char *)name.data);
    }
}

static void codes_have_names_of_their_year(void **state)
{
    struct tree *tree = *state;
    struct txn *txn;

#define FUND(year, name)                                                                           \
    "fiscal_year", year, "ele_catalog_code", "fund_type", "ele_code", "111", "ele_name", name
    DO(tree, REGION, "element", "E-1", FUND("2026", "一般公共预算"));
    DO(tree, REGION, "element", "E-2", FUND("2027", "一般预算"));
    tree_seal(tree);
    txn = reader(tree, LINZHOU);
    expect_name(txn, FIELD_FUND_TYPE_CODE, 2026, "111", "一般公共预算");
    expect_name(txn, FIELD_FUND_TYPE_CODE, 2027, "111", "一般预算");
    expect_name(txn, FIELD_FUND_TYPE_CODE, 0, "111", "一般预算"); /* the newest */
    expect_name(txn, FIELD_FUND_TYPE_CODE, 2025, "111", "");
    expect_name(txn, FIELD_FUND_TYPE_CODE, 2026, "999", "");
    expect_name(txn, FIELD_FUND_TYPE_CODE, 2026, "", "");
    expect_name(txn, FIELD_EXP_FUNC_CODE, 0, "205", ""); /* a set without codes */
    expect_name(txn, FIELD_AMOUNT, 2026, "111", "");     /* no set at all */
    assert_int_equal(newest_year_of_set(txn, bytes_text("exp_func")), 0);
    assert_int_equal(
        name_of_owned(txn, tree_roster(tree), ROW_AGENCY, CODE(LINZHOU), BYTES_NONE).size, 0);
    assert_int_equal(
        name_of_owned(txn, tree_roster(tree), ROW_AGENCY, CODE(LINZHOU), bytes_text("NO")).size, 0);
    txn_free(txn);
}

/* --- where money came from --- */

static void add_source(void *arg, const struct source_row *row)
{
    add_text(arg, source_name(row->account));
    add_text(arg, " ");
    add_text(arg, row->issuer.code);
    add_amount(arg, "received", row->chain.received);
    add_text(arg, "\n");
}

/* By account, and of one account the largest first; of equal ones by who sent it. */
static void sources_stand_in_their_order(void **state)
{
    struct tree *tree = *state;
    struct lines lines = {"", 0};
    struct txn *txn;

#define CAME_IN(from, amount)                                                                      \
    "ori_div_code", from, "sup_bgt_doc_no", "1", "amount", amount, "fund_type_code", "111",        \
        "tra_type_code", "general", "stage", "formal"
    DO(tree, REGION, "transfer_in", "I-1", CAME_IN("100000", "20"));
    DO(tree, REGION, "transfer_in", "I-2", CAME_IN("200000", "30"));
    DO(tree, REGION, "transfer_in", "I-3", CAME_IN("300000", "20"));
    DO(tree, REGION, "transfer_in", "I-4", CAME_IN("300000", "5"));
    DO(tree, REGION, "transfer_in", "I-5", CAME_IN("400000", "20"));
    tree_seal(tree);
    txn = reader(tree, REGION);
    assert_true(query_sources(txn,
                              &(struct source_request){.division = CODE(REGION), .read_max = 100},
                              add_source, &lines));
    assert_string_equal(lines.text, "approved  received=1000.00\n"
                                    "transferred 200000 received=30.00\n"
                                    "transferred 300000 received=25.00\n"
                                    "transferred 100000 received=20.00\n"
                                    "transferred 400000 received=20.00\n");
    assert_null(source_name(ACC_SPENT));
    assert_null(source_name((enum account)0));
    assert_null(source_name(ACCOUNTS));
    txn_free(txn);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(lines_are_listed_by_what_is_asked),
        IN_TREE(a_list_that_is_a_part_says_so),
        IN_TREE(a_closing_line_is_in_no_list),
        IN_TREE(lines_of_many_agencies_are_summed),
        IN_TREE(payments_stand_under_their_own_class),
        IN_TREE(what_was_passed_on_is_told_by_receiver),
        IN_TREE(with_too_few_reads_nothing_is_said),
        IN_TREE(the_newest_years_are_told),
        IN_TREE(hindrances_are_read_up_to_a_bound),
        IN_TREE(the_last_year_is_summed_with_all_others),
        IN_TREE(codes_have_names_of_their_year),
        IN_TREE(sources_stand_in_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
