#include "node/office/drafts.h"

#include <assert.h>
#include <stdio.h>

#include "node/core/node_struct.h"
#include "node/office/drafts_chunk.h"
#include "node/office/local_keys.h"
#include "proto/array.h"
#include "replicator/trust/merkle.h"

/* --- keys --- */

struct local_row_key {
    uint8_t at[1 + DOCUMENT_ID_MAX];
};

static struct bytes number_key(struct local_row_key *key, enum local_key letter, uint64_t number)
{
    key->at[0] = (uint8_t)letter;
    store_u64(key->at + 1, number);
    return bytes_of(key->at, 1 + sizeof number);
}

static struct bytes id_key(struct local_row_key *key, enum local_key letter, struct bytes id)
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

    if (!txn_get(txn, SPACE_LOCAL, key, &value) ||
        !txn_check_row(txn, key, value.size == sizeof *number)) {
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

/* The sequence of the last draft ever made; false when there was none. */
static bool last_sequence(struct txn *txn, uint64_t *last)
{
    const uint8_t letter = LOCAL_SEQUENCE;

    return load_number(txn, bytes_of(&letter, 1), last);
}

static void put_last_sequence(struct txn *txn, uint64_t last)
{
    const uint8_t letter = LOCAL_SEQUENCE;

    put_number(txn, bytes_of(&letter, 1), last);
}

uint64_t draft_next_sequence(struct txn *txn, const struct draft_batch *batch)
{
    uint64_t last = 0;

    if (batch->count > 0) {
        return batch->number + batch->count;
    }
    (void)last_sequence(txn, &last);
    return last + 1;
}

static void take_text(struct reader *reader, char *out, size_t size)
{
    const struct bytes text = reader_bytes(reader, reader_u8(reader));

    (void)snprintf(out, size, "%.*s", (int)text.size,
                   text.size == 0 ? "" : (const char *)text.data);
}

bool draft_at(struct txn *txn, struct draft_ref ref, struct draft *draft)
{
    return chunk_find(txn, ref, NULL, draft);
}

/* --- what an id stands for --- */

enum { PLACE_BITS = 6 }; /* of a leaf, so many say where in its row a draft is */

static uint64_t place_of(struct draft_ref ref)
{
    assert(ref.sequence != 0 && ref.sequence <= UINT64_MAX >> (PLACE_BITS + 1));
    return ref.sequence << PLACE_BITS | ref.leaf % (1 << PLACE_BITS);
}

static struct draft_ref ref_of(uint64_t place)
{
    return (struct draft_ref){place >> PLACE_BITS, (uint32_t)(place % (1 << PLACE_BITS))};
}

static bool is_set_aside(struct txn *txn, struct bytes id)
{
    struct local_row_key key;
    struct bytes value;

    return txn_get(txn, SPACE_LOCAL, id_key(&key, LOCAL_SET_ASIDE, id), &value);
}

static enum draft_place look_there(struct txn *txn, struct bytes id,
                                   const struct draft_places *places, struct chunk *last,
                                   struct draft *draft)
{
    bool may_be_aside = false;

    for (size_t i = 0; i < places->count; i++) {
        if (places->at[i] == DRAFT_PLACE_ASIDE) {
            may_be_aside = true;
        } else if (chunk_find(txn, ref_of(places->at[i]), last, draft) &&
                   bytes_equal(draft->id, id)) {
            return DRAFT_WAITS;
        }
    }
    return may_be_aside && is_set_aside(txn, id) ? DRAFT_SET_ASIDE : DRAFT_NONE;
}

struct search {
    struct bytes id;
    struct draft *draft;
    bool found;
};

static bool compare_id(void *arg, const struct draft *draft)
{
    struct search *search = arg;

    search->found = bytes_equal(draft->id, search->id);
    if (search->found) {
        *search->draft = *draft;
    }
    return !search->found;
}

static enum draft_place look_everywhere(struct txn *txn, struct bytes id, struct draft *draft)
{
    struct search search = {.id = id, .draft = draft};
    struct draft found;

    draft_each(txn, compare_id, &search);
    if (search.found &&
        chunk_find(txn, (struct draft_ref){draft->sequence, draft->leaf}, NULL, &found)) {
        *draft = found; /* what a visit shows dies with it */
        return DRAFT_WAITS;
    }
    return is_set_aside(txn, id) ? DRAFT_SET_ASIDE : DRAFT_NONE;
}

static enum draft_place look_at(struct node *node, struct txn *txn, uint64_t moment,
                                struct bytes id, struct chunk *last, struct draft *draft)
{
    struct draft_places places;

    if (id.size > DOCUMENT_ID_MAX) {
        return DRAFT_NONE;
    }
    return draft_ids_get(&node->draft_ids, id, moment, &places)
               ? look_there(txn, id, &places, last, draft)
               : look_everywhere(txn, id, draft);
}

enum draft_place draft_look(struct node *node, struct txn *txn, struct bytes id,
                            struct draft *draft)
{
    return look_at(node, txn, UINT64_MAX, id, NULL, draft);
}

bool draft_find(struct node *node, struct txn *txn, struct bytes id, struct draft *draft)
{
    return draft_look(node, txn, id, draft) == DRAFT_WAITS;
}

bool draft_find_at(struct node *node, struct txn *txn, uint64_t moment, struct bytes id,
                   struct draft *draft)
{
    return look_at(node, txn, moment, id, NULL, draft) == DRAFT_WAITS;
}

bool draft_find_behind(struct node *node, struct txn *txn, struct chunk *last, struct bytes id,
                       struct draft *draft)
{
    return look_at(node, txn, UINT64_MAX, id, last, draft) == DRAFT_WAITS;
}

static bool add_waiting(void *arg, const struct draft *draft)
{
    draft_ids_add(arg, draft->id, place_of((struct draft_ref){draft->sequence, draft->leaf}));
    return true;
}

static bool add_aside(void *arg, struct bytes key, struct bytes value)
{
    (void)value;
    draft_ids_add(arg, bytes_of(key.data + 1, key.size - 1), DRAFT_PLACE_ASIDE);
    return true;
}

static void add_all(struct draft_ids *ids, struct txn *txn)
{
    const uint8_t letter = LOCAL_SET_ASIDE;
    struct err err; /* a read error stays with the txn */

    draft_each(txn, add_waiting, ids);
    (void)txn_scan(txn, SPACE_LOCAL, bytes_of(&letter, 1), add_aside, ids, &err);
}

void drafts_open(struct node *node)
{
    draft_ids_init(&node->draft_ids);
    add_all(&node->draft_ids, node->txn);
}

/* A snapshot of this moment is without what the turn has staged. */
void drafts_refresh(struct node *node, struct txn *txn)
{
    if (draft_ids_is_worn(&node->draft_ids)) {
        draft_ids_begin(&node->draft_ids, node->store.ops->moment(node->store.self));
        add_all(&node->draft_ids, txn);
    }
}

void drafts_close(struct node *node)
{
    draft_ids_free(&node->draft_ids);
}

static bool parse_batch(struct bytes value, struct batch_row *batch)
{
    struct reader reader = reader_of(value);
    const struct bytes name = reader_bytes(&reader, reader_u8(&reader));

    take_text(&reader, batch->file, sizeof batch->file);
    reader_copy(&reader, &batch->key, sizeof batch->key);
    reader_copy(&reader, &batch->signature, sizeof batch->signature);
    batch->epoch = reader_u32(&reader);
    batch->unix_ms = reader_u64(&reader);
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

bool batch_find(struct txn *txn, uint64_t number, struct batch_row *batch)
{
    struct local_row_key key;
    struct bytes value;

    return txn_get(txn, SPACE_LOCAL, number_key(&key, LOCAL_BATCH, number), &value) &&
           txn_check_row(txn, number_key(&key, LOCAL_BATCH, number), parse_batch(value, batch));
}

/* No block of another epoch can carry what was signed for this one. */
bool batch_is_of_epoch(const struct batch_row *batch, const struct node *node)
{
    return batch->epoch == draft_terms(node, ROLE_MAKER).epoch;
}

void draft_drop_of_batch(struct node *node, struct txn *txn, const struct draft *draft)
{
    draft_ids_dropped(&node->draft_ids);
    chunk_drop(txn, (struct draft_ref){draft->sequence, draft->leaf});
}

void batch_lessen(struct txn *txn, uint64_t number, uint64_t dropped)
{
    struct local_row_key key;
    uint64_t remaining;

    if (!load_number(txn, number_key(&key, LOCAL_REMAINING, number), &remaining)) {
        return;
    }
    if (remaining > dropped) {
        put_number(txn, number_key(&key, LOCAL_REMAINING, number), remaining - dropped);
        return;
    }
    txn_delete(txn, SPACE_LOCAL, number_key(&key, LOCAL_REMAINING, number));
    txn_delete(txn, SPACE_LOCAL, number_key(&key, LOCAL_BATCH, number));
}

void draft_drop(struct node *node, struct txn *txn, const struct draft *draft)
{
    draft_drop_of_batch(node, txn, draft);
    batch_lessen(txn, draft->batch, 1);
}

/* --- making drafts --- */

struct approval_terms draft_terms(const struct node *node, enum approval_role role)
{
    return (struct approval_terms){
        .tree = node->config.tree,
        .author = node->config.self,
        .epoch = roster_find(replicator_roster(node->replicator), node->config.self)->grant.epoch,
        .role = role,
        .time_ms = node->turn_unix_ms,
    };
}

void draft_add(struct node *node, struct txn *txn, struct draft_batch *batch,
               const struct document *document, struct bytes body,
               const struct refusal *would_refuse)
{
    struct draft draft = {
        .sequence = draft_next_sequence(txn, batch),
        .unix_ms = node->turn_unix_ms,
        .leaf = (uint32_t)batch->count,
        .kind = document->kind,
        .id = document_id(document),
        .body = body,
    };

    if (batch->count == 0) {
        batch->number = draft.sequence;
        put_last_sequence(txn, draft.sequence); /* from here on ids are looked for */
    }
    draft.batch = batch->number;
    ARRAY_ROOM(batch->leaves, batch->count, batch->capacity);
    batch->leaves[batch->count++] =
        merkle_approval_leaf(document->kind, document_format(body), body);
    chunk_add(txn, &draft, would_refuse, &batch->memory);
    draft_ids_add(&node->draft_ids, draft.id,
                  place_of((struct draft_ref){draft.sequence, draft.leaf}));
}

void draft_end(struct node *node, struct txn *txn, const struct draft_batch *batch,
               const struct person *maker, const char *file)
{
    const size_t file_size = file == NULL ? 0 : strnlen(file, BATCH_FILE_MAX);
    struct approval_terms terms = draft_terms(node, ROLE_MAKER);
    struct buf row = BUF_EMPTY;
    struct signature signature;
    struct hash signed_hash;
    struct local_row_key key;

    if (batch->count == 0) {
        return;
    }
    put_last_sequence(txn, batch->number + batch->count - 1);
    terms.root = merkle_root(batch->leaves, batch->count);
    signed_hash = approval_hash(&terms);
    signature = sign_hash(maker->secret, &signed_hash);
    buf_put_u8(&row, (uint8_t)strlen(maker->name));
    buf_append_bytes(&row, bytes_text(maker->name));
    buf_put_u8(&row, (uint8_t)file_size);
    buf_append(&row, file, file_size);
    buf_append(&row, &maker->key, sizeof maker->key);
    buf_append(&row, &signature, sizeof signature);
    buf_put_u32(&row, terms.epoch);
    buf_put_u64(&row, terms.time_ms);
    buf_put_u32(&row, (uint32_t)batch->count);
    buf_append(&row, batch->leaves, batch->count * sizeof *batch->leaves);
    (void)txn_put(txn, SPACE_LOCAL, number_key(&key, LOCAL_BATCH, batch->number), buf_bytes(&row));
    put_number(txn, number_key(&key, LOCAL_REMAINING, batch->number), batch->count);
    buf_free(&row);
}

void draft_batch_free(struct draft_batch *batch)
{
    mem_free(batch->leaves);
    buf_free(&batch->memory);
    memset(batch, 0, sizeof *batch);
}

/* --- pending --- */

void draft_each_from(struct txn *txn, uint64_t sequence,
                     bool (*visit)(void *arg, const struct draft *draft), void *arg)
{
    chunk_each_from(txn, sequence, visit, arg);
}

void draft_each(struct txn *txn, bool (*visit)(void *arg, const struct draft *draft), void *arg)
{
    chunk_each_from(txn, 0, visit, arg);
}

/* --- batches --- */

bool batch_remaining(struct txn *txn, uint64_t number, uint64_t *remaining)
{
    struct local_row_key key;

    return load_number(txn, number_key(&key, LOCAL_REMAINING, number), remaining);
}

struct batches {
    bool (*visit)(void *arg, uint64_t number, const struct batch_row *batch);
    void *arg;
};

static bool visit_batch(void *arg, struct bytes key, struct bytes value)
{
    const struct batches *batches = arg;
    struct batch_row batch;

    return key.size != 1 + sizeof(uint64_t) || !parse_batch(value, &batch) ||
           batches->visit(batches->arg, load_u64(key.data + 1), &batch);
}

void batch_each(struct txn *txn,
                bool (*visit)(void *arg, uint64_t number, const struct batch_row *batch), void *arg)
{
    const uint8_t letter = LOCAL_BATCH;
    struct batches batches = {visit, arg};
    struct err err;

    (void)txn_scan(txn, SPACE_LOCAL, bytes_of(&letter, 1), visit_batch, &batches, &err);
}

bool batch_row_fits(struct bytes value)
{
    struct batch_row batch;

    return parse_batch(value, &batch);
}
