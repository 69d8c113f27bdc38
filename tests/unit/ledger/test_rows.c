/* A row whose bytes arrive whole and cannot be read is an error of the turn: were it absent, money
 * would be too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/ledger/rows/open_items.h"
#include "node/ledger/rows/rows.h"
#include "node/store/store_memory.h"

#define COUNTY division_of("540121")

/* What a load answers, beside the error of the turn. */
static void load_document(struct txn *txn)
{
    struct doc_row row;

    assert_false(doc_load(txn, COUNTY, bytes_text("D1"), &row));
}

static void load_indicator(struct txn *txn)
{
    struct indicator indicator;

    assert_false(indicator_load(txn, COUNTY, bytes_text("D1"), &indicator));
}

static void load_terms(struct txn *txn)
{
    struct indicator indicator;

    assert_false(indicator_load_terms(txn, COUNTY, bytes_text("D1"), &indicator));
}

static void load_match(struct txn *txn)
{
    struct transfer_match match;

    assert_false(transfer_match_load(txn, COUNTY, bytes_text("D1"), &match));
}

static void load_source(struct txn *txn)
{
    struct source_sums sums;

    assert_false(source_load(txn, COUNTY, bytes_text("D1"), &sums));
}

static void load_position(struct txn *txn)
{
    struct position_row row;

    position_load(txn, COUNTY, &row);
}

static void load_open_sum(struct txn *txn)
{
    assert_int_equal(open_items_sum(txn, OPEN_AWAITED, COUNTY).count, 0);
}

static const struct {
    const char *name;
    enum store_space space;
    char letter;
    const char *rest; /* of the key, behind the division */
    void (*load)(struct txn *txn);
} rows[] = {
    {"a document", SPACE_LEDGER, ROW_DOCUMENT, "D1", load_document},
    {"an indicator", SPACE_LEDGER, ROW_INDICATOR, "D1", load_indicator},
    {"an indicator's terms", SPACE_LEDGER, ROW_INDICATOR, "D1", load_terms},
    {"both sides of a transfer", SPACE_LEDGER, ROW_TRANSFER_MATCH, "D1", load_match},
    {"the sums of a source", SPACE_LEDGER, ROW_SOURCE, "D1", load_source},
    {"a position", SPACE_LEDGER, ROW_POSITION, "", load_position},
    {"the sum of a list", SPACE_INDEX, ROW_AWAITED_SUM, "", load_open_sum},
};

static void a_row_that_cannot_be_read_is_never_an_absent_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row_key key = row_key_of(rows[i].letter, COUNTY, bytes_text(rows[i].rest));
        struct err err = {OK, ""};
        struct store store;
        struct txn *txn;

        store_memory_open(&store);
        txn = txn_open(&store, NULL);
        rows[i].load(txn);
        assert_int_equal(txn_status(txn, &err), OK); /* there is none: nothing is wrong */
        (void)txn_put(txn, rows[i].space, row_key_bytes(&key), bytes_text("\x01"));
        rows[i].load(txn);
        if (txn_status(txn, &err) != ERR_CORRUPT) {
            fail_msg("%s that cannot be read counts as absent", rows[i].name);
        }
        txn_free(txn);
        store.ops->close(store.self);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_that_cannot_be_read_is_never_an_absent_one),
    };

    return cmocka_run_group_tests_name("ledger.rows", tests, NULL, NULL);
}
