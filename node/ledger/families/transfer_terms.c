#include "node/ledger/families/transfer_terms.h"

#include "node/ledger/families/inherit.h"
#include "node/ledger/schema/kinds.h"

/* The upper document number of money received is the number it was issued under, unless the
 * issuer said otherwise in so many words. */
static void complete_upper_number(struct document *document, const struct document *transfer)
{
    const bool said = document_has(transfer, FIELD_SUP_BGT_DOC_NO) &&
                      !document_inherited(transfer, FIELD_SUP_BGT_DOC_NO);

    inherit_text(document, FIELD_SUP_BGT_DOC_NO,
                 document_text(transfer, said ? FIELD_SUP_BGT_DOC_NO : FIELD_COR_BGT_DOC_NO));
}

void transfer_terms_inherit(struct document *document, const struct document *transfer)
{
    const struct kind_info *info = kind_info(document->kind);

    complete_upper_number(document, transfer);
    for (size_t i = 0; i < COUNT_OF(info->completed) && info->completed[i] != 0; i++) {
        if (info->completed[i] != FIELD_SUP_BGT_DOC_NO) {
            inherit_field(document, info->completed[i], transfer);
        }
    }
}

struct hash terms_answered(const struct document *answer)
{
    const struct kind_info *info = kind_info(KIND_REGISTER);
    struct document terms;
    struct buf body = BUF_EMPTY;
    struct hash hash;

    document_clear(&terms, KIND_REGISTER);
    document_set_number(&terms, FIELD_FISCAL_YEAR, document_year(answer));
    for (size_t i = 0; i < COUNT_OF(info->completed) && info->completed[i] != 0; i++) {
        const enum field field = info->completed[i];

        if (field != FIELD_AMOUNT && field != FIELD_TRANSFER_LSN && field != FIELD_TRANSFER_HASH &&
            document_has(answer, field)) {
            document_set_value(&terms, field, *document_value(answer, field));
        }
    }
    document_encode(&body, &terms);
    hash = hash_of(TAG_CONTENT, buf_bytes(&body));
    buf_free(&body);
    return hash;
}

struct hash terms_issued(const struct document *transfer)
{
    struct document answer;

    document_clear(&answer, KIND_REGISTER);
    document_set_number(&answer, FIELD_FISCAL_YEAR, document_year(transfer));
    transfer_terms_inherit(&answer, transfer);
    return terms_answered(&answer);
}
