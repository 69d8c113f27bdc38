/* The note beside MANIFEST, over files made by hand: what it says after a read that failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "node/store/manifest.h"

enum { LIST_BYTES = 40000 }; /* read in several pieces */

/* The nth read from now fails, as one of a bad sector does; 0: none. */
static unsigned fail_read;

ssize_t __wrap_pread(int file, void *data, size_t size, off_t at);

/* In front of the C library's, by the linker's --wrap. */
ssize_t __wrap_pread(int file, void *data, size_t size, off_t at)
{
    if (fail_read > 0 && --fail_read == 0) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pread64, file, data, size, at);
}

struct place {
    char directory[40], list[64], current[64], note[64];
};

static void append(const char *path, const char *text, size_t times)
{
    FILE *file = fopen(path, "a");

    assert_non_null(file);
    for (size_t i = 0; i < times; i++) {
        assert_true(fputs(text, file) >= 0);
    }
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    (void)snprintf(place->directory, sizeof place->directory, "/tmp/terrace-manifest-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    (void)snprintf(place->list, sizeof place->list, "%s/MANIFEST-000001", place->directory);
    (void)snprintf(place->current, sizeof place->current, "%s/CURRENT", place->directory);
    (void)snprintf(place->note, sizeof place->note, "%s/NOTED", place->directory);
    append(place->current, "MANIFEST-000001\n", 1);
    append(place->list, "x", LIST_BYTES);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    (void)unlink(place->list);
    (void)unlink(place->current);
    (void)unlink(place->note);
    assert_int_equal(rmdir(place->directory), 0);
    free(place);
    return 0;
}

/* What could not be read this once is damage to whoever asks, and the note stays as it was. */
static void a_read_that_failed_leaves_the_note_right(void **state)
{
    const struct place *place = *state;

    for (unsigned nth = 1; nth <= 3; nth++) {
        struct manifest manifest = {.size = 0};
        struct err err;
        bool noted;

        assert_int_equal(manifest_note(&manifest, place->directory, &err), OK);
        append(place->list, "y", LIST_BYTES);
        fail_read = nth;
        assert_int_equal(manifest_note(&manifest, place->directory, &err), ERR_CORRUPT);
        assert_int_equal(fail_read, 0);
        assert_int_equal(manifest_check(place->directory, &noted, &err), OK); /* as noted before */
        assert_int_equal(manifest_note(&manifest, place->directory, &err), OK);
        if (manifest_check(place->directory, &noted, &err) != OK) {
            fail_msg("read %u: %s", nth, err.text);
        }
    }
}

/* A full disk, say: what was not written is written the next time. */
static void a_note_that_could_not_be_written_is_written_later(void **state)
{
    const struct place *place = *state;
    struct manifest manifest = {.size = 0};
    struct err err;
    bool noted;

    assert_int_equal(mkdir(place->note, 0700), 0); /* in the way */
    assert_int_not_equal(manifest_note(&manifest, place->directory, &err), OK);
    assert_int_equal(rmdir(place->note), 0);
    assert_int_equal(manifest_note(&manifest, place->directory, &err), OK);
    assert_int_equal(access(place->note, R_OK), 0);
    assert_int_equal(manifest_check(place->directory, &noted, &err), OK);
}

/* Nothing can be compared then, and its owner is told so. */
static void a_note_that_was_taken_away_is_told(void **state)
{
    const struct place *place = *state;
    struct manifest manifest = {.size = 0};
    struct err err;
    bool noted = true;

    assert_int_equal(manifest_check(place->directory, &noted, &err), OK); /* there never was one */
    assert_false(noted);
    assert_int_equal(manifest_note(&manifest, place->directory, &err), OK);
    assert_int_equal(manifest_check(place->directory, &noted, &err), OK);
    assert_true(noted);
    assert_int_equal(unlink(place->note), 0);
    assert_int_equal(truncate(place->list, LIST_BYTES / 2), 0);
    assert_int_equal(manifest_check(place->directory, &noted, &err), OK);
    assert_false(noted);
}

/* Who writes it only adds to it: the note stays, and says so at the next start. */
static void a_list_that_became_shorter_is_not_noted(void **state)
{
    const struct place *place = *state;
    struct manifest manifest = {.size = 0};
    struct err err;
    bool noted;

    assert_int_equal(manifest_note(&manifest, place->directory, &err), OK);
    assert_int_equal(truncate(place->list, LIST_BYTES / 2), 0);
    assert_int_equal(manifest_note(&manifest, place->directory, &err), ERR_CORRUPT);
    assert_int_equal(manifest_check(place->directory, &noted, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.text, "store_list_cut"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_read_that_failed_leaves_the_note_right, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_note_that_could_not_be_written_is_written_later, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_note_that_was_taken_away_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_that_became_shorter_is_not_noted, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
