#include "node/office/brief.h"

/* The first of these fields that it has. */
static struct bytes first_of(const struct document *document, const enum field *fields,
                             size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (document_has(document, fields[i])) {
            return document_text(document, fields[i]);
        }
    }
    return BYTES_NONE;
}

void brief_of(struct brief *brief, const struct document *document)
{
    static const enum field parties[] = {FIELD_PAYEE_ACCT_NAME, FIELD_REC_DIV_CODE,
                                         FIELD_ORI_DIV_CODE, FIELD_AGENCY_CODE};
    static const enum field papers[] = {FIELD_COR_BGT_DOC_NO, FIELD_SUP_BGT_DOC_NO,
                                        FIELD_APPROVAL_REF, FIELD_AGENT_BUSINESS_NO};

    *brief = (struct brief){
        .party = first_of(document, parties, COUNT_OF(parties)),
        .party_is_agency = !document_has(document, FIELD_PAYEE_ACCT_NAME) &&
                           !document_has(document, FIELD_REC_DIV_CODE) &&
                           !document_has(document, FIELD_ORI_DIV_CODE),
        .division = document_party(document),
        .account = document_text(document, FIELD_PAYEE_ACCT_NO),
        .paper = first_of(document, papers, COUNT_OF(papers)),
        .money = document_money(document),
    };
}
