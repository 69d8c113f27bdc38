#include "node/api/sheet.h"

#include <assert.h>
#include <stdio.h>

#include "node/api/zip.h"
#include "proto/status.h"

static const struct {
    const char *name, *media_type;
} formats[SHEET_FORMATS] = {
    [SHEET_CSV] = {"csv", "text/csv; charset=utf-8"},
    [SHEET_XLSX] = {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
};

enum sheet_format sheet_format_named(const char *name)
{
    enum sheet_format format = SHEET_CSV;

    while (format < SHEET_FORMATS && strcmp(formats[format].name, name) != 0) {
        format++;
    }
    return format;
}

const char *sheet_format_name(enum sheet_format format)
{
    assert(format < SHEET_FORMATS);
    return formats[format].name;
}

const char *sheet_media_type(enum sheet_format format)
{
    assert(format < SHEET_FORMATS);
    return formats[format].media_type;
}

static void put(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text));
}

/* --- CSV --- */

/* Signs of full width begin one, too, where East Asian text is at home. */
static bool begins_formula(struct bytes text)
{
    static const char *const wide[] = {"＝", "＋", "－", "＠"};

    if (text.size > 0 && memchr("=+-@\t\r\n", text.data[0], 7) != NULL) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(wide); i++) {
        if (text.size >= strlen(wide[i]) && memcmp(text.data, wide[i], strlen(wide[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void put_csv(struct sheet *sheet, struct bytes text, bool typed_by_people)
{
    struct buf *out = sheet->out;

    if (sheet->cell > 0) {
        put(out, ",");
    }
    put(out, "\"");
    if (typed_by_people && begins_formula(text)) {
        put(out, "'");
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"') {
            put(out, "\"");
        }
        buf_put_u8(out, text.data[i]);
    }
    put(out, "\"");
}

/* --- XLSX --- */

/* Of control characters XML takes three. */
static void put_xml(struct buf *out, struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];

        if (c == '&') {
            put(out, "&amp;");
        } else if (c == '<') {
            put(out, "&lt;");
        } else if (c == '>') {
            put(out, "&gt;");
        } else if (c >= 0x20 || c == '\t' || c == '\n' || c == '\r') {
            buf_put_u8(out, c);
        }
    }
}

enum style { STYLE_PLAIN, STYLE_HEAD, STYLE_AMOUNT, STYLE_COUNT };

static void begin_row(struct sheet *sheet)
{
    char tag[48];

    if (sheet->cell == 0) {
        (void)snprintf(tag, sizeof tag, "<row r=\"%zu\">", sheet->row + 1);
        put(&sheet->rows, tag);
    }
}

static void put_inline(struct sheet *sheet, struct bytes text, enum style style)
{
    char tag[64];

    begin_row(sheet);
    (void)snprintf(tag, sizeof tag, "<c t=\"inlineStr\" s=\"%d\"><is><t xml:space=\"preserve\">",
                   (int)style);
    put(&sheet->rows, tag);
    put_xml(&sheet->rows, text);
    put(&sheet->rows, "</t></is></c>");
}

static bool is_exact(struct bytes number)
{
    enum { DIGITS_KEPT = 15 };
    size_t digits = 0;

    for (size_t i = 0; i < number.size; i++) {
        digits += number.data[i] >= '0' && number.data[i] <= '9';
    }
    return digits <= DIGITS_KEPT;
}

static void put_number(struct sheet *sheet, struct bytes number)
{
    const bool has_point = memchr(number.data, '.', number.size) != NULL;
    char tag[32];

    begin_row(sheet);
    (void)snprintf(tag, sizeof tag, "<c s=\"%d\"><v>", has_point ? STYLE_AMOUNT : STYLE_COUNT);
    put(&sheet->rows, tag);
    put_xml(&sheet->rows, number);
    put(&sheet->rows, "</v></c>");
}

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN     "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE   "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE  "http://schemas.openxmlformats.org/package/2006"
#define TYPES    "application/vnd.openxmlformats-officedocument.spreadsheetml."

/* What stands around the rows. */
static const struct {
    const char *name, *content;
} parts[] = {
    {"[Content_Types].xml",
     XML_HEAD "<Types xmlns=\"" PACKAGE "/content-types\"><Default Extension=\"rels\" "
              "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
              "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" TYPES "sheet.main+xml\"/>"
              "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"" TYPES
              "worksheet+xml\"/><Override PartName=\"/xl/styles.xml\" ContentType=\"" TYPES
              "styles+xml\"/></Types>"},
    {"_rels/.rels", XML_HEAD "<Relationships xmlns=\"" PACKAGE "/relationships\"><Relationship "
                             "Id=\"r1\" Type=\"" OFFICE "/officeDocument\" "
                             "Target=\"xl/workbook.xml\"/></Relationships>"},
    {"xl/workbook.xml", XML_HEAD "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" OFFICE
                                 "\"><sheets><sheet name=\"1\" sheetId=\"1\" r:id=\"r1\"/></sheets>"
                                 "</workbook>"},
    {"xl/_rels/workbook.xml.rels", XML_HEAD
     "<Relationships xmlns=\"" PACKAGE "/relationships\"><Relationship Id=\"r1\" Type=\"" OFFICE
     "/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" "
     "Type=\"" OFFICE "/styles\" Target=\"styles.xml\"/></Relationships>"},
    /* plain, head, amount (4: #,##0.00), count (3: #,##0) */
    {"xl/styles.xml",
     XML_HEAD "<styleSheet xmlns=\"" MAIN "\"><fonts count=\"2\"><font/><font><b/></font></fonts>"
              "<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill>"
              "<patternFill patternType=\"gray125\"/></fill></fills><borders count=\"1\"><border/>"
              "</borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs count=\"4\"><xf/>"
              "<xf fontId=\"1\" applyFont=\"1\"/><xf numFmtId=\"4\" applyNumberFormat=\"1\"/>"
              "<xf numFmtId=\"3\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"},
};

static void close_workbook(struct sheet *sheet)
{
    struct buf rows = BUF_EMPTY;
    struct zip zip;

    put(&rows, XML_HEAD "<worksheet xmlns=\"" MAIN "\"><sheetData>");
    buf_append_bytes(&rows, buf_bytes(&sheet->rows));
    put(&rows, "</sheetData></worksheet>");
    zip_begin(&zip, sheet->out);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        zip_file(&zip, parts[i].name, bytes_text(parts[i].content));
    }
    zip_file(&zip, "xl/worksheets/sheet1.xml", buf_bytes(&rows));
    zip_end(&zip);
    buf_free(&rows);
}

/* --- either --- */

void sheet_open(struct sheet *sheet, enum sheet_format format, struct buf *out)
{
    assert(format < SHEET_FORMATS && out->size == 0);
    *sheet = (struct sheet){format, out, BUF_EMPTY, 0, 0};
    if (format == SHEET_CSV) {
        put(out, "\xef\xbb\xbf");
    }
}

void sheet_text(struct sheet *sheet, struct bytes text)
{
    if (sheet->format == SHEET_CSV) {
        put_csv(sheet, text, true);
    } else {
        put_inline(sheet, text, STYLE_PLAIN);
    }
    sheet->cell++;
}

void sheet_head(struct sheet *sheet, struct bytes text)
{
    if (sheet->format == SHEET_CSV) {
        put_csv(sheet, text, true);
    } else {
        put_inline(sheet, text, STYLE_HEAD);
    }
    sheet->cell++;
}

void sheet_number(struct sheet *sheet, struct bytes number)
{
    if (sheet->format == SHEET_CSV) {
        put_csv(sheet, number, false);
    } else if (is_exact(number)) {
        put_number(sheet, number);
    } else {
        put_inline(sheet, number, STYLE_PLAIN);
    }
    sheet->cell++;
}

void sheet_end_row(struct sheet *sheet)
{
    if (sheet->format == SHEET_CSV) {
        put(sheet->out, "\r\n");
    } else {
        begin_row(sheet);
        put(&sheet->rows, "</row>");
    }
    sheet->row++;
    sheet->cell = 0;
}

void sheet_close(struct sheet *sheet)
{
    if (sheet->format == SHEET_XLSX) {
        close_workbook(sheet);
    }
    buf_free(&sheet->rows);
}
