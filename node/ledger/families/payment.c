/* Payments: applied for, paid by the bank in parts or at once, cancelled before, refunded after.
 *
 *   AVAIL --payment--> COMMIT --paid--> SPENT --refund--> AVAIL
 *     ^----payment_cancel---'
 *
 * A payment's own row keeps what is still to be paid and what was paid; the line counts both. */
#include <stdio.h>

#include "node/ledger/families/family.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/line.h"

/* --- states --- */

/* By what is left to pay, and by what stays paid. */
enum payment_event {
    PAYMENT_PAID_IN_PART,
    PAYMENT_PAID,
    PAYMENT_FREED_IN_PART,
    PAYMENT_FREED,           /* what was left */
    PAYMENT_FREED_UNTOUCHED, /* all of it: nothing was ever paid */
    PAYMENT_REFUNDED_IN_PART,
    PAYMENT_REFUNDED, /* all that was paid */
};

static const struct state_table payment_states = {
    .events = {[PAYMENT_PAID_IN_PART] = "paid_in_part",
               [PAYMENT_PAID] = "paid",
               [PAYMENT_FREED_IN_PART] = "freed_in_part",
               [PAYMENT_FREED] = "freed",
               [PAYMENT_FREED_UNTOUCHED] = "freed_untouched",
               [PAYMENT_REFUNDED_IN_PART] = "refunded_in_part",
               [PAYMENT_REFUNDED] = "refunded"},
    .to = {
        [DOC_APPLIED] = {[PAYMENT_PAID_IN_PART] = DOC_PART_PAID,
                         [PAYMENT_PAID] = DOC_PAID,
                         [PAYMENT_FREED_IN_PART] = DOC_APPLIED,
                         [PAYMENT_FREED] = DOC_REFUNDED,
                         [PAYMENT_FREED_UNTOUCHED] = DOC_CANCELLED},
        [DOC_PART_PAID] = {[PAYMENT_PAID_IN_PART] = DOC_PART_PAID,
                           [PAYMENT_PAID] = DOC_PAID,
                           [PAYMENT_FREED_IN_PART] = DOC_PART_PAID,
                           [PAYMENT_FREED] = DOC_PAID,
                           [PAYMENT_REFUNDED_IN_PART] = DOC_PART_PAID,
                           [PAYMENT_REFUNDED] = DOC_APPLIED},
        [DOC_PAID] = {[PAYMENT_REFUNDED_IN_PART] = DOC_PAID, [PAYMENT_REFUNDED] = DOC_REFUNDED},
    }};

/* What happened, from the figures behind it. */
static enum payment_event event_of(const struct kind_info *info, const struct doc_row *payment)
{
    if (info->books.from == ACC_SPENT) {
        return payment->spent > 0 ? PAYMENT_REFUNDED_IN_PART : PAYMENT_REFUNDED;
    }
    if (info->books.to == ACC_SPENT) {
        return payment->left > 0 ? PAYMENT_PAID_IN_PART : PAYMENT_PAID;
    }
    if (payment->left > 0) {
        return PAYMENT_FREED_IN_PART;
    }
    return payment->ever_paid ? PAYMENT_FREED : PAYMENT_FREED_UNTOUCHED;
}

/* --- preparing --- */

static void complete_left(struct ledger *ledger, struct txn *txn, struct document *document,
                          struct buf *memory)
{
    struct doc_row payment;

    (void)memory;
    if (doc_load(txn, ledger->config.self, document_about(document), &payment) &&
        payment.kind == KIND_PAYMENT) {
        inherit_amount(document, payment.left);
    }
}

/* --- checking --- */

static enum reason check_known_payment(struct facts *facts)
{
    const bool known = doc_load(facts->txn, facts->ledger->config.self,
                                document_about(facts->document), &facts->payment) &&
                       facts->payment.kind == KIND_PAYMENT &&
                       facts_load_line(facts, short_text_bytes(&facts->payment.about));

    return known ? REASON_NONE
                 : refuse_field(facts->refusal, REASON_UNKNOWN, facts->info->about_id);
}

/* Of a payment that is paid in full the amount tells; of one that is cancelled it would not. */
static enum reason check_not_cancelled(struct facts *facts)
{
    return facts->payment.state != DOC_CANCELLED ? REASON_NONE
                                                 : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

/* A refund asks its amount alone. */
static enum reason check_nothing(struct facts *facts)
{
    (void)facts;
    return REASON_NONE;
}

static int128 left_of_payment(const struct facts *facts)
{
    return facts->info->books.from == ACC_COMMIT ? facts->payment.left : facts->payment.spent;
}

static struct row_key receipt_key(struct division division, const struct document *paid)
{
    return row_key_of(ROW_RECEIPT, division, document_text(paid, FIELD_AGENT_BUSINESS_NO));
}

static enum reason check_receipt(struct facts *facts)
{
    const struct row_key key = receipt_key(facts->ledger->config.self, facts->document);
    struct bytes booked;

    if (!txn_get(facts->txn, SPACE_LEDGER, row_key_bytes(&key), &booked)) {
        return REASON_NONE;
    }
    (void)refuse(facts->refusal, REASON_RECEIPT_ALREADY_BOOKED, "");
    message_format(facts->refusal->detail, sizeof facts->refusal->detail, "under_document id=%.*s",
                   (int)booked.size, (const char *)booked.data);
    return REASON_RECEIPT_ALREADY_BOOKED;
}

/* --- booking and indexing --- */

static const char *book_payment(const struct booking_context *context)
{
    context->out->own.left = context->amount;
    return book_move(context);
}

static const char *book_payment_step(const struct booking_context *context)
{
    const struct kind_info *info = context->info;
    const struct bytes id = document_about(context->document);
    struct doc_row *payment = &context->out->other;
    int128 amount = context->amount;

    if (!posting_other(context, id, KIND_PAYMENT)) {
        return LINE_MISSING;
    }
    if (amount == 0) {
        amount = payment->left; /* a cancellation frees what is not paid */
    }
    *(info->books.from == ACC_COMMIT ? &payment->left : &payment->spent) -= amount;
    if (info->books.to == ACC_SPENT) {
        payment->spent += amount;
        payment->ever_paid = true;
    }
    states_step(&payment_states, payment, id, event_of(info, payment));
    return posting_move(context, posting_line(context, short_text_bytes(&payment->about)), amount);
}

/* A bank's receipt, by its number: asked of own documents only. */
static void index_receipt(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                          const struct document *paid)
{
    const struct row_key key = receipt_key(entry->author, paid);

    if (division_equal(entry->author, ledger->config.self)) {
        (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), document_id(paid));
    }
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_PAYMENT, .line_event = LINE_DRAWN, .book = book_payment},
    {.kind = KIND_PAID,
     .known = check_known_payment,
     .booked = check_receipt,
     .stands = check_not_cancelled,
     .available = left_of_payment,
     .book = book_payment_step,
     .index = index_receipt},
    {.kind = KIND_PAYMENT_CANCEL,
     .complete = complete_left,
     .known = check_known_payment,
     .stands = check_not_cancelled,
     .available = left_of_payment,
     .book = book_payment_step},
    {.kind = KIND_REFUND,
     .known = check_known_payment,
     .stands = check_nothing,
     .available = left_of_payment,
     .book = book_payment_step},
};
const struct family family_payment = {"payment", kinds, COUNT_OF(kinds)};
