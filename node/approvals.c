/* approvals - how a checker turns drafts into entries.
 *
 *   ids --> drafts, in order of submission --> one signature over all that he may sign
 *       --> each: the rules; an entry with both signatures, or a refusal; no draft any more
 *
 * The maker signed the Merkle root of his post; the checker signs that of what he approves
 * together. Both travel with the entries, as ranges of leaves with their proofs. */
#include <stdlib.h>

#include "node/drafts.h"
#include "node/ledger/query.h"
#include "node/node_internal.h"
#include "replicator/merkle.h"

/* One id of an approval, from its draft to its entry. */
struct candidate {
    struct approve_item *item;
    struct draft draft; /* its views live until the draft is dropped */
    struct hash hash;   /* its leaf, in the maker's tree and in the checker's */
    bool signable;      /* it has a leaf in the checker's tree */
    uint32_t leaf;      /* which one */
};

struct approval {
    struct node *node;
    struct txn *txn;
    const struct person *checker;
    bool checker_may;
    uint64_t batch_number; /* of the batch looked at last; 0: none */
    struct batch_row batch;
    bool maker_may;
    struct signature signature; /* the checker's */
    struct hash *leaves;
    uint32_t leaf_count;
};

static void refuse_item(struct approve_item *item, enum reason reason)
{
    (void)refuse(&item->refusal, reason, "");
    item->status = SUBMIT_REFUSED;
}

/* --- what may be signed --- */

/* Is the entry what the checker has read? */
static bool is_as_read(struct node *node, const struct approve_item *item,
                       const struct document_row *row)
{
    struct buf memory = BUF_EMPTY;
    struct bytes body;
    struct hash hash;
    bool same = true;

    if (item->has_hash) {
        same = node_read_entry(node, row->author, row->lsn, &memory, &body);
        if (same) {
            hash = merkle_approval_leaf(row->kind, DOCUMENT_FORMAT, body);
            same = hash_equal(&item->hash, &hash);
        }
    }
    buf_free(&memory);
    return same;
}

/* Approved before, so an approval asked for again is done and not refused. */
static void judge_entry(struct approval *approval, struct approve_item *item)
{
    struct node *node = approval->node;
    struct document_row row;

    if (!query_document(approval->txn, node->config.self, bytes_text(item->id), &row)) {
        refuse_item(item, REASON_NOT_PENDING);
    } else if (!is_as_read(node, item, &row)) {
        refuse_item(item, REASON_CHANGED);
    } else {
        item->status = SUBMIT_EXISTS;
        item->lsn = row.lsn;
    }
}

/* An entry signed by somebody who was ended before it would never verify: ask the turn, not the
 * session. Who is not known here was vouched for by the caller. */
static bool may_sign(struct txn *txn, const char *name, const struct public_key *key, uint32_t role)
{
    struct operator_row row;

    return !node_operator(txn, name, &row) ||
           (row.enabled && (row.roles & role) != 0 && memcmp(&row.key, key, sizeof row.key) == 0);
}

static bool find_batch(struct approval *approval, uint64_t number)
{
    const struct batch_row *batch = &approval->batch;

    if (number != approval->batch_number) {
        approval->batch_number = 0;
        if (!batch_find(approval->txn, number, &approval->batch)) {
            return false;
        }
        approval->batch_number = number;
        approval->maker_may = may_sign(approval->txn, batch->maker, &batch->key, ROLE_MAKER);
    }
    return true;
}

/* Finds the draft and decides whether this person may check it. */
static void load_candidate(struct approval *approval, struct candidate *candidate)
{
    const struct public_key *checker = &approval->checker->key, *maker = &approval->batch.key;
    struct approve_item *item = candidate->item;
    struct draft *draft = &candidate->draft;

    if (!draft_find(approval->txn, bytes_text(item->id), draft) ||
        !find_batch(approval, draft->batch)) {
        draft->sequence = UINT64_MAX; /* what is not pending comes last */
        judge_entry(approval, item);
        return;
    }
    candidate->hash = merkle_approval_leaf(draft->kind, DOCUMENT_FORMAT, draft->body);
    if (approval->node->disk_full) {
        refuse_item(item, REASON_DISK_FULL);
    } else if (memcmp(maker, checker, sizeof *maker) == 0) {
        refuse_item(item, REASON_SAME_PERSON);
    } else if (!approval->maker_may || !approval->checker_may) {
        refuse_item(item, REASON_SIGNER_ENDED);
    } else if (item->has_hash && !hash_equal(&item->hash, &candidate->hash)) {
        refuse_item(item, REASON_CHANGED);
    } else {
        candidate->signable = true;
    }
}

static int by_sequence(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;

    return a->draft.sequence < b->draft.sequence ? -1 : a->draft.sequence > b->draft.sequence;
}

static void sort_items(struct approve_item *items, struct candidate *candidates, size_t count)
{
    struct approve_item *sorted = mem_zalloc((count + 1) * sizeof *sorted);

    qsort(candidates, count, sizeof *candidates, by_sequence);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = *candidates[i].item;
        candidates[i].item = &items[i];
    }
    memcpy(items, sorted, count * sizeof *items);
    mem_free(sorted);
}

/* The checker's signature over everything signable, in order. */
static void sign_candidates(struct approval *approval, struct candidate *candidates, size_t count)
{
    const struct node_config *config = &approval->node->config;
    struct hash root, signed_hash;

    for (size_t i = 0; i < count; i++) {
        if (candidates[i].signable) {
            candidates[i].leaf = approval->leaf_count;
            approval->leaves[approval->leaf_count++] = candidates[i].hash;
        }
    }
    if (approval->leaf_count == 0) {
        return;
    }
    root = merkle_root(approval->leaves, approval->leaf_count);
    signed_hash = approval_hash(&config->tree, config->self, ROLE_CHECKER, &root);
    approval->signature = sign_hash(approval->checker->secret, &signed_hash);
}

/* --- entering --- */

/* What both persons signed of the entry that comes next. */
static void attach_signatures(const struct approval *approval, const struct candidate *candidate)
{
    struct replicator *replicator = approval->node->replicator;
    const uint64_t lsn = replicator_next_lsn(replicator);
    const struct approval_group maker = {
        .suite = SUITE_ED25519_BLAKE2B,
        .role = ROLE_MAKER,
        .key = approval->batch.key,
        .signature = approval->batch.signature,
        .first_leaf = candidate->draft.leaf,
        .leaf_count = approval->batch.leaf_count,
    };
    const struct approval_group checker = {
        .suite = SUITE_ED25519_BLAKE2B,
        .role = ROLE_CHECKER,
        .key = approval->checker->key,
        .signature = approval->signature,
        .first_leaf = candidate->leaf,
        .leaf_count = approval->leaf_count,
    };

    replicator_approve(replicator, lsn, 1, &maker, approval->batch.leaves);
    replicator_approve(replicator, lsn, 1, &checker, approval->leaves);
}

/* What the rules refuse is dropped as well, its id free again. */
static void enter_candidate(struct approval *approval, struct candidate *candidate)
{
    struct node *node = approval->node;
    struct txn *txn = approval->txn;
    struct approve_item *item = candidate->item;
    struct draft *draft = &candidate->draft;
    struct document document;
    struct err err;

    if (document_decode(&document, draft->kind, draft->body, &err) != OK) {
        refuse_item(item, REASON_MALFORMED);
        return;
    }
    if (!batch_find(txn, draft->batch, &approval->batch)) {
        refuse_item(item, REASON_NOT_PENDING);
        return;
    }
    if (ledger_check_exists(node->ledger, txn, &document, &item->refusal) == REASON_NONE &&
        ledger_check_rules(node->ledger, txn, &document, &item->refusal) == REASON_NONE) {
        attach_signatures(approval, candidate);
        item->lsn = node_enter(node, txn, &document, draft->body);
        item->status = SUBMIT_ACCEPTED;
    } else {
        item->status = SUBMIT_REFUSED;
    }
    draft_drop(txn, draft);
}

void node_approve(struct node *node, struct txn *txn, struct approve_item *items, size_t count,
                  const struct person *checker)
{
    struct candidate *candidates = mem_zalloc((count + 1) * sizeof *candidates);
    struct approval approval = {.node = node, .txn = txn, .checker = checker};

    approval.checker_may = may_sign(txn, checker->name, &checker->key, ROLE_CHECKER);
    for (size_t i = 0; i < count; i++) {
        candidates[i].item = &items[i];
        load_candidate(&approval, &candidates[i]);
    }
    sort_items(items, candidates, count);
    approval.leaves = mem_zalloc((count + 1) * sizeof *approval.leaves);
    sign_candidates(&approval, candidates, count);
    for (size_t i = 0; i < count; i++) {
        if (candidates[i].signable) {
            enter_candidate(&approval, &candidates[i]);
        }
    }
    mem_free(approval.leaves);
    mem_free(candidates);
}
