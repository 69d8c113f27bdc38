#include "node/ledger/schema/typed.h"

#include <stdio.h>

#include "proto/message.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* --- characters --- */

/* One character of UTF-8; *size bytes of it. */
static uint32_t character_at(struct bytes text, size_t at, size_t *size)
{
    const uint8_t lead = text.data[at];
    uint32_t c;

    *size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (*size > text.size - at) {
        *size = 1;
    }
    c = *size == 1 ? lead : (uint32_t)(lead & (0xff >> (*size + 1)));
    for (size_t i = 1; i < *size; i++) {
        c = c << 6 | (text.data[at + i] & 0x3f);
    }
    return c;
}

/* May this character stand in such a field behind another? */
static bool may_stand(enum field field, struct bytes character)
{
    struct field_info info = *field_info(field);
    uint8_t text[8] = "A";

    if (info.type == TYPE_TEXT) {
        return text_plain(character);
    }
    info.bytes_max = sizeof text;
    memcpy(text + 1, character.data, character.size);
    return value_text_valid(&info, bytes_of(text, 1 + character.size));
}

/* --- powers of ten --- */

bool typed_is_scientific(struct bytes text)
{
    enum { WHOLE_DIGITS_MAX = 3, EXPONENT_DIGITS_MAX = 3 };
    size_t at = 0, digits = 0;
    bool fraction, sign;

    while (at < text.size && is_digit(text.data[at])) {
        at++;
    }
    if (at == 0 || at > WHOLE_DIGITS_MAX) {
        return false;
    }
    fraction = at < text.size && text.data[at] == '.';
    for (at += fraction; fraction && at < text.size && is_digit(text.data[at]); at++) {
        digits++;
    }
    if ((fraction && digits == 0) || at == text.size ||
        (text.data[at] != 'E' && text.data[at] != 'e')) {
        return false;
    }
    at++;
    sign = at < text.size && (text.data[at] == '+' || text.data[at] == '-');
    at += sign;
    for (digits = 0; at < text.size && is_digit(text.data[at]); at++) {
        digits++;
    }
    /* "12E5" may be somebody's code; with a point or a plus it is a number. */
    return at == text.size && digits > 0 && digits <= EXPONENT_DIGITS_MAX &&
           (fraction || (sign && memchr(text.data, '+', text.size) != NULL));
}

/* --- as it would have to be written --- */

struct narrow {
    char at[MENDED_BYTES_MAX];
    size_t size;
    bool fits;
};

static void put(struct narrow *out, char c)
{
    if (out->size + 1 < sizeof out->at) {
        out->at[out->size++] = c;
    } else {
        out->fits = false;
    }
}

/* Wide forms of ASCII, wide signs of currency, and the blanks that are no ASCII. */
static uint32_t narrow_character(uint32_t c)
{
    if (c >= 0xff01 && c <= 0xff5e) {
        return c - 0xff01 + '!';
    }
    return c == 0x3000 || c == 0xa0 ? ' ' : c == 0xffe5 ? 0xa5 : c == 0x2212 ? '-' : c;
}

static bool is_currency(uint32_t c)
{
    return c == 0xa5 || c == 0x5143; /* the sign of the yuan, and its character */
}

static bool is_date_mark(uint32_t c)
{
    return c == '/' || c == '.' || c == 0x5e74 || c == 0x6708 || c == 0x65e5; /* year, month, day */
}

/* Character by character; what must not be read over makes it unfit. */
static struct narrow narrow_down(enum field_type type, struct bytes typed)
{
    struct narrow out = {.size = 0, .fits = true};
    size_t size;

    for (size_t at = 0; at < typed.size; at += size) {
        const uint32_t c = narrow_character(character_at(typed, at, &size));

        if ((type == TYPE_AMOUNT && is_currency(c)) || (type == TYPE_YEAR && c == 0x5e74)) {
            continue;
        }
        if (type == TYPE_DATE && is_date_mark(c)) {
            put(&out, '-');
        } else if (c < 0x80 && c >= ' ' && c != 0x7f) {
            put(&out, (char)c);
        } else {
            out.fits = false;
        }
    }
    while (out.size > 0 && out.at[out.size - 1] == ' ') {
        out.size--;
    }
    return out;
}

/* "1,488,000.53" -> "1488000.53". False where a mark does not part thousands: "1,5" may be one and
 * a half to who typed it. */
static bool ungroup(char *text)
{
    const char *from = text;
    char *to = text;
    size_t group = strspn(from, "0123456789");
    const char mark = from[group] == ',' || from[group] == ' ' ? from[group] : '\0';

    if (mark != '\0' && (group == 0 || group > 3)) {
        return false;
    }
    for (;;) {
        memmove(to, from, group);
        to += group;
        from += group;
        if (mark == '\0' || *from != mark) {
            break;
        }
        group = strspn(++from, "0123456789");
        if (group != 3) {
            return false;
        }
    }
    memmove(to, from, strlen(from) + 1);
    return true;
}

static void drop_blanks(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        if (*from != ' ') {
            *to++ = *from;
        }
    }
    *to = '\0';
}

/* The digits in front, at most `digits_max` of them; -1 when there is none. */
static int take_number(const char **text, size_t digits_max)
{
    int number = 0;
    size_t digits = 0;

    for (; digits < digits_max && is_digit((uint8_t) * *text); digits++, ++*text) {
        number = number * 10 + (**text - '0');
    }
    return digits > 0 ? number : -1;
}

/* "2026-2-10-" -> "2026-02-10"; "20260210" too. */
static bool write_date(char out[MENDED_BYTES_MAX], const char *text)
{
    const bool packed = strlen(text) == 8 && strspn(text, "0123456789") == 8;
    int parts[3]; /* year, month, day */

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        parts[i] = take_number(&text, i == 0 ? 4 : 2);
        if (parts[i] < 0 || (!packed && i < 2 && *text != '-')) {
            return false;
        }
        text += *text == '-';
    }
    (void)snprintf(out, MENDED_BYTES_MAX, "%04d-%02d-%02d", parts[0], parts[1], parts[2]);
    return *text == '\0';
}

static bool is_good(enum field field, const char *text)
{
    struct document document;

    document_clear(&document, 0);
    return document_set(&document, field, bytes_text(text)) &&
           (field_info(field)->type != TYPE_AMOUNT || document_number(&document, field) > 0);
}

bool typed_mend(char out[MENDED_BYTES_MAX], enum field field, struct bytes typed)
{
    const enum field_type type = field_info(field)->type;
    struct narrow narrow;
    char *begin;

    out[0] = '\0';
    if (!utf8_valid(typed) || type == TYPE_TEXT || type == TYPE_HASH) {
        return false;
    }
    narrow = narrow_down(type, typed);
    narrow.at[narrow.size] = '\0';
    begin = narrow.at + strspn(narrow.at, " ");
    if (!narrow.fits || (type == TYPE_AMOUNT && !ungroup(begin))) {
        return false;
    }
    if (type == TYPE_CODE && strspn(begin, "0123456789 ") == strlen(begin)) {
        drop_blanks(begin); /* as a card shows its number */
    }
    if (type != TYPE_DATE) {
        (void)snprintf(out, MENDED_BYTES_MAX, "%s", begin);
    } else if (!write_date(out, begin)) {
        return false;
    }
    return is_good(field, out) && !bytes_equal(bytes_text(out), typed) &&
           !typed_is_scientific(bytes_text(out));
}

/* --- in words --- */

/* The first character that must not stand there, as "U+200B". False: each may. */
static bool find_refused(char code[16], size_t *place, enum field field, struct bytes typed)
{
    size_t size;

    *place = 0;
    for (size_t at = 0; at < typed.size; at += size) {
        const uint32_t c = character_at(typed, at, &size);

        ++*place;
        if (!may_stand(field, bytes_of(typed.data + at, size))) {
            (void)snprintf(code, 16, "U+%04X", (unsigned)c);
            return true;
        }
    }
    return false;
}

static void say_why(char *out, size_t size, enum field field, struct bytes typed, bool quoted)
{
    const struct field_info *info = field_info(field);
    char mended[MENDED_BYTES_MAX], code[16];
    size_t place;

    out[0] = '\0';
    if (typed_is_scientific(typed)) {
        message_format(out, size, "mend_scientific");
    } else if (!quoted) {
        message_format(out, size, "mend_quotes");
    } else if (typed_mend(mended, field, typed)) {
        message_format(out, size, "mend_write suggested=%s", mended);
    } else if (!type_is_number(info->type) && typed.size > info->bytes_max) {
        message_format(out, size, "mend_long bytes=%zu bytes_max=%u", typed.size,
                       (unsigned)info->bytes_max);
    } else if (!type_is_number(info->type) && info->type != TYPE_DATE && utf8_valid(typed) &&
               find_refused(code, &place, field, typed)) {
        message_format(out, size, "mend_character place=%zu code=%s", place, code);
    }
}

/* Of a value that may be any text: what could not be shown is a question mark, and no more than
 * fits, whole characters. */
static void copy_shown(char out[TYPED_BYTES_MAX], struct bytes typed)
{
    size_t used = 0, size;

    for (size_t at = 0; at < typed.size; at += size) {
        struct bytes character;

        (void)character_at(typed, at, &size);
        character = bytes_of(typed.data + at, size);
        if (!utf8_valid(character) || !text_plain(character)) {
            character = bytes_of("?", 1);
        }
        if (used + character.size >= TYPED_BYTES_MAX) {
            break;
        }
        memcpy(out + used, character.data, character.size);
        used += character.size;
    }
    out[used] = '\0';
}

void typed_describe(char *out, size_t size, enum field field, struct bytes typed, bool quoted)
{
    char value[TYPED_BYTES_MAX], why[MESSAGE_BYTES_MAX];

    copy_shown(value, typed);
    say_why(why, sizeof why, field, typed, quoted);
    message_format(out, size, "value_typed value=%s why=%s", value, why);
}
