/* test_next_keys - a home's keys on their way in and out: at each step at which a process may end,
 * the keys that the newest grant names are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/home/next_keys.h"

static char directory[] = "/tmp/terrace-keys-XXXXXX";
static struct node_keys *before, *after;
static const struct bytes secret = {(const uint8_t *)"not a secret of anybody", 23};

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *at)
{
    (void)found;
    (void)kind;
    (void)at;
    return remove(path);
}

static void must(enum status status, const struct err *err)
{
    if (status != OK) {
        fail_msg("%s: %s", status_name(status), err->text);
    }
}

static int set_up(void **state)
{
    struct err err;

    (void)state;
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    if (mkdtemp(directory) == NULL || crypto_init(&err) != OK) {
        return -1;
    }
    before = node_keys_new();
    after = node_keys_new();
    sign_key_generate(&before->identity);
    curve_key_generate(&before->curve);
    *after = *before;
    must(keys_save(before, directory, SEAL_MACHINE, secret, &err), &err);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    node_keys_free(before);
    node_keys_free(after);
    return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool there(const char *file)
{
    char path[256];
    struct stat found;

    (void)snprintf(path, sizeof path, "%s/%s", directory, file);
    return stat(path, &found) == 0;
}

static struct grant grant_of(const struct node_keys *keys)
{
    struct grant grant = {.sign_key = keys->identity.public};

    memcpy(grant.curve_key, keys->curve.public, sizeof grant.curve_key);
    return grant;
}

static bool same(const struct node_keys *one, const struct node_keys *other)
{
    return memcmp(&one->identity, &other->identity, sizeof one->identity) == 0 &&
           memcmp(&one->curve, &other->curve, sizeof one->curve) == 0;
}

static void start(struct key_choice *out, const struct node_keys *granted)
{
    const struct grant grant = grant_of(granted);
    struct err err;

    must(key_choice_load(out, directory, secret, &err), &err);
    must(next_keys_choose(out, directory, &grant, &err), &err);
}

static void make(bool identity, bool channel)
{
    const struct next_keys next = {after, identity, channel};
    struct err err;

    if (identity) {
        sign_key_generate(&after->identity);
    }
    if (channel) {
        curve_key_generate(&after->curve);
    }
    must(next_keys_make(&next, directory, SEAL_MACHINE, secret, &err), &err);
}

static void ask(bool identity, bool channel)
{
    struct err err;

    make(identity, channel);
    must(next_keys_ask(directory, &err), &err);
}

static const struct {
    bool identity, channel;
} wishes[] = {{true, true}, {true, false}, {false, true}};

static void they_wait_until_they_are_granted(void **state)
{
    for (size_t i = 0; i < COUNT_OF(wishes); i++) {
        struct key_choice choice;

        make(wishes[i].identity, wishes[i].channel); /* nobody was asked */
        start(&choice, before);
        assert_true(same(choice.in_force, before));
        assert_null(choice.next);
        assert_false(there("made"));
        key_choice_free(&choice);
        for (int starts = 0; starts < 2; starts++) {
            if (starts == 0) {
                ask(wishes[i].identity, wishes[i].channel);
            }
            start(&choice, before);
            assert_true(same(choice.in_force, before));
            assert_true(same(choice.next, after));
            assert_true(there("next"));
            key_choice_free(&choice);
        }
        for (int starts = 0; starts < 2; starts++) {
            start(&choice, after);
            assert_true(same(choice.in_force, after));
            assert_null(choice.next);
            assert_false(there("next"));
            assert_int_equal(choice.former != NULL, wishes[i].channel);
            if (choice.former != NULL) {
                assert_memory_equal(&choice.former->curve, &before->curve, sizeof before->curve);
            }
            key_choice_free(&choice);
        }
        next_keys_forget_former(directory);
        start(&choice, after);
        assert_null(choice.former);
        assert_false(there("former"));
        key_choice_free(&choice);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* Other ones take the place of those that the parent does not offer. */
static void a_newer_wish_takes_the_place(void **state)
{
    struct key_choice choice;

    (void)state;
    ask(true, true);
    *after = *before;
    ask(false, true);
    start(&choice, before);
    assert_true(same(choice.next, after));
    assert_memory_equal(&choice.next->identity, &before->identity, sizeof before->identity);
    key_choice_free(&choice);
}

static void rename_to(const char *from, const char *to)
{
    char a[256], b[256];

    (void)snprintf(a, sizeof a, "%s/%s", directory, from);
    (void)snprintf(b, sizeof b, "%s/%s", directory, to);
    assert_int_equal(rename(a, b), 0);
}

static void folder(const char *name)
{
    char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void link_to(const char *from, const char *to)
{
    char a[256], b[256];

    (void)snprintf(a, sizeof a, "%s/%s", directory, from);
    (void)snprintf(b, sizeof b, "%s/%s", directory, to);
    assert_int_equal(link(a, b), 0);
}

/* As far as next_keys_take had come when the process ended. */
static void a_half_taken_pair_is_whole(void **state)
{
    enum { FOLDER, LINKED, CURVE_MOVED, IDENTITY_MOVED, ENDS };

    for (int end = FOLDER; end < ENDS; end++) {
        struct key_choice choice;

        ask(true, true);
        folder("former");
        if (end >= LINKED) {
            link_to("curve.key", "former/curve.key");
        }
        if (end >= CURVE_MOVED) {
            rename_to("next/curve.key", "curve.key");
        }
        if (end >= IDENTITY_MOVED) {
            rename_to("next/identity.key", "identity.key");
        }
        start(&choice, after);
        assert_true(same(choice.in_force, after));
        assert_null(choice.next);
        assert_non_null(choice.former);
        assert_memory_equal(&choice.former->curve, &before->curve, sizeof before->curve);
        assert_false(there("next"));
        key_choice_free(&choice);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* The link key that children know is kept while the identity changes. */
static void a_former_link_key_outlives_another_identity(void **state)
{
    struct node_keys *first = node_keys_new();
    struct key_choice choice;

    (void)state;
    *first = *before;
    ask(false, true);
    start(&choice, after);
    key_choice_free(&choice);
    ask(true, false);
    start(&choice, after);
    assert_true(same(choice.in_force, after));
    assert_non_null(choice.former);
    assert_memory_equal(&choice.former->curve, &first->curve, sizeof first->curve);
    key_choice_free(&choice);
    node_keys_free(first);
}

static void a_grant_of_other_keys_changes_nothing(void **state)
{
    struct node_keys *others = node_keys_new();
    struct key_choice choice;

    (void)state;
    sign_key_generate(&others->identity);
    curve_key_generate(&others->curve);
    ask(true, true);
    start(&choice, others);
    assert_true(same(choice.in_force, before));
    assert_true(same(choice.next, after));
    key_choice_free(&choice);
    node_keys_free(others);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(they_wait_until_they_are_granted),
        TEST(a_newer_wish_takes_the_place),
        TEST(a_half_taken_pair_is_whole),
        TEST(a_former_link_key_outlives_another_identity),
        TEST(a_grant_of_other_keys_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
