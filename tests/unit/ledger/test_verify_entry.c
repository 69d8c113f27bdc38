/* One entry, shown step by step: sound wherever its block is held, and each step finds what is its
 * own to find. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/verify/verify_entry.h"
#include "node/text/text.h"
#include "replicator/log/sealing.h"
#include "tests/harness/spoiling_store.h"
#include "tests/unit/ledger/tree.h"

static int set_up(void **state)
{
    struct tree *tree = tree_new();

    tree_approve(tree, LINZHOU);
    tree_carry_money(tree);
    *state = tree;
    return 0;
}

static int tear_down(void **state)
{
    tree_free(*state);
    return 0;
}

static uint64_t lsn_of(struct tree *tree, enum office_name at, enum office_name author,
                       const char *id)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct document_row row;

    assert_true(query_document(txn, tree_division(author), bytes_text(id), &row));
    txn_free(txn);
    return row.lsn;
}

static void prove(struct tree *tree, enum office_name at, enum office_name author, const char *id,
                  struct entry_proof *proof)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    const struct entry_question question = {.store = tree_store(tree, at),
                                            .txn = txn,
                                            .roster = tree_roster(tree),
                                            .author = tree_division(author),
                                            .lsn = lsn_of(tree, at, author, id)};
    struct err err;

    if (verify_entry(proof, &question, &err) != OK) {
        fail_msg("%s: %s", id, err.text);
    }
    txn_free(txn);
}

/* "good good good good good", in the order of the checks. */
static void expect(struct tree *tree, enum office_name at, enum office_name author, const char *id,
                   const char *want)
{
    char got[128] = "";
    struct entry_proof proof;

    prove(tree, at, author, id, &proof);
    for (enum entry_check check = CHECK_SIGNATURE; check < ENTRY_CHECKS; check++) {
        const size_t size = strlen(got);

        (void)snprintf(got + size, sizeof got - size, "%s%s", size == 0 ? "" : " ",
                       check_result_name(proof.checks[check].result));
        if (proof.checks[check].why != NULL) {
            assert_true(text_knows(proof.checks[check].why));
        }
    }
    entry_proof_free(&proof);
    if (strcmp(got, want) != 0) {
        fail_msg("%s at %d: %s, want %s", id, (int)at, got, want);
    }
}

static void a_payment_is_sound_wherever_it_is_held(void **state)
{
    for (enum office_name at = REGION; at < OFFICES; at++) {
        if (at != SHIGATSE && at != SANGZHUZI) {
            expect(*state, at, LINZHOU, "P-1", "good good good good good");
        }
    }
}

static void the_persons_are_named_with_their_keys(void **state)
{
    struct entry_proof proof;

    prove(*state, REGION, LINZHOU, "P-1", &proof);
    assert_int_equal(proof.person_count, 2);
    assert_int_equal(proof.persons[0].group->role, ROLE_MAKER);
    assert_int_equal(proof.persons[1].group->role, ROLE_CHECKER);
    for (size_t i = 0; i < proof.person_count; i++) {
        assert_true(proof.persons[i].signed_it);
        assert_string_not_equal(proof.persons[i].name, "");
    }
    entry_proof_free(&proof);
}

/* Nobody had to sign at the region; a log from above is held in parts, and no ledger is posted. */
static void what_cannot_be_told_here_is_unknown_and_no_fault(void **state)
{
    expect(*state, REGION, REGION, "T-1", "good good good unknown good");
    expect(*state, LHASA, REGION, "T-1", "good unknown good unknown unknown");
}

static void a_signature_of_somebody_else_is_found(void **state)
{
    struct tree *tree = *state;

    tree_impostor(tree, LINZHOU);
    DO(tree, LINZHOU, "agency", "AG-2", "agency_code", "002001", "agency_name", "林周县卫健委");
    tree_seal(tree);
    expect(tree, LINZHOU, LINZHOU, "AG-2", "good good good bad good");
    tree_forge(tree, LINZHOU);
    DO(tree, LINZHOU, "agency", "AG-3", "agency_code", "003001", "agency_name", "林周县水利局");
    tree_seal(tree);
    expect(tree, LINZHOU, LINZHOU, "AG-3", "good good good bad good");
}

/* Changes the stored block that has `lsn`, behind everybody's back. */
static void change_block(struct tree *tree, uint64_t lsn,
                         void (*change)(struct block_view *block, uint8_t *bytes))
{
    struct buf whole = BUF_EMPTY, key = BUF_EMPTY;
    struct block_view block;
    struct err err;

    assert_int_equal(log_read_block(tree_store(tree, LINZHOU), NULL, tree_division(LINZHOU), lsn,
                                    &whole, &block, &err),
                     OK);
    log_block_key(&key, tree_division(LINZHOU), block.header.epoch, block.header.first_lsn);
    change(&block, whole.data);
    tree_tamper(tree, LINZHOU, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&whole));
    buf_free(&whole);
    buf_free(&key);
}

static void change_signature(struct block_view *block, uint8_t *bytes)
{
    bytes[block->header_bytes.size + 5] ^= 1;
}

/* The body hash stands last in the header. */
static void change_header(struct block_view *block, uint8_t *bytes)
{
    bytes[block->header_bytes.size - 2 * HASH_SIZE] ^= 1;
}

static void a_block_that_was_changed_is_found(void **state)
{
    struct tree *tree = *state;

    DO(tree, LINZHOU, "agency", "AG-2", "agency_code", "002001", "agency_name", "林周县卫健委");
    tree_seal(tree);
    expect(tree, LINZHOU, LINZHOU, "AG-2", "good good good good good");
    change_block(tree, lsn_of(tree, LINZHOU, LINZHOU, "AG-2"), change_signature);
    expect(tree, LINZHOU, LINZHOU, "AG-2", "bad good good good good");
    change_block(tree, lsn_of(tree, LINZHOU, LINZHOU, "V-1"), change_header);
    expect(tree, LINZHOU, LINZHOU, "AG-2", "bad bad good good good");
    expect(tree, LINZHOU, LINZHOU, "V-1", "bad bad good good good");
    expect(tree, LHASA, LINZHOU, "AG-2", "good good good good good");
}

static void books_that_came_out_otherwise_are_found(void **state)
{
    enum { DIGEST_AT = 16 }; /* behind lsn and time */
    struct tree *tree = *state;
    struct txn *txn = txn_open(tree_store(tree, LINZHOU), NULL);
    const struct row_key key = row_key_of(ROW_POSITION, tree_division(LINZHOU), BYTES_NONE);
    struct buf changed = BUF_EMPTY;
    struct bytes value;

    assert_true(txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value));
    buf_append_bytes(&changed, value);
    changed.data[DIGEST_AT] ^= 1;
    txn_free(txn);
    tree_tamper(tree, LINZHOU, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&changed));
    buf_free(&changed);
    expect(tree, LINZHOU, LINZHOU, "P-1", "good good good good bad");
}

#define TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* --- a store that cannot be read --- */

/* The txn tells, or there is nothing to show, or the steps are those that were found. What is not
 * found for want of a read may be unknown or bad, and is not good where it is none. */
static void prove_over(struct tree *tree, const struct store *store, uint64_t lsn,
                       const struct entry_proof *truth, const struct spoiling_store *spoiling)
{
    struct txn *txn = txn_open(store, NULL);
    const struct entry_question question = {.store = store,
                                            .txn = txn,
                                            .roster = tree_roster(tree),
                                            .author = tree_division(LINZHOU),
                                            .lsn = lsn};
    struct entry_proof proof;
    struct err err;

    if (verify_entry(&proof, &question, &err) == OK) {
        for (int check = 0; check < ENTRY_CHECKS; check++) {
            if (proof.checks[check].result == CHECK_GOOD) {
                assert_int_equal(truth->checks[check].result, CHECK_GOOD);
            } else if (proof.checks[check].why != NULL) {
                assert_true(text_knows(proof.checks[check].why));
            }
        }
        for (size_t i = 0; i < proof.person_count; i++) { /* nobody else is named */
            assert_true(proof.persons[i].name[0] == '\0' ||
                        strcmp(proof.persons[i].name, truth->persons[i].name) == 0);
        }
    } else {
        assert_true(spoiling->spoilt && err.text[0] != '\0');
    }
    entry_proof_free(&proof);
    txn_free(txn);
}

static void what_cannot_be_read_is_not_called_good(void **state)
{
    static const enum spoiling ways[] = {SPOILS_READ, SPOILS_ROW, SPOILS_HALF, SPOILS_MOST};
    struct tree *tree = *state;
    struct spoiling_store spoiling;
    const struct store store = spoiling_store_of(&spoiling, *tree_store(tree, LINZHOU));
    const uint64_t lsn = lsn_of(tree, LINZHOU, LINZHOU, "P-1");
    struct entry_proof truth;

    prove(tree, LINZHOU, LINZHOU, "P-1", &truth);
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        size_t read = 0;

        do {
            spoiling_store_begin(&spoiling, ways[i], read++);
            prove_over(tree, &store, lsn, &truth, &spoiling);
        } while (spoiling.spoilt);
        assert_true(read > 10);
    }
    entry_proof_free(&truth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE(a_payment_is_sound_wherever_it_is_held),
        TREE(the_persons_are_named_with_their_keys),
        TREE(what_cannot_be_told_here_is_unknown_and_no_fault),
        TREE(a_signature_of_somebody_else_is_found),
        TREE(a_block_that_was_changed_is_found),
        TREE(books_that_came_out_otherwise_are_found),
        TREE(what_cannot_be_read_is_not_called_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
