/* A log checked against itself: each thing that can be wrong with a block is told by its name, and
 * what follows a fault is held against it as it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replicator/log/audit.h"
#include "replicator/log/sealing.h"
#include "tests/harness/blocks.h"
#include "tests/harness/identities.h"

static struct scene {
    struct trust trust;
    struct sign_key key, other;
    struct roster *roster;
    struct audit audit;
    struct buf whole;
    struct hash prev;
    uint64_t lsn;
} scene;

static int set_up(void **state)
{
    struct grant grant = first_grant(division_of("R"), DIVISION_NONE);

    (void)state;
    memset(&scene, 0, sizeof scene);
    trust_generate(&scene.trust);
    sign_key_generate(&scene.key);
    sign_key_generate(&scene.other);
    scene.roster = roster_new(&scene.trust.tree, DIVISION_NONE);
    trust_admit(&scene.trust, &grant, &scene.key, NULL, scene.roster);
    audit_begin(&scene.audit, scene.roster, division_of("R"), true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    audit_end(&scene.audit);
    roster_free(scene.roster);
    buf_free(&scene.whole);
    return 0;
}

/* The next one as it should be. */
static struct block_header next_header(void)
{
    struct block_header header = {.version = BLOCK_VERSION,
                                  .suite = SUITE_ED25519_BLAKE2B,
                                  .audience = {AUDIENCE_LINE, division_of("R")},
                                  .author = division_of("R"),
                                  .epoch = 1,
                                  .count = 2,
                                  .time_ms = 1};

    header.first_lsn = scene.lsn + 1;
    header.prev_hash = header.aud_prev = scene.prev;
    header.aud_seq = scene.lsn / 2 + 1;
    return header;
}

static struct block_view block_of(struct block_header *header, const struct sign_key *key)
{
    const struct entry entries[] = {
        {.lsn = header->first_lsn,
         .time_ms = 1,
         .kind = KIND_USER_FIRST,
         .format = 1,
         .body = bytes_text("one")},
        {.lsn = header->first_lsn + 1,
         .time_ms = 1,
         .kind = KIND_USER_FIRST,
         .format = 1,
         .body = bytes_text("two")},
    };
    struct block_view block;
    struct err err;

    scene.prev = block_of_entries(&scene.whole, header, entries, &scene.trust.tree, key);
    assert_int_equal(block_parse(&block, buf_bytes(&scene.whole), &err), OK);
    return block;
}

static void add_good(void)
{
    struct block_header header = next_header();
    const struct block_view block = block_of(&header, &scene.key);
    struct err err;

    assert_int_equal(audit_block(&scene.audit, &block, &err), OK);
    scene.lsn += 2;
}

static void expect_fault(struct block_header header, const struct sign_key *key, enum status status,
                         const char *why)
{
    const struct hash prev = scene.prev;
    const struct block_view block = block_of(&header, key);
    struct err err;

    assert_int_equal(audit_block(&scene.audit, &block, &err), status);
    if (strncmp(err.text, why, strlen(why)) != 0) {
        fail_msg("\"%s\" is not %s", err.text, why);
    }
    assert_int_equal(scene.audit.last_lsn, scene.lsn); /* it goes on before it */
    scene.prev = prev;
}

static void each_fault_is_told_by_its_name(void **state)
{
    struct block_header header;

    (void)state;
    add_good();
    add_good();
    header = next_header();
    header.author = header.audience.division = division_of("C1");
    expect_fault(header, &scene.key, ERR_CORRUPT, "block_other_author");
    header = next_header();
    header.epoch = 2;
    expect_fault(header, &scene.key, ERR_NOT_YET, "block_epoch_ungranted");
    expect_fault(next_header(), &scene.other, ERR_BAD_SIGNATURE, "block_signature_wrong");
    header = next_header();
    header.first_lsn++;
    expect_fault(header, &scene.key, ERR_GAP, "lsns_missing");
    header = next_header();
    header.prev_hash.at[0] ^= 1;
    expect_fault(header, &scene.key, ERR_GAP, "prev_hash_differs");
    header = next_header();
    header.aud_seq++;
    expect_fault(header, &scene.key, ERR_GAP, "audience_gap");
    header = next_header();
    header.aud_prev.at[0] ^= 1;
    expect_fault(header, &scene.key, ERR_GAP, "audience_gap");
    add_good(); /* none of them counts */
}

static void an_older_epoch_does_not_follow(void **state)
{
    (void)state;
    add_good();
    scene.audit.epoch = 2;
    expect_fault(next_header(), &scene.key, ERR_GAP, "block_epoch_older");
}

/* Who holds a part knows nothing of the whole chain. */
static void a_part_is_held_against_its_audience_alone(void **state)
{
    struct block_header header;
    struct block_view block;
    struct err err;

    (void)state;
    scene.audit.whole = false;
    add_good();
    scene.lsn = 8;
    header = next_header();
    header.aud_seq = 2;
    header.prev_hash.at[0] ^= 1;
    block = block_of(&header, &scene.key);
    assert_int_equal(audit_block(&scene.audit, &block, &err), OK);
}

static void what_follows_a_fault_is_held_against_it(void **state)
{
    struct block_header header = next_header();
    struct block_view block;
    struct err err;

    (void)state;
    header.author = header.audience.division = division_of("C1");
    block = block_of(&header, &scene.key);
    audit_pass(&scene.audit, &block); /* of another log: nothing follows it */
    assert_int_equal(scene.audit.last_lsn, 0);

    scene.prev = HASH_ZERO;
    header = next_header();
    header.aud_seq = 7; /* a fault */
    block = block_of(&header, &scene.key);
    assert_int_equal(audit_block(&scene.audit, &block, &err), ERR_GAP);
    audit_pass(&scene.audit, &block);
    scene.lsn = 2;
    header = next_header();
    header.aud_seq = 8;
    block = block_of(&header, &scene.key);
    assert_int_equal(audit_block(&scene.audit, &block, &err), OK);

    scene.lsn = 4;
    header = next_header();
    header.epoch = 2; /* nobody knows its key, and so nobody its hash */
    header.aud_seq = 9;
    block = block_of(&header, &scene.key);
    audit_pass(&scene.audit, &block);
    assert_int_equal(scene.audit.last_lsn, 6);
    assert_memory_equal(&scene.audit.last_hash, &HASH_ZERO, HASH_SIZE);
}

/* A root that lost its log goes on behind what others hold of it: the holes are theirs. */
static void what_a_root_lost_may_be_missing(void **state)
{
    struct grant next = first_grant(division_of("R"), DIVISION_NONE);
    struct block_header header;
    struct block_view block;
    struct err err;

    (void)state;
    next.epoch = 2;
    next.base_lsn = 9;
    next.base_hash.at[0] = 1;
    add_good();
    header = next_header();
    header.first_lsn += 2;
    expect_fault(header, &scene.key, ERR_GAP, "lsns_missing"); /* before it is known to be lost */
    trust_admit(&scene.trust, &next, &scene.key, NULL, scene.roster);
    header = next_header();
    header.first_lsn = 11; /* behind all that was lost nothing is missing */
    expect_fault(header, &scene.key, ERR_GAP, "lsns_missing");
    scene.audit.epoch = 2;
    header = next_header();
    header.first_lsn += 2;
    expect_fault(header, &scene.key, ERR_GAP, "lsns_missing"); /* of an epoch before */
    scene.audit.epoch = 1;
    block = block_of(&header, &scene.key);
    assert_int_equal(audit_block(&scene.audit, &block, &err), OK);
    assert_int_equal(scene.audit.last_lsn, 6);
}

/* Each audience is a chain of its own. */
static void two_audiences_are_two_chains(void **state)
{
    const struct audience tree = {AUDIENCE_TREE, division_of("R")};
    struct block_header header;
    struct block_view block;
    struct hash first;
    struct err err;

    (void)state;
    add_good();
    first = scene.prev;
    header = next_header();
    header.audience = tree;
    header.aud_seq = 1;
    header.aud_prev = HASH_ZERO;
    block = block_of(&header, &scene.key);
    assert_int_equal(audit_block(&scene.audit, &block, &err), OK);
    scene.lsn += 2;
    header = next_header();
    header.aud_prev = first;
    header.aud_seq = 2;
    block = block_of(&header, &scene.key);
    assert_int_equal(audit_block(&scene.audit, &block, &err), OK);
    assert_int_equal(scene.audit.chain_count, 2);
}

/* One entry is its own root, and a body that is none has none: its hash is not known. */
static void a_lone_entry_that_is_none_is_passed_without_a_hash(void **state)
{
    struct block_header header = next_header();
    struct block_body body = BLOCK_BODY_EMPTY;
    struct block_view block;
    struct buf whole = BUF_EMPTY;
    struct hash leaf;
    struct err err;

    (void)state;
    header.count = 1;
    header.codec = CODEC_RAW;
    header.raw_size = header.body_size = 3;
    (void)block_seal(&whole, &header, bytes_text("\xff\xff\xff"), &scene.trust.tree, &scene.key);
    assert_int_equal(block_parse(&block, buf_bytes(&whole), &err), OK);
    assert_int_equal(audit_block(&scene.audit, &block, &err), ERR_MALFORMED);
    audit_pass(&scene.audit, &block);
    assert_int_equal(scene.audit.last_lsn, 1);
    assert_true(hash_equal(&scene.audit.last_hash, &HASH_ZERO));
    body.count = 1;
    assert_int_equal(audit_root(&block.header, &body, &leaf, &err), OK); /* its signature says it */
    buf_free(&whole);
}

static void a_root_is_over_what_the_body_has(void **state)
{
    struct block_header header = next_header();
    const struct block_view block = block_of(&header, &scene.key);
    struct block_body body = BLOCK_BODY_EMPTY;
    struct hash leaves[2];
    struct err err;

    (void)state;
    assert_int_equal(block_body_read(&body, &block, &err), OK);
    assert_int_equal(audit_root(&header, &body, leaves, &err), OK);
    header.entries_root.at[0] ^= 1;
    assert_int_equal(audit_root(&header, &body, leaves, &err), ERR_CORRUPT);
    assert_string_equal(err.text, "entries_root_differs");
    header.count = 3;
    assert_int_equal(audit_root(&header, &body, leaves, &err), ERR_CORRUPT);
    assert_string_equal(err.text, "block_count_differs");
    block_body_free(&body);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(each_fault_is_told_by_its_name),
        STORY(an_older_epoch_does_not_follow),
        STORY(a_part_is_held_against_its_audience_alone),
        STORY(what_follows_a_fault_is_held_against_it),
        STORY(what_a_root_lost_may_be_missing),
        STORY(two_audiences_are_two_chains),
        STORY(a_lone_entry_that_is_none_is_passed_without_a_hash),
        STORY(a_root_is_over_what_the_body_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
