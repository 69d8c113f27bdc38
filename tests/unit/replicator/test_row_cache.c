/* test_row_cache - what is kept of rows between turns: by the whole key, as large as it may be, and
 * dropped with what was kept of it; and what a txn does with rows at the edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "replicator/store/row_cache.h"
#include "replicator/store/txn.h"
#include "replicator/trust/crypto.h"
#include "tests/harness/commit.h"
#include "tests/harness/spoiling_store.h"

static uint8_t large[ROW_CACHE_VALUE_BYTES_MAX + 1];

/* Keys whose hashes are the same are told apart, and so are spaces. */
static void rows_of_one_hash_are_told_apart(void **state)
{
    static const struct {
        enum store_space space;
        const char *key, *value;
    } rows[] = {{SPACE_META, "a", "one"},
                {SPACE_META, "b", "two"},
                {SPACE_LOCAL, "a", "three"},
                {SPACE_META, "aa", "four"}};
    struct row_cache cache = {.young = {.slots = NULL}};
    struct bytes value;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        row_cache_put(&cache, 7, rows[i].space, bytes_text(rows[i].key), bytes_text(rows[i].value));
    }
    row_cache_add_absent(&cache, 7, SPACE_HEADS, bytes_text("a"));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(row_cache_get(&cache, 7, rows[i].space, bytes_text(rows[i].key), &value),
                         CACHED_PRESENT);
        assert_true(bytes_equal(value, bytes_text(rows[i].value)));
    }
    assert_int_equal(row_cache_get(&cache, 7, SPACE_HEADS, bytes_text("a"), &value), CACHED_ABSENT);
    assert_int_equal(row_cache_get(&cache, 7, SPACE_HEADS, bytes_text("b"), &value), CACHED_NOT);
    row_cache_drop(&cache, 7, SPACE_META, bytes_text("a"));
    row_cache_drop(&cache, 7, SPACE_META, bytes_text("z")); /* of which nothing is kept */
    assert_int_equal(row_cache_get(&cache, 7, SPACE_META, bytes_text("a"), &value), CACHED_NOT);
    assert_int_equal(row_cache_get(&cache, 7, SPACE_META, bytes_text("aa"), &value),
                     CACHED_PRESENT);
    row_cache_forget(&cache);
}

/* A row that grew beyond what is kept must not be read as it was. */
static void a_value_that_is_too_large_is_not_kept(void **state)
{
    struct row_cache cache = {.young = {.slots = NULL}};
    const struct bytes key = bytes_text("a");
    struct bytes value;

    (void)state;
    row_cache_put(&cache, 1, SPACE_META, key, bytes_of(large, sizeof large));
    assert_int_equal(row_cache_get(&cache, 1, SPACE_META, key, &value), CACHED_NOT);
    row_cache_put(&cache, 1, SPACE_META, key, bytes_of(large, sizeof large - 1));
    assert_int_equal(row_cache_get(&cache, 1, SPACE_META, key, &value), CACHED_PRESENT);
    row_cache_put(&cache, 1, SPACE_META, key, bytes_of(large, sizeof large)); /* there is room */
    assert_int_equal(row_cache_get(&cache, 1, SPACE_META, key, &value), CACHED_NOT);
    row_cache_put(&cache, 1, SPACE_META, key, bytes_of(large, 3));
    row_cache_put(&cache, 1, SPACE_META, key, bytes_of(large, 300)); /* there is none */
    assert_int_equal(row_cache_get(&cache, 1, SPACE_META, key, &value), CACHED_PRESENT);
    assert_int_equal(value.size, 300);
    row_cache_put(&cache, 1, SPACE_META, key, BYTES_NONE);
    assert_int_equal(row_cache_get(&cache, 1, SPACE_META, key, &value), CACHED_PRESENT);
    assert_int_equal(value.size, 0);
    row_cache_forget(&cache);
}

/* --- a txn --- */

static struct store store;
static uint64_t fence;

static int open_store(void **state)
{
    struct err err;

    (void)state;
    store_memory_open(&store);
    return store.ops->claim(store.self, &fence, &err) == OK ? 0 : -1;
}

static int close_store(void **state)
{
    (void)state;
    store.ops->close(store.self);
    return 0;
}

static bool count_row(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)arg;
    return true;
}

/* Of two reads that fail the first is told, whichever way they are made. */
static void the_first_read_that_failed_is_told(void **state)
{
    struct spoiling_store spoiling;
    const struct store spoilt = spoiling_store_of(&spoiling, store);
    struct txn *txn = txn_open(&spoilt, NULL), *child = txn_open_child(txn);
    struct err first = {ERR_CORRUPT, "the first"}, err;
    struct bytes value;
    size_t rows = 0;

    (void)state;
    txn_fail(txn, &first);
    spoiling_store_begin(&spoiling, SPOILS_READ, 0);
    assert_int_equal(txn_scan(txn, SPACE_META, bytes_text("a"), count_row, &rows, &err), ERR_IO);
    assert_false(txn_get(child, SPACE_META, bytes_text("a"), &value));
    assert_false(txn_check_row(child, bytes_text("a"), false));
    txn_fail(txn, &err);
    assert_int_equal(txn_status(child, &err), ERR_CORRUPT);
    assert_string_equal(err.text, "the first");
    txn_free(child);
    txn_reset(txn);
    assert_int_equal(txn_status(txn, &err), OK);
    assert_true(txn_check_row(txn, bytes_text("a"), true));
    assert_false(txn_check_row(txn, bytes_text("a"), false));
    assert_int_equal(txn_status(txn, &err), ERR_CORRUPT);
    txn_free(txn);
    txn_free(NULL);
}

/* A large row was read once: its memory is given back with the turn. */
static void a_row_is_put_bit_by_bit_and_a_large_one_read(void **state)
{
    static uint8_t huge[256 << 10];
    struct txn *txn = txn_open(&store, NULL);
    struct bytes value;

    (void)state;
    (void)txn_append(txn, SPACE_META, bytes_text("a"), BYTES_NONE);
    (void)txn_append(txn, SPACE_META, bytes_text("a"), bytes_text("one"));
    (void)txn_append(txn, SPACE_META, bytes_text("a"), BYTES_NONE);
    (void)txn_append(txn, SPACE_META, bytes_text("a"), bytes_text("two"));
    (void)txn_put(txn, SPACE_META, bytes_text("b"), bytes_of(huge, sizeof huge));
    commit_txn(&store, fence, txn);
    for (int i = 0; i < 2; i++) {
        assert_true(txn_get(txn, SPACE_META, bytes_text("a"), &value));
        assert_true(bytes_equal(value, bytes_text("onetwo")));
        assert_true(txn_get(txn, SPACE_META, bytes_text("b"), &value));
        assert_int_equal(value.size, sizeof huge);
        txn_reset(txn);
    }
    txn_free(txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_one_hash_are_told_apart),
        cmocka_unit_test(a_value_that_is_too_large_is_not_kept),
        cmocka_unit_test_setup_teardown(the_first_read_that_failed_is_told, open_store,
                                        close_store),
        cmocka_unit_test_setup_teardown(a_row_is_put_bit_by_bit_and_a_large_one_read, open_store,
                                        close_store),
    };
    struct err err;

    return crypto_init(&err) != OK || cmocka_run_group_tests(tests, NULL, NULL);
}
