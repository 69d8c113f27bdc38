/* Any bytes as a document: an answer, and what was accepted is the one encoding it has. The same
 * bytes as what a person typed into each field. */
#include <assert.h>

#include "proto/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every line of it is there, and the lines are the one encoding that they have. */
static void walk_lines(const struct document *document)
{
    struct reader lines = reader_of(document->lines);
    struct document_line line;
    struct buf again = BUF_EMPTY;
    uint64_t count = 0;

    while (line_next(&lines, &line)) {
        line_encode(&again, &line);
        count++;
    }
    assert(count == document->line_count);
    assert(bytes_equal(buf_bytes(&again), document->lines));
    buf_free(&again);
}

static void decode(struct bytes body)
{
    static struct document document;
    struct buf again = BUF_EMPTY;
    struct err err = {OK, ""};
    const enum status status = document_decode(&document, 16, body, &err);

    assert(err.status == status);
    if (status == OK) {
        document_encode(&again, &document);
        assert(bytes_equal(buf_bytes(&again), body));
        walk_lines(&document);
    }
    buf_free(&again);
}

/* What is set can be written, read back, and typed again as it is shown. */
static void type(enum field field, struct bytes typed)
{
    static struct document document;
    struct buf body = BUF_EMPTY;

    document_clear(&document, 16);
    if (field_info(field)->name != NULL && document_set(&document, field, typed)) {
        document_encode(&body, &document);
        assert(body.size > 0);
        decode(buf_bytes(&body));
        assert(field_is_number(field) || bytes_equal(document_text(&document, field), typed));
    }
    buf_free(&body);
}

static void type_line(enum line_field field, struct bytes typed)
{
    struct document_line line = {0}, again;
    struct buf raw = BUF_EMPTY;
    struct reader reader;

    (void)line_set(&line, LINE_NO, bytes_text("1"));
    if (line_set(&line, field, typed)) {
        line_encode(&raw, &line);
        reader = reader_of(buf_bytes(&raw));
        assert(line_next(&reader, &again) && again.present == line.present);
        assert(reader_left(&reader) == 0);
    }
    buf_free(&raw);
}

static void type_amount(struct bytes typed)
{
    char text[AMOUNT_TEXT_MAX];
    int64_t fen, again;

    if (amount_parse(&fen, typed)) {
        amount_format(text, fen);
        assert(amount_parse(&again, bytes_text(text)));
        assert(again == fen);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = bytes_of(data, size);

    decode(input);
    type_amount(input);
    (void)field_named(input);
    if (size <= 64) {
        for (unsigned tag = 1; tag < FIELD_LINES; tag++) {
            type((enum field)tag, input);
        }
        for (enum line_field field = LINE_NO; field < LINE_FIELDS; field++) {
            type_line(field, input);
        }
    }
    return 0;
}
