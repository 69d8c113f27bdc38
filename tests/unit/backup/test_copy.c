/* What says what a copy holds: it comes back as it was written, and nothing that was altered, cut
 * or meant to lead elsewhere is believed. And which of several copies is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/backup/copies.h"
#include "node/backup/copy_files.h"
#include "node/home/files.h"

static const char name_a[] = "540121-20261129T235959Z", name_b[] = "540121-20261130T055032Z";

static int set_up(void **state)
{
    char *directory = strdup("/tmp/terrace-copy-XXXXXX");
    struct err err;

    assert_int_equal(crypto_init(&err), OK);
    assert_non_null(directory);
    assert_non_null(mkdtemp(directory));
    *state = directory;
    return 0;
}

static int tear_down(void **state)
{
    struct err err;

    assert_int_equal(copy_remove(*state, &err), OK);
    free(*state);
    return 0;
}

static void fill(struct copy_manifest *out)
{
    const struct hash hash = hash_of(TAG_FILE, bytes_text("x"));

    *out = COPY_MANIFEST_EMPTY;
    assert_true(division_parse(&out->division, bytes_text("540121")));
    out->tree = hash;
    out->at = (struct copy_position){
        .lsn = 17, .epoch = 2, .head = hash, .digest = hash, .verified_from = 1, .rows = 400};
    out->taken_unix_ms = UINT64_C(1796016632000);
    (void)snprintf(out->version, sizeof out->version, "0.1.0");
    copy_manifest_add(out, "store/CURRENT", 0600, 16, &hash);
    copy_manifest_add(out, "config.yaml", 0600, 3000, &hash);
    copy_manifest_add(out, "hooks/a b", 0755, 0, &hash);
}

static void write_to(const char *directory)
{
    struct copy_manifest manifest;
    struct err err;

    fill(&manifest);
    assert_int_equal(copy_manifest_write(&manifest, directory, &err), OK);
    copy_manifest_free(&manifest);
}

static enum status read_from(const char *directory, struct copy_manifest *out)
{
    struct err err;

    return copy_manifest_read(out, directory, &err);
}

static void comes_back(void **state)
{
    struct copy_manifest manifest;

    write_to(*state);
    assert_int_equal(read_from(*state, &manifest), OK);
    assert_string_equal(manifest.division.code, "540121");
    assert_int_equal(manifest.at.lsn, 17);
    assert_int_equal(manifest.at.epoch, 2);
    assert_int_equal(manifest.at.verified_from, 1);
    assert_int_equal(manifest.taken_unix_ms, UINT64_C(1796016632000));
    assert_string_equal(manifest.version, "0.1.0");
    assert_int_equal(manifest.count, 3);
    assert_string_equal(manifest.files[0].path, "config.yaml");
    assert_string_equal(manifest.files[1].path, "hooks/a b");
    assert_int_equal(manifest.files[1].mode, 0755);
    assert_int_equal(copy_manifest_bytes(&manifest), 3016);
    copy_manifest_free(&manifest);
}

static void read_file_of(const char *directory, struct buf *out, char path[256])
{
    struct err err;

    (void)snprintf(path, 256, "%s/%s", directory, COPY_MANIFEST_FILE);
    assert_int_equal(file_read(out, path, 1 << 20, &err), OK);
}

/* As it stands, and not synced: there are many. */
static void write_file_of(const char *path, struct bytes data)
{
    const int file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

    assert_true(file >= 0);
    assert_int_equal(write(file, data.data, data.size), (ssize_t)data.size);
    assert_int_equal(close(file), 0);
}

/* Each bit, each length: none passes. */
static void altered_it_is_none(void **state)
{
    struct copy_manifest manifest;
    struct buf text = BUF_EMPTY;
    char path[256];

    write_to(*state);
    read_file_of(*state, &text, path);
    for (size_t i = 0; i < text.size; i++) {
        text.data[i] ^= (uint8_t)(1 << i % 8);
        write_file_of(path, buf_bytes(&text));
        if (read_from(*state, &manifest) == OK) {
            fail_msg("a bit of byte %zu", i);
        }
        copy_manifest_free(&manifest);
        text.data[i] ^= (uint8_t)(1 << i % 8);
        write_file_of(path, bytes_of(text.data, i));
        if (read_from(*state, &manifest) == OK) {
            fail_msg("cut behind byte %zu", i);
        }
        copy_manifest_free(&manifest);
    }
    buf_free(&text);
}

static void nothing_is_no_copy(void **state)
{
    struct copy_manifest manifest;

    assert_int_equal(read_from(*state, &manifest), ERR_NOT_FOUND);
    copy_manifest_free(&manifest);
}

/* Whoever can write a manifest can write its sum: what it names must stay below the copy. */
static void leads_nowhere_else(void **state)
{
    static const char *const paths[] = {
        "../config.yaml", "/etc/passwd", "store/../../x", "store//x", "store/", ".hidden",
        "a/./b",          "MANIFEST",    "a\tb",          "keys/..",  "..",     "a/.b"};
    const struct hash hash = HASH_ZERO;
    struct copy_manifest manifest;
    struct err err;

    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        fill(&manifest);
        copy_manifest_add(&manifest, paths[i], 0600, 1, &hash);
        assert_int_equal(copy_manifest_write(&manifest, *state, &err), OK);
        copy_manifest_free(&manifest);
        if (read_from(*state, &manifest) != ERR_CORRUPT) {
            fail_msg("%s", paths[i]);
        }
        copy_manifest_free(&manifest);
    }
}

static void twice_is_wrong(void **state)
{
    const struct hash hash = HASH_ZERO;
    struct copy_manifest manifest;
    struct err err;

    fill(&manifest);
    copy_manifest_add(&manifest, "config.yaml", 0600, 1, &hash);
    assert_int_equal(copy_manifest_write(&manifest, *state, &err), OK);
    copy_manifest_free(&manifest);
    assert_int_equal(read_from(*state, &manifest), ERR_CORRUPT);
    copy_manifest_free(&manifest);
}

static void newer_says_so(void **state)
{
    struct copy_manifest manifest;
    struct buf text = BUF_EMPTY;
    char path[256];
    struct err err;

    write_to(*state);
    read_file_of(*state, &text, path);
    text.data[strlen("terrace backup ")] = '2';
    assert_int_equal(file_write(path, buf_bytes(&text), &err), OK);
    assert_int_equal(read_from(*state, &manifest), ERR_NEEDS_UPGRADE);
    copy_manifest_free(&manifest);
    buf_free(&text);
}

/* --- which of them --- */

static void make_copy(const char *directory, const char *name, bool complete)
{
    char path[256];
    struct err err;

    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    assert_int_equal(directory_make(path, &err), OK);
    if (complete) {
        (void)snprintf(path, sizeof path, "%s/%s/%s", directory, name, COPY_MANIFEST_FILE);
        assert_int_equal(file_write(path, bytes_text("x"), &err), OK);
    }
}

static const char *newest_of(const char *directory, const char *until, char out[COPY_NAME_MAX])
{
    const struct copy_name *newest;
    struct copies copies;
    struct err err;
    bool others;

    assert_int_equal(copies_list(&copies, directory, &err), OK);
    newest = copies_newest(&copies, until, &others);
    (void)snprintf(out, COPY_NAME_MAX, "%s", newest != NULL ? newest->text : others ? "?" : "");
    copies_free(&copies);
    return out;
}

static void the_newest_complete_one_is_taken(void **state)
{
    char name[COPY_NAME_MAX], moment[COPY_MOMENT_MAX];

    make_copy(*state, name_a, true);
    make_copy(*state, name_b, true);
    make_copy(*state, "540121-20261201T000000Z", false);
    make_copy(*state, "540121-20261201T000000", true); /* of another form */
    make_copy(*state, "540121-2026120AT000000Z", true);
    make_copy(*state, "lost+found", true);
    assert_string_equal(newest_of(*state, NULL, name), name_b);
    copy_moment(moment, "2026-11-30T05:50:32Z");
    assert_string_equal(newest_of(*state, moment, name), name_b);
    copy_moment(moment, "2026-11-30T05:50:31Z");
    assert_string_equal(newest_of(*state, moment, name), name_a);
    assert_string_equal(newest_of(*state, "20200101T000000Z", name), "");
    make_copy(*state, "540000-20261130T000000Z", true);
    assert_string_equal(newest_of(*state, NULL, name), "?");
}

static void a_name_is_its_moment(void **state)
{
    struct division division;
    char name[COPY_NAME_MAX];

    (void)state;
    assert_true(division_parse(&division, bytes_text("540121")));
    copy_name_make(name, division, UINT64_C(1796017832000));
    assert_string_equal(name, name_b);
}

/* --- files --- */

static void a_file_is_what_was_read(void **state)
{
    struct copy_progress progress = {.told = NULL};
    struct copy_manifest list = COPY_MANIFEST_EMPTY;
    char path[256], to[256];
    struct err err;

    (void)snprintf(path, sizeof path, "%s/from", (char *)*state);
    (void)snprintf(to, sizeof to, "%s/to", (char *)*state);
    assert_int_equal(directory_make(path, &err), OK);
    assert_int_equal(directory_make(to, &err), OK);
    (void)snprintf(path, sizeof path, "%s/from/store", (char *)*state);
    assert_int_equal(directory_make(path, &err), OK);
    (void)snprintf(path, sizeof path, "%s/from/store/1.sst", (char *)*state);
    assert_int_equal(file_write(path, bytes_text("rows"), &err), OK);
    (void)snprintf(path, sizeof path, "%s/from", (char *)*state);
    assert_int_equal(copy_list_below(&list, path, "store", &err), OK);
    assert_int_equal(list.count, 1);
    for (int linked = 0; linked < 2; linked++) {
        assert_int_equal(copy_file_make(&list.files[0], path, to, linked != 0, &progress, &err),
                         OK);
        assert_int_equal(list.files[0].size, 4);
        assert_int_equal(copy_file_check(&list.files[0], to, &progress, &err), OK);
        list.files[0].hash.at[0] ^= 1;
        assert_int_equal(copy_file_check(&list.files[0], to, &progress, &err), ERR_CORRUPT);
        list.files[0].hash.at[0] ^= 1;
        (void)snprintf(path, sizeof path, "%s/to/store", (char *)*state);
        assert_int_equal(copy_remove(path, &err), OK);
        assert_int_equal(copy_file_check(&list.files[0], to, &progress, &err), ERR_CORRUPT);
        (void)snprintf(path, sizeof path, "%s/from", (char *)*state);
    }
    assert_int_equal(progress.linked_bytes, 4);
    copy_manifest_free(&list);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(comes_back),
        CASE(altered_it_is_none),
        CASE(nothing_is_no_copy),
        CASE(leads_nowhere_else),
        CASE(twice_is_wrong),
        CASE(newer_says_so),
        CASE(a_name_is_its_moment),
        CASE(the_newest_complete_one_is_taken),
        CASE(a_file_is_what_was_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
