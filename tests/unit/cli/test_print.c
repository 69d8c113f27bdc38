/* Tables line up when half of the text is Chinese, and spreadsheets get no formulas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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
    {"name", "name", CELL_TEXT},
    {"amount", "amount", CELL_NUMBER},
    {"note", "reason_given", CELL_TEXT},
};

typedef void print_fn(FILE *out, const json_t *rows);

static void to_table(FILE *out, const json_t *rows)
{
    print_table(out, columns, COUNT_OF(columns), rows, LANGUAGE_ZH);
}

static void to_csv(FILE *out, const json_t *rows)
{
    print_csv_header(out, columns, COUNT_OF(columns), LANGUAGE_ZH);
    print_csv_rows(out, columns, COUNT_OF(columns), rows, LANGUAGE_ZH);
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
          "名称           金额  理由\n"
          "西藏自治区  1000.00  x\n"
          "ab            -5.00  \n");
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    check(to_table, "[{\"name\":\"a\\u001b[31mb\",\"amount\":\"1.00\",\"note\":\"\\u0007\"}]",
          "名称     金额  理由\n"
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
          "{\"name\":\"＝1+1\",\"amount\":null,\"note\":\"＋8\"},"
          "{\"name\":\"林周县\",\"amount\":null,\"note\":\"@x\"}]",
          "名称,金额,理由\r\n"
          "\"a,b\",-5.00,\"say \"\"x\"\"\"\r\n"
          "\"'=1+1\",0.00,\"'-\"\r\n"
          "-5.00,\"'=2\",\"'-5.\"\r\n"
          "\"'＝1+1\",,\"'＋8\"\r\n"
          "林周县,,\"'@x\"\r\n");
}

static const struct column money_columns[] = {
    {"id", "id", CELL_TEXT},
    {"amount", "amount", CELL_SUM},
    {"paid", "paid", CELL_MONEY},
};

static void to_sums(FILE *out, const json_t *rows)
{
    print_table(out, money_columns, COUNT_OF(money_columns), rows, LANGUAGE_EN);
}

/* The sums of a page are not those of the list, and do not look like them. */
static void a_page_is_added_up_as_a_page(void **state)
{
    static const struct {
        int option;
        const char *value, *want;
    } cases[] = {
        {OPT_LIMIT, "2", "total of this page"},
        {OPT_AFTER, "A", "total of this page"},
        {OPT_YEAR, "2026", "total  "},
    };
    json_t *rows = json_loads(
        "[{\"id\":\"A\",\"amount\":\"1.00\"},{\"id\":\"B\",\"amount\":\"2.00\"}]", 0, NULL);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct cli cli = {.language = LANGUAGE_EN};
        struct table_shape shape;
        char *got = NULL;
        size_t size;
        FILE *out = open_memstream(&got, &size);

        cli.value[cases[i].option] = cases[i].value;
        shape = table_begin(&cli);
        print_more(out, money_columns, COUNT_OF(money_columns), rows, LANGUAGE_EN, &shape);
        print_sums(out, money_columns, COUNT_OF(money_columns), LANGUAGE_EN, &shape);
        (void)fclose(out);
        if (strstr(got, cases[i].want) == NULL) {
            fail_msg("no \"%s\" in\n%s", cases[i].want, got);
        }
        free(got);
    }
    json_decref(rows);
}

/* What a column does not add up is left empty, and a single row is its own sum. */
static void a_table_adds_up_its_amounts(void **state)
{
    (void)state;
    check(to_sums,
          "[{\"id\":\"A\",\"amount\":\"999999999999.99\",\"paid\":\"1.00\"},"
          "{\"id\":\"B\",\"amount\":\"-0.50\",\"paid\":\"2.00\"},"
          "{\"id\":\"C\",\"amount\":null,\"paid\":\"\"}]",
          "id              amount  paid\n"
          "A      999999999999.99  1.00\n"
          "B                -0.50  2.00\n"
          "C                           \n"
          "total  999999999999.49      \n");
    check(to_sums, "[{\"id\":\"A\",\"amount\":\"2.00\",\"paid\":\"1.00\"}]",
          "id     amount  paid\n"
          "A        2.00  1.00\n");
    check(to_sums, "[]", "id     amount  paid\n");
}

static void a_terminal_groups_thousands(void **state)
{
    static const struct {
        const char *amount, *want;
    } cases[] = {
        {"0.00", "0.00"},        {"999.99", "999.99"},
        {"1000.00", "1,000.00"}, {"-1488000.53", "-1,488,000.53"},
        {"-100.00", "-100.00"},  {"1000000000000.00", "1,000,000,000,000.00"},
        {"none", "none"},
    };
    char cell[CELL_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_t *row = json_pack("{ss}", "amount", cases[i].amount);

        print_table_cell(cell, &money_columns[1], row, LANGUAGE_EN, true);
        assert_string_equal(cell, cases[i].want);
        print_table_cell(cell, &money_columns[1], row, LANGUAGE_EN, false);
        assert_string_equal(cell, cases[i].amount);
        json_decref(row);
    }
}

static void times_are_local(void **state)
{
    char out[LOCAL_TIME_BYTES_MAX];

    (void)state;
    assert_int_equal(setenv("TZ", "UTC-8", 1), 0);
    tzset();
    assert_string_equal(time_local(out, "2026-11-28T17:00:59.123Z"), "2026-11-29 01:00:59");
    assert_string_equal(time_local(out, "2026-12-31T16:00:00Z"), "2027-01-01 00:00:00");
    assert_string_equal(time_local(out, "2026-11-28"), "2026-11-28");
    assert_string_equal(time_local(out, "never"), "never");
    assert_string_equal(time_local(out, ""), "");
}

static void times_within_a_sentence_are_local(void **state)
{
    static const struct {
        const char *said, *want;
    } cases[] = {
        {"paid since 2026-11-28 17:00:59 UTC, by P-1", "paid since 2026-11-29 01:00:59, by P-1"},
        {"2026-12-31 16:00:00 UTC", "2027-01-01 00:00:00"},
        {"自 2026-11-28 17:00:59 UTC 至 2026-11-28 18:00:00 UTC。",
         "自 2026-11-29 01:00:59 至 2026-11-29 02:00:00。"},
        {"at 17:00:59 UTC", "at 17:00:59 UTC"},
        {" UTC", " UTC"},
        {"2026-13-31 16:00:00 UTC", "2026-13-31 16:00:00 UTC"},
        {"", ""},
    };

    (void)state;
    assert_int_equal(setenv("TZ", "UTC-8", 1), 0);
    tzset();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[128];

        (void)snprintf(text, sizeof text, "%s", cases[i].said);
        assert_string_equal(text_with_local_times(text), cases[i].want);
    }
}

static void a_line_gets_its_number_in_the_input(void **state)
{
    static const struct {
        const char *said, *want;
    } cases[] = {
        {"{\"line\":1,\"id\":\"P1\"}", "{\"line\":1007,\"id\":\"P1\"}\n"},
        {"{\"damaged\":\"Not whole, ask \\\"line\\\":9, again.\",\"line\":12,\"id\":null}",
         "{\"damaged\":\"Not whole, ask \\\"line\\\":9, again.\",\"line\":1007,\"id\":null}\n"},
        {"{\"error\":1}", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *got = NULL;
        size_t size;
        FILE *out = open_memstream(&got, &size);

        print_renumbered(out, bytes_text(cases[i].said), 1007);
        assert_int_equal(fclose(out), 0);
        assert_string_equal(got, cases[i].want);
        free(got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_takes_two_columns),
        cmocka_unit_test(a_table_lines_up),
        cmocka_unit_test(control_characters_do_not_reach_the_terminal),
        cmocka_unit_test(nor_does_what_turns_text_around),
        cmocka_unit_test(csv_is_quoted_and_guarded),
        cmocka_unit_test(a_table_adds_up_its_amounts),
        cmocka_unit_test(a_page_is_added_up_as_a_page),
        cmocka_unit_test(a_terminal_groups_thousands),
        cmocka_unit_test(times_are_local),
        cmocka_unit_test(times_within_a_sentence_are_local),
        cmocka_unit_test(a_line_gets_its_number_in_the_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
