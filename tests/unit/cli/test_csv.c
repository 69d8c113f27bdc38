/* CSV as people save it, and as nobody should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/cli/csv.h"
#include "proto/status.h"

/* Reads the whole text; every record as cells in brackets, every fault as its number. `even`: all
 * records have as many cells as the first. */
static void read_named(char *out, size_t size, const char *text, size_t text_size, bool even,
                       enum encoding_name named)
{
    FILE *stream = fmemopen((void *)(uintptr_t)text, text_size, "rb");
    struct input input;
    struct csv csv;
    size_t used = 0;
    enum csv_outcome outcome;

    assert_non_null(stream);
    out[0] = '\0';
    input_open(&input, stream);
    csv_open(&csv, &input, named);
    while ((outcome = csv_next(&csv)) != CSV_END) {
        used += (size_t)snprintf(out + used, size - used, "%u:", (unsigned)csv.line);
        if (outcome != CSV_RECORD) {
            used += (size_t)snprintf(out + used, size - used, "!%d", outcome);
        }
        csv.columns = even && csv.columns == 0 && outcome == CSV_RECORD ? csv.count : csv.columns;
        for (size_t i = 0; outcome == CSV_RECORD && i < csv.count; i++) {
            used += (size_t)snprintf(out + used, size - used, "[%.*s]", (int)csv.cells[i].size,
                                     (const char *)csv.cells[i].data);
        }
        used += (size_t)snprintf(out + used, size - used, "\n");
        assert_true(used < size);
    }
    csv_close(&csv);
    input_close(&input);
    (void)fclose(stream);
}

static void read_all(char *out, size_t size, const char *text, size_t text_size, bool even)
{
    read_named(out, size, text, text_size, even, ENCODING_UNDECIDED);
}

static void reads_records_as_the_rfc_says(void **state)
{
    static const struct {
        const char *name, *text, *want;
    } cases[] = {
        {"plain", "a,b\nc,d\n", "1:[a][b]\n2:[c][d]\n"},
        {"CRLF", "a,b\r\nc,d\r\n", "1:[a][b]\n2:[c][d]\n"},
        {"no end of line at the end", "a,b\nc,d", "1:[a][b]\n2:[c][d]\n"},
        {"empty cells", ",,\n", "1:[][][]\n"},
        {"one cell", "a\n", "1:[a]\n"},
        {"quoted", "\"a\",\"b\"\n", "1:[a][b]\n"},
        {"a comma in quotes", "\"a,b\",c\n", "1:[a,b][c]\n"},
        {"a doubled quote", "\"a\"\"b\",c\n", "1:[a\"b][c]\n"},
        {"an empty quoted cell", "\"\",c\n", "1:[][c]\n"},
        {"a line end in quotes", "\"a\nb\",c\nd,e\n", "1:[a\nb][c]\n3:[d][e]\n"},
        {"CRLF in quotes", "\"a\r\nb\",c\r\nd\r\n", "1:[a\r\nb][c]\n3:[d]\n"},
        {"blank lines are passed over and counted", "a\n\n \t\r\nb\n", "1:[a]\n4:[b]\n"},
        {"BOM",
         "\xef\xbb\xbf"
         "id,金额\n1,2\n",
         "1:[id][金额]\n2:[1][2]\n"},
        {"UTF-8", "林周县,教育局\n", "1:[林周县][教育局]\n"},
        {"GB18030", "id,name\n1,\xc1\xd6\xd6\xdc\xcf\xd8\n", "1:[id][name]\n2:[1][林周县]\n"},
        {"GB18030 in quotes", "\"\xc1\xd6,\xd6\xdc\"\n", "1:[林,周]\n"},
        {"GB18030 of four bytes", "\x81\x39\xee\x39,\xc1\xd6\n", "1:[㐀][林]\n"},
        {"two characters that nearly are UTF-8", "a,\xc1\xaa\xcd\xa8\n1,\xc1\xd6\xd6\xdc\n",
         "1:[a][联通]\n2:[1][林周]\n"},
        {"lines that end with CR alone", "a,b\rc,d\r", "1:[a][b]\n2:[c][d]\n"},
        {"CR alone, and none at the end", "a\r\rb", "1:[a]\n3:[b]\n"},
        {"a CR within quotes, lines that end with CR", "\"a\rb\",c\rd\r", "1:[a\rb][c]\n3:[d]\n"},
        {"a CR in a file of LF", "a\rb\nc\n", "1:[a\rb]\n2:[c]\n"},
        {"nothing", "\n", ""},
    };
    char got[4096];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        read_all(got, sizeof got, cases[i].text, strlen(cases[i].text), false);
        if (strcmp(got, cases[i].want) != 0) {
            fail_msg("%s: got\n%swant\n%s", cases[i].name, got, cases[i].want);
        }
    }
}

static void a_bad_record_is_named_and_the_next_line_is_read(void **state)
{
    static const struct {
        const char *name, *text;
        size_t size;
        const char *want;
    } cases[] = {
#define TEXT(text) text, sizeof(text) - 1
        {"text behind a quote", TEXT("\"a\"b,c\nd,e\n"), "1:!3\n2:[d][e]\n"},
        {"a quote inside a bare cell", TEXT("a\"\"b,c\nd,e\n"), "1:!3\n2:[d][e]\n"},
        {"a quote never closed", TEXT("a,\"b\nc,d\ne,f\n"), "1:!2\n2:[c][d]\n3:[e][f]\n"},
        {"a quote never closed on the last line", TEXT("a,b\nc,\"d"), "1:[a][b]\n2:!2\n"},
        {"a stray quote, and another far below", TEXT("a,b\"\nc,d\ne,\"f\ng,h\n"),
         "1:!3\n2:[c][d]\n3:!2\n4:[g][h]\n"},
        {"an open quote, and another inside a cell below", TEXT("\"a,b\nc,d\ne\"f,g\nh,i\n"),
         "1:!3\n2:[c][d]\n3:!3\n4:[h][i]\n"},
        {"an open quote that closes where a cell ends", TEXT("a,b\n\"c,d\ne,f\ng,h\"\ni,j\n"),
         "1:[a][b]\n2:!8\n3:[e][f]\n4:!3\n5:[i][j]\n"},
        {"too few cells and too many", TEXT("a,b\nc\nd,e,f\ng,h\n"),
         "1:[a][b]\n2:!8\n3:!8\n4:[g][h]\n"},
        {"one bad byte in a UTF-8 file, and names of an even length",
         TEXT("a,\xff教育局\nb,林周\nc,林周县\n"), "1:!6\n2:[b][林周]\n3:[c][林周县]\n"},
        {"the bad byte below", TEXT("a,林周\nb,林\xd6\nc,林周\n"),
         "1:[a][林周]\n2:!6\n3:[c][林周]\n"},
        {"a row of GB18030 in a UTF-8 file", TEXT("a,\xc1\xd6\xd6\xdc\nb,林周\n"),
         "1:!6\n2:[b][林周]\n"},
        {"NUL", TEXT("a,b\0c\nd,e\n"), "1:!6\n2:[d][e]\n"},
        {"half a GB18030 character: the file is none", TEXT("\xc1\xd6\nab\xc1\nd\n"),
         "1:!6\n2:!6\n3:[d]\n"},
        {"a character that GB18030 does not assign", TEXT("\xc1\xd6\n\xaa\xa1\nd\n"),
         "1:!6\n2:!6\n3:[d]\n"},
        {"Latin-1 between letters", TEXT("a,MU\xd1OZ\nb,x\n"), "1:!9\n2:[b][x]\n"},
        {"Latin-1 at the front",
         TEXT("\xd1"
              "andu,b\nb,x\n"),
         "1:!9\n2:[b][x]\n"},
        {"Latin-1, two of them in a row", TEXT("MU\xd1\xc1Z,b\nb,x\n"), "1:!9\n2:[b][x]\n"},
        {"one row of Latin-1 spoils the guess of all", TEXT("a,\xc1\xd6\xd6\xdc\nb,MU\xd1OZ\n"),
         "1:!6\n2:!9\n"},
        {"not UTF-8 after a BOM",
         TEXT("\xef\xbb\xbf"
              "a\n\xff\xff\nd\n"),
         "1:[a]\n2:!6\n3:[d]\n"},
#undef TEXT
    };
    char got[4096];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        read_all(got, sizeof got, cases[i].text, cases[i].size, true);
        if (strcmp(got, cases[i].want) != 0) {
            fail_msg("%s: got\n%swant\n%s", cases[i].name, got, cases[i].want);
        }
    }
}

/* Who names the encoding is believed. */
static void a_named_encoding_is_not_guessed(void **state)
{
    static const struct {
        const char *name, *text;
        enum encoding_name named;
        const char *want;
    } cases[] = {
        {"a rare character", "MU\xd1OZ\n", ENCODING_GB18030, "1:[MU袿Z]\n"},
        {"text that would be UTF-8", "\xe6\x9e\x97\xe6\x9e\x97\n", ENCODING_GB18030,
         "1:[鏋楁灄]\n"},
        {"GB18030 where UTF-8 was named", "a,\xc1\xd6\nb,林\n", ENCODING_UTF8, "1:!6\n2:[b][林]\n"},
    };
    char got[4096];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        read_named(got, sizeof got, cases[i].text, strlen(cases[i].text), true, cases[i].named);
        if (strcmp(got, cases[i].want) != 0) {
            fail_msg("%s: got\n%swant\n%s", cases[i].name, got, cases[i].want);
        }
    }
}

static void what_cannot_be_read_is_told(void **state)
{
    static const char text[] = "a,b\nc,MU\xd1OZ\nd,ab\xff\n";
    FILE *stream = fmemopen((void *)(uintptr_t)text, sizeof text - 1, "rb");
    struct input input;
    struct csv csv;

    (void)state;
    input_open(&input, stream);
    csv_open(&csv, &input, ENCODING_UNDECIDED);
    assert_int_equal(csv_next(&csv), CSV_RECORD);
    assert_int_equal(csv_next(&csv), CSV_LATIN);
    assert_string_equal(csv.encoding.fault.as_gb18030, "MU袿Z");
    assert_string_equal(csv.encoding.fault.as_latin, "MUÑOZ");
    assert_int_equal(csv_next(&csv), CSV_BAD_TEXT);
    assert_int_equal(csv.encoding.fault.byte, 0xff);
    assert_int_equal(csv.encoding.fault.place, 5);
    csv_close(&csv);
    input_close(&input);
    (void)fclose(stream);
}

static void fill(struct buf *text, char with, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_put_u8(text, (uint8_t)with);
    }
}

static void a_record_past_the_limits_is_refused_alone(void **state)
{
    char *got = malloc(1 << 20);
    struct buf text = BUF_EMPTY;

    (void)state;
    assert_non_null(got);
    fill(&text, 'x', INPUT_LINE_BYTES_MAX + 1);
    buf_append(&text, "\nb,c\n", 5);
    read_all(got, 1 << 20, (const char *)text.data, text.size, false);
    assert_string_equal(got, "1:!4\n2:[b][c]\n");

    buf_clear(&text); /* longer than the window, too */
    fill(&text, 'x', 3 * INPUT_WINDOW_BYTES);
    buf_append(&text, "\nb,c\n", 5);
    read_all(got, 1 << 20, (const char *)text.data, text.size, false);
    assert_string_equal(got, "1:!4\n2:[b][c]\n");

    buf_clear(&text);
    fill(&text, ',', CSV_CELLS_MAX);
    buf_append(&text, "\nb\n", 3);
    read_all(got, 1 << 20, (const char *)text.data, text.size, false);
    assert_string_equal(got, "1:!5\n2:[b]\n");

    buf_clear(&text);
    fill(&text, ',', CSV_CELLS_MAX - 1);
    buf_append(&text, "\n", 1);
    read_all(got, 1 << 20, (const char *)text.data, text.size, false);
    assert_int_equal(strlen(got), 2 + 2 * CSV_CELLS_MAX + 1);
    buf_free(&text);
    free(got);
}

/* Records lie across the end of the window at every offset sooner or later. */
static void a_long_file_is_read_through_one_window(void **state)
{
    enum { RECORDS = 60000 };
    struct buf text = BUF_EMPTY;
    struct input input;
    struct csv csv;
    FILE *stream;
    char line[96];

    (void)state;
    for (int i = 0; i < RECORDS; i++) {
        const int size =
            snprintf(line, sizeof line, "P-%d,\"林周县, %d\n号\",%d.00\r\n", i, i % 7, i);
        buf_append(&text, line, (size_t)size);
    }
    assert_true(text.size > 2 * INPUT_WINDOW_BYTES);
    stream = fmemopen(text.data, text.size, "rb");
    input_open(&input, stream);
    csv_open(&csv, &input, ENCODING_UNDECIDED);
    for (int i = 0; i < RECORDS; i++) {
        (void)snprintf(line, sizeof line, "P-%d", i);
        assert_int_equal(csv_next(&csv), CSV_RECORD);
        assert_int_equal(csv.count, 3);
        assert_int_equal(csv.line, 1 + 2 * (uint64_t)i);
        assert_true(bytes_equal(csv.cells[0], bytes_text(line)));
    }
    assert_int_equal(csv_next(&csv), CSV_END);
    csv_close(&csv);
    input_close(&input);
    (void)fclose(stream);
    buf_free(&text);
}

/* The window holds rows of GB18030 only; behind it somebody pasted a row of UTF-8. */
static void a_row_that_could_be_both_is_refused(void **state)
{
    struct buf text = BUF_EMPTY;
    struct input input;
    struct csv csv;
    FILE *stream;
    size_t rows = 0;

    (void)state;
    while (text.size < INPUT_WINDOW_BYTES) {
        buf_append_bytes(&text, bytes_text("a,\xc1\xd6\xd6\xdc\n"));
        rows++;
    }
    buf_append_bytes(&text, bytes_text("b,林周\nc,\xc1\xd6\n"));
    stream = fmemopen(text.data, text.size, "rb");
    input_open(&input, stream);
    csv_open(&csv, &input, ENCODING_UNDECIDED);
    for (size_t i = 0; i < rows; i++) {
        assert_int_equal(csv_next(&csv), CSV_RECORD);
    }
    assert_int_equal(csv_next(&csv), CSV_AMBIGUOUS);
    assert_int_equal(csv_next(&csv), CSV_RECORD);
    assert_true(bytes_equal(csv.cells[1], bytes_text("林")));
    assert_int_equal(csv_next(&csv), CSV_END);
    csv_close(&csv);
    input_close(&input);
    (void)fclose(stream);
    buf_free(&text);
}

static void lines_are_cut_at_their_ends_and_limited(void **state)
{
    struct buf text = BUF_EMPTY;
    struct input input;
    struct bytes line;
    bool too_long;
    FILE *stream;

    (void)state;
    buf_append(&text, "a\r\n\nb", 5);
    buf_put_u8(&text, '\n');
    fill(&text, 'x', 2 * INPUT_WINDOW_BYTES);
    buf_append(&text, "\nlast", 5);
    stream = fmemopen(text.data, text.size, "rb");
    input_open(&input, stream);
    assert_true(input_line(&input, &line, &too_long));
    assert_true(bytes_equal(line, bytes_text("a")));
    assert_true(input_line(&input, &line, &too_long));
    assert_int_equal(line.size, 0);
    assert_true(input_line(&input, &line, &too_long));
    assert_true(bytes_equal(line, bytes_text("b")));
    assert_true(input_line(&input, &line, &too_long));
    assert_true(too_long);
    assert_true(input_line(&input, &line, &too_long));
    assert_false(too_long);
    assert_true(bytes_equal(line, bytes_text("last")));
    assert_false(input_line(&input, &line, &too_long));
    input_close(&input);
    (void)fclose(stream);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_records_as_the_rfc_says),
        cmocka_unit_test(a_bad_record_is_named_and_the_next_line_is_read),
        cmocka_unit_test(a_named_encoding_is_not_guessed),
        cmocka_unit_test(what_cannot_be_read_is_told),
        cmocka_unit_test(a_record_past_the_limits_is_refused_alone),
        cmocka_unit_test(a_long_file_is_read_through_one_window),
        cmocka_unit_test(a_row_that_could_be_both_is_refused),
        cmocka_unit_test(lines_are_cut_at_their_ends_and_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
