#include "node/office/drafts_chunk.h"

#include <assert.h>
#include <stdio.h>

#include "node/office/local_keys.h"

enum {
    CHUNK_DRAFTS = 64, /* a bit each */
    WAITS_BYTES = 8,
    HEAD_BYTES = WAITS_BYTES + 8 + 8,
};

struct chunk_key {
    uint8_t at[1 + sizeof(uint64_t)];
};

static struct bytes key_of(struct chunk_key *key, uint64_t first)
{
    key->at[0] = LOCAL_DRAFT;
    store_u64(key->at + 1, first);
    return bytes_of(key->at, sizeof key->at);
}

static unsigned place_of(struct draft_ref ref)
{
    return ref.leaf % CHUNK_DRAFTS;
}

static struct bytes key_of_ref(struct chunk_key *key, struct draft_ref ref)
{
    return key_of(key, ref.sequence - place_of(ref));
}

static uint64_t bit_of(unsigned place)
{
    return UINT64_C(1) << place;
}

/* --- one draft --- */

/* A reason is a byte, and only where there is one its words follow. */
static void put_refusal(struct buf *row, const struct refusal *refusal)
{
    buf_put_u8(row, (uint8_t)refusal->reason);
    if (refusal->reason != REASON_NONE) {
        buf_put_u8(row, (uint8_t)strlen(refusal->what));
        buf_append_bytes(row, bytes_text(refusal->what));
        buf_put_u8(row, (uint8_t)strlen(refusal->detail));
        buf_append_bytes(row, bytes_text(refusal->detail));
    }
}

static void take_text(struct reader *reader, char *out, size_t size)
{
    const struct bytes text = reader_bytes(reader, reader_u8(reader));

    (void)snprintf(out, size, "%.*s", (int)text.size,
                   text.size == 0 ? "" : (const char *)text.data);
}

static struct bytes take_refusal(struct reader *reader)
{
    const uint8_t *at = reader->at;

    if (reader_u8(reader) != REASON_NONE) {
        (void)reader_bytes(reader, reader_u8(reader));
        (void)reader_bytes(reader, reader_u8(reader));
    }
    return bytes_of(at, (size_t)(reader->at - at));
}

enum reason draft_would_refuse(const struct draft *draft, struct refusal *out)
{
    struct reader reader = reader_of(draft->would_refuse);
    const uint8_t reason = reader_u8(&reader);

    refusal_clear(out);
    if (reason != REASON_NONE) {
        out->reason = reason < REASONS ? (enum reason)reason : REASON_MALFORMED;
        take_text(&reader, out->what, sizeof out->what);
        take_text(&reader, out->detail, sizeof out->detail);
    }
    return out->reason;
}

/* --- the drafts of a row --- */

static bool chunk_read(struct chunk *chunk, uint64_t first, struct bytes value)
{
    *chunk = (struct chunk){.drafts = reader_of(value), .first = first};
    chunk->waits = reader_u64(&chunk->drafts);
    chunk->batch = reader_u64(&chunk->drafts);
    chunk->unix_ms = reader_u64(&chunk->drafts);
    return reader_ok(&chunk->drafts) && chunk->batch <= first &&
           (first - chunk->batch) % CHUNK_DRAFTS == 0 && first - chunk->batch <= UINT32_MAX;
}

static struct bytes take_draft(struct chunk *chunk)
{
    const uint32_t size = reader_u32(&chunk->drafts);

    chunk->next++;
    return reader_bytes(&chunk->drafts, size);
}

static bool has_more(const struct chunk *chunk)
{
    return reader_ok(&chunk->drafts) && reader_left(&chunk->drafts) > 0;
}

/* The draft that was taken last. */
static bool parse_draft(struct draft *draft, const struct chunk *chunk, struct bytes row)
{
    struct reader reader = reader_of(row);

    draft->sequence = chunk->first + chunk->next - 1;
    draft->batch = chunk->batch;
    draft->leaf = (uint32_t)(draft->sequence - chunk->batch);
    draft->unix_ms = chunk->unix_ms;
    draft->kind = reader_u32(&reader);
    draft->would_refuse = take_refusal(&reader);
    draft->id = reader_bytes(&reader, reader_u8(&reader));
    draft->body = reader_bytes(&reader, reader_left(&reader));
    return reader_ok(&reader);
}

/* False when the row does not have it whole. */
static bool find_place(struct draft *draft, struct chunk *chunk, unsigned place)
{
    struct bytes row = BYTES_NONE;

    while (chunk->next <= place && has_more(chunk)) {
        row = take_draft(chunk);
    }
    return chunk->next == place + 1 && reader_ok(&chunk->drafts) && parse_draft(draft, chunk, row);
}

/* False: it is not there. One that cannot be read fails the txn. */
static bool open_row(struct txn *txn, struct draft_ref ref, struct chunk *chunk)
{
    const uint64_t first = ref.sequence - place_of(ref);
    struct chunk_key key;
    struct bytes value;

    return txn_get(txn, SPACE_LOCAL, key_of(&key, first), &value) &&
           txn_check_row(txn, key_of(&key, first),
                         value.size > HEAD_BYTES && chunk_read(chunk, first, value));
}

bool chunk_find(struct txn *txn, struct draft_ref ref, struct chunk *last, struct draft *draft)
{
    const unsigned place = place_of(ref);
    struct chunk_key key;
    struct chunk chunk = {.first = 0};

    if (last != NULL && last->first == ref.sequence - place && last->next <= place) {
        chunk = *last;
    } else if (!open_row(txn, ref, &chunk)) {
        return false;
    }
    if ((chunk.waits & bit_of(place)) == 0 ||
        !txn_check_row(txn, key_of_ref(&key, ref), find_place(draft, &chunk, place))) {
        return false;
    }
    if (last != NULL) {
        *last = chunk;
    }
    return true;
}

/* --- changing --- */

static void set_waits(uint8_t *value, unsigned place)
{
    store_u64(value, load_u64(value) | bit_of(place));
}

void chunk_add(struct txn *txn, const struct draft *draft, const struct refusal *would_refuse,
               struct buf *memory)
{
    const struct draft_ref ref = {draft->sequence, draft->leaf};
    struct chunk_key key;
    uint8_t *value;
    size_t size_at;

    assert(draft->batch + draft->leaf == draft->sequence);
    buf_clear(memory);
    if (place_of(ref) == 0) {
        buf_put_u64(memory, 0);
        buf_put_u64(memory, draft->batch);
        buf_put_u64(memory, draft->unix_ms);
    }
    size_at = memory->size;
    buf_put_u32(memory, 0);
    buf_put_u32(memory, draft->kind);
    put_refusal(memory, would_refuse);
    buf_put_u8(memory, (uint8_t)draft->id.size);
    buf_append_bytes(memory, draft->id);
    buf_append_bytes(memory, draft->body);
    store_u32(memory->data + size_at, (uint32_t)(memory->size - size_at - sizeof(uint32_t)));
    value = txn_append(txn, SPACE_LOCAL, key_of_ref(&key, ref), buf_bytes(memory));
    assert(load_u64(value + WAITS_BYTES) == draft->batch);
    set_waits(value, place_of(ref));
}

void chunk_drop(struct txn *txn, struct draft_ref ref)
{
    struct chunk_key key;
    uint8_t *value = txn_change(txn, SPACE_LOCAL, key_of_ref(&key, ref));
    uint64_t waits;

    if (value == NULL) {
        return;
    }
    waits = load_u64(value) & ~bit_of(place_of(ref));
    store_u64(value, waits);
    if (waits == 0) {
        txn_delete(txn, SPACE_LOCAL, key_of_ref(&key, ref));
    }
}

/* --- all of them --- */

struct listing {
    struct txn *txn;
    uint64_t from;
    bool (*visit)(void *arg, const struct draft *draft);
    void *arg;
};

static bool visit_chunk(void *arg, struct bytes key, struct bytes value)
{
    const struct listing *listing = arg;
    struct draft draft;
    struct chunk chunk;
    bool whole =
        key.size == sizeof(struct chunk_key) && chunk_read(&chunk, load_u64(key.data + 1), value);

    while (whole && has_more(&chunk)) {
        const struct bytes row = take_draft(&chunk);

        if (chunk.next > CHUNK_DRAFTS || !parse_draft(&draft, &chunk, row)) {
            whole = false;
        } else if ((chunk.waits & bit_of(chunk.next - 1)) != 0 && draft.sequence >= listing->from &&
                   !listing->visit(listing->arg, &draft)) {
            return false;
        }
    }
    return txn_check_row(listing->txn, key, whole && reader_ok(&chunk.drafts));
}

void chunk_each_from(struct txn *txn, uint64_t sequence,
                     bool (*visit)(void *arg, const struct draft *draft), void *arg)
{
    const uint64_t before = CHUNK_DRAFTS - 1; /* where the row of that one may begin */
    const uint8_t letter = LOCAL_DRAFT;
    struct listing listing = {txn, sequence, visit, arg};
    struct chunk_key key;
    struct err err;

    (void)txn_scan_from(txn, SPACE_LOCAL, bytes_of(&letter, 1),
                        key_of(&key, sequence > before ? sequence - before : 0), visit_chunk,
                        &listing, &err);
}
