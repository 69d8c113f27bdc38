/* What is formal after an early transfer says the difference to it.
 *
 *   more:     a transfer as any other            nothing: a notice that the early amount stands
 *   less:     the issuer asks, and books nothing; the receiver answers on its own register of the
 *             early one; the settle lowers that one, or keeps it
 */
#include "node/ledger/families/between.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/outcome.h"
#include "node/ledger/families/passing.h"
#include "node/ledger/families/transfer_match.h"

/* --- the issuer's side --- */

/* What an early transfer's line says, into a document that says nothing else. */
static void inherit_early(struct document *document, const struct indicator *early)
{
    static const enum field others[] = {FIELD_PRO_NAME, FIELD_PRO_CAT_CODE, FIELD_BEN_NAME,
                                        FIELD_BEN_CODE};
    struct document elements;

    indicator_elements(early, &elements);
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        inherit_field(document, *field, &elements);
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        inherit_field(document, others[i], &elements);
    }
}

void difference_complete(struct ledger *ledger, struct txn *txn, struct document *document,
                         struct buf *memory)
{
    const struct division self = ledger->config.self;
    const struct bytes id = document_text(document, FIELD_EARLY_BGT_ID);
    struct indicator early, line;
    const bool is_known = indicator_load(txn, self, id, &early) && early.kind == KIND_TRANSFER;
    const bool has_line =
        indicator_load(txn, self, document_text(document, FIELD_ORI_BGT_ID), &line);

    /* All at once: nothing of it may move under the views. */
    buf_reserve(memory, (is_known ? early.elements.size + DOCUMENT_ID_MAX : 0) +
                            (has_line ? line.elements.size : 0) + INHERIT_MORE_BYTES);
    if (is_known) {
        early.elements = inherit_keep(memory, early.elements);
        inherit_early(document, &early);
    }
    if (!document_is_difference(document)) {
        passing_complete(ledger, txn, document, memory);
    } else if (is_known) {
        inherit_text(document, FIELD_ORI_BGT_ID, inherit_keep(memory, early.origin));
    }
}

/* The entry of an own document says what its row does not. */
static bool is_early(const struct facts *facts, const struct doc_row *row)
{
    const struct ledger *ledger = facts->ledger;
    struct buf memory = BUF_EMPTY;
    struct document early;
    struct bytes body;
    struct err err;
    const bool is = ledger->config.sink.read_entry(ledger->config.sink.arg, ledger->config.self,
                                                   row->lsn, &memory, &body) &&
                    document_decode(&early, row->kind, body, &err) == OK &&
                    document_is_word(&early, FIELD_STAGE, "early");

    buf_free(&memory);
    return is;
}

bool difference_knows_early(struct facts *facts)
{
    const struct document *document = facts->document;
    const struct bytes id = document_text(document, FIELD_EARLY_BGT_ID);
    struct doc_row *row = &facts->transfer;
    struct indicator early;

    return doc_load(facts->txn, facts->ledger->config.self, id, row) &&
           row->kind == document->kind && row->year == document_year(document) &&
           division_equal(row->party, document_party(document)) &&
           indicator_load(facts->txn, facts->ledger->config.self, id, &early) &&
           (document->kind != KIND_TRANSFER ||
            (bytes_equal(early.fund, document_text(document, FIELD_FUND_TYPE_CODE)) &&
             is_early(facts, row)));
}

enum reason difference_known(struct facts *facts)
{
    return difference_knows_early(facts) && facts_load_line(facts, document_about(facts->document))
               ? REASON_NONE
               : refuse_field(facts->refusal, REASON_UNKNOWN, FIELD_EARLY_BGT_ID);
}

enum reason difference_stands(struct facts *facts)
{
    return document_money(facts->document) == 0 || facts->transfer.state == DOC_REGISTERED
               ? REASON_NONE
               : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

enum reason difference_amount(struct facts *facts)
{
    return document_is_difference(facts->document)
               ? facts_within(facts, "transferred", -(int128)document_money(facts->document),
                              facts->line.balance[ACC_XFER_OUT] - facts->transfer.asked_back)
               : REASON_NONE;
}

const char *difference_note(const struct booking_context *context)
{
    const struct bytes early = document_about(context->document);

    if (!posting_other(context, early, KIND_TRANSFER) || posting_line(context, early) == NULL) {
        return LINE_MISSING;
    }
    context->out->other.asked_back -= context->amount;
    return NULL;
}

/* --- the receiver's side --- */

struct short_text difference_own(struct txn *txn, struct division self, struct division issuer,
                                 struct bytes early)
{
    struct transfer_match match;
    const bool is_registered = transfer_match_load(txn, issuer, early, &match) &&
                               match.answered == OUTCOME_REGISTERED &&
                               division_equal(match.answerer, self);

    return is_registered ? match.answer_id : short_text_of(BYTES_NONE);
}

enum reason difference_answer_stands(struct facts *facts)
{
    const struct bytes own = document_text(facts->document, FIELD_OWN_BGT_ID);

    return document_money(facts->document) >= 0 || (own.size > 0 && facts_load_line(facts, own))
               ? REASON_NONE
               : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

enum reason difference_answer_amount(struct facts *facts)
{
    const int64_t amount = document_money(facts->document);

    return amount < 0
               ? facts_within(facts, "available", -(int128)amount, facts->line.balance[ACC_UNALLOC])
               : REASON_NONE;
}

const char *difference_book_answer(const struct booking_context *context)
{
    struct indicator_ref *line;

    if (context->amount >= 0) {
        return book_source(context);
    }
    line = posting_line(context, document_text(context->document, FIELD_OWN_BGT_ID));
    if (line == NULL || line->row.kind != KIND_REGISTER) {
        return LINE_MISSING;
    }
    booking_add(context->out, line, context->info->books.from, -context->amount);
    booking_add(context->out, line, context->info->books.to, context->amount);
    return NULL;
}
