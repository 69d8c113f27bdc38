/* Trees against RFC 6962's own recursive definition; every proof there is, and none that lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replicator/trust/crypto.h"
#include "replicator/trust/merkle.h"
#include "tests/harness/identities.h"

enum { LEAVES_MAX = 33, MANY = 1 << 17 };

static struct hash leaf_number(size_t number)
{
    uint8_t raw[8];

    store_u64(raw, number);
    return hash_of(TAG_LEAF, bytes_of(raw, sizeof raw));
}

static void make_leaves(struct hash *leaves, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        leaves[i] = leaf_number(i);
    }
}

/* MTH of section 2.1, word for word. */
static struct hash defined_root(const struct hash *leaves, size_t count)
{
    struct hash pair[2];
    size_t k = 1;

    if (count == 1) {
        return leaves[0];
    }
    while (k * 2 < count) {
        k *= 2;
    }
    pair[0] = defined_root(leaves, k);
    pair[1] = defined_root(leaves + k, count - k);
    return hash_of(TAG_NODE, bytes_of(pair, sizeof pair));
}

static void roots_are_those_of_the_definition(void **state)
{
    static struct hash leaves[1000];

    (void)state;
    make_leaves(leaves, COUNT_OF(leaves));
    for (size_t count = 1; count <= COUNT_OF(leaves); count += count < 70 ? 1 : 31) {
        const struct hash got = merkle_root(leaves, count);
        const struct hash want = defined_root(leaves, count);
        assert_true(hash_equal(&got, &want));
    }
}

static void roots_are_those_of_another_implementation(void **state)
{
    static const struct {
        size_t count;
        const char *hex;
    } vectors[] = {
        {7, "73ee246c58ba3af6860ca7b755d15766e5c0bf71a764635f79e35bb398582dda"},
        {4, "06f530a21bfc331773385c8029f78f78fc13fd97b739738676c4393df1756005"},
        {5, "e32e11ee2733008b70899fe020c77ba25d508c8b2077c2d9ad35e3c31bd26974"},
    };
    struct hash leaves[7];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(leaves); i++) {
        leaves[i] = hash_of(TAG_LEAF, bytes_of(&(uint8_t){(uint8_t)i}, 1));
    }
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        const struct hash root = merkle_root(leaves, vectors[i].count);
        char hex[2 * HASH_SIZE + 1];

        hex_encode(hex, root.at, sizeof root.at);
        assert_string_equal(hex, vectors[i].hex);
    }
}

static bool leads_to(const struct hash *want, const struct hash *run, size_t count, size_t first,
                     size_t leaf_count, const struct hash *proof, size_t proof_count)
{
    struct hash root;

    return merkle_root_from(&root, run, count, first, leaf_count, proof, proof_count) &&
           hash_equal(&root, want);
}

/* No change of one hash, no hash more or fewer, and no other place leads to the same root. */
static void expect_no_lie(const struct hash *root, const struct hash *leaves, size_t leaf_count,
                          size_t first, size_t count, const struct hash *proof, size_t proof_count)
{
    struct hash run[LEAVES_MAX], altered[GROUP_PROOF_MAX + 1];

    memcpy(run, leaves + first, count * sizeof *run);
    memset(altered, 0, sizeof altered);
    memcpy(altered, proof, proof_count * sizeof *proof);
    for (size_t i = 0; i < count; i++) {
        run[i].at[i % HASH_SIZE] ^= 4;
        assert_false(leads_to(root, run, count, first, leaf_count, proof, proof_count));
        run[i].at[i % HASH_SIZE] ^= 4;
    }
    for (size_t i = 0; i < proof_count; i++) {
        altered[i].at[i % HASH_SIZE] ^= 4;
        assert_false(leads_to(root, run, count, first, leaf_count, altered, proof_count));
        altered[i].at[i % HASH_SIZE] ^= 4;
    }
    assert_false(leads_to(root, run, count, first, leaf_count, altered, proof_count + 1));
    if (proof_count > 0) {
        assert_false(leads_to(root, run, count, first, leaf_count, altered, proof_count - 1));
    }
    if (count > 1) {
        assert_false(leads_to(root, run, count - 1, first, leaf_count, proof, proof_count));
    }
    for (size_t other = 0; other + count <= leaf_count; other++) {
        assert_int_equal(leads_to(root, run, count, other, leaf_count, proof, proof_count),
                         other == first);
    }
}

static void every_run_of_every_small_tree_is_proven(void **state)
{
    struct hash leaves[LEAVES_MAX], proof[GROUP_PROOF_MAX];

    (void)state;
    make_leaves(leaves, LEAVES_MAX);
    for (size_t n = 1; n <= LEAVES_MAX; n++) {
        const struct hash root = merkle_root(leaves, n);
        struct merkle_tree tree;

        merkle_tree_init(&tree, leaves, n);
        for (size_t first = 0; first < n; first++) {
            for (size_t count = 1; first + count <= n; count++) {
                const size_t used = merkle_prove(proof, &tree, first, count);
                assert_true(leads_to(&root, leaves + first, count, first, n, proof, used));
                expect_no_lie(&root, leaves, n, first, count, proof, used);
            }
        }
        merkle_tree_free(&tree);
    }
}

static void runs_of_large_trees_are_proven_in_few_hashes(void **state)
{
    static const struct {
        size_t leaf_count, first, count, proof_max;
    } cases[] = {
        {1000, 0, 1, 10},
        {1000, 999, 1, 10},
        {1000, 1, 998, 20},
        {4096, 2047, 2, 24},
        {4097, 4096, 1, 13},
        {65537, 12345, 4096, 34},
        {MANY, 0, MANY, 0},
        {MANY, 1, MANY - 2, 34},
        {MANY, MANY / 2 - 1, 2, 34},
        {MANY - 1, MANY - 2, 1, 34},
        {MANY - 1, 7, 1, 17},
    };
    struct hash *leaves = mem_zalloc(MANY * sizeof *leaves);

    (void)state;
    make_leaves(leaves, MANY);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hash proof[GROUP_PROOF_MAX];
        const size_t n = cases[i].leaf_count, first = cases[i].first, count = cases[i].count;
        const struct hash root = merkle_root(leaves, n);
        struct merkle_tree tree = MERKLE_EMPTY;
        size_t used;

        merkle_tree_init(&tree, leaves, n);
        used = merkle_prove(proof, &tree, first, count);

        assert_true(used <= cases[i].proof_max);
        assert_true(leads_to(&root, leaves + first, count, first, n, proof, used));
        merkle_tree_free(&tree);
    }
    mem_free(leaves);
}

static void shapes_that_do_not_fit_are_refused(void **state)
{
    static const struct {
        const char *name;
        size_t count, first, leaf_count, proof_count;
    } cases[] = {
        {"an empty run", 0, 0, 4, 2},
        {"an empty tree", 1, 0, 0, 0},
        {"a run past the end", 2, 3, 4, 2},
        {"a run larger than the tree", 4, 0, 3, 0},
        {"a first that wraps around", 2, SIZE_MAX, 4, 2},
        {"a proof too short", 1, 0, 4, 1},
        {"a proof too long", 1, 0, 4, 3},
        {"a tree of all numbers", 1, 5, SIZE_MAX, 4},
        {"no proof at all", 1, 0, UINT32_MAX, 0},
    };
    struct hash leaves[4], proof[4];

    (void)state;
    make_leaves(leaves, 4);
    make_leaves(proof, 4);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hash root;
        if (merkle_root_from(&root, leaves, cases[i].count, cases[i].first, cases[i].leaf_count,
                             proof, cases[i].proof_count)) {
            fail_msg("%s was taken", cases[i].name);
        }
    }
}

static void expect_hex(struct hash hash, const char *want)
{
    char hex[2 * HASH_SIZE + 1];

    hex_encode(hex, hash.at, sizeof hash.at);
    assert_string_equal(hex, want);
}

static void leaves_and_approvals_have_their_written_form(void **state)
{
    const struct entry entry = {7, UINT64_C(1700000000123), 16, 1, bytes_text("body")};
    struct approval_terms terms = {.author = division_of("540121"),
                                   .epoch = 3,
                                   .role = ROLE_CHECKER,
                                   .time_ms = UINT64_C(1700000000123)};

    (void)state;
    for (size_t i = 0; i < HASH_SIZE; i++) {
        terms.tree.at[i] = (uint8_t)i;
        terms.root.at[i] = (uint8_t)(i + HASH_SIZE);
    }
    expect_hex(merkle_entry_leaf(&entry),
               "26ebc5c2728f5a59550bd8b30ff28dbd354e4b9869f1abe3468e89cbbe5793aa");
    expect_hex(merkle_approval_leaf(16, 1, bytes_text("body")),
               "38441d596710e307284430f8198fe9f22ab65a6ebc1dd39b8b356af9a35d4d0b");
    expect_hex(approval_hash(&terms),
               "9a8c5f11b35c37ddb44d23b525aef4aca30fb0f814d89d21a77cfe249fd3d6e6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_the_definition),
        cmocka_unit_test(roots_are_those_of_another_implementation),
        cmocka_unit_test(every_run_of_every_small_tree_is_proven),
        cmocka_unit_test(runs_of_large_trees_are_proven_in_few_hashes),
        cmocka_unit_test(shapes_that_do_not_fit_are_refused),
        cmocka_unit_test(leaves_and_approvals_have_their_written_form),
    };

    return cmocka_run_group_tests(tests, crypto_set_up, NULL);
}
