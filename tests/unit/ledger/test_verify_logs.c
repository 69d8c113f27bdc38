/* Of logs: blocks that were changed or lost, persons who did not approve, and how far a
 * verification is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/verify/verify.h"
#include "replicator/log/sealing.h"
#include "tests/unit/ledger/verified_tree.h"

/* --- bytes of blocks changed on disk --- */

static void read_block(struct tree *tree, enum office_name at, enum office_name of, uint64_t lsn,
                       struct buf *whole, struct block_view *block)
{
    struct err err = {OK, ""};

    assert_int_equal(
        log_read_block(tree_store(tree, at), NULL, tree_division(of), lsn, whole, block, &err), OK);
}

/* One bit of every part of a block: header, signature, body. */
static void a_flipped_bit_in_a_block_is_found(void **state)
{
    struct buf whole = BUF_EMPTY, key = BUF_EMPTY;
    struct block_view block;
    char fault[512];

    read_block(*state, REGION, LINZHOU, 4, &whole, &block);
    log_block_key(&key, block.header.author, 1, block.header.first_lsn);
    for (size_t at = 12; at < whole.size; at += 37) {
        whole.data[at] ^= 1;
        tree_tamper(*state, REGION, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&whole));
        if (deeply_sound(*state, REGION, LINZHOU, fault)) {
            fail_msg("a flipped bit at %zu of %zu passed", at, whole.size);
        }
        assert_non_null(strstr(fault, "540121"));
        whole.data[at] ^= 1;
    }
    tree_tamper(*state, REGION, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&whole));
    assert_true(deeply_sound(*state, REGION, LINZHOU, fault));
    buf_free(&whole);
    buf_free(&key);
}

/* Behind a block that does not hold the log is looked at all the same. */
static void both_flipped_blocks_are_named(void **state)
{
    uint64_t lsns[] = {2, 5};
    struct verify *verify;
    char where[64];

    for (size_t i = 0; i < COUNT_OF(lsns); i++) {
        struct buf whole = BUF_EMPTY, key = BUF_EMPTY;
        struct block_view block;

        read_block(*state, REGION, LINZHOU, lsns[i], &whole, &block);
        log_block_key(&key, block.header.author, 1, block.header.first_lsn);
        lsns[i] = block.header.first_lsn;
        whole.data[whole.size - 1] ^= 1;
        tree_tamper(*state, REGION, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&whole));
        buf_free(&whole);
        buf_free(&key);
    }
    verify = verify_everything(*state, REGION);
    for (size_t i = 0; i < COUNT_OF(lsns); i++) {
        message_format(where, sizeof where, "in_log_at division=540121 lsn=%d", (int)lsns[i]);
        assert_true(names(verify, "540121", where));
    }
    assert_int_equal(verify_fault_total(verify), COUNT_OF(lsns));
    verify_close(verify);
}

static void a_lost_block_is_found(void **state)
{
    struct buf whole = BUF_EMPTY, key = BUF_EMPTY;
    struct block_view block;
    char fault[512];

    read_block(*state, REGION, LHASA, 1, &whole, &block);
    log_block_key(&key, block.header.author, 1, block.header.first_lsn);
    tree_tamper(*state, REGION, SPACE_BLOCKS, buf_bytes(&key), BYTES_NONE);
    assert_false(deeply_sound(*state, REGION, LHASA, fault));
    assert_non_null(strstr(fault, "missing"));
    buf_free(&whole);
    buf_free(&key);
}

static void a_lost_tail_is_found(void **state)
{
    struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
    struct buf whole = BUF_EMPTY, key = BUF_EMPTY;
    struct ledger_position position;
    struct block_view block;
    char fault[512];

    ledger_position(txn, tree_division(LHASA), &position);
    txn_free(txn);
    read_block(*state, REGION, LHASA, position.lsn, &whole, &block);
    log_block_key(&key, block.header.author, 1, block.header.first_lsn);
    tree_tamper(*state, REGION, SPACE_BLOCKS, buf_bytes(&key), BYTES_NONE);
    assert_false(deeply_sound(*state, REGION, LHASA, fault));
    assert_non_null(strstr(fault, "but the log ends at lsn"));
    buf_free(&whole);
    buf_free(&key);
}

/* --- approvals --- */

static void an_approval_of_nobody_is_found(void **state)
{
    char fault[512];

    tree_impostor(*state, LINZHOU);
    DO(*state, LINZHOU, "freeze", "F-1", "bgt_id", "A-3", "amount", "1", "reason", "审计");
    tree_seal(*state);
    assert_true(sound(*state, REGION, LINZHOU, fault));
    assert_false(deeply_sound(*state, REGION, LINZHOU, fault));
    assert_non_null(strstr(fault, "belongs to no operator of this division"));
}

static void an_approval_of_another_document_is_found(void **state)
{
    char fault[512];

    tree_forge(*state, LINZHOU);
    DO(*state, LINZHOU, "freeze", "F-1", "bgt_id", "A-3", "amount", "1", "reason", "审计");
    tree_seal(*state);
    assert_false(deeply_sound(*state, REGION, LINZHOU, fault));
    assert_non_null(strstr(fault, "The maker's signature is not of this document"));
}

static bool count_operator(void *arg, const struct document_row *row)
{
    *(size_t *)arg += row->kind == KIND_OPERATOR;
    return true;
}

/* `operator` entries go to all below: a county needs nobody to tell it who may approve at the
 * region, for the transfers that the region sends it. */
static void a_county_checks_who_approved_what_comes_from_the_region(void **state)
{
    struct tree *tree = *state;
    struct txn *txn;
    size_t operators = 0;
    char fault[512];

    tree_approve(tree, REGION);
    DO(tree, REGION, "transfer", "T-9", "ori_bgt_id", "B-1", "amount", "5", "rec_div_code",
       "540121", "tra_type_code", "general", "stage", "formal", "cor_bgt_doc_no", "9");
    tree_seal(tree);
    txn = txn_open(tree_store(tree, LINZHOU), NULL);
    query_list(txn, tree_division(REGION), KIND_OPERATOR, 0, count_operator, &operators);
    txn_free(txn);
    assert_int_equal(operators, 2);
    assert_true(deeply_sound(tree, LINZHOU, REGION, fault));

    tree_impostor(tree, REGION);
    DO(tree, REGION, "transfer", "T-10", "ori_bgt_id", "B-1", "amount", "5", "rec_div_code",
       "540121", "tra_type_code", "general", "stage", "formal", "cor_bgt_doc_no", "10");
    tree_seal(tree);
    assert_false(deeply_sound(tree, LINZHOU, REGION, fault));
    assert_non_null(strstr(fault, "T-10"));
    assert_non_null(strstr(fault, "belongs to no operator of this division"));
}

/* --- two persons, where the grant asks for them --- */

static int set_up_strict(void **state)
{
    struct tree *tree = tree_new_strict(LINZHOU);

    tree_approve(tree, LINZHOU);
    tree_carry_money(tree);
    *state = tree;
    return 0;
}

#define FREEZE(tree, id)                                                                           \
    DO(tree, LINZHOU, "freeze", id, "bgt_id", "A-3", "amount", "1", "reason", "审计")

static void two_persons_suffice(void **state)
{
    FREEZE(*state, "F-1");
    tree_seal(*state);
    expect_all_sound(*state);
}

/* In one block with sound entries before and behind. */
static void an_entry_without_two_persons_is_named(void **state)
{
    static const struct {
        enum signers signers;
        const char *words;
    } cases[] = {
        {MAKER_SIGNS, "F-2: The checker's signature"},
        {CHECKER_SIGNS, "F-2: The maker's signature"},
        {MAKER_SIGNS_TWICE, "F-2: One person signed as maker and as checker"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        void *fresh;
        char fault[512];

        (void)set_up_strict(&fresh);
        tree_publish(fresh, LINZHOU, ROLE_MAKER, "maker,checker");
        FREEZE(fresh, "F-1");
        tree_signers(fresh, LINZHOU, cases[i].signers);
        FREEZE(fresh, "F-2");
        tree_signers(fresh, LINZHOU, BOTH_SIGN);
        FREEZE(fresh, "F-3");
        tree_seal(fresh);
        assert_true(sound(fresh, REGION, LINZHOU, fault));
        assert_false(deeply_sound(fresh, REGION, LINZHOU, fault));
        if (strstr(fault, cases[i].words) == NULL || strstr(fault, "lsn ") == NULL) {
            fail_msg("case %zu: %s", i, fault);
        }
        (void)tear_down(&fresh);
    }
}

/* A person may have a key at the node and one in a browser: they are one person's all the same. */
static void two_keys_of_one_person_are_not_two_persons(void **state)
{
    char fault[512];

    tree_one_person(*state, LINZHOU);
    FREEZE(*state, "F-1");
    tree_seal(*state);
    assert_true(sound(*state, REGION, LINZHOU, fault));
    assert_false(deeply_sound(*state, REGION, LINZHOU, fault));
    if (strstr(fault, "F-1: One person signed as maker and as checker") == NULL) {
        fail_msg("%s", fault);
    }
}

/* The kinds of a policy are data: nobody asks a county without one for two signers. */
static void without_a_policy_one_person_suffices(void **state)
{
    char fault[512];

    tree_signers(*state, LINZHOU, MAKER_SIGNS);
    FREEZE(*state, "F-1");
    tree_seal(*state);
    assert_true(deeply_sound(*state, REGION, LINZHOU, fault));
}

static void a_person_counts_as_the_log_told_before_the_entry(void **state)
{
    static const struct {
        enum approval_role who;
        const char *roles;
        bool good;
    } cases[] = {
        {ROLE_CHECKER, "checker,maker", true}, {ROLE_CHECKER, "", false},
        {ROLE_CHECKER, "maker", false},        {ROLE_MAKER, "auditor", false},
        {ROLE_MAKER, "maker", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        void *fresh;
        char fault[512];

        (void)set_up_strict(&fresh);
        FREEZE(fresh, "F-1"); /* of the same block, and sound whatever follows */
        tree_publish(fresh, LINZHOU, cases[i].who, cases[i].roles);
        FREEZE(fresh, "F-2");
        tree_seal(fresh);
        if (deeply_sound(fresh, REGION, LINZHOU, fault) != cases[i].good ||
            (!cases[i].good && strstr(fault, "F-2: The signing key belongs") == NULL)) {
            fail_msg("%s: %s", cases[i].roles, fault);
        }
        (void)tear_down(&fresh);
    }
}

/* --- progress --- */

static void take_progress(void *arg, uint64_t lsn)
{
    uint64_t *last = arg;

    assert_true(lsn > *last);
    *last = lsn;
}

static void progress_goes_to_the_end_of_the_log(void **state)
{
    struct txn *txn = txn_open(tree_store(*state, REGION), NULL);
    struct ledger_position position;
    struct verify *verify;
    uint64_t last = 0;

    ledger_position(txn, tree_division(LINZHOU), &position);
    txn_free(txn);
    verify = verify_open(&(struct verify_config){.store = tree_store(*state, REGION),
                                                 .roster = tree_roster(*state),
                                                 .self = tree_division(REGION),
                                                 .progress = take_progress,
                                                 .progress_arg = &last});
    assert_true(verify_log(verify, tree_division(LINZHOU)));
    verify_close(verify);
    assert_int_equal(last, position.lsn);
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_TREE(a_flipped_bit_in_a_block_is_found),
        IN_TREE(both_flipped_blocks_are_named),
        IN_TREE(a_lost_block_is_found),
        IN_TREE(a_lost_tail_is_found),
        IN_TREE(an_approval_of_nobody_is_found),
        IN_TREE(an_approval_of_another_document_is_found),
        IN_TREE(a_county_checks_who_approved_what_comes_from_the_region),
        cmocka_unit_test_setup_teardown(two_persons_suffice, set_up_strict, tear_down),
        cmocka_unit_test(an_entry_without_two_persons_is_named),
        cmocka_unit_test_setup_teardown(two_keys_of_one_person_are_not_two_persons, set_up_strict,
                                        tear_down),
        IN_TREE(without_a_policy_one_person_suffices),
        cmocka_unit_test(a_person_counts_as_the_log_told_before_the_entry),
        IN_TREE(progress_goes_to_the_end_of_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
