/* Nothing is ever dropped from a sum, and nothing is added to one that is not its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/verify/verify_ledger.h"
#include "tests/unit/ledger/holder.h"

static const char most[] = "1000000000000000.00"; /* AMOUNT_FEN_MAX */

struct account_sum {
    enum account account;
    int128 fen;
};

static void add_balance(void *arg, const struct balance_row *row)
{
    struct account_sum *sum = arg;

    if (row->account == sum->account) {
        sum->fen += (row->debit - row->credit) * account_info(row->account)->normal;
    }
}

static void expect(struct holder *holder, enum office_name of, enum scope scope,
                   enum account account, int128 want)
{
    char have_text[AMOUNT_TEXT_MAX], want_text[AMOUNT_TEXT_MAX];

    for (int by = 0; by < DIMENSIONS; by++) {
        struct account_sum sum = {account, 0};

        query_balance(holder->txn, tree_roster(holder->tree), tree_division(of), scope, 0,
                      (enum dimension)by, add_balance, &sum);
        if (sum.fen != want) {
            amount_format(have_text, sum.fen);
            amount_format(want_text, want);
            fail_msg("%s of %s by %s is %s, want %s", account_info(account)->mnemonic,
                     tree_division(of).code, dimension_name((enum dimension)by), have_text,
                     want_text);
        }
    }
}

static void expect_sound(struct holder *holder, enum office_name of)
{
    char fault[512] = "";

    if (verify_ledger(holder->txn, tree_roster(holder->tree), tree_division(of), fault,
                      sizeof fault) != VERIFY_SOUND) {
        fail_msg("%s", fault);
    }
}

static void write_budgets(struct holder *holder, enum office_name author, int count)
{
    struct script script = {.author = author, .first_lsn = position(holder, author).lsn + 1};

    for (int i = 0; i < count; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "B-%llu",
                       (unsigned long long)(script.first_lsn + script.count));
        WRITE(&script, "budget", id, REPLY(most));
        if (script.count == ENTRIES_MAX || i == count - 1) {
            apply(holder, &script);
        }
    }
    assert_int_equal(holder->alarm_count, 0);
}

/* Eight thousand of the largest amount pass 64 bits many times over. */
static void budgets_beyond_64_bits_are_all_in_every_balance(void **state)
{
    struct holder *holder = *state;
    const int128 largest = AMOUNT_FEN_MAX;

    write_budgets(holder, LINZHOU, 8190);
    write_budgets(holder, LINZHOU, 4);
    assert_true(8194 * largest > INT64_MAX);
    expect(holder, LINZHOU, SCOPE_OWN, ACC_UNALLOC, 8194 * largest);
    expect(holder, LINZHOU, SCOPE_OWN, ACC_SRC_APPROVED, 8194 * largest);
    expect(holder, LHASA, SCOPE_SUBTREE, ACC_UNALLOC, 8194 * largest);
    expect(holder, REGION, SCOPE_SUBTREE, ACC_UNALLOC, 8194 * largest);
    expect_sound(holder, LINZHOU);
    expect_sound(holder, REGION);
}

/* What a county writes may be absurd; the figures of others go on beside it. */
static void one_county_cannot_stop_the_sums_of_a_region(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    const int128 largest = AMOUNT_FEN_MAX;

    write_budgets(holder, LINZHOU, 100);
    WRITE(&script, "budget", "B", REPLY("7"));
    apply(holder, &script);
    expect(holder, LHASA, SCOPE_OWN, ACC_UNALLOC, 700);
    expect(holder, LHASA, SCOPE_SUBTREE, ACC_UNALLOC, 100 * largest + 700);
    expect(holder, REGION, SCOPE_SUBTREE, ACC_UNALLOC, 100 * largest + 700);
    expect_sound(holder, REGION);
}

/* No honest node writes this: one indicator and one payment, a thousand times the largest amount
 * below and above zero. */
static void a_balance_passes_64_bits_too(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    const int128 largest = AMOUNT_FEN_MAX;
    struct doc_row payment;
    int number = 0;

    WRITE(&script, "budget", "B", REPLY("100"));
    WRITE(&script, "allocate", "A", "ori_bgt_id", "B", "amount", "50");
    WRITE(&script, "release", "L", "bgt_id", "A");
    WRITE(&script, "payment", "P", "bgt_id", "A", "pay_app_amt", "50");
    apply(holder, &script);
    for (int block = 0; block < 80; block++) {
        for (int i = 0; i < 15; i++) {
            char id[16];

            (void)snprintf(id, sizeof id, "X-%d", number++);
            WRITE(&script, "reduce", id, "bgt_id", "A", "amount", most);
            (void)snprintf(id, sizeof id, "X-%d", number++);
            WRITE(&script, "paid", id, "pay_app_id", "P", "xpay_amt", most, "agent_business_no",
                  id);
        }
        apply(holder, &script);
    }
    assert_true(balance(holder, LHASA, "B", ACC_UNALLOC) == 5000 + 1200 * largest);
    assert_true(balance(holder, LHASA, "A", ACC_AVAIL) == -1200 * largest);
    assert_true(doc_load(holder->txn, tree_division(LHASA), bytes_text("P"), &payment));
    assert_true(payment.spent == 1200 * largest && payment.left == 5000 - 1200 * largest);
    expect(holder, REGION, SCOPE_SUBTREE, ACC_UNALLOC, 5000 + 1200 * largest);
    assert_int_equal(position(holder, LHASA).lsn, 4 + 80 * 30);
}

/* Sums of one division and year, as the rows have them, so large that the next document passes
 * what is read back: nobody stops, and who reads is told that the row is none. */
static void sums_beside_their_bound_are_written_and_told_to_be_damaged(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LINZHOU, .first_lsn = 1};
    const int128 bound = (int128)1 << WIDE_BITS;
    const struct row_key of_year = year_sums_key(tree_division(LINZHOU), 2026, bytes_text("111"));
    int128 sums[ACCOUNTS];
    struct err err;

    WRITE(&script, "budget", "B-1", REPLY(most));
    apply(holder, &script);
    year_sums_load(holder->txn, &of_year, sums);
    assert_true(sums[ACC_UNALLOC] == AMOUNT_FEN_MAX);
    sums[ACC_UNALLOC] = bound - 1;
    sums[ACC_SRC_APPROVED] = 1 - bound;
    year_sums_store(holder->txn, &of_year, sums);
    script = (struct script){.author = LINZHOU, .first_lsn = 2};
    WRITE(&script, "budget", "B-2", REPLY(most));
    apply(holder, &script);
    assert_int_equal(txn_status(holder->txn, &err), OK);
    year_sums_load(holder->txn, &of_year, sums);
    assert_int_equal(txn_status(holder->txn, &err), ERR_CORRUPT);
}

/* --- codes that are a division's own --- */

struct lines {
    char text[1024];
    size_t size;
};

static void add_pending(void *arg, const struct balance_row *row)
{
    struct lines *lines = arg;
    char amount[AMOUNT_TEXT_MAX];

    if (row->account == ACC_PENDING) {
        amount_format(amount, row->debit - row->credit);
        lines->size += (size_t)snprintf(lines->text + lines->size, sizeof lines->text - lines->size,
                                        "%s|%s=%s ", row->key, row->division.code, amount);
        assert_true(lines->size < sizeof lines->text);
    }
}

static void expect_pending(struct holder *holder, enum office_name of, enum scope scope,
                           enum dimension by, const char *want)
{
    struct lines lines = {"", 0};

    query_balance(holder->txn, tree_roster(holder->tree), tree_division(of), scope, 0, by,
                  add_pending, &lines);
    assert_string_equal(lines.text, want);
}

/* A "Housing" of one division and the "Cemeteries" of another, both under 101. */
static void write_spending(struct holder *holder, enum office_name author, bool own,
                           const char *amount)
{
    struct script script = {.author = author, .first_lsn = 1};

    if (own) {
        WRITE(&script, "agency", "G", "agency_code", "101", "agency_name", "x");
        WRITE(&script, "project", "P", "pro_code", "P1", "pro_name", "x", "pro_cat_code", "1",
              "agency_code", "101", "state", "reserved", "setup_year", "2026");
    }
    WRITE(&script, "budget", "B", REPLY("100"));
    WRITE(&script, "allocate", "A", "ori_bgt_id", "B", "amount", amount, "agency_code", "101",
          "pro_code", "P1");
    apply(holder, &script);
    assert_int_equal(holder->alarm_count, 0);
}

static void codes_of_two_divisions_are_two(void **state)
{
    struct holder *holder = *state;

    write_spending(holder, LHASA, true, "1");
    write_spending(holder, LINZHOU, true, "20");
    for (int i = 0; i < 2; i++) {
        const enum dimension by = i == 0 ? BY_AGENCY : BY_PROJECT;
        const char *key = i == 0 ? "101" : "P1";
        char own[64], both[128];

        (void)snprintf(own, sizeof own, "%s|=20.00 ", key);
        (void)snprintf(both, sizeof both, "540100/%s|540100=1.00 540121/%s|540121=20.00 ", key,
                       key);
        expect_pending(holder, LINZHOU, SCOPE_OWN, by, own);
        expect_pending(holder, LHASA, SCOPE_SUBTREE, by, both);
        expect_pending(holder, REGION, SCOPE_SUBTREE, by, both);
    }
    expect_sound(holder, REGION);
}

static void add_transit(void *arg, const struct balance_row *row)
{
    if (row->account == ACC_TRANSIT) {
        *(int128 *)arg += row->debit > row->credit ? row->debit - row->credit : 0;
        assert_true(row->debit >= row->credit); /* no key owes what another has */
    }
}

/* What the one has in transit and the other registered is one thing, whatever agency both have
 * under the code that came with it. */
static void what_is_registered_leaves_the_transit_of_its_issuer(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    int128 transit = 0;

    WRITE(&script, "agency", "G", "agency_code", "101", "agency_name", "x");
    WRITE(&script, "budget", "B", REPLY("100"));
    WRITE(&script, "transfer", "T", "ori_bgt_id", "B", "rec_div_code", "540121", "amount", "30",
          "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal", "agency_code",
          "101", "fund_type_code", "111");
    WRITE(&script, "settle", "S", "bgt_id", "T", "rec_div_code", "540121", "answer_id", "R",
          "amount", "30", "outcome", "registered");
    apply(holder, &script);
    script = (struct script){.author = LINZHOU, .first_lsn = 1};
    WRITE(&script, "agency", "G", "agency_code", "101", "agency_name", "y");
    WRITE(&script, "register", "R", "bgt_id", "T", "ori_div_code", "540100", "amount", "30",
          "agency_code", "101", "fund_type_code", "111");
    apply(holder, &script);
    query_balance(holder->txn, tree_roster(holder->tree), tree_division(REGION), SCOPE_SUBTREE, 0,
                  BY_AGENCY, add_transit, &transit);
    assert_true(transit == 0);
}

/* Money that came down keeps the project of who gave it. */
static void a_code_from_above_is_still_that_of_above(void **state)
{
    struct holder *holder = *state;

    write_spending(holder, LHASA, true, "1");
    write_spending(holder, LINZHOU, false, "20");
    expect_pending(holder, REGION, SCOPE_SUBTREE, BY_PROJECT, "540100/P1|540100=21.00 ");
    expect_pending(holder, LINZHOU, SCOPE_SUBTREE, BY_PROJECT, "540100/P1|540100=20.00 ");
}

static void a_code_that_nobody_here_has_stands_alone(void **state)
{
    struct holder *holder = *state;

    write_spending(holder, LINZHOU, false, "20");
    expect_pending(holder, REGION, SCOPE_SUBTREE, BY_PROJECT, "P1|=20.00 ");
    expect_pending(holder, REGION, SCOPE_SUBTREE, BY_AGENCY, "101|=20.00 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HELD(budgets_beyond_64_bits_are_all_in_every_balance),
        HELD(one_county_cannot_stop_the_sums_of_a_region),
        HELD(a_balance_passes_64_bits_too),
        HELD(sums_beside_their_bound_are_written_and_told_to_be_damaged),
        HELD(codes_of_two_divisions_are_two),
        HELD(what_is_registered_leaves_the_transit_of_its_issuer),
        HELD(a_code_from_above_is_still_that_of_above),
        HELD(a_code_that_nobody_here_has_stands_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
