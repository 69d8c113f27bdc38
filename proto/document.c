#include "proto/document.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "proto/block.h"

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

static const struct field_info fields[FIELDS] = {
#define X(constant, tag, name, type, bytes_max) [tag] = {name, TYPE_##type, bytes_max},
    DOCUMENT_FIELDS(X)
#undef X
};

const struct field_info *field_info(enum field field)
{
    assert(field > 0 && field < FIELDS);
    return &fields[field];
}

/* --- names --- */

struct named {
    const char *name;
    uint8_t size, tag;
};

static const struct named names[] = {
#define X(constant, tag, name, type, bytes_max) {name, sizeof(name) - 1, tag},
    DOCUMENT_FIELDS(X)
#undef X
};

/* Buckets by size and two characters: a name is found with about one comparison. */
enum { BUCKETS = 256 };

static unsigned bucket_of(struct bytes name)
{
    const unsigned first = name.data[0], last = name.data[name.size - 1],
                   middle = name.data[name.size / 2];

    return (first * 31 + last * 7 + middle * 131 + (unsigned)name.size * 17) % BUCKETS;
}

struct name_index {
    uint8_t first[BUCKETS], next[COUNT_OF(names) + 1]; /* 1 + index into names; 0 ends */
};

static void build_index(struct name_index *index)
{
    memset(index, 0, sizeof *index);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const unsigned bucket = bucket_of(bytes_of(names[i].name, names[i].size));
        index->next[i + 1] = index->first[bucket];
        index->first[bucket] = (uint8_t)(i + 1);
    }
}

enum field field_named(struct bytes name)
{
    static _Thread_local struct name_index index;
    static _Thread_local bool built;

    if (name.size == 0) {
        return FIELDS;
    }
    if (!built) {
        build_index(&index);
        built = true;
    }
    for (unsigned i = index.first[bucket_of(name)]; i != 0; i = index.next[i]) {
        const struct named *named = &names[i - 1];
        if (named->size == name.size && memcmp(named->name, name.data, name.size) == 0) {
            return named->tag;
        }
    }
    return FIELDS;
}

/* --- values --- */

bool field_text_valid(enum field field, struct bytes text)
{
    return value_text_valid(field_info(field), text);
}

bool field_number_valid(enum field field, int64_t number)
{
    return value_number_valid(field_info(field), number,
                              field_is_nodes(field) ? INT64_MAX - 1 : NUMBER_MAX);
}

bool document_set(struct document *document, enum field field, struct bytes typed)
{
    int64_t number;

    if (!field_is_number(field)) {
        if (!field_text_valid(field, typed)) {
            return false;
        }
        document_set_text(document, field, typed);
        return true;
    }
    if (field_info(field)->type == TYPE_AMOUNT ? !amount_parse(&number, typed)
                                               : !number_parse(&number, typed)) {
        return false;
    }
    if (!field_number_valid(field, number) ||
        (field_info(field)->type == TYPE_YEAR && typed.size != 4)) {
        return false;
    }
    document_set_number(document, field, number);
    return true;
}

/* --- bodies --- */

/* Every field at its longest fits an entry, with tag and size before each. */
#define X(constant, tag, name, type, bytes_max) +bytes_max + 12
_Static_assert(FIELDS + 12 + LINES_BYTES_MAX DOCUMENT_FIELDS(X) <= ENTRY_BODY_BYTES_MAX,
               "a document fits an entry");
#undef X
#define X(constant, tag, name, type, bytes_max) +1
_Static_assert(0 DOCUMENT_FIELDS(X) <= DOCUMENT_VALUES_MAX, "a document has room for every field");
#undef X

static size_t write_varint(uint8_t *at, uint64_t value)
{
    size_t size = 0;

    while (value >= 0x80) {
        at[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    at[size++] = (uint8_t)value;
    return size;
}

static void write_field(struct buf *out, unsigned tag, const struct document *document)
{
    const bool number = field_is_number(tag);
    const struct bytes text = number ? BYTES_NONE : document_value(document, tag)->text;
    uint8_t *at;

    buf_reserve(out, text.size + 24);
    at = out->data + out->size;
    at += write_varint(at, (uint64_t)tag << 3 | (number ? WIRE_VARINT : WIRE_BYTES));
    at += write_varint(at, number ? zigzag(document_value(document, tag)->number) : text.size);
    if (text.size > 0) {
        memcpy(at, text.data, text.size);
        at += text.size;
    }
    out->size = (size_t)(at - out->data);
}

static void write_inherited(struct buf *out, const struct document *document)
{
    uint8_t tags[FIELDS];
    size_t count = 0;

    for (unsigned word = 0; word < COUNT_OF(document->inherited); word++) {
        assert((document->inherited[word] & ~document->present[word]) == 0);
        for (uint64_t left = document->inherited[word]; left != 0; left &= left - 1) {
            tags[count++] = (uint8_t)(64 * word + (unsigned)__builtin_ctzll(left));
        }
    }
    if (count == 0) {
        return;
    }
    buf_put_varint(out, (uint64_t)FIELD_INHERITED << 3 | WIRE_BYTES);
    buf_put_varint(out, count);
    buf_append(out, tags, count);
}

void document_encode(struct buf *out, const struct document *document)
{
    for (unsigned word = 0; word < COUNT_OF(document->present); word++) {
        for (uint64_t left = document->present[word]; left != 0; left &= left - 1) {
            write_field(out, 64 * word + (unsigned)__builtin_ctzll(left), document);
        }
    }
    buf_append_bytes(out, document->lines);
    write_inherited(out, document);
}

/* Most keys and sizes are one byte. */
static inline uint64_t read_varint(struct reader *reader)
{
    return reader->at < reader->end && *reader->at < 0x80 ? *reader->at++ : reader_varint(reader);
}

static bool read_inherited(struct document *out, struct bytes tags)
{
    unsigned last = 0;

    for (size_t i = 0; i < tags.size; i++) {
        const unsigned tag = tags.data[i];
        if (tag <= last || tag >= FIELD_INHERITED || !document_has(out, tag)) {
            return false;
        }
        document_mark_inherited(out, tag);
        last = tag;
    }
    return tags.size > 0;
}

/* Tags ascend, so none is there twice. */
static void append_value(struct document *out, unsigned tag, union document_value value)
{
    out->present[tag >> 6] |= UINT64_C(1) << (tag & 63);
    out->value_at[tag] = out->value_count;
    out->values[out->value_count++] = value;
}

static bool read_number(struct document *out, unsigned tag, struct reader *reader)
{
    const int64_t number = unzigzag(read_varint(reader));

    append_value(out, tag, (union document_value){.number = number});
    return reader_ok(reader) && type_is_number(fields[tag].type) && field_number_valid(tag, number);
}

static bool read_text(struct document *out, unsigned tag, struct reader *reader)
{
    const uint64_t size = read_varint(reader);
    struct bytes text;

    if (!reader_ok(reader) || size > reader_left(reader)) {
        return false;
    }
    text = reader_bytes(reader, (size_t)size);
    if (tag == FIELD_INHERITED) {
        return read_inherited(out, text);
    }
    append_value(out, tag, (union document_value){.text = text});
    return !type_is_number(fields[tag].type) && value_text_valid(&fields[tag], text);
}

static bool read_field(struct document *out, unsigned tag, unsigned wire, struct reader *reader)
{
    if (fields[tag].name == NULL && tag != FIELD_INHERITED) {
        return false;
    }
    if (wire == WIRE_BYTES) {
        return read_text(out, tag, reader);
    }
    return wire == WIRE_VARINT && tag != FIELD_INHERITED && read_number(out, tag, reader);
}

/* A line is a field that may stand again and again, each time with a higher number. */
static bool read_line(struct document *out, struct reader *reader, const uint8_t *key_at,
                      int64_t *last_no)
{
    struct document_line line;

    if (!line_read(reader, &line) || line_number(&line, LINE_NO) <= *last_no ||
        ++out->line_count > LINES_MAX) {
        return false;
    }
    *last_no = line_number(&line, LINE_NO);
    if (out->line_count == 1) {
        out->lines.data = key_at;
    }
    out->lines.size = (size_t)(reader->at - out->lines.data);
    return out->lines.size <= LINES_BYTES_MAX;
}

static enum status refuse_tag(uint64_t tag, struct err *err)
{
    const bool known = tag < FIELDS && fields[tag].name != NULL;

    return err_set(err, ERR_MALFORMED, "document_field_malformed tag=%" PRIu64 " name=%s", tag,
                   known ? fields[tag].name : "-");
}

enum status document_decode(struct document *out, uint32_t kind, struct bytes body, struct err *err)
{
    struct reader reader = reader_of(body);
    uint64_t last = 0;
    int64_t last_no = 0;

    document_clear(out, kind);
    if (body.size > ENTRY_BODY_BYTES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "document_too_large size=%zu", body.size);
    }
    while (reader_left(&reader) > 0) {
        const uint8_t *at = reader.at;
        const uint64_t key = read_varint(&reader), tag = key >> 3;
        bool good;

        if (!reader_ok(&reader) || tag >= FIELDS || tag < last ||
            (tag == last && tag != FIELD_LINES)) {
            return refuse_tag(tag, err);
        }
        if (tag == FIELD_LINES) {
            good = (key & 7) == WIRE_BYTES && read_line(out, &reader, at, &last_no);
        } else {
            good = read_field(out, (unsigned)tag, (unsigned)(key & 7), &reader);
        }
        if (!good) {
            return refuse_tag(tag, err);
        }
        last = tag;
    }
    return OK;
}
