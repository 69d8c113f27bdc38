#include "proto/block.h"

#include <assert.h>
#include <pthread.h>
#include <zstd.h>

enum {
    COMPRESS_BYTES_MIN = 128,
    COMPRESS_LEVEL = 1,
    ENTRY_BYTES_MIN = 4, /* four varints and an empty body */
};

/* --- header --- */

void block_header_write(struct buf *buf, const struct block_header *header)
{
    const size_t before = buf->size;

    buf_put_u8(buf, header->version);
    buf_put_u8(buf, (uint8_t)header->suite);
    buf_put_u8(buf, (uint8_t)header->codec);
    buf_put_u8(buf, (uint8_t)header->audience.kind);
    division_write(buf, header->audience.division);
    buf_append(buf, header->tree.at, HASH_SIZE);
    buf_append(buf, header->key_id.at, KEY_ID_SIZE);
    division_write(buf, header->author);
    buf_put_u32(buf, header->epoch);
    buf_put_u32(buf, header->count);
    buf_put_u64(buf, header->first_lsn);
    buf_put_u64(buf, header->aud_seq);
    buf_append(buf, header->prev_hash.at, HASH_SIZE);
    buf_append(buf, header->aud_prev.at, HASH_SIZE);
    buf_append(buf, header->entries_root.at, HASH_SIZE);
    buf_append(buf, header->state_digest.at, HASH_SIZE);
    buf_put_u32(buf, header->raw_size);
    buf_put_u32(buf, header->body_size);
    buf_append(buf, header->body_hash.at, HASH_SIZE);
    buf_put_u64(buf, header->time_ms);
    assert(buf->size - before == BLOCK_HEADER_SIZE);
}

static enum status check_header(const struct block_header *header, uint8_t audience_kind,
                                struct err *err)
{
    if (audience_kind != AUDIENCE_LINE && audience_kind != AUDIENCE_TREE) {
        return err_set(err, ERR_MALFORMED, "block: audience %u", audience_kind);
    }
    if (header->codec != CODEC_RAW && header->codec != CODEC_ZSTD) {
        return err_set(err, ERR_NEEDS_UPGRADE, "block: codec %u", (unsigned)header->codec);
    }
    if (header->count == 0) {
        return err_set(err, ERR_MALFORMED, "block: no entries");
    }
    if (header->count > BLOCK_ENTRIES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "block: %u entries", header->count);
    }
    if (header->raw_size > BLOCK_RAW_BYTES_MAX || header->body_size > BLOCK_RAW_BYTES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "block: %u bytes, %u raw", header->body_size,
                       header->raw_size);
    }
    if (header->codec == CODEC_RAW && header->raw_size != header->body_size) {
        return err_set(err, ERR_MALFORMED, "block: raw and body sizes differ");
    }
    if (header->first_lsn == 0 || header->first_lsn > UINT64_MAX - BLOCK_ENTRIES_MAX ||
        header->aud_seq == 0 || header->epoch == 0) {
        return err_set(err, ERR_MALFORMED, "block: a position of zero");
    }
    return OK;
}

enum status block_parse(struct block_view *out, struct bytes whole, struct err *err)
{
    struct reader reader = reader_of(whole);
    struct block_header *header = &out->header;
    uint8_t audience_kind;
    enum status status;

    if (whole.size < BLOCK_OVERHEAD) {
        return err_set(err, ERR_MALFORMED, "block: %zu bytes are too few", whole.size);
    }
    if (whole.size > BLOCK_BYTES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "block: %zu bytes", whole.size);
    }
    header->version = reader_u8(&reader);
    header->suite = reader_u8(&reader);
    if (header->version != BLOCK_VERSION || header->suite != SUITE_ED25519_BLAKE2B) {
        return err_set(err, ERR_NEEDS_UPGRADE, "block: version %u, suite %u", header->version,
                       (unsigned)header->suite);
    }
    header->codec = reader_u8(&reader);
    audience_kind = reader_u8(&reader);
    header->audience.kind = audience_kind;
    header->audience.division = division_read(&reader);
    reader_copy(&reader, header->tree.at, HASH_SIZE);
    reader_copy(&reader, header->key_id.at, KEY_ID_SIZE);
    header->author = division_read(&reader);
    header->epoch = reader_u32(&reader);
    header->count = reader_u32(&reader);
    header->first_lsn = reader_u64(&reader);
    header->aud_seq = reader_u64(&reader);
    reader_copy(&reader, header->prev_hash.at, HASH_SIZE);
    reader_copy(&reader, header->aud_prev.at, HASH_SIZE);
    reader_copy(&reader, header->entries_root.at, HASH_SIZE);
    reader_copy(&reader, header->state_digest.at, HASH_SIZE);
    header->raw_size = reader_u32(&reader);
    header->body_size = reader_u32(&reader);
    reader_copy(&reader, header->body_hash.at, HASH_SIZE);
    header->time_ms = reader_u64(&reader);
    if (!reader_ok(&reader)) {
        return err_set(err, ERR_MALFORMED, "block: a division code is not one");
    }
    status = check_header(header, audience_kind, err);
    if (status != OK) {
        return status;
    }
    out->whole = whole;
    out->header_bytes = bytes_of(whole.data, BLOCK_HEADER_SIZE);
    reader_copy(&reader, out->signature.at, SIGNATURE_SIZE);
    out->body = reader_bytes(&reader, header->body_size);
    if (!reader_done(&reader)) {
        return err_set(err, ERR_MALFORMED, "block: %zu bytes for a body of %u", whole.size,
                       header->body_size);
    }
    return OK;
}

/* --- entries and groups --- */

void entry_write(struct buf *buf, const struct entry *entry)
{
    assert(entry->body.size <= ENTRY_BODY_BYTES_MAX);
    buf_reserve(buf, entry->body.size + 32);
    buf_put_varint(buf, entry->kind);
    buf_put_varint(buf, entry->format);
    buf_put_varint(buf, entry->time_ms);
    buf_put_varint(buf, entry->body.size);
    buf_append_bytes(buf, entry->body);
}

void group_write(struct buf *buf, const struct approval_group *group)
{
    assert(group->proof_count <= GROUP_PROOF_MAX);
    buf_put_u8(buf, (uint8_t)group->suite);
    buf_put_u8(buf, (uint8_t)group->role);
    buf_append(buf, group->key.at, PUBLIC_KEY_SIZE);
    buf_append(buf, group->signature.at, SIGNATURE_SIZE);
    buf_put_u32(buf, group->first_entry);
    buf_put_u32(buf, group->count);
    buf_put_u32(buf, group->first_leaf);
    buf_put_u32(buf, group->leaf_count);
    buf_put_u32(buf, group->proof_count);
    buf_append(buf, group->proof, group->proof_count * sizeof *group->proof);
}

static bool read_entry(struct reader *reader, struct entry *entry)
{
    const uint64_t kind = reader_varint(reader), format = reader_varint(reader);
    uint64_t size;

    entry->time_ms = reader_varint(reader);
    size = reader_varint(reader);
    if (kind == 0 || kind > UINT32_MAX || format > UINT32_MAX || size > ENTRY_BODY_BYTES_MAX) {
        return false;
    }
    entry->kind = (uint32_t)kind;
    entry->format = (uint32_t)format;
    entry->body = reader_bytes(reader, (size_t)size);
    return reader_ok(reader);
}

static bool read_group(struct reader *reader, struct approval_group *group, uint32_t entries)
{
    group->suite = reader_u8(reader);
    group->role = reader_u8(reader);
    reader_copy(reader, group->key.at, PUBLIC_KEY_SIZE);
    reader_copy(reader, group->signature.at, SIGNATURE_SIZE);
    group->first_entry = reader_u32(reader);
    group->count = reader_u32(reader);
    group->first_leaf = reader_u32(reader);
    group->leaf_count = reader_u32(reader);
    group->proof_count = reader_u32(reader);
    if (!reader_ok(reader) || group->suite == 0 ||
        (group->role != ROLE_MAKER && group->role != ROLE_CHECKER) || group->count == 0 ||
        group->count > entries || group->first_entry > entries - group->count ||
        group->leaf_count > GROUP_LEAVES_MAX || group->count > group->leaf_count ||
        group->first_leaf > group->leaf_count - group->count ||
        group->proof_count > GROUP_PROOF_MAX) {
        return false;
    }
    group->proof =
        (const struct hash *)reader_bytes(reader, group->proof_count * sizeof(struct hash)).data;
    return reader_ok(reader);
}

static void grow(struct block_body *out, size_t entries)
{
    if (out->capacity < entries) {
        out->entries = mem_realloc(out->entries, entries * sizeof *out->entries);
        out->capacity = entries;
    }
}

static enum status read_entries(struct block_body *out, const struct block_header *header,
                                struct reader *reader, struct err *err)
{
    const uint32_t entries_size = reader_u32(reader);
    struct reader entries = reader_of(reader_bytes(reader, entries_size));

    if (!reader_ok(reader) || entries_size / ENTRY_BYTES_MIN < header->count) {
        return err_set(err, ERR_MALFORMED, "block body: %u entries of %u bytes", header->count,
                       entries_size);
    }
    grow(out, header->count);
    for (out->count = 0; out->count < header->count; out->count++) {
        struct entry *entry = &out->entries[out->count];
        entry->lsn = header->first_lsn + out->count;
        if (!read_entry(&entries, entry)) {
            return err_set(err, ERR_MALFORMED, "block body: entry %zu", out->count);
        }
    }
    return reader_done(&entries)
               ? OK
               : err_set(err, ERR_MALFORMED, "block body: more than %u entries", header->count);
}

static enum status read_groups(struct block_body *out, struct reader *reader, struct err *err)
{
    out->group_count = 0;
    while (reader_left(reader) > 0) {
        if (out->group_count == BLOCK_GROUPS_MAX) {
            return err_set(err, ERR_TOO_LARGE, "block body: more than %d groups", BLOCK_GROUPS_MAX);
        }
        if (out->group_count == out->group_capacity) {
            out->group_capacity = out->group_capacity == 0 ? 4 : 2 * out->group_capacity;
            out->groups = mem_realloc(out->groups, out->group_capacity * sizeof *out->groups);
        }
        if (!read_group(reader, &out->groups[out->group_count], (uint32_t)out->count)) {
            return err_set(err, ERR_MALFORMED, "block body: group %zu", out->group_count);
        }
        out->group_count++;
    }
    return OK;
}

/* --- compression: contexts are kept by thread, so that the hot path allocates none --- */

struct contexts {
    ZSTD_CCtx *compress;
    ZSTD_DCtx *decompress;
};

static _Thread_local struct contexts contexts;
static pthread_key_t contexts_key; /* only for its destructor: threads come and go */
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

static void free_contexts(void *mine)
{
    struct contexts *ended = mine;

    (void)ZSTD_freeCCtx(ended->compress);
    (void)ZSTD_freeDCtx(ended->decompress);
    *ended = (struct contexts){NULL, NULL};
}

static void make_contexts_key(void)
{
    const int failed = pthread_key_create(&contexts_key, free_contexts);

    assert(failed == 0);
    (void)failed;
}

static void free_contexts_at_exit(void)
{
    (void)pthread_once(&contexts_once, make_contexts_key);
    (void)pthread_setspecific(contexts_key, &contexts);
}

static ZSTD_CCtx *compressor(void)
{
    if (contexts.compress == NULL) {
        contexts.compress = ZSTD_createCCtx();
        assert(contexts.compress != NULL);
        free_contexts_at_exit();
    }
    return contexts.compress;
}

static ZSTD_DCtx *decompressor(void)
{
    if (contexts.decompress == NULL) {
        contexts.decompress = ZSTD_createDCtx();
        assert(contexts.decompress != NULL);
        free_contexts_at_exit();
    }
    return contexts.decompress;
}

/* One frame and nothing behind it: zstd itself would read several on end. Exactly raw_size. */
static bool decompress(struct buf *raw, const struct block_view *block)
{
    const uint32_t raw_size = block->header.raw_size;
    size_t size;

    if (ZSTD_findFrameCompressedSize(block->body.data, block->body.size) != block->body.size) {
        return false;
    }
    buf_reserve(raw, (size_t)raw_size + 1);
    size = ZSTD_decompressDCtx(decompressor(), raw->data, raw_size, block->body.data,
                               block->body.size);
    if (ZSTD_isError(size) || size != raw_size) {
        return false;
    }
    raw->size = size;
    return true;
}

enum status block_body_read(struct block_body *out, const struct block_view *block, struct err *err)
{
    const struct block_header *header = &block->header;
    struct reader reader;
    enum status status;

    out->count = out->group_count = 0;
    buf_clear(&out->raw);
    if (header->codec == CODEC_RAW) {
        buf_append_bytes(&out->raw, block->body);
    } else if (!decompress(&out->raw, block)) {
        return err_set(err, ERR_MALFORMED, "block body: does not decompress to %u bytes",
                       header->raw_size);
    }
    reader = reader_of(buf_bytes(&out->raw));
    status = read_entries(out, header, &reader, err);
    return status == OK ? read_groups(out, &reader, err) : status;
}

void block_body_free(struct block_body *body)
{
    buf_free(&body->raw);
    mem_free(body->entries);
    mem_free(body->groups);
    *body = BLOCK_BODY_EMPTY;
}

void block_body_write(struct buf *body, struct block_header *header, struct bytes entries,
                      struct bytes groups)
{
    struct buf raw = BUF_EMPTY;
    size_t size;

    buf_reserve(&raw, 4 + entries.size + groups.size);
    buf_put_u32(&raw, (uint32_t)entries.size);
    buf_append_bytes(&raw, entries);
    buf_append_bytes(&raw, groups);
    assert(raw.size <= BLOCK_RAW_BYTES_MAX);
    header->raw_size = (uint32_t)raw.size;
    header->codec = CODEC_RAW;
    buf_clear(body);
    if (raw.size >= COMPRESS_BYTES_MIN) {
        buf_reserve(body, raw.size);
        size = ZSTD_compressCCtx(compressor(), body->data, raw.size - 1, raw.data, raw.size,
                                 COMPRESS_LEVEL);
        if (!ZSTD_isError(size)) { /* it fails when it would not get smaller */
            body->size = size;
            header->codec = CODEC_ZSTD;
        }
    }
    if (header->codec == CODEC_RAW) {
        buf_append_bytes(body, buf_bytes(&raw));
    }
    header->body_size = (uint32_t)body->size;
    buf_free(&raw);
}
