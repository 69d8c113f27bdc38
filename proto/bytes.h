/* bytes - views, growing buffers, and a reader that cannot run past the end.
 *
 * Integers are big-endian, so that an encoded key sorts as its number does.
 * A reader remembers its first failure: read a whole structure, then ask reader_ok() once.
 *
 * Owns: a buf owns its memory; bytes and reader borrow. Thread: any, one at a time. */
#ifndef TERRACE_PROTO_BYTES_H
#define TERRACE_PROTO_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Memory. Both abort when there is none: the store is crash-safe, half-handled shortage is not. */
void *mem_zalloc(size_t size) __attribute__((malloc));
void *mem_realloc(void *memory, size_t size);
void mem_free(void *memory); /* NULL is fine */
char *mem_strdup(const char *text);

struct bytes {
    const uint8_t *data;
    size_t size;
};

#define BYTES_NONE ((struct bytes){NULL, 0})
static inline struct bytes bytes_of(const void *data, size_t size)
{
    return (struct bytes){data, size};
}
static inline struct bytes bytes_text(const char *text)
{
    return bytes_of(text, strlen(text));
}
/* Without the blanks at both ends. */
struct bytes bytes_trim(struct bytes text);
static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
/* As memcmp, a shorter one that is a prefix first. */
int bytes_compare(struct bytes a, struct bytes b);
/* For tables in memory. Whoever does not know the seed cannot choose bytes that collide. */
uint64_t bytes_hash(struct bytes bytes, uint64_t seed);

struct buf {
    uint8_t *data;
    size_t size, capacity;
};

#define BUF_EMPTY ((struct buf){NULL, 0, 0})
void buf_free(struct buf *buf);  /* leaves it empty and usable */
void buf_clear(struct buf *buf); /* keeps the memory */
void buf_reserve(struct buf *buf, size_t more);
void buf_append(struct buf *buf, const void *data, size_t size);
void buf_put_u8(struct buf *buf, uint8_t value);
void buf_put_u16(struct buf *buf, uint16_t value);
void buf_put_u32(struct buf *buf, uint32_t value);
void buf_put_u64(struct buf *buf, uint64_t value);
void buf_put_varint(struct buf *buf, uint64_t value); /* LEB128, as protobuf */
static inline struct bytes buf_bytes(const struct buf *buf)
{
    return bytes_of(buf->data, buf->size);
}
static inline void buf_append_bytes(struct buf *buf, struct bytes bytes)
{
    buf_append(buf, bytes.data, bytes.size);
}

struct reader {
    const uint8_t *at, *end;
    bool failed;
};

static inline struct reader reader_of(struct bytes bytes)
{
    const uint8_t *end = bytes.size == 0 ? bytes.data : bytes.data + bytes.size;
    return (struct reader){bytes.data, end, false};
}
static inline size_t reader_left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->at);
}
/* True when nothing failed; reader_done also wants everything consumed. */
static inline bool reader_ok(const struct reader *reader)
{
    return !reader->failed;
}
static inline bool reader_done(const struct reader *reader)
{
    return !reader->failed && reader->at == reader->end;
}
static inline uint64_t load_u64(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof value);
    return be64toh(value);
}
static inline void store_u64(uint8_t *at, uint64_t value)
{
    const uint64_t big = htobe64(value);

    memcpy(at, &big, sizeof big);
}
static inline uint32_t load_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return be32toh(value);
}
static inline void store_u32(uint8_t *at, uint32_t value)
{
    const uint32_t big = htobe32(value);

    memcpy(at, &big, sizeof big);
}

/* The next `size` bytes; NULL, and a failed reader, when there are fewer. */
static inline const uint8_t *reader_take(struct reader *reader, size_t size)
{
    const uint8_t *at = reader->at;

    if (reader->failed || reader_left(reader) < size) {
        reader->failed = true;
        return NULL;
    }
    reader->at += size;
    return at;
}
/* After a failure these return zero or an empty view. */
static inline uint8_t reader_u8(struct reader *reader)
{
    const uint8_t *at = reader_take(reader, 1);

    return at == NULL ? 0 : at[0];
}
static inline uint16_t reader_u16(struct reader *reader)
{
    const uint8_t *at = reader_take(reader, 2);

    return at == NULL ? 0 : (uint16_t)((unsigned)at[0] << 8 | at[1]);
}
static inline uint32_t reader_u32(struct reader *reader)
{
    const uint8_t *at = reader_take(reader, 4);
    uint32_t value = 0;

    if (at != NULL) {
        memcpy(&value, at, sizeof value);
    }
    return be32toh(value);
}
static inline uint64_t reader_u64(struct reader *reader)
{
    const uint8_t *at = reader_take(reader, 8);

    return at == NULL ? 0 : load_u64(at);
}
/* Refuses overlong forms. Most take a byte; keys of fields from 16 on, two. */
uint64_t reader_varint_long(struct reader *reader);
static inline uint64_t reader_varint(struct reader *reader)
{
    const uint8_t *at = reader->at;

    if (!reader->failed && at != reader->end && at[0] < 0x80) {
        reader->at = at + 1;
        return at[0];
    }
    if (!reader->failed && reader->end - at >= 2 && at[1] < 0x80 && at[1] != 0) {
        reader->at = at + 2;
        return (uint64_t)at[1] << 7 | (at[0] & 0x7f);
    }
    return reader_varint_long(reader);
}
static inline struct bytes reader_bytes(struct reader *reader, size_t size)
{
    const uint8_t *at = reader_take(reader, size);

    return at == NULL ? BYTES_NONE : bytes_of(at, size);
}
void reader_copy(struct reader *reader, void *out, size_t size); /* zeroes `out` on failure */

/* Lower-case hex, terminated; `out` holds 2 * size + 1. hex_decode wants exactly `size` bytes. */
void hex_encode(char *out, const void *data, size_t size);
bool hex_decode(void *out, size_t size, const char *text);

/* Well-formed UTF-8 without NUL. */
bool utf8_valid(struct bytes text);
/* ... and nothing in it that is not seen: no control character, no control of direction, no joiner,
 * no filler, no variation selector, no mark of width zero. What people read, names and endpoints
 * among it, is such text: so two texts that look alike are alike, but for letters that look alike.
 */
bool text_plain(struct bytes text);

#endif
