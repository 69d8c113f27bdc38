/* Money that goes up, unasked: to a division above with a node, which answers as the receiver of a
 * transfer does, or out of the tree, where nobody answers.
 *
 *   author:    UNALLOC --remit--> TRANSIT --settle--> XFER_OUT, or back;  outside: XFER_OUT at once
 *   above:              register: SRC_TRANSFER_IN --> UNALLOC;  return: nothing moves
 */
#include "node/ledger/families/between.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/outcome.h"
#include "node/ledger/families/passing.h"
#include "node/ledger/families/transfer_match.h"

/* --- preparing --- */

/* The receiver above learns whether the money is for one purpose; and who folds this log, which
 * roster he knows or not, whether anybody will answer. */
static void complete_remit(struct ledger *ledger, struct txn *txn, struct document *document,
                           struct buf *memory)
{
    struct indicator line;

    if (!indicator_load(txn, ledger->config.self, document_about(document), &line)) {
        return;
    }
    inherit_text(document, FIELD_TRA_TYPE_CODE,
                 bytes_text((line.flags & INDICATOR_EARMARKED) != 0 ? "special" : "general"));
    if (roster_find(ledger->config.roster, document_party(document)) == NULL) {
        inherit_text(document, FIELD_OUTSIDE, bytes_text("1"));
    }
    passing_complete(ledger, txn, document, memory);
}

/* --- checking --- */

/* Money for one purpose goes back to who gave it, and on upward once it came up. */
static enum reason check_purpose(struct facts *facts)
{
    const struct indicator *line = &facts->line;
    const bool is_earmarked = (line->flags & INDICATOR_EARMARKED) != 0;
    const bool came_up = !division_is_none(line->issuer) &&
                         !division_equal(line->issuer, facts->ledger->config.self) &&
                         ledger_is_below(facts->ledger, line->issuer);

    return is_earmarked && !came_up &&
                   !division_equal(line->issuer, document_party(facts->document))
               ? refuse(facts->refusal, REASON_EARMARK_DIFFERS, "")
               : REASON_NONE;
}

static enum reason check_stands(struct facts *facts)
{
    return facts->line.origin.size == 0 ? REASON_NONE
                                        : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

/* --- booking and indexing --- */

static const char *book_remit(const struct booking_context *context)
{
    const bool is_outside = document_is_word(context->document, FIELD_OUTSIDE, "1");
    const bool is_special = document_is_word(context->document, FIELD_TRA_TYPE_CODE, "special");
    struct indicator_ref *origin = posting_line(context, document_about(context->document));
    struct indicator_ref *line;

    if (origin == NULL) {
        return LINE_MISSING;
    }
    if (is_special != ((origin->row.flags & INDICATOR_EARMARKED) != 0)) {
        return EARMARK_IS_ANOTHER; /* whoever registers it knows of none but by this word */
    }
    line = posting_open(context, origin, origin->row.flags & INDICATOR_EARMARKED);
    if (line == NULL) {
        return FUND_TYPE_MISSING;
    }
    booking_add(context->out, line, is_outside ? ACC_XFER_OUT : context->info->books.to,
                context->amount);
    booking_add(context->out, origin, context->info->books.from, -context->amount);
    return NULL;
}

static void index_remit(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                        const struct document *remit)
{
    if (document_asks(remit) && ledger_is_below(ledger, entry->author) &&
        transfer_match_issue(ledger, txn, entry, remit)) {
        settle_earlier(ledger, txn, entry, remit);
    }
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_REMIT,
     .complete = complete_remit,
     .known = passing_known,
     .stands = check_stands,
     .purpose = check_purpose,
     .book = book_remit,
     .index = index_remit},
};
const struct family family_remit = {"between", kinds, COUNT_OF(kinds)};
