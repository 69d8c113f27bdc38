/* The one encoding a document has, and the names of its fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdio.h>

#include <cmocka.h>

#include "proto/block.h"
#include "proto/document.h"

#define SIXTEEN      "0123456789abcdef"
#define THIRTY_EIGHT SIXTEEN SIXTEEN "012345"

/* --- names --- */

static void every_name_finds_its_field_and_nothing_else_does(void **state)
{
    static const char *const strangers[] = {"",      "i",           "ID",      "idd",
                                            "amoun", "amount ",     "amount_", "inherited",
                                            "kind",  "constructor", "金额"};
    size_t found = 0;

    (void)state;
    for (unsigned tag = 1; tag < FIELDS; tag++) {
        const char *name = field_info((enum field)tag)->name;

        if (name != NULL) {
            found++;
            assert_int_equal(field_named(bytes_text(name)), tag);
            assert_int_equal(field_named(bytes_of(name, strlen(name) - 1)), FIELDS);
        }
    }
    assert_int_equal(found, 114);
    for (size_t i = 0; i < COUNT_OF(strangers); i++) {
        assert_int_equal(field_named(bytes_text(strangers[i])), FIELDS);
    }
}

/* --- bodies --- */

/* A document with every field there is; `long_ones` fills each to its last byte. */
static void fill(struct document *document, bool long_ones)
{
    static const char line[] = SIXTEEN SIXTEEN SIXTEEN SIXTEEN;
    static char wide[2048];

    for (size_t i = 0; i < sizeof wide - 1; i++) {
        wide[i] = line[i % 16];
    }
    document_clear(document, 16);
    for (unsigned tag = 1; tag < FIELD_LINES; tag++) {
        const struct field_info *info = field_info((enum field)tag);
        const char *text = info->name == NULL            ? NULL
                           : info->type == TYPE_DATE     ? "2026-03-31"
                           : info->type == TYPE_YEAR     ? "2026"
                           : info->type == TYPE_FLAG     ? "2"
                           : info->type == TYPE_AMOUNT   ? "-92233720368547758.07"
                           : info->type == TYPE_NUMBER   ? "999999999"
                           : info->type == TYPE_DIVISION ? "540121"
                           : info->type == TYPE_HASH     ? line + 32
                           : long_ones || tag % 3 == 0   ? wide
                           : info->type == TYPE_TEXT     ? "林周县"
                                                         : "7";
        size_t size = text == NULL ? 0 : strlen(text);

        if (text == wide) {
            size = info->bytes_max;
        }
        if (text != NULL && !document_set(document, (enum field)tag, bytes_of(text, size))) {
            fail_msg("%s", info->name);
        }
        if (text != NULL && tag % 5 == 0) {
            document_mark_inherited(document, (enum field)tag);
        }
    }
}

static void assert_same(const struct document *a, const struct document *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_memory_equal(a->present, b->present, sizeof a->present);
    assert_memory_equal(a->inherited, b->inherited, sizeof a->inherited);
    for (unsigned tag = 1; tag < FIELD_LINES; tag++) {
        const enum field field = (enum field)tag;

        if (!document_has(a, field)) {
            continue;
        }
        if (field_is_number(field)) {
            assert_int_equal(document_number(a, field), document_number(b, field));
        } else {
            assert_true(bytes_equal(document_text(a, field), document_text(b, field)));
        }
    }
}

static void a_full_document_comes_back_as_it_was(void **state)
{
    static struct document document, back;
    struct err err;

    (void)state;
    for (int long_ones = 0; long_ones < 2; long_ones++) {
        struct buf body = BUF_EMPTY;

        fill(&document, long_ones == 1);
        document_encode(&body, &document);
        assert_true(body.size <= ENTRY_BODY_BYTES_MAX);
        assert_int_equal(document_decode(&back, 16, buf_bytes(&body), &err), OK);
        assert_same(&document, &back);
        buf_free(&body);
    }
}

static void an_empty_document_is_no_bytes(void **state)
{
    static struct document document;
    struct buf body = BUF_EMPTY;
    struct err err;

    (void)state;
    document_clear(&document, 17);
    document_encode(&body, &document);
    assert_int_equal(body.size, 0);
    assert_int_equal(document_decode(&document, 18, BYTES_NONE, &err), OK);
    assert_int_equal(document.kind, 18);
    assert_int_equal(document.present[0] | document.present[1] | document.present[2], 0);
    buf_free(&body);
}

/* One document, one encoding: whatever is accepted is what the encoder would have written. */
static bool read_back(struct bytes body)
{
    static struct document document;
    struct buf again = BUF_EMPTY;
    struct err err = {OK, ""};
    const enum status status = document_decode(&document, 16, body, &err);

    if (status == OK) {
        document_encode(&again, &document);
        assert_true(bytes_equal(buf_bytes(&again), body));
    } else {
        assert_int_equal(status, ERR_MALFORMED);
        assert_true(strlen(err.text) > 0);
    }
    buf_free(&again);
    return status == OK;
}

static void cut_anywhere_it_is_malformed_or_a_shorter_document(void **state)
{
    static struct document document;
    struct buf body = BUF_EMPTY;
    size_t accepted = 0;

    (void)state;
    fill(&document, false);
    document_encode(&body, &document);
    for (size_t size = 0; size < body.size; size++) {
        uint8_t *exact = mem_zalloc(size + 1); /* so that a read past the end is one */
        uint8_t *copy = mem_realloc(exact, size == 0 ? 1 : size);

        memcpy(copy, body.data, size);
        accepted += read_back(bytes_of(copy, size));
        mem_free(copy);
    }
    assert_int_equal(accepted, 115); /* after each of 114 fields, and nothing at all */
    buf_free(&body);
}

static void a_flipped_bit_is_malformed_or_another_document(void **state)
{
    static struct document document;
    struct buf body = BUF_EMPTY;

    (void)state;
    fill(&document, false);
    document_encode(&body, &document);
    for (size_t bit = 0; bit < 8 * body.size; bit++) {
        body.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        (void)read_back(buf_bytes(&body));
        body.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    buf_free(&body);
}

#define RAW(text) text, sizeof(text) - 1

static void bodies_are_read_strictly(void **state)
{
    static const struct {
        const char *name, *body;
        size_t size;
        bool good;
    } cases[] = {
        {"id",
         RAW("\x0a\x01"
             "a"),
         true},
        {"id and year",
         RAW("\x0a\x01"
             "a\x10\xd4\x1f"),
         true},
        {"the year before the id",
         RAW("\x10\xd4\x1f\x0a\x01"
             "a"),
         false},
        {"the id twice",
         RAW("\x0a\x01"
             "a\x0a\x01"
             "a"),
         false},
        {"field 0",
         RAW("\x02\x01"
             "a"),
         false},
        {"an unknown field",
         RAW("\xb2\x05\x01"
             "a"),
         false}, /* 86 */
        {"a field past the last",
         RAW("\xfa\x07\x01"
             "a"),
         false}, /* 127 */
        {"a field far past the last",
         RAW("\x8a\x80\x80\x80\x10\x01"
             "a"),
         false},
        {"an overlong key",
         RAW("\x8a\x00\x01"
             "a"),
         false},
        {"an overlong size",
         RAW("\x0a\x81\x00"
             "a"),
         false},
        {"an overlong number", RAW("\x10\xd4\x9f\x00"), false},
        {"a size past the end",
         RAW("\x0a\x02"
             "a"),
         false},
        {"a size past everything", RAW("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), false},
        {"a varint of eleven bytes", RAW("\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
         false},
        {"a number without an end", RAW("\x10\xd4"), false},
        {"a key alone", RAW("\x0a"), false},
        {"text as a number", RAW("\x08\x01"), false},
        {"a number as text",
         RAW("\x12\x01"
             "1"),
         false},
        {"64 fixed bits", RAW("\x11\x00\x00\x00\x00\x00\x00\x00\x00"), false},
        {"32 fixed bits", RAW("\x15\x00\x00\x00\x00"), false},
        {"a group", RAW("\x0b\x0c"), false},
        {"an empty text", RAW("\x0a\x00"), false},
        {"an id with a NUL",
         RAW("\x0a\x02"
             "a\0"),
         false},
        {"a memo with a NUL",
         RAW("\x1a\x02"
             "a\0"),
         false},
        {"a memo with overlong UTF-8", RAW("\x1a\x02\xc0\xaf"), false},
        {"a memo with a line end",
         RAW("\x1a\x02"
             "a\n"),
         false},
        {"an id too long", RAW("\x0a\x27" THIRTY_EIGHT "6"), false},
        {"a year of three digits", RAW("\x10\xce\x0f"), false},
        {"the greatest amount", RAW("\x28\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), true},
        {"the least int64", RAW("\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), false},
        {"an amount of zero", RAW("\x28\x00"), true},
        {"inherited",
         RAW("\x0a\x01"
             "a\xfa\x0b\x01\x01"),
         true},
        {"inherited but absent",
         RAW("\x0a\x01"
             "a\xfa\x0b\x01\x02"),
         false},
        {"inherited twice",
         RAW("\x0a\x01"
             "a\xfa\x0b\x02\x01\x01"),
         false},
        {"inherited in descending order",
         RAW("\x0a\x01"
             "a\x10\xd4\x1f\xfa\x0b\x02\x02\x01"),
         false},
        {"inherited itself",
         RAW("\x0a\x01"
             "a\xfa\x0b\x01\xbf"),
         false},
        {"inherited 0",
         RAW("\x0a\x01"
             "a\xfa\x0b\x01\x00"),
         false},
        {"inherited 255",
         RAW("\x0a\x01"
             "a\xfa\x0b\x01\xff"),
         false},
        {"nothing inherited",
         RAW("\x0a\x01"
             "a\xfa\x0b\x00"),
         false},
        {"inherited as a number",
         RAW("\x0a\x01"
             "a\xf8\x0b\x02"),
         false},
        {"a zero byte", RAW("\x00"), false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (read_back(bytes_of(cases[i].body, cases[i].size)) != cases[i].good) {
            fail_msg("%s", cases[i].name);
        }
    }
}

static void a_body_larger_than_an_entry_is_too_large(void **state)
{
    static uint8_t body[ENTRY_BODY_BYTES_MAX + 1];
    static struct document document;
    struct err err;

    (void)state;
    assert_int_equal(document_decode(&document, 16, bytes_of(body, sizeof body), &err),
                     ERR_TOO_LARGE);
    assert_int_equal(document_decode(&document, 16, bytes_of(body, sizeof body - 1), &err),
                     ERR_MALFORMED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_finds_its_field_and_nothing_else_does),
        cmocka_unit_test(a_full_document_comes_back_as_it_was),
        cmocka_unit_test(an_empty_document_is_no_bytes),
        cmocka_unit_test(cut_anywhere_it_is_malformed_or_a_shorter_document),
        cmocka_unit_test(a_flipped_bit_is_malformed_or_another_document),
        cmocka_unit_test(bodies_are_read_strictly),
        cmocka_unit_test(a_body_larger_than_an_entry_is_too_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
