#include "node/cli/output.h"

#include <unistd.h>

/* --json goes before --format. */
static enum format format_of(const struct cli *cli)
{
    static const char *const names[] = {[FORMAT_TABLE] = "table",
                                        [FORMAT_JSON] = "json",
                                        [FORMAT_CSV] = "csv",
                                        [FORMAT_XLSX] = "xlsx"};
    const char *typed = cli->value[OPT_FORMAT];
    enum format format = FORMAT_XLSX;

    if (cli_json(cli)) {
        return FORMAT_JSON;
    }
    if (typed == NULL) {
        return FORMAT_TABLE;
    }
    while (format > FORMAT_TABLE && strcmp(names[format], typed) != 0) {
        format--;
    }
    return format;
}

enum exit_code output_check(const struct cli *cli)
{
    const enum format format = format_of(cli);

    if (format == FORMAT_XLSX && isatty(STDOUT_FILENO) == 1) {
        return cli_fail(cli, EXIT_USAGE, "usage", "workbook_needs_file");
    }
    if (cli->value[OPT_BOM] != NULL && format != FORMAT_CSV) {
        return cli_fail(cli, EXIT_USAGE, "usage", "bom_needs_csv");
    }
    return EXIT_DONE;
}

enum exit_code output_open(struct output *output, const struct cli *cli)
{
    struct err err;

    *output = (struct output){.cli = cli, .format = format_of(cli)};
    if (output->format == FORMAT_XLSX && xlsx_open(&output->book, &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    return EXIT_DONE;
}

static void end_part(struct output *output)
{
    if (output->format == FORMAT_TABLE && output->parts > 0) {
        output_rows(output, NULL); /* a table without rows has titles all the same */
        print_sums(stdout, output->columns, output->count, output->cli->language, &output->shape);
    }
}

void output_begin(struct output *output, const char *name, const struct column *columns,
                  size_t count)
{
    const enum language language = output->cli->language;

    end_part(output);
    output->columns = columns;
    output->count = count;
    output->shape = table_begin(output->cli);
    output->parts++;
    if (output->format == FORMAT_TABLE && output->parts > 1) {
        (void)putchar('\n');
    } else if (output->format == FORMAT_CSV && output->parts == 1) {
        (void)fputs(output->cli->value[OPT_BOM] != NULL ? "\xef\xbb\xbf" : "", stdout);
        print_csv_header(stdout, columns, count, language);
    } else if (output->format == FORMAT_XLSX) {
        xlsx_sheet(output->book, text_word(language, "report", name), columns, count, language);
    }
}

void output_rows(struct output *output, const json_t *rows)
{
    const enum language language = output->cli->language;

    if (output->format == FORMAT_TABLE && (rows == NULL || json_array_size(rows) > 0)) {
        print_more(stdout, output->columns, output->count, rows, language, &output->shape);
    } else if (output->format == FORMAT_CSV && output->parts == 1) {
        print_csv_rows(stdout, output->columns, output->count, rows, language);
    } else if (output->format == FORMAT_XLSX) {
        xlsx_rows(output->book, rows);
    }
}

enum exit_code output_close(struct output *output)
{
    struct err err;

    end_part(output);
    if (output->format == FORMAT_XLSX && xlsx_close(output->book, stdout, &err) != OK) {
        return cli_fail_status(output->cli, &err);
    }
    return EXIT_DONE;
}
