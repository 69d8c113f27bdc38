/* Lines inside a document: one encoding, bounded, read where they lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/block.h"
#include "proto/document.h"

/* Key of `lines`, 190 << 3 | 2. */
#define L "\xf2\x0b"
/* A line that is only a number, as sint64. */
#define NO(zigzag) L "\x02\x08" zigzag
/* A document's id, and what the node wrote out. */
#define DOC_ID                                                                                     \
    "\x0a\x01"                                                                                     \
    "A"
#define INHERITED "\xfa\x0b\x01\x01"

static void a_body_with_lines_is_read_or_refused(void **state)
{
    static const struct {
        const char *why, *body;
        size_t size;
        int lines; /* -1: malformed */
    } cases[] = {
#define BODY(text) text, sizeof(text) - 1
        {"no lines", BODY(DOC_ID), 0},
        {"one line", BODY(DOC_ID NO("\x02")), 1},
        {"lines alone", BODY(NO("\x02") NO("\x04")), 2},
        {"numbers with gaps", BODY(NO("\x02") NO("\x10") NO("\x12")), 3},
        {"and what the node wrote", BODY(DOC_ID NO("\x02") INHERITED), 1},
        {"a line with an amount", BODY(L "\x04\x08\x02\x38\x01"), 1},
        {"the same number twice", BODY(NO("\x02") NO("\x02")), -1},
        {"a lower number", BODY(NO("\x04") NO("\x02")), -1},
        {"number 0", BODY(NO("\x00")), -1},
        {"a number below 0", BODY(NO("\x01")), -1},
        {"no number", BODY(L "\x02\x38\x02"), -1},
        {"an empty line", BODY(L "\x00"), -1},
        {"a field after the lines", BODY(NO("\x02") DOC_ID), -1},
        {"lines after what the node wrote", BODY(DOC_ID INHERITED NO("\x02")), -1},
        {"fields of a line descend", BODY(L "\x04\x38\x02\x08\x02"), -1},
        {"a field of a line twice", BODY(L "\x04\x08\x02\x08\x02"), -1},
        {"an unknown field", BODY(L "\x04\x08\x02\x48\x02"), -1},
        {"a number where a text is", BODY(L "\x04\x08\x02\x10\x02"), -1},
        {"a text where a number is",
         BODY(L "\x05\x08\x02\x3a\x01"
                "1"),
         -1},
        {"an empty text", BODY(L "\x04\x08\x02\x22\x00"), -1},
        {"a text with a control character", BODY(L "\x05\x08\x02\x22\x01\x07"), -1},
        {"a text beyond the line",
         BODY(L "\x05\x08\x02\x22\x02"
                "a"),
         -1},
        {"a line beyond the body", BODY(L "\x03\x08\x02"), -1},
        {"a size in two bytes", BODY(L "\x82\x00\x08\x02"), -1},
        {"a number in two bytes", BODY(L "\x03\x08\x82\x00"), -1},
        {"the lines as a number", BODY("\xf0\x0b\x02"), -1},
#undef BODY
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct bytes body = bytes_of(cases[i].body, cases[i].size);
        struct document document;
        struct buf again = BUF_EMPTY;
        struct err err;
        const bool good = document_decode(&document, 16, body, &err) == OK;

        if (good != (cases[i].lines >= 0) || (good && document.line_count != cases[i].lines)) {
            fail_msg("%s", cases[i].why);
        }
        if (good) {
            document_encode(&again, &document);
            assert_true(bytes_equal(buf_bytes(&again), body));
        }
        buf_free(&again);
    }
}

static void add_line(struct buf *lines, unsigned no, const char *text)
{
    struct document_line line = {0};
    char digits[12];

    (void)snprintf(digits, sizeof digits, "%u", no);
    assert_true(line_set(&line, LINE_NO, bytes_text(digits)));
    if (text != NULL) {
        assert_true(line_set(&line, LINE_TEXT, bytes_text(text)));
    }
    line_encode(lines, &line);
}

static void lines_have_a_count_and_a_size_that_they_may_not_pass(void **state)
{
    static const struct {
        const char *why;
        unsigned lines;
        size_t text_size;
        bool good;
    } cases[] = {
        {"as many as may be", LINES_MAX, 0, true},
        {"one more", LINES_MAX + 1, 0, false},
        {"as large as may be", 40, 1000, true},
        {"larger", 41, 1000, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct document document, back;
        struct buf lines = BUF_EMPTY, body = BUF_EMPTY;
        char text[1001] = "";
        struct err err;

        memset(text, 'x', cases[i].text_size);
        for (unsigned no = 1; no <= cases[i].lines; no++) {
            add_line(&lines, no, cases[i].text_size > 0 ? text : NULL);
        }
        document_clear(&document, 16);
        document.lines = buf_bytes(&lines);
        document.line_count = (uint16_t)cases[i].lines;
        document_encode(&body, &document);
        if ((document_decode(&back, 16, buf_bytes(&body), &err) == OK) != cases[i].good) {
            fail_msg("%s (%zu bytes)", cases[i].why, lines.size);
        }
        buf_free(&lines);
        buf_free(&body);
    }
}

static void lines_are_walked_in_order(void **state)
{
    struct document document;
    struct buf lines = BUF_EMPTY;
    struct document_line line;
    struct reader reader;

    (void)state;
    document_clear(&document, 16);
    add_line(&lines, 1, "扎西");
    add_line(&lines, 3, NULL);
    document.lines = buf_bytes(&lines);
    reader = reader_of(document.lines);
    assert_true(line_next(&reader, &line));
    assert_int_equal(line_number(&line, LINE_NO), 1);
    assert_true(bytes_equal(line_text(&line, LINE_TEXT), bytes_text("扎西")));
    assert_true(line_next(&reader, &line));
    assert_int_equal(line_number(&line, LINE_NO), 3);
    assert_false(line_has(&line, LINE_TEXT)); /* nothing of the one before */
    assert_false(line_next(&reader, &line));
    buf_free(&lines);
}

static void what_a_person_types_into_a_line_is_checked(void **state)
{
    static const struct {
        enum line_field field;
        const char *typed;
        bool good;
    } cases[] = {
        {LINE_NO, "1", true},           {LINE_NO, "999999999", true},
        {LINE_NO, "0", false},          {LINE_NO, "1000000000", false},
        {LINE_NO, "x", false},          {LINE_AMOUNT, "-12.50", true},
        {LINE_AMOUNT, "12.505", false}, {LINE_ID, "PAY-1", true},
        {LINE_ID, "no blanks", false},  {LINE_NAME, "扎西", true},
        {LINE_NAME, "", false},         {LINE_ACCT_NO, "622202-1", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct document_line line = {0};

        if (line_set(&line, cases[i].field, bytes_text(cases[i].typed)) != cases[i].good) {
            fail_msg("%s: '%s'", line_field_info(cases[i].field)->name, cases[i].typed);
        }
    }
    assert_int_equal(line_field_named(bytes_text("bank_name")), LINE_BANK_NAME);
    assert_int_equal(line_field_named(bytes_text("nothing")), LINE_FIELDS);
}

/* A value takes 16 bytes, and there is room for every field. */
static void a_document_costs_little_beside_its_values(void **state)
{
    (void)state;
    assert_in_range(sizeof(struct document), 1, 16 * DOCUMENT_VALUES_MAX + 280);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_with_lines_is_read_or_refused),
        cmocka_unit_test(lines_have_a_count_and_a_size_that_they_may_not_pass),
        cmocka_unit_test(lines_are_walked_in_order),
        cmocka_unit_test(what_a_person_types_into_a_line_is_checked),
        cmocka_unit_test(a_document_costs_little_beside_its_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
