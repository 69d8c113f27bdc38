/* Readers stop at the end, numbers have one form, codes of divisions are what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdio.h>

#include <cmocka.h>

#include "proto/division.h"
#include "proto/status.h"

static void a_reader_gives_back_what_a_buffer_was_given(void **state)
{
    struct buf buf = BUF_EMPTY;
    struct reader reader;
    uint8_t copy[3];

    (void)state;
    buf_put_u8(&buf, 0xfe);
    buf_put_u16(&buf, 0xfedc);
    buf_put_u32(&buf, 0xfedcba98);
    buf_put_u64(&buf, UINT64_C(0xfedcba9876543210));
    buf_append(&buf, "abcdef", 6);
    assert_memory_equal(buf.data + 1, "\xfe\xdc\xfe\xdc\xba\x98\xfe", 7); /* big-endian */
    reader = reader_of(buf_bytes(&buf));
    assert_int_equal(reader_u8(&reader), 0xfe);
    assert_int_equal(reader_u16(&reader), 0xfedc);
    assert_int_equal(reader_u32(&reader), 0xfedcba98);
    assert_int_equal(reader_u64(&reader), UINT64_C(0xfedcba9876543210));
    reader_copy(&reader, copy, sizeof copy);
    assert_memory_equal(copy, "abc", 3);
    assert_false(reader_done(&reader));
    assert_true(bytes_equal(reader_bytes(&reader, 3), bytes_text("def")));
    assert_true(reader_done(&reader));
    buf_free(&buf);
}

/* After the first failure nothing more is read, even what would fit. */
static void a_reader_remembers_its_first_failure(void **state)
{
    const uint8_t raw[7] = {1, 2, 3, 4, 5, 6, 7};
    uint8_t copy[2] = {9, 9};
    struct reader reader = reader_of(bytes_of(raw, sizeof raw));

    (void)state;
    assert_int_equal(reader_u64(&reader), 0);
    assert_false(reader_ok(&reader));
    assert_int_equal(reader_u8(&reader), 0);
    assert_int_equal(reader_varint(&reader), 0);
    assert_int_equal(reader_bytes(&reader, 1).size, 0);
    reader_copy(&reader, copy, sizeof copy);
    assert_int_equal(copy[0] | copy[1], 0);
    reader = reader_of(bytes_of(raw, sizeof raw));
    assert_null(reader_bytes(&reader, SIZE_MAX).data);
    assert_false(reader_done(&reader));
    reader = reader_of(BYTES_NONE);
    assert_true(reader_done(&reader));
    assert_int_equal(reader_u8(&reader), 0);
    assert_false(reader_ok(&reader));
}

static void a_number_has_one_varint(void **state)
{
    static const struct {
        const char *raw;
        size_t size;
        bool good;
        uint64_t number;
    } cases[] = {
        {"\x00", 1, true, 0},
        {"\x7f", 1, true, 127},
        {"\x80\x01", 2, true, 128},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 9, true, INT64_MAX},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, true, UINT64_MAX},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, false, 0},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11, false, 0},
        {"\x80\x00", 2, false, 0},
        {"\xff\x80\x00", 3, false, 0},
        {"\x80", 1, false, 0},
        {"", 0, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reader reader = reader_of(bytes_of(cases[i].raw, cases[i].size));
        const uint64_t number = reader_varint(&reader);
        struct buf again = BUF_EMPTY;

        if (reader_ok(&reader) != cases[i].good || number != cases[i].number) {
            fail_msg("case %zu", i);
        }
        buf_put_varint(&again, number);
        if (cases[i].good) {
            assert_true(bytes_equal(buf_bytes(&again), bytes_of(cases[i].raw, cases[i].size)));
        }
        buf_free(&again);
    }
}

static void bytes_sort_as_keys_do(void **state)
{
    static const char *const ascending[] = {"", "a", "aa", "ab", "b", "\x7f", "\x80", "\xff"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ascending); i++) {
        for (size_t k = 0; k < COUNT_OF(ascending); k++) {
            const int order = bytes_compare(bytes_text(ascending[i]), bytes_text(ascending[k]));

            assert_true(i < k ? order < 0 : i > k ? order > 0 : order == 0);
        }
    }
    assert_int_equal(bytes_compare(BYTES_NONE, bytes_text("")), 0);
}

static void hex_is_read_whole_or_not_at_all(void **state)
{
    uint8_t raw[2];
    char text[5];

    (void)state;
    hex_encode(text, "\x0f\xa0", 2);
    assert_string_equal(text, "0fa0");
    assert_true(hex_decode(raw, 2, "0Fa0"));
    assert_memory_equal(raw, "\x0f\xa0", 2);
    assert_false(hex_decode(raw, 2, "0fa"));
    assert_false(hex_decode(raw, 2, "0fa00"));
    assert_false(hex_decode(raw, 2, "0fag"));
    assert_false(hex_decode(raw, 2, "0x0f"));
    assert_false(hex_decode(raw, 2, ""));
}

static void a_division_has_one_form(void **state)
{
    static const struct {
        const char *raw; /* nine bytes */
        bool good;
    } cases[] = {
        {"540121\0\0\0", true},        {"R84\0\0\0\0\0\0", true},  {"123456789", true},
        {"\0\0\0\0\0\0\0\0\0", false}, {"5401\0001\0\0\0", false}, {"540a21\0\0\0", false},
        {"54 121\0\0\0", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reader reader = reader_of(bytes_of(cases[i].raw, DIVISION_CODE_MAX));
        const struct division division = division_read(&reader);
        struct buf again = BUF_EMPTY;

        if (reader_ok(&reader) != cases[i].good || division_is_none(division) == cases[i].good) {
            fail_msg("case %zu", i);
        }
        division_write(&again, division);
        if (cases[i].good) {
            assert_true(bytes_equal(buf_bytes(&again), bytes_of(cases[i].raw, 9)));
        }
        buf_free(&again);
    }
    assert_true(division_is_none(division_of("1234567890")));
    assert_true(division_compare(division_of("5401"), division_of("540121")) < 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_gives_back_what_a_buffer_was_given),
        cmocka_unit_test(a_reader_remembers_its_first_failure),
        cmocka_unit_test(a_number_has_one_varint),
        cmocka_unit_test(bytes_sort_as_keys_do),
        cmocka_unit_test(hex_is_read_whole_or_not_at_all),
        cmocka_unit_test(a_division_has_one_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
