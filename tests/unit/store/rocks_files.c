#include "tests/unit/store/rocks_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>

#include "conformance.h"

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

void *make_directory(void)
{
    char *directory = strdup("/tmp/terrace-store-XXXXXX");

    assert_non_null(directory);
    assert_non_null(mkdtemp(directory));
    return directory;
}

void must_open(void *place, struct store *out)
{
    struct err err;

    if (store_rocks_open(out, place, NULL, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

void must_reopen(void *place, struct store *store)
{
    store->ops->close(store->self);
    must_open(place, store);
}

void discard(void *place, struct store *store)
{
    store->ops->close(store->self);
    remove_tree(place);
}

int set_up(void **state)
{
    *state = make_directory();
    return 0;
}

int tear_down(void **state)
{
    remove_tree(*state);
    return 0;
}

/* --- files to damage --- */

bool find_file(char *out, size_t size, const char *directory, const char *suffix)
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

/* Bytes that do not compress. */
static void fill_row(uint8_t row[ROW_BYTES], uint64_t seed)
{
    for (size_t i = 0; i < ROW_BYTES; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        row[i] = (uint8_t)(seed >> 56);
    }
}

void put_row(const struct store *store, uint64_t fence, uint64_t number)
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

enum status scan_rows(const struct store *store, uint64_t *rows, struct err *err)
{
    *rows = 0;
    return store->ops->scan(store->self, NULL, SPACE_BLOCKS, BYTES_NONE, BYTES_NONE, check_row,
                            rows, err);
}

void child_needed(void)
{
#ifdef __SANITIZE_THREAD__
    skip();
#endif
}

void fill(const char *directory, bool flushed)
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
