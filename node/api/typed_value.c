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

void typed_value_tell(struct submit_item *item, struct bytes line)
{
    struct refusal *refusal = &item->refusal;
    const enum field field = field_named(bytes_text(refusal->what));
    json_t *object;

    if (item->status != SUBMIT_REFUSED || refusal->reason != REASON_BAD ||
        refusal->detail[0] != '\0' || field == FIELDS) {
        return;
    }
    object = json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, NULL);
    tell_json(refusal, field, json_object_get(object, refusal->what));
    json_decref(object);
}
