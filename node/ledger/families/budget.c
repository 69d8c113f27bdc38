/* Budgets: authority from the assembly (a reply, and adjustments of it), in advance of it (an
 * estimate). Each makes a source line; the stages before book nothing.
 *
 *   SRC_ADVANCE --estimate--> UNALLOC      SRC_APPROVED --reply, adjust--> UNALLOC
 *        ^-----reply to it: SRC_APPROVED takes its place; UNALLOC moves by the difference
 *
 * A reply to an estimate makes no line: it works on the estimate's, and so on all made from that.
 */
#include <stdio.h>

#include "node/ledger/families/family.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/line.h"
#include "node/ledger/families/project.h"
#include "node/ledger/families/split.h"

/* --- states --- */

enum budget_event { BUDGET_REPLIED };

static const struct state_table budget_states = {
    .events = {[BUDGET_REPLIED] = "replied"},
    .to = {[DOC_ADVANCED] = {[BUDGET_REPLIED] = DOC_APPROVED}},
};

static bool is_stage(const struct document *budget, const char *stage)
{
    return document_is_word(budget, FIELD_STAGE, stage);
}

/* Is it a reply to an estimate? Budgets name one in no other stage. */
static bool replies(const struct document *budget)
{
    return document_has(budget, FIELD_ESTIMATE_ID);
}

/* --- preparing --- */

static void complete_budget(struct ledger *ledger, struct txn *txn, struct document *document,
                            struct buf *memory)
{
    struct document estimate;

    if (is_stage(document, "estimate")) {
        inherit_text(document, FIELD_BGT_TYPE_CODE, bytes_text("11")); /* in advance */
    } else if (replies(document)) {
        (void)split_complete(ledger, txn, document, memory, &estimate);
    }
}

/* --- checking --- */

static enum reason check_known_estimate(struct facts *facts)
{
    if (!facts_load_line(facts, document_about(facts->document)) ||
        (facts->line.flags & INDICATOR_ESTIMATE) == 0) {
        return refuse_field(facts->refusal, REASON_UNKNOWN, FIELD_ESTIMATE_ID);
    }
    indicator_elements(&facts->line, &facts->origin);
    return REASON_NONE;
}

/* The line is there already, with what was made from it: it keeps its elements. */
static enum reason check_elements(struct facts *facts)
{
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        if (document_has(facts->document, *field) &&
            !bytes_equal(document_text(facts->document, *field),
                         document_text(&facts->origin, *field))) {
            (void)refuse(facts->refusal, REASON_WRONG_STATE, "");
            message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                           "estimate_says_otherwise field=%s", field_info(*field)->name);
            return REASON_WRONG_STATE;
        }
    }
    return REASON_NONE;
}

static enum reason check_reply(struct facts *facts)
{
    if (!replies(facts->document)) {
        return REASON_NONE;
    }
    return facts->line.balance[ACC_SRC_ADVANCE] != 0
               ? check_elements(facts)
               : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

/* What an assembly has approved, and money for a project only while that takes some. */
static enum reason check_adjust(struct facts *facts)
{
    const struct indicator *line = &facts->line;
    struct catalogue_row project;

    if (line->kind != KIND_BUDGET || line->balance[ACC_SRC_ADVANCE] != 0 ||
        (document_money(facts->document) > 0 && line->project.size > 0 &&
         catalogue_project(facts->ledger, facts->txn, line->project, line->year, &project) &&
         !project_takes_money(&project))) {
        return refuse(facts->refusal, REASON_WRONG_STATE, "");
    }
    return REASON_NONE;
}

static int128 unallocated(const struct facts *facts)
{
    return facts->line.balance[ACC_UNALLOC];
}

/* Of a reply of its own there is nothing that it could take. */
static int128 taken_by_reply(const struct facts *facts)
{
    return replies(facts->document)
               ? -facts->line.balance[ACC_SRC_ADVANCE] - document_money(facts->document)
               : 0;
}

static int128 taken_by_adjust(const struct facts *facts)
{
    return -(int128)document_money(facts->document);
}

/* --- booking --- */

static const char *book_estimate(const struct booking_context *context)
{
    struct indicator_ref *line = posting_open(context, NULL, INDICATOR_ESTIMATE);

    if (line == NULL) {
        return FUND_TYPE_MISSING;
    }
    booking_add(context->out, line, ACC_SRC_ADVANCE, -context->amount);
    booking_add(context->out, line, context->info->books.to, context->amount);
    return NULL;
}

static const char *book_reply(const struct booking_context *context)
{
    const struct bytes id = document_about(context->document);
    struct indicator_ref *line = posting_line(context, id);
    int128 advance;

    if (line == NULL || !posting_other(context, id, KIND_BUDGET) ||
        !states_allow(&budget_states, context->out->other.state, BUDGET_REPLIED)) {
        return LINE_MISSING;
    }
    advance = -line->row.balance[ACC_SRC_ADVANCE];
    booking_add(context->out, line, ACC_SRC_ADVANCE, advance);
    booking_add(context->out, line, context->info->books.from, -context->amount);
    booking_add(context->out, line, context->info->books.to, context->amount - advance);
    states_step(&budget_states, &context->out->other, id, BUDGET_REPLIED);
    return NULL;
}

static const char *book_budget(const struct booking_context *context)
{
    if (is_stage(context->document, "estimate")) {
        return book_estimate(context);
    }
    return replies(context->document) ? book_reply(context) : book_source(context);
}

static const char *book_adjust(const struct booking_context *context)
{
    const struct bytes id = document_about(context->document);
    struct indicator_ref *line = posting_line(context, id);

    if (line == NULL || !posting_other(context, id, KIND_BUDGET)) {
        return LINE_MISSING;
    }
    booking_add(context->out, line, context->info->books.from, -context->amount);
    booking_add(context->out, line, context->info->books.to, context->amount);
    context->out->other.adjusted += context->amount;
    return NULL;
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_BUDGET,
     .complete = complete_budget,
     .known = check_known_estimate,
     .stands = check_reply,
     .available = unallocated,
     .taken = taken_by_reply,
     .book = book_budget},
    {.kind = KIND_ADJUST,
     .stands = check_adjust,
     .available = unallocated,
     .taken = taken_by_adjust,
     .book = book_adjust},
};
const struct family family_budget = {"budget", kinds, COUNT_OF(kinds)};
