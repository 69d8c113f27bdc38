#include "proto/bytes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void *checked(void *memory, size_t size)
{
    if (memory == NULL && size != 0) {
        (void)fprintf(stderr, "out of memory: %zu bytes\n", size);
        abort();
    }
    return memory;
}

void *mem_zalloc(size_t size)
{
    return checked(calloc(1, size), size);
}

void *mem_realloc(void *memory, size_t size)
{
    return checked(realloc(memory, size), size);
}

void mem_free(void *memory)
{
    free(memory);
}

char *mem_strdup(const char *text)
{
    const size_t size = strlen(text) + 1;

    return memcpy(mem_zalloc(size), text, size);
}

struct bytes bytes_trim(struct bytes text)
{
    while (text.size > 0 && text.data[0] == ' ') {
        text = bytes_of(text.data + 1, text.size - 1);
    }
    while (text.size > 0 && text.data[text.size - 1] == ' ') {
        text.size--;
    }
    return text;
}

int bytes_compare(struct bytes a, struct bytes b)
{
    const size_t common = a.size < b.size ? a.size : b.size;
    const int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

    if (order != 0) {
        return order;
    }
    return a.size < b.size ? -1 : a.size > b.size;
}

void buf_free(struct buf *buf)
{
    mem_free(buf->data);
    *buf = BUF_EMPTY;
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
}

void buf_reserve(struct buf *buf, size_t more)
{
    size_t capacity = buf->capacity;

    assert(more <= SIZE_MAX / 2 - buf->size);
    if (buf->size + more <= capacity) {
        return;
    }
    if (capacity == 0) {
        capacity = 64;
    }
    while (capacity < buf->size + more) {
        capacity *= 2;
    }
    buf->data = mem_realloc(buf->data, capacity);
    buf->capacity = capacity;
}

void buf_append(struct buf *buf, const void *data, size_t size)
{
    if (size == 0) {
        return;
    }
    buf_reserve(buf, size);
    memcpy(buf->data + buf->size, data, size);
    buf->size += size;
}

void buf_put_u8(struct buf *buf, uint8_t value)
{
    buf_append(buf, &value, 1);
}

void buf_put_u16(struct buf *buf, uint16_t value)
{
    const uint8_t raw[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    buf_append(buf, raw, sizeof raw);
}

void buf_put_u32(struct buf *buf, uint32_t value)
{
    const uint8_t raw[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                            (uint8_t)value};

    buf_append(buf, raw, sizeof raw);
}

void buf_put_u64(struct buf *buf, uint64_t value)
{
    uint8_t raw[8];

    store_u64(raw, value);
    buf_append(buf, raw, sizeof raw);
}

void buf_put_varint(struct buf *buf, uint64_t value)
{
    uint8_t raw[10];
    size_t size = 0;

    while (value >= 0x80) {
        raw[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    raw[size++] = (uint8_t)value;
    buf_append(buf, raw, size);
}

static const uint8_t *take(struct reader *reader, size_t size)
{
    const uint8_t *at = reader->at;

    if (reader->failed || reader_left(reader) < size) {
        reader->failed = true;
        return NULL;
    }
    reader->at += size;
    return at;
}

uint8_t reader_u8(struct reader *reader)
{
    const uint8_t *at = take(reader, 1);

    return at == NULL ? 0 : at[0];
}

uint16_t reader_u16(struct reader *reader)
{
    const uint8_t *at = take(reader, 2);

    if (at == NULL) {
        return 0;
    }
    return (uint16_t)((unsigned)at[0] << 8 | at[1]);
}

uint32_t reader_u32(struct reader *reader)
{
    const uint8_t *at = take(reader, 4);

    return at == NULL
               ? 0
               : (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint64_t reader_u64(struct reader *reader)
{
    const uint8_t *at = take(reader, 8);

    return at == NULL ? 0 : load_u64(at);
}

uint64_t reader_varint(struct reader *reader)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t *at = take(reader, 1);
        if (at == NULL) {
            return 0;
        }
        value |= (uint64_t)(*at & 0x7f) << shift;
        if ((*at & 0x80) == 0) {
            if ((*at == 0 && shift != 0) || (shift == 63 && *at > 1)) {
                break; /* a zero tail or an eleventh bit says the same number another way */
            }
            return value;
        }
    }
    reader->failed = true;
    return 0;
}

struct bytes reader_bytes(struct reader *reader, size_t size)
{
    const uint8_t *at = take(reader, size);

    return at == NULL ? BYTES_NONE : bytes_of(at, size);
}

void reader_copy(struct reader *reader, void *out, size_t size)
{
    const uint8_t *at = take(reader, size);

    if (at == NULL) {
        memset(out, 0, size);
    } else {
        memcpy(out, at, size);
    }
}

void hex_encode(char *out, const void *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *at = data;

    for (size_t i = 0; i < size; i++) {
        *out++ = digits[at[i] >> 4];
        *out++ = digits[at[i] & 15];
    }
    *out = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(void *out, size_t size, const char *text)
{
    uint8_t *at = out;

    if (strlen(text) != 2 * size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        const int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        at[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* Length of the sequence that `lead` opens, 0 when it opens none; *low is the least second byte. */
static size_t utf8_length(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        *low = lead == 0xe0 ? 0xa0 : 0x80;
        *high = lead == 0xed ? 0x9f : 0xbf; /* surrogates are not characters */
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *low = lead == 0xf0 ? 0x90 : 0x80;
        *high = lead == 0xf4 ? 0x8f : 0xbf;
        return 4;
    }
    return 0;
}

bool utf8_valid(struct bytes text)
{
    size_t i = 0;

    while (i < text.size) {
        const uint8_t lead = text.data[i];
        uint8_t low, high;
        size_t length;

        if (lead - 1U < 0x7f) { /* ASCII but NUL */
            i++;
            continue;
        }
        if (lead - 0xe1U <= 0xec - 0xe1 && text.size - i >= 3 && /* most of Chinese */
            (text.data[i + 1] & 0xc0) == 0x80 && (text.data[i + 2] & 0xc0) == 0x80) {
            i += 3;
            continue;
        }
        length = utf8_length(lead, &low, &high);
        if (length == 0 || length > text.size - i || lead == 0) {
            return false;
        }
        for (size_t k = 1; k < length; k++) {
            const uint8_t c = text.data[i + k];
            if (c < (k == 1 ? low : 0x80) || c > (k == 1 ? high : 0xbf)) {
                return false;
            }
        }
        i += length;
    }
    return true;
}

bool text_plain(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];
        const bool c1 = c == 0xc2 && i + 1 < text.size && text.data[i + 1] < 0xa0;
        if (c < 0x20 || c == 0x7f || c1) {
            return false;
        }
    }
    return utf8_valid(text);
}
