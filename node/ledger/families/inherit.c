#include "node/ledger/families/inherit.h"

#include <assert.h>

/* Copies into `memory`, which was reserved before: it must not move under earlier views. */
struct bytes inherit_keep(struct buf *memory, struct bytes text)
{
    const size_t at = memory->size;

    assert(memory->capacity - at >= text.size);
    buf_append_bytes(memory, text);
    return bytes_of(memory->data + at, text.size);
}

void inherit_text(struct document *document, enum field field, struct bytes text)
{
    if (text.size > 0 && !document_has(document, field)) {
        document_set_text(document, field, text);
        document_mark_inherited(document, field);
    }
}

void inherit_number(struct document *document, enum field field, int64_t number)
{
    if (number != 0 && !document_has(document, field)) {
        document_set_number(document, field, number);
        document_mark_inherited(document, field);
    }
}

/* No larger than the document that once said it. */
void inherit_amount(struct document *document, int128 fen)
{
    assert(fen <= INT64_MAX);
    inherit_number(document, FIELD_AMOUNT, (int64_t)fen);
}

void inherit_field(struct document *document, enum field field, const struct document *from)
{
    if (!document_has(from, field)) {
        return;
    }
    if (field_is_number(field)) {
        inherit_number(document, field, document_number(from, field));
    } else {
        inherit_text(document, field, document_text(from, field));
    }
}
