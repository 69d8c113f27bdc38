/* Outcomes have names and sentences, and their texts are cut, never overrun. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/bytes.h"
#include "proto/status.h"

#define LINZHOU "林周县"

static void every_status_has_its_own_name_and_a_sentence(void **state)
{
    (void)state;
    for (int i = 0; i < STATUSES; i++) {
        assert_true(strlen(status_name((enum status)i)) > 0);
        assert_true(strlen(status_message((enum status)i)) > 0);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(status_name((enum status)i), status_name((enum status)k));
        }
    }
    /* A newer peer's status is a number without a name here. */
    assert_string_equal(status_name((enum status)STATUSES), "unknown");
    assert_string_equal(status_name((enum status) - 1), "unknown");
    assert_true(strlen(status_message((enum status)1000000)) > 0);
}

static void words_go_in_front(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(err_set(&err, ERR_IO, "disk %d full", 3), ERR_IO);
    assert_int_equal(err_wrap(&err, "read %s", "identity"), ERR_IO);
    assert_int_equal(err_wrap(&err, "open store"), ERR_IO);
    assert_int_equal(err.status, ERR_IO);
    assert_string_equal(err.text, "open store: read identity: disk 3 full");
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
    (void)err_set(&err, ERR_IO, "%s", text + 4);
    (void)err_wrap(&err, "at");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_string_equal(err.text + 4, text + 4);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_own_name_and_a_sentence),
        cmocka_unit_test(words_go_in_front),
        cmocka_unit_test(long_texts_are_cut_at_a_character),
        cmocka_unit_test(a_text_that_just_fits_is_kept_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
