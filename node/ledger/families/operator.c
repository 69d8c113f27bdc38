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

    if (entry->kind != KIND_OPERATOR || !document_format_known(entry->kind, entry->format) ||
        document_of_entry(&document, entry->kind, entry->format, entry->body, &err) != OK) {
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

/* Does a character begin at `i` that turns the direction of what stands around it, or has no
 * width, so that two names could look alike? All of them are three bytes but the first. */
static bool is_hidden(struct bytes name, size_t i)
{
    const uint8_t *at = name.data + i;

    if (name.size - i >= 2 && at[0] == 0xd8 && at[1] == 0x9c) { /* U+061C */
        return true;
    }
    if (name.size - i < 3 || at[0] != 0xe2) {
        return name.size - i >= 3 && at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf; /* U+FEFF */
    }
    return (at[1] == 0x80 && at[2] >= 0x8b && at[2] <= 0x8f) || /* U+200B .. U+200F */
           (at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) || /* U+2028 .. U+202E */
           (at[1] == 0x81 && at[2] >= 0xa0 && at[2] <= 0xaf);   /* U+2060 .. U+206F */
}

/* Names appear in entries, logs and URLs: letters, digits, - _ . and any visible non-ASCII. */
bool operator_name_valid(const char *text)
{
    const struct bytes name = bytes_text(text);

    for (size_t i = 0; i < name.size; i++) {
        const uint8_t c = name.data[i];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if ((!plain && c < 0x80) || is_hidden(name, i)) {
            return false;
        }
    }
    return name.size > 0 && name.size < 64 && text_plain(name);
}
