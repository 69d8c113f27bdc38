/* approvals - drafts, and how a checker turns them into entries.
 *
 *   SPACE_LOCAL 'd' sequence(u64)  -> draft: batch, leaf, time, kind, id, completed body
 *               'e' id             -> sequence
 *               'b' batch(u64)     -> maker: name, key, signature, leaves
 *               'r' batch(u64)     -> drafts of the batch still pending (u32)
 *               'x' id             -> rejection: time, checker, reason; until handed in again
 *               'c'                -> last sequence used
 *
 * The maker signs the Merkle root of one post; the checker that of the documents approved
 * together. Both travel with the entries, as ranges of leaves with their proofs. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/ledger/query.h"
#include "node/node_internal.h"
#include "replicator/merkle.h"

static struct bytes number_key(uint8_t key[9], char type, uint64_t number)
{
    key[0] = (uint8_t)type;
    store_u64(key + 1, number);
    return bytes_of(key, 9);
}

static struct bytes id_key(uint8_t key[40], struct bytes id)
{
    assert(id.size <= 38);
    key[0] = 'e';
    memcpy(key + 1, id.data, id.size);
    return bytes_of(key, id.size + 1);
}

static struct bytes rejection_key(uint8_t key[40], struct bytes id)
{
    (void)id_key(key, id);
    key[0] = 'x';
    return bytes_of(key, id.size + 1);
}

static uint64_t next_sequence(struct txn *txn)
{
    struct bytes value;
    uint8_t raw[8];
    uint64_t sequence = 1;

    if (txn_get(txn, SPACE_LOCAL, bytes_text("c"), &value) && value.size == sizeof raw) {
        sequence = load_u64(value.data) + 1;
    }
    store_u64(raw, sequence);
    (void)txn_put(txn, SPACE_LOCAL, bytes_text("c"), bytes_of(raw, sizeof raw));
    return sequence;
}

/* --- rows --- */

struct draft {
    uint64_t sequence, batch, unix_ms;
    uint32_t leaf, kind;
    struct bytes id, body;
};

static bool parse_draft(struct draft *draft, uint64_t sequence, struct bytes row)
{
    struct reader reader = reader_of(row);

    draft->sequence = sequence;
    draft->batch = reader_u64(&reader);
    draft->leaf = reader_u32(&reader);
    draft->unix_ms = reader_u64(&reader);
    draft->kind = reader_u32(&reader);
    draft->id = reader_bytes(&reader, reader_u8(&reader));
    draft->body = reader_bytes(&reader, reader_left(&reader));
    return reader_ok(&reader);
}

static bool find_draft(struct txn *txn, struct bytes id, struct draft *draft)
{
    uint8_t key[40];
    struct bytes value;
    uint64_t sequence;

    if (id.size > 38 || !txn_get(txn, SPACE_LOCAL, id_key(key, id), &value) || value.size != 8) {
        return false;
    }
    sequence = load_u64(value.data);
    return txn_get(txn, SPACE_LOCAL, number_key(key, 'd', sequence), &value) &&
           parse_draft(draft, sequence, value);
}

struct batch_row {
    char maker[64];
    struct public_key key;
    struct signature signature;
    uint32_t leaf_count;
    const struct hash *leaves;
};

static bool find_batch(struct txn *txn, uint64_t number, struct batch_row *batch)
{
    uint8_t key[9];
    struct bytes value, name;
    struct reader reader;

    if (!txn_get(txn, SPACE_LOCAL, number_key(key, 'b', number), &value)) {
        return false;
    }
    reader = reader_of(value);
    name = reader_bytes(&reader, reader_u8(&reader));
    reader_copy(&reader, &batch->key, sizeof batch->key);
    reader_copy(&reader, &batch->signature, sizeof batch->signature);
    batch->leaf_count = reader_u32(&reader);
    batch->leaves = (const struct hash *)(const void *)reader.at;
    (void)snprintf(batch->maker, sizeof batch->maker, "%.*s", (int)name.size,
                   (const char *)name.data);
    return reader_ok(&reader) && reader_left(&reader) == batch->leaf_count * sizeof(struct hash);
}

static void put_remaining(struct txn *txn, uint64_t batch, uint32_t remaining)
{
    uint8_t key[9], raw[8];

    store_u64(raw, remaining);
    (void)txn_put(txn, SPACE_LOCAL, number_key(key, 'r', batch), bytes_of(raw, sizeof raw));
}

static void drop_draft(struct txn *txn, const struct draft *draft)
{
    const uint64_t sequence = draft->sequence, batch = draft->batch;
    uint8_t key[40];
    struct bytes value;

    txn_delete(txn, SPACE_LOCAL, id_key(key, draft->id));
    txn_delete(txn, SPACE_LOCAL, number_key(key, 'd', sequence));
    if (!txn_get(txn, SPACE_LOCAL, number_key(key, 'r', batch), &value) || value.size != 8) {
        return;
    }
    if (load_u64(value.data) > 1) {
        put_remaining(txn, batch, (uint32_t)load_u64(value.data) - 1);
        return;
    }
    txn_delete(txn, SPACE_LOCAL, number_key(key, 'r', batch));
    txn_delete(txn, SPACE_LOCAL, number_key(key, 'b', batch));
}

/* --- making drafts --- */

enum reason draft_compare(struct txn *txn, const struct document *document, struct refusal *refusal,
                          bool *found)
{
    struct draft draft;
    struct document earlier;
    struct err err;

    *found = find_draft(txn, document_id(document), &draft);
    if (!*found) {
        return REASON_NONE;
    }
    if (document_decode(&earlier, draft.kind, draft.body, &err) != OK) {
        *found = false; /* a damaged draft is no obstacle: it can be submitted again */
        return REASON_NONE;
    }
    return document_compare(document, &earlier, refusal);
}

void draft_begin(struct draft_batch *batch)
{
    memset(batch, 0, sizeof *batch);
}

void draft_add(struct node *node, struct txn *txn, struct draft_batch *batch,
               const struct document *document, struct bytes body)
{
    const struct bytes id = document_id(document);
    const uint64_t sequence = next_sequence(txn);
    struct buf row = BUF_EMPTY;
    uint8_t key[40], raw[8];

    if (batch->count == 0) {
        batch->number = sequence;
    }
    if (batch->count == batch->capacity) {
        batch->capacity = batch->capacity == 0 ? 64 : 2 * batch->capacity;
        batch->leaves = mem_realloc(batch->leaves, batch->capacity * sizeof *batch->leaves);
    }
    buf_put_u64(&row, batch->number);
    buf_put_u32(&row, (uint32_t)batch->count);
    buf_put_u64(&row, node->turn_unix_ms);
    buf_put_u32(&row, document->kind);
    buf_put_u8(&row, (uint8_t)id.size);
    buf_append_bytes(&row, id);
    buf_append_bytes(&row, body);
    (void)txn_put(txn, SPACE_LOCAL, number_key(key, 'd', sequence), buf_bytes(&row));
    store_u64(raw, sequence);
    (void)txn_put(txn, SPACE_LOCAL, id_key(key, id), bytes_of(raw, sizeof raw));
    txn_delete(txn, SPACE_LOCAL, rejection_key(key, id));
    batch->leaves[batch->count++] = merkle_approval_leaf(document->kind, DOCUMENT_FORMAT, body);
    buf_free(&row);
}

void draft_end(struct node *node, struct txn *txn, struct draft_batch *batch,
               const struct person *maker)
{
    struct buf row = BUF_EMPTY;
    struct signature signature;
    struct hash root, signed_hash;
    uint8_t key[9];

    if (batch->count == 0) {
        return;
    }
    root = merkle_root(batch->leaves, batch->count);
    signed_hash = approval_hash(&node->config.tree, node->config.self, ROLE_MAKER, &root);
    signature = sign_hash(maker->secret, &signed_hash);
    buf_put_u8(&row, (uint8_t)strlen(maker->name));
    buf_append_bytes(&row, bytes_text(maker->name));
    buf_append(&row, &maker->key, sizeof maker->key);
    buf_append(&row, &signature, sizeof signature);
    buf_put_u32(&row, (uint32_t)batch->count);
    buf_append(&row, batch->leaves, batch->count * sizeof *batch->leaves);
    (void)txn_put(txn, SPACE_LOCAL, number_key(key, 'b', batch->number), buf_bytes(&row));
    put_remaining(txn, batch->number, (uint32_t)batch->count);
    buf_free(&row);
    mem_free(batch->leaves);
    draft_begin(batch);
}

/* --- approving --- */

/* One id of an approval, from its draft to its entry. */
struct candidate {
    struct approve_item *item;
    struct draft draft; /* its views point into `row` */
    struct buf row;
    struct document document;
    bool signable; /* the checker signs it: it has a leaf in the checker's tree */
    uint32_t leaf;
};

static int by_sequence(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;

    return a->draft.sequence < b->draft.sequence ? -1 : a->draft.sequence > b->draft.sequence;
}

static void refuse_item(struct candidate *candidate, enum reason reason)
{
    (void)refuse(&candidate->item->refusal, reason, "");
    candidate->item->status = SUBMIT_REFUSED;
}

/* Approved before, so an approval asked for again is done and not refused. */
static bool entered_already(struct node *node, struct txn *txn, struct approve_item *item)
{
    struct document_row row;

    if (!query_document(txn, node->config.self, bytes_text(item->id), &row)) {
        return false;
    }
    item->status = SUBMIT_EXISTS;
    item->lsn = row.lsn;
    return true;
}

/* An entry signed by somebody who was ended before it would never verify: ask the turn, not the
 * session. Who is not known here was vouched for by the caller. */
static bool may_sign(struct txn *txn, const char *name, const struct public_key *key, uint32_t role)
{
    struct operator_row row;

    return !node_operator(txn, name, &row) ||
           (row.enabled && (row.roles & role) != 0 && memcmp(&row.key, key, sizeof row.key) == 0);
}

static bool has_changed(const struct approve_item *item, const struct draft *draft)
{
    const struct hash hash = merkle_approval_leaf(draft->kind, DOCUMENT_FORMAT, draft->body);

    return item->has_hash && !hash_equal(&item->hash, &hash);
}

/* Finds the draft and decides whether this person may check it. */
static void load_candidate(struct node *node, struct txn *txn, struct candidate *candidate,
                           const struct person *checker)
{
    struct draft draft;
    struct batch_row batch;
    struct err err;

    candidate->draft.sequence = UINT64_MAX; /* what is not pending comes last */
    if (!find_draft(txn, bytes_text(candidate->item->id), &draft) ||
        !find_batch(txn, draft.batch, &batch)) {
        if (entered_already(node, txn, candidate->item)) {
            return;
        }
        refuse_item(candidate, REASON_NOT_PENDING);
        return;
    }
    buf_append_bytes(&candidate->row, draft.body);
    candidate->draft = draft;
    candidate->draft.id = bytes_text(candidate->item->id);
    candidate->draft.body = buf_bytes(&candidate->row);
    if (node->disk_full) {
        refuse_item(candidate, REASON_DISK_FULL);
    } else if (memcmp(&batch.key, &checker->key, sizeof batch.key) == 0) {
        refuse_item(candidate, REASON_SAME_PERSON);
    } else if (!may_sign(txn, batch.maker, &batch.key, ROLE_MAKER) ||
               !may_sign(txn, checker->name, &checker->key, ROLE_CHECKER)) {
        refuse_item(candidate, REASON_SIGNER_ENDED);
    } else if (has_changed(candidate->item, &candidate->draft)) {
        refuse_item(candidate, REASON_CHANGED);
    } else if (document_decode(&candidate->document, draft.kind, candidate->draft.body, &err) !=
               OK) {
        refuse_item(candidate, REASON_MALFORMED);
    } else {
        candidate->signable = true;
    }
}

/* Tries all in order; what the rules refuse is dropped, its id free again. */
static void decide(struct node *node, struct txn *txn, struct candidate *candidates, size_t count)
{
    struct trial *trials = mem_zalloc(count * sizeof *trials);

    for (size_t i = 0; i < count; i++) {
        trials[i].document = &candidates[i].document;
        trials[i].body = candidates[i].draft.body;
        trials[i].refused = !candidates[i].signable;
    }
    node_try(node, txn, trials, count);
    for (size_t i = 0; i < count; i++) {
        struct approve_item *item = candidates[i].item;

        if (!candidates[i].signable) {
            continue;
        }
        item->status = trials[i].refused ? SUBMIT_REFUSED : SUBMIT_ACCEPTED;
        item->refusal = trials[i].refusal;
        drop_draft(txn, &candidates[i].draft);
    }
    mem_free(trials);
}

/* Accepted candidates from `first` on that are neighbours in both trees. */
static size_t run_length(const struct candidate *candidates, size_t first, size_t count)
{
    size_t i = first + 1;

    while (i < count && candidates[i].item->status == SUBMIT_ACCEPTED &&
           candidates[i].draft.batch == candidates[i - 1].draft.batch &&
           candidates[i].draft.leaf == candidates[i - 1].draft.leaf + 1 &&
           candidates[i].leaf == candidates[i - 1].leaf + 1) {
        i++;
    }
    return i - first;
}

struct checked {
    const struct person *checker;
    struct signature signature;
    struct hash *leaves;
    uint32_t leaf_count;
};

static void enter_run(struct node *node, struct txn *txn, struct candidate *run, size_t count,
                      const struct batch_row *batch, const struct checked *checked)
{
    const uint64_t first_lsn = replicator_next_lsn(node->replicator);
    const struct approval_group maker = {
        .suite = SUITE_ED25519_BLAKE2B,
        .role = ROLE_MAKER,
        .key = batch->key,
        .signature = batch->signature,
        .first_leaf = run->draft.leaf,
        .leaf_count = batch->leaf_count,
    };
    const struct approval_group checker = {
        .suite = SUITE_ED25519_BLAKE2B,
        .role = ROLE_CHECKER,
        .key = checked->checker->key,
        .signature = checked->signature,
        .first_leaf = run->leaf,
        .leaf_count = checked->leaf_count,
    };

    replicator_approve(node->replicator, first_lsn, count, &maker, batch->leaves);
    replicator_approve(node->replicator, first_lsn, count, &checker, checked->leaves);
    for (size_t i = 0; i < count; i++) {
        run[i].item->lsn = node_enter(node, txn, &run[i].document, run[i].draft.body);
    }
}

static void enter_accepted(struct node *node, struct txn *txn, struct candidate *candidates,
                           size_t count, const struct batch_row *batches,
                           const struct checked *checked)
{
    size_t i = 0;

    while (i < count) {
        size_t length = 1;
        if (candidates[i].item->status == SUBMIT_ACCEPTED) {
            length = run_length(candidates, i, count);
            enter_run(node, txn, &candidates[i], length, &batches[i], checked);
        }
        i += length;
    }
}

/* The checker's signature over everything signable, in order. */
static void sign_checked(struct node *node, struct candidate *candidates, size_t count,
                         struct checked *checked)
{
    struct hash root, signed_hash;

    for (size_t i = 0; i < count; i++) {
        if (candidates[i].signable) {
            candidates[i].leaf = checked->leaf_count;
            checked->leaves[checked->leaf_count++] = merkle_approval_leaf(
                candidates[i].draft.kind, DOCUMENT_FORMAT, candidates[i].draft.body);
        }
    }
    if (checked->leaf_count == 0) {
        return;
    }
    root = merkle_root(checked->leaves, checked->leaf_count);
    signed_hash = approval_hash(&node->config.tree, node->config.self, ROLE_CHECKER, &root);
    checked->signature = sign_hash(checked->checker->secret, &signed_hash);
}

/* Copies of the batch rows, one set of leaves a batch: dropping drafts may delete the rows. */
static void copy_batches(struct txn *txn, const struct candidate *candidates, size_t count,
                         struct batch_row *batches, struct buf *leaves)
{
    for (size_t i = 0; i < count; i++) {
        if (!candidates[i].signable) {
            continue;
        }
        if (i > 0 && candidates[i - 1].signable &&
            candidates[i - 1].draft.batch == candidates[i].draft.batch) {
            batches[i] = batches[i - 1];
            continue;
        }
        if (find_batch(txn, candidates[i].draft.batch, &batches[i])) {
            buf_append(&leaves[i], batches[i].leaves, batches[i].leaf_count * sizeof(struct hash));
            batches[i].leaves = (const struct hash *)(const void *)leaves[i].data;
        }
    }
}

static void sort_items(struct approve_item *items, struct candidate *candidates, size_t count)
{
    struct approve_item *sorted = mem_zalloc(count * sizeof *sorted);

    qsort(candidates, count, sizeof *candidates, by_sequence);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = *candidates[i].item;
    }
    memcpy(items, sorted, count * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        candidates[i].item = &items[i];
    }
    mem_free(sorted);
}

void node_approve(struct node *node, struct txn *txn, struct approve_item *items, size_t count,
                  const struct person *checker)
{
    struct candidate *candidates = mem_zalloc((count + 1) * sizeof *candidates);
    struct batch_row *batches = mem_zalloc((count + 1) * sizeof *batches);
    struct buf *leaves = mem_zalloc((count + 1) * sizeof *leaves);
    struct checked checked = {.checker = checker};

    for (size_t i = 0; i < count; i++) {
        candidates[i].item = &items[i];
        load_candidate(node, txn, &candidates[i], checker);
    }
    sort_items(items, candidates, count);
    for (size_t i = 0; i < count; i++) {
        candidates[i].draft.id = bytes_text(candidates[i].item->id);
        if (candidates[i].signable) { /* the decoded views follow the moved row */
            candidates[i].draft.body = buf_bytes(&candidates[i].row);
        }
    }
    checked.leaves = mem_zalloc((count + 1) * sizeof *checked.leaves);
    sign_checked(node, candidates, count, &checked);
    copy_batches(txn, candidates, count, batches, leaves);
    decide(node, txn, candidates, count);
    enter_accepted(node, txn, candidates, count, batches, &checked);
    for (size_t i = 0; i < count; i++) {
        buf_free(&candidates[i].row);
        buf_free(&leaves[i]);
    }
    mem_free(candidates);
    mem_free(batches);
    mem_free(leaves);
    mem_free(checked.leaves);
}

static void put_text(struct buf *row, const char *text)
{
    buf_put_u16(row, (uint16_t)strlen(text));
    buf_append_bytes(row, bytes_text(text));
}

void node_reject(struct node *node, struct txn *txn, struct approve_item *item, const char *why,
                 const struct person *checker)
{
    struct draft draft;
    struct buf row = BUF_EMPTY;
    uint8_t key[40];

    if (!find_draft(txn, bytes_text(item->id), &draft)) {
        (void)refuse(&item->refusal, REASON_NOT_PENDING, "");
        item->status = SUBMIT_REFUSED;
        return;
    }
    draft.id = bytes_text(item->id);
    drop_draft(txn, &draft);
    buf_put_u64(&row, node->turn_unix_ms);
    put_text(&row, checker->name);
    put_text(&row, why);
    (void)txn_put(txn, SPACE_LOCAL, rejection_key(key, draft.id), buf_bytes(&row));
    item->status = SUBMIT_ACCEPTED;
    buf_free(&row);
}

static bool parse_rejection(struct rejection *out, struct bytes id, struct bytes row)
{
    struct reader reader = reader_of(row);
    struct bytes checker, why;

    out->unix_ms = reader_u64(&reader);
    checker = reader_bytes(&reader, reader_u16(&reader));
    why = reader_bytes(&reader, reader_u16(&reader));
    (void)snprintf(out->id, sizeof out->id, "%.*s", (int)id.size, (const char *)id.data);
    (void)snprintf(out->checker, sizeof out->checker, "%.*s", (int)checker.size,
                   (const char *)checker.data);
    (void)snprintf(out->why, sizeof out->why, "%.*s", (int)why.size, (const char *)why.data);
    return reader_done(&reader);
}

bool node_rejection(struct txn *txn, const char *id, struct rejection *out)
{
    uint8_t key[40];
    struct bytes row;

    return strlen(id) <= 38 &&
           txn_get(txn, SPACE_LOCAL, rejection_key(key, bytes_text(id)), &row) &&
           parse_rejection(out, bytes_text(id), row);
}

struct rejections {
    bool (*visit)(void *arg, const struct rejection *rejection);
    void *arg;
};

static bool visit_rejection(void *arg, struct bytes key, struct bytes value)
{
    const struct rejections *rejections = arg;
    struct rejection rejection;

    return key.size < 2 ||
           !parse_rejection(&rejection, bytes_of(key.data + 1, key.size - 1), value) ||
           rejections->visit(rejections->arg, &rejection);
}

void node_rejections(struct txn *txn, bool (*visit)(void *arg, const struct rejection *rejection),
                     void *arg)
{
    struct rejections rejections = {visit, arg};
    struct err err;

    (void)txn_scan(txn, SPACE_LOCAL, bytes_text("x"), visit_rejection, &rejections, &err);
}

/* --- pending --- */

struct pending {
    struct txn *txn;
    bool (*visit)(void *arg, const struct draft_row *row);
    void *arg;
};

static bool visit_draft(void *arg, struct bytes key, struct bytes value)
{
    struct pending *pending = arg;
    struct draft_row row = {.id = ""};
    struct draft draft;
    struct batch_row batch = {.maker = ""};
    struct err err;

    if (key.size != 9 || !parse_draft(&draft, load_u64(key.data + 1), value) ||
        document_decode(&row.document, draft.kind, draft.body, &err) != OK) {
        return true;
    }
    (void)find_batch(pending->txn, draft.batch, &batch);
    (void)snprintf(row.id, sizeof row.id, "%.*s", (int)draft.id.size, (const char *)draft.id.data);
    memcpy(row.maker, batch.maker, sizeof row.maker);
    row.unix_ms = draft.unix_ms;
    row.hash = merkle_approval_leaf(draft.kind, DOCUMENT_FORMAT, draft.body);
    return pending->visit(pending->arg, &row);
}

void node_pending(struct txn *txn, bool (*visit)(void *arg, const struct draft_row *row), void *arg)
{
    struct pending pending = {txn, visit, arg};
    struct err err;

    (void)txn_scan(txn, SPACE_LOCAL, bytes_text("d"), visit_draft, &pending, &err);
}
