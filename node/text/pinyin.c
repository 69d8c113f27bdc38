#include "node/text/pinyin.h"

#include <iconv.h>

#include "proto/status.h"

/* The first code of each letter; no word begins with i, u or v. */
static const struct {
    uint16_t first;
    char letter;
} letters[] = {
    {0xb0a1, 'a'}, {0xb0c5, 'b'}, {0xb2c1, 'c'}, {0xb4ee, 'd'}, {0xb6ea, 'e'}, {0xb7a2, 'f'},
    {0xb8c1, 'g'}, {0xb9fe, 'h'}, {0xbbf7, 'j'}, {0xbfa6, 'k'}, {0xc0ac, 'l'}, {0xc2e8, 'm'},
    {0xc4c3, 'n'}, {0xc5b6, 'o'}, {0xc5be, 'p'}, {0xc6da, 'q'}, {0xc8bb, 'r'}, {0xc8f6, 's'},
    {0xcbfa, 't'}, {0xcdda, 'w'}, {0xcef4, 'x'}, {0xd1b9, 'y'}, {0xd4d1, 'z'},
};
enum { LAST_OF_LEVEL_ONE = 0xd7f9 };

/* Common in names of offices, and read in a second way as well: bank, Tibet, head, accounting. */
static const struct {
    uint16_t code;
    char letter;
} read_twice[] = {
    {0xd0d0, 'h'}, /* 行 */ {0xb2d8, 'z'}, /* 藏 */ {0xb3a4, 'z'}, /* 长 */
    {0xd6d8, 'c'}, /* 重 */ {0xc0d6, 'y'}, /* 乐 */ {0xb5a5, 's'}, /* 单 */
    {0xb2ce, 's'}, /* 参 */ {0xd4f8, 'c'}, /* 曾 */ {0xd0a3, 'j'}, /* 校 */
    {0xcfc3, 's'}, /* 厦 */ {0xbbe1, 'k'}, /* 会 */ {0xb5f7, 't'}, /* 调 */
    {0xc2ca, 's'}, /* 率 */ {0xcaa1, 'x'}, /* 省 */ {0xcfb5, 'j'}, /* 系 */
    {0xbdb5, 'x'}, /* 降 */ {0xb4ab, 'z'}, /* 传 */ {0xb3b5, 'j'}, /* 车 */
};

void pinyin_open(struct pinyin *pinyin)
{
    const iconv_t converter = iconv_open("GB2312", "UTF-8");

    pinyin->converter = converter == (iconv_t)-1 ? NULL : converter;
}

void pinyin_close(struct pinyin *pinyin)
{
    if (pinyin->converter != NULL) {
        (void)iconv_close(pinyin->converter);
    }
}

/* The other letter is the same where there is one. */
struct reading {
    char first, other; /* 0: passed over */
};

static struct reading reading_of(unsigned code)
{
    struct reading reading = {'?', '?'};

    for (size_t i = 0; code <= LAST_OF_LEVEL_ONE && i < COUNT_OF(letters); i++) {
        if (code >= letters[i].first) {
            reading = (struct reading){letters[i].letter, letters[i].letter};
        }
    }
    for (size_t i = 0; i < COUNT_OF(read_twice); i++) {
        if (code == read_twice[i].code) {
            reading.other = read_twice[i].letter;
        }
    }
    return reading;
}

static size_t size_of_character(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static struct reading reading_of_ascii(uint8_t byte)
{
    const char c = (char)(byte | 0x20);

    if (byte >= '0' && byte <= '9') {
        return (struct reading){(char)byte, (char)byte};
    }
    return c >= 'a' && c <= 'z' ? (struct reading){c, c} : (struct reading){0, 0};
}

/* Spaces, brackets and other marks are passed over. */
static struct reading initial_of(struct pinyin *pinyin, struct bytes character)
{
    uint8_t both[4];
    char *in = (char *)(uintptr_t)character.data, *to = (char *)both;
    size_t left = character.size, room = sizeof both;

    if (character.size == 1) {
        return reading_of_ascii(character.data[0]);
    }
    if (iconv(pinyin->converter, &in, &left, &to, &room) == (size_t)-1) {
        (void)iconv(pinyin->converter, NULL, NULL, NULL, NULL);
        return (struct reading){'?', '?'};
    }
    if (room != sizeof both - 2 || both[0] < 0xb0) {
        return (struct reading){0, 0};
    }
    return reading_of((unsigned)both[0] << 8 | both[1]);
}

void pinyin_initials(struct pinyin *pinyin, struct initials *out, struct bytes text)
{
    size_t used = 0, size;

    for (size_t at = 0; pinyin->converter != NULL && at < text.size && used < PINYIN_LETTERS_MAX;
         at += size) {
        struct reading reading;

        size = size_of_character(text.data[at]);
        if (size > text.size - at) {
            break;
        }
        reading = initial_of(pinyin, bytes_of(text.data + at, size));
        if (reading.first != 0) {
            out->first[used] = reading.first;
            out->other[used++] = reading.other;
        }
    }
    out->first[used] = '\0';
    out->other[used] = '\0';
}

static bool begins_at(const struct initials *initials, size_t at, struct bytes typed)
{
    for (size_t i = 0; i < typed.size; i++) {
        const char c = (char)(typed.data[i] >= 'A' && typed.data[i] <= 'Z' ? typed.data[i] | 0x20
                                                                           : typed.data[i]);
        const char first = initials->first[at + i], other = initials->other[at + i];

        if (first == '\0' || (first != '?' && first != c && other != c)) {
            return false;
        }
    }
    return true;
}

bool pinyin_contains(const struct initials *initials, struct bytes typed)
{
    for (size_t at = 0; typed.size > 0 && initials->first[at] != '\0'; at++) {
        if (begins_at(initials, at, typed)) {
            return true;
        }
    }
    return false;
}
