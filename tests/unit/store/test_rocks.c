/* The store on RocksDB: the conformance suite, and what kills, damage and rivals do to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance.h"
#include "node/store/store_rocks.h"

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *at)
{
    (void)found;
    (void)kind;
    (void)at;
    return remove(path);
}

static void remove_tree(char *directory)
{
    (void)nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(directory);
}

static void *make_directory(void)
{
    char *directory = strdup("/tmp/terrace-store-XXXXXX");

    assert_non_null(directory);
    assert_non_null(mkdtemp(directory));
    return directory;
}

static void must_open(void *place, struct store *out)
{
    struct err err;

    if (store_rocks_open(out, place, NULL, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

static void must_reopen(void *place, struct store *store)
{
    store->ops->close(store->self);
    must_open(place, store);
}

static void discard(void *place, struct store *store)
{
    store->ops->close(store->self);
    remove_tree(place);
}

static int set_up(void **state)
{
    *state = make_directory();
    return 0;
}

static int tear_down(void **state)
{
    remove_tree(*state);
    return 0;
}

/* --- files to damage --- */

/* The last file by name, which is the newest, that ends in `suffix`; false when there is none. */
static bool find_file(char *out, size_t size, const char *directory, const char *suffix)
{
    DIR *open = opendir(directory);
    const struct dirent *entry;
    char name[256] = "";

    assert_non_null(open);
    while ((entry = readdir(open)) != NULL) {
        const size_t length = strlen(entry->d_name);

        if (length > strlen(suffix) && entry->d_name[0] >= '0' && entry->d_name[0] <= '9' &&
            strcmp(entry->d_name + length - strlen(suffix), suffix) == 0 &&
            strcmp(entry->d_name, name) > 0) {
            (void)snprintf(name, sizeof name, "%s", entry->d_name);
        }
    }
    (void)closedir(open);
    (void)snprintf(out, size, "%s/%s", directory, name);
    return name[0] != '\0';
}

/* Flips all bits of one byte, at `tenths` of the file. */
static void flip_byte(const char *path, int tenths)
{
    const int file = open(path, O_RDWR);
    struct stat found;
    off_t place;
    uint8_t byte;

    assert_true(file >= 0);
    assert_int_equal(fstat(file, &found), 0);
    place = found.st_size * tenths / 10;
    assert_int_equal(pread(file, &byte, 1, place), 1);
    byte = (uint8_t)~byte;
    assert_int_equal(pwrite(file, &byte, 1, place), 1);
    (void)close(file);
}

/* The one MANIFEST of a closed store. */
static void list_of_tables(char *out, size_t size, const char *directory)
{
    char path[400], name[40] = "";
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/CURRENT", directory);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%39s", name), 1);
    (void)fclose(file);
    (void)snprintf(out, size, "%s/%s", directory, name);
}

/* `path` becomes the first `size` bytes of `whole`. */
static void cut_copy(const char *path, const char *whole, off_t size)
{
    uint8_t bytes[65536];
    int from, to;

    assert_int_equal(unlink(path), 0);
    from = open(whole, O_RDONLY);
    to = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(from >= 0);
    assert_true(to >= 0);
    assert_true(size <= (off_t)sizeof bytes);
    assert_int_equal(pread(from, bytes, (size_t)size, 0), size);
    assert_int_equal(pwrite(to, bytes, (size_t)size, 0), size);
    (void)close(from);
    (void)close(to);
}

enum { ROW_BYTES = 1000, ROWS = 2000 };

/* Bytes that do not compress. */
static void fill_row(uint8_t row[ROW_BYTES], uint64_t seed)
{
    for (size_t i = 0; i < ROW_BYTES; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        row[i] = (uint8_t)(seed >> 56);
    }
}

static void put_row(const struct store *store, uint64_t fence, uint64_t number)
{
    uint8_t key[8] = {0}, row[ROW_BYTES] = {0};
    const struct change changes[] = {
        {SPACE_BLOCKS, bytes_of(key, sizeof key), bytes_of(row, sizeof row)},
        {SPACE_HEADS, bytes_text("head"), bytes_of(key, sizeof key)},
    };

    store_u64(key, number);
    fill_row(row, number);
    must_commit(store, fence, changes, COUNT_OF(changes));
}

static bool check_row(void *arg, struct bytes key, struct bytes value)
{
    uint64_t *rows = arg;
    uint8_t want[ROW_BYTES];

    fill_row(want, load_u64(key.data));
    assert_int_equal(load_u64(key.data), *rows);
    assert_true(bytes_equal(value, bytes_of(want, sizeof want)));
    (*rows)++;
    return true;
}

static enum status scan_rows(const struct store *store, uint64_t *rows, struct err *err)
{
    *rows = 0;
    return store->ops->scan(store->self, NULL, SPACE_BLOCKS, BYTES_NONE, BYTES_NONE, check_row,
                            rows, err);
}

/* --- cases --- */

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

/* For cases that open a store in a child: the thread sanitizer lets no child of ours start threads
 * once RocksDB's are there, so it skips them. */
static void child_needed(void)
{
#ifdef __SANITIZE_THREAD__
    skip();
#endif
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

static void fill(const char *directory, bool flushed)
{
    struct store store;
    uint64_t fence;

    must_open((void *)(uintptr_t)directory, &store);
    fence = must_claim(&store);
    for (uint64_t number = 0; number < ROWS; number++) {
        put_row(&store, fence, number);
    }
    if (flushed) { /* a checkpoint flushes what is in memory */
        char aside[300];
        struct err err;

        (void)snprintf(aside, sizeof aside, "%s.aside", directory);
        assert_int_equal(store.ops->checkpoint(store.self, aside, &err), OK);
        remove_tree(strdup(aside));
    }
    store.ops->close(store.self);
}

static void a_damaged_log_refuses_to_open(void **state)
{
    char path[400];
    struct store store;
    struct err err;
    pid_t child;

    child_needed();
    child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* leaves with the rows in the log only */
        uint64_t fence;

        must_open(*state, &store);
        fence = must_claim(&store);
        for (uint64_t number = 0; number < 1000; number++) {
            put_row(&store, fence, number);
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(find_file(path, sizeof path, *state, ".log"));
    flip_byte(path, 5);
    assert_int_equal(store_rocks_open(&store, *state, NULL, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.text, "store_damaged"));
    assert_null(store.ops);
    flip_byte(path, 5); /* and back: nothing was changed by the refusal */
    must_open(*state, &store);
    assert_int_equal(scan_rows(&store, &(uint64_t){0}, &err), OK);
    store.ops->close(store.self);
}

static void a_cut_log_opens_with_all_but_the_tail(void **state)
{
    char path[400];
    struct stat found;
    struct store store;
    struct err err;
    uint64_t rows;
    pid_t child;

    child_needed();
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        uint64_t fence;

        must_open(*state, &store);
        fence = must_claim(&store);
        for (uint64_t number = 0; number < 100; number++) {
            put_row(&store, fence, number);
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(find_file(path, sizeof path, *state, ".log"));
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(truncate(path, found.st_size - 100), 0); /* as a power cut in a write */
    must_open(*state, &store);
    assert_int_equal(scan_rows(&store, &rows, &err), OK);
    assert_int_equal(rows, 99);
    store.ops->close(store.self);
}

static void a_damaged_table_is_an_error_and_never_a_short_scan(void **state)
{
    char path[400];
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    uint8_t middle[8];
    struct store store;
    struct err err;
    uint64_t rows;
    enum status status;

    fill(*state, true);
    assert_true(find_file(path, sizeof path, *state, ".sst"));
    for (int tenths = 1; tenths < 9; tenths++) { /* the data is most of the largest table */
        DIR *open = opendir(*state);
        const struct dirent *entry;
        off_t largest = 0;

        while (tenths == 1 && (entry = readdir(open)) != NULL) {
            char one[600];
            struct stat found;

            (void)snprintf(one, sizeof one, "%s/%s", (char *)*state, entry->d_name);
            if (strstr(entry->d_name, ".sst") != NULL && stat(one, &found) == 0 &&
                found.st_size > largest) {
                largest = found.st_size;
                assert_true(strlen(one) < sizeof path);
                memcpy(path, one, strlen(one) + 1);
            }
        }
        (void)closedir(open);
        flip_byte(path, tenths);
        must_open(*state, &store);
        status = scan_rows(&store, &rows, &err);
        if (status != ERR_CORRUPT) {
            fail_msg("damage at %d/10 of %s: scan gave %s and %d rows", tenths, path,
                     status_name(status), (int)rows);
        }
        assert_non_null(strstr(err.text, "store_damaged"));
        store_u64(middle, rows); /* the first row that cannot be read */
        assert_int_equal(
            store.ops->get(store.self, NULL, SPACE_BLOCKS, bytes_of(middle, 8), &value, &err),
            ERR_CORRUPT);
        assert_int_equal(store.ops->floor(store.self, NULL, SPACE_BLOCKS, BYTES_NONE,
                                          bytes_of(middle, 8), &key, &value, &err),
                         ERR_CORRUPT);
        store.ops->close(store.self);
        flip_byte(path, tenths);
    }
    must_open(*state, &store);
    assert_int_equal(scan_rows(&store, &rows, &err), OK);
    assert_int_equal(rows, ROWS);
    store.ops->close(store.self);
    buf_free(&key);
    buf_free(&value);
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

static void missing_files_are_damage_and_not_a_new_store(void **state)
{
    char path[400];
    struct store store;
    struct err err;

    fill(*state, true);
    (void)snprintf(path, sizeof path, "%s/CURRENT", (char *)*state);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(store_rocks_open(&store, *state, NULL, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.text, "store_current_missing"));
    assert_true(find_file(path, sizeof path, *state, ".sst")); /* all still there */
}

/* Its disk is not mounted: the directory is not there, or empty. Nothing is left in the way. */
static void a_store_that_was_there_is_not_begun_anew(void **state)
{
    const struct store_rocks_options options = {.must_exist = true};
    char directory[400];
    struct store store;
    struct err err;

    (void)snprintf(directory, sizeof directory, "%s/store", (char *)*state);
    assert_int_equal(store_rocks_open(&store, directory, &options, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.text, "store_gone"));
    assert_int_not_equal(access(directory, F_OK), 0);
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_int_equal(store_rocks_open(&store, directory, &options, &err), ERR_CORRUPT);
    assert_int_equal(rmdir(directory), 0);
    fill(directory, true);
    assert_int_equal(store_rocks_open(&store, directory, &options, &err), OK);
    store.ops->close(store.self);
}

/* RocksDB opens each of these, with whatever tables the rest of the list names. */
static void a_list_of_tables_that_lost_its_end_refuses_to_open(void **state)
{
    char path[400], whole[410];
    struct store store;
    struct stat before;
    struct err err;

    fill(*state, true);
    must_open(*state, &store); /* begins a new list, and closing notes it */
    store.ops->close(store.self);
    list_of_tables(path, sizeof path, *state);
    (void)snprintf(whole, sizeof whole, "%s.whole", path);
    assert_int_equal(link(path, whole), 0);
    assert_int_equal(stat(path, &before), 0);
    for (off_t size = 0; size < before.st_size; size += 7) {
        cut_copy(path, whole, size);
        assert_int_equal(store_rocks_open(&store, *state, NULL, &err), ERR_CORRUPT);
        assert_non_null(strstr(err.text, "store_list_cut"));
    }
    assert_int_equal(rename(whole, path), 0);
    must_open(*state, &store);
    store.ops->close(store.self);
}

static void a_changed_byte_in_the_list_of_tables_refuses_to_open(void **state)
{
    char path[400];
    struct store store;
    struct err err;

    fill(*state, true);
    list_of_tables(path, sizeof path, *state);
    flip_byte(path, 9);
    assert_int_equal(store_rocks_open(&store, *state, NULL, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.text, "store_list_differs"));
    flip_byte(path, 9);
    must_open(*state, &store);
    store.ops->close(store.self);
}

static void write_note(const char *directory, const char *note)
{
    char path[400];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/NOTED", directory);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(note, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void a_damaged_note_refuses_to_open(void **state)
{
    static const char *const notes[] = {"",
                                        "MANI",
                                        "MANIFEST-000005 12",
                                        "X 12 ab",
                                        "MANIFEST- 12 ab",
                                        "MANIFEST-5x 12 ab",
                                        "MANIFEST-000005 -12 ab"};
    struct store store;
    struct err err;

    fill(*state, true);
    for (size_t i = 0; i < COUNT_OF(notes); i++) {
        write_note(*state, notes[i]);
        if (store_rocks_open(&store, *state, NULL, &err) != ERR_CORRUPT ||
            strstr(err.text, "store_note_damaged") == NULL) {
            fail_msg("'%s'", notes[i]);
        }
    }
}

static void without_a_note_the_list_of_tables_is_taken_as_it_is(void **state)
{
    char path[400];
    struct store store;

    fill(*state, true);
    (void)snprintf(path, sizeof path, "%s/NOTED", (char *)*state);
    assert_int_equal(unlink(path), 0);
    must_open(*state, &store);
    assert_int_equal(access(path, R_OK), 0); /* noted anew */
    store.ops->close(store.self);
}

/* The list alone, then the name of it and all else: a new store would take their place. */
static void a_noted_store_whose_list_is_gone_refuses_to_open(void **state)
{
    char path[400];
    struct store store;
    struct err err;

    fill(*state, true);
    list_of_tables(path, sizeof path, *state);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(store_rocks_open(&store, *state, NULL, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.text, "store_list_cut"));
    while (find_file(path, sizeof path, *state, ".sst") ||
           find_file(path, sizeof path, *state, ".log")) {
        assert_int_equal(unlink(path), 0);
    }
    (void)snprintf(path, sizeof path, "%s/CURRENT", (char *)*state);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(store_rocks_open(&store, *state, NULL, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.text, "store_current_missing"));
}

static void a_missing_table_refuses_to_open(void **state)
{
    char path[400];
    struct store store;
    struct err err;

    fill(*state, true);
    assert_true(find_file(path, sizeof path, *state, ".sst"));
    assert_int_equal(unlink(path), 0);
    assert_int_not_equal(store_rocks_open(&store, *state, NULL, &err), OK);
    assert_null(store.ops);
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
        CASE(a_damaged_log_refuses_to_open),
        CASE(a_cut_log_opens_with_all_but_the_tail),
        CASE(a_damaged_table_is_an_error_and_never_a_short_scan),
        CASE(a_near_snapshot_never_waits_for_the_disk),
        CASE(missing_files_are_damage_and_not_a_new_store),
        CASE(a_store_that_was_there_is_not_begun_anew),
        CASE(a_list_of_tables_that_lost_its_end_refuses_to_open),
        CASE(a_changed_byte_in_the_list_of_tables_refuses_to_open),
        CASE(a_damaged_note_refuses_to_open),
        CASE(a_noted_store_whose_list_is_gone_refuses_to_open),
        CASE(without_a_note_the_list_of_tables_is_taken_as_it_is),
        CASE(a_missing_table_refuses_to_open),
        CASE(only_a_lock_that_is_held_means_another_process),
        CASE(a_second_process_is_told_that_it_is_open),
        CASE(a_checkpoint_opens_by_itself),
        CASE(a_nearly_full_disk_refuses_commits_and_answers_reads),
        CASE(too_little_room_for_recovery_refuses_to_open),
        CASE(after_a_failed_write_nothing_more_is_written),
    };

    return conformance_run(&engine) + cmocka_run_group_tests(tests, NULL, NULL);
}
