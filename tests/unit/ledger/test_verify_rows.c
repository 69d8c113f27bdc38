/* A flipped bit in any row of any letter is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/policy_rows.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/verify/verify.h"
#include "tests/unit/ledger/verified_tree.h"

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

/* What a log says of policy, days, codes, agencies and projects, at its author and elsewhere. */
static void a_flipped_bit_in_what_a_log_says_is_found(void **state)
{
    static const char letters[] = {ROW_POLICY, ROW_CALENDAR, ROW_CODE_MAP, ROW_AGENCY_PARENTS,
                                   ROW_PROJECT_MONEY};
    static const enum office_name held[] = {REGION, LHASA, LINZHOU};
    struct tree *tree = *state;
    char fault[512];

    DO(tree, REGION, "policy", "PO-1", "policy_code", "carry_max", "policy_value", "1");
    DO(tree, LHASA, "policy", "PO-1", "policy_code", "required.payment", "policy_value", "-",
       "scope", "540121");
    DO(tree, LHASA, "calendar", "K-1", "date", "2026-02-16", "end_date", "2026-02-18", "is_workday",
       "2");
    DO(tree, LHASA, "element", "E-1", "ele_catalog_code", "pay_type", "ele_code", "8", "ele_name",
       "甲");
    DO(tree, LHASA, "element", "E-2", "fiscal_year", "2027", "ele_catalog_code", "pay_type",
       "ele_code", "9", "ele_name", "乙");
    DO(tree, LHASA, "element_map", "M-1", "fiscal_year", "2027", "ele_catalog_code", "pay_type",
       "from_code", "8", "to_code", "9");
    tree_seal(tree);
    for (size_t at = 0; at < COUNT_OF(held); at++) {
        assert_true(all_deeply_sound(tree, held[at], fault));
    }
    for (size_t i = 0; i < COUNT_OF(letters); i++) {
        const struct row_key prefix = {.at = {(uint8_t)letters[i]}, .size = 1};

        assert_true(flip_rows(tree, REGION, SPACE_LEDGER, &prefix, -1) > 0);
    }
    assert_true(all_deeply_sound(tree, REGION, fault));
}

/* What the next entry of the region is found to be at this office, as it will come in. */
static void mark_next(struct tree *tree, enum office_name at)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct txn *own = txn_open(tree_store(tree, REGION), NULL);
    struct ledger_position position;
    struct unapproved mark = {.kind = KIND_POLICY, .why = "signer_unknown"};
    uint8_t rest[8] = {0};
    struct row_key key;
    struct bytes value;

    ledger_position(own, tree_division(REGION), &position);
    txn_free(own);
    mark.lsn = position.lsn + 1;
    rest[7] = (uint8_t)mark.lsn;
    key = row_key_of(ROW_UNAPPROVED, tree_division(REGION), bytes_of(rest, sizeof rest));
    unapproved_mark(txn, tree_division(REGION), &mark);
    assert_true(txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value));
    tree_tamper(tree, at, SPACE_LEDGER, row_key_bytes(&key), value);
    txn_free(txn);
}

/* A policy that nobody approved who may is left out of what is in force, and a replay knows. */
static void a_policy_of_nobody_is_sound(void **state)
{
    static const enum office_name held[] = {REGION, LHASA};
    struct tree *tree = *state;
    char fault[512];

    DO(tree, REGION, "policy", "PO-1", "policy_code", "carry_max", "policy_value", "1");
    tree_seal(tree);
    mark_next(tree, LHASA);
    DO(tree, REGION, "policy", "PO-2", "policy_code", "carry_max", "policy_value", "0");
    tree_seal(tree);
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        struct policy_said said[POLICY_SCOPES_MAX];
        struct txn *txn = txn_open(tree_store(tree, held[i]), NULL);

        assert_int_equal(policy_said(txn, tree_division(REGION), bytes_text("carry_max"), said), 1);
        assert_true(bytes_equal(said[0].value, bytes_text(held[i] == REGION ? "0" : "1")));
        txn_free(txn);
        if (!all_deeply_sound(tree, held[i], fault)) {
            fail_msg("%s: %s", tree_division(held[i]).code, fault);
        }
    }
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

/* Money of both classes and of direct funds, so that every roll-up has a row. */
static void allocate_of_every_dimension(struct tree *tree, enum office_name office)
{
    DO(tree, office, "budget", "B-D", "stage", "reply", "fund_type_code", "111", "amount", "9",
       "approval_ref", "1", "exp_func_code", "2050202", "is_direct", "1");
    DO(tree, office, "allocate", "A-D", "ori_bgt_id", "B-D", "agency_code", "001001", "amount", "9",
       "dep_bgt_eco_code", "302", "gov_bgt_eco_code", "502");
}

static void a_flipped_bit_in_any_rollup_or_list_is_found(void **state)
{
    static const enum office_name of[] = {REGION, LHASA, LINZHOU};
    static const char scopes[] = {ROLLUP_OWN, ROLLUP_SUBTREE};

    for (size_t i = 0; i < COUNT_OF(of); i++) {
        allocate_of_every_dimension(*state, of[i]);
    }
    tree_seal(*state);
    for (size_t i = 0; i < COUNT_OF(of); i++) {
        const struct row_key lists = row_key_of(ROW_LIST, tree_division(of[i]), BYTES_NONE);

        for (size_t scope = 0; scope < COUNT_OF(scopes); scope++) {
            const struct row_key prefix = rollup_prefix(scopes[scope], tree_division(of[i]));

            for (int dimension = 0; dimension < ROLLUP_DIMENSIONS; dimension++) {
                const bool kept =
                    scopes[scope] == ROLLUP_OWN || dimension != ROLLUP_AGENCY_ECONOMIC;

                assert_int_equal(flip_rows(*state, REGION, SPACE_ROLLUPS, &prefix, dimension) > 0,
                                 kept);
            }
        }
        assert_true(flip_rows(*state, REGION, SPACE_INDEX, &lists, -1) > 0);
    }
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_TREE(a_flipped_bit_in_any_row_is_found),
        IN_TREE(a_flipped_bit_in_any_rollup_or_list_is_found),
        IN_TREE(a_flipped_bit_in_a_row_of_a_log_above_is_found),
        IN_TREE(a_flipped_bit_in_a_code_is_found),
        IN_TREE(a_flipped_bit_in_the_way_down_is_found),
        IN_TREE(a_flipped_bit_in_what_a_log_says_is_found),
        IN_TREE(a_policy_of_nobody_is_sound),
        IN_TREE(a_flipped_bit_in_a_list_of_what_waits_is_found),
        IN_TREE(a_lost_row_of_what_waits_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
