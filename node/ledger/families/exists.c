/* Was this said before, and was it the same? */
#include "node/ledger/context.h"

static bool same_value(const struct document *a, const struct document *b, enum field field)
{
    if (!document_has(a, field) || !document_has(b, field)) {
        return false;
    }
    return field_is_number(field) ? document_number(a, field) == document_number(b, field)
                                  : bytes_equal(document_text(a, field), document_text(b, field));
}

/* A field counts when a person gave it, then or now. Giving in so many words what the node wrote
 * out the other time is no difference; nor is naming one's own division. */
enum reason document_compare(const struct document *submitted, const struct document *earlier,
                             struct refusal *refusal)
{
    if (submitted->kind != earlier->kind) {
        return refuse(refusal, REASON_EXISTS_DIFFERENT, "kind");
    }
    for (unsigned word = 0; word < COUNT_OF(submitted->present); word++) {
        uint64_t left = (submitted->present[word] & ~submitted->inherited[word]) |
                        (earlier->present[word] & ~earlier->inherited[word]);

        for (; left != 0; left &= left - 1) {
            const enum field field = (enum field)(64 * word + (unsigned)__builtin_ctzll(left));

            if (field != FIELD_MOF_DIV_CODE && !same_value(submitted, earlier, field)) {
                return refuse_field(refusal, REASON_EXISTS_DIFFERENT, field);
            }
        }
    }
    if (!bytes_equal(submitted->lines, earlier->lines)) { /* lines have one encoding */
        return refuse(refusal, REASON_EXISTS_DIFFERENT, "lines");
    }
    return REASON_NONE;
}

enum reason ledger_check_exists(struct ledger *ledger, struct txn *txn,
                                const struct document *document, struct refusal *refusal)
{
    const struct division self = ledger->config.self;
    struct doc_row row;
    struct document earlier;
    struct bytes body;
    struct err err;

    if (!doc_load(txn, self, document_id(document), &row)) {
        return REASON_NONE;
    }
    if (!ledger->config.sink.read_entry(ledger->config.sink.arg, self, row.lsn, &ledger->memory,
                                        &body) ||
        document_decode(&earlier, row.kind, body, &err) != OK) {
        return refuse(refusal, REASON_EXISTS_DIFFERENT, "id"); /* nothing may be said of it */
    }
    if (document_compare(document, &earlier, refusal) != REASON_NONE) {
        return refusal->reason;
    }
    return refuse(refusal, REASON_EXISTS, "");
}
