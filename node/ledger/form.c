/* Is a document well formed: known kind, known fields, nothing missing, every value possible? */
#include <assert.h>
#include <stdio.h>

#include "node/ledger/kinds.h"

/* The fields of a kind in the order in which their faults are reported. */
struct field_order {
    enum field at[2 + 16 + 24 + 16 + 32 + 2];
    size_t count;
};

static void order_add(struct field_order *order, enum field field)
{
    for (size_t i = 0; i < order->count; i++) {
        if (order->at[i] == field) {
            return;
        }
    }
    assert(order->count < COUNT_OF(order->at));
    order->at[order->count++] = field;
}

static void order_add_list(struct field_order *order, const enum field *list, size_t capacity)
{
    for (size_t i = 0; i < capacity && list[i] != 0; i++) {
        order_add(order, list[i]);
    }
}

static void order_fill(struct field_order *order, const struct kind_info *info)
{
    order->count = 0;
    order_add(order, FIELD_ID);
    order_add(order, FIELD_FISCAL_YEAR);
    order_add_list(order, info->required, COUNT_OF(info->required));
    order_add_list(order, info->optional, COUNT_OF(info->optional));
    if (info->takes_elements) {
        order_add_list(order, kind_elements(), SIZE_MAX);
    }
    order_add_list(order, info->completed, COUNT_OF(info->completed));
    order_add(order, FIELD_MEMO);
    order_add(order, FIELD_MOF_DIV_CODE);
}

static enum reason check_known(const struct document *document, const struct kind_info *info,
                               bool client, struct refusal *refusal)
{
    for (unsigned word = 0; word < COUNT_OF(document->present); word++) {
        uint64_t left = document->present[word];

        while (left != 0) {
            const enum field field = (enum field)(word * 64 + (unsigned)__builtin_ctzll(left));

            left &= left - 1;
            if (!kind_takes(info, field, client)) {
                return refuse_field(refusal, REASON_UNKNOWN_FIELD, field);
            }
        }
    }
    return REASON_NONE;
}

static enum reason check_missing(const struct document *document, const struct kind_info *info,
                                 const struct field_order *order, bool first,
                                 struct refusal *refusal)
{
    for (size_t i = 0; i < order->count; i++) {
        const enum field field = order->at[i];

        if (!document_has(document, field) && kind_needs(info, document, field, first)) {
            return refuse_field(refusal, REASON_MISSING, field);
        }
    }
    return REASON_NONE;
}

static bool word_known(const char *const *words, struct bytes word)
{
    for (; *words != NULL; words++) {
        if (bytes_equal(word, bytes_text(*words))) {
            return true;
        }
    }
    return false;
}

/* For a person: "one of request ceiling submission reply". */
static void detail_words(struct refusal *refusal, const char *const *words)
{
    size_t size = (size_t)snprintf(refusal->detail, sizeof refusal->detail, "one of");

    for (; *words != NULL && size + strlen(*words) + 2 < sizeof refusal->detail; words++) {
        size +=
            (size_t)snprintf(refusal->detail + size, sizeof refusal->detail - size, " %s", *words);
    }
}

static bool number_good(const struct document *document, enum field field)
{
    const int64_t number = document_number(document, field);

    return field_number_valid(field, number) &&
           (field_info(field)->type != TYPE_AMOUNT || (number > 0 && number <= AMOUNT_FEN_MAX));
}

static enum reason check_text(const struct document *document, enum field field, bool client,
                              struct refusal *refusal)
{
    const struct bytes text = document_text(document, field);
    const char *const *words = kind_words(document->kind, field);
    const enum field_type type = field_info(field)->type;

    if (!field_text_valid(field, text) ||
        (type == TYPE_WORD && words != NULL && !word_known(words, text))) {
        (void)refuse_field(refusal, REASON_BAD, field);
        if (type == TYPE_WORD && words != NULL) {
            detail_words(refusal, words);
        }
        return REASON_BAD;
    }
    /* Ids with a dot in front are the nodes' own, so that nobody can take one beforehand. */
    if (field == FIELD_ID && client && text.data[0] == '.') {
        return refuse_field(refusal, REASON_BAD, field);
    }
    return REASON_NONE;
}

static enum reason check_period(const struct document *document, struct refusal *refusal)
{
    const struct bytes start = document_text(document, FIELD_START_DATE),
                       end = document_text(document, FIELD_END_DATE);

    if (start.size == 0 || end.size == 0 || bytes_compare(start, end) <= 0) {
        return REASON_NONE;
    }
    (void)refuse_field(refusal, REASON_BAD, FIELD_END_DATE);
    (void)snprintf(refusal->detail, sizeof refusal->detail, "%.*s > %.*s", (int)start.size,
                   (const char *)start.data, (int)end.size, (const char *)end.data);
    return REASON_BAD;
}

static enum reason check_values(const struct document *document, const struct field_order *order,
                                bool client, struct refusal *refusal)
{
    for (size_t i = 0; i < order->count; i++) {
        const enum field field = order->at[i];

        if (!document_has(document, field)) {
            continue;
        }
        if (field_is_number(field)) {
            if (!number_good(document, field)) {
                return refuse_field(refusal, REASON_BAD, field);
            }
        } else if (check_text(document, field, client, refusal) != REASON_NONE ||
                   (field == FIELD_END_DATE && check_period(document, refusal) != REASON_NONE)) {
            return REASON_BAD;
        }
    }
    return REASON_NONE;
}

enum reason document_check_form(const struct document *document, struct division self, bool client,
                                bool first, struct refusal *refusal)
{
    const struct kind_info *info = kind_info(document->kind);
    struct field_order order;
    struct division owner;
    enum reason reason;

    if (info == NULL) {
        return refuse(refusal, REASON_UNKNOWN_KIND, "");
    }
    if (client && info->node_only) {
        return refuse(refusal, REASON_NODE_ONLY, "");
    }
    order_fill(&order, info);
    reason = check_known(document, info, client, refusal);
    if (reason == REASON_NONE) {
        reason = check_missing(document, info, &order, first, refusal);
    }
    if (reason == REASON_NONE) {
        reason = check_values(document, &order, client, refusal);
    }
    if (reason != REASON_NONE) {
        return reason;
    }
    if (document_has(document, FIELD_MOF_DIV_CODE)) {
        (void)division_parse(&owner, document_text(document, FIELD_MOF_DIV_CODE));
        if (!division_equal(owner, self)) {
            return refuse(refusal, REASON_NOT_YOURS, "");
        }
    }
    refusal->reason = REASON_NONE;
    return REASON_NONE;
}
