#include "proto/document.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/block.h"

enum { WIRE_VARINT = 0, WIRE_BYTES = 2, NODE_TAGS_FIRST = 100 };

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

/* --- what a value may look like --- */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Sets of ASCII characters, one bit each: below 64, and from 64 on. */
struct charset {
    uint64_t low, high;
};
#define BIT(c)            (UINT64_C(1) << ((c)&63))
#define BITS(first, last) ((BIT(last) - BIT(first)) | BIT(last))
#define DIGITS            BITS('0', '9')
#define UPPER             BITS('A', 'Z')
#define LOWER             BITS('a', 'z')

static bool all_of(struct bytes text, struct charset set)
{
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];
        if (c >= 0x80 || ((c < 64 ? set.low : set.high) & BIT(c)) == 0) {
            return false;
        }
    }
    return true;
}

static bool id_valid(struct bytes text)
{
    static const struct charset first = {DIGITS | BIT('.'), UPPER | LOWER};
    static const struct charset rest = {DIGITS | BIT('.') | BIT('-'), UPPER | LOWER | BIT('_')};

    return all_of(bytes_of(text.data, 1), first) && all_of(text, rest);
}

static bool code_valid(struct bytes text)
{
    static const struct charset code = {BITS('!', '?') & ~(BIT('"') | BIT('\'')),
                                        BITS('@', '~') & ~BIT('\\')};

    return all_of(text, code);
}

static bool division_valid(struct bytes text)
{
    static const struct charset division = {DIGITS, UPPER};

    return all_of(text, division);
}

static bool word_valid(struct bytes text)
{
    static const struct charset word = {DIGITS, UPPER | LOWER | BIT('_')};

    return all_of(text, word);
}

static int two_digits(const uint8_t *at)
{
    return is_digit(at[0]) && is_digit(at[1]) ? (at[0] - '0') * 10 + at[1] - '0' : -1;
}

static bool date_valid(struct bytes text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int century, year, month, day;

    if (text.size != 10 || text.data[4] != '-' || text.data[7] != '-') {
        return false;
    }
    century = two_digits(text.data);
    year = two_digits(text.data + 2);
    month = two_digits(text.data + 5);
    day = two_digits(text.data + 8);
    if (century < 10 || year < 0 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    year += 100 * century;
    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) {
        return day <= 29;
    }
    return day <= days[month - 1];
}

bool field_text_valid(enum field field, struct bytes text)
{
    const struct field_info *info = field_info(field);

    if (info->name == NULL || text.size == 0 || text.size > info->bytes_max) {
        return false;
    }
    switch (info->type) {
    case TYPE_ID:
        return id_valid(text);
    case TYPE_DIVISION:
        return division_valid(text);
    case TYPE_CODE:
        return code_valid(text);
    case TYPE_TEXT:
        return text_plain(text);
    case TYPE_DATE:
        return date_valid(text);
    case TYPE_FLAG:
        return text.size == 1 && (text.data[0] == '1' || text.data[0] == '2');
    case TYPE_WORD:
        return word_valid(text);
    case TYPE_HASH:
        return text.size == HASH_SIZE;
    case TYPE_YEAR:
    case TYPE_NUMBER:
    case TYPE_AMOUNT:
        break;
    }
    return false;
}

bool field_number_valid(enum field field, int64_t number)
{
    const struct field_info *info = field_info(field);

    if (info->name == NULL) {
        return false;
    }
    switch (info->type) {
    case TYPE_YEAR:
        return number >= 1000 && number <= 9999;
    case TYPE_NUMBER: /* what nodes write are positions in logs */
        return number >= 0 && number <= ((int)field >= NODE_TAGS_FIRST ? INT64_MAX - 1 : 999999999);
    case TYPE_AMOUNT:
        return number != INT64_MIN;
    default:
        return false;
    }
}

/* --- what a person typed --- */

bool amount_parse(int64_t *fen, struct bytes typed)
{
    size_t at = 0, whole_digits = 0, decimals = 0;
    uint64_t value = 0;
    bool negative = false;

    if (at < typed.size && typed.data[at] == '-') {
        negative = true;
        at++;
    }
    for (; at < typed.size && is_digit(typed.data[at]); at++, whole_digits++) {
        if (whole_digits == 17) {
            return false; /* 17 digits of yuan and two of fen fill an int64 */
        }
        value = value * 10 + (uint64_t)(typed.data[at] - '0');
    }
    if (whole_digits == 0) {
        return false;
    }
    value *= 100;
    if (at < typed.size && typed.data[at] == '.') {
        for (at++; at < typed.size && is_digit(typed.data[at]) && decimals < 2; at++, decimals++) {
            value += (uint64_t)(typed.data[at] - '0') * (decimals == 0 ? 10 : 1);
        }
        if (decimals == 0) {
            return false;
        }
    }
    if (at != typed.size || value > INT64_MAX) {
        return false;
    }
    *fen = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

void amount_format(char out[AMOUNT_TEXT_MAX], int64_t fen)
{
    const uint64_t value = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;

    (void)snprintf(out, AMOUNT_TEXT_MAX, "%s%" PRIu64 ".%02" PRIu64, fen < 0 ? "-" : "",
                   value / 100, value % 100);
}

static bool number_parse(int64_t *number, struct bytes typed)
{
    int64_t value = 0;

    for (size_t i = 0; i < typed.size; i++) {
        if (!is_digit(typed.data[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, typed.data[i] - '0', &value)) {
            return false;
        }
    }
    *number = value;
    return typed.size > 0;
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
_Static_assert(FIELDS + 12 DOCUMENT_FIELDS(X) <= ENTRY_BODY_BYTES_MAX, "a document fits an entry");
#undef X

static uint64_t zigzag(int64_t number)
{
    return ((uint64_t)number << 1) ^ (uint64_t)(number >> 63);
}

static int64_t unzigzag(uint64_t number)
{
    return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

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
    const struct bytes text = number ? BYTES_NONE : document->value[tag].text;
    uint8_t *at;

    buf_reserve(out, text.size + 24);
    at = out->data + out->size;
    at += write_varint(at, (uint64_t)tag << 3 | (number ? WIRE_VARINT : WIRE_BYTES));
    at += write_varint(at, number ? zigzag(document->value[tag].number) : text.size);
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

    assert((document->inherited[0] & ~document->present[0]) == 0);
    assert((document->inherited[1] & ~document->present[1]) == 0);
    for (unsigned word = 0; word < 2; word++) {
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
    for (unsigned word = 0; word < 2; word++) {
        for (uint64_t left = document->present[word]; left != 0; left &= left - 1) {
            write_field(out, 64 * word + (unsigned)__builtin_ctzll(left), document);
        }
    }
    write_inherited(out, document);
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

static bool read_field(struct document *out, unsigned tag, unsigned wire, struct reader *reader)
{
    if (wire == WIRE_VARINT) {
        const int64_t number = unzigzag(reader_varint(reader));
        if (!reader_ok(reader) || !field_is_number(tag) || !field_number_valid(tag, number)) {
            return false;
        }
        document_set_number(out, tag, number);
        return true;
    }
    if (wire == WIRE_BYTES) {
        const uint64_t size = reader_varint(reader);
        const struct bytes text =
            size > reader_left(reader) ? BYTES_NONE : reader_bytes(reader, (size_t)size);
        if (!reader_ok(reader) || text.size != size) {
            return false;
        }
        if (tag == FIELD_INHERITED) {
            return read_inherited(out, text);
        }
        if (field_is_number(tag) || !field_text_valid(tag, text)) {
            return false;
        }
        document_set_text(out, tag, text);
        return true;
    }
    return false;
}

enum status document_decode(struct document *out, uint32_t kind, struct bytes body, struct err *err)
{
    struct reader reader = reader_of(body);
    uint64_t last = 0;

    document_clear(out, kind);
    if (body.size > ENTRY_BODY_BYTES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "document: %zu bytes", body.size);
    }
    while (reader_left(&reader) > 0) {
        const uint64_t key = reader_varint(&reader), tag = key >> 3;

        if (!reader_ok(&reader) || tag <= last || tag >= FIELDS ||
            (tag != FIELD_INHERITED && fields[tag].name == NULL)) {
            return err_set(err, ERR_MALFORMED, "document: field %" PRIu64 " after %" PRIu64, tag,
                           last);
        }
        if (!read_field(out, (unsigned)tag, (unsigned)(key & 7), &reader)) {
            return err_set(err, ERR_MALFORMED, "document: field %" PRIu64 " (%s)", tag,
                           tag == FIELD_INHERITED ? "inherited" : fields[tag].name);
        }
        last = tag;
    }
    return OK;
}
