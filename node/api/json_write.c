#include "node/api/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "node/api/json_plain.h"

static void put_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

static void put_escaped(struct buf *buf, uint8_t c)
{
    char escape[8];

    if (c == '"' || c == '\\') {
        buf_put_u8(buf, '\\');
        buf_put_u8(buf, c);
    } else if (c >= 0x80) {
        buf_put_u8(buf, '?');
    } else {
        (void)snprintf(escape, sizeof escape, "\\u%04x", c);
        put_text(buf, escape);
    }
}

/* Character by character, where some do not stand there as they are. */
static void put_closely(struct buf *buf, struct bytes text)
{
    const bool utf8 = utf8_valid(text);
    size_t plain = 0;

    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\' && (c < 0x80 || utf8)) {
            continue;
        }
        buf_append(buf, text.data + plain, i - plain);
        plain = i + 1;
        put_escaped(buf, c);
    }
    buf_append(buf, text.data + plain, text.size - plain);
}

static void put_string(struct buf *buf, struct bytes text)
{
    uint8_t seen;
    const bool as_it_is =
        json_plain_run(text, &seen) == text.size && (seen < 0x80 || utf8_valid(text));

    buf_put_u8(buf, '"');
    if (as_it_is) {
        buf_append_bytes(buf, text);
    } else {
        put_closely(buf, text);
    }
    buf_put_u8(buf, '"');
}

static void put_key(struct json_out *out, const char *key)
{
    const size_t size = key == NULL ? 0 : strlen(key);
    uint8_t *at;

    buf_reserve(out->buf, size + sizeof ",\"\":");
    at = out->buf->data + out->buf->size;
    if (out->comma) {
        *at++ = ',';
    }
    out->comma = true;
    if (key != NULL) {
        *at++ = '"';
        memcpy(at, key, size);
        memcpy(at + size, "\":", 2);
        at += size + 2;
    }
    out->buf->size = (size_t)(at - out->buf->data);
}

void out_open(struct json_out *out, const char *key, char bracket)
{
    put_key(out, key);
    buf_put_u8(out->buf, (uint8_t)bracket);
    out->comma = false;
}

void out_close(struct json_out *out, char bracket)
{
    buf_put_u8(out->buf, (uint8_t)bracket);
    out->comma = true;
}

void out_end_line(struct json_out *out)
{
    buf_put_u8(out->buf, '\n');
    out->comma = false;
}

void out_text(struct json_out *out, const char *key, const char *text)
{
    out_bytes(out, key, bytes_text(text));
}

void out_bytes(struct json_out *out, const char *key, struct bytes text)
{
    put_key(out, key);
    put_string(out->buf, text);
}

void out_typed(struct json_out *out, const char *key, const char *text)
{
    put_key(out, NULL);
    put_string(out->buf, bytes_text(key));
    buf_put_u8(out->buf, ':');
    put_string(out->buf, bytes_text(text));
}

void out_count(struct json_out *out, const char *key, uint64_t count)
{
    char digits[20];
    size_t at = sizeof digits;

    put_key(out, key);
    do {
        digits[--at] = (char)('0' + (int)(count % 10));
        count /= 10;
    } while (count != 0);
    buf_append(out->buf, digits + at, sizeof digits - at);
}

void out_signed(struct json_out *out, const char *key, int64_t number)
{
    char text[24];

    put_key(out, key);
    (void)snprintf(text, sizeof text, "%" PRId64, number);
    put_text(out->buf, text);
}

void out_amount(struct json_out *out, const char *key, int128 fen)
{
    char text[AMOUNT_TEXT_MAX];

    amount_format(text, fen);
    out_text(out, key, text);
}

void out_bool(struct json_out *out, const char *key, bool value)
{
    put_key(out, key);
    put_text(out->buf, value ? "true" : "false");
}

void out_null(struct json_out *out, const char *key)
{
    put_key(out, key);
    put_text(out->buf, "null");
}

/* "2026-03-01T08:00:00.000Z" */
static void format_time(char out[JSON_TIME_MAX], uint64_t unix_ms)
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;

    if (gmtime_r(&seconds, &utc) == NULL || utc.tm_year > 8099) {
        (void)snprintf(out, JSON_TIME_MAX, "9999-12-31T23:59:59.999Z");
        return;
    }
    (void)snprintf(out, JSON_TIME_MAX, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
                   (unsigned)(utc.tm_year + 1900) % 10000, (unsigned)(utc.tm_mon + 1) % 100,
                   (unsigned)utc.tm_mday % 100, (unsigned)utc.tm_hour % 100,
                   (unsigned)utc.tm_min % 100, (unsigned)utc.tm_sec % 100,
                   (unsigned)(unix_ms % 1000));
}

void out_time(struct json_out *out, const char *key, uint64_t unix_ms)
{
    char text[JSON_TIME_MAX];

    if (unix_ms == 0) {
        out_null(out, key);
        return;
    }
    format_time(text, unix_ms);
    out_text(out, key, text);
}

void out_hex(struct json_out *out, const char *key, const void *data, size_t size)
{
    const uint8_t *from = data;
    char text[2 * HASH_SIZE + 1];

    put_key(out, key);
    buf_put_u8(out->buf, '"');
    for (size_t at = 0; at < size; at += HASH_SIZE) {
        hex_encode(text, from + at, size - at < HASH_SIZE ? size - at : HASH_SIZE);
        put_text(out->buf, text);
    }
    buf_put_u8(out->buf, '"');
}

void out_division(struct json_out *out, const char *key, struct division division)
{
    if (division_is_none(division)) {
        out_null(out, key);
    } else {
        out_text(out, key, division.code);
    }
}

void out_field(struct json_out *out, const char *key, const struct document *document,
               enum field field)
{
    const struct field_info *info = field_info(field);
    char number[24];

    switch (info->type) {
    case TYPE_AMOUNT:
        out_amount(out, key, document_number(document, field));
        break;
    case TYPE_YEAR:
    case TYPE_NUMBER:
        (void)snprintf(number, sizeof number, "%" PRId64, document_number(document, field));
        out_text(out, key, number);
        break;
    case TYPE_HASH: {
        const struct bytes hash = document_text(document, field);
        out_hex(out, key, hash.data, hash.size);
        break;
    }
    default:
        out_bytes(out, key, document_text(document, field));
        break;
    }
}

static void write_line_field(struct json_out *out, const struct document_line *line,
                             enum line_field field)
{
    const struct field_info *info = line_field_info(field);
    char number[24];

    if (info->type == TYPE_AMOUNT) {
        out_amount(out, info->name, line_number(line, field));
    } else if (type_is_number(info->type)) {
        (void)snprintf(number, sizeof number, "%" PRId64, line_number(line, field));
        out_text(out, info->name, number);
    } else {
        out_bytes(out, info->name, line_text(line, field));
    }
}

static void write_lines(struct json_out *out, const struct document *document)
{
    struct reader reader = reader_of(document->lines);
    struct document_line line;

    if (document->line_count == 0) {
        return;
    }
    out_open(out, "lines", '[');
    while (line_next(&reader, &line)) {
        out_open(out, NULL, '{');
        for (uint32_t left = line.present; left != 0; left &= left - 1) {
            write_line_field(out, &line, (enum line_field)__builtin_ctz(left));
        }
        out_close(out, '}');
    }
    out_close(out, ']');
}

void out_document(struct json_out *out, const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);

    out_text(out, "kind", info != NULL ? info->name : "unknown");
    for (enum field field = 1; field < FIELDS; field++) {
        if (document_has(document, field) && field_info(field)->name != NULL &&
            field != FIELD_INHERITED) {
            out_field(out, field_info(field)->name, document, field);
        }
    }
    write_lines(out, document);
}

static void write_division(struct json_out *out, const struct caption *caption)
{
    const bool issuer = caption->from_issuer;

    if (division_is_none(caption->division)) {
        return;
    }
    out_text(out, issuer ? "issuer" : "receiver", caption->division.code);
    if (caption->division_name[0] != '\0') {
        out_text(out, issuer ? "issuer_name" : "receiver_name", caption->division_name);
    }
}

void out_caption(struct json_out *out, const struct caption *caption)
{
    if (caption->kind == 0) {
        return;
    }
    out_text(out, "kind", kind_info(caption->kind)->name);
    write_division(out, caption);
    if (caption->payee[0] != '\0') {
        out_text(out, "payee", caption->payee);
    }
    if (caption->has_amount) {
        out_amount(out, "amount", caption->amount);
    }
    if (caption->number[0] != '\0') {
        out_text(out, "document_no", caption->number);
    }
}
