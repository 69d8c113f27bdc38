#include "proto/document_lines.h"

#include <assert.h>

enum { KEY_LINES = 190 << 3 | 2, WIRE_VARINT = 0, WIRE_BYTES = 2 };

static const struct field_info fields[LINE_FIELDS] = {
#define X(constant, tag, name, type, bytes_max) [tag] = {name, TYPE_##type, bytes_max},
    DOCUMENT_LINE_FIELDS(X)
#undef X
};

const struct field_info *line_field_info(enum line_field field)
{
    assert(field > 0 && field < LINE_FIELDS);
    return &fields[field];
}

enum line_field line_field_named(struct bytes name)
{
    for (enum line_field field = LINE_NO; field < LINE_FIELDS; field++) {
        if (bytes_equal(name, bytes_text(fields[field].name))) {
            return field;
        }
    }
    return LINE_FIELDS;
}

static bool number_valid(enum line_field field, int64_t number)
{
    return value_number_valid(&fields[field], number, NUMBER_MAX) &&
           (field != LINE_NO || number > 0);
}

static void set_text(struct document_line *line, enum line_field field, struct bytes text)
{
    line->present |= UINT32_C(1) << field;
    line->value[field].text = text;
}

static void set_number(struct document_line *line, enum line_field field, int64_t number)
{
    line->present |= UINT32_C(1) << field;
    line->value[field].number = number;
}

bool line_set(struct document_line *line, enum line_field field, struct bytes typed)
{
    const enum field_type type = fields[field].type;
    int64_t number;

    if (!type_is_number(type)) {
        set_text(line, field, typed);
        return value_text_valid(&fields[field], typed);
    }
    if (!(type == TYPE_AMOUNT ? amount_parse(&number, typed) : number_parse(&number, typed)) ||
        !number_valid(field, number)) {
        return false;
    }
    set_number(line, field, number);
    return true;
}

/* --- bodies --- */

void line_encode(struct buf *out, const struct document_line *line)
{
    struct buf inner = BUF_EMPTY;

    assert(line_has(line, LINE_NO));
    for (uint32_t left = line->present; left != 0; left &= left - 1) {
        const enum line_field field = (enum line_field)__builtin_ctz(left);

        if (type_is_number(fields[field].type)) {
            buf_put_varint(&inner, (uint64_t)field << 3 | WIRE_VARINT);
            buf_put_varint(&inner, zigzag(line->value[field].number));
        } else {
            buf_put_varint(&inner, (uint64_t)field << 3 | WIRE_BYTES);
            buf_put_varint(&inner, line->value[field].text.size);
            buf_append_bytes(&inner, line->value[field].text);
        }
    }
    buf_put_varint(out, KEY_LINES);
    buf_put_varint(out, inner.size);
    buf_append_bytes(out, buf_bytes(&inner));
    buf_free(&inner);
}

static bool read_sized(struct reader *reader, struct bytes *out)
{
    const uint64_t size = reader_varint(reader);

    if (!reader_ok(reader) || size > reader_left(reader)) {
        return false;
    }
    *out = reader_bytes(reader, (size_t)size);
    return true;
}

static bool read_field(struct document_line *out, enum line_field field, unsigned wire,
                       struct reader *reader)
{
    struct bytes text;

    if (type_is_number(fields[field].type)) {
        set_number(out, field, unzigzag(reader_varint(reader)));
        return wire == WIRE_VARINT && reader_ok(reader) &&
               number_valid(field, out->value[field].number);
    }
    if (wire != WIRE_BYTES || !read_sized(reader, &text) ||
        !value_text_valid(&fields[field], text)) {
        return false;
    }
    set_text(out, field, text);
    return true;
}

bool line_read(struct reader *reader, struct document_line *out)
{
    struct reader inner;
    struct bytes raw;
    uint64_t last = 0;

    out->present = 0;
    if (!read_sized(reader, &raw)) {
        return false;
    }
    for (inner = reader_of(raw); reader_left(&inner) > 0;) {
        const uint64_t key = reader_varint(&inner), tag = key >> 3;

        if (!reader_ok(&inner) || tag <= last || tag >= LINE_FIELDS ||
            !read_field(out, (enum line_field)tag, (unsigned)(key & 7), &inner)) {
            return false;
        }
        last = tag;
    }
    return line_has(out, LINE_NO);
}

bool line_next(struct reader *lines, struct document_line *out)
{
    bool good;

    if (reader_left(lines) == 0) {
        return false;
    }
    good = reader_varint(lines) == KEY_LINES && line_read(lines, out);
    assert(good);
    return good;
}
