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
