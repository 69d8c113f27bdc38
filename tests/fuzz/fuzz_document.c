/* Any bytes as a document: an answer, and what was accepted is the one encoding it has. The same
 * bytes as what a person typed into each field. */
#include <assert.h>

#include "proto/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
        for (unsigned tag = 1; tag < FIELD_INHERITED; tag++) {
            type((enum field)tag, input);
        }
    }
    return 0;
}
