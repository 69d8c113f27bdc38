/* Money from and to divisions without a node: nobody answers, so it is booked at once, and what a
 * later document takes back of an earlier one is booked at once, too.
 *
 *   transfer_out:   UNALLOC --> XFER_OUT            with early_bgt_id, less: back, on that one
 *   transfer_in:    SRC_TRANSFER_IN --> UNALLOC     the same
 */
#include <inttypes.h>

#include "node/ledger/families/between.h"
#include "node/ledger/families/passing.h"

/* Does it take back, of an earlier one? */
static bool takes_back(const struct document *document)
{
    return document_has(document, FIELD_EARLY_BGT_ID) && document_money(document) < 0;
}

/* --- to below --- */

/* What takes back stands on the line of the earlier one, and names the line that it goes back to.
 */
static enum reason check_known_out(struct facts *facts)
{
    const struct document *document = facts->document;

    if (!takes_back(document)) {
        return passing_known(facts);
    }
    if (!difference_knows_early(facts) ||
        !facts_load_line(facts, document_text(document, FIELD_EARLY_BGT_ID))) {
        return refuse_field(facts->refusal, REASON_UNKNOWN, FIELD_EARLY_BGT_ID);
    }
    return bytes_equal(facts->line.origin, document_text(document, FIELD_ORI_BGT_ID))
               ? REASON_NONE
               : refuse_field(facts->refusal, REASON_UNKNOWN, FIELD_ORI_BGT_ID);
}

static enum reason check_stands_out(struct facts *facts)
{
    return takes_back(facts->document) || facts->line.origin.size == 0
               ? REASON_NONE
               : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

static enum reason check_transferred(struct facts *facts)
{
    return takes_back(facts->document)
               ? facts_within(facts, "transferred", -(int128)document_money(facts->document),
                              facts->line.balance[ACC_XFER_OUT])
               : REASON_NONE;
}

static const char *book_out(const struct booking_context *context)
{
    struct indicator_ref *line, *origin;

    if (!takes_back(context->document)) {
        return book_split(context);
    }
    line = posting_line(context, document_text(context->document, FIELD_EARLY_BGT_ID));
    origin = line == NULL ? NULL : posting_line(context, line->row.origin);
    if (origin == NULL || line->row.kind != KIND_TRANSFER_OUT) {
        return LINE_MISSING;
    }
    booking_add(context->out, line, context->info->books.to, context->amount);
    booking_add(context->out, origin, context->info->books.from, -context->amount);
    return NULL;
}

/* --- from above --- */

static enum reason check_fund(struct facts *facts)
{
    return !takes_back(facts->document) ||
                   bytes_equal(facts->line.fund,
                               document_text(facts->document, FIELD_FUND_TYPE_CODE))
               ? REASON_NONE
               : refuse(facts->refusal, REASON_FUND_TYPE_DIFFERS, "");
}

static enum reason check_stands_in(struct facts *facts)
{
    return !takes_back(facts->document) ||
                   facts_load_line(facts, document_text(facts->document, FIELD_EARLY_BGT_ID))
               ? REASON_NONE
               : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

static enum reason check_available(struct facts *facts)
{
    return takes_back(facts->document)
               ? facts_within(facts, "available", -(int128)document_money(facts->document),
                              facts->line.balance[ACC_UNALLOC])
               : REASON_NONE;
}

static const char *book_in(const struct booking_context *context)
{
    struct indicator_ref *line;

    if (!takes_back(context->document)) {
        return book_source(context);
    }
    line = posting_line(context, document_text(context->document, FIELD_EARLY_BGT_ID));
    if (line == NULL || line->row.kind != KIND_TRANSFER_IN) {
        return LINE_MISSING;
    }
    booking_add(context->out, line, context->info->books.from, -context->amount);
    booking_add(context->out, line, context->info->books.to, context->amount);
    return NULL;
}

/* Its author may not know all members of the tree; who is above knows more of them. */
static void index_transfer_in(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                              const struct document *document)
{
    const struct division issuer = document_party(document);
    const struct bytes id = document_id(document);

    (void)txn;
    if (!division_equal(entry->author, ledger->config.self) &&
        ledger_is_below(ledger, entry->author) &&
        roster_find(ledger->config.roster, issuer) != NULL) {
        ledger_alarm(ledger, ALARM_UPPER_HAS_NODE, entry->author,
                     "transfer_in_names_member author=%s id=%.*s lsn=%" PRIu64 " issuer=%s",
                     entry->author.code, (int)id.size, (const char *)id.data, entry->lsn,
                     issuer.code);
    }
}

/* Money that went there is not heard of again: nobody asks its receiver. One that was granted only
 * later had no node. */
static void index_transfer_out(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                               const struct document *document)
{
    const struct division receiver = document_party(document);
    const struct grant *first = roster_epoch(ledger->config.roster, receiver, 1);
    const struct bytes id = document_id(document);

    passing_tell_earmark(ledger, txn, entry, document);
    if (!division_equal(entry->author, ledger->config.self) &&
        ledger_is_below(ledger, entry->author) && !takes_back(document) && first != NULL &&
        first->time_ms <= entry->time_ms) {
        ledger_alarm(ledger, ALARM_BAD_ENTRY, entry->author,
                     "transfer_out_names_member author=%s id=%.*s lsn=%" PRIu64 " receiver=%s",
                     entry->author.code, (int)id.size, (const char *)id.data, entry->lsn,
                     receiver.code);
    }
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_TRANSFER_OUT,
     .complete = passing_complete,
     .known = check_known_out,
     .stands = check_stands_out,
     .amount = check_transferred,
     .book = book_out,
     .index = index_transfer_out},
    {.kind = KIND_TRANSFER_IN,
     .stands = check_stands_in,
     .purpose = check_fund,
     .amount = check_available,
     .book = book_in,
     .index = index_transfer_in},
};
const struct family family_out = {"between", kinds, COUNT_OF(kinds)};
