/* A sound tree passes both verifications everywhere; every row and byte that is changed behind
 * the ledger's back is found, and named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/verify/verify.h"
#include "node/ledger/verify/verify_ledger.h"
#include "node/text/text.h"
#include "replicator/log/sealing.h"
#include "tests/unit/ledger/tree.h"

static int set_up(void **state)
{
    struct tree *tree = tree_new();

    tree_approve(tree, LINZHOU);
    tree_carry_money(tree);
    *state = tree;
    return 0;
}

static int tear_down(void **state)
{
    tree_free(*state);
    return 0;
}

static bool sound(struct tree *tree, enum office_name at, enum office_name of, char fault[512])
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    char message[512] = "", words[TEXT_BYTES_MAX];
    const bool ok = verify_ledger(txn, tree_roster(tree), tree_division(of), message,
                                  sizeof message) == VERIFY_SOUND;

    text_cut(fault, 512, text_in(LANGUAGE_EN, words, message));
    txn_free(txn);
    return ok;
}

static struct verify *open_deep(struct tree *tree, enum office_name at)
{
    return verify_open(&(struct verify_config){.store = tree_store(tree, at),
                                               .roster = tree_roster(tree),
                                               .self = tree_division(at),
                                               .deep = true});
}

static bool deeply_sound(struct tree *tree, enum office_name at, enum office_name of,
                         char fault[512])
{
    char words[TEXT_BYTES_MAX];
    struct verify *verify = open_deep(tree, at);
    const bool ok = verify_log(verify, tree_division(of));

    text_cut(fault, 512, text_in(LANGUAGE_EN, words, verify_first_fault(verify)));
    assert_true(ok == (verify_cause(verify) == VERIFY_SOUND));
    verify_close(verify);
    return ok;
}

/* Every log held at an office, as its node has them verified. */
static bool all_deeply_sound(struct tree *tree, enum office_name at, char fault[512])
{
    char words[TEXT_BYTES_MAX];
    const struct roster *roster = tree_roster(tree);
    struct verify *verify = open_deep(tree, at);
    bool ok = true;

    for (size_t i = 0; ok && i < roster_count(roster); i++) {
        const struct division of = roster_at(roster, i)->grant.division;

        if (roster_within(roster, of, tree_division(at)) ||
            roster_within(roster, tree_division(at), of)) {
            ok = verify_log(verify, of);
        }
    }
    ok = ok && verify_shared(verify);
    text_cut(fault, 512, text_in(LANGUAGE_EN, words, verify_first_fault(verify)));
    verify_close(verify);
    return ok;
}

static const struct {
    enum office_name at, of;
} views[] = {
    {REGION, REGION},      {REGION, LHASA},        {REGION, LINZHOU},  {REGION, SHIGATSE},
    {LHASA, LHASA},        {LHASA, LINZHOU},       {LINZHOU, LINZHOU}, {SHIGATSE, SHIGATSE},
    {SHIGATSE, SANGZHUZI}, {SANGZHUZI, SANGZHUZI},
};

static void expect_all_sound(struct tree *tree)
{
    char fault[512];

    for (size_t i = 0; i < COUNT_OF(views); i++) {
        if (!sound(tree, views[i].at, views[i].of, fault)) {
            fail_msg("at %s: %s", tree_division(views[i].at).code, fault);
        }
        if (!deeply_sound(tree, views[i].at, views[i].of, fault)) {
            fail_msg("deep, at %s: %s", tree_division(views[i].at).code, fault);
        }
    }
    for (int at = 0; at < OFFICES; at++) {
        if (!all_deeply_sound(tree, (enum office_name)at, fault)) {
            fail_msg("all, at %s: %s", tree_division((enum office_name)at).code, fault);
        }
    }
    if (tree_alarms(tree) != 0) {
        fail_msg("alarm: %s", tree_alarm(tree));
    }
}

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

/* --- rows changed behind the ledger's back --- */

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

/* All logs, whatever was found before. */
static struct verify *verify_everything(struct tree *tree, enum office_name at)
{
    const struct roster *roster = tree_roster(tree);
    struct verify *verify = open_deep(tree, at);

    for (size_t i = 0; i < roster_count(roster); i++) {
        (void)verify_log(verify, roster_at(roster, i)->grant.division);
    }
    (void)verify_shared(verify);
    return verify;
}

static bool names(const struct verify *verify, const char *division, const char *words)
{
    size_t count;
    const struct verify_fault *faults = verify_faults(verify, &count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(faults[i].about.code, division) == 0 && strstr(faults[i].text, words) != NULL) {
            return true;
        }
    }
    return false;
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

/* --- any row of any letter --- */

struct nth_row {
    struct buf key, value;
    int dimension; /* of a roll-up; -1: any row */
    size_t skip;   /* rows to pass by */
    bool found;
};

static bool take_row(void *arg, struct bytes key, struct bytes value)
{
    struct nth_row *row = arg;

    if (row->dimension >= 0 && key.data[1 + DIVISION_CODE_MAX + 2] != row->dimension) {
        return true;
    }
    if (row->skip > 0) {
        row->skip--;
        return true;
    }
    buf_append_bytes(&row->key, key);
    buf_append_bytes(&row->value, value);
    row->found = true;
    return false;
}

/* Flips one bit of every row of a letter (and dimension), one after the other. */
static size_t flip_rows(struct tree *tree, enum office_name at, enum store_space space,
                        const struct row_key *prefix, int dimension)
{
    for (size_t skip = 0;; skip++) {
        struct nth_row row = {BUF_EMPTY, BUF_EMPTY, dimension, skip, false};
        struct txn *txn = txn_open(tree_store(tree, at), NULL);
        char fault[512];
        struct err err;

        (void)txn_scan(txn, space, row_key_bytes(prefix), take_row, &row, &err);
        txn_free(txn);
        if (row.found) {
            row.value.data[row.value.size - 1] ^= 1;
            tree_tamper(tree, at, space, buf_bytes(&row.key), buf_bytes(&row.value));
            if (all_deeply_sound(tree, at, fault)) {
                fail_msg("%s: row %zu of %c dimension %d passed", tree_division(at).code, skip,
                         prefix->at[0], dimension);
            }
            row.value.data[row.value.size - 1] ^= 1;
            tree_tamper(tree, at, space, buf_bytes(&row.key), buf_bytes(&row.value));
        }
        buf_free(&row.key);
        buf_free(&row.value);
        if (!row.found) {
            return skip;
        }
    }
}

static void a_flipped_bit_in_any_row_is_found(void **state)
{
    static const char letters[] = "IDSYAPKQ";
    static const enum office_name held[] = {REGION, LHASA, LINZHOU};
    struct tree *tree = *state;
    char fault[512];

    DO(tree, REGION, "bank_account", "K-1", "agency_code", "001001", "acct_no", "62280001",
       "acct_name", "自治区教育厅", "bank_name", "中国农业银行拉萨分行", "acct_type_code", "1");
    tree_seal(tree);
    assert_true(all_deeply_sound(tree, REGION, fault));
    for (size_t i = 0; i < sizeof letters - 1; i++) {
        size_t rows = 0;

        for (size_t at = 0; at < COUNT_OF(held); at++) {
            const struct row_key prefix =
                row_key_of(letters[i], tree_division(held[at]), BYTES_NONE);

            rows += flip_rows(tree, held[at], SPACE_LEDGER, &prefix, -1);
        }
        if (rows == 0) {
            fail_msg("no row of letter %c to flip", letters[i]);
        }
    }
    assert_true(all_deeply_sound(tree, REGION, fault));
}

/* What waits: of the region's log alone, and of all logs from above at Linzhou. */
static void a_flipped_bit_in_a_list_of_what_waits_is_found(void **state)
{
    static const struct {
        enum office_name at;
        char letter;
    } lists[] = {{REGION, ROW_AWAITED},
                 {REGION, ROW_AWAITED_SUM},
                 {LINZHOU, ROW_TO_REGISTER},
                 {LINZHOU, ROW_TO_REGISTER_SUM}};
    struct tree *tree = *state;
    char fault[512];

    for (int i = 0; i < 3; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "TW-%d", i);
        DO(tree, REGION, "transfer", id, "ori_bgt_id", "B-1", "rec_div_code", "540121", "amount",
           "1", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    }
    tree_seal(tree);
    DO(tree, LINZHOU, "register", "RW-1", "bgt_id", "TW-1", "ori_div_code", "540000");
    tree_seal(tree);
    expect_all_sound(tree);
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct row_key prefix =
            row_key_of(lists[i].letter, tree_division(lists[i].at), BYTES_NONE);

        assert_true(flip_rows(tree, lists[i].at, SPACE_INDEX, &prefix, -1) > 0);
    }
    assert_true(all_deeply_sound(tree, LINZHOU, fault));
}

static void a_lost_row_of_what_waits_is_named(void **state)
{
    struct tree *tree = *state;
    const struct row_key prefix = row_key_of(ROW_TO_REGISTER, tree_division(LINZHOU), BYTES_NONE);
    struct nth_row row = {BUF_EMPTY, BUF_EMPTY, -1, 0, false};
    struct txn *txn;
    char fault[512];
    struct err err;

    DO(tree, REGION, "transfer", "TW-1", "ori_bgt_id", "B-1", "rec_div_code", "540121", "amount",
       "1", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    txn = txn_open(tree_store(tree, LINZHOU), NULL);
    (void)txn_scan(txn, SPACE_INDEX, row_key_bytes(&prefix), take_row, &row, &err);
    txn_free(txn);
    tree_tamper(tree, LINZHOU, SPACE_INDEX, buf_bytes(&row.key), BYTES_NONE);
    assert_false(all_deeply_sound(tree, LINZHOU, fault));
    assert_non_null(strstr(fault, "transfer to register"));
    assert_non_null(strstr(fault, "TW-1 is missing in the store"));
    buf_free(&row.key);
    buf_free(&row.value);
}

/* What a node keeps of logs above: documents, what was made of them, whole transfers, projects,
 * lists; and the codes in force, of whichever log they come. */
static void a_flipped_bit_in_a_row_of_a_log_above_is_found(void **state)
{
    static const struct {
        enum store_space space;
        char letter;
        enum office_name at;
    } rows[] = {
        {SPACE_LEDGER, ROW_DOCUMENT, LHASA},     {SPACE_LEDGER, ROW_INCOMING, LHASA},
        {SPACE_LEDGER, ROW_PROJECT, LHASA},      {SPACE_INDEX, ROW_LIST, LHASA},
        {SPACE_INDEX, ROW_PROJECT_LINES, LHASA}, {SPACE_LEDGER, ROW_INCOMING, LINZHOU},
    };
    struct tree *tree = *state;
    char fault[512];

    DO(tree, REGION, "project", "TK", "pro_code", "TK", "state", "reserved", "pro_name", "追踪",
       "pro_cat_code", "3", "agency_code", "001001", "setup_year", "2026", "is_track", "1");
    DO(tree, REGION, "transfer", "TK-1", "ori_bgt_id", "B-1", "rec_div_code", "540121", "amount",
       "7", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal", "pro_code", "TK");
    tree_seal(tree);
    expect_all_sound(tree);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row_key prefix = row_key_of(rows[i].letter, tree_division(REGION), BYTES_NONE);

        if (flip_rows(tree, rows[i].at, rows[i].space, &prefix, -1) == 0) {
            fail_msg("no row of letter %c to flip", rows[i].letter);
        }
    }
    assert_true(all_deeply_sound(tree, LHASA, fault));
}

static void enter_code(struct tree *tree, enum office_name at, const char *id, const char *code,
                       const char *name)
{
    DO(tree, at, "element", id, "ele_catalog_code", "pay_type", "ele_code", code, "ele_name", name);
}

/* The region's and Lhasa's own, one that both have, and a newer version of it. */
static void a_flipped_bit_in_a_code_is_found(void **state)
{
    const struct row_key codes = {.at = {ROW_CODE}, .size = 1};
    const struct row_key set = code_set_key(bytes_text("pay_type"), 2026);
    struct tree *tree = *state;
    char fault[512];

    tree_cut(tree, REGION, LHASA, true);
    enter_code(tree, LHASA, "E-1", "8", "拉萨的");
    enter_code(tree, LHASA, "E-2", "9", "拉萨的");
    enter_code(tree, REGION, "E-1", "7", "自治区的");
    enter_code(tree, REGION, "E-2", "9", "自治区的");
    tree_seal(tree);
    tree_cut(tree, REGION, LHASA, false);
    enter_code(tree, REGION, "E-3", "9", "自治区改过的");
    enter_code(tree, LHASA, "E-3", "9", "拉萨改过的");
    tree_seal(tree);
    assert_true(tree_alarms(tree) > 0); /* two owners of one code */
    if (!all_deeply_sound(tree, LHASA, fault) || !all_deeply_sound(tree, LINZHOU, fault)) {
        fail_msg("%s", fault);
    }
    assert_int_equal(flip_rows(tree, LHASA, SPACE_LEDGER, &codes, -1), 3);
    assert_int_equal(flip_rows(tree, LINZHOU, SPACE_LEDGER, &codes, -1), 3);
    tree_tamper(tree, LHASA, SPACE_LEDGER, row_key_bytes(&set), BYTES_NONE);
    assert_false(all_deeply_sound(tree, LHASA, fault));
    assert_non_null(strstr(fault, "code set pay_type"));
}

/* So many documents about one line that the index has a row of them. */
static void a_flipped_bit_in_the_way_down_is_found(void **state)
{
    enum { FREEZES = 70 };
    static const char letters[] = "TJ";
    struct tree *tree = *state;
    char fault[512];

    for (int i = 0; i < FREEZES; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "F-%d", i);
        DO(tree, REGION, "freeze", id, "bgt_id", "A-1", "amount", "0.01", "reason", "核查");
    }
    tree_seal(tree);
    assert_true(all_deeply_sound(tree, REGION, fault));
    for (size_t i = 0; i < sizeof letters - 1; i++) {
        const struct row_key prefix = row_key_of(letters[i], tree_division(REGION), BYTES_NONE);

        assert_true(flip_rows(tree, REGION, SPACE_INDEX, &prefix, -1) > 0);
    }
}

static void a_flipped_bit_in_any_rollup_or_list_is_found(void **state)
{
    static const enum office_name of[] = {REGION, LHASA, LINZHOU};
    static const char scopes[] = {ROLLUP_OWN, ROLLUP_SUBTREE};

    for (size_t i = 0; i < COUNT_OF(of); i++) {
        const struct row_key lists = row_key_of(ROW_LIST, tree_division(of[i]), BYTES_NONE);

        for (size_t scope = 0; scope < COUNT_OF(scopes); scope++) {
            const struct row_key prefix = rollup_prefix(scopes[scope], tree_division(of[i]));

            for (int dimension = 0; dimension < ROLLUP_DIMENSIONS; dimension++) {
                assert_true(flip_rows(*state, REGION, SPACE_ROLLUPS, &prefix, dimension) > 0);
            }
        }
        assert_true(flip_rows(*state, REGION, SPACE_INDEX, &lists, -1) > 0);
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

/* --- bytes of blocks changed on disk --- */

static void read_block(struct tree *tree, enum office_name at, enum office_name of, uint64_t lsn,
                       struct buf *whole, struct block_view *block)
{
    struct err err = {OK, ""};

    assert_int_equal(
        log_read_block(tree_store(tree, at), NULL, tree_division(of), lsn, whole, block, &err), OK);
}

/* One bit of every part of a block: header, signature, body. */
static void a_flipped_bit_in_a_block_is_found(void **state)
{
    struct buf whole = BUF_EMPTY, key = BUF_EMPTY;
    struct block_view block;
    char fault[512];

    read_block(*state, REGION, LINZHOU, 4, &whole, &block);
    log_block_key(&key, block.header.author, 1, block.header.first_lsn);
    for (size_t at = 12; at < whole.size; at += 37) {
        whole.data[at] ^= 1;
        tree_tamper(*state, REGION, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&whole));
        if (deeply_sound(*state, REGION, LINZHOU, fault)) {
            fail_msg("a flipped bit at %zu of %zu passed", at, whole.size);
        }
        assert_non_null(strstr(fault, "540121"));
        whole.data[at] ^= 1;
    }
    tree_tamper(*state, REGION, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&whole));
    assert_true(deeply_sound(*state, REGION, LINZHOU, fault));
    buf_free(&whole);
    buf_free(&key);
}

/* Behind a block that does not hold the log is looked at all the same. */
static void both_flipped_blocks_are_named(void **state)
{
    uint64_t lsns[] = {2, 5};
    struct verify *verify;
    char where[64];

    for (size_t i = 0; i < COUNT_OF(lsns); i++) {
        struct buf whole = BUF_EMPTY, key = BUF_EMPTY;
        struct block_view block;

        read_block(*state, REGION, LINZHOU, lsns[i], &whole, &block);
        log_block_key(&key, block.header.author, 1, block.header.first_lsn);
        lsns[i] = block.header.first_lsn;
        whole.data[whole.size - 1] ^= 1;
        tree_tamper(*state, REGION, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&whole));
        buf_free(&whole);
        buf_free(&key);
    }
    verify = verify_everything(*state, REGION);
    for (size_t i = 0; i < COUNT_OF(lsns); i++) {
        message_format(where, sizeof where, "in_log_at division=540121 lsn=%d", (int)lsns[i]);
        assert_true(names(verify, "540121", where));
    }
    assert_int_equal(verify_fault_total(verify), COUNT_OF(lsns));
    verify_close(verify);
}

static void a_lost_block_is_found(void **state)
{
    struct buf whole = BUF_EMPTY, key = BUF_EMPTY;
    struct block_view block;
    char fault[512];

    read_block(*state, REGION, LHASA, 1, &whole, &block);
    log_block_key(&key, block.header.author, 1, block.header.first_lsn);
    tree_tamper(*state, REGION, SPACE_BLOCKS, buf_bytes(&key), BYTES_NONE);
    assert_false(deeply_sound(*state, REGION, LHASA, fault));
    assert_non_null(strstr(fault, "missing"));
    buf_free(&whole);
    buf_free(&key);
}

static void a_lost_tail_is_found(void **state)
{
    struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
    struct buf whole = BUF_EMPTY, key = BUF_EMPTY;
    struct ledger_position position;
    struct block_view block;
    char fault[512];

    ledger_position(txn, tree_division(LHASA), &position);
    txn_free(txn);
    read_block(*state, REGION, LHASA, position.lsn, &whole, &block);
    log_block_key(&key, block.header.author, 1, block.header.first_lsn);
    tree_tamper(*state, REGION, SPACE_BLOCKS, buf_bytes(&key), BYTES_NONE);
    assert_false(deeply_sound(*state, REGION, LHASA, fault));
    assert_non_null(strstr(fault, "but the log ends at lsn"));
    buf_free(&whole);
    buf_free(&key);
}

/* --- approvals --- */

static void an_approval_of_nobody_is_found(void **state)
{
    char fault[512];

    tree_impostor(*state, LINZHOU);
    DO(*state, LINZHOU, "freeze", "F-1", "bgt_id", "A-3", "amount", "1", "reason", "审计");
    tree_seal(*state);
    assert_true(sound(*state, REGION, LINZHOU, fault));
    assert_false(deeply_sound(*state, REGION, LINZHOU, fault));
    assert_non_null(strstr(fault, "belongs to no operator of this division"));
}

static void an_approval_of_another_document_is_found(void **state)
{
    char fault[512];

    tree_forge(*state, LINZHOU);
    DO(*state, LINZHOU, "freeze", "F-1", "bgt_id", "A-3", "amount", "1", "reason", "审计");
    tree_seal(*state);
    assert_false(deeply_sound(*state, REGION, LINZHOU, fault));
    assert_non_null(strstr(fault, "The maker's signature is not of this document"));
}

static bool count_operator(void *arg, const struct document_row *row)
{
    *(size_t *)arg += row->kind == KIND_OPERATOR;
    return true;
}

/* `operator` entries go to all below: a county needs nobody to tell it who may approve at the
 * region, for the transfers that the region sends it. */
static void a_county_checks_who_approved_what_comes_from_the_region(void **state)
{
    struct tree *tree = *state;
    struct txn *txn;
    size_t operators = 0;
    char fault[512];

    tree_approve(tree, REGION);
    DO(tree, REGION, "transfer", "T-9", "ori_bgt_id", "B-1", "amount", "5", "rec_div_code",
       "540121", "tra_type_code", "general", "stage", "formal", "cor_bgt_doc_no", "9");
    tree_seal(tree);
    txn = txn_open(tree_store(tree, LINZHOU), NULL);
    query_list(txn, tree_division(REGION), KIND_OPERATOR, 0, count_operator, &operators);
    txn_free(txn);
    assert_int_equal(operators, 2);
    assert_true(deeply_sound(tree, LINZHOU, REGION, fault));

    tree_impostor(tree, REGION);
    DO(tree, REGION, "transfer", "T-10", "ori_bgt_id", "B-1", "amount", "5", "rec_div_code",
       "540121", "tra_type_code", "general", "stage", "formal", "cor_bgt_doc_no", "10");
    tree_seal(tree);
    assert_false(deeply_sound(tree, LINZHOU, REGION, fault));
    assert_non_null(strstr(fault, "T-10"));
    assert_non_null(strstr(fault, "belongs to no operator of this division"));
}

/* --- two persons, where the grant asks for them --- */

static int set_up_strict(void **state)
{
    struct tree *tree = tree_new_strict(LINZHOU);

    tree_approve(tree, LINZHOU);
    tree_carry_money(tree);
    *state = tree;
    return 0;
}

#define FREEZE(tree, id)                                                                           \
    DO(tree, LINZHOU, "freeze", id, "bgt_id", "A-3", "amount", "1", "reason", "审计")

static void two_persons_suffice(void **state)
{
    FREEZE(*state, "F-1");
    tree_seal(*state);
    expect_all_sound(*state);
}

/* In one block with sound entries before and behind. */
static void an_entry_without_two_persons_is_named(void **state)
{
    static const struct {
        enum signers signers;
        const char *words;
    } cases[] = {
        {MAKER_SIGNS, "F-2: The checker's signature"},
        {CHECKER_SIGNS, "F-2: The maker's signature"},
        {MAKER_SIGNS_TWICE, "F-2: One person signed as maker and as checker"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        void *fresh;
        char fault[512];

        (void)set_up_strict(&fresh);
        tree_publish(fresh, LINZHOU, ROLE_MAKER, "maker,checker");
        FREEZE(fresh, "F-1");
        tree_signers(fresh, LINZHOU, cases[i].signers);
        FREEZE(fresh, "F-2");
        tree_signers(fresh, LINZHOU, BOTH_SIGN);
        FREEZE(fresh, "F-3");
        tree_seal(fresh);
        assert_true(sound(fresh, REGION, LINZHOU, fault));
        assert_false(deeply_sound(fresh, REGION, LINZHOU, fault));
        if (strstr(fault, cases[i].words) == NULL || strstr(fault, "lsn ") == NULL) {
            fail_msg("case %zu: %s", i, fault);
        }
        (void)tear_down(&fresh);
    }
}

/* A person may have a key at the node and one in a browser: they are one person's all the same. */
static void two_keys_of_one_person_are_not_two_persons(void **state)
{
    char fault[512];

    tree_one_person(*state, LINZHOU);
    FREEZE(*state, "F-1");
    tree_seal(*state);
    assert_true(sound(*state, REGION, LINZHOU, fault));
    assert_false(deeply_sound(*state, REGION, LINZHOU, fault));
    if (strstr(fault, "F-1: One person signed as maker and as checker") == NULL) {
        fail_msg("%s", fault);
    }
}

/* The kinds of a policy are data: nobody asks a county without one for two signers. */
static void without_a_policy_one_person_suffices(void **state)
{
    char fault[512];

    tree_signers(*state, LINZHOU, MAKER_SIGNS);
    FREEZE(*state, "F-1");
    tree_seal(*state);
    assert_true(deeply_sound(*state, REGION, LINZHOU, fault));
}

static void a_person_counts_as_the_log_told_before_the_entry(void **state)
{
    static const struct {
        enum approval_role who;
        const char *roles;
        bool good;
    } cases[] = {
        {ROLE_CHECKER, "checker,maker", true}, {ROLE_CHECKER, "", false},
        {ROLE_CHECKER, "maker", false},        {ROLE_MAKER, "auditor", false},
        {ROLE_MAKER, "maker", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        void *fresh;
        char fault[512];

        (void)set_up_strict(&fresh);
        FREEZE(fresh, "F-1"); /* of the same block, and sound whatever follows */
        tree_publish(fresh, LINZHOU, cases[i].who, cases[i].roles);
        FREEZE(fresh, "F-2");
        tree_seal(fresh);
        if (deeply_sound(fresh, REGION, LINZHOU, fault) != cases[i].good ||
            (!cases[i].good && strstr(fault, "F-2: The signing key belongs") == NULL)) {
            fail_msg("%s: %s", cases[i].roles, fault);
        }
        (void)tear_down(&fresh);
    }
}

/* --- progress --- */

static void take_progress(void *arg, uint64_t lsn)
{
    uint64_t *last = arg;

    assert_true(lsn > *last);
    *last = lsn;
}

static void progress_goes_to_the_end_of_the_log(void **state)
{
    struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
    struct ledger_position position;
    struct verify *verify;
    uint64_t last = 0;

    ledger_position(txn, tree_division(LINZHOU), &position);
    txn_free(txn);
    verify = verify_open(&(struct verify_config){.store = tree_store(*state, REGION),
                                                 .roster = tree_roster(*state),
                                                 .self = tree_division(REGION),
                                                 .progress = take_progress,
                                                 .progress_arg = &last});
    assert_true(verify_log(verify, tree_division(LINZHOU)));
    verify_close(verify);
    assert_int_equal(last, position.lsn);
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
        IN_TREE(a_flipped_bit_in_a_block_is_found),
        IN_TREE(both_flipped_blocks_are_named),
        IN_TREE(every_fault_of_a_ledger_is_named),
        IN_TREE(a_lost_block_is_found),
        IN_TREE(a_lost_tail_is_found),
        IN_TREE(an_approval_of_nobody_is_found),
        IN_TREE(an_approval_of_another_document_is_found),
        IN_TREE(a_county_checks_who_approved_what_comes_from_the_region),
        cmocka_unit_test_setup_teardown(two_persons_suffice, set_up_strict, tear_down),
        cmocka_unit_test(an_entry_without_two_persons_is_named),
        cmocka_unit_test_setup_teardown(two_keys_of_one_person_are_not_two_persons, set_up_strict,
                                        tear_down),
        IN_TREE(without_a_policy_one_person_suffices),
        cmocka_unit_test(a_person_counts_as_the_log_told_before_the_entry),
        IN_TREE(a_flipped_bit_in_any_row_is_found),
        IN_TREE(a_flipped_bit_in_any_rollup_or_list_is_found),
        IN_TREE(a_flipped_bit_in_a_row_of_a_log_above_is_found),
        IN_TREE(a_flipped_bit_in_a_code_is_found),
        IN_TREE(a_flipped_bit_in_the_way_down_is_found),
        IN_TREE(a_flipped_bit_in_a_list_of_what_waits_is_found),
        IN_TREE(a_lost_row_of_what_waits_is_named),
        IN_TREE(progress_goes_to_the_end_of_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
