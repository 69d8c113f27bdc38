/* approvals - how a checker turns drafts into entries.
 *
 *   ids --> drafts, in order of submission --> one signature over all that he may sign
 *       --> each: the rules; an entry with both signatures, or a refusal; no draft any more
 *
 * The maker signed the Merkle root of his post; the checker signs that of what he approves
 * together. Both travel with the entries, as ranges of leaves with their proofs. */
#include <stdlib.h>

#include "node/core/node_struct.h"
#include "node/core/own_log.h"
#include "node/core/revoked.h"
#include "node/ledger/families/advice.h"
#include "node/ledger/query/query.h"
#include "node/office/approvals.h"
#include "node/office/browser_keys.h"
#include "node/office/drafts_chunk.h"
#include "node/office/operators.h"
#include "node/office/set_aside.h"

#define NOT_PENDING UINT64_MAX /* the sequence of no draft: such an id comes last */

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
    enum reason over;      /* why this node enters nothing more; REASON_NONE: it does */
    uint64_t batch_number; /* of the batch looked at last; 0: none */
    struct batch_row batch;
    struct hash batch_root; /* over its leaves, where the maker signed it */
    bool maker_may, maker_signed;
    uint64_t
        entered; /* drafts of it that have become entries and are not taken off its number yet */
    struct signed_batch *signing; /* what the checker signs */
    size_t advised;               /* refusals that were looked into */
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
    bool same = !item->has_hash;

    if ((item->has_hash || item->caption != NULL) &&
        own_log_read(node, row->author, row->lsn, &memory, &body)) {
        hash = merkle_approval_leaf(row->kind, document_format(body), body);
        same = same || hash_equal(&item->hash, &hash);
        caption_fill_body(item->caption, node_roster(node), row->kind, body);
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
           (row.enabled && (row.roles & role) != 0 &&
            (memcmp(&row.key, key, sizeof row.key) == 0 ||
             (role == ROLE_CHECKER && browser_key_signs(txn, name, key))));
}

/* The entry's block will be of this epoch, and so must be what the maker signed. */
static bool is_signed_by_maker(struct approval *approval)
{
    const struct batch_row *batch = &approval->batch;
    struct approval_terms terms = draft_terms(approval->node, ROLE_MAKER);
    struct hash signed_hash;

    if (batch->leaf_count == 0 || !batch_is_of_epoch(batch, approval->node)) {
        return false;
    }
    terms.time_ms = batch->unix_ms;
    terms.root = merkle_root(batch->leaves, batch->leaf_count);
    approval->batch_root = terms.root;
    signed_hash = approval_hash(&terms);
    return signature_ok(&batch->key, &signed_hash, &batch->signature);
}

/* What was entered of a batch is taken off its number at once. */
static void leave_batch(struct approval *approval)
{
    if (approval->entered > 0) {
        batch_lessen(approval->txn, approval->batch_number, approval->entered);
        approval->entered = 0;
    }
}

/* The batch of the draft, looked up when it is another than before. */
static bool take_batch(struct approval *approval, uint64_t number)
{
    if (number != approval->batch_number) {
        leave_batch(approval);
        approval->batch_number = batch_find(approval->txn, number, &approval->batch) ? number : 0;
    }
    return approval->batch_number != 0;
}

static bool find_batch(struct approval *approval, uint64_t number)
{
    const struct batch_row *batch = &approval->batch;

    if (number != approval->batch_number) {
        if (!take_batch(approval, number)) {
            return false;
        }
        approval->maker_may = may_sign(approval->txn, batch->maker, &batch->key, ROLE_MAKER);
        approval->maker_signed = is_signed_by_maker(approval);
    }
    return true;
}

/* Is the draft still what the maker signed as this leaf? */
static bool is_as_signed(const struct approval *approval, const struct candidate *candidate)
{
    const struct batch_row *batch = &approval->batch;

    return approval->maker_signed && candidate->draft.leaf < batch->leaf_count &&
           hash_equal(&batch->leaves[candidate->draft.leaf], &candidate->hash);
}

/* Decides whether this person may check the draft. */
static void judge_candidate(struct approval *approval, struct candidate *candidate)
{
    const struct public_key *checker = &approval->checker->key, *maker = &approval->batch.key;
    struct approve_item *item = candidate->item;
    const struct draft *draft = &candidate->draft;

    if (draft->sequence == NOT_PENDING || !find_batch(approval, draft->batch)) {
        judge_entry(approval, item);
        return;
    }
    candidate->hash = merkle_approval_leaf(draft->kind, document_format(draft->body), draft->body);
    caption_fill_body(item->caption, node_roster(approval->node), draft->kind, draft->body);
    if (approval->over != REASON_NONE) {
        refuse_item(item, approval->over);
    } else if (approval->node->space.is_full) {
        refuse_item(item, REASON_DISK_FULL);
    } else if (draft->kind == KIND_OPERATOR) {
        refuse_item(item, REASON_NOT_FOR_ROLE); /* a second admin's: proposals.h */
    } else if (memcmp(maker, checker, sizeof *maker) == 0 ||
               strcmp(approval->batch.maker, approval->checker->name) == 0) {
        refuse_item(item, REASON_SAME_PERSON); /* also with another key of his */
    } else if (!approval->maker_may || !approval->checker_may) {
        refuse_item(item, REASON_SIGNER_ENDED);
    } else if (item->has_hash && !hash_equal(&item->hash, &candidate->hash)) {
        refuse_item(item, REASON_CHANGED);
    } else if (!is_as_signed(approval, candidate)) {
        refuse_item(item, REASON_SIGNATURE_OUTDATED);
    } else {
        candidate->signable = true;
    }
}

static int by_sequence(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;

    return a->draft.sequence < b->draft.sequence ? -1 : a->draft.sequence > b->draft.sequence;
}

static bool are_sorted(const struct candidate *candidates, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (by_sequence(&candidates[i - 1], &candidates[i]) > 0) {
            return false;
        }
    }
    return true;
}

static void sort_items(struct approve_item *items, struct candidate *candidates, size_t count)
{
    struct approve_item *sorted;

    if (are_sorted(candidates, count)) { /* as those of a post are that is approved as it came */
        return;
    }
    sorted = mem_zalloc((count + 1) * sizeof *sorted);
    qsort(candidates, count, sizeof *candidates, by_sequence);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = *candidates[i].item;
        candidates[i].item = &items[i];
    }
    memcpy(items, sorted, count * sizeof *items);
    mem_free(sorted);
}

/* Whoever approves a whole post signs what its maker signed. */
static struct hash root_to_sign(const struct approval *approval)
{
    const struct signed_batch *signing = approval->signing;
    const struct batch_row *batch = &approval->batch;

    if (approval->batch_number != 0 && approval->maker_signed &&
        batch->leaf_count == signing->count &&
        memcmp(batch->leaves, signing->leaves, signing->count * sizeof *signing->leaves) == 0) {
        return approval->batch_root;
    }
    return merkle_root(signing->leaves, signing->count);
}

/* The checker's signature over the leaves, in this turn's epoch. */
static void sign_leaves(const struct approval *approval)
{
    struct signed_batch *signing = approval->signing;
    struct hash signed_hash;

    if (signing->is_signed || signing->count == 0) {
        return;
    }
    signing->terms = draft_terms(approval->node, ROLE_CHECKER);
    signing->terms.root = root_to_sign(approval);
    signed_hash = approval_hash(&signing->terms);
    signing->signature = sign_hash(approval->checker->secret, &signed_hash);
    signing->is_signed = true;
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
        .time_ms = approval->batch.unix_ms,
        .first_leaf = candidate->draft.leaf,
        .leaf_count = approval->batch.leaf_count,
    };
    const struct approval_group checker = {
        .suite = SUITE_ED25519_BLAKE2B,
        .role = ROLE_CHECKER,
        .key = approval->checker->key,
        .signature = approval->signing->signature,
        .time_ms = approval->signing->terms.time_ms,
        .first_leaf = candidate->leaf,
        .leaf_count = (uint32_t)approval->signing->count,
    };

    replicator_approve(replicator, lsn, 1, &maker, approval->batch.leaves);
    replicator_approve(replicator, lsn, 1, &checker, approval->signing->leaves);
}

/* What the rules refuse is set aside, for its maker. */
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
    if (!take_batch(approval, draft->batch)) {
        refuse_item(item, REASON_NOT_PENDING);
        return;
    }
    if (ledger_check_exists(node->ledger, txn, &document, &item->refusal) != REASON_NONE ||
        ledger_check_rules(node->ledger, txn, &document, &item->refusal) != REASON_NONE) {
        if (approval->advised++ < ADVISED_MAX) {
            ledger_advise(node->ledger, txn, &document, &item->refusal);
        }
        item->status = SUBMIT_REFUSED;
        set_aside_refused(node, txn, draft, &item->refusal, approval->checker);
        return;
    }
    attach_signatures(approval, candidate);
    item->lsn = own_log_enter(node, txn, &document, draft->body);
    item->status = SUBMIT_ACCEPTED;
    drafted_entered(&node->drafted, draft->sequence);
    draft_drop_of_batch(node, txn, draft);
    approval->entered++;
}

/* --- both ways in --- */

static void find_candidates(struct node *node, struct txn *txn, struct candidate *candidates,
                            struct approve_item *items, size_t count)
{
    struct chunk last = {.first = 0};

    for (size_t i = 0; i < count; i++) {
        candidates[i].item = &items[i];
        if (!draft_find_behind(node, txn, &last, bytes_text(items[i].id), &candidates[i].draft)) {
            candidates[i].draft.sequence = NOT_PENDING;
        }
    }
}

static void judge_candidates(struct approval *approval, struct candidate *candidates, size_t count)
{
    const struct person *checker = approval->checker;

    approval->checker_may = may_sign(approval->txn, checker->name, &checker->key, ROLE_CHECKER);
    approval->over = node_is_over(approval->node);
    for (size_t i = 0; i < count; i++) {
        judge_candidate(approval, &candidates[i]);
    }
}

static void enter_candidates(struct approval *approval, struct candidate *candidates, size_t count)
{
    sign_leaves(approval);
    for (size_t i = 0; i < count; i++) {
        if (candidates[i].signable) {
            enter_candidate(approval, &candidates[i]);
        }
    }
    leave_batch(approval);
}

void node_approve(struct node *node, struct txn *txn, struct approve_item *items, size_t count,
                  const struct person *checker)
{
    struct candidate *candidates = mem_zalloc((count + 1) * sizeof *candidates);
    struct hash *leaves = mem_zalloc((count + 1) * sizeof *leaves);
    struct signed_batch signing = {.leaves = leaves};
    struct approval approval = {.node = node, .txn = txn, .checker = checker, .signing = &signing};

    find_candidates(node, txn, candidates, items, count);
    sort_items(items, candidates, count); /* drafts of one batch side by side */
    judge_candidates(&approval, candidates, count);
    for (size_t i = 0; i < count; i++) {
        if (candidates[i].signable) {
            candidates[i].leaf = (uint32_t)signing.count;
            leaves[signing.count++] = candidates[i].hash;
        }
    }
    enter_candidates(&approval, candidates, count);
    mem_free(leaves);
    mem_free(candidates);
}

/* What was signed in an epoch that is over, no block can carry. */
static void refuse_outdated(struct candidate *candidates, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (candidates[i].signable) {
            candidates[i].signable = false;
            refuse_item(candidates[i].item, REASON_SIGNATURE_OUTDATED);
        }
    }
}

void node_approve_slice(struct node *node, struct txn *txn, struct signed_batch *batch,
                        size_t first, struct approve_item *items, size_t count,
                        const struct person *checker)
{
    struct candidate *candidates = mem_zalloc((count + 1) * sizeof *candidates);
    struct approval approval = {.node = node, .txn = txn, .checker = checker, .signing = batch};

    find_candidates(node, txn, candidates, items, count);
    judge_candidates(&approval, candidates, count);
    for (size_t i = 0; i < count; i++) {
        candidates[i].leaf = (uint32_t)(first + i);
    }
    if (batch->is_signed && batch->terms.epoch != draft_terms(node, ROLE_CHECKER).epoch) {
        refuse_outdated(candidates, count);
    }
    enter_candidates(&approval, candidates, count);
    mem_free(candidates);
}
