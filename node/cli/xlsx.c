#include "node/cli/xlsx.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <xlsxwriter.h>

struct workbook {
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *title, *amount;
    const struct column *columns;
    size_t count;
    enum language language;
    uint32_t rows; /* written, with the titles */
    bool too_many;
    lxw_error error; /* the first */
    char path[256];
};

enum status xlsx_open(struct workbook **book, struct err *err)
{
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    const char *directory = getenv("TMPDIR");
    struct workbook *made = mem_zalloc(sizeof *made);
    int fd;

    *book = NULL;
    (void)snprintf(made->path, sizeof made->path, "%s/terrace-XXXXXX",
                   directory == NULL || directory[0] == '\0' ? "/tmp" : directory);
    fd = mkstemp(made->path);
    if (fd < 0) {
        (void)err_set(err, ERR_IO, "file_failed doing=created path=%s why=%s", made->path,
                      os_reason(errno));
        mem_free(made);
        return ERR_IO;
    }
    (void)close(fd);
    made->book = workbook_new_opt(made->path, &options);
    made->title = workbook_add_format(made->book);
    format_set_bold(made->title);
    made->amount = workbook_add_format(made->book);
    format_set_num_format(made->amount, "#,##0.00");
    *book = made;
    return OK;
}

static void note(struct workbook *book, lxw_error error)
{
    book->error = book->error == LXW_NO_ERROR ? error : book->error;
}

static bool holds_amounts(enum cell_kind kind)
{
    return kind == CELL_MONEY || kind == CELL_SUM;
}

void xlsx_sheet(struct workbook *book, const char *name, const struct column *columns, size_t count,
                enum language language)
{
    enum { AMOUNT_WIDTH = 20, TEXT_WIDTH = 14 };

    book->sheet = workbook_add_worksheet(book->book, name);
    book->columns = columns;
    book->count = count;
    book->language = language;
    book->rows = 1;
    for (size_t i = 0; i < count; i++) {
        const lxw_col_t at = (lxw_col_t)i;

        note(book, worksheet_set_column(book->sheet, at, at,
                                        holds_amounts(columns[i].kind) ? AMOUNT_WIDTH : TEXT_WIDTH,
                                        NULL));
        note(book, worksheet_write_string(book->sheet, 0, at, column_title(&columns[i], language),
                                          book->title));
    }
    worksheet_freeze_panes(book->sheet, 1, 0);
}

static bool is_number(const struct column *column, const char *cell)
{
    size_t digits = 0;

    for (const char *at = cell; *at != '\0'; at++) {
        digits += *at >= '0' && *at <= '9';
    }
    return (column->kind == CELL_NUMBER || holds_amounts(column->kind)) && text_is_number(cell) &&
           digits <= XLSX_NUMBER_DIGITS_MAX;
}

static void write_cell(struct workbook *book, size_t i, const json_t *row)
{
    char cell[CELL_BYTES_MAX];

    print_cell(cell, &book->columns[i], row, book->language);
    if (is_number(&book->columns[i], cell)) {
        note(book, worksheet_write_number(book->sheet, book->rows, (lxw_col_t)i, strtod(cell, NULL),
                                          strchr(cell, '.') == NULL ? NULL : book->amount));
    } else if (cell[0] != '\0') {
        note(book, worksheet_write_string(book->sheet, book->rows, (lxw_col_t)i, cell, NULL));
    }
}

void xlsx_rows(struct workbook *book, const json_t *rows)
{
    for (size_t j = 0; j < json_array_size(rows); j++) {
        if (book->rows > XLSX_ROWS_MAX) {
            book->too_many = true;
            return;
        }
        for (size_t i = 0; i < book->count; i++) {
            write_cell(book, i, json_array_get(rows, j));
        }
        book->rows++;
    }
}

/* Errors: ERR_IO. */
static enum status copy_file(const char *path, FILE *out, struct err *err)
{
    FILE *in = fopen(path, "rbe");
    char part[8192];
    size_t size = 0;

    while (in != NULL && (size = fread(part, 1, sizeof part, in)) > 0) {
        (void)fwrite(part, 1, size, out); /* whether it got out, cli_flush says */
    }
    if (in == NULL || ferror(in) != 0) {
        (void)err_set(err, ERR_IO, "file_failed doing=read path=%s why=%s", path, os_reason(errno));
        size = 1;
    }
    if (in != NULL) {
        (void)fclose(in);
    }
    return size == 0 ? OK : ERR_IO;
}

enum status xlsx_close(struct workbook *book, FILE *out, struct err *err)
{
    enum status status = OK;

    note(book, workbook_close(book->book));
    if (book->too_many) {
        status = err_set(err, ERR_TOO_LARGE, "workbook_full rows_max=%d", XLSX_ROWS_MAX);
    } else if (book->error != LXW_NO_ERROR) {
        status = err_set(err, ERR_IO, "workbook_failed why=%s", lxw_strerror(book->error));
    } else {
        status = copy_file(book->path, out, err);
    }
    (void)unlink(book->path);
    mem_free(book);
    return status;
}
