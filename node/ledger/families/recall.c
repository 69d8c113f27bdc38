/* Recalls: the issuer of a registered transfer asks for money back; the receiver grants, part of it
 * too, or refuses, once.
 *
 *   issuer:    recall (nothing moves) --settle--> XFER_OUT --> UNALLOC of the origin
 *   receiver:     \--> recall_grant: UNALLOC --> SRC_TRANSFER_IN;  recall_refuse: nothing moves
 */
#include "node/ledger/families/between.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/outcome.h"
#include "node/ledger/families/own_ask.h"
#include "node/ledger/families/transfer_match.h"

/* --- the issuer's side --- */

static enum reason check_recallable(struct facts *facts)
{
    return facts->transfer.state == DOC_REGISTERED ? REASON_NONE
                                                   : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

/* What was passed on, less what other asks may still take of it. */
static int128 recallable(const struct facts *facts)
{
    return facts->line.balance[ACC_XFER_OUT] - facts->transfer.asked_back;
}

static const char *note_recall(const struct booking_context *context)
{
    const struct bytes transfer = document_about(context->document);

    if (context->amount <= 0) {
        return AMOUNT_MISSING;
    }
    if (!posting_other(context, transfer, KIND_TRANSFER) ||
        posting_line(context, transfer) == NULL) {
        return LINE_MISSING;
    }
    context->out->other.asked_back += context->amount;
    return NULL;
}

static void index_recall(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                         const struct document *recall)
{
    own_ask_tell_excess(ledger, txn, entry, recall);
    if (own_ask_heard(ledger, txn, entry, recall)) {
        if (transfer_match_issue(ledger, txn, entry, recall)) {
            settle_earlier(ledger, txn, entry, recall);
        }
        ask_note_above(ledger, txn, entry, recall);
    }
}

/* --- the receiver's side --- */

/* What it repeats of the recall, and the elements of the line that it is taken from. */
static void complete_grant(struct ledger *ledger, struct txn *txn, struct document *document,
                           struct buf *memory)
{
    struct indicator line;
    struct document elements;
    const bool there =
        indicator_load(txn, ledger->config.self, document_text(document, FIELD_BGT_ID), &line);

    if (there) {
        buf_append_bytes(memory, line.elements); /* first, since views of it come last */
    }
    answer_complete(ledger, txn, document, memory);
    if (there) {
        line.elements = bytes_of(memory->data, line.elements.size);
        indicator_elements(&line, &elements);
        for (const enum field *field = kind_elements(); *field != 0; field++) {
            inherit_field(document, *field, &elements);
        }
    }
}

/* bgt_id: the own register that answered the recalled transfer. */
static enum reason check_grant(struct facts *facts)
{
    const struct division self = facts->ledger->config.self;
    const struct short_text own = difference_own(facts->txn, self, document_party(facts->document),
                                                 document_text(facts->document, FIELD_ORI_BGT_ID));
    const enum reason reason = answer_approved(facts);

    return reason == REASON_NONE && !bytes_equal(short_text_bytes(&own),
                                                 document_text(facts->document, FIELD_BGT_ID))
               ? refuse(facts->refusal, REASON_WRONG_STATE, "")
               : reason;
}

static enum reason check_recall_and_line(struct facts *facts)
{
    const enum reason reason = answer_known(facts);

    return reason == REASON_NONE &&
                   !facts_load_line(facts, document_text(facts->document, FIELD_BGT_ID))
               ? refuse_field(facts->refusal, REASON_UNKNOWN, FIELD_BGT_ID)
               : reason;
}

static enum reason check_asked(struct facts *facts)
{
    return facts_within(facts, "asked", document_money(facts->document), facts->match.amount);
}

static const char *book_grant(const struct booking_context *context)
{
    struct indicator_ref *line =
        posting_line(context, document_text(context->document, FIELD_BGT_ID));

    return line == NULL || line->row.kind != KIND_REGISTER
               ? LINE_MISSING
               : posting_move(context, line, context->amount);
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_RECALL,
     .complete = own_ask_complete,
     .known = own_ask_known,
     .stands = check_recallable,
     .available = recallable,
     .note = note_recall,
     .index = index_recall},
    {.kind = KIND_RECALL_GRANT,
     .complete = complete_grant,
     .known = check_recall_and_line,
     .stands = check_grant,
     .amount = check_asked,
     .book = book_grant,
     .index = answer_index},
    {.kind = KIND_RECALL_REFUSE,
     .complete = answer_complete,
     .known = answer_known,
     .stands = answer_open,
     .index = answer_index},
};
const struct family family_recall = {"between", kinds, COUNT_OF(kinds)};
