#include "proto/block.h"
#include "proto/array.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <zstd.h>

enum {
    COMPRESS_BYTES_MIN = 128,
    COMPRESS_LEVEL = 1,
    ROOT_BYTES = HASH_SIZE + 2, /* what a header takes more when its one entry is compressed */
    ENTRY_BYTES_MIN = 4,        /* four varints and an empty body */
};

/* --- header --- */

static unsigned flags_of(const struct block_header *header)
{
    unsigned flags = header->audience.kind == AUDIENCE_TREE ? BLOCK_TREE : 0;

    flags |= division_equal(header->audience.division, header->author) ? 0 : BLOCK_OTHER_DIVISION;
    flags |= hash_equal(&header->aud_prev, &header->prev_hash) ? 0 : BLOCK_OTHER_AUD_PREV;
    flags |= header->count == 1 ? 0 : BLOCK_MANY;
    return flags | (header->codec == CODEC_ZSTD ? BLOCK_ZSTD : 0);
}

static void put_division(struct buf *buf, struct division division)
{
    const struct bytes code = bytes_text(division.code);

    buf_put_u8(buf, (uint8_t)code.size);
    buf_append_bytes(buf, code);
}

void block_header_write(struct buf *buf, const struct block_header *header)
{
    const unsigned flags = flags_of(header);

    buf_put_u8(buf, header->version);
    buf_put_u8(buf, (uint8_t)header->suite);
    buf_put_u8(buf, (uint8_t)flags);
    put_division(buf, header->author);
    if ((flags & BLOCK_OTHER_DIVISION) != 0) {
        put_division(buf, header->audience.division);
    }
    buf_put_varint(buf, header->epoch);
    buf_put_varint(buf, header->first_lsn);
    if ((flags & BLOCK_MANY) != 0) {
        buf_put_varint(buf, header->count);
    }
    buf_put_varint(buf, header->aud_seq);
    if ((flags & BLOCK_ZSTD) != 0) {
        buf_put_varint(buf, header->raw_size);
    }
    buf_put_varint(buf, header->time_ms);
    buf_append(buf, header->prev_hash.at, HASH_SIZE);
    if ((flags & BLOCK_OTHER_AUD_PREV) != 0) {
        buf_append(buf, header->aud_prev.at, HASH_SIZE);
    }
    if (!block_implies_root(header)) {
        buf_append(buf, header->entries_root.at, HASH_SIZE);
    }
    buf_append(buf, header->state_digest.at, HASH_SIZE);
    buf_append(buf, header->body_hash.at, HASH_SIZE);
}

/* A number that does not fit is past every bound that is asked about afterwards. */
static uint32_t read_u32(struct reader *reader)
{
    const uint64_t number = reader_varint(reader);

    return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

static struct division read_division(struct reader *reader)
{
    struct division division;

    if (!division_parse(&division, reader_bytes(reader, reader_u8(reader)))) {
        reader->failed = true;
    }
    return division;
}

static void read_numbers(struct reader *reader, unsigned flags, struct block_header *header)
{
    const uint64_t epoch = reader_varint(reader);

    header->epoch = epoch > UINT32_MAX ? 0 : (uint32_t)epoch;
    header->first_lsn = reader_varint(reader);
    header->count = (flags & BLOCK_MANY) != 0 ? read_u32(reader) : 1;
    header->aud_seq = reader_varint(reader);
    header->raw_size = (flags & BLOCK_ZSTD) != 0 ? read_u32(reader) : 0;
    header->time_ms = reader_varint(reader);
}

static void read_hashes(struct reader *reader, unsigned flags, struct block_header *header)
{
    reader_copy(reader, header->prev_hash.at, HASH_SIZE);
    header->aud_prev = header->prev_hash;
    if ((flags & BLOCK_OTHER_AUD_PREV) != 0) {
        reader_copy(reader, header->aud_prev.at, HASH_SIZE);
    }
    header->entries_root = HASH_ZERO;
    if (!block_implies_root(header)) {
        reader_copy(reader, header->entries_root.at, HASH_SIZE);
    }
    reader_copy(reader, header->state_digest.at, HASH_SIZE);
    reader_copy(reader, header->body_hash.at, HASH_SIZE);
}

static void read_header(struct reader *reader, unsigned flags, struct block_header *header)
{
    header->codec = (flags & BLOCK_ZSTD) != 0 ? CODEC_ZSTD : CODEC_RAW;
    header->audience.kind = (flags & BLOCK_TREE) != 0 ? AUDIENCE_TREE : AUDIENCE_LINE;
    header->author = read_division(reader);
    header->audience.division =
        (flags & BLOCK_OTHER_DIVISION) != 0 ? read_division(reader) : header->author;
    read_numbers(reader, flags, header);
    read_hashes(reader, flags, header);
}

static enum status check_header(const struct block_header *header, unsigned flags, struct err *err)
{
    if (flags != flags_of(header)) {
        return err_set(err, ERR_MALFORMED, "block_part_not_left_out flags=%u", flags);
    }
    if (header->count == 0) {
        return err_set(err, ERR_MALFORMED, "block_empty lsn=%" PRIu64, header->first_lsn);
    }
    if (header->count > BLOCK_ENTRIES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "block_entries_over count=%u max=%d", header->count,
                       BLOCK_ENTRIES_MAX);
    }
    if (header->raw_size > BLOCK_RAW_BYTES_MAX || header->body_size > BLOCK_RAW_BYTES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "block_bytes_over bytes=%u raw=%u max=%d",
                       header->body_size, header->raw_size, BLOCK_RAW_BYTES_MAX);
    }
    if (header->first_lsn == 0 || header->first_lsn > UINT64_MAX - BLOCK_ENTRIES_MAX ||
        header->aud_seq == 0 || header->epoch == 0) {
        return err_set(err, ERR_MALFORMED, "block_position_invalid lsn=%" PRIu64,
                       header->first_lsn);
    }
    return OK;
}

enum status block_parse(struct block_view *out, struct bytes whole, struct err *err)
{
    struct reader reader = reader_of(whole);
    struct block_header *header = &out->header;
    unsigned flags;

    if (whole.size < BLOCK_HEADER_BYTES_MIN + SIGNATURE_SIZE) {
        return err_set(err, ERR_MALFORMED, "block_short bytes=%zu", whole.size);
    }
    if (whole.size > BLOCK_BYTES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "block_long bytes=%zu max=%d", whole.size,
                       BLOCK_BYTES_MAX);
    }
    header->version = reader_u8(&reader);
    header->suite = reader_u8(&reader);
    flags = reader_u8(&reader);
    if (header->version != BLOCK_VERSION || header->suite != SUITE_ED25519_BLAKE2B) {
        return err_set(err, ERR_NEEDS_UPGRADE, "block_version_unknown version=%u suite=%u",
                       header->version, (unsigned)header->suite);
    }
    read_header(&reader, flags, header);
    out->whole = whole;
    out->header_bytes = bytes_of(whole.data, whole.size - reader_left(&reader));
    reader_copy(&reader, out->signature.at, SIGNATURE_SIZE);
    out->body = reader_bytes(&reader, reader_left(&reader));
    if (!reader_ok(&reader)) {
        return err_set(err, ERR_MALFORMED, "block_header_unreadable bytes=%zu", whole.size);
    }
    header->body_size = (uint32_t)out->body.size;
    header->raw_size = header->codec == CODEC_RAW ? header->body_size : header->raw_size;
    return check_header(header, flags, err);
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
    buf_put_varint(buf, group->time_ms);
    buf_put_varint(buf, group->first_entry);
    buf_put_varint(buf, group->count);
    buf_put_varint(buf, group->first_leaf);
    buf_put_varint(buf, group->leaf_count);
    buf_put_varint(buf, group->proof_count);
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

enum status block_lone_entry(struct entry *out, const struct block_view *block, struct err *err)
{
    struct reader reader = reader_of(block->body);
    const uint32_t entries_size = reader_u32(&reader);
    struct reader entries = reader_of(reader_bytes(&reader, entries_size));

    assert(block_implies_root(&block->header));
    out->lsn = block->header.first_lsn;
    return reader_ok(&reader) && read_entry(&entries, out) && reader_done(&entries)
               ? OK
               : err_set(err, ERR_MALFORMED, "block_entry_unreadable lsn=%" PRIu64, out->lsn);
}

static bool read_group(struct reader *reader, struct approval_group *group, uint32_t entries)
{
    group->suite = reader_u8(reader);
    group->role = reader_u8(reader);
    reader_copy(reader, group->key.at, PUBLIC_KEY_SIZE);
    reader_copy(reader, group->signature.at, SIGNATURE_SIZE);
    group->time_ms = reader_varint(reader);
    group->first_entry = read_u32(reader);
    group->count = read_u32(reader);
    group->first_leaf = read_u32(reader);
    group->leaf_count = read_u32(reader);
    group->proof_count = read_u32(reader);
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
        return err_set(err, ERR_MALFORMED, "block_entries_bytes count=%u bytes=%u", header->count,
                       entries_size);
    }
    grow(out, header->count);
    for (out->count = 0; out->count < header->count; out->count++) {
        struct entry *entry = &out->entries[out->count];
        entry->lsn = header->first_lsn + out->count;
        if (!read_entry(&entries, entry)) {
            return err_set(err, ERR_MALFORMED, "block_bad_entry index=%zu", out->count);
        }
    }
    return reader_done(&entries)
               ? OK
               : err_set(err, ERR_MALFORMED, "block_more_entries count=%u", header->count);
}

static enum status read_groups(struct block_body *out, struct reader *reader, struct err *err)
{
    out->group_count = 0;
    while (reader_left(reader) > 0) {
        if (out->group_count == BLOCK_GROUPS_MAX) {
            return err_set(err, ERR_TOO_LARGE, "block_groups max=%d", BLOCK_GROUPS_MAX);
        }
        ARRAY_ROOM(out->groups, out->group_count, out->group_capacity);
        if (!read_group(reader, &out->groups[out->group_count], (uint32_t)out->count)) {
            return err_set(err, ERR_MALFORMED, "block_bad_group index=%zu", out->group_count);
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
        return err_set(err, ERR_MALFORMED, "block_unpack bytes=%u", header->raw_size);
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
        const size_t gain = header->count == 1 ? ROOT_BYTES : 1;

        buf_reserve(body, raw.size);
        size = ZSTD_compressCCtx(compressor(), body->data, raw.size - gain, raw.data, raw.size,
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
