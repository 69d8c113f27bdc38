#include "node/ledger/families/recovered.h"

#include "node/ledger/families/later_codes.h"
#include "node/ledger/families/years.h"

bool is_recovered(const struct document *document, int payment_year)
{
    return kind_info(document->kind)->two_years && document_has(document, FIELD_PAY_APP_ID) &&
           document_year(document) != payment_year;
}

void recovered_complete(struct ledger *ledger, struct txn *txn, struct document *document,
                        struct buf *memory)
{
    struct doc_row payment;
    struct indicator line;

    if (doc_load(txn, ledger->config.self, document_about(document), &payment) &&
        payment.kind == KIND_PAYMENT && is_recovered(document, payment.year) &&
        indicator_load(txn, ledger->config.self, short_text_bytes(&payment.about), &line)) {
        later_codes_complete(ledger, txn, document, &line, memory);
    }
}

enum reason recovered_check_mapped(struct facts *facts)
{
    const int year = facts->line.year;

    return is_recovered(facts->document, year) && years_may_differ(facts, year)
               ? later_codes_check_mapped(facts)
               : REASON_NONE;
}

/* Where no line is opened, no element is said. */
static enum reason check_no_elements(struct facts *facts)
{
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        if (document_has(facts->document, *field)) {
            return refuse(facts->refusal, REASON_WRONG_STATE, "");
        }
    }
    return REASON_NONE;
}

enum reason recovered_check_stands(struct facts *facts)
{
    return is_recovered(facts->document, facts->line.year) ? later_codes_check_given(facts)
                                                           : check_no_elements(facts);
}

enum reason recovered_check_purpose(struct facts *facts)
{
    return is_recovered(facts->document, facts->line.year) ? later_codes_check_purpose(facts)
                                                           : REASON_NONE;
}

const char *recovered_book(const struct booking_context *context, struct indicator_ref *from)
{
    struct indicator_ref *line;

    if (from == NULL) {
        return LINE_MISSING;
    }
    line = posting_open_later(context, from, 0);
    if (line == NULL) {
        return FUND_TYPE_MISSING;
    }
    booking_add(context->out, line, ACC_SRC_RECOVERED, -context->amount);
    booking_add(context->out, line, ACC_UNALLOC, context->amount);
    from->row.recovered += context->amount;
    return NULL;
}
