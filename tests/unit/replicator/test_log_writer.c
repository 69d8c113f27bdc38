/* test_own_log - what is appended is sealed, chained, signed and proven. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "replicator/log/log_writer.h"
#include "replicator/trust/merkle.h"
#include "world.h"

static struct world world;

static struct place *here(void)
{
    return &world.at[REGION];
}

static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    (void)place_turn(here());
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&world);
    return 0;
}

static uint64_t append(const char *to, const char *text)
{
    const struct audience audience = {AUDIENCE_LINE, division_of(to)};

    return replicator_append(here()->replicator, here()->txn, &audience, KIND_USER_FIRST, 1,
                             bytes_text(text));
}

struct walk {
    uint64_t next_lsn, entries, groups, documents_proven;
    size_t blocks;
    struct hash prev, root[2];
    struct hash aud_prev[4];
    uint64_t aud_seq[4];
};

static size_t audience_index(const struct audience *audience)
{
    return (audience->kind == AUDIENCE_TREE ? 2u : 0u) +
           (division_equal(audience->division, division_of("C1")) ? 0u : 1u);
}

/* The approved documents of a group hash up to the root that was signed. */
static void check_group(struct walk *walk, const struct block_body *body,
                        const struct approval_group *group)
{
    static struct hash run[BLOCK_ENTRIES_MAX];
    struct hash root, proof[GROUP_PROOF_MAX];

    for (uint32_t i = 0; i < group->count; i++) {
        const struct entry *entry = &body->entries[group->first_entry + i];
        run[i] = merkle_approval_leaf(entry->kind, entry->format, entry->body);
    }
    memcpy(proof, group->proof, group->proof_count * sizeof *proof);
    assert_true(merkle_root_from(&root, run, group->count, group->first_leaf, group->leaf_count,
                                 proof, group->proof_count));
    assert_true(hash_equal(&root, &walk->root[group->role == ROLE_MAKER ? 0 : 1]));
    walk->groups++;
    walk->documents_proven += group->count;
}

static bool check_block(void *arg, const struct block_view *block)
{
    struct walk *walk = arg;
    const struct block_header *header = &block->header;
    const size_t audience = audience_index(&header->audience);
    struct block_body body = BLOCK_BODY_EMPTY;
    static struct hash leaves[BLOCK_ENTRIES_MAX];
    struct hash hash, root, told;
    struct err err;

    assert_int_equal(block_verify(block, &world.trust.tree, &here()->key.public, &hash, &err), OK);
    assert_int_equal(block_body_read(&body, block, &err), OK);
    assert_int_equal(header->first_lsn, walk->next_lsn);
    assert_true(hash_equal(&header->prev_hash, &walk->prev));
    assert_int_equal(header->aud_seq, walk->aud_seq[audience] + 1);
    assert_true(hash_equal(&header->aud_prev, &walk->aud_prev[audience]));
    for (size_t i = 0; i < body.count; i++) {
        leaves[i] = merkle_entry_leaf(&body.entries[i]);
    }
    root = merkle_root(leaves, body.count);
    assert_int_equal(block_root(&told, block, &err), OK);
    assert_true(hash_equal(&root, &told));
    for (size_t i = 0; i < body.group_count; i++) {
        check_group(walk, &body, &body.groups[i]);
    }
    walk->aud_seq[audience]++;
    walk->aud_prev[audience] = walk->prev = hash;
    walk->next_lsn += header->count;
    walk->entries += body.count;
    walk->blocks++;
    block_body_free(&body);
    return true;
}

static void walk_log(struct walk *walk)
{
    struct err err;

    walk->next_lsn = 1;
    if (log_scan(&here()->store, NULL, division_of("R"), 1, check_block, walk, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

static void blocks_end_where_the_audience_changes_and_form_two_chains(void **state)
{
    struct walk walk = {0};
    struct log_head head;

    (void)state;
    for (int turn = 0; turn < 3; turn++) {
        (void)append("C1", "a");
        (void)append("C1", "b");
        (void)append("C2", "c");
        (void)append("C1", "d");
        (void)place_turn(here());
        place_close(here()); /* the chains go on after a restart */
        place_open(here());
    }
    walk_log(&walk);
    head = place_head(here(), "R");
    assert_int_equal(walk.next_lsn, head.lsn + 1);
    assert_int_equal(walk.aud_seq[0], 6);
    assert_int_equal(walk.aud_seq[1], 3);
    assert_int_equal(walk.blocks, head.blocks);
    assert_int_equal(replicator_next_lsn(here()->replicator), head.lsn + 1);
}

static void a_block_ends_when_it_is_full(void **state)
{
    static const struct {
        const char *name;
        size_t entries, body_bytes, blocks_min;
    } cases[] = {
        {"as many entries as fit, and one", BLOCK_ENTRIES_MAX + 1, 8, 2},
        {"as many bytes as fit, and more", 20, 60 << 10, 2},
        {"one of the largest", 1, ENTRY_BODY_BYTES_MAX, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct log_head before = place_head(here(), "R");
        const struct audience audience = {AUDIENCE_LINE, division_of("C1")};
        uint8_t *body = mem_zalloc(cases[i].body_bytes);
        struct log_head after;

        for (size_t k = 0; k < cases[i].entries; k++) {
            for (size_t b = 0; b < cases[i].body_bytes; b += 8) { /* nothing to compress */
                store_u64(body + b, world_chance(&world));
            }
            (void)replicator_append(here()->replicator, here()->txn, &audience, KIND_USER_FIRST, 1,
                                    bytes_of(body, cases[i].body_bytes));
        }
        (void)place_turn(here());
        after = place_head(here(), "R");
        if (after.lsn - before.lsn != cases[i].entries ||
            after.blocks - before.blocks != cases[i].blocks_min) {
            fail_msg("%s: %d entries in %d blocks", cases[i].name, (int)(after.lsn - before.lsn),
                     (int)(after.blocks - before.blocks));
        }
        mem_free(body);
    }
}

/* Two persons approve 5,000 documents at once; they fall into blocks by audience and size. */
static void approvals_travel_with_their_entries_however_they_are_cut(void **state)
{
    enum { DOCUMENTS = 5000, TREE = 6000, SKIPPED = 700 };
    struct hash *leaves = mem_zalloc(TREE * sizeof *leaves);
    struct approval_group group = {.suite = SUITE_ED25519_BLAKE2B,
                                   .role = ROLE_MAKER,
                                   .leaf_count = TREE,
                                   .first_leaf = SKIPPED};
    struct walk walk = {0};
    char text[32];

    (void)state;
    for (int i = 0; i < TREE; i++) {
        (void)snprintf(text, sizeof text, "document %d", i - SKIPPED);
        leaves[i] = merkle_approval_leaf(KIND_USER_FIRST, 1, bytes_text(text));
    }
    walk.root[0] = merkle_root(leaves, TREE);
    walk.root[1] = merkle_root(leaves + SKIPPED, DOCUMENTS);
    (void)append("C1", "not approved by anybody");
    replicator_approve(here()->replicator, replicator_next_lsn(here()->replicator), DOCUMENTS,
                       &group, leaves);
    group.role = ROLE_CHECKER;
    group.leaf_count = DOCUMENTS;
    group.first_leaf = 0;
    replicator_approve(here()->replicator, replicator_next_lsn(here()->replicator), DOCUMENTS,
                       &group, leaves + SKIPPED);
    for (int i = 0; i < DOCUMENTS; i++) {
        (void)snprintf(text, sizeof text, "document %d", i);
        (void)append(i < 100 ? "C1" : i < 103 ? "C2" : i == 103 ? "C1" : "C2", text);
    }
    (void)append("C2", "nor this one");
    (void)place_turn(here());
    mem_free(leaves);
    walk_log(&walk);
    assert_int_equal(walk.documents_proven, 2 * DOCUMENTS);
    assert_true(walk.groups >= 2 * 4);
}

static void entries_of_this_turn_can_be_read_before_they_are_stored(void **state)
{
    const uint64_t first = append("C1", "one");
    struct entry entry;
    char text[16];

    (void)state;
    (void)append("C1", "two");
    (void)append("C2", "three"); /* closes the block of the first two */
    for (uint64_t lsn = first; lsn < first + 3; lsn++) {
        static const char *const want[] = {"one", "two", "three"};
        assert_true(replicator_open_entry(here()->replicator, lsn, &entry));
        (void)snprintf(text, sizeof text, "%.*s", (int)entry.body.size,
                       (const char *)entry.body.data);
        assert_string_equal(text, want[lsn - first]);
        assert_int_equal(entry.lsn, lsn);
    }
    assert_false(replicator_open_entry(here()->replicator, first + 3, &entry));
    assert_false(replicator_open_entry(here()->replicator, first - 1, &entry));
    (void)place_turn(here());
    assert_false(replicator_open_entry(here()->replicator, first, &entry)); /* the store has it */
}

static enum status try_open(const struct sign_key *key, size_t chain_count)
{
    struct place *city = &world.at[CITY];
    struct store store;
    struct replicator_config config = {.self = city->division,
                                       .tree = world.trust.tree,
                                       .key = key,
                                       .store = &store,
                                       .clock = &world.clock};
    const struct bytes chain[] = {buf_bytes(&world.at[REGION].sealed), buf_bytes(&city->sealed)};
    struct replicator *replicator;
    struct txn *txn;
    struct err err;
    enum status status;

    store_memory_open(&store);
    txn = txn_open(&store, NULL);
    status = replicator_open(&replicator, &config, txn, chain, chain_count, &err);
    assert_true(status == OK || replicator == NULL);
    replicator_close(replicator);
    txn_free(txn);
    store.ops->close(store.self);
    return status;
}

static void a_node_opens_with_the_key_and_the_chain_of_its_grant_only(void **state)
{
    (void)state;
    assert_int_equal(try_open(&world.at[CITY].key, 2), OK);
    assert_int_equal(try_open(&world.at[SIBLING].key, 2), ERR_KEY);
    assert_int_equal(try_open(&world.at[CITY].key, 1), ERR_REFUSED);
}

/* --- which approvals are one --- */

struct groups {
    size_t blocks, groups;
};

static bool count_groups(void *arg, const struct block_view *block)
{
    struct groups *groups = arg;
    struct block_body body = BLOCK_BODY_EMPTY;
    struct err err;

    assert_int_equal(block_body_read(&body, block, &err), OK);
    groups->blocks++;
    groups->groups += body.group_count;
    block_body_free(&body);
    return true;
}

static struct groups groups_from(uint64_t lsn)
{
    struct groups groups = {0, 0};
    struct err err;

    assert_int_equal(
        log_scan(&here()->store, NULL, division_of("R"), lsn, count_groups, &groups, &err), OK);
    return groups;
}

static void approve(const struct approval_group *group)
{
    static const struct hash leaves[8];

    replicator_approve(here()->replicator, replicator_next_lsn(here()->replicator), 1, group,
                       leaves);
    (void)append("C1", "approved");
}

/* Only what the same person signed at once, over leaves that follow each other, is one run. */
static void what_was_signed_at_once_is_one_group(void **state)
{
    const struct approval_group first = {
        .suite = SUITE_ED25519_BLAKE2B, .role = ROLE_MAKER, .leaf_count = 8, .first_leaf = 2};

    (void)state;
    for (int i = 0; i < 6; i++) {
        const uint64_t lsn = replicator_next_lsn(here()->replicator);
        struct approval_group next = first;

        next.first_leaf += i != 1;
        next.role = i == 2 ? ROLE_CHECKER : next.role;
        next.leaf_count -= i == 3;
        next.key.at[31] = i == 4;
        next.signature.at[63] = i == 5;
        approve(&first);
        approve(&next);
        (void)place_turn(here());
        if (groups_from(lsn).groups != (i == 0 ? 1 : 2)) {
            fail_msg("case %d", i);
        }
    }
}

static void a_block_ends_when_it_has_as_many_groups_as_it_may(void **state)
{
    const uint64_t lsn = replicator_next_lsn(here()->replicator);

    (void)state;
    for (int i = 0; i <= OPEN_GROUPS_MAX; i++) {
        struct approval_group group = {
            .suite = SUITE_ED25519_BLAKE2B, .role = ROLE_MAKER, .leaf_count = 8};

        store_u64(group.signature.at, (uint64_t)i);
        approve(&group);
    }
    (void)place_turn(here());
    assert_int_equal(groups_from(lsn).groups, OPEN_GROUPS_MAX + 1);
    assert_int_equal(groups_from(lsn).blocks, 2);
}

/* Of this turn an entry is read before it is on disk: of the open block, and of those before it. */
static void what_was_appended_in_this_turn_is_read(void **state)
{
    struct entry entry;
    uint64_t lsn;

    (void)state;
    lsn = append("C1", "one");
    assert_int_equal(append("C1", "two"), lsn + 1);
    assert_int_equal(append("C2", "three"), lsn + 2); /* the first two are sealed */
    for (uint64_t i = 0; i < 3; i++) {
        static const char *const texts[] = {"one", "two", "three"};

        assert_true(replicator_open_entry(here()->replicator, lsn + i, &entry));
        assert_int_equal(entry.lsn, lsn + i);
        assert_true(bytes_equal(entry.body, bytes_text(texts[i])));
    }
    assert_false(replicator_open_entry(here()->replicator, lsn + 3, &entry));
    assert_false(replicator_open_entry(here()->replicator, lsn - 1, &entry));
    (void)place_turn(here());
    assert_false(replicator_open_entry(here()->replicator, lsn, &entry)); /* the store has it */
    replicator_seal(here()->replicator, here()->txn);                     /* of nothing */
    assert_int_equal(replicator_next_lsn(here()->replicator), lsn + 3);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(blocks_end_where_the_audience_changes_and_form_two_chains),
        STORY(a_block_ends_when_it_is_full),
        STORY(approvals_travel_with_their_entries_however_they_are_cut),
        STORY(entries_of_this_turn_can_be_read_before_they_are_stored),
        STORY(what_was_signed_at_once_is_one_group),
        STORY(a_block_ends_when_it_has_as_many_groups_as_it_may),
        STORY(what_was_appended_in_this_turn_is_read),
        STORY(a_node_opens_with_the_key_and_the_chain_of_its_grant_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
