/* Outcomes have names and sentences, and their texts are cut, never overrun. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/bytes.h"
#include "proto/message.h"
#include "proto/status.h"

#define LINZHOU "林周县"

static void every_status_has_its_own_name(void **state)
{
    (void)state;
    for (int i = 0; i < STATUSES; i++) {
        assert_true(strlen(status_name((enum status)i)) > 0);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(status_name((enum status)i), status_name((enum status)k));
        }
    }
    /* A newer peer's status is a number without a name here. */
    assert_string_equal(status_name((enum status)STATUSES), "unknown");
    assert_string_equal(status_name((enum status) - 1), "unknown");
}

static void outer_messages_go_in_front(void **state)
{
    struct err err;
    char line[sizeof err.text];

    (void)state;
    assert_int_equal(err_set(&err, ERR_IO, "disk_full free_mib=%d", 3), ERR_IO);
    assert_int_equal(err_wrap(&err, "read_row key=%s", "a b=c:d"), ERR_IO);
    assert_int_equal(err_wrap(&err, "open_store"), ERR_IO);
    assert_int_equal(err.status, ERR_IO);
    assert_string_equal(err.text, "open_store\x1eread_row\x1fkey=a b=c:d\x1e"
                                  "disk_full\x1f"
                                  "free_mib=3");
    memcpy(line, err.text, sizeof line);
    message_to_line(line);
    assert_string_equal(line, "open_store:read_row key=a b=c:d:disk_full free_mib=3");
}

static void reads_code_and_arguments(void **state)
{
    const struct bytes text = bytes_text("refused\x1f"
                                         "by=a b=c\x1fwhy=full\x1f"
                                         "free=3\x1e"
                                         "disk");
    const struct bytes wrapped = bytes_text("outer\x1fkey=\x1einner\x1fkey=v");
    struct message_reader reader = message_read(text);
    struct bytes key, value;

    (void)state;
    assert_true(bytes_equal(reader.code, bytes_text("refused")));
    assert_true(message_next(&reader, &key, &value));
    assert_true(bytes_equal(key, bytes_text("by")) && bytes_equal(value, bytes_text("a b=c")));
    assert_true(message_next(&reader, &key, &value));
    assert_true(bytes_equal(key, bytes_text("why")));
    assert_true(bytes_equal(value, bytes_text("full\x1f"
                                              "free=3\x1e"
                                              "disk")));
    assert_false(message_next(&reader, &key, &value));
    assert_int_equal(reader.rest.size, 0);
    assert_int_equal(message_value(text, "free").size, 0); /* the reason's, not its own */

    reader = message_read(wrapped);
    assert_true(bytes_equal(reader.rest, bytes_text("inner\x1fkey=v")));
    assert_int_equal(message_value(wrapped, "key").size, 0);
    reader = message_read(BYTES_NONE);
    assert_false(message_next(&reader, &key, &value));
    assert_int_equal(reader.code.size, 0);
}

static void only_plain_text_comes_from_elsewhere(void **state)
{
    (void)state;
    assert_true(message_valid(bytes_text("token_expired\x1f"
                                         "division=540121")));
    assert_true(message_valid(bytes_text(LINZHOU)));
    assert_false(message_valid(bytes_text("a\x1b[2J")));
    assert_false(message_valid(bytes_text("a\nb")));
    assert_false(message_valid(bytes_text("\xff")));
    assert_true(message_is_code(bytes_text("field.amount")));
    assert_false(message_is_code(bytes_text("two words")));
    assert_false(message_is_code(BYTES_NONE));
}

/* Whatever the lengths, the text ends inside its array and with a whole character. */
static void long_texts_are_cut_at_a_character(void **state)
{
    char long_text[1201];
    struct err err;

    (void)state;
    for (size_t shift = 0; shift < 400; shift++) {
        memset(long_text, 'a', shift);
        for (size_t at = shift; at + 9 < sizeof long_text; at += 9) {
            memcpy(long_text + at, LINZHOU, sizeof LINZHOU);
        }
        (void)err_set(&err, ERR_CONFIG, "%s", long_text);
        assert_in_range(strlen(err.text), sizeof err.text - 4, sizeof err.text - 1);
        assert_true(utf8_valid(bytes_text(err.text)));

        (void)err_set(&err, ERR_CONFIG, "%.*s", (int)shift, long_text);
        (void)err_wrap(&err, "%s", long_text);
        assert_true(strlen(err.text) < sizeof err.text);
        assert_true(utf8_valid(bytes_text(err.text)));

        (void)err_set(&err, ERR_CONFIG, LINZHOU LINZHOU LINZHOU);
        (void)err_wrap(&err, "%.*s", (int)shift, long_text);
        assert_true(strlen(err.text) < sizeof err.text);
        assert_true(shift < 3 || memcmp(err.text, "aaa", 3) == 0);
        assert_true(utf8_valid(bytes_text(err.text)));
    }
}

static void a_text_that_just_fits_is_kept_whole(void **state)
{
    struct err err;
    char text[sizeof err.text];

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 4, "县", 4);
    (void)err_set(&err, ERR_IO, "%s", text);
    assert_string_equal(err.text, text);
    (void)err_set(&err, ERR_IO, "%s", text + 3);
    (void)err_wrap(&err, "at");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_string_equal(err.text + 3, text + 3);
}

/* The store's words end a line, and a name of the disk may be of any bytes. */
static void a_value_cannot_make_a_message_unreadable(void **state)
{
    struct err err;

    (void)state;
    (void)err_set(&err, ERR_CORRUPT, "store_damaged said=%s why=%s", "gone:\n\tno file\x7f\n",
                  "disk_full\x1f"
                  "free_mib=3\x1e"
                  "disk");
    assert_string_equal(err.text, "store_damaged\x1fsaid=gone:  no file  \x1fwhy=disk_full\x1f"
                                  "free_mib=3\x1e"
                                  "disk");
    (void)err_set(&err, ERR_IO, "open path=%s",
                  LINZHOU "\xe6\x9e"
                          "x");
    assert_true(message_valid(bytes_text(err.text)));
    assert_true(bytes_equal(message_read(bytes_text(err.text)).code, bytes_text("open")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_own_name),
        cmocka_unit_test(outer_messages_go_in_front),
        cmocka_unit_test(reads_code_and_arguments),
        cmocka_unit_test(only_plain_text_comes_from_elsewhere),
        cmocka_unit_test(long_texts_are_cut_at_a_character),
        cmocka_unit_test(a_text_that_just_fits_is_kept_whole),
        cmocka_unit_test(a_value_cannot_make_a_message_unreadable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
