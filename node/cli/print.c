#include "node/cli/print.h"

#include <stdlib.h>

/* The wide ranges of Unicode's East Asian Width that a ledger meets. */
static bool is_wide(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } ranges[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff}, {0x3400, 0x4dbf},
        {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xac00, 0xd7a3}, {0xf900, 0xfaff},
        {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
        {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };

    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        if (c >= ranges[i].from && c <= ranges[i].to) {
            return true;
        }
    }
    return false;
}

static bool is_combining(uint32_t c)
{
    return (c >= 0x0300 && c <= 0x036f) || (c >= 0x0f71 && c <= 0x0f84) || c == 0x200b ||
           c == 0x200d || (c >= 0xfe00 && c <= 0xfe0f);
}

/* One character of valid UTF-8, and how many bytes it took. */
static uint32_t take_character(const uint8_t *at, size_t *size)
{
    const size_t count = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    uint32_t c = count == 1 ? at[0] : (uint32_t)(at[0] & (0xff >> (count + 1)));

    for (size_t i = 1; i < count; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            *size = 1;
            return '?';
        }
        c = c << 6 | (at[i] & 0x3f);
    }
    *size = count;
    return c;
}

size_t text_width(const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t width = 0, size;

    while (*at != '\0') {
        const uint32_t c = take_character(at, &size);
        width += is_combining(c) ? 0 : is_wide(c) ? 2 : 1;
        at += size;
    }
    return width;
}

/* Cuts at a whole character. */
static void copy_clean(char out[CELL_BYTES_MAX], const char *text)
{
    size_t size = 0;

    while (*text != '\0') {
        size_t step;
        (void)take_character((const uint8_t *)text, &step);
        if (size + step >= CELL_BYTES_MAX) {
            break;
        }
        for (; step > 0; step--, text++) {
            const unsigned char c = (unsigned char)*text;
            out[size++] = c < 0x20 || c == 0x7f ? '?' : *text;
        }
    }
    out[size] = '\0';
}

static void cell_text(char out[CELL_BYTES_MAX], const struct column *column, const json_t *row)
{
    const json_t *value = json_object_get(row, column->key);

    out[0] = '\0';
    if (json_is_string(value)) {
        copy_clean(out, json_string_value(value));
        if (column->kind == CELL_TIME && strlen(out) > 19) {
            out[10] = ' ';
            out[19] = '\0'; /* to the second; UTC */
        }
    } else if (json_is_integer(value)) {
        (void)snprintf(out, CELL_BYTES_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        (void)snprintf(out, CELL_BYTES_MAX, "%s", json_is_true(value) ? "yes" : "no");
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            const size_t used = strlen(out);
            const char *text = json_string_value(json_array_get(value, i));
            (void)snprintf(out + used, CELL_BYTES_MAX - used, "%s%s", i > 0 ? "," : "",
                           text == NULL ? "" : text);
        }
    }
}

static void print_padded(FILE *out, const char *text, size_t width, bool right, bool last)
{
    const size_t own = text_width(text);
    const int pad = width > own ? (int)(width - own) : 0;

    if (right) {
        (void)fprintf(out, "%*s%s", pad, "", text);
    } else {
        (void)fprintf(out, "%s%*s", text, last ? 0 : pad, "");
    }
    (void)fputs(last ? "\n" : "  ", out);
}

static const char *title_of(const struct column *column, enum language language)
{
    return language == LANGUAGE_ZH ? column->zh : column->en;
}

void print_table(FILE *out, const struct column *columns, size_t count, const json_t *rows,
                 enum language language)
{
    size_t *widths = mem_zalloc(count * sizeof *widths);
    char cell[CELL_BYTES_MAX];

    for (size_t i = 0; i < count; i++) {
        widths[i] = text_width(title_of(&columns[i], language));
        for (size_t j = 0; j < json_array_size(rows); j++) {
            cell_text(cell, &columns[i], json_array_get(rows, j));
            widths[i] = text_width(cell) > widths[i] ? text_width(cell) : widths[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        print_padded(out, title_of(&columns[i], language), widths[i],
                     columns[i].kind == CELL_NUMBER, i + 1 == count);
    }
    for (size_t j = 0; j < json_array_size(rows); j++) {
        for (size_t i = 0; i < count; i++) {
            cell_text(cell, &columns[i], json_array_get(rows, j));
            print_padded(out, cell, widths[i], columns[i].kind == CELL_NUMBER, i + 1 == count);
        }
    }
    mem_free(widths);
}

static void print_csv_cell(FILE *out, const char *text, bool guarded)
{
    const bool formula = guarded && text[0] != '\0' && strchr("=+-@\t", text[0]) != NULL;

    if (!formula && strpbrk(text, ",\"\r\n") == NULL) {
        (void)fputs(text, out);
        return;
    }
    (void)fputs(formula ? "\"'" : "\"", out);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            (void)fputc('"', out);
        }
        (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

void print_csv(FILE *out, const struct column *columns, size_t count, const json_t *rows)
{
    char cell[CELL_BYTES_MAX];

    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, "%s%s", i > 0 ? "," : "", columns[i].key);
    }
    (void)fputs("\r\n", out);
    for (size_t j = 0; j < json_array_size(rows); j++) {
        for (size_t i = 0; i < count; i++) {
            struct column raw = columns[i];

            raw.kind = raw.kind == CELL_TIME ? CELL_TEXT : raw.kind;
            cell_text(cell, &raw, json_array_get(rows, j));
            (void)fputs(i > 0 ? "," : "", out);
            print_csv_cell(out, cell, raw.kind == CELL_TEXT);
        }
        (void)fputs("\r\n", out);
    }
}

void print_json(FILE *out, const json_t *value)
{
    (void)json_dumpf(value, out, JSON_COMPACT | JSON_ENCODE_ANY);
    (void)fputc('\n', out);
}
