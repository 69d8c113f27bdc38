/* Documents: what each type of value may be, and the one encoding a document has. The edges are
 * written out here from the rules in proto/document.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <inttypes.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/block.h"
#include "proto/document.h"

/* --- amounts --- */

static void amounts_are_read_exactly_or_not_at_all(void **state)
{
    static const struct {
        const char *typed;
        bool good;
        int64_t fen;
    } cases[] = {
        {"0", true, 0},
        {"1", true, 100},
        {"1250.5", true, 125050},
        {"1250.50", true, 125050},
        {"-1250.50", true, -125050},
        {"0.01", true, 1},
        {"-0.00", true, 0},
        {"007", true, 700},
        {"92233720368547758.07", true, INT64_MAX},
        {"-92233720368547758.07", true, -INT64_MAX},
        {"92233720368547758.08", false, 0},
        {"-92233720368547758.08", false, 0},
        {"92233720368547759", false, 0},
        {"99999999999999999.99", false, 0},
        {"184467440737095516.17", false, 0}, /* wraps to 1 in 64 bits */
        {"99999999999999999999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"--1", false, 0},
        {"+1", false, 0},
        {".", false, 0},
        {".5", false, 0},
        {"5.", false, 0},
        {"-.5", false, 0},
        {"1.234", false, 0},
        {"1.000", false, 0},
        {"1..2", false, 0},
        {"1.2.3", false, 0},
        {"1e3", false, 0},
        {"1E3", false, 0},
        {"0x10", false, 0},
        {"1,000.00", false, 0},
        {"1 000", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1\n", false, 0},
        {"1元", false, 0},
        {"¥1", false, 0},
        {"１２３", false, 0}, /* full-width digits */
        {"１.00", false, 0},
        {"1．00", false, 0}, /* full-width point */
        {"一百", false, 0},
        {"NaN", false, 0},
        {"inf", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t fen = 4711;
        const bool good = amount_parse(&fen, bytes_text(cases[i].typed));

        if (good != cases[i].good || fen != (good ? cases[i].fen : 4711)) {
            fail_msg("\"%s\": %s, %" PRId64, cases[i].typed, good ? "good" : "bad", fen);
        }
    }
    assert_false(amount_parse(&(int64_t){0}, bytes_of("1\0"
                                                      "2",
                                                      3)));
    assert_false(amount_parse(&(int64_t){0}, BYTES_NONE));
}

static void amounts_are_written_as_they_are_read(void **state)
{
    static const struct {
        int64_t fen;
        const char *text;
    } cases[] = {
        {0, "0.00"},
        {1, "0.01"},
        {-1, "-0.01"},
        {99, "0.99"},
        {100, "1.00"},
        {-125050, "-1250.50"},
        {INT64_MAX, "92233720368547758.07"},
        {-INT64_MAX, "-92233720368547758.07"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[AMOUNT_TEXT_MAX];
        int64_t fen;

        amount_format(text, cases[i].fen);
        assert_string_equal(text, cases[i].text);
        assert_true(amount_parse(&fen, bytes_text(text)));
        assert_int_equal(fen, cases[i].fen);
    }
}

/* --- texts --- */

#define SIXTEEN      "0123456789abcdef"
#define THIRTY_EIGHT SIXTEEN SIXTEEN "012345"

static void texts_are_what_their_type_allows(void **state)
{
    static const struct {
        enum field field;
        const char *text;
        bool good;
    } cases[] = {
        {FIELD_ID, "a", true},
        {FIELD_ID, "PAY-2026_1.2", true},
        {FIELD_ID, ".settle-1", true}, /* written by nodes */
        {FIELD_ID, THIRTY_EIGHT, true},
        {FIELD_ID, THIRTY_EIGHT "6", false},
        {FIELD_ID, "", false},
        {FIELD_ID, "-a", false},
        {FIELD_ID, "_a", false},
        {FIELD_ID, "a b", false},
        {FIELD_ID, "a/b", false},
        {FIELD_ID, "a\n", false},
        {FIELD_ID, "a\x7f", false},
        {FIELD_ID, "支付1", false},
        {FIELD_ID, "Ａ１", false},

        {FIELD_MOF_DIV_CODE, "540121", true},
        {FIELD_MOF_DIV_CODE, "R84", true},
        {FIELD_MOF_DIV_CODE, "123456789", true},
        {FIELD_MOF_DIV_CODE, "1234567890", false},
        {FIELD_MOF_DIV_CODE, "r84", false},
        {FIELD_MOF_DIV_CODE, "54-01", false},
        {FIELD_MOF_DIV_CODE, "", false},
        {FIELD_MOF_DIV_CODE, "５４０１", false},

        {FIELD_FUND_TYPE_CODE, "1", true},
        {FIELD_FUND_TYPE_CODE, "!#$%&()*+,", true},
        {FIELD_FUND_TYPE_CODE, "-./:;<=>?@", true},
        {FIELD_FUND_TYPE_CODE, "[]^_`{|}~A", true},
        {FIELD_FUND_TYPE_CODE, "01234567890", false},
        {FIELD_FUND_TYPE_CODE, "", false},
        {FIELD_FUND_TYPE_CODE, "1 2", false},
        {FIELD_FUND_TYPE_CODE, "1\"", false},
        {FIELD_FUND_TYPE_CODE, "'1", false},
        {FIELD_FUND_TYPE_CODE, "1\\", false},
        {FIELD_FUND_TYPE_CODE, "1\t", false},
        {FIELD_FUND_TYPE_CODE, "1\x7f", false},
        {FIELD_FUND_TYPE_CODE, "１", false},
        {FIELD_FUND_TYPE_CODE, "1\xc3", false},
        {FIELD_SOURCE_TYPE_CODE, "3", true},
        {FIELD_SOURCE_TYPE_CODE, "33", false},

        {FIELD_VERSION, "二上二下", true},
        {FIELD_VERSION, "２０２６ \"a\"", true}, /* full-width is text, if not a number */
        {FIELD_VERSION, "123456789012345678\xe4\xba", false},
        {FIELD_VERSION, "12345678901234567一", true}, /* 20 bytes */
        {FIELD_VERSION, "123456789012345678一", false},
        {FIELD_VERSION, "\xf0\x9f\x8c\xbe", true}, /* beyond the basic plane */
        {FIELD_VERSION, "\xf4\x8f\xbf\xbf", true}, /* U+10FFFF */
        {FIELD_VERSION, "\xc2\xa0", true},         /* first after the C1 controls */
        {FIELD_VERSION, "\xc2\x9f", false},        /* last of them */
        {FIELD_VERSION, "\xc2\x85", false},        /* next line */
        {FIELD_VERSION, "a\nb", false},
        {FIELD_VERSION, "a\rb", false},
        {FIELD_VERSION, "\t", false},
        {FIELD_VERSION, "\x1b[31m", false},
        {FIELD_VERSION, "\x7f", false},
        {FIELD_VERSION, "\x80", false}, /* a continuation alone */
        {FIELD_VERSION, "a\xbf", false},
        {FIELD_VERSION, "\xc0\xaf", false}, /* overlong '/' */
        {FIELD_VERSION, "\xc1\xbf", false},
        {FIELD_VERSION, "\xe0\x80\xaf", false}, /* overlong '/' in three */
        {FIELD_VERSION, "\xe0\x9f\xbf", false}, /* last overlong three */
        {FIELD_VERSION, "\xe0\xa0\x80", true},  /* first true three */
        {FIELD_VERSION, "\xf0\x80\x80\xaf", false},
        {FIELD_VERSION, "\xf0\x8f\xbf\xbf", false},
        {FIELD_VERSION, "\xed\x9f\xbf", true}, /* last before the surrogates */
        {FIELD_VERSION, "\xed\xa0\x80", false},
        {FIELD_VERSION, "\xed\xbf\xbf", false},
        {FIELD_VERSION, "\xee\x80\x80", true},
        {FIELD_VERSION, "\xf4\x90\x80\x80", false}, /* past U+10FFFF */
        {FIELD_VERSION, "\xf5\x80\x80\x80", false},
        {FIELD_VERSION, "\xff", false},
        {FIELD_VERSION, "\xe4\xba", false}, /* cut */
        {FIELD_VERSION, "\xe4\x41\x80", false},
        {FIELD_VERSION, "\xe4\xba\x41", false},
        {FIELD_VERSION, "\xf0\x9f\x8c", false},
        {FIELD_VERSION, "\xce\xd2", false}, /* GBK for "I" */
        {FIELD_VERSION, "", false},

        {FIELD_DATE, "2026-02-28", true},
        {FIELD_DATE, "2024-02-29", true},
        {FIELD_DATE, "2000-02-29", true},
        {FIELD_DATE, "1000-01-01", true},
        {FIELD_DATE, "9999-12-31", true},
        {FIELD_DATE, "2026-02-29", false},
        {FIELD_DATE, "1900-02-29", false},
        {FIELD_DATE, "2024-02-30", false},
        {FIELD_DATE, "2026-04-31", false},
        {FIELD_DATE, "2026-12-32", false},
        {FIELD_DATE, "2026-13-01", false},
        {FIELD_DATE, "2026-00-01", false},
        {FIELD_DATE, "2026-01-00", false},
        {FIELD_DATE, "0999-01-01", false},
        {FIELD_DATE, "2026-1-01", false},
        {FIELD_DATE, "2026/01/01", false},
        {FIELD_DATE, "20260101", false},
        {FIELD_DATE, "2026-01-01T", false},
        {FIELD_DATE, "2026-0a-01", false},
        {FIELD_DATE, "-026-01-01", false},
        {FIELD_DATE, "", false},

        {FIELD_IS_TRACK, "1", true},
        {FIELD_IS_TRACK, "2", true},
        {FIELD_IS_TRACK, "0", false},
        {FIELD_IS_TRACK, "3", false},
        {FIELD_IS_TRACK, "11", false},
        {FIELD_IS_TRACK, "y", false},
        {FIELD_IS_TRACK, "", false},
        {FIELD_IS_TRACK, "１", false},

        {FIELD_STAGE, "reply", true},
        {FIELD_STAGE, "0123456789abcdef", true},
        {FIELD_STAGE, "0123456789abcdefg", false},
        {FIELD_STAGE, "re ply", false},
        {FIELD_STAGE, "re-ply", false},
        {FIELD_STAGE, "批复", false},
        {FIELD_STAGE, "", false},

        {FIELD_TRANSFER_HASH, SIXTEEN SIXTEEN, true},
        {FIELD_TRANSFER_HASH, SIXTEEN "0123456789abcde", false},
        {FIELD_TRANSFER_HASH, SIXTEEN SIXTEEN "0", false},
        {FIELD_TRANSFER_HASH, "", false},

        {FIELD_AMOUNT, "1", false}, /* not a text */
        {FIELD_FISCAL_YEAR, "2026", false},
        {(enum field)86, "1", false}, /* no such field */
        {FIELD_INHERITED, "\x01", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text = cases[i].text;

        if (field_text_valid(cases[i].field, bytes_text(text)) != cases[i].good) {
            fail_msg("field %d: \"%s\" (case %zu)", cases[i].field, text, i);
        }
    }
}

/* Every byte alone and in the middle, for the types of one-byte characters: no NUL, nothing that
 * a terminal, a CSV reader or a shell would take for something else. */
static void no_text_holds_a_control_character(void **state)
{
    static const enum field fields[] = {FIELD_ID, FIELD_MOF_DIV_CODE, FIELD_ACCT_NO, FIELD_STAGE,
                                        FIELD_MEMO};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        for (unsigned c = 0; c < 256; c++) {
            const uint8_t text[3] = {'1', (uint8_t)c, '1'};

            if (c < 0x20 || c >= 0x7f) {
                assert_false(field_text_valid(fields[i], bytes_of(text, 3)));
                assert_false(field_text_valid(fields[i], bytes_of(text + 1, 1)));
                assert_false(field_text_valid(fields[i], bytes_of(text, 2)));
            }
        }
    }
}

static void numbers_are_what_their_type_allows(void **state)
{
    static const struct {
        enum field field;
        int64_t number;
        bool good;
    } cases[] = {
        {FIELD_FISCAL_YEAR, 1000, true},
        {FIELD_FISCAL_YEAR, 9999, true},
        {FIELD_FISCAL_YEAR, 999, false},
        {FIELD_FISCAL_YEAR, 10000, false},
        {FIELD_FISCAL_YEAR, -2026, false},
        {FIELD_PRO_TERM, 0, true},
        {FIELD_PRO_TERM, 999999999, true},
        {FIELD_PRO_TERM, 1000000000, false},
        {FIELD_PRO_TERM, -1, false},
        {FIELD_TRANSFER_LSN, 0, true},
        {FIELD_TRANSFER_LSN, INT64_MAX - 1, true},
        {FIELD_TRANSFER_LSN, INT64_MAX, false},
        {FIELD_TRANSFER_LSN, -1, false},
        {FIELD_AMOUNT, 0, true},
        {FIELD_AMOUNT, INT64_MAX, true},
        {FIELD_AMOUNT, -INT64_MAX, true},
        {FIELD_AMOUNT, INT64_MIN, false},
        {FIELD_ID, 1, false}, /* not a number */
        {(enum field)99, 1, false},
        {FIELD_INHERITED, 1, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (field_number_valid(cases[i].field, cases[i].number) != cases[i].good) {
            fail_msg("field %d: %" PRId64, cases[i].field, cases[i].number);
        }
    }
}

static void what_is_typed_is_set_or_refused(void **state)
{
    static const struct {
        enum field field;
        const char *typed;
        bool good;
        int64_t number;
    } cases[] = {
        {FIELD_FISCAL_YEAR, "2026", true, 2026},
        {FIELD_FISCAL_YEAR, "02026", false, 0},
        {FIELD_FISCAL_YEAR, "0026", false, 0},
        {FIELD_FISCAL_YEAR, "26", false, 0},
        {FIELD_FISCAL_YEAR, "-2026", false, 0},
        {FIELD_FISCAL_YEAR, "2026.0", false, 0},
        {FIELD_FISCAL_YEAR, "２０２６", false, 0},
        {FIELD_FISCAL_YEAR, "", false, 0},
        {FIELD_PRO_TERM, "3", true, 3},
        {FIELD_PRO_TERM, "999999999", true, 999999999},
        {FIELD_PRO_TERM, "1000000000", false, 0},
        {FIELD_PRO_TERM, "18446744073709551617", false, 0}, /* wraps to 1 */
        {FIELD_PRO_TERM, "9223372036854775808", false, 0},
        {FIELD_PRO_TERM, "-1", false, 0},
        {FIELD_PRO_TERM, "+1", false, 0},
        {FIELD_PRO_TERM, "1e2", false, 0},
        {FIELD_PRO_TERM, "", false, 0},
        {FIELD_TRANSFER_LSN, "9223372036854775806", true, INT64_MAX - 1},
        {FIELD_TRANSFER_LSN, "9223372036854775807", false, 0},
        {FIELD_AMOUNT, "-12.3", true, -1230},
        {FIELD_AMOUNT, "1,2", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct document document;

        document_clear(&document, 16);
        if (document_set(&document, cases[i].field, bytes_text(cases[i].typed)) != cases[i].good ||
            document_has(&document, cases[i].field) != cases[i].good ||
            document_number(&document, cases[i].field) != cases[i].number) {
            fail_msg("%s: \"%s\"", field_info(cases[i].field)->name, cases[i].typed);
        }
    }
}

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
    assert_int_equal(found, 91);
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
    for (unsigned tag = 1; tag < FIELD_INHERITED; tag++) {
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
    for (unsigned tag = 1; tag < FIELD_INHERITED; tag++) {
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
    assert_int_equal(document.present[0] | document.present[1], 0);
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
    assert_int_equal(accepted, 92); /* after each of 91 fields, and nothing at all */
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
             "a\xf2\x07\x01\x01"),
         true},
        {"inherited but absent",
         RAW("\x0a\x01"
             "a\xf2\x07\x01\x02"),
         false},
        {"inherited twice",
         RAW("\x0a\x01"
             "a\xf2\x07\x02\x01\x01"),
         false},
        {"inherited in descending order",
         RAW("\x0a\x01"
             "a\x10\xd4\x1f\xf2\x07\x02\x02\x01"),
         false},
        {"inherited itself",
         RAW("\x0a\x01"
             "a\xf2\x07\x01\x7e"),
         false},
        {"inherited 0",
         RAW("\x0a\x01"
             "a\xf2\x07\x01\x00"),
         false},
        {"inherited 255",
         RAW("\x0a\x01"
             "a\xf2\x07\x01\xff"),
         false},
        {"nothing inherited",
         RAW("\x0a\x01"
             "a\xf2\x07\x00"),
         false},
        {"inherited as a number",
         RAW("\x0a\x01"
             "a\xf0\x07\x02"),
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
        cmocka_unit_test(amounts_are_read_exactly_or_not_at_all),
        cmocka_unit_test(amounts_are_written_as_they_are_read),
        cmocka_unit_test(texts_are_what_their_type_allows),
        cmocka_unit_test(no_text_holds_a_control_character),
        cmocka_unit_test(numbers_are_what_their_type_allows),
        cmocka_unit_test(what_is_typed_is_set_or_refused),
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
