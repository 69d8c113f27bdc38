/* The store on RocksDB: the conformance suite, and what kills, rivals and full disks do to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance.h"
#include "tests/unit/store/rocks_files.h"

/* Writes rows and tells the number of each one that was acknowledged, until it is killed. */
static void write_until_killed(const char *directory, int tell)
{
    struct store store;
    uint64_t fence;
    struct err err;

    if (store_rocks_open(&store, directory, NULL, &err) != OK) {
        _exit(1);
    }
    fence = must_claim(&store);
    for (uint64_t number = 0;; number++) {
        put_row(&store, fence, number);
        if (write(tell, &number, sizeof number) != sizeof number) {
            _exit(1);
        }
    }
}

static void a_kill_loses_nothing_acknowledged(void **state)
{
    char *directory = *state;

    child_needed();
    for (uint64_t kill_after = 1; kill_after < 200; kill_after = kill_after * 3 + 1) {
        char *place = make_directory();
        uint64_t told = 0, rows, head_rows;
        struct buf head = BUF_EMPTY;
        struct store store;
        struct err err;
        int tell[2];
        pid_t child;

        assert_int_equal(pipe(tell), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            write_until_killed(place, tell[1]);
        }
        (void)close(tell[1]);
        while (told < kill_after) {
            assert_int_equal(read(tell[0], &told, sizeof told), sizeof told);
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(tell[0], &told, sizeof told) == sizeof told) {
        }
        (void)close(tell[0]);

        must_open(place, &store);
        assert_int_equal(scan_rows(&store, &rows, &err), OK);
        if (rows < told + 1) {
            fail_msg("%d rows acknowledged, %d found", (int)told + 1, (int)rows);
        }
        assert_int_equal(
            store.ops->get(store.self, NULL, SPACE_HEADS, bytes_text("head"), &head, &err), OK);
        head_rows = load_u64(head.data) + 1;
        assert_int_equal(head_rows, rows); /* the batch is whole across spaces */
        buf_free(&head);
        discard(place, &store);
    }
    (void)directory;
}

static enum status near_read(const struct store *store, uint64_t number)
{
    struct store_snapshot *near = store->ops->near_snapshot(store->self);
    struct buf value = BUF_EMPTY;
    uint8_t key[8];
    struct err err;
    enum status status;

    store_u64(key, number);
    status = store->ops->get(store->self, near, SPACE_BLOCKS, bytes_of(key, 8), &value, &err);
    assert_true(status != OK || value.size == ROW_BYTES);
    store->ops->release(store->self, near);
    buf_free(&value);
    return status;
}

static bool visit_none(void *arg, struct bytes key, struct bytes value)
{
    (void)arg;
    (void)key;
    (void)value;
    return false;
}

static void a_near_snapshot_never_waits_for_the_disk(void **state)
{
    struct buf value = BUF_EMPTY;
    struct store_snapshot *near;
    struct store store;
    uint8_t key[8];
    struct err err;

    fill(*state, true);
    must_open(*state, &store); /* all of it lies in tables, and nothing was read yet */
    assert_int_equal(near_read(&store, 7), ERR_BUSY);
    near = store.ops->near_snapshot(store.self);
    assert_int_equal(store.ops->scan(store.self, near, SPACE_BLOCKS, BYTES_NONE, BYTES_NONE,
                                     visit_none, NULL, &err),
                     ERR_BUSY);
    store.ops->release(store.self, near);
    store_u64(key, 7);
    assert_int_equal(store.ops->get(store.self, NULL, SPACE_BLOCKS, bytes_of(key, 8), &value, &err),
                     OK);
    assert_int_equal(near_read(&store, 7), OK); /* now it is in memory, */
    assert_int_equal(near_read(&store, ROWS - 1), ERR_BUSY);
    put_row(&store, must_claim(&store), ROWS); /* as is what was just written */
    assert_int_equal(near_read(&store, ROWS), OK);
    store.ops->close(store.self);
    buf_free(&value);
}

static enum status open_to_migrate(const char *directory, struct store *out, struct err *err)
{
    const struct store_rocks_options options = {.migrates = true};

    return store_rocks_open(out, directory, &options, err);
}

/* Of a newer version, of an earlier one, in the middle of a step: nobody works with it. */
static void a_store_of_another_schema_refuses_to_open(void **state)
{
    static const struct {
        uint64_t from, version;
        bool ends;
        enum status wanted, migrating;
        const char *says;
    } rows[] = {
        {STORE_SCHEMA - 1, STORE_SCHEMA, false, ERR_CONFIG, OK, "store_half_migrated"},
        {0, STORE_SCHEMA - 1, true, ERR_CONFIG, OK, "store_older"},
        {STORE_SCHEMA, STORE_SCHEMA + 1, true, ERR_NEEDS_UPGRADE, ERR_NEEDS_UPGRADE,
         "store_format"},
    };
    struct store_schema schema;
    struct store store;
    struct err err;

    must_open(*state, &store);
    assert_int_equal(store_rocks_schema(&store, &schema, &err), OK);
    assert_int_equal(schema.version, STORE_SCHEMA);
    assert_int_equal(schema.from, 0);
    store.ops->close(store.self);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(open_to_migrate(*state, &store, &err), OK);
        assert_int_equal(store_rocks_step_begin(&store, rows[i].from, rows[i].version, &err), OK);
        if (rows[i].ends) {
            assert_int_equal(store_rocks_step_end(&store, &err), OK);
        }
        store.ops->close(store.self);
        assert_int_equal(store_rocks_open(&store, *state, NULL, &err), rows[i].wanted);
        assert_non_null(strstr(err.text, rows[i].says));
        assert_int_equal(open_to_migrate(*state, &store, &err), rows[i].migrating);
        if (rows[i].migrating == OK) {
            store.ops->close(store.self);
        }
    }
}

/* Nobody else has it open: "/LOCK" in the words of the library is no reason by itself. */
static void only_a_lock_that_is_held_means_another_process(void **state)
{
    char directory[300], path[400];
    struct store store;
    struct err err;

    (void)snprintf(directory, sizeof directory, "%s/LOCKER", (char *)*state);
    fill(directory, true);
    assert_true(find_file(path, sizeof path, directory, ".sst"));
    assert_int_equal(unlink(path), 0);
    assert_int_not_equal(store_rocks_open(&store, directory, NULL, &err), OK);
    assert_int_not_equal(err.status, ERR_BUSY);
    (void)snprintf(path, sizeof path, "%s/LOCK", (char *)*state);
    assert_int_equal(mkdir(path, 0700), 0); /* where a file must be */
    assert_int_equal(store_rocks_open(&store, *state, NULL, &err), ERR_IO);
}

static void a_second_process_is_told_that_it_is_open(void **state)
{
    struct store store, second;
    struct err err;
    int status;
    pid_t child;

    child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* waits until the lock is there, then tries */
        char path[400];

        (void)snprintf(path, sizeof path, "%s/ready", (char *)*state);
        while (access(path, F_OK) != 0) {
            (void)usleep(1000);
        }
        if (store_rocks_open(&second, *state, NULL, &err) != ERR_BUSY) {
            _exit(1);
        }
        _exit(strstr(err.text, "store_in_use") != NULL ? 0 : 2);
    }
    must_open(*state, &store);
    {
        char path[400];
        int file;

        (void)snprintf(path, sizeof path, "%s/ready", (char *)*state);
        file = open(path, O_CREAT | O_WRONLY, 0600);
        assert_true(file >= 0);
        (void)close(file);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(store_rocks_open(&second, *state, NULL, &err), ERR_BUSY); /* nor ourselves */
    store.ops->close(store.self);
}

static void a_checkpoint_opens_by_itself(void **state)
{
    char path[300];
    struct store store, copy;
    struct err err;
    uint64_t fence;

    (void)snprintf(path, sizeof path, "%s/checkpoint", (char *)*state);
    must_open(*state, &store);
    fence = must_claim(&store);
    must_put(&store, fence, SPACE_LEDGER, "a", "1");
    must_put(&store, fence, SPACE_META, "b", "2");
    assert_int_equal(store.ops->checkpoint(store.self, path, &err), OK);
    must_put(&store, fence, SPACE_LEDGER, "a", "later");
    must_open(path, &copy);
    must_scan(&copy, NULL, SPACE_LEDGER, "", NULL, "a=1");
    must_scan(&copy, NULL, SPACE_META, "", NULL, "b=2");
    assert_true(must_claim(&copy) > fence);
    must_put(&copy, must_claim(&copy), SPACE_LEDGER, "a", "its own way");
    must_scan(&store, NULL, SPACE_LEDGER, "", NULL, "a=later");
    copy.ops->close(copy.self);
    assert_int_not_equal(store.ops->checkpoint(store.self, path, &err), OK); /* never over one */
    store.ops->close(store.self);
}

static void a_nearly_full_disk_refuses_commits_and_answers_reads(void **state)
{
    const struct store_rocks_options nearly_full = {.reserve_bytes = UINT64_MAX / 4};
    const struct store_rocks_options floor = {.floor_bytes = 12345};
    const struct change change = CHANGE_PUT(SPACE_LEDGER, "a", "2");
    const struct batch batch = {&change, 1};
    struct store_space_free space;
    struct store store;
    struct err err;

    must_open(*state, &store);
    must_put(&store, must_claim(&store), SPACE_LEDGER, "a", "1");
    assert_int_equal(store.ops->free_space(store.self, &space, &err), OK);
    assert_true(space.floor_bytes == UINT64_C(256) << 20);
    store.ops->close(store.self);

    assert_int_equal(store_rocks_open(&store, *state, &nearly_full, &err), OK);
    assert_int_equal(store.ops->commit_begin(store.self, must_claim(&store), &batch, &err),
                     ERR_DISK_FULL);
    assert_non_null(strstr(err.text, "store_no_room"));
    must_scan(&store, NULL, SPACE_LEDGER, "", NULL, "a=1");
    store.ops->close(store.self);

    assert_int_equal(store_rocks_open(&store, *state, &floor, &err), OK);
    assert_int_equal(store.ops->free_space(store.self, &space, &err), OK);
    assert_true(space.floor_bytes == 12345);
    must_commit(&store, must_claim(&store), &change, 1);
    store.ops->close(store.self);
}

static void too_little_room_for_recovery_refuses_to_open(void **state)
{
    const struct store_rocks_options none_left = {.recovery_bytes = UINT64_MAX / 4};
    struct store store;
    struct err err;

    fill(*state, false);
    assert_int_equal(store_rocks_open(&store, *state, &none_left, &err), ERR_DISK_FULL);
    assert_non_null(strstr(err.text, "store_no_room_to_recover"));
    must_open(*state, &store);
    store.ops->close(store.self);
}

/* A write that the system refuses: nothing more is written, and opening anew tells what is. */
static void after_a_failed_write_nothing_more_is_written(void **state)
{
    int status;
    pid_t child;

    child_needed();
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct change change = CHANGE_PUT(SPACE_LEDGER, "b", "2");
        const struct batch batch = {&change, 1};
        struct store store;
        struct err err;
        uint64_t fence;
        char path[400];
        int answers = 0;

        must_open(*state, &store);
        fence = must_claim(&store);
        must_put(&store, fence, SPACE_LEDGER, "a", "1");
        assert_true(find_file(path, sizeof path, *state, ".log"));
        for (int file = 3; file < 256; file++) { /* writes to the log now fail */
            char link[64], target[400] = "";

            (void)snprintf(link, sizeof link, "/proc/self/fd/%d", file);
            if (readlink(link, target, sizeof target - 1) > 0 && strcmp(target, path) == 0) {
                const int instead = open(path, O_RDONLY);

                (void)dup2(instead, file);
            }
        }
        answers += store.ops->commit_begin(store.self, fence, &batch, &err) == OK ? 1 : 0;
        answers += store.ops->commit_outcome(store.self, &err) == COMMIT_UNKNOWN ? 2 : 0;
        answers += store.ops->resolve(store.self, fence, &err) == COMMIT_UNKNOWN ? 4 : 0;
        answers += store.ops->commit_begin(store.self, fence, &batch, &err) == ERR_IO ? 8 : 0;
        _exit(answers);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 15);
    {
        struct store store;

        must_open(*state, &store);
        must_hold(&store, NULL, SPACE_LEDGER, "a", "1");
        must_hold(&store, NULL, SPACE_LEDGER, "b", NULL);
        store.ops->close(store.self);
    }
}

int main(void)
{
    const struct engine engine = {"store.rocks", make_directory, must_open, must_reopen, discard};
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_kill_loses_nothing_acknowledged),
        CASE(a_near_snapshot_never_waits_for_the_disk),
        CASE(a_store_of_another_schema_refuses_to_open),
        CASE(only_a_lock_that_is_held_means_another_process),
        CASE(a_second_process_is_told_that_it_is_open),
        CASE(a_checkpoint_opens_by_itself),
        CASE(a_nearly_full_disk_refuses_commits_and_answers_reads),
        CASE(too_little_room_for_recovery_refuses_to_open),
        CASE(after_a_failed_write_nothing_more_is_written),
    };

    return conformance_run(&engine) + cmocka_run_group_tests(tests, NULL, NULL);
}
