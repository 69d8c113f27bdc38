#include "node/api/typed_value.h"

#include "node/ledger/schema/typed.h"

static void tell(struct refusal *refusal, enum field field, struct bytes typed, bool quoted)
{
    typed_describe(refusal->detail, sizeof refusal->detail, field, typed, quoted);
}

/* A number without quotes, where the field wants a text. */
static void tell_json(struct refusal *refusal, enum field field, const json_t *value)
{
    char *text;

    if (json_is_string(value)) {
        tell(refusal, field, bytes_of(json_string_value(value), json_string_length(value)), true);
        return;
    }
    text = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (text != NULL) {
        const bool wants_quotes = json_is_number(value) && (!field_is_number(field) ||
                                                            field_info(field)->type == TYPE_AMOUNT);

        tell(refusal, field, bytes_text(text), !wants_quotes);
    }
    mem_free(text);
}

void typed_value_tell(struct submit_item *item, const json_t *keep)
{
    struct refusal *refusal = &item->refusal;
    const enum field field = field_named(bytes_text(refusal->what));

    if (item->status != SUBMIT_REFUSED || refusal->reason != REASON_BAD ||
        refusal->detail[0] != '\0' || field == FIELDS) {
        return;
    }
    if (keep != NULL) {
        tell_json(refusal, field, json_object_get(keep, refusal->what));
    } else if (!field_is_number(field)) { /* a plain line: a number of it is never bad */
        tell(refusal, field, document_text(&item->document, field), true);
    }
}
