/* What a year leaves over: carried on into the year after, or lapsed.
 *
 *   carry_over:  of y:    UNALLOC, PENDING or AVAIL --> CARRY_OUT
 *                of y+1:  SRC_CARRY_IN --> the same account, on a new line
 *   lapse:               UNALLOC, PENDING or AVAIL --> LAPSED
 *
 * The new line stands at the head of a chain of its own: what it came from is of another year, and
 * never moves again. It keeps what tells whose money it is: issuer, earmark, direct. */
#include "node/ledger/families/family.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/later_codes.h"
#include "node/ledger/families/policy_in_force.h"
#include "node/ledger/posting/book_month.h"

static const struct {
    const char *word;
    enum account account;
} takings[] = {{"unalloc", ACC_UNALLOC}, {"pending", ACC_PENDING}, {"avail", ACC_AVAIL}};

/* As it says; else the first that holds anything. */
static size_t taking_of(const struct document *document, const struct indicator *line)
{
    size_t first = 0;

    for (size_t i = COUNT_OF(takings); i-- > 0;) {
        if (document_is_word(document, FIELD_TAKE_FROM, takings[i].word)) {
            return i;
        }
        if (line->balance[takings[i].account] > 0) {
            first = i;
        }
    }
    return first;
}

/* --- preparing --- */

static void complete_taking(struct document *document, const struct indicator *line)
{
    inherit_text(document, FIELD_TAKE_FROM, bytes_text(takings[taking_of(document, line)].word));
}

static void complete_carry(struct ledger *ledger, struct txn *txn, struct document *document,
                           struct buf *memory)
{
    struct indicator line;

    if (indicator_load(txn, ledger->config.self, document_about(document), &line)) {
        complete_taking(document, &line);
        later_codes_complete(ledger, txn, document, &line, memory);
    }
}

static void complete_lapse(struct ledger *ledger, struct txn *txn, struct document *document,
                           struct buf *memory)
{
    struct indicator line;

    (void)memory;
    if (indicator_load(txn, ledger->config.self, document_about(document), &line)) {
        complete_taking(document, &line);
    }
}

/* --- checking --- */

static enum reason check_times(struct facts *facts)
{
    const int64_t max = policy_number(facts->ledger, facts->txn, POLICY_CARRY_MAX);

    if (facts->line.carried_times < max) {
        return REASON_NONE;
    }
    (void)refuse(facts->refusal, REASON_CARRIED_TOO_LONG, "");
    message_format(facts->refusal->detail, sizeof facts->refusal->detail, "carried times=%d max=%d",
                   facts->line.carried_times, (int)max);
    return REASON_CARRIED_TOO_LONG;
}

/* Whatever stands there may lapse: the amount is asked. */
static enum reason check_anything(struct facts *facts)
{
    (void)facts;
    return REASON_NONE;
}

static int128 left_of_line(const struct facts *facts)
{
    return facts->line.balance[takings[taking_of(facts->document, &facts->line)].account];
}

/* --- booking --- */

static const char *book_carry(const struct booking_context *context)
{
    struct indicator_ref *from = posting_line(context, document_about(context->document));
    struct indicator_ref *line;
    enum account account;

    if (from == NULL) {
        return LINE_MISSING;
    }
    account = takings[taking_of(context->document, &from->row)].account;
    line = posting_open_later(context, from, account == ACC_AVAIL ? INDICATOR_RELEASED : 0);
    if (line == NULL) {
        return FUND_TYPE_MISSING;
    }
    line->row.carried_times =
        (uint8_t)(from->row.carried_times + (from->row.carried_times < UINT8_MAX));
    context->out->own.taken = account;
    context->out->own.later_month =
        (uint8_t)book_month(context->txn, context->entry, context->document, line->row.year);
    booking_add(context->out, from, account, -context->amount);
    booking_add(context->out, from, context->info->books.to, context->amount);
    booking_add(context->out, line, ACC_SRC_CARRY_IN, -context->amount);
    booking_add(context->out, line, account, context->amount);
    return NULL;
}

static const char *book_lapse(const struct booking_context *context)
{
    struct indicator_ref *line = posting_line(context, document_about(context->document));
    enum account account;

    if (line == NULL) {
        return LINE_MISSING;
    }
    account = takings[taking_of(context->document, &line->row)].account;
    context->out->own.taken = account;
    booking_add(context->out, line, account, -context->amount);
    booking_add(context->out, line, context->info->books.to, context->amount);
    return NULL;
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_CARRY_OVER,
     .complete = complete_carry,
     .mapped = later_codes_check_mapped,
     .limit = check_times,
     .stands = later_codes_check_given,
     .purpose = later_codes_check_purpose,
     .available = left_of_line,
     .book = book_carry},
    {.kind = KIND_LAPSE,
     .complete = complete_lapse,
     .stands = check_anything,
     .available = left_of_line,
     .book = book_lapse},
};
const struct family family_carry = {"years", kinds, COUNT_OF(kinds)};
