/* Sums of 128 bits: their short form, which they have one of, and how people read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/status.h"
#include "proto/wide.h"

#define LARGEST ((int128)1 << WIDE_BITS)

static void a_sum_is_read_back_from_its_short_form(void **state)
{
    static const struct {
        int128 fen;
        size_t size;
        const char *text;
    } cases[] = {
        {0, 1, "0.00"},
        {1, 1, "0.01"},
        {-1, 1, "-0.01"},
        {63, 1, "0.63"},
        {64, 2, "0.64"},
        {-64, 1, "-0.64"},
        {-65, 2, "-0.65"},
        {100000, 3, "1000.00"},
        {-125050, 3, "-1250.50"},
        {INT64_MAX, 10, "92233720368547758.07"},
        {INT64_MIN, 10, "-92233720368547758.08"},
        {(int128)INT64_MAX + 1, 10, "92233720368547758.08"},
        {(int128)8194 * 100000000000000000, 11, "8194000000000000000.00"},
        {((int128)1 << 96) - 1, 14, "792281625142643375935439503.35"},
        {(int128)1 << 96, 14, "792281625142643375935439503.36"},
        {-((int128)1 << 96) - 1, 14, "-792281625142643375935439503.37"},
        {LARGEST - 1, 17, "51922968585348276285304963292200.95"},
        {-LARGEST, 17, "-51922968585348276285304963292200.96"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t at[WIDE_BYTES_MAX];
        const size_t size = wide_write(at, cases[i].fen);
        struct reader reader = reader_of(bytes_of(at, size));
        char text[AMOUNT_TEXT_MAX];

        amount_format(text, cases[i].fen);
        if (size != cases[i].size || strcmp(text, cases[i].text) != 0) {
            fail_msg("%s: %zu bytes, reads %s", cases[i].text, size, text);
        }
        if (reader_wide(&reader) != cases[i].fen || !reader_done(&reader)) {
            fail_msg("%s is not read back", cases[i].text);
        }
    }
}

static void another_form_is_refused(void **state)
{
    static const struct {
        const char *why;
        size_t size;
        uint8_t at[20];
    } cases[] = {
        {"nothing", 0, {0}},
        {"cut off", 1, {0x80}},
        {"a nil that goes on", 2, {0x80, 0x00}},
        {"a tail of nil", 3, {0x81, 0x80, 0x00}},
        {"one more than the bound",
         17,
         {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
          0x80, 0x02}},
        {"without end",
         18,
         {0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81,
          0x81, 0x81, 0}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reader reader = reader_of(bytes_of(cases[i].at, cases[i].size));

        if (reader_wide(&reader) != 0 || reader_ok(&reader)) {
            fail_msg("%s was read", cases[i].why);
        }
    }
}

/* No sum stops a program: beyond the bound it is written, and refused where it is read. */
static void a_sum_beyond_the_bound_is_written_and_not_read(void **state)
{
    const int128 beyond[] = {LARGEST, -LARGEST - 1, (int128)(~(uint128)0 >> 1),
                             -(int128)(~(uint128)0 >> 1) - 1};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(beyond); i++) {
        uint8_t at[WIDE_BYTES_MAX];
        const size_t size = wide_write(at, beyond[i]);
        struct reader reader = reader_of(bytes_of(at, size));

        assert_in_range(size, 17, WIDE_BYTES_MAX);
        assert_true(reader_wide(&reader) == 0);
        assert_false(reader_ok(&reader));
    }
}

static void a_buffer_takes_the_short_form(void **state)
{
    struct buf buf = BUF_EMPTY;
    struct reader reader;

    (void)state;
    buf_put_wide(&buf, 1);
    buf_put_wide(&buf, -(LARGEST - 1));
    reader = reader_of(buf_bytes(&buf));
    assert_true(reader_wide(&reader) == 1);
    assert_true(reader_wide(&reader) == -(LARGEST - 1));
    assert_true(reader_done(&reader));
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_is_read_back_from_its_short_form),
        cmocka_unit_test(another_form_is_refused),
        cmocka_unit_test(a_sum_beyond_the_bound_is_written_and_not_read),
        cmocka_unit_test(a_buffer_takes_the_short_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
