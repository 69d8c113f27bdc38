#include "node/drafts.h"

#include <assert.h>
#include <stdio.h>

#include "node/local_keys.h"
#include "node/node_internal.h"
#include "replicator/merkle.h"

/* --- keys --- */

struct row_key {
    uint8_t at[1 + DOCUMENT_ID_MAX];
};

static struct bytes number_key(struct row_key *key, enum local_key letter, uint64_t number)
{
    key->at[0] = (uint8_t)letter;
    store_u64(key->at + 1, number);
    return bytes_of(key->at, 1 + sizeof number);
}

static struct bytes id_key(struct row_key *key, enum local_key letter, struct bytes id)
{
    assert(id.size <= DOCUMENT_ID_MAX);
    key->at[0] = (uint8_t)letter;
    memcpy(key->at + 1, id.data, id.size);
    return bytes_of(key->at, 1 + id.size);
}

/* --- rows --- */

static bool load_number(struct txn *txn, struct bytes key, uint64_t *number)
{
    struct bytes value;

    if (!txn_get(txn, SPACE_LOCAL, key, &value) || value.size != sizeof *number) {
        return false;
    }
    *number = load_u64(value.data);
    return true;
}

static void put_number(struct txn *txn, struct bytes key, uint64_t number)
{
    uint8_t raw[sizeof number];

    store_u64(raw, number);
    (void)txn_put(txn, SPACE_LOCAL, key, bytes_of(raw, sizeof raw));
}

static uint64_t next_sequence(struct txn *txn)
{
    const uint8_t letter = LOCAL_SEQUENCE;
    const struct bytes key = bytes_of(&letter, 1);
    uint64_t last = 0;

    (void)load_number(txn, key, &last);
    put_number(txn, key, last + 1);
    return last + 1;
}

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

bool draft_find(struct txn *txn, struct bytes id, struct draft *draft)
{
    struct row_key key;
    struct bytes value;
    uint64_t sequence;

    return id.size <= DOCUMENT_ID_MAX &&
           load_number(txn, id_key(&key, LOCAL_DRAFT_ID, id), &sequence) &&
           txn_get(txn, SPACE_LOCAL, number_key(&key, LOCAL_DRAFT, sequence), &value) &&
           parse_draft(draft, sequence, value);
}

bool batch_find(struct txn *txn, uint64_t number, struct batch_row *batch)
{
    struct row_key key;
    struct bytes value, name;
    struct reader reader;

    if (!txn_get(txn, SPACE_LOCAL, number_key(&key, LOCAL_BATCH, number), &value)) {
        return false;
    }
    reader = reader_of(value);
    name = reader_bytes(&reader, reader_u8(&reader));
    reader_copy(&reader, &batch->key, sizeof batch->key);
    reader_copy(&reader, &batch->signature, sizeof batch->signature);
    batch->leaf_count = reader_u32(&reader);
    batch->leaves = (const struct hash *)(const void *)reader.at;
    if (!reader_ok(&reader) || name.size >= sizeof batch->maker ||
        reader_left(&reader) != batch->leaf_count * sizeof(struct hash)) {
        return false;
    }
    memcpy(batch->maker, name.data, name.size);
    batch->maker[name.size] = '\0';
    return true;
}

void draft_drop(struct txn *txn, const struct draft *draft)
{
    const uint64_t sequence = draft->sequence, batch = draft->batch;
    struct row_key key;
    uint64_t remaining;

    txn_delete(txn, SPACE_LOCAL, id_key(&key, LOCAL_DRAFT_ID, draft->id));
    txn_delete(txn, SPACE_LOCAL, number_key(&key, LOCAL_DRAFT, sequence));
    if (!load_number(txn, number_key(&key, LOCAL_REMAINING, batch), &remaining)) {
        return;
    }
    if (remaining > 1) {
        put_number(txn, number_key(&key, LOCAL_REMAINING, batch), remaining - 1);
        return;
    }
    txn_delete(txn, SPACE_LOCAL, number_key(&key, LOCAL_REMAINING, batch));
    txn_delete(txn, SPACE_LOCAL, number_key(&key, LOCAL_BATCH, batch));
}

/* --- making drafts --- */

enum reason draft_compare(struct txn *txn, const struct document *document, struct refusal *refusal,
                          bool *found)
{
    struct draft draft;
    struct document earlier;
    struct err err;

    *found = draft_find(txn, document_id(document), &draft);
    if (!*found) {
        return REASON_NONE;
    }
    if (document_decode(&earlier, draft.kind, draft.body, &err) != OK) {
        *found = false; /* a damaged draft is no obstacle: it can be submitted again */
        return REASON_NONE;
    }
    return document_compare(document, &earlier, refusal);
}

void draft_add(struct node *node, struct txn *txn, struct draft_batch *batch,
               const struct document *document, struct bytes body)
{
    const struct bytes id = document_id(document);
    const uint64_t sequence = next_sequence(txn);
    struct buf row = BUF_EMPTY;
    struct bytes rejection;
    struct row_key key;

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
    (void)txn_put(txn, SPACE_LOCAL, number_key(&key, LOCAL_DRAFT, sequence), buf_bytes(&row));
    put_number(txn, id_key(&key, LOCAL_DRAFT_ID, id), sequence);
    if (txn_get(txn, SPACE_LOCAL, id_key(&key, LOCAL_REJECTION, id), &rejection)) {
        txn_delete(txn, SPACE_LOCAL, id_key(&key, LOCAL_REJECTION, id));
    }
    batch->leaves[batch->count++] = merkle_approval_leaf(document->kind, DOCUMENT_FORMAT, body);
    buf_free(&row);
}

void draft_end(struct node *node, struct txn *txn, const struct draft_batch *batch,
               const struct person *maker)
{
    struct buf row = BUF_EMPTY;
    struct signature signature;
    struct hash root, signed_hash;
    struct row_key key;

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
    (void)txn_put(txn, SPACE_LOCAL, number_key(&key, LOCAL_BATCH, batch->number), buf_bytes(&row));
    put_number(txn, number_key(&key, LOCAL_REMAINING, batch->number), batch->count);
    buf_free(&row);
}

void draft_batch_free(struct draft_batch *batch)
{
    mem_free(batch->leaves);
    memset(batch, 0, sizeof *batch);
}

/* --- rejecting --- */

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
    struct row_key key;

    if (!draft_find(txn, bytes_text(item->id), &draft)) {
        (void)refuse(&item->refusal, REASON_NOT_PENDING, "");
        item->status = SUBMIT_REFUSED;
        return;
    }
    draft_drop(txn, &draft);
    buf_put_u64(&row, node->turn_unix_ms);
    put_text(&row, checker->name);
    put_text(&row, why);
    (void)txn_put(txn, SPACE_LOCAL, id_key(&key, LOCAL_REJECTION, bytes_text(item->id)),
                  buf_bytes(&row));
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
    struct row_key key;
    struct bytes row;

    return strlen(id) <= DOCUMENT_ID_MAX &&
           txn_get(txn, SPACE_LOCAL, id_key(&key, LOCAL_REJECTION, bytes_text(id)), &row) &&
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
    const uint8_t letter = LOCAL_REJECTION;
    struct err err;

    (void)txn_scan(txn, SPACE_LOCAL, bytes_of(&letter, 1), visit_rejection, &rejections, &err);
}

/* --- pending --- */

struct listing {
    bool (*visit)(void *arg, const struct draft *draft);
    void *arg;
};

static bool visit_draft(void *arg, struct bytes key, struct bytes value)
{
    const struct listing *listing = arg;
    struct draft draft;

    return key.size != 1 + sizeof draft.sequence ||
           !parse_draft(&draft, load_u64(key.data + 1), value) ||
           listing->visit(listing->arg, &draft);
}

void draft_each(struct txn *txn, bool (*visit)(void *arg, const struct draft *draft), void *arg)
{
    const uint8_t letter = LOCAL_DRAFT;
    struct listing listing = {visit, arg};
    struct err err;

    (void)txn_scan(txn, SPACE_LOCAL, bytes_of(&letter, 1), visit_draft, &listing, &err);
}

struct pending {
    struct txn *txn;
    bool (*visit)(void *arg, const struct draft_row *row);
    void *arg;
};

static bool show_draft(void *arg, const struct draft *draft)
{
    const struct pending *pending = arg;
    struct draft_row row = {.unix_ms = draft->unix_ms};
    struct batch_row batch = {.maker = ""};
    struct err err;

    if (document_decode(&row.document, draft->kind, draft->body, &err) != OK) {
        return true;
    }
    (void)batch_find(pending->txn, draft->batch, &batch);
    (void)snprintf(row.id, sizeof row.id, "%.*s", (int)draft->id.size,
                   (const char *)draft->id.data);
    memcpy(row.maker, batch.maker, sizeof row.maker);
    row.hash = merkle_approval_leaf(draft->kind, DOCUMENT_FORMAT, draft->body);
    return pending->visit(pending->arg, &row);
}

void node_pending(struct txn *txn, bool (*visit)(void *arg, const struct draft_row *row), void *arg)
{
    struct pending pending = {txn, visit, arg};

    draft_each(txn, show_draft, &pending);
}
