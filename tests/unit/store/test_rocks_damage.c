/* The store on RocksDB whose files were damaged, cut or lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance.h"
#include "tests/unit/store/rocks_files.h"

/* --- files to damage --- */

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

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_damaged_log_refuses_to_open),
        CASE(a_cut_log_opens_with_all_but_the_tail),
        CASE(a_damaged_table_is_an_error_and_never_a_short_scan),
        CASE(missing_files_are_damage_and_not_a_new_store),
        CASE(a_store_that_was_there_is_not_begun_anew),
        CASE(a_list_of_tables_that_lost_its_end_refuses_to_open),
        CASE(a_changed_byte_in_the_list_of_tables_refuses_to_open),
        CASE(a_damaged_note_refuses_to_open),
        CASE(a_noted_store_whose_list_is_gone_refuses_to_open),
        CASE(without_a_note_the_list_of_tables_is_taken_as_it_is),
        CASE(a_missing_table_refuses_to_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
