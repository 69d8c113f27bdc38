#include "node/ledger/families/operator.h"

#include "node/ledger/schema/kinds.h"

void operator_document(struct document *out, struct bytes id, int year,
                       const struct operator_entry *operator)
{
    document_clear(out, KIND_OPERATOR);
    document_set_text(out, FIELD_ID, id);
    document_set_number(out, FIELD_FISCAL_YEAR, year);
    document_set_text(out, FIELD_NAME, operator->name);
    document_set_text(out, FIELD_ENABLED, bytes_text(operator->enabled ? "1" : "2"));
    document_set_text(out, FIELD_OPERATOR_KEY, operator->key);
    document_set_text(out, FIELD_ROLE, operator->roles);
    if (operator->by.size> 0) {
        document_set_text(out, FIELD_ENTERED_BY, operator->by);
    }
}

bool operator_read(const struct entry *entry, struct operator_entry *out)
{
    struct document document;
    struct err err;

    if (entry->kind != KIND_OPERATOR || entry->format != DOCUMENT_FORMAT ||
        document_decode(&document, entry->kind, entry->body, &err) != OK) {
        return false;
    }
    *out = (struct operator_entry){
        .name = document_text(&document, FIELD_NAME),
        .key = document_text(&document, FIELD_OPERATOR_KEY),
        .roles = document_text(&document, FIELD_ROLE),
        .by = document_text(&document, FIELD_ENTERED_BY),
        .enabled = !document_is_word(&document, FIELD_ENABLED, "2"),
    };
    return out->key.size == PUBLIC_KEY_SIZE;
}
