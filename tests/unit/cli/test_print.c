/* Tables line up when half of the text is Chinese, and spreadsheets get no formulas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/cli/print.h"

static void chinese_takes_two_columns(void **state)
{
    static const struct {
        const char *text;
        size_t want;
    } cases[] = {
        {"", 0},       {"abc", 3},      {"西藏自治区", 10}, {"P-1 林周县", 10},
        {"（一）", 6}, {"1,234.50", 8}, {"é", 1},           {"e\xcc\x81", 1},
        {"ＡＢ", 4},   {"𠮷", 2},       {"བོད་", 3},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (text_width(cases[i].text) != cases[i].want) {
            fail_msg("%s: width %zu, want %zu", cases[i].text, text_width(cases[i].text),
                     cases[i].want);
        }
    }
}

static const struct column columns[] = {
    {"name", "name", "名称", CELL_TEXT},
    {"amount", "amount", "金额", CELL_NUMBER},
    {"note", "note", "说明", CELL_TEXT},
};

typedef void print_fn(FILE *out, const json_t *rows);

static void to_table(FILE *out, const json_t *rows)
{
    print_table(out, columns, COUNT_OF(columns), rows, LANGUAGE_ZH);
}

static void to_csv(FILE *out, const json_t *rows)
{
    print_csv(out, columns, COUNT_OF(columns), rows);
}

static void check(print_fn *print, const char *rows_text, const char *want)
{
    json_t *rows = json_loads(rows_text, 0, NULL);
    char *got = NULL;
    size_t size;
    FILE *out = open_memstream(&got, &size);

    assert_non_null(rows);
    print(out, rows);
    (void)fclose(out);
    assert_string_equal(got, want);
    free(got);
    json_decref(rows);
}

static void a_table_lines_up(void **state)
{
    (void)state;
    check(to_table,
          "[{\"name\":\"西藏自治区\",\"amount\":\"1000.00\",\"note\":\"x\"},"
          "{\"name\":\"ab\",\"amount\":\"-5.00\"}]",
          "名称           金额  说明\n"
          "西藏自治区  1000.00  x\n"
          "ab            -5.00  \n");
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    check(to_table, "[{\"name\":\"a\\u001b[31mb\",\"amount\":\"1.00\",\"note\":\"\\u0007\"}]",
          "名称     金额  说明\n"
          "a?[31mb  1.00  ?\n");
}

/* C1 controls, DEL, and marks that turn the direction of writing; a joiner of letters stays. */
static void nor_does_what_turns_text_around(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"a\xc2\x9b"
         "31mb",
         "a?31mb"},
        {"a\x7f", "a?"},
        {"1\xe2\x80\xae"
         "00.5",
         "1?00.5"},
        {"\xe2\x81\xa6x\xe2\x81\xa9\xe2\x80\x8e", "?x??"},
        {"a\xff\xfe", "a??"},
        {"西藏\u200d", "西藏\u200d"},
        {"", ""},
    };
    char shown[64], small[5];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(text_shown(shown, sizeof shown, cases[i].text), cases[i].want);
    }
    assert_string_equal(text_shown(small, sizeof small, "ab西"), "ab");
}

static void csv_is_quoted_and_guarded(void **state)
{
    (void)state;
    check(to_csv,
          "[{\"name\":\"a,b\",\"amount\":\"-5.00\",\"note\":\"say \\\"x\\\"\"},"
          "{\"name\":\"=1+1\",\"amount\":\"0.00\",\"note\":\"-\"},"
          "{\"name\":\"-5.00\",\"amount\":\"=2\",\"note\":\"-5.\"},"
          "{\"name\":\"林周县\",\"amount\":null,\"note\":\"@x\"}]",
          "name,amount,note\r\n"
          "\"a,b\",-5.00,\"say \"\"x\"\"\"\r\n"
          "\"'=1+1\",0.00,\"'-\"\r\n"
          "-5.00,\"'=2\",\"'-5.\"\r\n"
          "林周县,,\"'@x\"\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_takes_two_columns),
        cmocka_unit_test(a_table_lines_up),
        cmocka_unit_test(control_characters_do_not_reach_the_terminal),
        cmocka_unit_test(nor_does_what_turns_text_around),
        cmocka_unit_test(csv_is_quoted_and_guarded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
