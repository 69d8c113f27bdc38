/* Groups of signatures in a block: which entries they cover, what they say, and why one counts for
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/ledger/verify/approval_coverage.h"
#include "replicator/trust/merkle.h"
#include "tests/harness/blocks.h"

enum { ENTRIES = 4 };

static struct scene {
    struct sign_key maker, checker;
    struct hash tree;
    struct block_header header;
    struct entry entries[ENTRIES];
    struct approval_group groups[3];
    struct block_body body;
} scene;

static int set_up(void **state)
{
    struct err err;

    (void)state;
    memset(&scene, 0, sizeof scene);
    assert_int_equal(crypto_init(&err), OK);
    sign_key_generate(&scene.maker);
    sign_key_generate(&scene.checker);
    scene.header.author = division_of("540121");
    scene.header.epoch = 1;
    for (size_t i = 0; i < ENTRIES; i++) {
        scene.entries[i] = (struct entry){
            .lsn = i + 1, .time_ms = 1, .kind = 7, .format = 1, .body = bytes_text("ABCD" + i)};
    }
    scene.body.entries = scene.entries;
    scene.body.count = ENTRIES;
    scene.body.groups = scene.groups;
    return 0;
}

/* What one person signed: this entry alone. */
static struct approval_group group_of(uint32_t entry, enum approval_role role)
{
    struct approval_group group =
        approval_of_entry(&scene.entries[entry], scene.header.author, role, &scene.tree,
                          role == ROLE_MAKER ? &scene.maker : &scene.checker);

    group.first_entry = entry;
    return group;
}

static const char *fault_of(const struct approval_group *group)
{
    const char *fault = approval_coverage_signature(&scene.tree, &scene.header, &scene.body, group);

    return fault == NULL ? "" : fault;
}

static void each_signature_is_over_what_it_covers(void **state)
{
    struct approval_group group;

    (void)state;
    scene.body.group_count = 1;
    group = group_of(2, ROLE_MAKER);
    assert_string_equal(fault_of(&group), "");
    group.first_entry = 1; /* what it did not sign */
    assert_string_equal(fault_of(&group), "approval_maker_wrong");
    group = group_of(2, ROLE_CHECKER);
    assert_string_equal(fault_of(&group), "");
    group.role = ROLE_MAKER; /* and not as this one */
    assert_string_equal(fault_of(&group), "approval_maker_wrong");
    group = group_of(2, ROLE_CHECKER);
    group.time_ms++;
    assert_string_equal(fault_of(&group), "approval_checker_wrong");
    group.suite = 9;
    assert_string_equal(fault_of(&group), "approval_suite");
    group = group_of(2, ROLE_CHECKER);
    group.leaf_count = 2; /* of two documents, and none proves the other */
    assert_string_equal(fault_of(&group), "approval_proof");
    group.first_leaf = 2;
    assert_string_equal(fault_of(&group), "approval_proof");
}

static void a_tree_that_two_share_is_the_same_tree(void **state)
{
    struct hash proof = {{1}}, other = {{2}}, first, second;
    struct approval_group maker, checker;
    struct approval_leaves leaves;

    (void)state;
    scene.body.group_count = 2;
    maker = group_of(0, ROLE_MAKER);
    maker.leaf_count = 2;
    maker.proof = &proof;
    maker.proof_count = 1;
    checker = maker;
    approval_leaves_init(&leaves, &scene.body);
    assert_null(approval_coverage_hash(&scene.tree, &scene.header, &leaves, &maker, &first));
    assert_null(approval_coverage_hash(&scene.tree, &scene.header, &leaves, &checker, &second));
    assert_true(hash_equal(&first, &second));
    checker.proof = &other; /* another document beside it */
    assert_null(approval_coverage_hash(&scene.tree, &scene.header, &leaves, &checker, &second));
    assert_false(hash_equal(&first, &second));
    checker.proof = &proof;
    checker.first_leaf = 1;
    assert_null(approval_coverage_hash(&scene.tree, &scene.header, &leaves, &checker, &second));
    assert_false(hash_equal(&first, &second));
    checker.first_entry = 1;
    checker.first_leaf = 0;
    assert_null(approval_coverage_hash(&scene.tree, &scene.header, &leaves, &checker, &second));
    assert_false(hash_equal(&first, &second));
    approval_leaves_free(&leaves);
}

static void a_group_lies_within_its_block(void **state)
{
    static const struct {
        uint32_t first, count;
        const char *fault;
    } cases[] = {
        {0, ENTRIES, NULL},
        {ENTRIES - 1, 1, NULL},
        {0, 0, "approval_outside"},
        {0, ENTRIES + 1, "approval_outside"},
        {ENTRIES, 1, "approval_outside"},
        {ENTRIES - 1, 2, "approval_outside"},
        {1, UINT32_MAX, "approval_outside"},
    };
    static struct approval_coverage coverage;

    (void)state;
    scene.body.group_count = 1;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t at = 99;
        const char *fault;

        scene.groups[0] = group_of(0, ROLE_MAKER);
        scene.groups[0].first_entry = cases[i].first;
        scene.groups[0].count = cases[i].count;
        fault = approval_coverage_make(&coverage, &scene.body, &at);
        assert_int_equal(fault == NULL, cases[i].fault == NULL);
        assert_int_equal(at, cases[i].first);
        if (fault != NULL) {
            assert_string_equal(fault, cases[i].fault);
        }
    }
}

static void an_entry_takes_two_persons(void **state)
{
    static struct approval_coverage coverage;
    size_t at;

    (void)state;
    scene.body.group_count = 3;
    scene.groups[0] = group_of(0, ROLE_MAKER);
    scene.groups[0].count = 3;
    scene.groups[1] = group_of(1, ROLE_CHECKER);
    scene.groups[2] = group_of(2, ROLE_CHECKER);
    scene.groups[2].key = scene.maker.public;
    assert_null(approval_coverage_make(&coverage, &scene.body, &at));
    assert_string_equal(approval_coverage_lacks(&coverage, 0), "approval_no_checker");
    assert_null(approval_coverage_lacks(&coverage, 1));
    assert_string_equal(approval_coverage_lacks(&coverage, 2), "approval_one_person");
    assert_string_equal(approval_coverage_lacks(&coverage, 3), "approval_no_maker");
    scene.groups[2] = group_of(1, ROLE_CHECKER); /* of a second one the first counts */
    assert_null(approval_coverage_make(&coverage, &scene.body, &at));
    assert_ptr_equal(coverage.checker[1], &scene.groups[1]);
}

#define STORY(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(each_signature_is_over_what_it_covers),
        STORY(a_tree_that_two_share_is_the_same_tree),
        STORY(a_group_lies_within_its_block),
        STORY(an_entry_takes_two_persons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
