#include "node/cli/print.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

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

#define SENTENCE_TIME "%Y-%m-%d %H:%M:%S UTC"

char *text_with_local_times(char *text)
{
    enum { DATE_SIZE = 10, TIME_SIZE = 19, SIZE = 23 }; /* up to the day, the second, the end */
    char local[SIZE + 1];

    for (char *at = text; (at = strstr(at, " UTC")) != NULL;) {
        char *begin = at - text >= TIME_SIZE ? at - TIME_SIZE : at;
        struct tm parts = {.tm_isdst = 0};
        time_t seconds;

        at += SIZE - TIME_SIZE;
        if (begin + SIZE != at || begin[DATE_SIZE] != ' ' ||
            strptime(begin, SENTENCE_TIME, &parts) != at) {
            continue;
        }
        seconds = timegm(&parts);
        if (localtime_r(&seconds, &parts) != NULL &&
            strftime(local, sizeof local, "%Y-%m-%d %H:%M:%S", &parts) == TIME_SIZE) {
            memcpy(begin, local, TIME_SIZE);
            memmove(begin + TIME_SIZE, at, strlen(at) + 1);
            at = begin + TIME_SIZE;
        }
    }
    return text;
}

void print_text(FILE *out, const char *text)
{
    char *shown = mem_zalloc(strlen(text) + 1);

    (void)text_shown(shown, strlen(text) + 1, text);
    (void)fputs(isatty(fileno(out)) == 1 ? text_with_local_times(shown) : shown, out);
    mem_free(shown);
}

static void join_words(char out[CELL_BYTES_MAX], const json_t *array, enum language language)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const size_t used = strlen(out);
        const char *text = json_string_value(json_array_get(array, i));

        (void)snprintf(out + used, CELL_BYTES_MAX - used, "%s", i > 0 ? "," : "");
        (void)text_shown(out + strlen(out), CELL_BYTES_MAX - strlen(out),
                         text == NULL ? "" : text_term(language, text));
    }
}

/* A word of ours; what has no row stays as it is. */
static const char *word_of(enum cell_kind kind, enum language language, const char *text)
{
    switch (kind) {
    case CELL_WORD:
        return text_term(language, text);
    case CELL_KIND:
        return text_word(language, "kind", text);
    case CELL_SEVERITY:
        return text_word(language, "severity", text);
    case CELL_CHECK:
        return text_word(language, "check", text);
    default:
        return text;
    }
}

void print_cell(char out[CELL_BYTES_MAX], const struct column *column, const json_t *row,
                enum language language)
{
    const json_t *value = json_object_get(row, column->key);
    const char *text = json_string_value(value);
    char words[TEXT_BYTES_MAX];

    out[0] = '\0';
    if (text != NULL) {
        text = column->kind == CELL_SENTENCE ? text_in(language, words, text)
                                             : word_of(column->kind, language, text);
        (void)text_shown(out, CELL_BYTES_MAX, text);
    } else if (json_is_integer(value)) {
        (void)snprintf(out, CELL_BYTES_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        (void)snprintf(out, CELL_BYTES_MAX, "%s",
                       text_term(language, json_is_true(value) ? "yes" : "no"));
    } else if (json_is_array(value)) {
        join_words(out, value, language);
    }
}

/* --- what a table shows otherwise than a file --- */

char *time_local(char out[LOCAL_TIME_BYTES_MAX], const char *utc)
{
    struct tm parts = {.tm_isdst = 0};
    const char *end = strptime(utc, "%Y-%m-%dT%H:%M:%S", &parts);
    time_t seconds;

    (void)text_shown(out, LOCAL_TIME_BYTES_MAX, utc);
    if (end == NULL || (*end != '.' && *end != 'Z')) {
        return out;
    }
    seconds = timegm(&parts);
    if (localtime_r(&seconds, &parts) != NULL) {
        (void)strftime(out, LOCAL_TIME_BYTES_MAX, "%Y-%m-%d %H:%M:%S", &parts);
    }
    return out;
}

/* "-1488000.53" becomes "-1,488,000.53". */
static void group_thousands(char amount[CELL_BYTES_MAX])
{
    const size_t begin = amount[0] == '-' ? 1 : 0;
    size_t whole = strspn(amount + begin, "0123456789");

    while (whole > 3) {
        char *at = amount + begin + (whole -= 3);

        memmove(at + 1, at, strlen(at) + 1);
        *at = ',';
    }
}

static bool is_money(enum cell_kind kind)
{
    return kind == CELL_MONEY || kind == CELL_SUM;
}

static bool is_right(enum cell_kind kind)
{
    return kind == CELL_NUMBER || is_money(kind);
}

static void finish_cell(char cell[CELL_BYTES_MAX], enum cell_kind kind, bool terminal)
{
    char utc[CELL_BYTES_MAX];

    if (kind == CELL_TIME) {
        (void)snprintf(utc, sizeof utc, "%s", cell);
        (void)time_local(cell, utc);
    } else if (is_money(kind) && terminal && strlen(cell) <= AMOUNT_TEXT_MAX &&
               text_is_number(cell)) {
        group_thousands(cell);
    } else if (terminal && (kind == CELL_TEXT || kind == CELL_SENTENCE)) {
        (void)text_with_local_times(cell);
    }
}

void print_table_cell(char out[CELL_BYTES_MAX], const struct column *column, const json_t *row,
                      enum language language, bool terminal)
{
    print_cell(out, column, row, language);
    finish_cell(out, column->kind, terminal);
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

const char *column_title(const struct column *column, enum language language)
{
    return text_word(language, "column", column->title);
}

/* --- sums --- */

static void add_fen(int128 *sum, const char *amount)
{
    const bool negative = amount != NULL && amount[0] == '-';
    int128 fen = 0;

    if (amount == NULL || !text_is_number(amount) || strlen(amount) >= AMOUNT_TEXT_MAX) {
        return;
    }
    for (const char *at = amount + negative; *at != '\0'; at++) {
        fen = *at == '.' ? fen : fen * 10 + (*at - '0');
    }
    *sum += negative ? -fen : fen;
}

static void add_rows(int128 sums[COLUMNS_MAX], const struct column *columns, size_t count,
                     const json_t *rows)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; columns[i].kind == CELL_SUM && j < json_array_size(rows); j++) {
            add_fen(&sums[i],
                    json_string_value(json_object_get(json_array_get(rows, j), columns[i].key)));
        }
    }
}

static void sum_cell(char out[CELL_BYTES_MAX], int128 sum, bool terminal)
{
    amount_format(out, sum);
    finish_cell(out, CELL_SUM, terminal);
}

static const char *sums_title(enum language language, bool is_page)
{
    return text_term(language, is_page ? "page_total" : "total");
}

static bool has_sums(const struct column *columns, size_t count)
{
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        any = any || columns[i].kind == CELL_SUM;
    }
    return any;
}

void print_sums(FILE *out, const struct column *columns, size_t count, enum language language,
                const struct table_shape *shape)
{
    const bool terminal = isatty(fileno(out)) == 1;
    char cell[CELL_BYTES_MAX];

    if (shape->rows < 2 || !has_sums(columns, count)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        cell[0] = '\0';
        if (columns[i].kind == CELL_SUM) {
            sum_cell(cell, shape->sums[i], terminal);
        } else if (i == 0) {
            (void)snprintf(cell, sizeof cell, "%s", sums_title(language, shape->is_page));
        }
        print_padded(out, cell, shape->widths[i], is_right(columns[i].kind), i + 1 == count);
    }
}

/* --- the table --- */

static size_t widest(size_t width, const char *text)
{
    const size_t own = text_width(text);

    return own > width ? own : width;
}

static void measure(const struct column *columns, size_t count, const json_t *rows,
                    enum language language, bool terminal, struct table_shape *shape)
{
    size_t *widths = shape->widths;
    int128 sums[COLUMNS_MAX] = {0};
    char cell[CELL_BYTES_MAX];

    add_rows(sums, columns, count, rows);
    for (size_t i = 0; i < count; i++) {
        widths[i] = text_width(column_title(&columns[i], language));
        for (size_t j = 0; j < json_array_size(rows); j++) {
            print_table_cell(cell, &columns[i], json_array_get(rows, j), language, terminal);
            widths[i] = widest(widths[i], cell);
        }
        if (columns[i].kind == CELL_SUM) {
            sum_cell(cell, sums[i], terminal);
            widths[i] = widest(widths[i], cell);
        }
    }
    if (has_sums(columns, count)) {
        widths[0] = widest(widths[0], sums_title(language, shape->is_page));
    }
}

static void print_titles(FILE *out, const struct column *columns, size_t count,
                         enum language language, const struct table_shape *shape)
{
    for (size_t i = 0; i < count; i++) {
        print_padded(out, column_title(&columns[i], language), shape->widths[i],
                     is_right(columns[i].kind), i + 1 == count);
    }
}

struct table_shape table_begin(const struct cli *cli)
{
    return (struct table_shape){
        .is_page = cli->value[OPT_LIMIT] != NULL || cli->value[OPT_AFTER] != NULL,
    };
}

void print_more(FILE *out, const struct column *columns, size_t count, const json_t *rows,
                enum language language, struct table_shape *shape)
{
    const bool terminal = isatty(fileno(out)) == 1;
    char cell[CELL_BYTES_MAX];

    assert(count <= COLUMNS_MAX);
    if (!shape->begun) {
        shape->begun = true;
        measure(columns, count, rows, language, terminal, shape);
        print_titles(out, columns, count, language, shape);
    }
    for (size_t j = 0; j < json_array_size(rows); j++) {
        for (size_t i = 0; i < count; i++) {
            print_table_cell(cell, &columns[i], json_array_get(rows, j), language, terminal);
            print_padded(out, cell, shape->widths[i], is_right(columns[i].kind), i + 1 == count);
        }
    }
    shape->rows += json_array_size(rows);
    add_rows(shape->sums, columns, count, rows);
}

void print_table(FILE *out, const struct column *columns, size_t count, const json_t *rows,
                 enum language language)
{
    struct table_shape shape = {.begun = false};

    print_more(out, columns, count, rows, language, &shape);
    print_sums(out, columns, count, language, &shape);
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

/* Signs of full width begin one, too, where East Asian text is at home. */
static bool begins_formula(const char *text)
{
    static const char *const signs[] = {"=",  "+",  "-",  "@",  "\t", "\r",
                                        "\n", "＝", "＋", "－", "＠"};

    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (strncmp(text, signs[i], strlen(signs[i])) == 0) {
            return !text_is_number(text);
        }
    }
    return false;
}

void print_csv_cell(FILE *out, const char *text)
{
    const bool formula = begins_formula(text);

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

void print_csv_header(FILE *out, const struct column *columns, size_t count, enum language language)
{
    for (size_t i = 0; i < count; i++) {
        (void)fputs(i > 0 ? "," : "", out);
        print_csv_cell(out, column_title(&columns[i], language));
    }
    (void)fputs("\r\n", out);
}

void print_csv_rows(FILE *out, const struct column *columns, size_t count, const json_t *rows,
                    enum language language)
{
    char cell[CELL_BYTES_MAX];

    for (size_t j = 0; j < json_array_size(rows); j++) {
        for (size_t i = 0; i < count; i++) {
            print_cell(cell, &columns[i], json_array_get(rows, j), language);
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
                 text_term(cli->language, member(verdict, "status")), reason[0] != '\0' ? " " : "");
    print_text(stdout, reason);
    (void)fputs(message[0] != '\0' ? ": " : "", stdout);
    print_text(stdout, message);
    (void)putchar('\n');
}

/* Within a string its quotes would be escaped, so the first `"line":` is the member. */
void print_renumbered(FILE *out, struct bytes line, uint64_t number)
{
    static const char member[] = "\"line\":";
    const uint8_t *at = memmem(line.data, line.size, member, sizeof member - 1);
    const uint8_t *end = line.data + line.size, *value, *rest;

    if (at == NULL) {
        return;
    }
    value = at + sizeof member - 1;
    for (rest = value; rest < end && *rest >= '0' && *rest <= '9'; rest++) {
    }
    (void)fwrite(line.data, 1, (size_t)(value - line.data), out);
    (void)fprintf(out, "%" PRIu64, number);
    (void)fwrite(rest, 1, (size_t)(end - rest), out);
    (void)fputc('\n', out);
}

void print_json(FILE *out, const json_t *value)
{
    (void)json_dumpf(value, out, JSON_COMPACT | JSON_ENCODE_ANY);
    (void)fputc('\n', out);
}
