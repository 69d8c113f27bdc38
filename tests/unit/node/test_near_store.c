/* The store of somebody who may not wait: one moment for many, so many rows, and nothing from a
 * disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/api/near_store.h"
#include "node/store/store_memory.h"
#include "replicator/store/txn.h"

/* --- a store whose rows are in memory until `gone` --- */

static struct store whole;
static struct store_ops behind_ops;
static unsigned snapshots_made, snapshots_held;
static bool gone;

static enum status get_behind(void *self, struct store_snapshot *snapshot, enum store_space space,
                              struct bytes key, struct buf *value, struct err *err)
{
    return gone ? err_set(err, ERR_BUSY, "read_in_turn")
                : whole.ops->get(self, snapshot, space, key, value, err);
}

static enum status scan_behind(void *self, struct store_snapshot *snapshot, enum store_space space,
                               struct bytes prefix, struct bytes from, store_visit_fn *visit,
                               void *arg, struct err *err)
{
    return gone ? err_set(err, ERR_BUSY, "read_in_turn")
                : whole.ops->scan(self, snapshot, space, prefix, from, visit, arg, err);
}

static struct store_snapshot *snapshot_behind(void *self)
{
    snapshots_made++;
    snapshots_held++;
    return whole.ops->near_snapshot(self);
}

static void release_behind(void *self, struct store_snapshot *snapshot)
{
    snapshots_held--;
    whole.ops->release(self, snapshot);
}

struct fixture {
    struct store behind;
    struct near_store near;
    uint64_t fence;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct err err;

    store_memory_open(&whole);
    behind_ops = *whole.ops;
    behind_ops.get = get_behind;
    behind_ops.scan = scan_behind;
    behind_ops.near_snapshot = snapshot_behind;
    behind_ops.release = release_behind;
    fixture.behind = (struct store){whole.self, &behind_ops};
    snapshots_made = snapshots_held = 0;
    gone = false;
    assert_int_equal(whole.ops->claim(whole.self, &fixture.fence, &err), OK);
    near_store_open(&fixture.near, &fixture.behind);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *at = *state;

    near_store_close(&at->near);
    assert_int_equal(snapshots_held, 0);
    whole.ops->close(whole.self);
    return 0;
}

static void put(const struct fixture *at, const char *key, struct bytes value)
{
    const struct change change = {SPACE_LEDGER, bytes_text(key), value};
    const struct batch batch = {&change, 1};
    struct err err;

    assert_int_equal(whole.ops->commit_begin(whole.self, at->fence, &batch, &err), OK);
}

/* As a route reads: through a txn of its own. */
static bool reads(struct fixture *at, const char *key, const char *want)
{
    const struct store *store = &at->near.store;
    struct store_snapshot *snapshot = store->ops->snapshot(store->self);
    struct txn *txn = txn_open(store, snapshot);
    struct bytes value;
    const bool there =
        txn_get(txn, SPACE_LEDGER, bytes_text(key), &value) && bytes_equal(value, bytes_text(want));

    txn_free(txn);
    store->ops->release(store->self, snapshot);
    return there;
}

static bool count_row(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)arg;
    return true;
}

static enum status scan(struct fixture *at, size_t *rows)
{
    const struct store *store = &at->near.store;
    struct err err;

    *rows = 0;
    return store->ops->scan(store->self, at->near.snapshot, SPACE_LEDGER, BYTES_NONE, BYTES_NONE,
                            count_row, rows, &err);
}

/* --- stories --- */

static void one_snapshot_serves_until_the_next_commit(void **state)
{
    struct fixture *at = *state;
    uint64_t moment;

    put(at, "a", bytes_text("1"));
    for (int i = 0; i < 5; i++) {
        near_store_begin(&at->near);
        assert_true(reads(at, "a", "1"));
        assert_true(near_store_sufficed(&at->near));
        near_store_rest(&at->near, false);
    }
    assert_int_equal(snapshots_made, 1);
    moment = at->near.moment;
    assert_int_equal(at->near.store.ops->moment(at->near.store.self), moment);
    put(at, "a", bytes_text("2"));
    assert_true(reads(at, "a", "1")); /* what has begun stays at its moment */
    near_store_begin(&at->near);
    assert_true(reads(at, "a", "2"));
    assert_int_equal(snapshots_made, 2);
    assert_true(at->near.moment > moment);
}

static void an_old_snapshot_is_given_back_by_who_rests(void **state)
{
    struct fixture *at = *state;

    near_store_begin(&at->near);
    near_store_rest(&at->near, false);
    assert_int_equal(snapshots_held, 1);
    put(at, "a", bytes_text("1"));
    near_store_rest(&at->near, false);
    assert_int_equal(snapshots_held, 0);
    near_store_begin(&at->near);
    near_store_rest(&at->near, true);
    assert_int_equal(snapshots_held, 0);
}

static void more_rows_than_are_short_do_not_suffice(void **state)
{
    struct fixture *at = *state;
    size_t rows;

    for (int i = 0; i < NEAR_ROWS_MAX - 1; i++) {
        char key[16];

        (void)snprintf(key, sizeof key, "k%04d", i);
        put(at, key, bytes_text("v"));
    }
    near_store_begin(&at->near);
    assert_int_equal(scan(at, &rows), OK); /* the scan itself counts as one */
    assert_int_equal(rows, NEAR_ROWS_MAX - 1);
    assert_true(near_store_sufficed(&at->near));
    assert_false(reads(at, "k0000", "v"));
    assert_false(near_store_sufficed(&at->near));
    put(at, "one more", bytes_text("v"));
    near_store_begin(&at->near);
    assert_int_equal(scan(at, &rows), ERR_BUSY);
    assert_int_equal(rows, NEAR_ROWS_MAX - 1);
    assert_false(near_store_sufficed(&at->near));
    near_store_begin(&at->near); /* every one begins with all of it */
    assert_true(reads(at, "k0000", "v"));
    assert_true(near_store_sufficed(&at->near));
}

static void a_large_row_counts_as_many(void **state)
{
    static uint8_t large[NEAR_ROWS_MAX * NEAR_ROW_BYTES];
    struct fixture *at = *state;
    size_t rows;

    put(at, "large", bytes_of(large, sizeof large));
    near_store_begin(&at->near);
    (void)reads(at, "large", "");
    assert_false(near_store_sufficed(&at->near));
    near_store_begin(&at->near);
    assert_int_equal(scan(at, &rows), ERR_BUSY);
    assert_int_equal(rows, 0);
    put(at, "large", bytes_of(large, sizeof large / 4));
    near_store_begin(&at->near);
    assert_int_equal(scan(at, &rows), OK);
    assert_int_equal(rows, 1);
}

static void what_is_not_in_memory_does_not_suffice(void **state)
{
    struct fixture *at = *state;
    size_t rows;

    put(at, "a", bytes_text("1"));
    near_store_begin(&at->near);
    gone = true;
    assert_false(reads(at, "a", "1")); /* which is not to say that it is absent */
    assert_false(near_store_sufficed(&at->near));
    gone = false;
    assert_false(reads(at, "a", "1")); /* and nothing is any more, of this one */
    near_store_begin(&at->near);
    assert_true(reads(at, "a", "1"));
    gone = true;
    assert_int_equal(scan(at, &rows), ERR_BUSY);
    assert_false(near_store_sufficed(&at->near));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_snapshot_serves_until_the_next_commit),
        CASE(an_old_snapshot_is_given_back_by_who_rests),
        CASE(more_rows_than_are_short_do_not_suffice),
        CASE(a_large_row_counts_as_many),
        CASE(what_is_not_in_memory_does_not_suffice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
