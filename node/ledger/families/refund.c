/* Refunds: what was paid comes back.
 *
 *   of a payment:       SPENT --refund--> AVAIL, on its line and in its own row
 *   of a closed year:   to a new line of the year in which it comes back (recovered.h)
 *   a credit of a line: the same, of the line alone, since it belongs to no single payment
 *
 * So a line may have less spent on it than its payments have; neither is ever given back twice, nor
 * once into each of two years. */
#include "node/ledger/families/family.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/payment.h"
#include "node/ledger/families/recovered.h"

/* Of a payment, or else of a line? */
static bool is_of_payment(const struct document *refund)
{
    return document_has(refund, FIELD_PAY_APP_ID);
}

/* --- preparing --- */

static void complete_refund(struct ledger *ledger, struct txn *txn, struct document *document,
                            struct buf *memory)
{
    if (is_of_payment(document)) {
        recovered_complete(ledger, txn, document, memory);
    }
    buf_reserve(memory, INHERIT_MORE_BYTES); /* which that has left */
    inherit_text(document, FIELD_DATE, inherit_keep(memory, bytes_text(ledger_today(ledger))));
}

/* --- checking --- */

static enum reason check_date(struct facts *facts)
{
    return bytes_compare(document_text(facts->document, FIELD_DATE),
                         bytes_text(ledger_today(facts->ledger))) <= 0
               ? REASON_NONE
               : refuse_field(facts->refusal, REASON_BAD, FIELD_DATE);
}

static enum reason check_known(struct facts *facts)
{
    if (is_of_payment(facts->document)) {
        return payment_check_known(facts);
    }
    return facts_load_line(facts, document_about(facts->document))
               ? REASON_NONE
               : refuse_field(facts->refusal, REASON_UNKNOWN, FIELD_BGT_ID);
}

/* Where it goes back to a line that is there, it says no elements. What names neither payment nor
 * line is of a payment that was made in another system, and there is none before this division said
 * with what it began. */
static enum reason check_stands(struct facts *facts)
{
    return document_about(facts->document).size > 0
               ? recovered_check_stands(facts)
               : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

static int128 spent(const struct facts *facts)
{
    const int128 of_line = facts->line.balance[ACC_SPENT] - facts->line.recovered;

    return is_of_payment(facts->document) && facts->payment.spent < of_line ? facts->payment.spent
                                                                            : of_line;
}

/* --- booking --- */

static const char *book_refund(const struct booking_context *context)
{
    return is_of_payment(context->document) ? payment_book_step(context) : book_move(context);
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_REFUND,
     .complete = complete_refund,
     .missing = check_date,
     .known = check_known,
     .mapped = recovered_check_mapped,
     .stands = check_stands,
     .purpose = recovered_check_purpose,
     .available = spent,
     .book = book_refund},
};
const struct family family_refund = {"payment", kinds, COUNT_OF(kinds)};
