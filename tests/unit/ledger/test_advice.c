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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_is_found_among_few_of_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
