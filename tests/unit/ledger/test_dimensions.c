/* Balances by department, economic class, direct funds and book month: what a county wrote, read at
 * the county and above. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/closed.h"
#include "node/ledger/query/query.h"
#include "node/ledger/query/report_year.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/rows/year_rows.h"
#include "node/ledger/verify/verify_ledger.h"
#include "node/ledger/verify/verify_replay.h"
#include "tests/harness/counted_store.h"
#include "tests/unit/ledger/tree.h"

#define PAYEE                                                                                      \
    "payee_acct_name", "甲", "payee_acct_no", "1", "payee_acct_bank_name", "行", "use_des", "用"
#define REPLY(amount_)                                                                             \
    "stage", "reply", "fund_type_code", "111", "approval_ref", "1", "amount", amount_
#define ONWARD "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal"

/* Two units of one department; direct money of one of them, with a class of its own; and money that
 * says none of this. */
static void play(struct tree *tree)
{
    DO(tree, LINZHOU, "agency", "AG-1", "agency_code", "10", "agency_name", "县教育局");
    DO(tree, LINZHOU, "agency", "AG-2", "agency_code", "101", "agency_name", "一中", "parent_code",
       "10");
    DO(tree, LINZHOU, "agency", "AG-3", "agency_code", "1011", "agency_name", "一中分校",
       "parent_code", "101");
    DO(tree, LINZHOU, "agency", "AG-4", "agency_code", "20", "agency_name", "县卫健委");
    DO(tree, LINZHOU, "budget", "B", "stage", "reply", "fund_type_code", "111", "amount", "1000",
       "approval_ref", "1", "exp_func_code", "2050202");
    DO(tree, LINZHOU, "budget", "BD", "stage", "reply", "fund_type_code", "111", "amount", "100",
       "approval_ref", "1", "exp_func_code", "2050202", "is_direct", "1");
    DO(tree, LINZHOU, "allocate", "A-1", "ori_bgt_id", "B", "agency_code", "10", "amount", "10");
    DO(tree, LINZHOU, "allocate", "A-2", "ori_bgt_id", "BD", "agency_code", "1011", "amount", "100",
       "dep_bgt_eco_code", "302", "gov_bgt_eco_code", "502");
    DO(tree, LINZHOU, "allocate", "A-3", "ori_bgt_id", "B", "agency_code", "20", "amount", "30",
       "dep_bgt_eco_code", "302");
    DO(tree, LINZHOU, "release", "L-2", "bgt_id", "A-2", "cor_bgt_doc_no", "1");
    DO(tree, LINZHOU, "payment", "P-1", "bgt_id", "A-2", "pay_app_amt", "50", PAYEE,
       "dep_bgt_eco_code", "30201");
    DO(tree, LINZHOU, "payment", "P-2", "bgt_id", "A-2", "pay_app_amt", "7", PAYEE);
    tree_seal(tree);
    /* In another block, so that the class is known from the payment's row alone. */
    DO(tree, LINZHOU, "paid", "V-1", "pay_app_id", "P-1", "xpay_amt", "40", "xpay_date",
       "2026-03-01", "agent_business_no", "1");
    DO(tree, LINZHOU, "payment_cancel", "C-1", "pay_app_id", "P-1", "reason", "少付");
    DO(tree, LINZHOU, "refund", "F-1", "pay_app_id", "P-1", "amount", "5", "reason", "退回");
    DO(tree, LINZHOU, "paid", "V-2", "pay_app_id", "P-2", "xpay_amt", "7", "xpay_date",
       "2026-11-30", "agent_business_no", "2");
    tree_seal(tree);
    assert_int_equal(tree_alarms(tree), 0);
}

static int set_up(void **state)
{
    *state = tree_new();
    play(*state);
    return 0;
}

static int tear_down(void **state)
{
    tree_free(*state);
    return 0;
}

/* --- what a person reads --- */

struct lines {
    char text[4096];
    size_t size;
};

/* Accounts that are nil are left out, and so is what only their turnover would tell. */
static void add_balance(void *arg, const struct balance_row *row)
{
    const struct account_info *info = account_info(row->account);
    const int128 net = (row->debit - row->credit) * info->normal;
    struct lines *lines = arg;
    char amount[AMOUNT_TEXT_MAX];

    if (net == 0) {
        return;
    }
    amount_format(amount, net);
    lines->size += (size_t)snprintf(lines->text + lines->size, sizeof lines->text - lines->size,
                                    "%s %s %s\n", row->key, info->mnemonic, amount);
    assert_true(lines->size < sizeof lines->text);
}

static void expect(struct tree *tree, enum office_name at, enum office_name of, enum scope scope,
                   enum dimension by, const char *want)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct lines lines = {"", 0};

    query_balance(txn, tree_roster(tree), tree_division(of), scope, 2026, by, add_balance, &lines);
    txn_free(txn);
    assert_string_equal(lines.text, want);
}

/* The same at the county and above, and in every jurisdiction, whose agencies say whose they are.
 */
static void expect_everywhere(struct tree *tree, enum dimension by, const char *want,
                              const char *jurisdiction)
{
    static const enum office_name above[] = {LINZHOU, LHASA, REGION};

    for (size_t i = 0; i < COUNT_OF(above); i++) {
        expect(tree, above[i], LINZHOU, SCOPE_OWN, by, want);
        expect(tree, above[i], LINZHOU, SCOPE_SUBTREE, by, jurisdiction);
        expect(tree, above[i], above[i], SCOPE_SUBTREE, by, jurisdiction);
    }
}

static void a_department_is_the_agency_above_with_all_below_it(void **state)
{
    expect_everywhere(*state, BY_AGENCY,
                      " SRC_APPROVED 1100.00\n UNALLOC 960.00\n10 PENDING 10.00\n"
                      "1011 AVAIL 58.00\n1011 SPENT 42.00\n20 PENDING 30.00\n",
                      " SRC_APPROVED 1100.00\n UNALLOC 960.00\n540121/10 PENDING 10.00\n"
                      "540121/1011 AVAIL 58.00\n540121/1011 SPENT 42.00\n"
                      "540121/20 PENDING 30.00\n");
    expect_everywhere(*state, BY_DEPARTMENT,
                      " SRC_APPROVED 1100.00\n UNALLOC 960.00\n10 PENDING 10.00\n"
                      "10 AVAIL 58.00\n10 SPENT 42.00\n101 AVAIL 58.00\n101 SPENT 42.00\n"
                      "1011 AVAIL 58.00\n1011 SPENT 42.00\n20 PENDING 30.00\n",
                      " SRC_APPROVED 1100.00\n UNALLOC 960.00\n540121/10 PENDING 10.00\n"
                      "540121/10 AVAIL 58.00\n540121/10 SPENT 42.00\n"
                      "540121/101 AVAIL 58.00\n540121/101 SPENT 42.00\n"
                      "540121/1011 AVAIL 58.00\n540121/1011 SPENT 42.00\n"
                      "540121/20 PENDING 30.00\n");
}

/* Money of an agency that another division has is under those above it in that one's register,
 * where every holder of the board knows it; elsewhere the code stands alone. */
static void a_department_is_of_whoever_has_the_agency(void **state)
{
    static const enum office_name holders[] = {SANGZHUZI, SHIGATSE, REGION};
    static const char own_of_city[] = "70 SRC_TRANSFER_IN 30.00\n70 UNALLOC 30.00\n"
                                      "8 SRC_APPROVED 10.00\n8 UNALLOC 4.00\n8 XFER_OUT 6.00\n"
                                      "80 SRC_APPROVED 10.00\n80 UNALLOC 4.00\n"
                                      "80 XFER_OUT 6.00\n";
    static const char of_city[] = "540200/8 SRC_APPROVED 10.00\n540200/8 UNALLOC 10.00\n"
                                  "540200/80 SRC_APPROVED 10.00\n540200/80 UNALLOC 10.00\n"
                                  "70 SRC_TRANSFER_IN 30.00\n70 UNALLOC 30.00\n";
    static const char of_county[] = "80 SRC_TRANSFER_IN 6.00\n80 UNALLOC 6.00\n";
    struct tree *tree = *state;

    DO(tree, REGION, "agency", "AG-1", "agency_code", "7", "agency_name", "厅");
    DO(tree, REGION, "agency", "AG-2", "agency_code", "70", "agency_name", "院", "parent_code",
       "7");
    DO(tree, SHIGATSE, "agency", "AG-1", "agency_code", "8", "agency_name", "局");
    DO(tree, SHIGATSE, "agency", "AG-2", "agency_code", "80", "agency_name", "校", "parent_code",
       "8");
    DO(tree, REGION, "budget", "B", REPLY("30"), "agency_code", "70");
    DO(tree, REGION, "transfer", "T", ONWARD, "ori_bgt_id", "B", "rec_div_code", "540200", "amount",
       "30");
    DO(tree, SHIGATSE, "budget", "B", REPLY("10"), "agency_code", "80");
    DO(tree, SHIGATSE, "transfer", "T", ONWARD, "ori_bgt_id", "B", "rec_div_code", "540202",
       "amount", "6");
    tree_seal(tree);
    DO(tree, SHIGATSE, "register", "R", "bgt_id", "T");
    DO(tree, SANGZHUZI, "register", "R", "bgt_id", "T");
    tree_seal(tree);
    for (size_t i = 0; i < COUNT_OF(holders); i++) {
        expect(tree, holders[i], SANGZHUZI, SCOPE_OWN, BY_DEPARTMENT, of_county);
        expect(tree, holders[i], SANGZHUZI, SCOPE_SUBTREE, BY_DEPARTMENT, of_county);
        if (holders[i] != SANGZHUZI) {
            expect(tree, holders[i], SHIGATSE, SCOPE_OWN, BY_DEPARTMENT, own_of_city);
            expect(tree, holders[i], SHIGATSE, SCOPE_SUBTREE, BY_DEPARTMENT, of_city);
        }
    }
    expect(tree, REGION, REGION, SCOPE_SUBTREE, BY_DEPARTMENT,
           " SRC_APPROVED 1100.00\n UNALLOC 960.00\n"
           "540000/7 SRC_APPROVED 30.00\n540000/7 UNALLOC 30.00\n"
           "540000/70 SRC_APPROVED 30.00\n540000/70 UNALLOC 30.00\n"
           "540121/10 PENDING 10.00\n540121/10 AVAIL 58.00\n540121/10 SPENT 42.00\n"
           "540121/101 AVAIL 58.00\n540121/101 SPENT 42.00\n"
           "540121/1011 AVAIL 58.00\n540121/1011 SPENT 42.00\n540121/20 PENDING 30.00\n"
           "540200/8 SRC_APPROVED 10.00\n540200/8 UNALLOC 10.00\n"
           "540200/80 SRC_APPROVED 10.00\n540200/80 UNALLOC 10.00\n");
}

/* A unit that moves leaves this year's sums where they are. */
static void a_unit_that_moves_next_year_leaves_this_years_sums(void **state)
{
    struct tree *tree = *state;

    DO(tree, LINZHOU, "agency", "AG-5", "fiscal_year", "2027", "agency_code", "101", "agency_name",
       "一中", "parent_code", "20");
    tree_seal(tree);
    expect(tree, REGION, LINZHOU, SCOPE_OWN, BY_DEPARTMENT,
           " SRC_APPROVED 1100.00\n UNALLOC 960.00\n10 PENDING 10.00\n10 AVAIL 58.00\n"
           "10 SPENT 42.00\n101 AVAIL 58.00\n101 SPENT 42.00\n1011 AVAIL 58.00\n"
           "1011 SPENT 42.00\n20 PENDING 30.00\n");
}

/* What is committed and spent is of the payment's class, what is free of the line's. */
static void a_payment_counts_under_its_own_class(void **state)
{
    static const char want[] = " SRC_APPROVED 1100.00\n UNALLOC 960.00\n PENDING 10.00\n"
                               "302 PENDING 30.00\n302 AVAIL 58.00\n302 SPENT 7.00\n"
                               "30201 SPENT 35.00\n";

    expect_everywhere(*state, BY_ECONOMIC, want, want);
}

static void a_government_class_is_the_lines(void **state)
{
    static const char want[] = " SRC_APPROVED 1100.00\n UNALLOC 960.00\n PENDING 40.00\n"
                               "502 AVAIL 58.00\n502 SPENT 42.00\n";

    expect_everywhere(*state, BY_GOV_ECONOMIC, want, want);
}

static void direct_funds_are_told_apart(void **state)
{
    static const char want[] = " SRC_APPROVED 1000.00\n UNALLOC 960.00\n PENDING 40.00\n"
                               "1 SRC_APPROVED 100.00\n1 AVAIL 58.00\n1 SPENT 42.00\n";

    expect_everywhere(*state, BY_DIRECT, want, want);
}

/* What a budget() of an agency and class asks: by the line throughout, at own level. */
static void the_pair_of_agency_and_class_goes_by_the_line(void **state)
{
    struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
    uint8_t text[ROLLUP_KEY_MAX];
    const struct row_key key =
        rollup_key(ROLLUP_OWN, tree_division(LINZHOU), 2026, ROLLUP_AGENCY_ECONOMIC,
                   rollup_agency_economic(text, bytes_text("1011"), bytes_text("302")));
    struct rollup sums;

    rollup_load(txn, &key, &sums);
    assert_int_equal(sums.of[ACC_AVAIL].debit - sums.of[ACC_AVAIL].credit, 5800);
    assert_int_equal(sums.of[ACC_SPENT].debit - sums.of[ACC_SPENT].credit, 4200);
    assert_int_equal(sums.of[ACC_COMMIT].debit - sums.of[ACC_COMMIT].credit, 0);
    txn_free(txn);
}

/* --- months --- */

struct month_sum {
    const char *key;
    enum account account;
    int128 net;
};

static void add_month(void *arg, const struct balance_row *row)
{
    struct month_sum *sum = arg;

    if (strcmp(row->key, sum->key) == 0 && row->account == sum->account) {
        sum->net += row->debit - row->credit;
    }
}

static int64_t spent_in(struct tree *tree, enum scope scope, const char *month)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    struct month_sum sum = {month, ACC_SPENT, 0};

    query_balance(txn, tree_roster(tree), tree_division(LINZHOU), scope, 2026, BY_MONTH, add_month,
                  &sum);
    txn_free(txn);
    return (int64_t)sum.net;
}

/* By the date of the receipt; a refund without a date counts when it was entered. */
static void what_was_spent_counts_in_the_month_of_its_date(void **state)
{
    for (int scope = SCOPE_OWN; scope <= SCOPE_SUBTREE; scope++) {
        assert_int_equal(spent_in(*state, (enum scope)scope, "03"), 4000);
        assert_int_equal(spent_in(*state, (enum scope)scope, "11"), 700);
    }
}

/* --- closed years --- */

static void empty_2027(struct tree *tree)
{
    DO(tree, SANGZHUZI, "budget", "B", "fiscal_year", "2027", "stage", "reply", "fund_type_code",
       "111", "amount", "8", "approval_ref", "1");
    DO(tree, SANGZHUZI, "lapse", "X", "fiscal_year", "2027", "bgt_id", "B", "amount", "8", "reason",
       "核销");
}

/* A closed year keeps its figures on every board; with what closing it booked it is nil. */
static void a_closed_year_keeps_its_figures(void **state)
{
    struct tree *tree = *state;
    const struct division division = tree_division(SANGZHUZI);
    int128 closing[ACCOUNTS];
    char fault[512] = "";
    struct lines lines = {"", 0};
    struct txn *txn;

    empty_2027(tree);
    tree_seal(tree);
    DO(tree, SANGZHUZI, "open_year", "Y", "fiscal_year", "2027");
    DO(tree, SANGZHUZI, "close_year", "Z", "fiscal_year", "2027");
    tree_seal(tree);
    txn = txn_open(tree_store(tree, REGION), NULL);
    for (int by = BY_ACCOUNT; by < DIMENSIONS; by++) {
        struct month_sum lapsed = {.account = ACC_LAPSED};
        char key[64];

        (void)snprintf(key, sizeof key, "%s", by == BY_ACCOUNT ? "LAPSED" : "");
        lapsed.key = key;
        if (by == BY_FUND) {
            lapsed.key = "111";
        }
        query_balance(txn, tree_roster(tree), division, SCOPE_OWN, 2027, (enum dimension)by,
                      add_month, &lapsed);
        assert_int_equal(lapsed.net, by == BY_MONTH ? 0 : 800);
    }
    query_balance(txn, tree_roster(tree), division, SCOPE_SUBTREE, 2027, BY_ACCOUNT, add_balance,
                  &lines);
    assert_string_equal(lines.text, "SRC_APPROVED SRC_APPROVED 8.00\nLAPSED LAPSED 8.00\n");
    closing_sums_of_year(txn, division, 2027, closing);
    assert_int_equal(closing[ACC_SRC_APPROVED], 800);
    assert_int_equal(closing[ACC_LAPSED], -800);
    if (verify_ledger(txn, tree_roster(tree), division, fault, sizeof fault) != VERIFY_SOUND ||
        verify_ledger(txn, tree_roster(tree), tree_division(REGION), fault, sizeof fault) !=
            VERIFY_SOUND) {
        fail_msg("%s", fault);
    }
    txn_free(txn);
}

/* The newest open year with lines; a closed one is none, and without any it is this year. */
static void a_board_is_of_the_newest_open_year(void **state)
{
    struct tree *tree = *state;
    struct txn *txn;

    empty_2027(tree);
    DO(tree, LINZHOU, "budget", "B-27", "fiscal_year", "2027", "stage", "reply", "fund_type_code",
       "111", "amount", "1", "approval_ref", "1");
    tree_seal(tree);
    txn = txn_open(tree_store(tree, REGION), NULL);
    assert_int_equal(query_report_year(txn, tree_division(LINZHOU), 2030), 2027);
    assert_int_equal(query_report_year(txn, tree_division(SANGZHUZI), 2030), 2027);
    assert_int_equal(query_report_year(txn, tree_division(SHIGATSE), 2030), 2030);
    txn_free(txn);
    DO(tree, SANGZHUZI, "open_year", "Y", "fiscal_year", "2027");
    DO(tree, SANGZHUZI, "close_year", "Z", "fiscal_year", "2027");
    tree_seal(tree);
    txn = txn_open(tree_store(tree, REGION), NULL);
    assert_int_equal(query_report_year(txn, tree_division(SANGZHUZI), 2030), 2030);
    txn_free(txn);
}

/* --- what it costs --- */

static size_t rows_read(struct tree *tree, enum scope scope, enum dimension by)
{
    struct counted_store counted = {.behind = tree_store(tree, REGION)};
    const struct store store = counted_store_of(&counted);
    struct txn *txn = txn_open(&store, NULL);
    struct lines lines = {"", 0};

    query_balance(txn, tree_roster(tree), tree_division(LINZHOU), scope, 2026, by, add_balance,
                  &lines);
    txn_free(txn);
    return counted.rows;
}

/* As many rows as there are codes, however many entries there are. */
static void no_balance_reads_more_when_there_are_more_entries(void **state)
{
    enum { PAYMENTS = 400 };
    struct tree *tree = *state;
    size_t before[2][DIMENSIONS];

    for (int by = 0; by < DIMENSIONS; by++) {
        for (int scope = SCOPE_OWN; scope <= SCOPE_SUBTREE; scope++) {
            before[scope][by] = rows_read(tree, (enum scope)scope, (enum dimension)by);
            assert_in_range(before[scope][by], 1, 40);
        }
    }
    for (int i = 0; i < PAYMENTS; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "PM-%d", i);
        DO(tree, LINZHOU, "payment", id, "bgt_id", "A-2", "pay_app_amt", "0.01", PAYEE,
           "dep_bgt_eco_code", "30201");
    }
    tree_seal(tree);
    for (int by = 0; by < DIMENSIONS; by++) {
        for (int scope = SCOPE_OWN; scope <= SCOPE_SUBTREE; scope++) {
            const size_t rows = rows_read(tree, (enum scope)scope, (enum dimension)by);

            assert_in_range(rows, 1, before[scope][by] + 1); /* one month more */
        }
    }
}

struct changes {
    struct txn *before;
    size_t rows[UINT8_MAX + 1]; /* by letter */
};

static bool keep_row(void *arg, struct bytes key, struct bytes value)
{
    (void)txn_put(arg, SPACE_ROLLUPS, key, value);
    return true;
}

static bool count_change(void *arg, struct bytes key, struct bytes value)
{
    struct changes *changes = arg;
    struct bytes had;

    changes->rows[key.data[0]] +=
        !txn_get(changes->before, SPACE_ROLLUPS, key, &had) || !bytes_equal(had, value);
    return true;
}

static void scan_rollups(struct tree *tree, store_visit_fn *visit, void *arg)
{
    struct txn *txn = txn_open(tree_store(tree, LINZHOU), NULL);
    struct err err;

    assert_int_equal(txn_scan(txn, SPACE_ROLLUPS, BYTES_NONE, visit, arg, &err), OK);
    txn_free(txn);
}

/* Of every dimension, with a class of its own: no more than twelve, which all payments of a block
 * share that fall together. */
static void a_payment_writes_twelve_roll_ups_at_most(void **state)
{
    struct tree *tree = *state;
    struct changes changes = {.before = txn_open(&store_empty, NULL)};

    scan_rollups(tree, keep_row, changes.before);
    for (int i = 0; i < 20; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "PM-%d", i);
        DO(tree, LINZHOU, "payment", id, "bgt_id", "A-2", "pay_app_amt", "0.01", PAYEE,
           "dep_bgt_eco_code", "30201");
    }
    tree_seal(tree);
    scan_rollups(tree, count_change, &changes);
    assert_in_range(changes.rows[ROLLUP_OWN], 8, 12);
    assert_in_range(changes.rows[ROLLUP_SUBTREE], 8, 12);
    assert_int_equal(changes.rows[ROLLUP_PLAIN], 0);
    txn_free(changes.before);
}

static void dimensions_are_known_by_name(void **state)
{
    (void)state;
    for (int by = 0; by < DIMENSIONS; by++) {
        assert_int_equal(dimension_named(dimension_name((enum dimension)by)), by);
    }
    assert_int_equal(dimension_named("colour"), DIMENSIONS);
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_TREE(a_department_is_the_agency_above_with_all_below_it),
        IN_TREE(a_department_is_of_whoever_has_the_agency),
        IN_TREE(a_unit_that_moves_next_year_leaves_this_years_sums),
        IN_TREE(a_payment_counts_under_its_own_class),
        IN_TREE(a_government_class_is_the_lines),
        IN_TREE(direct_funds_are_told_apart),
        IN_TREE(the_pair_of_agency_and_class_goes_by_the_line),
        IN_TREE(what_was_spent_counts_in_the_month_of_its_date),
        IN_TREE(a_closed_year_keeps_its_figures),
        IN_TREE(a_board_is_of_the_newest_open_year),
        IN_TREE(a_payment_writes_twelve_roll_ups_at_most),
        IN_TREE(no_balance_reads_more_when_there_are_more_entries),
        cmocka_unit_test(dimensions_are_known_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
