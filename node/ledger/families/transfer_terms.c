#include "node/ledger/families/transfer_terms.h"

#include "node/ledger/families/inherit.h"
#include "node/ledger/schema/kinds.h"

/* What an answer has from elsewhere than its ask: a grant repeats the transfer, and no more. */
static bool is_answers_own(uint32_t kind, enum field field)
{
    return kind == KIND_RECALL_GRANT ? field != FIELD_ORI_BGT_ID
                                     : field == FIELD_OWN_BGT_ID || field == FIELD_TRANSFER_LSN ||
                                           field == FIELD_TRANSFER_HASH;
}

/* The upper document number of money received is the number it was issued under, unless the
 * issuer said otherwise in so many words. Money that comes back up keeps the one it has. */
static void complete_upper_number(struct document *document, const struct document *ask)
{
    const bool said = document_has(ask, FIELD_SUP_BGT_DOC_NO) &&
                      (ask->kind == KIND_REMIT || !document_inherited(ask, FIELD_SUP_BGT_DOC_NO));

    inherit_text(document, FIELD_SUP_BGT_DOC_NO,
                 document_text(ask, said ? FIELD_SUP_BGT_DOC_NO : FIELD_COR_BGT_DOC_NO));
}

void transfer_terms_inherit(struct document *document, const struct document *ask)
{
    const struct kind_info *info = kind_info(document->kind);

    if (ask->kind == KIND_RECALL) { /* the transfer that it asks for */
        if (document->kind == KIND_RECALL_GRANT) {
            inherit_text(document, FIELD_ORI_BGT_ID, document_text(ask, FIELD_BGT_ID));
        }
        return;
    }
    complete_upper_number(document, ask);
    for (const enum field *field = info->completed; *field != 0; field++) {
        if (*field != FIELD_SUP_BGT_DOC_NO && !is_answers_own(document->kind, *field)) {
            inherit_field(document, *field, ask);
        }
    }
}

struct hash terms_answered(const struct document *answer)
{
    const uint32_t kind = answer->kind == KIND_RECALL_GRANT ? KIND_RECALL_GRANT : KIND_REGISTER;
    const struct kind_info *info = kind_info(kind);
    struct document terms;
    struct buf body = BUF_EMPTY;
    struct hash hash;

    document_clear(&terms, kind);
    document_set_number(&terms, FIELD_FISCAL_YEAR, document_year(answer));
    for (const enum field *field = info->completed; *field != 0; field++) {
        if (*field != FIELD_AMOUNT && !is_answers_own(kind, *field) &&
            document_has(answer, *field)) {
            document_set_value(&terms, *field, *document_value(answer, *field));
        }
    }
    document_encode(&body, &terms);
    hash = hash_of(TAG_CONTENT, buf_bytes(&body));
    buf_free(&body);
    return hash;
}

struct hash terms_issued(const struct document *ask)
{
    struct document answer;

    document_clear(&answer, ask->kind == KIND_RECALL ? KIND_RECALL_GRANT : KIND_REGISTER);
    document_set_number(&answer, FIELD_FISCAL_YEAR, document_year(ask));
    transfer_terms_inherit(&answer, ask);
    return terms_answered(&answer);
}
