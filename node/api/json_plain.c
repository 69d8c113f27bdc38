#include "node/api/json_plain.h"

/* --- eight bytes at a time --- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Not 0 when one of the bytes is below `limit`, which is 0x80 at most. */
static uint64_t below(uint64_t word, uint8_t limit)
{
    return (word - EACH(limit)) & ~word & EACH(0x80);
}

static uint64_t equal(uint64_t word, uint8_t byte)
{
    return below(word ^ EACH(byte), 1);
}

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static uint8_t together(uint64_t word)
{
    word |= word >> 32;
    word |= word >> 16;
    return (uint8_t)(word | word >> 8);
}

size_t json_plain_run(struct bytes text, uint8_t *seen)
{
    uint64_t all = 0;
    size_t at = 0;

    for (; text.size - at >= sizeof all; at += sizeof all) {
        uint64_t word;

        memcpy(&word, text.data + at, sizeof word);
        if ((below(word, 0x20) | equal(word, '"') | equal(word, '\\')) != 0) {
            break;
        }
        all |= word;
    }
    for (; at < text.size && is_plain(text.data[at]); at++) {
        all |= text.data[at];
    }
    *seen = together(all);
    return at;
}

/* --- tokens --- */

static void skip_space(struct json_cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t')) {
        cursor->at++;
    }
}

bool json_is_over(struct json_cursor *cursor)
{
    skip_space(cursor);
    return cursor->at == cursor->end;
}

bool json_take(struct json_cursor *cursor, uint8_t c)
{
    skip_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != c) {
        return false;
    }
    cursor->at++;
    return true;
}

bool json_take_string(struct json_cursor *cursor, struct bytes *text)
{
    uint8_t seen;

    if (!json_take(cursor, '"')) {
        return false;
    }
    *text = bytes_of(cursor->at, (size_t)(cursor->end - cursor->at));
    text->size = json_plain_run(*text, &seen);
    cursor->at += text->size;
    return cursor->at < cursor->end && *cursor->at++ == '"' && (seen < 0x80 || utf8_valid(*text));
}

bool json_take_number(struct json_cursor *cursor, struct bytes *digits)
{
    enum { DIGITS_MAX = 9 };
    const uint8_t *begin;

    skip_space(cursor);
    begin = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        cursor->at++;
    }
    *digits = bytes_of(begin, (size_t)(cursor->at - begin));
    return digits->size > 0 && digits->size <= DIGITS_MAX && begin[0] != '0' &&
           cursor->at < cursor->end && (*cursor->at == ',' || *cursor->at == '}');
}
