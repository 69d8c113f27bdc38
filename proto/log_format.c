#include "proto/log_format.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proto/message.h"

enum {
    FORMAT_BYTES_MAX = 256,
    PAIRS_BYTES_MAX = 2048, /* of one event, before escaping */
    TAIL_BYTES = 4,         /* what ends a line: quote, brace, newline, zero */
};
#define PAIR '\x1d' /* in front of each pair of the format but the first */

/* --- the line under way --- */

struct line {
    char *at;
    size_t size, used;
};

static bool has_room(const struct line *line, size_t wanted)
{
    return line->used + wanted + TAIL_BYTES <= line->size;
}

static bool put_bytes(struct line *line, const char *text, size_t size)
{
    if (!has_room(line, size)) {
        return false;
    }
    memcpy(line->at + line->used, text, size);
    line->used += size;
    return true;
}

static bool put(struct line *line, const char *text)
{
    return put_bytes(line, text, strlen(text));
}

static void end(struct line *line, const char *tail)
{
    const size_t size = strlen(tail);

    assert(size < TAIL_BYTES);
    memcpy(line->at + line->used, tail, size + 1);
}

/* --- values --- */

static bool put_escaped(struct line *line, unsigned char c, bool utf8)
{
    char escape[8];

    if (c == '"' || c == '\\') {
        (void)snprintf(escape, sizeof escape, "\\%c", c);
    } else if (c < ' ' || c == 0x7f) {
        (void)snprintf(escape, sizeof escape, "\\u%04x", c);
    } else if (c >= 0x80 && !utf8) {
        (void)snprintf(escape, sizeof escape, "?");
    } else {
        return put_bytes(line, (const char *)&c, 1);
    }
    return put(line, escape);
}

static size_t character_size(unsigned char lead)
{
    return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}

/* Between quotes; the end of one that does not fit is left out, a character whole or not at all. */
static void put_quoted(struct line *line, struct bytes value)
{
    const bool utf8 = utf8_valid(value);

    if (!put(line, "\"")) {
        return;
    }
    for (size_t i = 0; i < value.size; i++) {
        const unsigned char c = value.data[i];

        if (!has_room(line, 1 + (utf8 ? character_size(c) : 1)) || !put_escaped(line, c, utf8)) {
            break;
        }
    }
    line->at[line->used++] = '"'; /* the room of the tail has place for it */
}

/* May it stand without quotes, for a person? */
static bool is_plain(struct bytes value)
{
    for (size_t i = 0; i < value.size; i++) {
        const uint8_t c = value.data[i];

        if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7f) {
            return false;
        }
    }
    return value.size > 0 && utf8_valid(value);
}

/* --- pairs --- */

/* One pair as the format has it: its key, and whether its value is a whole number. */
struct pair {
    struct bytes key;
    bool is_number;
};

static bool is_number(struct bytes conversion)
{
    size_t at = 1;

    while (at < conversion.size && strchr("hlzjt", conversion.data[at]) != NULL) {
        at++;
    }
    return conversion.size >= 2 && conversion.data[0] == '%' && at + 1 == conversion.size &&
           strchr("diu", conversion.data[at]) != NULL;
}

/* Takes the next pair off the format; false after the last. */
static bool next_pair(struct bytes *format, struct pair *out)
{
    const uint8_t *blank, *equals;
    struct bytes whole = *format;

    if (format->size == 0) {
        return false;
    }
    blank = memchr(format->data, ' ', format->size);
    whole.size = blank == NULL ? format->size : (size_t)(blank - format->data);
    *format = blank == NULL ? BYTES_NONE : bytes_of(blank + 1, format->size - whole.size - 1);
    equals = memchr(whole.data, '=', whole.size);
    assert(equals != NULL); /* a format is pairs and nothing else */
    out->key = bytes_of(whole.data, (size_t)(equals - whole.data));
    out->is_number = is_number(bytes_of(equals + 1, whole.size - out->key.size - 1));
    return true;
}

/* Where in `text` the value before this pair ends. What only looks like a separator is a value's.
 */
static size_t find_pair(struct bytes text, const struct pair *pair)
{
    const size_t wanted = pair->key.size + 2;

    for (size_t i = 0; i + wanted <= text.size; i++) {
        if (text.data[i] == PAIR &&
            memcmp(text.data + i + 1, pair->key.data, pair->key.size) == 0 &&
            text.data[i + 1 + pair->key.size] == '=') {
            return i;
        }
    }
    return text.size;
}

static void put_pair(struct line *line, enum log_style style, const struct pair *pair,
                     struct bytes value)
{
    const bool json = style != LOG_STYLE_TEXT;
    const bool bare = json ? pair->is_number : is_plain(value);
    const size_t before = line->used;

    if (!put(line, json ? ",\"" : " ") ||
        !put_bytes(line, (const char *)pair->key.data, pair->key.size) ||
        !put(line, json ? "\":" : "=") || !has_room(line, bare ? value.size : 2)) {
        line->used = before; /* a pair is there or it is not */
    } else if (bare) {
        (void)put_bytes(line, (const char *)value.data, value.size);
    } else {
        put_quoted(line, value);
    }
}

static void put_pairs(struct line *line, enum log_style style, const char *format,
                      struct bytes text)
{
    struct bytes left = bytes_text(format);
    struct pair pair, next;
    bool more = next_pair(&left, &pair);

    while (more && text.size > pair.key.size) {
        struct bytes value = bytes_of(text.data + pair.key.size + 1, text.size - pair.key.size - 1);

        more = next_pair(&left, &next);
        text = BYTES_NONE;
        if (more) {
            const size_t size = find_pair(value, &next);

            text = size < value.size ? bytes_of(value.data + size + 1, value.size - size - 1)
                                     : BYTES_NONE;
            value.size = size;
        }
        put_pair(line, style, &pair, value);
        pair = next;
    }
}

/* --- the whole --- */

static void put_head(struct line *line, enum log_style style, const struct log_head *head)
{
    char priority[8];

    if (style == LOG_STYLE_TEXT) {
        (void)(put(line, head->time) && put(line, " ") && put(line, head->level) &&
               put(line, " ") && put(line, head->division) && put(line, " ") &&
               put(line, head->event));
        return;
    }
    if (style == LOG_STYLE_JOURNAL) {
        (void)snprintf(priority, sizeof priority, "<%d>", head->priority);
        (void)put(line, priority);
    }
    (void)(put(line, "{\"time\":\"") && put(line, head->time) && put(line, "\",\"level\":\"") &&
           put(line, head->level) && put(line, "\",\"division\":\"") && put(line, head->division) &&
           put(line, "\",\"event\":\"") && put(line, head->event) && put(line, "\""));
}

/* The format's blanks become separators, so that those of a value are none. */
static void separate(char out[FORMAT_BYTES_MAX], const char *format)
{
    const size_t size = strlen(format);

    assert(size < FORMAT_BYTES_MAX);
    for (size_t i = 0; i <= size; i++) {
        out[i] = format[i] == ' ' ? PAIR : format[i];
    }
}

void log_format(char *out, size_t size, enum log_style style, const struct log_head *head,
                const char *format, va_list args)
{
    struct line line = {out, size, 0};
    char separated[FORMAT_BYTES_MAX], pairs[PAIRS_BYTES_MAX];

    assert(size >= 256);
    separate(separated, format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)vsnprintf(pairs, sizeof pairs, separated, args);
#pragma GCC diagnostic pop
    message_to_line(pairs);
    put_head(&line, style, head);
    put_pairs(&line, style, format, bytes_text(pairs));
    end(&line, style == LOG_STYLE_TEXT ? "\n" : "}\n");
}
