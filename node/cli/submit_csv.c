/* The rows of a CSV file as lines of a submission: the header names the fields. */
#include <stdio.h>

#include "node/cli/submission.h"
#include "node/ledger/kinds.h"

static const char *csv_trouble(const struct cli *cli, enum csv_outcome outcome)
{
    switch (outcome) {
    case CSV_QUOTE_OPEN:
        return cli_say(cli, "a quote is opened and never closed", "引号没有结束");
    case CSV_QUOTE_STRAY:
        return cli_say(cli, "a quote stands inside a cell: double it, and quote the whole cell",
                       "单元格中有多余的引号：请写成两个引号，并给整个单元格加引号");
    case CSV_TOO_LONG:
        return cli_say(cli, "the row is longer than 256 KiB", "该行超过 256 KiB");
    case CSV_TOO_MANY_CELLS:
        return cli_say(cli, "the row has more than 128 cells", "该行超过 128 列");
    case CSV_BAD_TEXT:
        return cli_say(cli, "the row is not text in the file's encoding (UTF-8 or GB18030)",
                       "该行不是文件编码（UTF-8 或 GB18030）的文字");
    case CSV_AMBIGUOUS:
        return cli_say(cli,
                       "the file is GB18030, but this row is UTF-8 as well: save the file as UTF-8",
                       "文件为 GB18030 编码，而该行又是 UTF-8：请将文件另存为 UTF-8");
    default:
        return cli_say(cli, "the row has not as many cells as the header", "该行列数与表头不一致");
    }
}

static enum exit_code bad_column(const struct submission *submission, size_t index,
                                 struct bytes name, bool twice)
{
    const struct cli *cli = submission->cli;

    if (name.size > 60) {
        name.size = 60;
    }
    return cli_fail(cli, EXIT_USAGE, "bad_header",
                    twice ? cli_say(cli, "column %zu of the header: %.*s stands there twice",
                                    "表头第 %zu 列：%.*s 重复")
                          : cli_say(cli,
                                    "column %zu of the header: \"%.*s\" is no field; a header "
                                    "names the fields of the kind, such as id,fiscal_year,amount",
                                    "表头第 %zu 列：没有名为“%.*s”的字段；表头应写单据的字段名，"
                                    "如 id,fiscal_year,amount"),
                    index + 1, (int)name.size, (const char *)name.data);
}

static enum exit_code read_header(struct submission *submission, struct csv *csv)
{
    const enum csv_outcome outcome = csv_next(csv);

    if (outcome == CSV_END) {
        return cli_fail(submission->cli, EXIT_USAGE, "bad_header", "%s",
                        cli_say(submission->cli,
                                "the file is empty: the first row names the "
                                "fields",
                                "文件为空：第一行应为字段名"));
    }
    if (outcome != CSV_RECORD) {
        return cli_fail(submission->cli, EXIT_USAGE, "bad_header", "%s %s",
                        cli_say(submission->cli, "header:", "表头："),
                        csv_trouble(submission->cli, outcome));
    }
    for (size_t i = 0; i < csv->count; i++) {
        const struct bytes name = bytes_trim(csv->cells[i]);
        const bool kind = bytes_equal(name, bytes_text("kind"));

        submission->columns[i] = field_named(name);
        if (submission->columns[i] == FIELDS && !kind) {
            return bad_column(submission, i, name, false);
        }
        for (size_t j = 0; j < i; j++) {
            if (submission->columns[j] == submission->columns[i]) {
                return bad_column(submission, i, name, true);
            }
        }
    }
    csv->columns = csv->count;
    return EXIT_DONE;
}

static void put_json_string(struct buf *out, struct bytes text)
{
    char escape[8];

    buf_put_u8(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];
        if (c == '"' || c == '\\') {
            buf_put_u8(out, '\\');
            buf_put_u8(out, c);
        } else if (c < 0x20) {
            (void)snprintf(escape, sizeof escape, "\\u%04x", c);
            buf_append(out, escape, 6);
        } else {
            buf_put_u8(out, c);
        }
    }
    buf_put_u8(out, '"');
}

/* An empty cell is a field that is not given. */
static void record_to_json(struct buf *out, const struct submission *submission,
                           const struct csv *csv)
{
    bool any = false;

    buf_clear(out);
    buf_put_u8(out, '{');
    for (size_t i = 0; i < csv->count; i++) {
        const enum field field = submission->columns[i];

        if (csv->cells[i].size == 0) {
            continue;
        }
        if (any) {
            buf_put_u8(out, ',');
        }
        any = true;
        put_json_string(out, bytes_text(field == FIELDS ? "kind" : field_info(field)->name));
        buf_put_u8(out, ':');
        put_json_string(out, csv->cells[i]);
    }
    buf_put_u8(out, '}');
}

static enum exit_code submit_records(struct submission *submission, struct csv *csv)
{
    struct buf line = BUF_EMPTY;
    enum exit_code exit_code = EXIT_DONE;

    while (exit_code == EXIT_DONE) {
        enum csv_outcome outcome = csv_next(csv);

        if (outcome == CSV_END) {
            break;
        }
        if (outcome == CSV_RECORD) {
            record_to_json(&line, submission, csv);
            exit_code = submission_add(submission, buf_bytes(&line), csv->line, NULL);
        } else {
            exit_code = submission_add(submission, BYTES_NONE, csv->line,
                                       csv_trouble(submission->cli, outcome));
        }
    }
    buf_free(&line);
    return exit_code;
}

enum exit_code submission_csv(struct submission *submission)
{
    struct csv csv;
    enum exit_code exit_code;

    csv_open(&csv, &submission->input);
    exit_code = read_header(submission, &csv);
    if (exit_code == EXIT_DONE) {
        exit_code = submit_records(submission, &csv);
    }
    csv_close(&csv);
    return exit_code;
}
