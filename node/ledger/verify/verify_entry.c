#include "node/ledger/verify/verify_entry.h"

#include <assert.h>
#include <stdio.h>

#include "node/ledger/verify/approval_coverage.h"
#include "node/ledger/verify/person_chain.h"
#include "replicator/log/sealing.h"

const char *entry_check_name(enum entry_check check)
{
    static const char *const names[ENTRY_CHECKS] = {"signature", "chain", "path", "persons",
                                                    "digest"};

    assert(check < ENTRY_CHECKS);
    return names[check];
}

const char *check_result_name(enum check_result result)
{
    static const char *const names[] = {"unknown", "good", "bad"};

    return names[result];
}

static void found(struct entry_proof *proof, enum entry_check check, enum check_result result,
                  const char *why)
{
    proof->checks[check].result = result;
    proof->checks[check].why = why;
}

/* --- the block --- */

static void check_signature(struct entry_proof *proof, const struct entry_question *question)
{
    const struct block_header *header = &proof->block.header;
    const struct grant *grant = roster_epoch(question->roster, header->author, header->epoch);
    struct err err;
    enum status status;

    if (grant == NULL) {
        found(proof, CHECK_SIGNATURE, CHECK_BAD, "block_epoch_ungranted");
        return;
    }
    proof->author_key = grant->sign_key;
    status = block_verify(&proof->block, roster_tree(question->roster), &grant->sign_key,
                          &proof->block_hash, &err);
    if (status == OK) {
        found(proof, CHECK_SIGNATURE, CHECK_GOOD, NULL);
    } else {
        found(proof, CHECK_SIGNATURE, CHECK_BAD,
              status == ERR_BAD_SIGNATURE ? "entry_block_unsigned" : "body_not_signed");
    }
}

/* The hash that the block with `lsn` has by its header, and the one that it names before it. False
 * when it is not held. */
static bool read_link(const struct entry_question *question, uint64_t lsn, struct hash *hash,
                      struct hash *before)
{
    struct buf whole = BUF_EMPTY;
    const struct grant *grant = NULL;
    struct block_view block;
    struct hash root;
    struct err err;
    bool held = log_read_block(question->store, question->snapshot, question->author, lsn, &whole,
                               &block, &err) == OK &&
                block_root(&root, &block, &err) == OK;

    if (held) {
        grant = roster_epoch(question->roster, question->author, block.header.epoch);
    }
    if (grant != NULL) {
        block.header.entries_root = root;
        *hash = block_hash(&block.header, roster_tree(question->roster), &grant->sign_key);
        *before = block.header.prev_hash;
    }
    buf_free(&whole);
    return grant != NULL;
}

static void check_chain(struct entry_proof *proof, const struct entry_question *question)
{
    const struct block_header *header = &proof->block.header;
    const bool is_first = header->first_lsn == 1;
    struct hash hash, before;
    bool held = is_first;
    bool fits = true;

    if (!is_first && read_link(question, header->first_lsn - 1, &hash, &before)) {
        held = true;
        fits = hash_equal(&hash, &header->prev_hash);
    }
    if (fits && read_link(question, block_last_lsn(header) + 1, &hash, &before)) {
        fits = hash_equal(&before, &proof->block_hash);
    }
    if (!fits) {
        found(proof, CHECK_CHAIN, CHECK_BAD, "prev_hash_differs");
    } else {
        found(proof, CHECK_CHAIN, held ? CHECK_GOOD : CHECK_UNKNOWN, NULL);
    }
}

/* --- the entry in it --- */

static void check_path(struct entry_proof *proof)
{
    const struct block_header *header = &proof->block.header;
    const struct entry *entry = &proof->body.entries[proof->index];
    struct hash *leaves = mem_zalloc(proof->body.count * sizeof *leaves);
    struct merkle_tree tree = MERKLE_EMPTY;
    struct err err;

    for (size_t i = 0; i < proof->body.count; i++) {
        leaves[i] = merkle_entry_leaf(&proof->body.entries[i]);
    }
    proof->leaf = leaves[proof->index];
    proof->document_hash = merkle_approval_leaf(entry->kind, entry->format, entry->body);
    merkle_tree_init(&tree, leaves, proof->body.count);
    proof->path_count = merkle_prove(proof->path, &tree, proof->index, 1);
    if (block_root(&proof->root, &proof->block, &err) == OK && proof->body.count == header->count) {
        struct hash implied;
        const bool fits = merkle_root_from(&implied, &proof->leaf, 1, proof->index,
                                           proof->body.count, proof->path, proof->path_count) &&
                          hash_equal(&implied, &proof->root);

        found(proof, CHECK_PATH, fits ? CHECK_GOOD : CHECK_BAD,
              fits ? NULL : "entries_root_differs");
    } else {
        found(proof, CHECK_PATH, CHECK_BAD, "block_count_differs");
    }
    merkle_tree_free(&tree);
    mem_free(leaves);
}

/* --- the persons --- */

static void take_groups(struct entry_proof *proof)
{
    for (size_t i = 0; i < proof->body.group_count; i++) {
        const struct approval_group *group = &proof->body.groups[i];

        if (proof->index >= group->first_entry &&
            proof->index - group->first_entry < group->count &&
            proof->person_count < ENTRY_PERSONS_MAX) {
            proof->persons[proof->person_count++].group = group;
        }
    }
}

static const char *fault_of_person(struct entry_proof *proof, const struct entry_question *question,
                                   const struct person_chain *chain, struct entry_person *person)
{
    const struct approval_group *group = person->group;
    const struct person_link *link = person_chain_find(chain, &group->key, question->lsn);
    const bool is_of_person = proof->body.entries[proof->index].kind == KIND_OPERATOR;
    const uint32_t role = is_of_person ? ROLE_ADMIN : (uint32_t)group->role;
    const char *fault = approval_coverage_signature(roster_tree(question->roster),
                                                    &proof->block.header, &proof->body, group);

    (void)snprintf(person->name, sizeof person->name, "%s", link == NULL ? "" : link->name);
    if (fault == NULL && (link == NULL || (link->roles & role) == 0)) {
        fault = "entry_signer_unknown";
    }
    person->signed_it = fault == NULL;
    return fault;
}

static const char *fault_of_persons(struct entry_proof *proof,
                                    const struct entry_question *question,
                                    const struct person_chain *chain)
{
    const struct approval_group *first = proof->persons[0].group;
    const char *fault = NULL;

    for (size_t i = 0; i < proof->person_count; i++) {
        const struct approval_group *group = proof->persons[i].group;
        const char *here = fault_of_person(proof, question, chain, &proof->persons[i]);

        if (here == NULL && i > 0 && memcmp(&group->key, &first->key, sizeof group->key) == 0) {
            here = "approval_one_person";
        }
        fault = fault == NULL ? here : fault;
    }
    return fault;
}

static void check_persons(struct entry_proof *proof, const struct entry_question *question)
{
    struct person_chain chain;
    const char *fault;

    take_groups(proof);
    if (proof->person_count == 0) {
        found(proof, CHECK_PERSONS, CHECK_UNKNOWN, NULL);
        return;
    }
    person_chain_load(&chain, question->txn, question->roster, question->author,
                      proof->block.header.epoch);
    fault = fault_of_persons(proof, question, &chain);
    if (fault == NULL) {
        found(proof, CHECK_PERSONS, CHECK_GOOD, NULL);
    } else {
        found(proof, CHECK_PERSONS, chain.count > 0 ? CHECK_BAD : CHECK_UNKNOWN, fault);
    }
    person_chain_free(&chain);
}

/* --- the ledger --- */

/* A digest runs through all blocks before it: when the newest agrees, so did all. */
static void check_digest(struct entry_proof *proof, const struct entry_question *question)
{
    struct buf whole = BUF_EMPTY;
    struct ledger_position position;
    struct block_view block;
    struct err err;

    ledger_position(question->txn, question->author, &position);
    if (position.digest_lsn < question->lsn ||
        log_read_block(question->store, question->snapshot, question->author, position.digest_lsn,
                       &whole, &block, &err) != OK ||
        block_last_lsn(&block.header) != position.digest_lsn) {
        found(proof, CHECK_DIGEST, CHECK_UNKNOWN, NULL);
    } else if (hash_equal(&position.digest, &block.header.state_digest)) {
        found(proof, CHECK_DIGEST, CHECK_GOOD, NULL);
    } else {
        found(proof, CHECK_DIGEST, CHECK_BAD, "entry_digest_differs");
    }
    buf_free(&whole);
}

/* --- all of it --- */

enum status verify_entry(struct entry_proof *proof, const struct entry_question *question,
                         struct err *err)
{
    enum status status;

    memset(proof, 0, sizeof *proof);
    status = log_read_block(question->store, question->snapshot, question->author, question->lsn,
                            &proof->whole, &proof->block, err);
    if (status == OK) {
        status = block_body_read(&proof->body, &proof->block, err);
    }
    if (status != OK) {
        return status;
    }
    proof->index = (size_t)(question->lsn - proof->block.header.first_lsn);
    if (proof->index >= proof->body.count) {
        return err_set(err, ERR_CORRUPT, "block_count_differs");
    }
    check_signature(proof, question);
    check_chain(proof, question);
    check_path(proof);
    check_persons(proof, question);
    check_digest(proof, question);
    return OK;
}

void entry_proof_free(struct entry_proof *proof)
{
    block_body_free(&proof->body);
    buf_free(&proof->whole);
}
