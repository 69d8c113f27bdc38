/* Tables as files: what a spreadsheet reads of them, and what it must never run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/api/sheet.h"
#include "node/api/zip.h"
#include "proto/status.h"

static void write_sample(struct buf *out, enum sheet_format format, const char *text,
                         const char *number)
{
    struct sheet sheet;

    sheet_open(&sheet, format, out);
    sheet_head(&sheet, bytes_text("收款人"));
    sheet_head(&sheet, bytes_text("金额"));
    sheet_end_row(&sheet);
    sheet_text(&sheet, bytes_text(text));
    sheet_number(&sheet, bytes_text(number));
    sheet_end_row(&sheet);
    sheet_close(&sheet);
    buf_put_u8(out, '\0');
}

static void a_csv_is_as_rfc_4180_wants_it(void **state)
{
    static const struct {
        const char *text, *number, *want;
    } cases[] = {
        {"甲", "1250.00", "\"甲\",\"1250.00\""},
        {"a \"b\", c", "-3.50", "\"a \"\"b\"\", c\",\"-3.50\""},
        {"two\nlines", "7", "\"two\nlines\",\"7\""},
        {"", "0.00", "\"\",\"0.00\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = BUF_EMPTY, want = BUF_EMPTY;

        write_sample(&out, SHEET_CSV, cases[i].text, cases[i].number);
        buf_append(&want, "\xef\xbb\xbf\"收款人\",\"金额\"\r\n", 3 + 3 * 5 + 7);
        buf_append(&want, cases[i].want, strlen(cases[i].want));
        buf_append(&want, "\r\n", 3);
        assert_string_equal((const char *)out.data, (const char *)want.data);
        buf_free(&out);
        buf_free(&want);
    }
}

/* A payee may be called anything; a negative amount stays a number. */
static void no_text_of_anybody_is_a_formula(void **state)
{
    static const char *const texts[] = {"=1+1", "+86",   "-2+3", "@SUM(A1)", "\t=1",
                                        "\r=1", "＝1+1", "＋86", "－2",      "＠SUM(A1)"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct buf csv = BUF_EMPTY, xlsx = BUF_EMPTY;
        char guarded[32];

        write_sample(&csv, SHEET_CSV, texts[i], "-3.50");
        (void)snprintf(guarded, sizeof guarded, "\"'%s\",\"-3.50\"", texts[i]);
        assert_non_null(strstr((const char *)csv.data, guarded));
        write_sample(&xlsx, SHEET_XLSX, texts[i], "-3.50");
        assert_null(memmem(xlsx.data, xlsx.size, "<f>", 3));
        assert_non_null(memmem(xlsx.data, xlsx.size, "<v>-3.50</v>", 12));
        buf_free(&csv);
        buf_free(&xlsx);
    }
}

static bool has(const struct buf *buf, const char *text)
{
    return memmem(buf->data, buf->size, text, strlen(text)) != NULL;
}

static void a_workbook_keeps_what_xml_would_read_otherwise(void **state)
{
    struct buf out = BUF_EMPTY;

    (void)state;
    write_sample(&out, SHEET_XLSX, "a<b> & \x01\"c\"", "12");
    assert_true(has(&out, "a&lt;b&gt; &amp; \"c\"</t>"));
    assert_true(has(&out, "<c s=\"3\"><v>12</v></c>"));
    assert_true(has(&out, "<row r=\"2\">"));
    buf_free(&out);
}

/* Fifteen digits are kept by every spreadsheet; what has more is shown, and not rounded. */
static void no_amount_is_rounded(void **state)
{
    struct buf out = BUF_EMPTY;

    (void)state;
    write_sample(&out, SHEET_XLSX, "", "1234567890123.45");
    assert_true(has(&out, "<v>1234567890123.45</v>"));
    buf_clear(&out);
    write_sample(&out, SHEET_XLSX, "", "12345678901234.56");
    assert_false(has(&out, "<v>12345678901234.56</v>"));
    assert_true(has(&out, ">12345678901234.56</t>"));
    buf_free(&out);
}

static void an_archive_names_each_file_with_its_sum(void **state)
{
    struct buf out = BUF_EMPTY;
    struct zip zip;

    (void)state;
    assert_int_equal(zip_crc(bytes_text("123456789")), 0xcbf43926);
    assert_int_equal(zip_crc(BYTES_NONE), 0);
    zip_begin(&zip, &out);
    zip_file(&zip, "a", bytes_text("123456789"));
    zip_file(&zip, "b", BYTES_NONE);
    zip_end(&zip);
    assert_memory_equal(out.data, "PK\x03\x04", 4);
    assert_memory_equal(out.data + out.size - 22, "PK\x05\x06", 4);
    assert_int_equal(out.data[out.size - 12], 2);
    assert_memory_equal(out.data + 14, "\x26\x39\xf4\xcb", 4);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_csv_is_as_rfc_4180_wants_it),
        cmocka_unit_test(no_text_of_anybody_is_a_formula),
        cmocka_unit_test(a_workbook_keeps_what_xml_would_read_otherwise),
        cmocka_unit_test(no_amount_is_rounded),
        cmocka_unit_test(an_archive_names_each_file_with_its_sum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
