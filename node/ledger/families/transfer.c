/* Transfers to levels below: issued, answered by the receiver (registered or returned), settled by
 * the issuer's node.
 *
 *   issuer:    UNALLOC --transfer--> TRANSIT --settle--> XFER_OUT, or back to UNALLOC
 *   receiver:               register: SRC_TRANSFER_IN --> UNALLOC;  return: nothing moves
 *
 * What is formal after an early one says the difference; a negative one books nothing before it is
 * answered (difference.c). Both sides meet in transfer_match.h. */
#include "node/ledger/families/between.h"
#include "node/ledger/families/outcome.h"
#include "node/ledger/families/own_ask.h"
#include "node/ledger/families/passing.h"
#include "node/ledger/families/transfer_match.h"
#include "node/ledger/rows/children.h"

/* --- preparing --- */

static void complete_transfer(struct ledger *ledger, struct txn *txn, struct document *document,
                              struct buf *memory)
{
    if (document_has(document, FIELD_EARLY_BGT_ID)) {
        difference_complete(ledger, txn, document, memory);
    } else {
        passing_complete(ledger, txn, document, memory);
    }
}

/* --- checking --- */

static enum reason check_known(struct facts *facts)
{
    return document_is_difference(facts->document) ? difference_known(facts) : passing_known(facts);
}

/* Money is taken from where it came in, and from nowhere else. */
static enum reason check_stands(struct facts *facts)
{
    if (document_is_difference(facts->document)) {
        return difference_stands(facts);
    }
    return facts->line.origin.size == 0 ? REASON_NONE
                                        : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

/* --- indexing --- */

/* Of a log above nothing is booked: its lines of a project are listed here. */
static void index_transfer(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                           const struct document *transfer)
{
    if (document_is_difference(transfer) && !own_ask_heard(ledger, txn, entry, transfer)) {
        return;
    }
    if (document_is_difference(transfer)) {
        own_ask_tell_excess(ledger, txn, entry, transfer);
    }
    passing_tell_earmark(ledger, txn, entry, transfer);
    if (document_asks(transfer) && transfer_match_issue(ledger, txn, entry, transfer)) {
        settle_earlier(ledger, txn, entry, transfer);
    }
    if (document_is_difference(transfer)) {
        ask_note_above(ledger, txn, entry, transfer);
    } else if (ledger_is_observed(ledger, entry->author, entry->lsn) &&
               document_has(transfer, FIELD_PRO_CODE)) {
        project_line_add(txn, entry->author, document_text(transfer, FIELD_PRO_CODE), entry->lsn,
                         document_id(transfer));
    }
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_TRANSFER,
     .complete = complete_transfer,
     .known = check_known,
     .stands = check_stands,
     .amount = difference_amount,
     .book = book_split,
     .note = difference_note,
     .index = index_transfer},
    {.kind = KIND_REGISTER,
     .complete = answer_complete,
     .missing = answer_usable,
     .known = answer_known,
     .stands = answer_registrable,
     .amount = difference_answer_amount,
     .book = difference_book_answer,
     .index = answer_index},
    {.kind = KIND_RETURN,
     .complete = answer_complete,
     .known = answer_known,
     .stands = answer_open,
     .index = answer_index},
    {.kind = KIND_SETTLE, .book = settle_book, .index = settle_index},
};
const struct family family_transfer = {"transfer", kinds, COUNT_OF(kinds)};
