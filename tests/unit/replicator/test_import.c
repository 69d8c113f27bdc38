/* test_import - blocks that a person brings instead of a neighbour: what is taken, what is not, and
 * that none of it is a neighbour's fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/session/session.h"

static struct puppet puppet; /* the region, which hears nothing of its city */

static int set_up(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

static enum ingest_result import(struct bytes whole, struct err *err)
{
    const enum ingest_result result =
        session_import(puppet.real->replicator, puppet.real->txn, whole, err);

    puppet_commit(&puppet, true);
    return result;
}

static void a_block_is_taken_as_from_its_author(void **state)
{
    struct written log = {0, {{0}}, 0};
    struct buf first = draft_write(&puppet, CITY, &log, "first"),
               second = draft_write(&puppet, CITY, &log, "second"),
               third = draft_write(&puppet, CITY, &log, "third");
    struct err err;

    (void)state;
    assert_int_equal(import(buf_bytes(&third), &err), INGEST_GAP);
    assert_int_equal(import(bytes_text("no block"), &err), INGEST_REFUSED);
    assert_int_equal(import(buf_bytes(&first), &err), INGEST_STAGED);
    assert_true(place_heard(puppet.real, "C1/first"));
    assert_int_equal(import(buf_bytes(&first), &err), INGEST_HELD);
    assert_int_equal(puppet.real->entries_held, 1);
    second.data[second.size - 1] ^= 1;
    assert_int_equal(import(buf_bytes(&second), &err), INGEST_REFUSED);
    second.data[second.size - 1] ^= 1;
    replicator_withhold(puppet.real->replicator, true); /* the disk is full */
    assert_int_equal(import(buf_bytes(&second), &err), INGEST_NOT_YET);
    assert_int_equal(err.status, ERR_DISK_FULL);
    replicator_withhold(puppet.real->replicator, false);
    assert_int_equal(import(buf_bytes(&second), &err), INGEST_STAGED);
    assert_int_equal(place_head(puppet.real, "C1").lsn, 2);
    assert_int_equal(puppet.real->alarm_count, 0);
    buf_free(&first);
    buf_free(&second);
    buf_free(&third);
}

/* Whoever is granted in it is known from then on. */
static void a_grant_in_it_counts(void **state)
{
    struct written log = {0, {{0}}, 0};
    struct draft draft = draft_next(&puppet, CITY, &log, NULL);
    struct grant grant = first_grant(division_of("K9"), division_of("C1"));
    struct sign_key key;
    struct buf sealed = BUF_EMPTY, whole = BUF_EMPTY;
    struct err err;

    (void)state;
    sign_key_generate(&key);
    trust_seal(&puppet.world.trust, &grant, &key, &puppet.world.at[CITY].key, &sealed);
    draft.grants = &sealed;
    draft.header.audience = (struct audience){AUDIENCE_TREE, division_of("K9")};
    (void)draft_finish(&whole, &draft);
    assert_int_equal(import(buf_bytes(&whole), &err), INGEST_STAGED);
    assert_non_null(roster_find(replicator_roster(puppet.real->replicator), division_of("K9")));
    assert_int_equal(puppet.real->alarm_count, 0);
    buf_free(&sealed);
    buf_free(&whole);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_block_is_taken_as_from_its_author),
        STORY(a_grant_in_it_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
