#include "node/cli/csv.h"

void csv_open(struct csv *csv, struct input *input, enum encoding_name named)
{
    memset(csv, 0, sizeof *csv);
    csv->input = input;
    encoding_open(&csv->encoding, named);
    csv->next_line = 1;
}

void csv_close(struct csv *csv)
{
    encoding_close(&csv->encoding);
    buf_free(&csv->text);
}

/* Puts the record into csv->text as UTF-8. */
static enum csv_outcome decode(struct csv *csv, struct bytes record)
{
    static const enum csv_outcome outcomes[] = {[DECODED_GOOD] = CSV_RECORD,
                                                [DECODED_BAD] = CSV_BAD_TEXT,
                                                [DECODED_AMBIGUOUS] = CSV_AMBIGUOUS,
                                                [DECODED_LATIN] = CSV_LATIN};

    return outcomes[encoding_decode(&csv->encoding, record, input_unread(csv->input),
                                    csv->input->line_end, &csv->text)];
}

/* --- cutting a record out of the stream --- */

struct cut {
    size_t size, line_ends; /* of the record, its own end included in neither */
    bool complete;
    enum csv_outcome fault; /* CSV_RECORD: none */
};

/* From the front of `text` to the first line end outside quotes. A quote opens a quoted cell only
 * where a cell begins; elsewhere it is a fault of its own line and swallows no other. */
static struct cut find_end(struct bytes text, uint8_t line_end)
{
    enum { CELL_BEGINS, CELL_BARE, CELL_QUOTED, CELL_CLOSED } at = CELL_BEGINS;
    struct cut cut = {.fault = CSV_RECORD};

    for (; cut.size < text.size; cut.size++) {
        const uint8_t c = text.data[cut.size];

        if (at == CELL_QUOTED) {
            at = c == '"' ? CELL_CLOSED : CELL_QUOTED;
            cut.line_ends += c == line_end;
        } else if (c == line_end) {
            cut.complete = true;
            return cut;
        } else if (c == ',') {
            at = CELL_BEGINS;
        } else if (c == '"' && at != CELL_BARE) {
            at = CELL_QUOTED; /* opened, or doubled inside */
        } else if (at == CELL_CLOSED && c != '\r') {
            cut.fault = CSV_QUOTE_STRAY;
            return cut;
        } else if (at == CELL_BEGINS) {
            at = CELL_BARE;
        }
    }
    cut.fault = at == CELL_QUOTED ? CSV_QUOTE_OPEN : CSV_RECORD;
    return cut;
}

static struct cut find_record(struct csv *csv)
{
    for (;;) {
        const struct bytes unread = input_unread(csv->input);
        struct cut cut = find_end(unread, (uint8_t)csv->input->line_end);

        if (cut.complete || cut.fault == CSV_QUOTE_STRAY || csv->input->ended ||
            unread.size > INPUT_LINE_BYTES_MAX) {
            return cut;
        }
        (void)input_more(csv->input);
    }
}

/* Gives up the line where a bad record begins, and no more. */
static enum csv_outcome skip_bad(struct csv *csv, enum csv_outcome why)
{
    struct bytes line;
    bool too_long;

    (void)input_line(csv->input, &line, &too_long);
    csv->next_line++;
    return why;
}

/* --- cells --- */

/* One quoted cell, unescaped in place; `at` stands behind the opening quote. */
static bool take_quoted(struct csv *csv, size_t *at, struct bytes *cell)
{
    uint8_t *text = csv->text.data;
    const size_t begin = *at;
    size_t end = begin;

    for (;; (*at)++) {
        if (*at == csv->text.size) {
            return false;
        }
        if (text[*at] == '"') {
            (*at)++;
            if (*at == csv->text.size || text[*at] != '"') {
                break;
            }
        }
        text[end++] = text[*at];
    }
    *cell = bytes_of(text + begin, end - begin);
    return *at == csv->text.size || text[*at] == ',';
}

static bool take_bare(struct csv *csv, size_t *at, struct bytes *cell)
{
    const uint8_t *text = csv->text.data;
    const size_t begin = *at;

    while (*at < csv->text.size && text[*at] != ',') {
        if (text[*at] == '"') {
            return false;
        }
        (*at)++;
    }
    *cell = bytes_of(text + begin, *at - begin);
    return true;
}

static enum csv_outcome split(struct csv *csv)
{
    size_t at = 0;

    csv->count = 0;
    for (;;) {
        struct bytes *cell = &csv->cells[csv->count];
        const bool quoted = at < csv->text.size && csv->text.data[at] == '"';

        if (csv->count == CSV_CELLS_MAX) {
            return CSV_TOO_MANY_CELLS;
        }
        at += quoted;
        if (!(quoted ? take_quoted(csv, &at, cell) : take_bare(csv, &at, cell))) {
            return CSV_QUOTE_STRAY;
        }
        csv->count++;
        if (at == csv->text.size) {
            return CSV_RECORD;
        }
        at++; /* the comma */
    }
}

static void skip_bom(struct csv *csv)
{
    static const uint8_t bom[] = {0xef, 0xbb, 0xbf};
    struct bytes unread;

    (void)input_more(csv->input);
    unread = input_unread(csv->input);
    if (unread.size >= sizeof bom && memcmp(unread.data, bom, sizeof bom) == 0) {
        input_skip(csv->input, sizeof bom);
        encoding_marked(&csv->encoding);
    }
    csv->begun = true;
}

static bool is_blank(struct bytes record)
{
    for (size_t i = 0; i < record.size; i++) {
        if (record.data[i] != ' ' && record.data[i] != '\t' && record.data[i] != '\r') {
            return false;
        }
    }
    return true;
}

/* The record's cells, or why it has none. */
static enum csv_outcome read_record(struct csv *csv, struct bytes record, enum csv_outcome fault)
{
    if (fault == CSV_RECORD && record.size > INPUT_LINE_BYTES_MAX) {
        fault = CSV_TOO_LONG;
    }
    if (fault == CSV_RECORD) {
        fault = decode(csv, record);
    }
    if (fault == CSV_RECORD) {
        fault = split(csv);
    }
    return fault == CSV_RECORD && csv->columns > 0 && csv->count != csv->columns ? CSV_WRONG_COUNT
                                                                                 : fault;
}

enum csv_outcome csv_next(struct csv *csv)
{
    if (!csv->begun) {
        skip_bom(csv);
    }
    for (;;) {
        const struct cut cut = find_record(csv);
        struct bytes record = bytes_of(input_unread(csv->input).data, cut.size);
        enum csv_outcome outcome = CSV_RECORD;

        csv->line = csv->next_line;
        if (cut.size == 0 && !cut.complete) {
            return CSV_END;
        }
        if (record.size > 0 && record.data[record.size - 1] == '\r') {
            record.size--;
        }
        if (!is_blank(record)) {
            outcome = read_record(csv, record, cut.fault);
            if (outcome != CSV_RECORD) {
                return skip_bad(csv, outcome);
            }
        }
        input_skip(csv->input, cut.size + cut.complete);
        csv->next_line += cut.line_ends + 1;
        if (!is_blank(record)) {
            return CSV_RECORD;
        }
    }
}

void csv_fix_columns(struct csv *csv)
{
    csv->columns = csv->count;
}
