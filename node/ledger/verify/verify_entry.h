/* verify_entry - one entry checked alone, step by step, by whoever holds its block: what a person
 * is shown who asks whether a document is what its author and two persons signed.
 *
 *   block --> key of its epoch --> signature, body        CHECK_SIGNATURE
 *         --> block before, block behind                  CHECK_CHAIN
 *   entry --> leaf, path --> root of the block            CHECK_PATH
 *         --> groups that cover it --> persons' keys      CHECK_PERSONS
 *   ledger as posted here --> digest of the author        CHECK_DIGEST
 *
 * It reads the blocks anew and says what it found; nothing is decided by it. What cannot be told
 * here, such as the block before of a log that is not held whole, is unknown and no fault.
 *
 * Owns: the memory of an entry_proof, until entry_proof_free. Thread: any, each with a view of its
 * own. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_VERIFY_ENTRY_H
#define TERRACE_NODE_LEDGER_VERIFY_VERIFY_ENTRY_H

#include "node/ledger/ledger.h"
#include "replicator/trust/merkle.h"

enum entry_check {
    CHECK_SIGNATURE,
    CHECK_CHAIN,
    CHECK_PATH,
    CHECK_PERSONS,
    CHECK_DIGEST,
    ENTRY_CHECKS
};
const char *entry_check_name(enum entry_check check); /* "signature" */

enum check_result { CHECK_UNKNOWN, CHECK_GOOD, CHECK_BAD };
const char *check_result_name(enum check_result result); /* "good" */

enum { ENTRY_PERSONS_MAX = 4 };

/* Who signed it, of those who may have. */
struct entry_person {
    const struct approval_group *group; /* in the body */
    char name[64];                      /* "" where no entry that is held names the key */
    bool signed_it;
};

struct entry_proof {
    struct buf whole;
    struct block_view block;
    struct block_body body;
    size_t index; /* of the entry in its block */
    struct hash block_hash, document_hash, leaf, root;
    struct public_key author_key;
    struct hash path[GROUP_PROOF_MAX];
    size_t path_count;
    struct entry_person persons[ENTRY_PERSONS_MAX];
    size_t person_count;
    struct {
        enum check_result result;
        const char *why; /* a code of node/text/; NULL: nothing to say */
    } checks[ENTRY_CHECKS];
};

struct entry_question {
    const struct store *store;
    struct store_snapshot *snapshot;
    struct txn *txn; /* of the snapshot */
    const struct roster *roster;
    struct division author;
    uint64_t lsn;
};
/* Fills in the proof, which the caller frees in any case. Errors: those of log_read_block and of
 * block_body_read; then there is nothing to show. */
enum status verify_entry(struct entry_proof *proof, const struct entry_question *question,
                         struct err *err);
void entry_proof_free(struct entry_proof *proof);

#endif
