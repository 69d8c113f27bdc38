/* Fiscal years: which documents one takes, months and years that are closed and opened again, what
 * a close books, and what it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/posting/closing.h"
#include "node/ledger/query/query.h"
#include "node/ledger/query/years.h"
#include "node/ledger/verify/verify_ledger.h"
#include "tests/harness/commit.h"
#include "tests/harness/counted_store.h"
#include "tests/unit/ledger/holder.h"

enum { SAID_MAX = 24 };

#define NEXT "fiscal_year", "2027"

/* Lhasa keeps years since 2026, which is open; 2027 is prepared. */
static int open_tree(void **state)
{
    struct tree *tree = tree_new();

    tree_carry_money(tree);
    DO(tree, LHASA, "open_year", "OY", "memo", "2026");
    tree_seal(tree);
    *state = tree;
    return 0;
}

static int close_tree(void **state)
{
    tree_free(*state);
    return 0;
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)

static enum year_standing standing(struct tree *tree, enum office_name at, enum office_name of,
                                   int year)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    const enum year_standing out = year_standing(txn, tree_division(of), year);

    txn_free(txn);
    return out;
}

static int128 line_balance(struct tree *tree, enum office_name at, enum office_name of,
                           const char *id, enum account account)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct indicator line;
    int128 fen = -1;

    if (indicator_load(txn, tree_division(of), bytes_text(id), &line)) {
        fen = line.balance[account];
    }
    txn_free(txn);
    return fen;
}

static void check_sound(struct tree *tree, enum office_name at, enum office_name of)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    char fault[VERIFY_FAULT_MAX] = "";

    if (verify_ledger(txn, tree_roster(tree), tree_division(of), fault, sizeof fault) !=
        VERIFY_SOUND) {
        fail_msg("%s at %s: %s", tree_division(of).code, tree_division(at).code, fault);
    }
    txn_free(txn);
}

/* --- what a year takes --- */

struct said {
    const char *want, *kind, *id, *fields[SAID_MAX];
};

static void say_all(struct tree *tree, enum office_name office, const struct said *said,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *got = tree_say(tree, office, said[i].kind, said[i].id, said[i].fields);

        if (strcmp(got, said[i].want) != 0) {
            fail_msg("%s %s: \"%s\", not \"%s\" (%s)", said[i].kind, said[i].id, got, said[i].want,
                     tree_refusal(tree)->detail);
        }
    }
}

static void a_prepared_year_takes_what_prepares_it(void **state)
{
    static const struct said said[] = {
        {"", "agency", "AG-7", {NEXT, "agency_code", "001007", "agency_name", "x"}},
        {"", "budget", "B-7", {NEXT, REPLY("100")}},
        {"",
         "allocate",
         "A-7",
         {NEXT, "ori_bgt_id", "B-7", "agency_code", "001007", "amount", "60"}},
        {"", "release", "L-7", {NEXT, "bgt_id", "A-7", "cor_bgt_doc_no", "1"}},
        {"", "reduce", "D-7", {NEXT, "bgt_id", "A-7", "amount", "10"}},
        {"year_not_open", "freeze", "F-7", {NEXT, "bgt_id", "A-7", "amount", "1", "reason", "x"}},
        {"year_not_open",
         "paid",
         "P-7",
         {NEXT, "pay_app_id", "NO", "xpay_amt", "1", "xpay_date", "2027-01-01", "agent_business_no",
          "1"}},
        {"year_not_open",
         "virement",
         "V-7",
         {NEXT, "from_bgt_id", "A-7", "agency_code", "001007", "amount", "1"}},
        {"year_not_open",
         "transfer",
         "T-7F",
         {NEXT, "ori_bgt_id", "B-7", "rec_div_code", "540121", "amount", "1", "cor_bgt_doc_no", "1",
          "tra_type_code", "general", "stage", "formal"}},
        {"",
         "transfer",
         "T-7",
         {NEXT, "ori_bgt_id", "B-7", "rec_div_code", "540121", "amount", "5", "cor_bgt_doc_no", "1",
          "tra_type_code", "general", "stage", "early"}},
        {"year_not_open", "lapse", "Z-7", {NEXT, "bgt_id", "B-7", "amount", "1", "reason", "x"}},
        {"year_not_open", "carry_over", "K-7", {NEXT, "bgt_id", "B-7", "amount", "1"}},
        {"year_not_open", "close_year", "C-7", {NEXT}},
        {"year_not_open", "reopen_year", "O-7", {NEXT, "reason", "x"}},
        {"", "carry_over", "K-6", {"bgt_id", "A-2", "amount", "1"}}, /* its line is of 2027 */
        {"", "open_year", "OY-7", {NEXT}},
        {"wrong_state", "open_year", "OY-8", {NEXT}},
        {"", "freeze", "F-7", {NEXT, "bgt_id", "A-7", "amount", "1", "reason", "x"}},
    };
    static const struct said from_outside[] = {
        {"", "open_year", "OY", {"memo", "2026"}},
        {"year_not_open",
         "transfer_in",
         "TI-1",
         {NEXT, "ori_div_code", "100000", "sup_bgt_doc_no", "1", "amount", "5", "fund_type_code",
          "111", "tra_type_code", "general", "stage", "formal"}},
        {"",
         "transfer_in",
         "TI-1",
         {NEXT, "ori_div_code", "100000", "sup_bgt_doc_no", "1", "amount", "5", "fund_type_code",
          "111", "tra_type_code", "general", "stage", "early"}},
    };

    say_all(*state, LHASA, said, COUNT_OF(said));
    say_all(*state, REGION, from_outside, COUNT_OF(from_outside));
    tree_seal(*state);
    check_sound(*state, REGION, LHASA);
}

/* The issuer has opened the year, or keeps none; the receiver has not. */
static void what_came_early_is_registered_in_a_prepared_year(void **state)
{
    static const struct said said[] = {
        {"", "register", "R-8", {NEXT, "bgt_id", "T-8"}},
        {"year_not_open", "register", "R-9", {NEXT, "bgt_id", "T-9"}},
        {"", "return", "R-9", {NEXT, "bgt_id", "T-9", "reason", "x"}},
        {"", "open_year", "OY-7", {NEXT}},
        {"", "register", "R-10", {NEXT, "bgt_id", "T-10"}},
    };
    struct tree *tree = *state;

    DO(tree, REGION, "budget", "B-8", NEXT, REPLY("100"));
    DO(tree, REGION, "transfer", "T-8", NEXT, "ori_bgt_id", "B-8", "rec_div_code", "540100",
       "amount", "5", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "early");
    DO(tree, REGION, "transfer", "T-9", NEXT, "ori_bgt_id", "B-8", "rec_div_code", "540100",
       "amount", "5", "cor_bgt_doc_no", "2", "tra_type_code", "general", "stage", "formal");
    DO(tree, REGION, "transfer", "T-10", NEXT, "ori_bgt_id", "B-8", "rec_div_code", "540100",
       "amount", "5", "cor_bgt_doc_no", "3", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    say_all(tree, LHASA, said, COUNT_OF(said));
}

/* Nobody who never opened one keeps years; those before the first are open. */
static void years_are_kept_from_the_first_that_is_opened(void **state)
{
    struct tree *tree = *state;

    assert_int_equal(standing(tree, LHASA, LINZHOU, 1999), YEAR_IS_OPEN);
    assert_int_equal(standing(tree, LHASA, LINZHOU, 2027), YEAR_IS_OPEN);
    assert_int_equal(standing(tree, LHASA, LHASA, 2025), YEAR_IS_OPEN);
    assert_int_equal(standing(tree, LHASA, LHASA, 2027), YEAR_IS_PREPARED);
    tree_set_day(tree, "2027-12-31");
    DO(tree, LHASA, "open_year", "OY-8", "fiscal_year", "2028");
    DO(tree, LHASA, "budget", "B-5", "fiscal_year", "2025", REPLY("1"));
    tree_seal(tree);
    for (int at = REGION; at <= LINZHOU; at++) {
        if (at != SHIGATSE) { /* above and below alike */
            assert_int_equal(standing(tree, (enum office_name)at, LHASA, 2025), YEAR_IS_OPEN);
            assert_int_equal(standing(tree, (enum office_name)at, LHASA, 2026), YEAR_IS_OPEN);
            assert_int_equal(standing(tree, (enum office_name)at, LHASA, 2027), YEAR_IS_PREPARED);
            assert_int_equal(standing(tree, (enum office_name)at, LHASA, 2028), YEAR_IS_OPEN);
        }
    }
}

/* --- closing --- */

/* Everything that Linzhou has left is brought to an end. */
static void empty_linzhou(struct tree *tree)
{
    DO(tree, LINZHOU, "payment_cancel", "PC-1", "pay_app_id", "P-1", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-1", "bgt_id", "A-3", "amount", "110", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-2", "bgt_id", "R-2", "amount", "50", "reason", "x");
}

static void check_detail(struct tree *tree, const char *words)
{
    char detail[TEXT_BYTES_MAX];

    assert_string_equal(text_in(LANGUAGE_EN, detail, tree_refusal(tree)->detail), words);
}

static void check_refused(struct tree *tree, enum office_name office, const char *id,
                          const char *words)
{
    assert_string_equal(SAY(tree, office, "close_year", id, "memo", "x"), "open_items");
    check_detail(tree, words);
}

static void closing_names_the_first_thing_that_is_open(void **state)
{
    struct tree *tree = *state;

    check_refused(tree, LINZHOU, "C", "UNALLOC still holds 50.00");
    DO(tree, LINZHOU, "allocate", "A-4", "ori_bgt_id", "R-2", "agency_code", "001001", "amount",
       "50");
    check_refused(tree, LINZHOU, "C", "PENDING still holds 50.00");
    DO(tree, LINZHOU, "lapse", "Z-1", "bgt_id", "A-4", "amount", "50", "reason", "x");
    check_refused(tree, LINZHOU, "C", "AVAIL still holds 90.00");
    DO(tree, LINZHOU, "freeze", "F-1", "bgt_id", "A-3", "amount", "90", "reason", "x");
    check_refused(tree, LINZHOU, "C", "FROZEN still holds 90.00");
    DO(tree, LINZHOU, "unfreeze", "F-2", "bgt_id", "A-3", "amount", "90", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-2", "bgt_id", "A-3", "amount", "90", "reason", "x");
    check_refused(tree, LINZHOU, "C", "COMMIT still holds 20.00");
    DO(tree, LINZHOU, "payment_cancel", "PC-1", "pay_app_id", "P-1", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-3", "bgt_id", "A-3", "amount", "20", "reason", "x");
    DO(tree, LINZHOU, "budget", "E-1", "stage", "estimate", "fund_type_code", "111", "amount", "5");
    DO(tree, LINZHOU, "lapse", "Z-4", "bgt_id", "E-1", "amount", "5", "reason", "x");
    check_refused(tree, LINZHOU, "C", "SRC_ADVANCE still holds 5.00");
    /* All of it in one block that no sum has yet: it counts all the same. */
    DO(tree, LINZHOU, "budget", "B-1", "estimate_id", "E-1", "stage", "reply", "amount", "5",
       "approval_ref", "1", "fund_type_code", "111");
    DO(tree, LINZHOU, "close_year", "C", "memo", "x");
}

static void closing_waits_for_asks(void **state)
{
    struct tree *tree = *state;

    empty_linzhou(tree);
    DO(tree, LHASA, "transfer", "T-8", "ori_bgt_id", "R-1", "rec_div_code", "540121", "amount", "5",
       "cor_bgt_doc_no", "8", "tra_type_code", "general", "stage", "formal");
    DO(tree, LHASA, "lapse", "Z-1", "bgt_id", "R-1", "amount", "95", "reason", "x");
    DO(tree, LHASA, "lapse", "Z-2", "bgt_id", "A-2", "amount", "300", "reason", "x");
    check_refused(tree, LHASA, "C", "TRANSIT still holds 5.00");
    DO(tree, LINZHOU, "close_year", "C1", "month", "1"); /* a month asks for nothing */
    tree_seal(tree);
    check_refused(tree, LINZHOU, "C", "transfer T-8 of 540100 over 5.00 waits for your answer");
    DO(tree, LINZHOU, "return", "R-8", "bgt_id", "T-8", "reason", "x");
    DO(tree, LINZHOU, "close_year", "C", "memo", "x");
    tree_seal(tree);
    DO(tree, LHASA, "lapse", "Z-3", "bgt_id", "R-1", "amount", "5", "reason", "x");
    DO(tree, LHASA, "close_year", "C", "memo", "x");
    tree_seal(tree);
    check_sound(tree, REGION, LHASA);
    check_sound(tree, REGION, LINZHOU);
}

/* One that is due of another year does not count. */
static uint64_t waiting(struct tree *tree, enum office_name of, enum open_list list, int year)
{
    struct txn *txn = txn_open(tree_store(tree, of), NULL);
    struct year_hindrances hindrances;

    query_year_hindrances(txn, tree_division(of), year, true, &hindrances);
    txn_free(txn);
    return hindrances.of[list].count;
}

static void asks_of_another_year_do_not_hinder(void **state)
{
    struct tree *tree = *state;

    empty_linzhou(tree);
    DO(tree, LHASA, "budget", "B-7", NEXT, REPLY("100"));
    DO(tree, LHASA, "transfer", "T-7", NEXT, "ori_bgt_id", "B-7", "rec_div_code", "540121",
       "amount", "5", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "early");
    tree_seal(tree);
    for (int year = 2026; year <= 2027; year++) {
        assert_int_equal(waiting(tree, LHASA, OPEN_AWAITED, year), year == 2027);
        assert_int_equal(waiting(tree, LINZHOU, OPEN_TO_REGISTER, year), year == 2027);
    }
    DO(tree, LINZHOU, "close_year", "C", "memo", "x");
}

static void a_closed_year_takes_what_moves_nothing(void **state)
{
    static const struct said said[] = {
        {"exists", "close_year", "C", {"memo", "x"}}, /* before the year is asked */
        {"closed_year", "close_year", "C-2", {"memo", "x"}},
        {"closed_year", "open_year", "OY", {"memo", "x"}},
        {"closed_year", "register", "R-9", {"bgt_id", "T-9"}},
        {"closed_year", "allocate", "A-9", {"ori_bgt_id", "NO", "agency_code", "9", "amount", "1"}},
        {"closed_year", "refund", "RF-9", {"pay_app_id", "P-1", "amount", "1", "reason", "x"}},
        {"closed_year", "agency", "AG-9", {"agency_code", "001009", "agency_name", "x"}},
        {"closed_year", "close_year", "C-3", {"month", "1"}},
        {"bad_month", "close_year", "C-3", {"month", "12"}},
        {"", "return", "R-9", {"bgt_id", "T-9", "reason", "x"}},
    };
    static const struct said before[] = {
        {"", "budget", "B-5", {"fiscal_year", "2025", REPLY("1")}},
        {"closed_year", /* the year after its own */
         "carry_over",
         "K-5",
         {"fiscal_year", "2025", "bgt_id", "B-5", "amount", "1"}},
    };
    struct tree *tree = *state;

    empty_linzhou(tree);
    DO(tree, LINZHOU, "close_year", "C", "memo", "x");
    tree_cut(tree, LINZHOU, LHASA, true);
    DO(tree, LHASA, "transfer", "T-9", "ori_bgt_id", "R-1", "rec_div_code", "540121", "amount", "5",
       "cor_bgt_doc_no", "9", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    say_all(tree, LINZHOU, said, COUNT_OF(said));
    say_all(tree, LINZHOU, before, COUNT_OF(before));
    tree_cut(tree, LINZHOU, LHASA, false);
    check_sound(tree, LHASA, LINZHOU);
    assert_int_equal(line_balance(tree, LHASA, LHASA, "T-9", ACC_TRANSIT), 0);
}

static void months_are_closed_in_their_order(void **state)
{
    static const struct said said[] = {
        {"bad_month", "close_year", "M", {"month", "0"}},
        {"bad_month", "close_year", "M", {"month", "12"}},
        {"bad_month", "reopen_year", "M", {"month", "13", "reason", "x"}},
        {"wrong_state", "close_year", "M", {"month", "2"}},
        {"wrong_state", "reopen_year", "M", {"month", "1", "reason", "x"}},
        {"", "close_year", "M-1", {"month", "1"}},
        {"wrong_state", "close_year", "M", {"month", "1"}},
        {"", "close_year", "M-2", {"month", "2"}},
        {"", "close_year", "M-3", {"month", "3"}},
        {"wrong_state", "reopen_year", "M", {"month", "4", "reason", "x"}},
        {"", "reopen_year", "O-2", {"month", "2", "reason", "x"}}, /* and March with it */
        {"wrong_state", "close_year", "M", {"month", "3"}},
        {"", "close_year", "M-4", {"month", "2"}},
        {"wrong_state", "reopen_year", "M", {"reason", "x"}}, /* the year is not closed */
    };
    static const struct said closed[] = {
        {"", "close_year", "C", {"memo", "x"}},
        {"wrong_state", "reopen_year", "M", {"month", "1", "reason", "x"}}, /* the year first */
        {"", "reopen_year", "O", {"reason", "x"}},
        {"wrong_state", "close_year", "M", {"month", "2"}},
        {"", "reopen_year", "O-1", {"month", "1", "reason", "x"}},
        {"", "close_year", "M-5", {"month", "1"}},
    };
    struct tree *tree = *state;

    say_all(tree, LINZHOU, said, COUNT_OF(said));
    empty_linzhou(tree);
    say_all(tree, LINZHOU, closed, COUNT_OF(closed));
    assert_string_equal(SAY(tree, LINZHOU, "close_year", "M", "month", "4"), "wrong_state");
    check_detail(tree, "the first month that is open is 2");
    tree_seal(tree);
    check_sound(tree, REGION, LINZHOU);
}

/* --- book months --- */

static int month_of(struct tree *tree, enum office_name at, const char *id)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct doc_row row;

    assert_true(doc_load(txn, tree_division(LINZHOU), bytes_text(id), &row));
    txn_free(txn);
    return row.book_month;
}

static void pay(struct tree *tree, const char *id, const char *date)
{
    DO(tree, LINZHOU, "paid", id, "pay_app_id", "P-1", "xpay_amt", "1", "xpay_date", date,
       "agent_business_no", id);
}

/* Example 16, and more: at the author and at those above. */
static void a_month_is_fixed_when_the_entry_is_folded(void **state)
{
    static const struct {
        const char *id;
        int month;
    } want[] = {
        {"V-1", 3}, /* before any month was closed; 2026-03-01 */
        {"Y-1", 11}, {"Y-2", 1},  {"Y-3", 12},  {"Y-4", 1},  {"W-1", 12},
        {"W-2", 12}, {"W-3", 12}, {"M-11", 11}, {"Z-1", 12}, {"X-1", 5},
    };
    struct tree *tree = *state;
    char id[16], month[8];

    pay(tree, "Y-1", "2026-11-30");
    pay(tree, "Y-2", "2025-12-31"); /* before the year */
    pay(tree, "Y-3", "2027-01-04"); /* after it */
    pay(tree, "Y-4", "2026-01-31");
    for (int i = 1; i <= 11; i++) {
        (void)snprintf(id, sizeof id, "M-%d", i);
        (void)snprintf(month, sizeof month, "%d", i);
        DO(tree, LINZHOU, "close_year", id, "month", month);
    }
    pay(tree, "W-1", "2026-11-30"); /* into a closed month */
    pay(tree, "W-2", "2025-12-31");
    pay(tree, "W-3", "2027-01-04");
    DO(tree, LINZHOU, "lapse", "Z-1", "bgt_id", "A-3", "amount", "1", "reason", "x"); /* today */
    DO(tree, LINZHOU, "reopen_year", "O-1", "month", "5", "reason", "x");
    pay(tree, "X-1", "2026-04-01");
    tree_seal(tree);
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        for (int at = REGION; at <= LINZHOU; at++) {
            if (at != SHIGATSE &&
                month_of(tree, (enum office_name)at, want[i].id) != want[i].month) {
                fail_msg("%s at %d: month %d, not %d", want[i].id, at,
                         month_of(tree, (enum office_name)at, want[i].id), want[i].month);
            }
        }
    }
}

/* --- what a close books --- */

#define CLOSING ".close-2026-111"

static void closing_takes_up_sources_and_uses(void **state)
{
    static const struct {
        enum account account;
        int128 fen;
    } want[] = {
        {ACC_SRC_TRANSFER_IN, 20000}, {ACC_SPENT, -4000}, {ACC_LAPSED, -16000}, {ACC_CLOSE, 0}};
    struct tree *tree = *state;
    struct doc_row close;
    struct txn *txn;

    empty_linzhou(tree);
    DO(tree, LINZHOU, "close_year", "C", "memo", "x");
    tree_seal(tree);
    for (int at = REGION; at <= LINZHOU; at++) {
        for (size_t i = 0; at != SHIGATSE && i < COUNT_OF(want); i++) {
            assert_int_equal(
                line_balance(tree, (enum office_name)at, LINZHOU, CLOSING, want[i].account),
                want[i].fen);
        }
    }
    assert_int_equal(line_balance(tree, LINZHOU, LINZHOU, "A-3", ACC_SPENT), 4000);
    txn = txn_open(tree_store(tree, LINZHOU), NULL);
    assert_true(doc_load(txn, tree_division(LINZHOU), bytes_text("C"), &close));
    assert_int_equal(close.amount, 40000); /* sources once, and uses once, over CLOSE */
    txn_free(txn);
    check_sound(tree, LINZHOU, LINZHOU);
    check_sound(tree, LHASA, LINZHOU);
    check_sound(tree, REGION, LINZHOU);
    check_sound(tree, REGION, REGION);
    assert_int_equal(tree_alarms(tree), 0);
}

static void reopening_takes_it_back_and_a_later_close_uses_the_line_again(void **state)
{
    struct tree *tree = *state;

    empty_linzhou(tree);
    DO(tree, LINZHOU, "close_year", "C", "memo", "x");
    DO(tree, LINZHOU, "reopen_year", "O", "reason", "x"); /* in the same block */
    tree_seal(tree);
    for (int account = ACC_SRC_APPROVED; account < ACCOUNTS; account++) {
        assert_int_equal(line_balance(tree, REGION, LINZHOU, CLOSING, (enum account)account), 0);
    }
    DO(tree, LINZHOU, "refund", "RF", "pay_app_id", "P-1", "amount", "10", "reason", "x");
    DO(tree, LINZHOU, "lapse", "Z-9", "bgt_id", "A-3", "amount", "10", "reason", "x");
    DO(tree, LINZHOU, "close_year", "C-2", "memo", "x");
    tree_seal(tree);
    assert_int_equal(line_balance(tree, REGION, LINZHOU, CLOSING, ACC_SPENT), -3000);
    assert_int_equal(line_balance(tree, REGION, LINZHOU, CLOSING, ACC_LAPSED), -17000);
    assert_int_equal(line_balance(tree, REGION, LINZHOU, CLOSING, ACC_CLOSE), 0);
    check_sound(tree, REGION, LINZHOU);
    assert_int_equal(tree_alarms(tree), 0);
}

static void empty_lhasa(struct tree *tree)
{
    DO(tree, LHASA, "lapse", "Z-1", "bgt_id", "R-1", "amount", "100", "reason", "x");
    DO(tree, LHASA, "lapse", "Z-2", "bgt_id", "A-2", "amount", "300", "reason", "x");
}

static void nothing_is_reopened_below_what_was_heard_to_close(void **state)
{
    struct tree *tree = *state;

    empty_linzhou(tree);
    empty_lhasa(tree);
    DO(tree, LINZHOU, "close_year", "C", "memo", "x");
    tree_hold_back(tree, LHASA, true);
    DO(tree, LHASA, "close_year", "C", "memo", "x"); /* not heard */
    tree_seal(tree);
    DO(tree, LINZHOU, "reopen_year", "O", "reason", "x");
    DO(tree, LINZHOU, "close_year", "C-2", "memo", "x");
    tree_hold_back(tree, LHASA, false);
    assert_int_equal(standing(tree, LINZHOU, LHASA, 2026), YEAR_IS_CLOSED);
    assert_string_equal(SAY(tree, LINZHOU, "reopen_year", "O-2", "reason", "x"), "wrong_state");
    check_detail(tree, "540100 has closed the year");
    DO(tree, LHASA, "reopen_year", "O", "reason", "x");
    tree_seal(tree);
    DO(tree, LINZHOU, "reopen_year", "O-2", "reason", "x");
}

static void expect_not_closed(struct tree *tree, enum office_name of, int year, const char *want)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    struct buf out = BUF_EMPTY;
    const size_t count = query_not_closed(txn, tree_roster(tree), tree_division(of), year, &out);
    char have[64] = "";

    for (size_t i = 0; i < count; i++) {
        struct division division;

        memcpy(&division, out.data + i * sizeof division, sizeof division);
        (void)snprintf(have + strlen(have), sizeof have - strlen(have), "%s ", division.code);
    }
    assert_string_equal(have, want);
    txn_free(txn);
    buf_free(&out);
}

static bool is_open(struct tree *tree, enum office_name of, int year)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    const bool out = query_year_is_open(txn, tree_division(of), year);

    txn_free(txn);
    return out;
}

/* Of those that keep books of the year: nobody else has anything to close. */
static void who_has_not_closed_is_told(void **state)
{
    struct tree *tree = *state;

    empty_linzhou(tree);
    expect_not_closed(tree, REGION, 2026, "540100 540121 ");
    DO(tree, LINZHOU, "close_year", "C", "memo", "x");
    DO(tree, SHIGATSE, "open_year", "O", NEXT); /* no lines, and yet to be closed */
    DO(tree, LHASA, "budget", "B-7", NEXT, REPLY("1"));
    tree_seal(tree);
    expect_not_closed(tree, REGION, 2026, "540100 ");
    expect_not_closed(tree, LHASA, 2026, "");
    expect_not_closed(tree, REGION, 2025, "");
    expect_not_closed(tree, REGION, 2027, "540100 540200 "); /* the first has it prepared */
    assert_true(is_open(tree, REGION, 2026));
    assert_false(is_open(tree, LINZHOU, 2026));
    assert_false(is_open(tree, SANGZHUZI, 2026));
    assert_false(is_open(tree, REGION, 2025));
}

/* --- alone, with a store of its own --- */

static void write_lines(struct holder *holder, struct script *script, size_t lines)
{
    for (size_t i = 0; i < lines; i++) {
        char budget[32], lapse[32];

        (void)snprintf(budget, sizeof budget, "B%zu", i);
        (void)snprintf(lapse, sizeof lapse, "Z%zu", i);
        WRITE(script, "budget", budget, REPLY("1"));
        WRITE(script, "lapse", lapse, "bgt_id", budget, "amount", "1", "reason", "x");
        if (script->count + 2 > ENTRIES_MAX) {
            apply(holder, script);
        }
    }
    WRITE(script, "agency", "AG", "agency_code", "1", "agency_name",
          "x"); /* never an empty block */
    apply(holder, script);
}

static size_t rows_read_to_close(struct tree *tree, size_t lines)
{
    struct holder *holder = holder_new(tree, REGION);
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct counted_store counted = {.behind = &holder->store};
    const struct store store = counted_store_of(&counted);
    const struct batch batch = (write_lines(holder, &script, lines), txn_batch(holder->txn));

    commit_claiming(&holder->store, &batch);
    txn_free(holder->txn);
    holder->txn = txn_open(&store, NULL);
    WRITE(&script, "close_year", "C", "memo", "x");
    apply(holder, &script);
    assert_int_equal(balance(holder, LHASA, CLOSING, ACC_LAPSED), -100 * (int)lines);
    holder_free(holder);
    return counted.rows;
}

static void a_close_costs_the_same_however_many_lines_there_are(void **state)
{
    const size_t few = rows_read_to_close(*state, 1);

    assert_int_equal(rows_read_to_close(*state, 300), few);
    assert_true(few > 0);
}

/* It is one entry: whoever stops before the commit has not closed, and closes again. */
static void a_close_is_whole_or_absent(void **state)
{
    struct holder *holder = holder_new(*state, REGION);
    struct script script = {.author = LHASA, .first_lsn = 1}, again;
    struct ledger_position before, after, once_more;
    struct batch batch;

    write_lines(holder, &script, 3);
    batch = txn_batch(holder->txn);
    commit_claiming(&holder->store, &batch);
    before = position(holder, LHASA);
    WRITE(&script, "close_year", "C", "memo", "x");
    assert_int_equal(apply_part(holder, &script, 0), OK);
    after = position(holder, LHASA);
    txn_free(holder->txn); /* and nothing was committed */
    holder->txn = txn_open(&holder->store, NULL);
    assert_int_equal(balance(holder, LHASA, CLOSING, ACC_LAPSED), -1);
    assert_int_equal(year_standing(holder->txn, tree_division(LHASA), 2026), YEAR_IS_OPEN);
    assert_int_equal(position(holder, LHASA).lsn, before.lsn);
    again = script;
    assert_int_equal(apply_part(holder, &again, 0), OK);
    once_more = position(holder, LHASA);
    assert_memory_equal(&after, &once_more, sizeof after);
    assert_int_equal(balance(holder, LHASA, CLOSING, ACC_LAPSED), -300);
    script_clear(&script);
    holder_free(holder);
}

/* What no honest author writes: it is a fact, and told. */
static void money_of_a_closed_year_that_moves_is_told(void **state)
{
    struct holder *holder = holder_new(*state, REGION);
    struct script script = {.author = LHASA, .first_lsn = 1};

    WRITE(&script, "budget", "B", REPLY("10"));
    WRITE(&script, "lapse", "Z", "bgt_id", "B", "amount", "10", "reason", "x");
    WRITE(&script, "close_year", "C", "memo", "x");
    apply(holder, &script);
    assert_int_equal(holder->alarm_count, 0);
    WRITE(&script, "budget", "B2", REPLY("1"));
    apply(holder, &script);
    assert_int_equal(holder->alarm_count, 1);
    assert_string_equal(holder->alarms[0],
                        "bad_entry: entry_in_closed_year lsn=4 author=540100 year=2026");
    WRITE(&script, "reopen_year", "O", "reason", "x");
    WRITE(&script, "reopen_year", "O2", "reason", "x"); /* moves nothing a second time */
    WRITE(&script, "budget", CLOSING, REPLY("1"));
    apply(holder, &script);
    assert_int_equal(holder->alarm_count, 2);
    assert_non_null(strstr(holder->alarms[1], "why=id_of_closing_line"));
    assert_int_equal(balance(holder, LHASA, CLOSING, ACC_SRC_APPROVED), 0);
    assert_int_equal(balance(holder, LHASA, CLOSING, ACC_UNALLOC), 0);
    holder_free(holder);
}

/* A year that its author closed with money in it: the closing line tells. */
static void a_close_with_open_money_is_told(void **state)
{
    struct holder *holder = holder_new(*state, REGION);
    struct script script = {.author = LHASA, .first_lsn = 1};
    char fault[VERIFY_FAULT_MAX] = "";

    WRITE(&script, "budget", "B", REPLY("10"));
    WRITE(&script, "close_year", "C", "memo", "x");
    apply(holder, &script);
    assert_int_equal(
        verify_ledger(holder->txn, tree_roster(*state), tree_division(LHASA), fault, sizeof fault),
        VERIFY_AUTHORS);
    assert_non_null(strstr(fault, "closed_with_open"));
    holder_free(holder);
}

/* What is only tried is in no block; the close that is tried behind it counts it all the same, and
 * once. */
static void a_dry_run_closes_what_it_tried(void **state)
{
    struct holder *holder = holder_new(*state, REGION);
    struct script script = {.author = REGION, .first_lsn = 1};
    struct txn *parent = holder->txn;
    struct ledger_mark mark;

    TRY(holder, &script, "budget", "B", REPLY("10"));
    ledger_mark(holder->ledger, &mark);
    holder->txn = txn_open_child(parent);
    TRY(holder, &script, "lapse", "Z", "bgt_id", "B", "amount", "10", "reason", "x");
    TRY(holder, &script, "close_year", "C", "memo", "x");
    assert_int_equal(balance(holder, REGION, CLOSING, ACC_SRC_APPROVED), 1000);
    assert_int_equal(balance(holder, REGION, CLOSING, ACC_LAPSED), -1000);
    txn_free(holder->txn);
    holder->txn = parent;
    ledger_return_to(holder->ledger, &mark);
    assert_int_equal(balance(holder, REGION, CLOSING, ACC_LAPSED), -1);
    script.first_lsn = 2;
    TRY(holder, &script, "lapse", "Z", "bgt_id", "B", "amount", "10", "reason", "x");
    TRY(holder, &script, "close_year", "C", "memo", "x");
    assert_int_equal(balance(holder, REGION, CLOSING, ACC_LAPSED), -1000);
    holder_free(holder);
}

/* As of a draft whose line was a draft, too, when it was handed in. */
static void a_carry_that_was_not_written_out_is_refused(void **state)
{
    struct holder *holder = holder_new(*state, REGION);
    struct script script = {.author = REGION, .first_lsn = 1};
    struct buf memory = BUF_EMPTY;
    struct document carry;
    struct refusal refusal;

    TRY(holder, &script, "budget", "B", REPLY("10"));
    document_fill(&carry, "carry_over", "K",
                  (const char *const[]){"bgt_id", "B", "amount", "1", NULL});
    assert_int_equal(ledger_check_rules(holder->ledger, holder->txn, &carry, &refusal),
                     REASON_UNKNOWN);
    assert_string_equal(refusal.what, "bgt_id");
    ledger_complete(holder->ledger, holder->txn, &carry, &memory);
    assert_int_equal(ledger_check_rules(holder->ledger, holder->txn, &carry, &refusal),
                     REASON_NONE);
    buf_free(&memory);
    holder_free(holder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_prepared_year_takes_what_prepares_it),
        IN_TREE(what_came_early_is_registered_in_a_prepared_year),
        IN_TREE(years_are_kept_from_the_first_that_is_opened),
        IN_TREE(closing_names_the_first_thing_that_is_open),
        IN_TREE(closing_waits_for_asks),
        IN_TREE(asks_of_another_year_do_not_hinder),
        IN_TREE(a_closed_year_takes_what_moves_nothing),
        IN_TREE(months_are_closed_in_their_order),
        IN_TREE(a_month_is_fixed_when_the_entry_is_folded),
        IN_TREE(closing_takes_up_sources_and_uses),
        IN_TREE(reopening_takes_it_back_and_a_later_close_uses_the_line_again),
        IN_TREE(nothing_is_reopened_below_what_was_heard_to_close),
        IN_TREE(who_has_not_closed_is_told),
        IN_TREE(a_close_costs_the_same_however_many_lines_there_are),
        IN_TREE(a_close_is_whole_or_absent),
        IN_TREE(money_of_a_closed_year_that_moves_is_told),
        IN_TREE(a_close_with_open_money_is_told),
        IN_TREE(a_dry_run_closes_what_it_tried),
        IN_TREE(a_carry_that_was_not_written_out_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
