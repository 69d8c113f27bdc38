/* Indicators: allocated out of a source line, released, reduced, frozen and unfrozen, and virement
 * from one to another.
 *
 *   UNALLOC --allocate--> PENDING --release--> AVAIL <--freeze, unfreeze--> FROZEN
 *      ^-------------------reduce-------------------'\--virement--> AVAIL of a new line
 *
 * The states of a line stand in line.h, since payments and transfers ask them too. */
#include "node/ledger/families/family.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/line.h"
#include "node/ledger/families/split.h"

static void complete_allocation(struct ledger *ledger, struct txn *txn, struct document *document,
                                struct buf *memory)
{
    struct document origin;

    (void)split_complete(ledger, txn, document, memory, &origin);
}

/* All that awaits release. */
static void complete_pending(struct ledger *ledger, struct txn *txn, struct document *document,
                             struct buf *memory)
{
    struct indicator row;

    (void)memory;
    if (indicator_load(txn, ledger->config.self, document_about(document), &row)) {
        inherit_amount(document, row.balance[ACC_PENDING]);
    }
}

static const char *book_release(const struct booking_context *context)
{
    const struct bytes id = document_about(context->document);
    struct indicator_ref *line = posting_line(context, id);

    if (line == NULL || !line_allows(&line->row, LINE_RELEASED) ||
        !posting_other(context, id, line->row.kind)) {
        return LINE_MISSING;
    }
    line->row.flags |= INDICATOR_RELEASED;
    states_step(&line_states, &context->out->other, id, LINE_RELEASED);
    return posting_move(context, line, context->amount);
}

/* Back to the line that it was made from; of a source line, to itself. */
static const char *book_reduce(const struct booking_context *context)
{
    struct indicator_ref *line = posting_line(context, document_about(context->document));
    struct indicator_ref *origin;

    if (line == NULL || !line_allows(&line->row, LINE_REDUCED)) {
        return LINE_MISSING;
    }
    origin = posting_line(context, line_origin(&line->row, line->id));
    if (origin == NULL) {
        return LINE_MISSING;
    }
    booking_add(context->out, line, line_drawn_account(context->info, &line->row),
                -context->amount);
    booking_add(context->out, origin, context->info->books.to, context->amount);
    return NULL;
}

/* The line keeps since when money on it is frozen. */
static const char *book_freeze(const struct booking_context *context)
{
    struct indicator_ref *line = posting_line(context, document_about(context->document));

    if (line != NULL && line->row.balance[ACC_FROZEN] == 0) {
        line->row.frozen_day = (uint32_t)clock_day(context->entry->time_ms);
    }
    return posting_move(context, line, context->amount);
}

/* --- virement: released money goes to another agency, project, function or class --- */

static void complete_virement(struct ledger *ledger, struct txn *txn, struct document *document,
                              struct buf *memory)
{
    struct document from;

    inherit_text(document, FIELD_SOURCE_TYPE_CODE, bytes_text("3")); /* by virement */
    (void)split_complete(ledger, txn, document, memory, &from);
}

static bool changes_something(const struct facts *facts)
{
    static const enum field fields[] = {FIELD_AGENCY_CODE,      FIELD_PRO_CODE,
                                        FIELD_TP_FUNC_CODE,     FIELD_EXP_FUNC_CODE,
                                        FIELD_GOV_BGT_ECO_CODE, FIELD_DEP_BGT_ECO_CODE};

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (!bytes_equal(document_text(facts->document, fields[i]),
                         document_text(&facts->origin, fields[i]))) {
            return true;
        }
    }
    return false;
}

static enum reason check_virement(struct facts *facts)
{
    if (!line_allows(&facts->line, LINE_DRAWN)) {
        return refuse(facts->refusal, REASON_WRONG_STATE, "");
    }
    if (!changes_something(facts)) {
        (void)refuse(facts->refusal, REASON_WRONG_STATE, "");
        message_format(facts->refusal->detail, sizeof facts->refusal->detail, "nothing_changes");
        return REASON_WRONG_STATE;
    }
    return REASON_NONE;
}

/* The new line stands beside the old one: their origin is the same. */
static const char *book_virement(const struct booking_context *context)
{
    struct indicator_ref *from = posting_line(context, document_about(context->document));
    struct indicator_ref *line;

    if (from == NULL) {
        return LINE_MISSING;
    }
    line =
        posting_open(context, from, (from->row.flags & INDICATOR_EARMARKED) | INDICATOR_RELEASED);
    if (line == NULL) {
        return FUND_TYPE_MISSING;
    }
    line->row.origin = line_origin(&from->row, from->id);
    booking_add(context->out, line, context->info->books.to, context->amount);
    booking_add(context->out, from, context->info->books.from, -context->amount);
    return NULL;
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_ALLOCATE,
     .complete = complete_allocation,
     .line_event = LINE_SPLIT,
     .book = book_split},
    {.kind = KIND_RELEASE,
     .complete = complete_pending,
     .line_event = LINE_RELEASED,
     .book = book_release},
    {.kind = KIND_REDUCE, .line_event = LINE_REDUCED, .book = book_reduce},
    {.kind = KIND_FREEZE, .line_event = LINE_DRAWN, .book = book_freeze},
    {.kind = KIND_UNFREEZE, .line_event = LINE_DRAWN, .book = book_move},
    {.kind = KIND_VIREMENT,
     .complete = complete_virement,
     .stands = check_virement,
     .book = book_virement},
};
const struct family family_indicator = {"indicator", kinds, COUNT_OF(kinds)};
