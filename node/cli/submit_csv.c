/* The rows of a CSV file as lines of a submission: the header names the fields. */
#include <stdio.h>
#include <unistd.h>

#include "node/cli/csv_header.h"
#include "node/cli/option_values.h"
#include "node/cli/print.h"
#include "node/cli/submit_csv.h"

enum { KIND_BYTES_MAX = 64 };

/* --- what is wrong with a row --- */

static const char *csv_trouble(enum csv_outcome outcome)
{
    switch (outcome) {
    case CSV_QUOTE_OPEN:
        return "csv_quote_open";
    case CSV_QUOTE_STRAY:
        return "csv_quote_stray";
    case CSV_TOO_LONG:
        return "csv_row_long";
    case CSV_TOO_MANY_CELLS:
        return "csv_row_wide";
    default:
        return "csv_row_ambiguous";
    }
}

/* Its sentence in `out`. */
static const char *trouble_in(const struct cli *cli, const struct csv *csv,
                              enum csv_outcome outcome, char out[TEXT_BYTES_MAX])
{
    const struct decode_fault *fault = &csv->encoding.fault;
    char gb18030[READING_BYTES_MAX], latin[READING_BYTES_MAX];

    switch (outcome) {
    case CSV_BAD_TEXT:
        return text_say(cli->language, out, "csv_row_encoding byte=%02X place=%zu encoding=%s",
                        fault->byte, fault->place,
                        csv->encoding.name == ENCODING_GB18030 ? "GB18030" : "UTF-8");
    case CSV_LATIN:
        return text_say(cli->language, out, "csv_row_latin gb18030=%s latin=%s",
                        text_shown(gb18030, sizeof gb18030, fault->as_gb18030),
                        text_shown(latin, sizeof latin, fault->as_latin));
    case CSV_WRONG_COUNT:
        return text_say(cli->language, out, "csv_row_cells cells=%zu columns=%zu", csv->count,
                        csv->columns);
    default:
        return text_in(cli->language, out, csv_trouble(outcome));
    }
}

/* --- what a file that is no UTF-8 became --- */

/* The cells of this record that are not ASCII, three at most; "" when there are none. */
static void changed_cells(const struct csv *csv, char *out, size_t size)
{
    enum { CELLS_SHOWN_MAX = 3 };
    size_t shown = 0, used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < csv->count && shown < CELLS_SHOWN_MAX && used + 1 < size; i++) {
        char cell[96], seen[sizeof cell];

        (void)snprintf(cell, sizeof cell, "%.*s", (int)csv->cells[i].size,
                       (const char *)csv->cells[i].data);
        if (strlen(cell) != text_width(cell)) {
            used += (size_t)snprintf(out + used, size - used, "%s%s", shown > 0 ? " | " : "",
                                     text_shown(seen, sizeof seen, cell));
            shown++;
        }
    }
}

/* Before the first of them goes to the node. On a terminal a person says whether it is right. */
static enum exit_code show_guess(struct submission *submission, const struct csv *csv)
{
    const struct cli *cli = submission->cli;
    char cells[320], answer[16] = "";

    if (!csv->encoding.guessed || submission->guess_shown) {
        return EXIT_DONE;
    }
    changed_cells(csv, cells, sizeof cells);
    if (cells[0] == '\0') {
        return EXIT_DONE;
    }
    submission->guess_shown = true;
    cli_warn(cli, "csv_guessed line=%llu cells=%s", (unsigned long long)csv->line, cells);
    if (cli_json(cli) || submission->input.stream == stdin || isatty(STDIN_FILENO) != 1 ||
        isatty(STDERR_FILENO) != 1) {
        return EXIT_DONE;
    }
    (void)fputs(cli_row(cli, "ask_encoding"), stderr);
    if (fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y')) {
        return EXIT_DONE;
    }
    return cli_fail(cli, EXIT_USAGE, "bad_encoding", "csv_guess_refused");
}

/* --- records --- */

/* Is all of the header one cell, with semicolons, tabs or wide commas between its names? */
static bool has_other_separators(const struct csv *csv)
{
    static const char *const separators[] = {";", "\t", "|", "\xef\xbc\x8c", "\xef\xbc\x9b"};

    for (size_t i = 0; csv->count == 1 && i < COUNT_OF(separators); i++) {
        if (memmem(csv->cells[0].data, csv->cells[0].size, separators[i], strlen(separators[i])) !=
            NULL) {
            return true;
        }
    }
    return false;
}

static enum exit_code read_header(struct submission *submission, struct csv *csv)
{
    const struct cli *cli = submission->cli;
    const enum csv_outcome outcome = csv_next(csv);
    char words[TEXT_BYTES_MAX];
    size_t faults;

    if (outcome == CSV_END) {
        return cli_fail(cli, EXIT_USAGE, "bad_header", "csv_empty");
    }
    if (outcome != CSV_RECORD) {
        return cli_fail(cli, EXIT_USAGE, "bad_header", "csv_header why=%s",
                        trouble_in(cli, csv, outcome, words));
    }
    if (has_other_separators(csv)) {
        return cli_fail(cli, EXIT_USAGE, "bad_header", "csv_separator");
    }
    faults = csv_header_read(submission, csv, words);
    if (faults > 0) {
        return cli_fail(cli, EXIT_USAGE, "bad_header",
                        "csv_columns_wrong count=%zu columns=%s kind=%s", faults, words,
                        cli->value[OPT_KIND]);
    }
    csv_fix_columns(csv);
    return show_guess(submission, csv);
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

/* A kind as people call it, in the node's word; what is none goes as it is, for the node to refuse.
 */
static struct bytes kind_cell(struct bytes cell, char typed[KIND_BYTES_MAX])
{
    const struct bytes trimmed = bytes_trim(cell);
    const char *name;

    if (trimmed.size >= KIND_BYTES_MAX) {
        return cell;
    }
    (void)snprintf(typed, KIND_BYTES_MAX, "%.*s", (int)trimmed.size, (const char *)trimmed.data);
    name = option_kind(typed);
    return name == NULL ? cell : bytes_text(name);
}

/* An empty cell is a field that is not given. */
static void record_to_json(struct buf *out, const struct submission *submission,
                           const struct csv *csv)
{
    char kind[KIND_BYTES_MAX];
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
        put_json_string(out, field == FIELDS ? kind_cell(csv->cells[i], kind) : csv->cells[i]);
    }
    buf_put_u8(out, '}');
}

static enum exit_code submit_records(struct submission *submission, struct csv *csv)
{
    struct buf line = BUF_EMPTY;
    enum exit_code exit_code = EXIT_DONE;
    bool any = false;

    for (; exit_code == EXIT_DONE; any = true) {
        const enum csv_outcome outcome = csv_next(csv);
        char trouble[TEXT_BYTES_MAX];

        if (outcome == CSV_END) {
            break;
        }
        if (outcome != CSV_RECORD) {
            exit_code = submission_add(submission, BYTES_NONE, csv->line,
                                       trouble_in(submission->cli, csv, outcome, trouble));
            continue;
        }
        exit_code = show_guess(submission, csv);
        if (exit_code == EXIT_DONE) {
            record_to_json(&line, submission, csv);
            exit_code = submission_add(submission, buf_bytes(&line), csv->line, NULL);
        }
    }
    if (!any) {
        cli_warn(submission->cli, "csv_no_rows");
    }
    buf_free(&line);
    return exit_code;
}

enum exit_code submit_csv(struct submission *submission)
{
    struct csv csv;
    enum exit_code exit_code;

    csv_open(&csv, &submission->input, submission->encoding);
    exit_code = read_header(submission, &csv);
    if (exit_code == EXIT_DONE) {
        exit_code = submit_records(submission, &csv);
    }
    csv_close(&csv);
    return exit_code;
}
