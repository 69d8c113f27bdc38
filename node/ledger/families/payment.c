/* Payments: applied for, paid by the bank in parts or at once, cancelled before; refunded after,
 * which refund.c sees to.
 *
 *   AVAIL --payment--> COMMIT --paid--> SPENT --refund--> AVAIL
 *     ^----payment_cancel---'
 *
 * A payment's own row keeps what is still to be paid and what was paid; the line counts both. */
#include <stdio.h>

#include "node/ledger/families/family.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/line.h"
#include "node/ledger/families/payment.h"
#include "node/ledger/families/recovered.h"

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

/* Of a date that is well formed; 0 of none. */
static int year_of(struct bytes date)
{
    int year = 0;

    for (size_t i = 0; i < 4 && i < date.size; i++) {
        year = 10 * year + (date.data[i] - '0');
    }
    return year;
}

/* The day of the entry; what is applied for after the year, its last day. */
static void complete_date(struct ledger *ledger, struct txn *txn, struct document *document,
                          struct buf *memory)
{
    const struct bytes today = bytes_text(ledger_today(ledger));
    char last[32] = "";

    (void)txn;
    if (document_has(document, FIELD_PAY_APP_DATE)) {
        return;
    }
    if (year_of(today) > document_year(document)) {
        (void)snprintf(last, sizeof last, "%04d-12-31", document_year(document));
    }
    buf_reserve(memory, DAY_TEXT_SIZE);
    inherit_text(document, FIELD_PAY_APP_DATE,
                 inherit_keep(memory, last[0] != '\0' ? bytes_text(last) : today));
}

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

/* Within the fiscal year, and no day that is still to come. */
static enum reason check_date(struct facts *facts)
{
    const struct bytes date = document_text(facts->document, FIELD_PAY_APP_DATE);
    const int year = document_year(facts->document);
    const char *today = ledger_today(facts->ledger);

    if (year_of(date) == year && bytes_compare(date, bytes_text(today)) <= 0) {
        return REASON_NONE;
    }
    (void)refuse_field(facts->refusal, REASON_BAD, FIELD_PAY_APP_DATE);
    message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                   "date_and_year date=%.*s year=%d today=%s", (int)date.size,
                   (const char *)date.data, year, today);
    return REASON_BAD;
}

enum { CLASS_LEVELS_MAX = 16 };

/* Where the set has rows they say what lies below what, else the codes themselves do. */
static bool lies_below(struct facts *facts, struct bytes code, struct bytes upper)
{
    const struct bytes set = bytes_text(catalogue_of_field(FIELD_DEP_BGT_ECO_CODE));
    const int year = document_year(facts->document);
    const struct row_key set_key = code_set_key(set, year);
    struct bytes value;

    if (!txn_get(facts->txn, SPACE_LEDGER, row_key_bytes(&set_key), &value)) {
        return code.size > upper.size && bytes_equal(bytes_of(code.data, upper.size), upper);
    }
    for (int level = 0; level < CLASS_LEVELS_MAX && code.size > 0; level++) {
        const struct row_key key = code_key(set, year, code);
        struct catalogue_row row;

        if (!catalogue_load(facts->txn, &key, &row)) {
            return false;
        }
        code = row.group;
        if (bytes_equal(code, upper)) {
            return true;
        }
    }
    return false;
}

/* A payment may say its class more exactly than its line, and nothing else. */
static enum reason check_class(struct facts *facts)
{
    const struct bytes code = document_text(facts->document, FIELD_DEP_BGT_ECO_CODE);
    struct document elements;
    struct bytes upper;

    if (code.size == 0) {
        return REASON_NONE;
    }
    indicator_elements(&facts->line, &elements);
    upper = document_text(&elements, FIELD_DEP_BGT_ECO_CODE);
    return upper.size == 0 || bytes_equal(code, upper) || lies_below(facts, code, upper)
               ? REASON_NONE
               : refuse(facts->refusal, REASON_ECO_DIFFERS, "");
}

enum reason payment_check_known(struct facts *facts)
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

static int128 left_of_payment(const struct facts *facts)
{
    return facts->payment.left;
}

static struct row_key receipt_key(struct division division, const struct document *paid)
{
    return row_key_of(ROW_RECEIPT, division, document_text(paid, FIELD_AGENT_BUSINESS_NO));
}

static enum reason check_receipt(struct facts *facts)
{
    const struct row_key key = receipt_key(facts->ledger->config.self, facts->document);
    struct bytes value, booked = BYTES_NONE;
    struct reader reader;

    if (!txn_get(facts->txn, SPACE_LEDGER, row_key_bytes(&key), &value)) {
        return REASON_NONE;
    }
    reader = reader_of(value);
    (void)txn_check_row(facts->txn, row_key_bytes(&key),
                        list_next(&reader, &booked) && reader_done(&reader));
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

const char *payment_book_step(const struct booking_context *context)
{
    const struct kind_info *info = context->info;
    const struct bytes id = document_about(context->document);
    struct doc_row *payment = &context->out->other;
    struct indicator_ref *line;
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
    line = posting_line(context, short_text_bytes(&payment->about));
    return is_recovered(context->document, payment->year) ? recovered_book(context, line)
                                                          : posting_move(context, line, amount);
}

/* A bank's receipt, by its number: asked of own documents only. */
static void index_receipt(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                          const struct document *paid)
{
    const struct row_key key = receipt_key(entry->author, paid);

    if (division_equal(entry->author, ledger->config.self)) {
        struct buf value = BUF_EMPTY;

        list_add(&value, document_id(paid));
        (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&value));
        buf_free(&value);
    }
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_PAYMENT,
     .complete = complete_date,
     .missing = check_date,
     .line_event = LINE_DRAWN,
     .purpose = check_class,
     .book = book_payment},
    {.kind = KIND_PAID,
     .known = payment_check_known,
     .booked = check_receipt,
     .stands = check_not_cancelled,
     .available = left_of_payment,
     .book = payment_book_step,
     .index = index_receipt},
    {.kind = KIND_PAYMENT_CANCEL,
     .complete = complete_left,
     .known = payment_check_known,
     .stands = check_not_cancelled,
     .available = left_of_payment,
     .book = payment_book_step},
};
const struct family family_payment = {"payment", kinds, COUNT_OF(kinds)};
