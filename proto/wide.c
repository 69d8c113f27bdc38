#include "proto/wide.h"

static uint128 zigzag(int128 value)
{
    return (uint128)value << 1 ^ (value < 0 ? ~(uint128)0 : 0);
}

static int128 unzigzag(uint128 value)
{
    return (int128)(value >> 1 ^ ((value & 1) != 0 ? ~(uint128)0 : 0));
}

size_t wide_write(uint8_t at[WIDE_BYTES_MAX], int128 value)
{
    uint128 left = zigzag(value);
    size_t size = 0;

    for (; left > UINT64_MAX; left >>= 7) {
        at[size++] = (uint8_t)(left | 0x80);
    }
    for (uint64_t low = (uint64_t)left;; low >>= 7) { /* most sums: without 128-bit shifts */
        if (low < 0x80) {
            at[size++] = (uint8_t)low;
            return size;
        }
        at[size++] = (uint8_t)(low | 0x80);
    }
}

void buf_put_wide(struct buf *buf, int128 value)
{
    uint8_t raw[WIDE_BYTES_MAX];

    buf_append(buf, raw, wide_write(raw, value));
}

/* From the byte at 7 * `shift` on; `value` has those below. */
static bool read_short_form(struct reader *reader, uint128 *value, unsigned shift)
{
    for (; shift <= WIDE_BITS; shift += 7) {
        const uint8_t byte = reader_u8(reader);

        *value |= (uint128)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return reader_ok(reader) && (byte != 0 || shift == 0) &&
                   *value < (uint128)1 << (WIDE_BITS + 1);
        }
    }
    return false;
}

int128 reader_wide(struct reader *reader)
{
    uint64_t low = 0; /* most sums need no 128-bit shifts */
    uint128 value;
    unsigned shift = 0;

    for (; shift < 63 && reader_left(reader) > 0 && (*reader->at & 0x80) != 0; shift += 7) {
        low |= (uint64_t)(*reader->at++ & 0x7f) << shift;
    }
    value = low;
    if (!read_short_form(reader, &value, shift)) {
        reader->failed = true;
        return 0;
    }
    return unzigzag(value);
}

void amount_format(char out[AMOUNT_TEXT_MAX], int128 fen)
{
    uint128 left = fen < 0 ? 0 - (uint128)fen : (uint128)fen;
    char digits[AMOUNT_TEXT_MAX];
    size_t at = sizeof digits, places = 0;
    uint64_t low; /* a division of 128 bits costs ten of these */

    digits[--at] = '\0';
    do {
        if (places++ == 2) {
            digits[--at] = '.';
        }
        if (left > UINT64_MAX) {
            digits[--at] = (char)('0' + (int)(left % 10));
            left /= 10;
        } else {
            low = (uint64_t)left;
            digits[--at] = (char)('0' + (int)(low % 10));
            left = low / 10;
        }
    } while (left != 0 || places < 3);
    if (fen < 0) {
        digits[--at] = '-';
    }
    memcpy(out, digits + at, sizeof digits - at);
}
