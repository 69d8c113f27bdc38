/* Blocks in a file: what was appended comes back, and a file that was cut anywhere goes on behind
 * its last whole block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/store/block_file.h"
#include "proto/block.h"

enum { BLOCKS = 40 };

struct place {
    char directory[40], path[64];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    (void)snprintf(place->directory, sizeof place->directory, "/tmp/terrace-blocks-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    (void)snprintf(place->path, sizeof place->path, "%s/a.blocks", place->directory);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    (void)unlink(place->path);
    (void)rmdir(place->directory);
    free(place);
    return 0;
}

/* The nth block: n bytes of n, a few, or many. */
static struct bytes block_of(struct buf *memory, unsigned n)
{
    buf_clear(memory);
    for (unsigned i = 0; i < 1 + n * 997; i++) {
        buf_put_u8(memory, (uint8_t)n);
    }
    return buf_bytes(memory);
}

static void append_from(const char *path, unsigned from, unsigned to)
{
    struct block_file file;
    struct buf memory = BUF_EMPTY;
    struct err err;

    assert_int_equal(block_file_append_to(&file, path, &err), OK);
    for (unsigned n = from; n < to; n++) {
        assert_int_equal(block_file_append(&file, block_of(&memory, n), &err), OK);
    }
    assert_int_equal(block_file_sync(&file, &err), OK);
    block_file_close(&file);
    buf_free(&memory);
}

struct counted {
    unsigned next, stop;
};

static bool count(void *arg, struct bytes block)
{
    struct counted *counted = arg;
    struct buf memory = BUF_EMPTY;

    assert_true(bytes_equal(block, block_of(&memory, counted->next)));
    buf_free(&memory);
    return ++counted->next != counted->stop;
}

/* How many whole ones there are. */
static unsigned count_all(const char *path, bool *cut)
{
    struct counted counted = {0, 0};
    uint64_t position = 0;
    struct err err;

    assert_int_equal(block_file_each(path, &position, count, &counted, cut, &err), OK);
    return counted.next;
}

static void test_what_was_appended_comes_back(void **state)
{
    const struct place *place = *state;
    struct counted counted = {0, 7};
    uint64_t position = 0;
    struct err err;
    bool cut;

    append_from(place->path, 0, 10);
    append_from(place->path, 10, BLOCKS);
    assert_int_equal(count_all(place->path, &cut), BLOCKS);
    assert_false(cut);
    for (; counted.next < BLOCKS; counted.stop += 7) { /* in pieces */
        assert_int_equal(block_file_each(place->path, &position, count, &counted, &cut, &err), OK);
    }
    assert_int_equal(counted.next, BLOCKS);
}

static void test_a_cut_file_goes_on(void **state)
{
    const struct place *place = *state;
    struct stat found;
    bool cut;

    for (off_t less = 1; less < 5000; less += 733) {
        unsigned left;

        (void)unlink(place->path);
        append_from(place->path, 0, BLOCKS);
        assert_int_equal(stat(place->path, &found), 0);
        assert_int_equal(truncate(place->path, found.st_size - less), 0);
        left = count_all(place->path, &cut);
        assert_true(left < BLOCKS);
        append_from(place->path, left, BLOCKS);
        assert_int_equal(count_all(place->path, &cut), BLOCKS);
        assert_false(cut);
    }
}

/* A disk may have made a file longer without writing what it holds. */
static void test_zeros_at_the_end_are_no_block(void **state)
{
    const struct place *place = *state;
    struct stat found;
    bool cut;

    append_from(place->path, 0, 3);
    assert_int_equal(stat(place->path, &found), 0);
    assert_int_equal(truncate(place->path, found.st_size + 4096), 0);
    assert_int_equal(count_all(place->path, &cut), 3);
    assert_true(cut);
    append_from(place->path, 3, 5);
    assert_int_equal(count_all(place->path, &cut), 5);
    assert_false(cut);
}

static void test_what_is_none_is_refused(void **state)
{
    const struct place *place = *state;
    struct block_file file;
    uint64_t position = 0;
    struct err err;
    FILE *other;
    bool cut;

    assert_int_equal(block_file_each(place->path, &position, count, NULL, &cut, &err),
                     ERR_NOT_FOUND);
    other = fopen(place->path, "w");
    assert_non_null(other);
    assert_true(fputs("a letter to somebody, and no blocks", other) >= 0);
    assert_int_equal(fclose(other), 0);
    assert_int_equal(block_file_each(place->path, &position, count, NULL, &cut, &err), ERR_CORRUPT);
    assert_int_equal(block_file_append_to(&file, place->path, &err), ERR_CORRUPT);

    other = fopen(place->path, "w"); /* a size that no block has */
    assert_non_null(other);
    assert_true(fputs("terrace blocks 1\n\xff\xff\xff\xff", other) >= 0);
    assert_int_equal(fclose(other), 0);
    position = 0;
    assert_int_equal(block_file_each(place->path, &position, count, NULL, &cut, &err), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_appended_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_cut_file_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_zeros_at_the_end_are_no_block, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_none_is_refused, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
