#include "node/api/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "node/api/json_plain.h"
#include "node/text/nearest.h"

static bool client_may_name(enum field field)
{
    return !field_is_nodes(field);
}

/* --- reading plain lines --- */

static bool take_plain_member(struct document *document, struct json_cursor *cursor, bool *has_kind)
{
    struct bytes name, value;
    enum field field;

    if (!json_take_string(cursor, &name) || !json_take(cursor, ':')) {
        return false;
    }
    if (!json_take_string(cursor, &value)) {
        field = field_named(name);
        return field != FIELDS && client_may_name(field) && !document_has(document, field) &&
               field_is_number(field) && field_info(field)->type != TYPE_AMOUNT &&
               json_take_number(cursor, &value) && document_set(document, field, value);
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
    struct json_cursor cursor = {line.data, line.data + line.size};
    bool has_kind = false;

    document_clear(document, default_kind);
    if (!json_take(&cursor, '{')) {
        return false;
    }
    do {
        if (!take_plain_member(document, &cursor, &has_kind)) {
            return false;
        }
    } while (json_take(&cursor, ','));
    if (!json_take(&cursor, '}')) {
        return false;
    }
    return json_is_over(&cursor) && document->kind != 0;
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

/* A copy of it in `texts`, where there is room: the tree goes, and its texts stay. */
static void read_text(struct document *document, enum field field, const json_t *value,
                      struct buf *texts)
{
    const struct bytes text = json_is_string(value) ? bytes_of_string(value) : BYTES_NONE;
    const size_t at = texts->size;

    if (!json_is_string(value)) {
        document_set_text(document, field, bytes_text(not_a_text));
        return;
    }
    assert(text.size <= texts->capacity - at);
    buf_append_bytes(texts, text);
    document_set_text(document, field, bytes_of(texts->data + at, text.size));
}

/* --- lines --- */

static bool read_line_field(struct document_line *line, const char *name, const json_t *value)
{
    const enum line_field field = line_field_named(bytes_text(name));
    char digits[24];

    if (field == LINE_FIELDS || line_has(line, field)) {
        return false;
    }
    if (json_is_string(value)) {
        return line_set(line, field, bytes_of_string(value));
    }
    if (!json_is_integer(value) || line_field_info(field)->type != TYPE_NUMBER) {
        return false;
    }
    (void)snprintf(digits, sizeof digits, "%" PRId64, (int64_t)json_integer_value(value));
    return line_set(line, field, bytes_text(digits));
}

static bool read_line(struct document_line *line, json_t *object)
{
    line->present = 0;
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        if (!read_line_field(line, json_object_iter_key(at), json_object_iter_value(at))) {
            return false;
        }
    }
    return line_has(line, LINE_NO);
}

/* What is wrong with the lines, or NULL. They come in the order of their numbers. */
static const char *read_lines(struct submit_item *item, const json_t *lines)
{
    int64_t last = 0;

    if (!json_is_array(lines) || json_array_size(lines) == 0) {
        return "lines_no_list";
    }
    if (json_array_size(lines) > LINES_MAX) {
        return "lines_too_many";
    }
    for (size_t i = 0; i < json_array_size(lines); i++) {
        struct document_line line;

        if (!read_line(&line, json_array_get(lines, i)) || line_number(&line, LINE_NO) <= last) {
            return "lines_bad_one";
        }
        last = line_number(&line, LINE_NO);
        line_encode(&item->lines, &line);
        if (item->lines.size > LINES_BYTES_MAX) {
            return "lines_too_large";
        }
    }
    item->document.lines = buf_bytes(&item->lines);
    item->document.line_count = (uint16_t)json_array_size(lines);
    return NULL;
}

static enum field field_of_key(void *at)
{
    const enum field field =
        field_named(bytes_of(json_object_iter_key(at), json_object_iter_key_len(at)));

    return field == FIELDS || !client_may_name(field) ? FIELDS : field;
}

static bool is_text_field(enum field field)
{
    return field != FIELDS && !field_is_number(field);
}

/* The bytes of all texts that its fields have. */
static size_t texts_size(json_t *object)
{
    size_t size = 0;

    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        size +=
            is_text_field(field_of_key(at)) ? json_string_length(json_object_iter_value(at)) : 0;
    }
    return size;
}

/* The first name that is no field at all, or NULL. */
static const char *read_fields(struct document *document, json_t *object, struct buf *texts)
{
    const char *unknown = NULL;

    buf_reserve(texts, texts_size(object));
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        const struct bytes key = bytes_of(name, json_object_iter_key_len(at));
        const json_t *value = json_object_iter_value(at);
        enum field field;

        if (bytes_equal(key, bytes_text("kind")) || bytes_equal(key, bytes_text("lines"))) {
            continue;
        }
        field = field_of_key(at);
        if (field == FIELDS) {
            unknown = unknown == NULL ? name : unknown;
        } else if (field_is_number(field)) {
            read_number(document, field, value);
        } else {
            read_text(document, field, value, texts);
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

/* did_you_mean as the detail; nothing where nothing is near. */
static void advise_nearest(struct submit_item *item, const struct nearest *nearest)
{
    char advice[DID_YOU_MEAN_BYTES_MAX];

    (void)snprintf(item->refusal.detail, sizeof item->refusal.detail, "%s",
                   nearest_advice(advice, nearest));
}

static void refuse_kind(struct submit_item *item, const json_t *typed)
{
    struct nearest nearest;

    refuse_item(item, REASON_UNKNOWN_KIND, "");
    nearest_begin(&nearest, json_is_string(typed) ? bytes_of_string(typed) : BYTES_NONE);
    for (uint32_t kind = 1; kind < KINDS_END; kind++) {
        if (kind_info(kind) != NULL && !kind_info(kind)->node_only) {
            nearest_offer(&nearest, bytes_text(kind_info(kind)->name));
        }
    }
    advise_nearest(item, &nearest);
}

/* Of the fields of its kind. */
static void refuse_field_name(struct submit_item *item, const struct kind_info *info,
                              const char *typed)
{
    struct nearest nearest;

    refuse_item(item, REASON_UNKNOWN_FIELD, typed);
    nearest_begin(&nearest, bytes_text(typed));
    for (enum field field = 1; info != NULL && field < FIELDS; field++) {
        if (field_info(field)->name != NULL && kind_takes(info, field, true)) {
            nearest_offer(&nearest, bytes_text(field_info(field)->name));
        }
    }
    advise_nearest(item, &nearest);
}

static void refuse_malformed(struct submit_item *item, const char *detail)
{
    refuse_item(item, REASON_MALFORMED, "");
    (void)snprintf(item->refusal.detail, sizeof item->refusal.detail, "%s", detail);
}

/* What is wrong with the text, by the library's own number for it. */
static const char *json_fault(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_premature_end_of_input:
        return "json_cut";
    case json_error_end_of_input_expected:
        return "json_more_behind";
    case json_error_duplicate_key:
        return "json_key_twice";
    case json_error_invalid_utf8:
    case json_error_null_byte_in_key:
    case json_error_null_character:
        return "json_bad_text";
    case json_error_numeric_overflow:
        return "json_big_number";
    case json_error_stack_overflow:
        return "json_too_deep";
    default:
        return "json_bad_syntax";
    }
}

static void refuse_unreadable(struct submit_item *item, const json_error_t *error)
{
    refuse_item(item, REASON_MALFORMED, "");
    message_format(item->refusal.detail, sizeof item->refusal.detail, "json_fault column=%d why=%s",
                   error->column, json_fault(error));
}

static void read_object(struct submit_item *item, struct buf *texts, json_t *object,
                        uint32_t default_kind)
{
    const json_t *kind = json_object_get(object, "kind");
    const json_t *lines = json_object_get(object, "lines");
    const char *unknown, *bad_lines;
    const struct kind_info *info;

    if (kind != NULL) {
        item->document.kind = json_is_string(kind) ? kind_named(bytes_of_string(kind)) : 0;
    }
    unknown = read_fields(&item->document, object, texts);
    bad_lines = lines != NULL ? read_lines(item, lines) : NULL;
    info = kind_info(item->document.kind);
    if (info == NULL && (kind != NULL || default_kind != 0)) {
        refuse_kind(item, kind);
    } else if (unknown != NULL && !(info != NULL && info->node_only)) {
        refuse_field_name(item, info, unknown);
    } else if (info == NULL) {
        refuse_item(item, REASON_MISSING, "kind");
    } else if (bad_lines != NULL) {
        refuse_item(item, REASON_BAD, "lines");
        (void)snprintf(item->refusal.detail, sizeof item->refusal.detail, "%s", bad_lines);
    }
}

void json_read_item(struct submit_item *item, struct buf *texts, struct bytes line,
                    uint32_t default_kind)
{
    json_error_t error;
    json_t *object;

    *texts = BUF_EMPTY;
    if (line.size > JSON_LINE_BYTES_MAX) {
        refuse_malformed(item, "line_over_limit");
        return;
    }
    if (read_plain(&item->document, line, default_kind)) {
        return;
    }
    document_clear(&item->document, default_kind);
    if (json_costs_too_much(line, JSON_LINE_VALUES_MAX)) {
        refuse_malformed(item, "line_values_over_limit");
        return;
    }
    object = json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL) {
        refuse_unreadable(item, &error);
    } else if (!json_is_object(object)) {
        refuse_malformed(item, "line_no_object");
    } else {
        read_object(item, texts, object, default_kind);
    }
    json_decref(object);
}

struct bytes json_typed_id(const struct submit_item *item)
{
    const struct bytes id = document_id(&item->document);

    return id.data == (const uint8_t *)not_a_text ? BYTES_NONE : id;
}

bool json_costs_too_much(struct bytes text, size_t values_max)
{
    size_t values = 0, containers = 0;

    for (size_t i = 0; i < text.size; i++) {
        const bool opens = text.data[i] == '[' || text.data[i] == '{';

        containers += opens;
        values += opens || text.data[i] == ',';
    }
    return values > values_max || containers > JSON_CONTAINERS_MAX;
}
