/* A sound tree passes both verifications everywhere; what is changed behind the ledger's back is
 * found, and each fault is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/verify/verify.h"
#include "tests/unit/ledger/verified_tree.h"

static void a_sound_tree_is_sound_everywhere(void **state)
{
    expect_all_sound(*state);
}

static void every_kind_that_books_leaves_the_books_sound(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer_in", "I-1", "ori_div_code", "100000", "sup_bgt_doc_no",
       "财预〔2026〕1号", "amount", "80", "fund_type_code", "111", "tra_type_code", "general",
       "stage", "formal");
    DO(tree, REGION, "transfer", "T-3", "ori_bgt_id", "I-1", "rec_div_code", "540202", "amount",
       "30", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    DO(tree, REGION, "transfer", "T-4", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "40", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    DO(tree, SHIGATSE, "return", "X-4", "bgt_id", "T-4", "reason", "退回");
    DO(tree, SANGZHUZI, "register", "R-3", "bgt_id", "T-3", "ori_div_code", "540000");
    tree_seal(tree);
    DO(tree, LINZHOU, "freeze", "F-1", "bgt_id", "A-3", "amount", "30", "reason", "审计");
    DO(tree, LINZHOU, "unfreeze", "U-1", "bgt_id", "A-3", "amount", "10", "reason", "审计结束");
    DO(tree, LINZHOU, "refund", "Z-1", "pay_app_id", "P-1", "amount", "15", "reason", "退款");
    DO(tree, LINZHOU, "payment_cancel", "C-1", "pay_app_id", "P-1", "reason", "重复");
    DO(tree, LINZHOU, "reduce", "D-1", "bgt_id", "A-3", "amount", "20");
    tree_seal(tree);
    expect_all_sound(tree);
}

static void open_and_waiting_transfers_are_sound(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer", "T-4", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "40", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    expect_all_sound(tree);
    tree_hold_back(tree, REGION, true);
    DO(tree, SHIGATSE, "return", "X-4", "bgt_id", "T-4", "reason", "退回");
    tree_seal(tree);
    expect_all_sound(tree);
    tree_hold_back(tree, REGION, false);
    expect_all_sound(tree);
}

/* The region hears of the county's register before it hears of the city's issue. */
static void an_answer_that_overtakes_its_transfer_is_sound(void **state)
{
    struct tree *tree = *state;

    tree_cut(tree, LHASA, REGION, true);
    DO(tree, LHASA, "transfer", "T-5", "ori_bgt_id", "R-1", "rec_div_code", "540121", "amount", "7",
       "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    DO(tree, LINZHOU, "register", "R-5", "bgt_id", "T-5");
    tree_seal(tree);
    expect_all_sound(tree);
    tree_cut(tree, LHASA, REGION, false);
    expect_all_sound(tree);
}

static void change_indicator(struct tree *tree, enum office_name at, enum office_name of,
                             const char *id, enum account account, int64_t by)
{
    const struct row_key key = row_key_of(ROW_INDICATOR, tree_division(of), bytes_text(id));
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct indicator indicator;
    struct bytes value;

    assert_true(indicator_load(txn, tree_division(of), bytes_text(id), &indicator));
    indicator.balance[account] += by;
    indicator_store(txn, tree_division(of), bytes_text(id), &indicator);
    assert_true(txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value));
    tree_tamper(tree, at, SPACE_LEDGER, row_key_bytes(&key), value);
    txn_free(txn);
}

static void a_changed_balance_is_named(void **state)
{
    char fault[512];

    change_indicator(*state, LINZHOU, LINZHOU, "A-3", ACC_AVAIL, 100);
    assert_false(sound(*state, LINZHOU, LINZHOU, fault));
    assert_non_null(strstr(fault, "540121"));
    assert_non_null(strstr(fault, "AVAIL"));
    assert_false(deeply_sound(*state, LINZHOU, LINZHOU, fault));
    assert_non_null(strstr(fault, "A-3"));
    assert_non_null(strstr(fault, "AVAIL is stored as 91.00; the log gives 90.00"));
    assert_true(sound(*state, REGION, LINZHOU, fault));
}

static void every_fault_is_named(void **state)
{
    struct verify *verify;
    size_t count;

    change_indicator(*state, REGION, LINZHOU, "A-3", ACC_AVAIL, 100);
    change_indicator(*state, REGION, LINZHOU, "R-2", ACC_UNALLOC, 7);
    change_indicator(*state, REGION, LHASA, "A-2", ACC_AVAIL, -1);
    verify = verify_everything(*state, REGION);
    assert_int_equal(verify_cause(verify), VERIFY_STORE);
    assert_true(names(verify, "540121", "A-3"));
    assert_true(names(verify, "540121", "R-2"));
    assert_true(names(verify, "540100", "A-2"));
    (void)verify_faults(verify, &count);
    assert_int_equal(count, 3); /* the jurisdictions are right, and are said to be */
    assert_int_equal(verify_fault_total(verify), 3);
    verify_close(verify);
}

/* A plain look names every fault of a ledger, too, and those of the next one. */
static void every_fault_of_a_ledger_is_named(void **state)
{
    struct tree *tree = *state;
    struct verify *verify = verify_open(&(struct verify_config){.store = tree_store(tree, REGION),
                                                                .roster = tree_roster(tree),
                                                                .self = tree_division(REGION)});

    change_indicator(tree, REGION, LINZHOU, "A-3", ACC_AVAIL, -100000);
    change_indicator(tree, REGION, LINZHOU, "R-2", ACC_UNALLOC, -100000);
    change_indicator(tree, REGION, LHASA, "A-2", ACC_AVAIL, -100000);
    for (size_t i = 0; i < roster_count(tree_roster(tree)); i++) {
        (void)verify_log(verify, roster_at(tree_roster(tree), i)->grant.division);
    }
    assert_true(names(verify, "540121", "A-3"));
    assert_true(names(verify, "540121", "R-2"));
    assert_true(names(verify, "540121", "year_sum_differs"));
    assert_true(names(verify, "540100", "A-2"));
    verify_close(verify);
}

/* More than anybody reads: so many in words, and how many there are. */
static void faults_beyond_the_bound_are_counted(void **state)
{
    struct verify *verify;
    size_t count;

    for (int i = 0; i < VERIFY_FAULTS_MAX + 20; i++) {
        char id[16];
        struct row_key key;

        (void)snprintf(id, sizeof id, "X-%d", i);
        key = row_key_of(ROW_INDICATOR, tree_division(LINZHOU), bytes_text(id));
        tree_tamper(*state, REGION, SPACE_LEDGER, row_key_bytes(&key), bytes_text("x"));
    }
    verify = verify_everything(*state, REGION);
    (void)verify_faults(verify, &count);
    assert_int_equal(count, VERIFY_FAULTS_MAX);
    assert_int_equal(verify_fault_total(verify), VERIFY_FAULTS_MAX + 20);
    verify_close(verify);
}

static void a_balance_below_zero_is_named(void **state)
{
    char fault[512];

    change_indicator(*state, REGION, LHASA, "R-1", ACC_UNALLOC, -10100);
    assert_false(sound(*state, REGION, LHASA, fault));
    assert_non_null(strstr(fault, "R-1"));
    assert_non_null(strstr(fault, "UNALLOC has the wrong sign, -1.00"));
}

/* Moved between two accounts of one indicator, or between two indicators: all sums stay. */
static void money_moved_in_silence_is_found(void **state)
{
    char fault[512];

    change_indicator(*state, LHASA, LHASA, "R-1", ACC_UNALLOC, -100);
    change_indicator(*state, LHASA, LHASA, "A-2", ACC_AVAIL, 100);
    assert_false(sound(*state, LHASA, LHASA, fault));
    assert_non_null(strstr(fault, "is stored as"));
    assert_false(deeply_sound(*state, LHASA, LHASA, fault));
    assert_non_null(strstr(fault, "the log gives"));
}

static void a_deleted_indicator_is_named(void **state)
{
    const struct row_key key = row_key_of(ROW_INDICATOR, tree_division(LHASA), bytes_text("R-1"));
    char fault[512];

    tree_tamper(*state, REGION, SPACE_LEDGER, row_key_bytes(&key), BYTES_NONE);
    assert_false(sound(*state, REGION, LHASA, fault));
    assert_non_null(strstr(fault, "missing"));
    assert_false(deeply_sound(*state, REGION, LHASA, fault));
    assert_non_null(strstr(fault, "indicator R-1 is missing in the store"));
}

static void an_invented_document_is_named(void **state)
{
    const struct row_key from = row_key_of(ROW_DOCUMENT, tree_division(LHASA), bytes_text("R-1"));
    const struct row_key to = row_key_of(ROW_DOCUMENT, tree_division(LHASA), bytes_text("R-9"));
    struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
    struct bytes value;
    char fault[512];

    assert_true(txn_get(txn, SPACE_LEDGER, row_key_bytes(&from), &value));
    tree_tamper(*state, REGION, SPACE_LEDGER, row_key_bytes(&to), value);
    txn_free(txn);
    assert_false(deeply_sound(*state, REGION, LHASA, fault));
    assert_non_null(strstr(fault, "document R-9 is in the store, but not in the log"));
}

static void a_changed_rollup_is_found(void **state)
{
    static const char scopes[] = {ROLLUP_OWN, ROLLUP_SUBTREE};

    for (size_t i = 0; i < COUNT_OF(scopes); i++) {
        const struct row_key key =
            rollup_key(scopes[i], tree_division(LHASA), 2026, ROLLUP_ACCOUNT, BYTES_NONE);
        struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
        struct rollup rollup;
        struct bytes value;
        char fault[512];

        rollup_load(txn, &key, &rollup);
        rollup.of[ACC_AVAIL].debit += 1;
        rollup_store(txn, &key, &rollup);
        assert_true(txn_get(txn, SPACE_ROLLUPS, row_key_bytes(&key), &value));
        tree_tamper(*state, REGION, SPACE_ROLLUPS, row_key_bytes(&key), value);
        assert_false(sound(*state, REGION, LHASA, fault));
        assert_non_null(strstr(fault, "roll-up by account"));
        assert_non_null(strstr(fault, i == 0 ? "own" : "subtree"));
        rollup.of[ACC_AVAIL].debit -= 1;
        rollup_store(txn, &key, &rollup);
        assert_true(txn_get(txn, SPACE_ROLLUPS, row_key_bytes(&key), &value));
        tree_tamper(*state, REGION, SPACE_ROLLUPS, row_key_bytes(&key), value);
        assert_true(sound(*state, REGION, LHASA, fault));
        txn_free(txn);
    }
}

static void two_sides_that_disagree_are_both_named(void **state)
{
    const struct row_key key =
        row_key_of(ROW_TRANSFER_MATCH, tree_division(LHASA), bytes_text("T-2"));
    struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
    struct transfer_match match;
    struct bytes value;
    char fault[512];

    assert_true(transfer_match_load(txn, tree_division(LHASA), bytes_text("T-2"), &match));
    match.amount += 100;
    transfer_match_store(txn, tree_division(LHASA), bytes_text("T-2"), &match);
    assert_true(txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value));
    tree_tamper(*state, REGION, SPACE_LEDGER, row_key_bytes(&key), value);
    txn_free(txn);
    assert_false(sound(*state, REGION, LINZHOU, fault));
    assert_non_null(strstr(fault, "T-2 of 540100"));
    assert_non_null(strstr(fault, "R-2"));
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_TREE(a_sound_tree_is_sound_everywhere),
        IN_TREE(every_kind_that_books_leaves_the_books_sound),
        IN_TREE(every_fault_is_named),
        IN_TREE(faults_beyond_the_bound_are_counted),
        IN_TREE(open_and_waiting_transfers_are_sound),
        IN_TREE(an_answer_that_overtakes_its_transfer_is_sound),
        IN_TREE(a_changed_balance_is_named),
        IN_TREE(a_balance_below_zero_is_named),
        IN_TREE(money_moved_in_silence_is_found),
        IN_TREE(a_deleted_indicator_is_named),
        IN_TREE(an_invented_document_is_named),
        IN_TREE(a_changed_rollup_is_found),
        IN_TREE(two_sides_that_disagree_are_both_named),
        IN_TREE(every_fault_of_a_ledger_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
