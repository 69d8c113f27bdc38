/* What each type of value may be. The edges are written out here from the rules in
 * proto/document.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <inttypes.h>
#include <stdio.h>

#include <cmocka.h>

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
        {(enum field)88, "1", false}, /* no such field */
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_read_exactly_or_not_at_all),
        cmocka_unit_test(amounts_are_written_as_they_are_read),
        cmocka_unit_test(texts_are_what_their_type_allows),
        cmocka_unit_test(no_text_holds_a_control_character),
        cmocka_unit_test(numbers_are_what_their_type_allows),
        cmocka_unit_test(what_is_typed_is_set_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
