#include "node/api/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static bool client_may_name(enum field field)
{
    return field < FIELD_ANSWER_ID;
}

/* --- reading plain lines --- */

struct cursor {
    const uint8_t *at, *end;
};

static void skip_space(struct cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t')) {
        cursor->at++;
    }
}

static bool take(struct cursor *cursor, uint8_t c)
{
    skip_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != c) {
        return false;
    }
    cursor->at++;
    return true;
}

/* A string without escapes, in valid UTF-8. */
static bool take_plain_string(struct cursor *cursor, struct bytes *text)
{
    const uint8_t *begin;
    uint8_t seen = 0;

    if (!take(cursor, '"')) {
        return false;
    }
    begin = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != '"') {
        if (*cursor->at < 0x20 || *cursor->at == '\\') {
            return false;
        }
        seen |= *cursor->at++;
    }
    *text = bytes_of(begin, (size_t)(cursor->at - begin));
    return cursor->at++ < cursor->end && (seen < 0x80 || utf8_valid(*text));
}

/* A short whole number, as JSON writes one: no sign, no leading zero. */
static bool take_plain_number(struct cursor *cursor, struct bytes *digits)
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

static bool take_plain_member(struct document *document, struct cursor *cursor, bool *has_kind)
{
    struct bytes name, value;
    enum field field;

    if (!take_plain_string(cursor, &name) || !take(cursor, ':')) {
        return false;
    }
    if (!take_plain_string(cursor, &value)) {
        field = field_named(name);
        return field != FIELDS && client_may_name(field) && !document_has(document, field) &&
               field_is_number(field) && field_info(field)->type != TYPE_AMOUNT &&
               take_plain_number(cursor, &value) && document_set(document, field, value);
    }
    if (bytes_equal(name, bytes_text("kind"))) {
        const bool again = *has_kind;

        *has_kind = true;
        document->kind = kind_named(value);
        return !again && document->kind != 0;
    }
    field = field_named(name);
    if (field == FIELDS || !client_may_name(field) || document_has(document, field)) {
        return false;
    }
    if (field_is_number(field)) {
        return document_set(document, field, value);
    }
    document_set_text(document, field, value);
    return true;
}

/* False for whatever needs a closer look; `document` then holds nothing of use. */
static bool read_plain(struct document *document, struct bytes line, uint32_t default_kind)
{
    struct cursor cursor = {line.data, line.data + line.size};
    bool has_kind = false;

    document_clear(document, default_kind);
    if (!take(&cursor, '{')) {
        return false;
    }
    do {
        if (!take_plain_member(document, &cursor, &has_kind)) {
            return false;
        }
    } while (take(&cursor, ','));
    if (!take(&cursor, '}')) {
        return false;
    }
    skip_space(&cursor);
    return cursor.at == cursor.end && document->kind != 0;
}

/* --- reading all others --- */

/* Control characters are allowed in no field, so the form check names this one. */
static const char not_a_text[] = "\x01";

static struct bytes bytes_of_string(const json_t *string)
{
    return bytes_of(json_string_value(string), json_string_length(string));
}

static void read_number(struct document *document, enum field field, const json_t *value)
{
    const bool amount = field_info(field)->type == TYPE_AMOUNT;

    if (json_is_string(value) && document_set(document, field, bytes_of_string(value))) {
        return;
    }
    if (json_is_integer(value) && !amount) { /* 2025 is a year; 12 is no amount of money */
        document_set_number(document, field, json_integer_value(value));
        return;
    }
    document_set_number(document, field, INT64_MIN);
}

static void read_text(struct document *document, enum field field, const json_t *value)
{
    const struct bytes text =
        json_is_string(value) ? bytes_of_string(value) : bytes_text(not_a_text);

    document_set_text(document, field, text);
}

/* The first name that is no field at all, or NULL. */
static const char *read_fields(struct document *document, json_t *object)
{
    const char *unknown = NULL;

    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        const struct bytes key = bytes_of(name, json_object_iter_key_len(at));
        const json_t *value = json_object_iter_value(at);
        enum field field;

        if (bytes_equal(key, bytes_text("kind"))) {
            continue;
        }
        field = field_named(key);
        if (field == FIELDS || !client_may_name(field)) {
            unknown = unknown == NULL ? name : unknown;
        } else if (field_is_number(field)) {
            read_number(document, field, value);
        } else {
            read_text(document, field, value);
        }
    }
    return unknown;
}

static void refuse_item(struct submit_item *item, enum reason reason, const char *what)
{
    (void)refuse(&item->refusal, reason, what);
    item->malformed = true;
    item->status = SUBMIT_REFUSED;
}

static void refuse_malformed(struct submit_item *item, const char *detail)
{
    refuse_item(item, REASON_MALFORMED, "");
    (void)snprintf(item->refusal.detail, sizeof item->refusal.detail, "%s", detail);
}

/* jansson's words may quote the input; only what is safe to show goes on. */
static void refuse_unreadable(struct submit_item *item, const json_error_t *error)
{
    char detail[sizeof item->refusal.detail];

    (void)snprintf(detail, sizeof detail, "column %d: %.100s", error->column, error->text);
    if (!utf8_valid(bytes_text(detail))) {
        (void)snprintf(detail, sizeof detail, "column %d", error->column);
    }
    refuse_malformed(item, detail);
}

static void read_object(struct submit_item *item, json_t *object, uint32_t default_kind)
{
    const json_t *kind = json_object_get(object, "kind");
    const struct kind_info *info;
    const char *unknown;

    document_clear(&item->document, default_kind);
    if (kind != NULL) {
        item->document.kind = json_is_string(kind) ? kind_named(bytes_of_string(kind)) : 0;
    }
    unknown = read_fields(&item->document, object);
    info = kind_info(item->document.kind);
    if (info == NULL && (kind != NULL || default_kind != 0)) {
        refuse_item(item, REASON_UNKNOWN_KIND, "");
    } else if (unknown != NULL && !(info != NULL && info->node_only)) {
        refuse_item(item, REASON_UNKNOWN_FIELD, unknown);
    } else if (info == NULL) {
        refuse_item(item, REASON_MISSING, "kind");
    }
}

void json_read_item(struct submit_item *item, json_t **keep, struct bytes line,
                    uint32_t default_kind)
{
    json_error_t error;
    json_t *object;

    *keep = NULL;
    if (line.size > JSON_LINE_BYTES_MAX) {
        refuse_malformed(item, "line longer than 256 KiB");
        return;
    }
    if (read_plain(&item->document, line, default_kind)) {
        return;
    }
    object = json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL) {
        refuse_unreadable(item, &error);
        return;
    }
    *keep = object;
    if (!json_is_object(object)) {
        refuse_malformed(item, "not an object");
        return;
    }
    read_object(item, object, default_kind);
}

struct bytes json_typed_id(const struct submit_item *item, const json_t *keep)
{
    const json_t *id = json_object_get(keep, "id"); /* NULL for what is no object */

    if (keep == NULL) { /* a plain line: all its texts are strings */
        return item->malformed ? BYTES_NONE : document_id(&item->document);
    }
    return json_is_string(id) ? bytes_of_string(id) : BYTES_NONE;
}

/* --- writing --- */

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

static void put_string(struct buf *buf, struct bytes text)
{
    const bool utf8 = utf8_valid(text);
    size_t plain = 0;

    buf_put_u8(buf, '"');
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\' && (c < 0x80 || utf8)) {
            continue;
        }
        buf_append(buf, text.data + plain, i - plain);
        plain = i + 1;
        put_escaped(buf, c);
    }
    if (text.size > plain) {
        buf_append(buf, text.data + plain, text.size - plain);
    }
    buf_put_u8(buf, '"');
}

static void put_key(struct json_out *out, const char *key)
{
    if (out->comma) {
        buf_put_u8(out->buf, ',');
    }
    out->comma = true;
    if (key != NULL) {
        buf_put_u8(out->buf, '"');
        put_text(out->buf, key);
        buf_append(out->buf, "\":", 2);
    }
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

void out_text(struct json_out *out, const char *key, const char *text)
{
    out_bytes(out, key, bytes_text(text));
}

void out_bytes(struct json_out *out, const char *key, struct bytes text)
{
    put_key(out, key);
    put_string(out->buf, text);
}

void out_count(struct json_out *out, const char *key, uint64_t count)
{
    char text[24];

    put_key(out, key);
    (void)snprintf(text, sizeof text, "%" PRIu64, count);
    put_text(out->buf, text);
}

void out_signed(struct json_out *out, const char *key, int64_t number)
{
    char text[24];

    put_key(out, key);
    (void)snprintf(text, sizeof text, "%" PRId64, number);
    put_text(out->buf, text);
}

void out_amount(struct json_out *out, const char *key, int64_t fen)
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

void time_format(char out[JSON_TIME_MAX], uint64_t unix_ms)
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
    time_format(text, unix_ms);
    out_text(out, key, text);
}

void out_hex(struct json_out *out, const char *key, const void *data, size_t size)
{
    char text[2 * HASH_SIZE + 1];

    if (size > HASH_SIZE) {
        size = HASH_SIZE;
    }
    hex_encode(text, data, size);
    out_text(out, key, text);
}

void out_division(struct json_out *out, const char *key, struct division division)
{
    if (division_is_none(division)) {
        out_null(out, key);
    } else {
        out_text(out, key, division.code);
    }
}

static void write_field(struct json_out *out, const struct document *document, enum field field)
{
    const struct field_info *info = field_info(field);
    char number[24];

    switch (info->type) {
    case TYPE_AMOUNT:
        out_amount(out, info->name, document_number(document, field));
        break;
    case TYPE_YEAR:
    case TYPE_NUMBER:
        (void)snprintf(number, sizeof number, "%" PRId64, document_number(document, field));
        out_text(out, info->name, number);
        break;
    case TYPE_HASH: {
        const struct bytes hash = document_text(document, field);
        out_hex(out, info->name, hash.data, hash.size);
        break;
    }
    default:
        out_bytes(out, info->name, document_text(document, field));
        break;
    }
}

void out_document(struct json_out *out, const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);

    out_text(out, "kind", info != NULL ? info->name : "unknown");
    for (enum field field = 1; field < FIELDS; field++) {
        if (document_has(document, field) && field_info(field)->name != NULL &&
            field != FIELD_INHERITED) {
            write_field(out, document, field);
        }
    }
}
