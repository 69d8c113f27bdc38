/* What people and spreadsheets write into a cell, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "node/ledger/schema/typed.h"
#include "node/text/text.h"

static void mends_what_is_certain(void **state)
{
    static const struct {
        const char *name;
        enum field field;
        const char *typed, *want; /* "": it cannot be told */
    } cases[] = {
        {"an account as a card shows it", FIELD_PAYEE_ACCT_NO, "6228 0000 0054 0121",
         "6228000000540121"},
        {"thousands", FIELD_AMOUNT, "1,488,000.53", "1488000.53"},
        {"thousands by blanks", FIELD_AMOUNT, "1 488 000.53", "1488000.53"},
        {"wide digits", FIELD_AMOUNT, "１４８８０００．５３", "1488000.53"},
        {"wide commas", FIELD_AMOUNT, "１，４８８，０００．５３", "1488000.53"},
        {"the sign of the yuan", FIELD_AMOUNT, "¥1,000.00", "1000.00"},
        {"the character of the yuan", FIELD_AMOUNT, "1000.00元", "1000.00"},
        {"ten thousands are not yuan", FIELD_AMOUNT, "100万元", ""},
        {"a comma that may be a point", FIELD_AMOUNT, "1,5", ""},
        {"groups of four", FIELD_AMOUNT, "148,8000", ""},
        {"three decimals", FIELD_AMOUNT, "5.001", ""},
        {"below zero", FIELD_AMOUNT, "-1,000.00", ""},
        {"powers of ten", FIELD_AMOUNT, "6.228E+18", ""},
        {"a day with slashes", FIELD_DOC_DATE, "2026/2/10", "2026-02-10"},
        {"a day with points", FIELD_DOC_DATE, "2026.02.10", "2026-02-10"},
        {"a Chinese day", FIELD_DOC_DATE, "2026年2月10日", "2026-02-10"},
        {"a day without marks", FIELD_DOC_DATE, "20260210", "2026-02-10"},
        {"no such day", FIELD_DOC_DATE, "2026/2/30", ""},
        {"the other way round", FIELD_DOC_DATE, "10/2/2026", ""},
        {"the number of a day", FIELD_DOC_DATE, "46063", ""},
        {"a Chinese year", FIELD_FISCAL_YEAR, "2026年", "2026"},
        {"a code with blanks", FIELD_AGENCY_CODE, " 105001 ", "105001"},
        {"a code of wide digits", FIELD_AGENCY_CODE, "１０５００１", "105001"},
        {"an account in powers of ten", FIELD_PAYEE_ACCT_NO, "6.228E+18", ""},
        {"what is good already", FIELD_AMOUNT, "1488000.53", ""},
        {"a blank of another script", FIELD_PAYEE_ACCT_NO, "6228\xe3\x80\x80\x30\x31", "622801"},
        {"a blank that does not break", FIELD_AMOUNT, "1\xc2\xa0\x30\x30\x30.00", "1000.00"},
        {"the wide sign of the yuan", FIELD_AMOUNT, "\xef\xbf\xa5\x35.00", "5.00"},
        {"a minus sign", FIELD_AMOUNT, "\xe2\x88\x92\x35.00", ""},
        {"below the wide forms", FIELD_AGENCY_CODE, "105001\xef\xbc\x80", ""},
        {"above the wide forms", FIELD_AGENCY_CODE, "105001\xef\xbd\x9f", ""},
        {"a character of four bytes", FIELD_AGENCY_CODE, "105001\xf0\x9f\x98\x80", ""},
        {"half a character", FIELD_AMOUNT, "\xef\xbc", ""},
        {"blanks behind", FIELD_AMOUNT, "5.00  ", "5.00"},
        {"blanks alone", FIELD_AMOUNT, "   ", ""},
        {"a comma in front", FIELD_AMOUNT, ",500", ""},
        {"a comma behind four", FIELD_AMOUNT, "1234,567", ""},
        {"nothing at all", FIELD_AMOUNT, "\xc2\xa5\x30.00", ""},
        {"a control character", FIELD_AMOUNT, "5\x01", ""},
        {"one that deletes", FIELD_AMOUNT, "5\x7f", ""},
        {"more than any", FIELD_AMOUNT,
         "1,000,000,000,000,000,000,000,000,000,000,000,000,000,000,000,000,000", ""},
        {"a text is as it is", FIELD_MEMO, " a", ""},
        {"a day and more", FIELD_DOC_DATE, "2026/2/10/5", ""},
        {"a day without its month", FIELD_DOC_DATE, "2026//10", ""},
        {"eight that are no digits", FIELD_DOC_DATE, "2026/210", ""},
    };
    char got[MENDED_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (typed_mend(got, cases[i].field, bytes_text(cases[i].typed)) !=
                (cases[i].want[0] != '\0') ||
            (cases[i].want[0] != '\0' && strcmp(got, cases[i].want) != 0)) {
            fail_msg("%s: \"%s\"", cases[i].name, got);
        }
    }
}

static void knows_powers_of_ten(void **state)
{
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {"6.228E+18", true}, {"6.22800012345679E+18", true},
        {"1E+05", true},     {"6.2e18", true},
        {"62.28E+17", true}, {"1.5E-05", true},
        {"12E5", false},     {"6E-05", false},
        {"E+18", false},     {"6.E+18", false},
        {"6.2E+", false},    {"6.2E+1800", false},
        {"", false},         {"6.2", false},
        {"105001", false},   {"6.2E+18x", false},
        {"1234E+18", false}, {"6.2E", false},
        {"6.2F+18", false},  {"6E18", false},
        {"6.", false},       {"6", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (typed_is_scientific(bytes_text(cases[i].text)) != cases[i].want) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void says_the_value_and_what_to_do(void **state)
{
    static const struct {
        enum field field;
        const char *typed, *want;
    } cases[] = {
        {FIELD_AMOUNT, "1,488,000.53", "\"1,488,000.53\": write 1488000.53"},
        {FIELD_MEMO, "A\u200b1", "\"A?1\": character 2 is U+200B, which must not stand there"},
        {FIELD_AGENCY_CODE, "10 5001", "\"10 5001\": write 105001"},
        {FIELD_AGENCY_CODE, "10 A", "\"10 A\": character 3 is U+0020, which must not stand there"},
        {FIELD_BGT_ID, "指标1", "\"指标1\": character 1 is U+6307, which must not stand there"},
        {FIELD_VERSION, "123456789012345678901",
         "\"123456789012345678901\": 21 bytes, at most 20 fit"},
        {FIELD_AMOUNT, "5.001", "\"5.001\""},
    };
    char message[MESSAGE_BYTES_MAX], words[TEXT_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        typed_describe(message, sizeof message, cases[i].field, bytes_text(cases[i].typed), true);
        assert_string_equal(text_in(LANGUAGE_EN, words, message), cases[i].want);
    }
    typed_describe(message, sizeof message, FIELD_AMOUNT, bytes_text("1250.5"), false);
    assert_string_equal(text_in(LANGUAGE_EN, words, message),
                        "\"1250.5\": in JSON this value stands in quotes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mends_what_is_certain),
        cmocka_unit_test(knows_powers_of_ten),
        cmocka_unit_test(says_the_value_and_what_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
