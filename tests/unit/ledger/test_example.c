/* The worked example of three governments, to the fen, at every level that computes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"
#include "tests/unit/ledger/tree.h"

#define PAYEE                                                                                      \
    "payee_acct_name", "施工队", "payee_acct_no", "62", "payee_acct_bank_name", "农行", "use_des", \
        "工程款"
#define ISSUE "cor_bgt_doc_no", "文〔2026〕1号", "tra_type_code", "general", "stage", "formal"

/* Yuan ten-thousands, as the example counts. */
#define WAN(n) INT64_C(n) * 10000 * 100

static void enter_agency(struct tree *tree, enum office_name office)
{
    DO(tree, office, "agency", "AG", "agency_code", "101", "agency_name", "教育局");
}

static void play(struct tree *tree)
{
    enter_agency(tree, REGION);
    DO(tree, REGION, "budget", "B", "stage", "reply", "fund_type_code", "111", "amount", "10000000",
       "approval_ref", "1", "exp_func_code", "2050202");
    DO(tree, REGION, "transfer", "T1", "ori_bgt_id", "B", "rec_div_code", "540100", "amount",
       "6000000", ISSUE, "exp_func_code", "2050203"); /* under a function of its own */
    DO(tree, REGION, "allocate", "A1", "ori_bgt_id", "B", "agency_code", "101", "amount",
       "1000000");
    DO(tree, REGION, "release", "L1", "bgt_id", "A1", "cor_bgt_doc_no", "1");
    tree_seal(tree);
    enter_agency(tree, LHASA);
    DO(tree, LHASA, "register", "R1", "bgt_id", "T1");
    DO(tree, LHASA, "transfer", "T2", "ori_bgt_id", "R1", "rec_div_code", "540121", "amount",
       "2000000", ISSUE);
    DO(tree, LHASA, "allocate", "A2", "ori_bgt_id", "R1", "agency_code", "101", "amount",
       "3000000");
    DO(tree, LHASA, "release", "L2", "bgt_id", "A2", "cor_bgt_doc_no", "1");
    tree_seal(tree);
    enter_agency(tree, LINZHOU);
    DO(tree, LINZHOU, "register", "R2", "bgt_id", "T2");
    DO(tree, LINZHOU, "allocate", "A3", "ori_bgt_id", "R2", "agency_code", "101", "amount",
       "1500000");
    DO(tree, LINZHOU, "release", "L3", "bgt_id", "A3", "cor_bgt_doc_no", "1");
    DO(tree, LINZHOU, "payment", "P", "bgt_id", "A3", "pay_app_amt", "400000", PAYEE);
    DO(tree, LINZHOU, "paid", "V", "pay_app_id", "P", "xpay_amt", "400000", "xpay_date",
       "2026-03-01", "agent_business_no", "1");
    tree_seal(tree);
    assert_int_equal(tree_alarms(tree), 0);
}

static int open_tree(void **state)
{
    struct tree *tree = tree_new();

    play(tree);
    *state = tree;
    return 0;
}

static int close_tree(void **state)
{
    tree_free(*state);
    return 0;
}

/* Balances on the normal side, from the roll-up by account. */
static void balances(struct tree *tree, enum office_name office, char scope, enum office_name of,
                     int128 out[ACCOUNTS])
{
    struct txn *txn = txn_open(tree_store(tree, office), NULL);
    const struct row_key key =
        rollup_key(scope, tree_division(of), 2026, ROLLUP_ACCOUNT, BYTES_NONE);
    struct rollup sums;

    rollup_load(txn, &key, &sums);
    for (int account = 1; account < ACCOUNTS; account++) {
        out[account] = (sums.of[account].debit - sums.of[account].credit) *
                       (account_info((enum account)account)->normal < 0 ? -1 : 1);
    }
    txn_free(txn);
}

static void every_level_computes_the_same_figures(void **state)
{
    static const struct {
        char scope;
        enum office_name of;
        int64_t want[ACCOUNTS];
    } cases[] = {
        {ROLLUP_OWN,
         REGION,
         {[ACC_SRC_APPROVED] = WAN(1000),
          [ACC_UNALLOC] = WAN(300),
          [ACC_AVAIL] = WAN(100),
          [ACC_XFER_OUT] = WAN(600)}},
        {ROLLUP_OWN,
         LHASA,
         {[ACC_SRC_TRANSFER_IN] = WAN(600),
          [ACC_UNALLOC] = WAN(100),
          [ACC_AVAIL] = WAN(300),
          [ACC_XFER_OUT] = WAN(200)}},
        {ROLLUP_OWN,
         LINZHOU,
         {[ACC_SRC_TRANSFER_IN] = WAN(200),
          [ACC_UNALLOC] = WAN(50),
          [ACC_AVAIL] = WAN(110),
          [ACC_SPENT] = WAN(40)}},
        {ROLLUP_SUBTREE,
         REGION,
         {[ACC_SRC_APPROVED] = WAN(1000),
          [ACC_UNALLOC] = WAN(450),
          [ACC_AVAIL] = WAN(510),
          [ACC_SPENT] = WAN(40)}},
        {ROLLUP_SUBTREE,
         LHASA,
         {[ACC_SRC_TRANSFER_IN] = WAN(600),
          [ACC_UNALLOC] = WAN(150),
          [ACC_AVAIL] = WAN(410),
          [ACC_SPENT] = WAN(40)}},
        {ROLLUP_SUBTREE,
         LINZHOU,
         {[ACC_SRC_TRANSFER_IN] = WAN(200),
          [ACC_UNALLOC] = WAN(50),
          [ACC_AVAIL] = WAN(110),
          [ACC_SPENT] = WAN(40)}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (int office = 0; office < OFFICES; office++) {
            int128 got[ACCOUNTS];

            if (!roster_within(tree_roster(*state), tree_division(cases[i].of),
                               tree_division((enum office_name)office))) {
                continue;
            }
            balances(*state, (enum office_name)office, cases[i].scope, cases[i].of, got);
            for (int account = 1; account < ACCOUNTS; account++) {
                if (got[account] != cases[i].want[account]) {
                    fail_msg("%c of %s at %s: %s is %lld, want %lld", cases[i].scope,
                             tree_division(cases[i].of).code,
                             tree_division((enum office_name)office).code,
                             account_info((enum account)account)->mnemonic, (long long)got[account],
                             (long long)cases[i].want[account]);
                }
            }
        }
    }
}

struct transit {
    int128 sum;
    size_t rows;
};

static bool add_transit(void *arg, struct bytes key, struct bytes value)
{
    struct transit *transit = arg;
    enum rollup_dimension dimension;
    struct bytes rest;
    struct rollup sums;
    int year;

    assert_true(rollup_key_parse(key, &year, &dimension, &rest));
    assert_true(rollup_parse(value, &sums));
    assert_int_equal(sums.of[ACC_TRANSIT].debit, sums.of[ACC_TRANSIT].credit);
    assert_int_equal(sums.of[ACC_XFER_OUT].debit, 0);
    transit->sum += sums.of[ACC_TRANSIT].debit;
    transit->rows++;
    return true;
}

/* Not only in total: what was issued under one code was registered under the same. */
static void nothing_is_in_transit_by_any_dimension(void **state)
{
    struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
    const struct row_key prefix = rollup_prefix(ROLLUP_SUBTREE, tree_division(REGION));
    struct transit transit = {0, 0};
    struct err err;

    assert_int_equal(
        txn_scan(txn, SPACE_ROLLUPS, row_key_bytes(&prefix), add_transit, &transit, &err), OK);
    assert_true(transit.sum > 0);
    assert_true(transit.rows >= ROLLUP_DIMENSIONS);
    txn_free(txn);
}

static void a_transfer_stands_under_its_own_function(void **state)
{
    struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
    const struct row_key key =
        rollup_key(ROLLUP_OWN, tree_division(REGION), 2026, ROLLUP_FUNCTION, bytes_text("2050203"));
    struct rollup sums;

    rollup_load(txn, &key, &sums);
    assert_int_equal(sums.of[ACC_XFER_OUT].debit, WAN(600));
    assert_int_equal(sums.of[ACC_TRANSIT].debit, WAN(600));
    assert_int_equal(sums.of[ACC_TRANSIT].credit, WAN(600));
    txn_free(txn);
}

static void digests_agree_wherever_they_are_computed(void **state)
{
    for (int of = 0; of < OFFICES; of++) {
        const struct division division = tree_division((enum office_name)of);
        struct ledger_position own, replica;
        struct txn *txn = txn_open(tree_store(*state, (enum office_name)of), NULL);

        ledger_position(txn, division, &own);
        txn_free(txn);
        for (int at = 0; at < OFFICES; at++) {
            if (at == of || !roster_within(tree_roster(*state), division,
                                           tree_division((enum office_name)at))) {
                continue;
            }
            txn = txn_open(tree_store(*state, (enum office_name)at), NULL);
            ledger_position(txn, division, &replica);
            txn_free(txn);
            assert_int_equal(own.lsn, replica.lsn);
            assert_int_equal(own.digest_lsn, replica.digest_lsn);
            assert_int_equal(own.time_ms, replica.time_ms);
            assert_true(hash_equal(&own.digest, &replica.digest));
        }
    }
}

static struct doc_row doc(struct tree *tree, enum office_name office, enum office_name of,
                          const char *id)
{
    struct txn *txn = txn_open(tree_store(tree, office), NULL);
    struct doc_row row;

    if (!doc_load(txn, tree_division(of), bytes_text(id), &row)) {
        fail_msg("%s has no %s", tree_division(office).code, id);
    }
    txn_free(txn);
    return row;
}

static struct transfer_match match(struct tree *tree, enum office_name office,
                                   enum office_name issuer, const char *id)
{
    struct txn *txn = txn_open(tree_store(tree, office), NULL);
    struct transfer_match out;

    assert_true(transfer_match_load(txn, tree_division(issuer), bytes_text(id), &out));
    txn_free(txn);
    return out;
}

static void a_settle_follows_a_registration_by_itself(void **state)
{
    const struct transfer_match known = match(*state, LHASA, LHASA, "T2");
    struct doc_row settle;

    assert_int_equal(doc(*state, LHASA, LHASA, "T2").state, DOC_REGISTERED);
    assert_int_equal(doc(*state, REGION, LHASA, "T2").state, DOC_REGISTERED);
    assert_int_equal(doc(*state, LINZHOU, LHASA, "T2").state, DOC_REGISTERED); /* it heard */
    assert_string_equal(known.answer_id.at, "R2");
    assert_string_equal(known.settle_answer_id.at, "R2");
    assert_true(known.answer_lsn != 0 && known.settle_lsn != 0 && !known.breach);
    assert_memory_equal(known.settle_id.at, ".s", 2);
    assert_int_equal(known.settle_id.size, 34);
    settle = doc(*state, LHASA, LHASA, known.settle_id.at);
    assert_int_equal(settle.kind, KIND_SETTLE);
    assert_int_equal(settle.amount, WAN(200));
    assert_string_equal(settle.about.at, "T2");
}

static void a_return_gives_the_money_back(void **state)
{
    struct tree *tree = *state;
    int128 got[ACCOUNTS];

    DO(tree, REGION, "transfer", "T9", "ori_bgt_id", "B", "rec_div_code", "540100", "amount",
       "1000000", ISSUE);
    tree_seal(tree);
    balances(tree, REGION, ROLLUP_OWN, REGION, got);
    assert_int_equal(got[ACC_TRANSIT], WAN(100));
    assert_int_equal(got[ACC_UNALLOC], WAN(200));
    DO(tree, LHASA, "return", "RT9", "bgt_id", "T9", "reason", "误发");
    tree_seal(tree);
    balances(tree, REGION, ROLLUP_OWN, REGION, got);
    assert_int_equal(got[ACC_TRANSIT], 0);
    assert_int_equal(got[ACC_UNALLOC], WAN(300));
    assert_int_equal(doc(tree, REGION, REGION, "T9").state, DOC_RETURNED);
    assert_int_equal(doc(tree, LHASA, LHASA, "RT9").state, DOC_RETURNED);
    assert_int_equal(tree_alarms(tree), 0);
}

/* The receiver answers while a level between them is cut off: the answer waits, and is no breach.
 */
static void an_answer_seen_first_waits_for_its_transfer(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "transfer", "T9", "ori_bgt_id", "R1", "rec_div_code", "540121", "amount", "1",
       ISSUE);
    tree_cut(tree, LHASA, REGION, true);
    tree_seal(tree);
    DO(tree, LINZHOU, "register", "R9", "bgt_id", "T9");
    tree_seal(tree);
    assert_int_equal(match(tree, REGION, LHASA, "T9").transfer_lsn, 0);
    assert_true(match(tree, REGION, LHASA, "T9").answer_lsn != 0);
    tree_cut(tree, LHASA, REGION, false);
    assert_true(match(tree, REGION, LHASA, "T9").transfer_lsn != 0);
    assert_true(match(tree, REGION, LHASA, "T9").settle_lsn != 0);
    assert_int_equal(tree_alarms(tree), 0);
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)
    const struct CMUnitTest tests[] = {
        IN_TREE(every_level_computes_the_same_figures),
        IN_TREE(nothing_is_in_transit_by_any_dimension),
        IN_TREE(a_transfer_stands_under_its_own_function),
        IN_TREE(digests_agree_wherever_they_are_computed),
        IN_TREE(a_settle_follows_a_registration_by_itself),
        IN_TREE(a_return_gives_the_money_back),
        IN_TREE(an_answer_seen_first_waits_for_its_transfer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
