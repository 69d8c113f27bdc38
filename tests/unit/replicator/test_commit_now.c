/* A commit before there is a loop, by a store whose outcomes the test says: what is not known to be
 * on the disk is never called so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replicator/store/commit_now.h"

enum { FENCE = 7 };

static struct disk {
    enum status begin, read;
    enum commit_outcome outcome, resolved;
    size_t begun, asked, resolves;
} disk;

static enum status disk_get(void *self, struct store_snapshot *snapshot, enum store_space space,
                            struct bytes key, struct buf *value, struct err *err)
{
    (void)self;
    (void)snapshot;
    (void)space;
    (void)key;
    (void)value;
    return disk.read == ERR_NOT_FOUND ? ERR_NOT_FOUND : err_set(err, disk.read, "row_damaged");
}

static enum status disk_begin(void *self, uint64_t fence, const struct batch *batch,
                              struct err *err)
{
    (void)self;
    assert_int_equal(fence, FENCE);
    assert_int_equal(batch->count, 1);
    disk.begun++;
    return disk.begin == OK ? OK : err_set(err, disk.begin, "not_begun");
}

static enum commit_outcome disk_outcome(void *self, struct err *err)
{
    (void)self;
    (void)err;
    disk.asked++;
    return disk.outcome;
}

static enum commit_outcome disk_resolve(void *self, uint64_t fence, struct err *err)
{
    (void)self;
    (void)err;
    assert_int_equal(fence, FENCE);
    disk.resolves++;
    return disk.resolved;
}

static const struct store_ops disk_ops = {.get = disk_get,
                                          .commit_begin = disk_begin,
                                          .commit_outcome = disk_outcome,
                                          .resolve = disk_resolve};
static const struct store store = {&disk, &disk_ops};

static void what_came_of_it_is_told(void **state)
{
    static const struct {
        const char *name;
        struct disk disk;
        enum status want;
        size_t resolves;
    } cases[] = {
        {"on the disk", {.outcome = COMMIT_OK}, OK, 0},
        {"by another writer", {.outcome = COMMIT_STALE_FENCE}, ERR_STALE_FENCE, 0},
        {"it did not go", {.outcome = COMMIT_UNAVAILABLE}, ERR_IO, 0},
        {"unknown, and there", {.outcome = COMMIT_UNKNOWN, .resolved = COMMIT_OK}, OK, 1},
        {"unknown, and not there",
         {.outcome = COMMIT_UNKNOWN, .resolved = COMMIT_UNAVAILABLE},
         ERR_IO,
         1},
        {"unknown, and another writes",
         {.outcome = COMMIT_UNKNOWN, .resolved = COMMIT_STALE_FENCE},
         ERR_STALE_FENCE,
         1},
        {"not begun", {.begin = ERR_DISK_FULL}, ERR_DISK_FULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct txn *txn = txn_open(&store, NULL);
        struct err err;

        disk = cases[i].disk;
        (void)txn_put(txn, SPACE_META, bytes_text("key"), bytes_text("value"));
        if (commit_now(&store, FENCE, txn, &err) != cases[i].want) {
            fail_msg("%s", cases[i].name);
        }
        assert_int_equal(disk.begun, 1);
        assert_int_equal(disk.asked, disk.begin == OK ? 1 : 0);
        assert_int_equal(disk.resolves, cases[i].resolves);
        assert_int_equal(txn_changes(txn), 0); /* whatever came of it */
        txn_free(txn);
    }
}

static void what_could_not_be_read_is_not_committed(void **state)
{
    struct txn *txn = txn_open(&store, NULL);
    struct bytes value;
    struct err err;

    (void)state;
    disk = (struct disk){.read = ERR_CORRUPT, .outcome = COMMIT_OK};
    assert_false(txn_get(txn, SPACE_META, bytes_text("another"), &value));
    (void)txn_put(txn, SPACE_META, bytes_text("key"), bytes_text("value"));
    assert_int_equal(commit_now(&store, FENCE, txn, &err), ERR_CORRUPT);
    assert_int_equal(disk.begun, 0);
    assert_int_equal(txn_changes(txn), 0);
    assert_int_equal(commit_now(&store, FENCE, txn, &err), OK); /* nothing is nothing to do */
    assert_int_equal(disk.begun, 0);
    txn_free(txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_of_it_is_told),
        cmocka_unit_test(what_could_not_be_read_is_not_committed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
