/* One event is one line: JSON for programs, words for people, and nobody named in it adds to it. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/bytes.h"
#include "proto/log_format.h"

static const struct log_head HEAD = {"T", "warn", "540121", "peer.state", 4};
#define JSON(rest)                                                                                 \
    "{\"time\":\"T\",\"level\":\"warn\",\"division\":\"540121\",\"event\":\"peer.state\"" rest "}" \
    "\n"
#define TEXT(rest) "T warn 540121 peer.state" rest "\n"

static void render(char *out, size_t size, enum log_style style, const char *format, ...)
    PRINTF(4, 5);
static void render(char *out, size_t size, enum log_style style, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_format(out, size, style, &HEAD, format, args);
    va_end(args);
}

/* Every kind of value: as JSON and for a person. */
static void writes_every_kind_of_value(void **state)
{
    static const struct {
        const char *name, *value, *json, *text;
    } cases[] = {
        {"a word", "live", "\"live\"", "live"},
        {"a blank", "cut off", "\"cut off\"", "\"cut off\""},
        {"nothing", "", "\"\"", "\"\""},
        {"a quote", "a\"b", "\"a\\\"b\"", "\"a\\\"b\""},
        {"a backslash", "a\\b", "\"a\\\\b\"", "\"a\\\\b\""},
        {"a new line", "a\nb", "\"a\\u000ab\"", "\"a\\u000ab\""},
        {"a terminal's escape", "\x1b[2J", "\"\\u001b[2J\"", "\"\\u001b[2J\""},
        {"what looks like a key", "x level=info", "\"x level=info\"", "\"x level=info\""},
        {"what looks like the end", "x\"}", "\"x\\\"}\"", "\"x\\\"}\""},
        {"Chinese", "林周县", "\"林周县\"", "林周县"},
        {"no UTF-8", "\xff\xfe", "\"??\"", "\"??\""},
        {"a message",
         "disk\x1f"
         "free=3\x1e"
         "why",
         "\"disk free=3:why\"", "\"disk free=3:why\""},
    };
    char got[LOG_LINE_BYTES_MAX], want[512];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        render(got, sizeof got, LOG_STYLE_JSON, "on=%s count=%zu", cases[i].value, (size_t)7);
        (void)snprintf(want, sizeof want, JSON(",\"on\":%s,\"count\":7"), cases[i].json);
        if (strcmp(got, want) != 0) {
            fail_msg("%s: %s, want %s", cases[i].name, got, want);
        }
        render(got, sizeof got, LOG_STYLE_TEXT, "on=%s count=%zu", cases[i].value, (size_t)7);
        (void)snprintf(want, sizeof want, TEXT(" on=%s count=7"), cases[i].text);
        if (strcmp(got, want) != 0) {
            fail_msg("%s: %s, want %s", cases[i].name, got, want);
        }
    }
}

static void numbers_are_numbers_and_what_is_more_is_text(void **state)
{
    char got[LOG_LINE_BYTES_MAX];

    (void)state;
    render(got, sizeof got, LOG_STYLE_JSON, "a=%d b=%" PRIu64 " c=%u%s d=1 e=%.3s f=%-3d", -1,
           UINT64_MAX, 2U, "s", "abcdef", 3);
    assert_string_equal(got, JSON(",\"a\":-1,\"b\":18446744073709551615,\"c\":\"2s\",\"d\":\"1\","
                                  "\"e\":\"abc\",\"f\":\"3  \""));
}

static void the_journal_reads_the_priority_in_front(void **state)
{
    char got[LOG_LINE_BYTES_MAX];

    (void)state;
    render(got, sizeof got, LOG_STYLE_JOURNAL, "on=%s", "x");
    assert_string_equal(got, "<4>" JSON(",\"on\":\"x\""));
}

/* A value with our own separator in it stays a value: the keys are those of the format. */
static void nobody_adds_a_key(void **state)
{
    char got[LOG_LINE_BYTES_MAX];

    (void)state;
    render(got, sizeof got, LOG_STYLE_JSON, "who=%s by=%s", "a\x1dlevel=x", "b");
    assert_string_equal(got, JSON(",\"who\":\"a\\u001dlevel=x\",\"by\":\"b\""));
}

/* However small the room, the line ends as a line does and no character is cut in two. */
static void a_line_that_is_cut_is_whole(void **state)
{
    char value[4096], got[LOG_LINE_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i + 3 < sizeof value; i += 3) {
        memcpy(value + i, "\xe6\x9e\x97", 4); /* one character of three bytes */
    }
    for (size_t size = 256; size < 300; size++) {
        memset(got, 'x', sizeof got);
        render(got, size, LOG_STYLE_JSON, "on=%.1500s count=%d", value, 7);
        assert_true(strlen(got) < size && got[size] == 'x');
        assert_true(utf8_valid(bytes_text(got)));
        assert_string_equal(got + strlen(got) - 3, "\"}\n");
    }
    render(got, sizeof got, LOG_STYLE_JSON, "on=%s count=%d", value, 7); /* more than one event's */
    assert_string_equal(got + strlen(got) - 3, "\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_every_kind_of_value),
        cmocka_unit_test(numbers_are_numbers_and_what_is_more_is_text),
        cmocka_unit_test(the_journal_reads_the_priority_in_front),
        cmocka_unit_test(nobody_adds_a_key),
        cmocka_unit_test(a_line_that_is_cut_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
