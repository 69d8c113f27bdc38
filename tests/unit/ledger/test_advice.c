/* The known code that was meant is found without reading the ledger, and the state that stands in
 * the way is told with its document. What people are told is in tests/process/refusals.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/families/advice.h"
#include "node/ledger/families/nearest_known.h"
#include "node/ledger/rows/rows.h"
#include "tests/unit/ledger/tree.h"

/* --- a store that is large, and counts what is read --- */

struct large_store {
    size_t rows, read;
};

/* Agencies A000000, A000010, A000020 ... of Lhasa. */
static struct bytes code_at(char out[16], size_t index)
{
    return bytes_of(out, (size_t)snprintf(out, 16, "A%06zu", index * 10));
}

static enum status large_get(void *self, struct store_snapshot *snapshot, enum store_space space,
                             struct bytes key, struct buf *value, struct err *err)
{
    struct large_store *large = self;
    const struct row_key prefix = row_key_of(ROW_AGENCY, tree_division(LHASA), BYTES_NONE);
    char text[16] = "";
    size_t number = 1;

    (void)snapshot;
    (void)space;
    (void)err;
    large->read++;
    if (key.size == prefix.size + 7) {
        memcpy(text, key.data + prefix.size, 7);
        if (sscanf(text, "A%6zu", &number) != 1) {
            number = 1;
        }
    }
    if (number % 10 != 0 || number / 10 >= large->rows) {
        return ERR_NOT_FOUND;
    }
    buf_clear(value);
    buf_append(value, "x", 1);
    return OK;
}

static enum status large_scan(void *self, struct store_snapshot *snapshot, enum store_space space,
                              struct bytes prefix, struct bytes from, store_visit_fn *visit,
                              void *arg, struct err *err)
{
    struct large_store *large = self;

    (void)snapshot;
    (void)space;
    (void)err;
    for (size_t i = 0; i < large->rows; i++) {
        char text[16];
        const struct row_key key = row_key_of(ROW_AGENCY, tree_division(LHASA), code_at(text, i));

        if (bytes_compare(row_key_bytes(&key), from) < 0 ||
            memcmp(key.at, prefix.data, prefix.size) != 0) {
            continue;
        }
        large->read++;
        if (!visit(arg, row_key_bytes(&key), bytes_of("x", 1))) {
            break;
        }
    }
    return OK;
}

static const struct store_ops large_ops = {.get = large_get, .scan = large_scan};

static void the_nearest_is_found_among_few_of_many(void **state)
{
    static const struct {
        const char *typed, *want;
    } cases[] = {
        {"A012304", "A012340"}, {"A0123407", "A012340"}, {"AA012340", "A012340"},
        {"A000001", "A000010"}, {"A00021O", "A000210"},  {"ZZZZZZZZZ", ""},
        {"A0123", ""},
    };
    struct tree *tree = tree_new();
    struct large_store large = {.rows = 60000};
    const struct store store = {&large, &large_ops};
    const struct ledger_config config = {.self = tree_division(LHASA), .roster = tree_roster(tree)};
    struct ledger *ledger = ledger_open(&config);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct txn *txn = txn_open(&store, NULL);
        const char *const fields[] = {"agency_code", cases[i].typed, NULL};
        struct document document;
        struct nearest nearest;

        document_fill(&document, "allocate", "X", fields);
        large.read = 0;
        nearest_known(ledger, txn, &document, FIELD_AGENCY_CODE, &nearest);
        if (strcmp(nearest_found(&nearest), cases[i].want) != 0) {
            fail_msg("%s: %s, not %s", cases[i].typed, nearest_found(&nearest), cases[i].want);
        }
        assert_true(large.read <= KNOWN_ROWS_MAX + 4 + 2 * strlen(cases[i].typed));
        txn_free(txn);
    }
    ledger_close(ledger);
    tree_free(tree);
}

/* Each field is looked for where what it names stands. */
static void each_field_is_looked_for_in_its_own_rows(void **state)
{
    static const struct {
        enum office_name at;
        const char *kind, *name, *typed;
        enum field field;
        const char *want;
    } cases[] = {
        {LHASA, "transfer", "rec_div_code", "540123", FIELD_REC_DIV_CODE, "540121"},
        {LHASA, "transfer", "ori_bgt_id", "R1", FIELD_ORI_BGT_ID, "R-1"},
        {LHASA, "transfer", "early_bgt_id", "T2", FIELD_EARLY_BGT_ID, "T-2"},
        {LHASA, "allocate", "agency_code", "00101", FIELD_AGENCY_CODE, "001001"},
        {LHASA, "allocate", "exp_func_code", "205020", FIELD_EXP_FUNC_CODE, "2050202"},
        {LHASA, "allocate", "exp_func_code", "9", FIELD_EXP_FUNC_CODE, ""},
        {LHASA, "register", "bgt_id", "T1", FIELD_BGT_ID, "T-1"},
        {REGION, "register", "bgt_id", "T1", FIELD_BGT_ID, ""}, /* nobody is above it */
        {LINZHOU, "paid", "pay_app_id", "P1", FIELD_PAY_APP_ID, "P-1"},
        {LINZHOU, "payment", "agency_acct_no", "6222", FIELD_AGENCY_ACCT_NO, ""},
        {REGION, "transfer", "pro_code", "54000026001", FIELD_PRO_CODE, "540000260001"},
        {REGION, "transfer", "doc_title", "x", FIELD_DOC_TITLE, ""}, /* it names nothing */
    };
    struct tree *tree = tree_new();

    (void)state;
    tree_carry_money(tree);
    DO(tree, REGION, "element", "E-1", "fiscal_year", "2026", "ele_catalog_code", "exp_func",
       "ele_code", "2050202", "ele_name", "小学教育");
    tree_seal(tree);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct ledger_config config = {.self = tree_division(cases[i].at),
                                             .roster = tree_roster(tree)};
        struct ledger *ledger = ledger_open(&config);
        struct txn *txn = txn_open(tree_store(tree, cases[i].at), NULL);
        const char *const fields[] = {cases[i].name, cases[i].typed, NULL};
        struct document document;
        struct nearest nearest;

        document_fill(&document, cases[i].kind, "X", fields);
        nearest_known(ledger, txn, &document, cases[i].field, &nearest);
        if (strcmp(nearest_found(&nearest), cases[i].want) != 0) {
            fail_msg("%s %s: %s, not %s", cases[i].name, cases[i].typed, nearest_found(&nearest),
                     cases[i].want);
        }
        document_clear(&document, document.kind);
        nearest_known(ledger, txn, &document, cases[i].field, &nearest);
        assert_string_equal(nearest_found(&nearest), ""); /* nothing was typed */
        txn_free(txn);
        ledger_close(ledger);
    }
    tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_is_found_among_few_of_many),
        cmocka_unit_test(each_field_is_looked_for_in_its_own_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
