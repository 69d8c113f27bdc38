/* document.c and document.proto say the same: names, numbers and types agree, and what one codec
 * writes the other reads, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/document.h"
#include "proto/document.pb-c.h"

static ProtobufCType wire_type(enum field field)
{
    if (field_is_number(field)) {
        return PROTOBUF_C_TYPE_SINT64;
    }
    return field_info(field)->type == TYPE_HASH ? PROTOBUF_C_TYPE_BYTES : PROTOBUF_C_TYPE_STRING;
}

static const ProtobufCFieldDescriptor *descriptor_of(enum field field)
{
    return protobuf_c_message_descriptor_get_field(&terrace__document__descriptor, field);
}

static void the_schema_has_the_same_fields(void **state)
{
    unsigned fields = 0;

    (void)state;
    for (unsigned tag = 1; tag < FIELD_LINES; tag++) {
        const struct field_info *info = field_info((enum field)tag);
        const ProtobufCFieldDescriptor *descriptor = descriptor_of((enum field)tag);

        if (info->name == NULL) {
            assert_null(descriptor);
            continue;
        }
        fields++;
        assert_non_null(descriptor);
        assert_string_equal(descriptor->name, info->name);
        assert_int_equal(descriptor->type, wire_type((enum field)tag));
        assert_int_equal(descriptor->label, PROTOBUF_C_LABEL_OPTIONAL);
    }
    assert_string_equal(descriptor_of(FIELD_INHERITED)->name, "inherited");
    assert_int_equal(descriptor_of(FIELD_INHERITED)->type, PROTOBUF_C_TYPE_BYTES);
    assert_string_equal(descriptor_of(FIELD_LINES)->name, "lines");
    assert_int_equal(descriptor_of(FIELD_LINES)->label, PROTOBUF_C_LABEL_REPEATED);
    assert_int_equal(terrace__document__descriptor.n_fields, fields + 2);
}

static void a_line_has_the_same_fields(void **state)
{
    (void)state;
    for (enum line_field field = 1; field < LINE_FIELDS; field++) {
        const ProtobufCFieldDescriptor *descriptor =
            protobuf_c_message_descriptor_get_field(&terrace__line__descriptor, field);

        assert_non_null(descriptor);
        assert_string_equal(descriptor->name, line_field_info(field)->name);
        assert_int_equal(descriptor->type, type_is_number(line_field_info(field)->type)
                                               ? PROTOBUF_C_TYPE_SINT64
                                               : PROTOBUF_C_TYPE_STRING);
    }
    assert_int_equal(terrace__line__descriptor.n_fields, LINE_FIELDS - 1);
}

/* --- the same document in both forms --- */

static const char *sample_text(enum field field)
{
    switch (field_info(field)->type) {
    case TYPE_DATE:
        return "2026-03-31";
    case TYPE_FLAG:
        return "1";
    case TYPE_DIVISION:
        return "540121";
    case TYPE_TEXT:
        return "乡村道路养护";
    case TYPE_HASH:
        return "0123456789abcdef0123456789abcde\xff";
    default:
        return "7";
    }
}

static int64_t sample_number(enum field field)
{
    static const int64_t amounts[] = {0, 1, -1, 63, 64, -64, -65, 125050, INT64_MAX, -INT64_MAX};

    switch (field_info(field)->type) {
    case TYPE_YEAR:
        return 2026;
    case TYPE_NUMBER:
        return field_is_nodes(field) ? INT64_MAX - 1 : 365;
    default:
        return amounts[(unsigned)field % COUNT_OF(amounts)];
    }
}

/* Which fields sample `seed` has: none, all, each alone, then mixtures. */
static bool has_field(unsigned seed, unsigned tag)
{
    if (seed < 2) {
        return seed == 1;
    }
    if (seed < FIELD_LINES) {
        return tag == seed;
    }
    return (seed * 2654435761U ^ tag * 40503U * seed) >> 7 & 1;
}

/* Every third sample has lines, some more than others. */
enum { SAMPLE_LINES_MAX = 40 };

static size_t lines_of(unsigned seed)
{
    return seed % 3 == 0 ? seed % SAMPLE_LINES_MAX : 0;
}

static void fill_our_lines(struct document *document, struct buf *lines, unsigned seed)
{
    buf_clear(lines);
    for (size_t i = 0; i < lines_of(seed); i++) {
        struct document_line line = {0};
        char no[24], amount[28];

        (void)snprintf(no, sizeof no, "%zu", 7 * i + 1);
        (void)snprintf(amount, sizeof amount, "-%zu.00", i);
        assert_true(line_set(&line, LINE_NO, bytes_text(no)));
        if (i % 2 == 0) {
            assert_true(line_set(&line, LINE_NAME, bytes_text("扎西")));
        }
        if (i % 5 != 0) {
            assert_true(line_set(&line, LINE_AMOUNT, bytes_text(amount)));
        }
        line_encode(lines, &line);
    }
    document->lines = buf_bytes(lines);
    document->line_count = (uint16_t)lines_of(seed);
}

static void fill_their_lines(Terrace__Document *message, Terrace__Line *lines,
                             Terrace__Line **pointers, unsigned seed)
{
    message->lines = pointers;
    message->n_lines = lines_of(seed);
    for (size_t i = 0; i < message->n_lines; i++) {
        terrace__line__init(&lines[i]);
        pointers[i] = &lines[i];
        lines[i].has_no = 1;
        lines[i].no = (int64_t)(7 * i + 1);
        if (i % 2 == 0) {
            lines[i].name = (char *)(uintptr_t) "扎西";
        }
        if (i % 5 != 0) {
            lines[i].has_amount = 1;
            lines[i].amount = -100 * (int64_t)i;
        }
    }
}

static void fill_ours(struct document *document, unsigned seed)
{
    static struct buf lines;

    document_clear(document, 16);
    fill_our_lines(document, &lines, seed);
    for (unsigned tag = 1; tag < FIELD_LINES; tag++) {
        const enum field field = (enum field)tag;

        if (field_info(field)->name == NULL || !has_field(seed, tag)) {
            continue;
        }
        if (field_is_number(field)) {
            document_set_number(document, field, sample_number(field));
        } else {
            document_set_text(document, field, bytes_text(sample_text(field)));
        }
        if (tag % 3 == seed % 3) {
            document_mark_inherited(document, field);
        }
    }
}

static void set_theirs(Terrace__Document *message, enum field field)
{
    const ProtobufCFieldDescriptor *descriptor = descriptor_of(field);
    uint8_t *base = (uint8_t *)message;
    const char *text = sample_text(field);

    switch (wire_type(field)) {
    case PROTOBUF_C_TYPE_SINT64:
        *(protobuf_c_boolean *)(void *)(base + descriptor->quantifier_offset) = 1;
        *(int64_t *)(void *)(base + descriptor->offset) = sample_number(field);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        *(protobuf_c_boolean *)(void *)(base + descriptor->quantifier_offset) = 1;
        *(ProtobufCBinaryData *)(void *)(base + descriptor->offset) =
            (ProtobufCBinaryData){strlen(text), (uint8_t *)(uintptr_t)text};
        break;
    default:
        *(const char **)(void *)(base + descriptor->offset) = text;
        break;
    }
}

static void fill_theirs(Terrace__Document *message, uint8_t *inherited, unsigned seed)
{
    static Terrace__Line lines[SAMPLE_LINES_MAX], *pointers[SAMPLE_LINES_MAX];

    terrace__document__init(message);
    fill_their_lines(message, lines, pointers, seed);
    message->inherited.data = inherited;
    for (unsigned tag = 1; tag < FIELD_LINES; tag++) {
        if (field_info((enum field)tag)->name == NULL || !has_field(seed, tag)) {
            continue;
        }
        set_theirs(message, (enum field)tag);
        if (tag % 3 == seed % 3) {
            inherited[message->inherited.len++] = (uint8_t)tag;
        }
    }
    message->has_inherited = message->inherited.len > 0;
}

static void assert_same_documents(const struct document *a, const struct document *b)
{
    assert_memory_equal(a->present, b->present, sizeof a->present);
    assert_memory_equal(a->inherited, b->inherited, sizeof a->inherited);
    assert_int_equal(a->line_count, b->line_count);
    assert_true(bytes_equal(a->lines, b->lines));
    for (unsigned tag = 1; tag < FIELD_LINES; tag++) {
        const enum field field = (enum field)tag;

        if (document_has(a, field) && field_is_number(field)) {
            assert_int_equal(document_number(a, field), document_number(b, field));
        } else if (document_has(a, field)) {
            assert_true(bytes_equal(document_text(a, field), document_text(b, field)));
        }
    }
}

enum { SEEDS = 400 };

static void both_codecs_write_the_same_bytes(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        static struct document ours;
        Terrace__Document theirs;
        uint8_t inherited[FIELDS], packed[16384];
        struct buf body = BUF_EMPTY;
        size_t size;

        fill_ours(&ours, seed);
        document_encode(&body, &ours);
        fill_theirs(&theirs, inherited, seed);
        size = terrace__document__get_packed_size(&theirs);
        assert_in_range(size, 0, sizeof packed);
        assert_int_equal(terrace__document__pack(&theirs, packed), size);
        if (!bytes_equal(buf_bytes(&body), bytes_of(packed, size))) {
            fail_msg("sample %u", seed);
        }
        buf_free(&body);
    }
}

static void what_the_generated_codec_writes_is_read_here(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        static struct document want, got;
        Terrace__Document theirs;
        uint8_t inherited[FIELDS], packed[16384];
        struct err err;

        fill_theirs(&theirs, inherited, seed);
        (void)terrace__document__pack(&theirs, packed);
        assert_int_equal(
            document_decode(&got, 16, bytes_of(packed, terrace__document__get_packed_size(&theirs)),
                            &err),
            OK);
        fill_ours(&want, seed);
        assert_same_documents(&want, &got);
    }
}

static void what_is_written_here_the_generated_codec_reads(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        static struct document document;
        Terrace__Document *theirs;
        struct buf body = BUF_EMPTY, again = BUF_EMPTY;

        fill_ours(&document, seed);
        document_encode(&body, &document);
        theirs = terrace__document__unpack(NULL, body.size, body.data);
        assert_non_null(theirs);
        assert_int_equal(theirs->base.n_unknown_fields, 0);
        buf_reserve(&again, body.size + 1);
        again.size = terrace__document__pack(theirs, again.data);
        assert_true(bytes_equal(buf_bytes(&body), buf_bytes(&again)));
        terrace__document__free_unpacked(theirs, NULL);
        buf_free(&again);
        buf_free(&body);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_has_the_same_fields),
        cmocka_unit_test(a_line_has_the_same_fields),
        cmocka_unit_test(both_codecs_write_the_same_bytes),
        cmocka_unit_test(what_the_generated_codec_writes_is_read_here),
        cmocka_unit_test(what_is_written_here_the_generated_codec_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
