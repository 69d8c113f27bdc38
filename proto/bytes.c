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

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    const wide product = (wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load_word(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

/* The last word overlaps the one before it, so that none is put together byte by byte. */
uint64_t bytes_hash(struct bytes bytes, uint64_t seed)
{
    uint64_t hash = seed ^ bytes.size, word = 0;
    const uint8_t *at = bytes.data;
    size_t left = bytes.size;

    for (; left > 8; left -= 8, at += 8) {
        hash = mix(hash ^ load_word(at), UINT64_C(0x9e3779b97f4a7c15));
    }
    if (bytes.size >= 8) {
        word = load_word(at + left - 8);
    } else if (left != 0) {
        memcpy(&word, at, left);
    }
    return mix(hash ^ word, UINT64_C(0xd6e8feb86659fd93) ^ seed >> 1);
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

uint64_t reader_varint_long(struct reader *reader)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t *at = reader_take(reader, 1);
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

void reader_copy(struct reader *reader, void *out, size_t size)
{
    const uint8_t *at = reader_take(reader, size);

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

/* The length of the character that begins at `i`, and its code point; 0 when it is malformed. */
static size_t utf8_decode(struct bytes text, size_t i, uint32_t *point)
{
    static const uint8_t payload[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint8_t low, high;
    const size_t length = utf8_length(text.data[i], &low, &high);

    if (length == 0 || length > text.size - i) {
        return 0;
    }
    *point = text.data[i] & payload[length];
    for (size_t k = 1; k < length; k++) {
        const uint8_t c = text.data[i + k];

        if (c < (k == 1 ? low : 0x80) || c > (k == 1 ? high : 0xbf)) {
            return 0;
        }
        *point = *point << 6 | (c & 0x3f);
    }
    return length;
}

/* Three bytes from `first` to 0xec begin most of Chinese; they need no second look. */
static bool is_common(struct bytes text, size_t i, uint8_t first)
{
    const uint8_t lead = text.data[i];

    return lead >= first && lead <= 0xec && text.size - i >= 3 &&
           (text.data[i + 1] & 0xc0) == 0x80 && (text.data[i + 2] & 0xc0) == 0x80;
}

bool utf8_valid(struct bytes text)
{
    size_t length;

    for (size_t i = 0; i < text.size; i += length) {
        uint32_t point = 1;

        if (text.data[i] - 1U < 0x7f) { /* ASCII but NUL */
            length = 1;
            continue;
        }
        length = is_common(text, i, 0xe1) ? 3 : utf8_decode(text, i, &point);
        if (length == 0 || point == 0) {
            return false;
        }
    }
    return true;
}

/* What a reader does not see, obeyed by a terminal or a browser or not at all: controls of
 * direction, joiners, fillers, variation selectors, marks of width zero, tags (Unicode 15: category
 * Cf, what is Default_Ignorable, and the two separators). Ascending. */
static const struct {
    uint32_t first, last;
} invisible[] = {
    {0x80, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},
    {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},
    {0x8e2, 0x8e2},     {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
    {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
    {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
    {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

static bool is_invisible(uint32_t point)
{
    for (size_t i = 0; i < sizeof invisible / sizeof *invisible && invisible[i].first <= point;
         i++) {
        if (point <= invisible[i].last) {
            return true;
        }
    }
    return false;
}

bool text_plain(struct bytes text)
{
    size_t length;

    for (size_t i = 0; i < text.size; i += length) {
        uint32_t point = 0;

        if (text.data[i] - 0x20U < 0x7f - 0x20) { /* ASCII that is seen */
            length = 1;
            continue;
        }
        if (is_common(text, i, 0xe4)) {
            length = 3;
            continue;
        }
        length = utf8_decode(text, i, &point);
        if (length == 0 || point < 0x80 || is_invisible(point)) {
            return false;
        }
    }
    return true;
}
