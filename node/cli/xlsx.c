#include "node/cli/xlsx.h"

#include <assert.h>
#include <stdarg.h>
#include <zlib.h>

/* --- a zip of stored files --- */

enum { ZIP_FILES_MAX = SHEETS_MAX + 5 };

struct zip {
    struct buf *out;
    struct {
        const char *name;
        uint32_t crc, size, offset;
    } files[ZIP_FILES_MAX];
    size_t count;
    char names[SHEETS_MAX][40];
};

static void put_u16(struct buf *out, uint32_t value)
{
    buf_put_u8(out, (uint8_t)value);
    buf_put_u8(out, (uint8_t)(value >> 8));
}

static void put_u32(struct buf *out, uint32_t value)
{
    put_u16(out, value & 0xffff);
    put_u16(out, value >> 16);
}

/* From the version on: what the local and the central header have in common. */
static void put_common(struct zip *zip, size_t index)
{
    enum { VERSION = 20, UTF8_NAMES = 0x800, STORED = 0, MIDNIGHT = 0, FIRST_OF_1980 = 0x21 };

    put_u16(zip->out, VERSION);
    put_u16(zip->out, UTF8_NAMES);
    put_u16(zip->out, STORED);
    put_u16(zip->out, MIDNIGHT);
    put_u16(zip->out, FIRST_OF_1980);
    put_u32(zip->out, zip->files[index].crc);
    put_u32(zip->out, zip->files[index].size);
    put_u32(zip->out, zip->files[index].size);
    put_u16(zip->out, (uint32_t)strlen(zip->files[index].name));
    put_u16(zip->out, 0); /* extra field */
}

static void add_file(struct zip *zip, const char *name, const struct buf *content)
{
    const size_t i = zip->count++;

    assert(i < ZIP_FILES_MAX);
    zip->files[i].name = name;
    zip->files[i].crc = (uint32_t)crc32(0, content->data, (uInt)content->size);
    zip->files[i].size = (uint32_t)content->size;
    zip->files[i].offset = (uint32_t)zip->out->size;
    put_u32(zip->out, 0x04034b50);
    put_common(zip, i);
    buf_append_bytes(zip->out, bytes_text(name));
    buf_append(zip->out, content->data, content->size);
}

static void add_text(struct zip *zip, const char *name, const char *content)
{
    struct buf buf = BUF_EMPTY;

    buf_append_bytes(&buf, bytes_text(content));
    add_file(zip, name, &buf);
    buf_free(&buf);
}

static void end_zip(struct zip *zip)
{
    const size_t begin = zip->out->size;
    size_t size;

    for (size_t i = 0; i < zip->count; i++) {
        put_u32(zip->out, 0x02014b50);
        put_u16(zip->out, 20); /* made by */
        put_common(zip, i);
        put_u16(zip->out, 0); /* comment */
        put_u16(zip->out, 0); /* disk */
        put_u16(zip->out, 0); /* attributes */
        put_u32(zip->out, 0);
        put_u32(zip->out, zip->files[i].offset);
        buf_append_bytes(zip->out, bytes_text(zip->files[i].name));
    }
    size = zip->out->size - begin;
    put_u32(zip->out, 0x06054b50);
    put_u32(zip->out, 0); /* disks */
    put_u16(zip->out, (uint32_t)zip->count);
    put_u16(zip->out, (uint32_t)zip->count);
    put_u32(zip->out, (uint32_t)size);
    put_u32(zip->out, (uint32_t)begin);
    put_u16(zip->out, 0); /* comment */
}

/* --- the parts --- */

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN     "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE   "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE  "http://schemas.openxmlformats.org/package/2006/"
#define TYPE     "application/vnd.openxmlformats-officedocument.spreadsheetml."

/* Style 1 is an amount: thousands and two decimals. */
static const char styles[] = XML_HEAD
    "<styleSheet xmlns=\"" MAIN "\"><fonts count=\"1\"><font/></fonts><fills count=\"1\"><fill/>"
    "</fills><borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs>"
    "<cellXfs count=\"2\"><xf/><xf numFmtId=\"4\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>";
static const char relations[] = XML_HEAD
    "<Relationships xmlns=\"" PACKAGE "relationships\"><Relationship Id=\"r1\" Type=\"" OFFICE
    "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";

PRINTF(2, 3) static void put(struct buf *out, const char *format, ...)
{
    char text[512];
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert(size >= 0 && (size_t)size < sizeof text);
    buf_append_bytes(out, bytes_text(text));
}

static void add_types(struct zip *zip, size_t count)
{
    struct buf text = BUF_EMPTY;

    put(&text, XML_HEAD "<Types xmlns=\"" PACKAGE "content-types\">"
                        "<Default Extension=\"rels\" ContentType=\"application/"
                        "vnd.openxmlformats-package.relationships+xml\"/>");
    put(&text, "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" TYPE "sheet.main+xml\"/>"
               "<Override PartName=\"/xl/styles.xml\" ContentType=\"" TYPE "styles+xml\"/>");
    for (size_t i = 1; i <= count; i++) {
        put(&text,
            "<Override PartName=\"/xl/worksheets/sheet%zu.xml\" ContentType=\"" TYPE
            "worksheet+xml\"/>",
            i);
    }
    put(&text, "</Types>");
    add_file(zip, "[Content_Types].xml", &text);
    buf_free(&text);
}

static void add_workbook(struct zip *zip, const struct sheet *sheets, size_t count)
{
    struct buf book = BUF_EMPTY, links = BUF_EMPTY;

    put(&book, XML_HEAD "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" OFFICE "\"><sheets>");
    put(&links, XML_HEAD "<Relationships xmlns=\"" PACKAGE "relationships\">");
    for (size_t i = 0; i < count; i++) {
        put(&book, "<sheet name=\"%.31s\" sheetId=\"%zu\" r:id=\"r%zu\"/>", sheets[i].name, i + 1,
            i + 1);
        put(&links,
            "<Relationship Id=\"r%zu\" Type=\"" OFFICE
            "/worksheet\" Target=\"worksheets/sheet%zu.xml\"/>",
            i + 1, i + 1);
    }
    put(&book, "</sheets></workbook>");
    put(&links,
        "<Relationship Id=\"r%zu\" Type=\"" OFFICE
        "/styles\" Target=\"styles.xml\"/></Relationships>",
        count + 1);
    add_file(zip, "xl/workbook.xml", &book);
    add_file(zip, "xl/_rels/workbook.xml.rels", &links);
    buf_free(&book);
    buf_free(&links);
}

static void put_escaped(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            buf_append_bytes(out, bytes_text("&amp;"));
            break;
        case '<':
            buf_append_bytes(out, bytes_text("&lt;"));
            break;
        case '>':
            buf_append_bytes(out, bytes_text("&gt;"));
            break;
        default:
            buf_put_u8(out, (uint8_t)*text);
        }
    }
}

static void put_text_cell(struct buf *out, const char *text)
{
    put(out, "<c t=\"inlineStr\"><is><t xml:space=\"preserve\">");
    put_escaped(out, text);
    put(out, "</t></is></c>");
}

static void put_cell(struct buf *out, const struct column *column, const json_t *row,
                     enum language language)
{
    char cell[CELL_BYTES_MAX];
    size_t digits = 0;

    print_cell(cell, column, row, language);
    for (const char *at = cell; *at != '\0'; at++) {
        digits += *at >= '0' && *at <= '9';
    }
    if (column->kind == CELL_NUMBER && text_is_number(cell) && digits <= XLSX_NUMBER_DIGITS_MAX) {
        put(out, "<c%s><v>%.40s</v></c>", strchr(cell, '.') != NULL ? " s=\"1\"" : "", cell);
    } else {
        put_text_cell(out, cell);
    }
}

static void add_sheet(struct zip *zip, size_t index, const struct sheet *sheet,
                      enum language language)
{
    struct buf text = BUF_EMPTY;

    put(&text, XML_HEAD "<worksheet xmlns=\"" MAIN "\"><sheetData><row>");
    for (size_t i = 0; i < sheet->count; i++) {
        const struct column *column = &sheet->columns[i];

        put_text_cell(&text, language == LANGUAGE_ZH ? column->zh : column->en);
    }
    put(&text, "</row>");
    for (size_t j = 0; j < json_array_size(sheet->rows); j++) {
        put(&text, "<row>");
        for (size_t i = 0; i < sheet->count; i++) {
            put_cell(&text, &sheet->columns[i], json_array_get(sheet->rows, j), language);
        }
        put(&text, "</row>");
    }
    put(&text, "</sheetData></worksheet>");
    (void)snprintf(zip->names[index], sizeof zip->names[index], "xl/worksheets/sheet%zu.xml",
                   index + 1);
    add_file(zip, zip->names[index], &text);
    buf_free(&text);
}

void xlsx_write(struct buf *out, const struct sheet *sheets, size_t count, enum language language)
{
    struct zip zip = {.out = out};

    assert(count > 0 && count <= SHEETS_MAX && out->size == 0);
    add_types(&zip, count);
    add_text(&zip, "_rels/.rels", relations);
    add_workbook(&zip, sheets, count);
    add_text(&zip, "xl/styles.xml", styles);
    for (size_t i = 0; i < count; i++) {
        add_sheet(&zip, i, &sheets[i], language);
    }
    end_zip(&zip);
}
