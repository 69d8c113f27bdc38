#include "node/cli/print.h"

#include <assert.h>
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

/* What may move a terminal's cursor, or make text read in another order than it stands in. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f || c == 0x061c ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
           c == 0xfffe || c == 0xffff;
}

char *text_shown(char *out, size_t size, const char *text)
{
    size_t used = 0;

    while (*text != '\0') {
        size_t step;
        const uint32_t c = take_character((const uint8_t *)text, &step);
        const bool bad = is_control(c) || (step == 1 && (uint8_t)*text >= 0x80);

        if (used + (bad ? 1 : step) >= size) {
            break; /* at a whole character */
        }
        if (bad) {
            out[used++] = '?';
        } else {
            memcpy(out + used, text, step);
            used += step;
        }
        text += step;
    }
    out[used] = '\0';
    return out;
}

void print_text(FILE *out, const char *text)
{
    char *shown = mem_zalloc(strlen(text) + 1);

    (void)fputs(text_shown(shown, strlen(text) + 1, text), out);
    mem_free(shown);
}

static void join_words(char out[CELL_BYTES_MAX], const json_t *array, enum language language)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const size_t used = strlen(out);
        const char *text = json_string_value(json_array_get(array, i));

        (void)snprintf(out + used, CELL_BYTES_MAX - used, "%s", i > 0 ? "," : "");
        (void)text_shown(out + strlen(out), CELL_BYTES_MAX - strlen(out),
                         text == NULL ? "" : words_term(language, text));
    }
}

void print_cell(char out[CELL_BYTES_MAX], const struct column *column, const json_t *row,
                enum language language)
{
    const json_t *value = json_object_get(row, column->key);
    const char *text = json_string_value(value);
    char words[WORDS_BYTES_MAX];

    out[0] = '\0';
    if (text != NULL) {
        text = column->kind == CELL_WORD       ? words_term(language, text)
               : column->kind == CELL_SENTENCE ? words_in(language, words, text)
                                               : text;
        (void)text_shown(out, CELL_BYTES_MAX, text);
        if (column->kind == CELL_TIME && strlen(out) > 19) {
            out[10] = ' ';
            out[19] = '\0'; /* to the second; UTC */
        }
    } else if (json_is_integer(value)) {
        (void)snprintf(out, CELL_BYTES_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        (void)snprintf(out, CELL_BYTES_MAX, "%s",
                       words_term(language, json_is_true(value) ? "yes" : "no"));
    } else if (json_is_array(value)) {
        join_words(out, value, language);
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

static void measure(const struct column *columns, size_t count, const json_t *rows,
                    enum language language, size_t *widths)
{
    char cell[CELL_BYTES_MAX];

    for (size_t i = 0; i < count; i++) {
        widths[i] = text_width(title_of(&columns[i], language));
        for (size_t j = 0; j < json_array_size(rows); j++) {
            print_cell(cell, &columns[i], json_array_get(rows, j), language);
            widths[i] = text_width(cell) > widths[i] ? text_width(cell) : widths[i];
        }
    }
}

void print_more(FILE *out, const struct column *columns, size_t count, const json_t *rows,
                enum language language, struct table_shape *shape)
{
    char cell[CELL_BYTES_MAX];

    assert(count <= COLUMNS_MAX);
    if (!shape->begun) {
        shape->begun = true;
        measure(columns, count, rows, language, shape->widths);
        for (size_t i = 0; i < count; i++) {
            print_padded(out, title_of(&columns[i], language), shape->widths[i],
                         columns[i].kind == CELL_NUMBER, i + 1 == count);
        }
    }
    for (size_t j = 0; j < json_array_size(rows); j++) {
        for (size_t i = 0; i < count; i++) {
            print_cell(cell, &columns[i], json_array_get(rows, j), language);
            print_padded(out, cell, shape->widths[i], columns[i].kind == CELL_NUMBER,
                         i + 1 == count);
        }
    }
}

void print_table(FILE *out, const struct column *columns, size_t count, const json_t *rows,
                 enum language language)
{
    struct table_shape shape = {.begun = false};

    print_more(out, columns, count, rows, language, &shape);
}

bool text_is_number(const char *text)
{
    const char *at = text + (*text == '-');
    const size_t whole = strspn(at, "0123456789");

    at += whole;
    if (whole > 0 && *at == '.') {
        const size_t decimals = strspn(at + 1, "0123456789");
        at += decimals > 0 ? decimals + 1 : 0;
    }
    return whole > 0 && *at == '\0';
}

static void print_csv_cell(FILE *out, const char *text)
{
    const bool formula =
        text[0] != '\0' && strchr("=+-@", text[0]) != NULL && !text_is_number(text);

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

            raw.kind = CELL_TEXT;
            print_cell(cell, &raw, json_array_get(rows, j), LANGUAGE_EN);
            (void)fputs(i > 0 ? "," : "", out);
            print_csv_cell(out, cell);
        }
        (void)fputs("\r\n", out);
    }
}

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

void print_verdict_line(const struct cli *cli, const json_t *verdict, const char *message)
{
    const char *reason = member(verdict, "reason"), *id = member(verdict, "id");
    const size_t width = text_width(id);

    print_text(stdout, id);
    (void)printf("%*s  %s%s", width < 38 ? (int)(38 - width) : 0, "",
                 words_term(cli->language, member(verdict, "status")),
                 reason[0] != '\0' ? " " : "");
    print_text(stdout, reason);
    (void)fputs(message[0] != '\0' ? ": " : "", stdout);
    print_text(stdout, message);
    (void)putchar('\n');
}

void print_json(FILE *out, const json_t *value)
{
    (void)json_dumpf(value, out, JSON_COMPACT | JSON_ENCODE_ANY);
    (void)fputc('\n', out);
}
