#include "node/cli/encoding.h"

#include <strings.h>

#include "node/text/text.h"

static const iconv_t no_converter = (iconv_t)-1;

enum encoding_name encoding_named(const char *word)
{
    if (strcasecmp(word, "utf-8") == 0 || strcasecmp(word, "utf8") == 0) {
        return ENCODING_UTF8;
    }
    return strcasecmp(word, "gb18030") == 0 || strcasecmp(word, "gbk") == 0 ? ENCODING_GB18030
                                                                            : ENCODING_UNDECIDED;
}

void encoding_open(struct encoding *encoding, enum encoding_name named)
{
    *encoding = (struct encoding){.name = named, .converter = no_converter};
}

void encoding_close(struct encoding *encoding)
{
    if (encoding->converter != no_converter) {
        (void)iconv_close(encoding->converter);
        encoding->converter = no_converter;
    }
}

void encoding_marked(struct encoding *encoding)
{
    encoding->name = ENCODING_UTF8;
}

static bool is_ascii(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static bool is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* --- GB18030 --- */

/* The blocks of Unicode in which an office of any of this country's nationalities writes. Private
 * and unassigned ones, into which GB18030 maps nearly all other bytes, are none of them. */
static bool is_written(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } blocks[] = {{0x20, 0x7e},      {0xa0, 0x52f},    {0x600, 0x6ff},   {0xf00, 0xfff},
                  {0x1800, 0x18af},  {0x1980, 0x19df}, {0x2010, 0x206f}, {0x20a0, 0x20cf},
                  {0x2100, 0x23ff},  {0x2460, 0x27bf}, {0x2e80, 0x319f}, {0x31c0, 0xa4cf},
                  {0xac00, 0xd7a3},  {0xf900, 0xfaff}, {0xfe10, 0xfe6f}, {0xff01, 0xffee},
                  {0x20000, 0x3fffd}};

    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        if (c >= blocks[i].from && c <= blocks[i].to) {
            return true;
        }
    }
    return c == '\t' || c == '\r' || c == '\n';
}

/* Of valid UTF-8. */
static bool all_written(struct bytes text)
{
    for (size_t i = 0; i < text.size;) {
        const uint8_t lead = text.data[i];
        const size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        uint32_t c = size == 1 ? lead : (uint32_t)(lead & (0xff >> (size + 1)));

        for (size_t k = 1; k < size; k++) {
            c = c << 6 | (text.data[i + k] & 0x3f);
        }
        if (!is_written(c)) {
            return false;
        }
        i += size;
    }
    return true;
}

/* False with *left bytes of `text` not converted. */
static bool convert(struct encoding *encoding, struct bytes text, struct buf *out, size_t *left)
{
    char *in = (char *)(uintptr_t)text.data, *at;
    size_t room = text.size * 2 + 16;

    *left = text.size;
    buf_clear(out);
    if (encoding->converter == no_converter) {
        encoding->converter = iconv_open("UTF-8", "GB18030");
    }
    if (encoding->converter == no_converter) {
        return false;
    }
    buf_reserve(out, room);
    at = (char *)out->data;
    (void)iconv(encoding->converter, NULL, NULL, NULL, NULL);
    if (iconv(encoding->converter, &in, left, &at, &room) == (size_t)-1) {
        return false;
    }
    out->size = (size_t)(at - (char *)out->data);
    return utf8_valid(buf_bytes(out));
}

static bool read_gb18030(struct encoding *encoding, struct bytes cell, struct buf *out)
{
    size_t left;

    return convert(encoding, cell, out, &left) && all_written(buf_bytes(out));
}

/* Bytes of the character that begins here, as GB18030 cuts them. */
static size_t size_of_character(struct bytes text, size_t at)
{
    if (text.data[at] < 0x80 || at + 1 == text.size) {
        return 1;
    }
    return text.data[at + 1] >= '0' && text.data[at + 1] <= '9' ? 4 : 2;
}

/* Where a character stands that looks like a letter of Latin-1 between letters; text.size: nowhere.
 */
static size_t find_latin(struct bytes text)
{
    for (size_t at = 0; at < text.size;) {
        const size_t size = size_of_character(text, at);
        const size_t behind = at + size;
        const bool before_letter = at > 0 && is_letter(text.data[at - 1]);
        const bool letter_behind = behind < text.size && is_letter(text.data[behind]);
        const bool swallowed = size == 2 && is_letter(text.data[at + 1]);

        if (text.data[at] >= 0x80 &&
            ((before_letter && letter_behind) || (swallowed && (before_letter || letter_behind)))) {
            return at;
        }
        at = behind;
    }
    return text.size;
}

/* --- deciding --- */

static bool reads_as_chinese(struct encoding *encoding, struct bytes row, struct buf *out)
{
    return read_gb18030(encoding, row, out) && find_latin(row) == row.size;
}

/* Up to the last line end, so that no character is cut in two. */
static struct bytes whole_lines(struct bytes text, char line_end)
{
    size_t size = text.size;

    while (size > 0 && text.data[size - 1] != (uint8_t)line_end) {
        size--;
    }
    return size > 0 ? bytes_of(text.data, size) : text;
}

/* One bad byte in a UTF-8 file must not turn its other rows into characters of GB18030. */
static void decide(struct encoding *encoding, struct bytes window, char line_end,
                   struct buf *memory)
{
    struct bytes rest = whole_lines(window, line_end);

    encoding->name = ENCODING_GB18030;
    encoding->guessed = true;
    while (rest.size > 0) {
        const uint8_t *end = memchr(rest.data, line_end, rest.size);
        const size_t size = end == NULL ? rest.size : (size_t)(end - rest.data);
        const struct bytes row = bytes_of(rest.data, size);

        if (!is_ascii(row) && (utf8_valid(row) || !reads_as_chinese(encoding, row, memory))) {
            encoding->name = ENCODING_UTF8;
            encoding->guessed = false;
            return;
        }
        rest = bytes_of(rest.data + size + (end != NULL), rest.size - size - (end != NULL));
    }
}

/* --- one row --- */

/* The first byte that begins no character of UTF-8. */
static size_t find_not_utf8(struct bytes text)
{
    size_t good = 0;

    while (good < text.size) {
        const uint8_t lead = text.data[good];
        const size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

        if (good + size > text.size || !utf8_valid(bytes_of(text.data + good, size))) {
            break;
        }
        good += size;
    }
    return good;
}

static enum decoded fault_at(struct encoding *encoding, struct bytes row, size_t at)
{
    encoding->fault.place = at + 1;
    encoding->fault.byte = at < row.size ? row.data[at] : 0;
    return DECODED_BAD;
}

/* The cell around a byte. */
static struct bytes cell_around(struct bytes row, size_t at)
{
    size_t begin = at, end = at;

    while (begin > 0 && row.data[begin - 1] != ',') {
        begin--;
    }
    while (end < row.size && row.data[end] != ',') {
        end++;
    }
    return bytes_of(row.data + begin, end - begin);
}

static void read_as_latin(struct bytes cell, struct buf *out)
{
    buf_clear(out);
    for (size_t i = 0; i < cell.size; i++) {
        if (cell.data[i] >= 0x80) {
            buf_put_u8(out, (uint8_t)(0xc0 | cell.data[i] >> 6));
            buf_put_u8(out, cell.data[i] & 0xbf);
        } else {
            buf_put_u8(out, cell.data[i]);
        }
    }
}

static void keep_reading(char out[READING_BYTES_MAX], struct buf *reading)
{
    buf_put_u8(reading, 0);
    text_cut(out, READING_BYTES_MAX, (const char *)reading->data);
}

/* Both ways to read the cell, for who must say which is right. */
static enum decoded looks_latin(struct encoding *encoding, struct bytes row, size_t at)
{
    const struct bytes cell = cell_around(row, at);
    struct buf reading = BUF_EMPTY;

    (void)fault_at(encoding, row, at);
    (void)read_gb18030(encoding, cell, &reading);
    keep_reading(encoding->fault.as_gb18030, &reading);
    read_as_latin(cell, &reading);
    keep_reading(encoding->fault.as_latin, &reading);
    buf_free(&reading);
    return DECODED_LATIN;
}

static enum decoded decode_gb18030(struct encoding *encoding, struct bytes row, struct buf *out)
{
    size_t left, latin;

    if (!convert(encoding, row, out, &left) ||
        (encoding->guessed && !all_written(buf_bytes(out)))) {
        return fault_at(encoding, row, row.size - (left > 0 ? left : row.size));
    }
    latin = encoding->guessed ? find_latin(row) : row.size;
    return latin == row.size ? DECODED_GOOD : looks_latin(encoding, row, latin);
}

/* A row that is not UTF-8 may still be one that Latin-1 explains. */
static enum decoded decode_utf8(struct encoding *encoding, struct bytes row, struct buf *out)
{
    size_t latin;

    if (utf8_valid(row)) {
        buf_clear(out);
        buf_append_bytes(out, row);
        return DECODED_GOOD;
    }
    latin = find_latin(row);
    if (latin < row.size && read_gb18030(encoding, row, out)) {
        return looks_latin(encoding, row, latin);
    }
    return fault_at(encoding, row, find_not_utf8(row));
}

enum decoded encoding_decode(struct encoding *encoding, struct bytes row, struct bytes window,
                             char line_end, struct buf *out)
{
    const bool ascii = is_ascii(row);

    if (encoding->name == ENCODING_UNDECIDED && !ascii) {
        decide(encoding, window, line_end, out);
    }
    if (ascii || encoding->name != ENCODING_GB18030) {
        return decode_utf8(encoding, row, out);
    }
    if (encoding->guessed && utf8_valid(row)) {
        return DECODED_AMBIGUOUS;
    }
    return decode_gb18030(encoding, row, out);
}
