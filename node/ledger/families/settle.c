/* The settle: written by the node of who asked, in the turn that hears the answer.
 *
 *   registered   TRANSIT --> XFER_OUT              lowered, granted   XFER_OUT --> UNALLOC (origin)
 *   returned     TRANSIT --> UNALLOC (origin)      kept, refused      -
 */
#include "node/ledger/families/between.h"
#include "node/ledger/families/outcome.h"
#include "node/ledger/families/transfer_match.h"
#include "node/ledger/rows/children.h"

/* --- booking --- */

/* Of a transfer, or a remit: on its own line, and back to that which it was made from. */
static const char *post_own(const struct booking_context *context, struct bytes id, bool is_back)
{
    struct indicator_ref *line = posting_line(context, id), *to = line;

    if (line != NULL && is_back) {
        to = posting_line(context, line->row.origin);
    }
    if (to == NULL) {
        return LINE_MISSING;
    }
    booking_add(context->out, line, context->info->books.from, -context->amount);
    booking_add(context->out, to, is_back ? ACC_UNALLOC : context->info->books.to, context->amount);
    return NULL;
}

/* Of what asks for money back: on the line of the transfer that it lowers. */
static const char *post_lowered(const struct booking_context *context, struct bytes transfer,
                                bool is_given)
{
    const struct doc_row *ask = &context->out->other;
    struct indicator_ref *line = posting_line(context, transfer),
                         *origin = line == NULL ? NULL : posting_line(context, line->row.origin);
    struct doc_row *lowered = posting_more(context, transfer);

    if (origin == NULL || lowered == NULL) {
        return LINE_MISSING;
    }
    lowered->asked_back -= ask->amount < 0 ? -ask->amount : ask->amount;
    if (is_given) {
        booking_add(context->out, line, ACC_XFER_OUT, -context->amount);
        booking_add(context->out, origin, ACC_UNALLOC, context->amount);
    }
    return NULL;
}

static bool is_open(const struct doc_row *ask)
{
    return ask->state == DOC_ISSUED || ask->state == DOC_ASKED;
}

static const char *post_outcome(const struct booking_context *context, struct bytes id,
                                enum outcome outcome)
{
    const struct doc_row *ask = &context->out->other;

    if (outcome == OUTCOME_REGISTERED || outcome == OUTCOME_RETURNED) {
        return post_own(context, id, outcome == OUTCOME_RETURNED);
    }
    return is_open(ask)
               ? post_lowered(context, short_text_bytes(&ask->about), outcome_lowers(outcome))
               : ASK_IS_SETTLED;
}

/* Of what the root issued before it lost its log: others told of the ask, and nobody of the line.
 */
static bool is_without_line(const struct booking_context *context, struct bytes id,
                            enum outcome outcome)
{
    const struct doc_row *ask = &context->out->other;
    const bool is_own = outcome == OUTCOME_REGISTERED || outcome == OUTCOME_RETURNED;

    return ask->book_month == 0 &&
           posting_line(context, is_own ? id : short_text_bytes(&ask->about)) == NULL;
}

const char *settle_book(const struct booking_context *context)
{
    const enum outcome outcome = outcome_said(context->document);
    const struct bytes id = document_about(context->document);
    struct doc_row *ask = &context->out->other, *withdraw;
    const char *why;

    if (!posting_other(context, id, 0)) {
        return LINE_MISSING;
    }
    if (!outcome_fits(ask->kind, ask->amount, outcome)) {
        return OUTCOME_DOES_NOT_FIT;
    }
    why = is_without_line(context, id, outcome) ? NULL : post_outcome(context, id, outcome);
    if (why != NULL) {
        return why;
    }
    withdraw = is_open(ask) ? posting_more(context, short_text_bytes(&ask->withdraw)) : NULL;
    if (withdraw != NULL) {
        outcome_step_withdraw(withdraw, short_text_bytes(&ask->withdraw), outcome);
    }
    outcome_step(ask, id, outcome);
    return NULL;
}

/* --- writing --- */

void nodes_id(char out[NODES_ID_SIZE], char mark, struct division division, struct bytes id)
{
    const struct bytes code = bytes_text(division.code);
    uint8_t name[DIVISION_CODE_MAX + 1 + DOCUMENT_ID_MAX];
    char hex[2 * HASH_SIZE + 1];
    struct hash hash;

    memcpy(name, code.data, code.size);
    name[code.size] = '|';
    memcpy(name + code.size + 1, id.data, id.size);
    hash = hash_of(TAG_CONTENT, bytes_of(name, code.size + 1 + id.size));
    hex_encode(hex, hash.at, sizeof hash.at);
    out[0] = '.';
    out[1] = mark;
    memcpy(out + 2, hex, 32);
    out[NODES_ID_SIZE - 1] = '\0';
}

/* Always above nothing: of a refusal, what was asked for. */
static int64_t settled_amount(struct txn *txn, const struct document *answer, enum outcome outcome)
{
    const int64_t said = document_money(answer);
    struct transfer_match match;

    if (outcome == OUTCOME_REFUSED &&
        transfer_match_load(txn, document_party(answer), document_about(answer), &match)) {
        return match.amount;
    }
    return said < 0 ? -said : said;
}

void settle_send(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                 const struct document *answer)
{
    const struct bytes reason = document_text(answer, FIELD_REASON),
                       early = document_text(answer, FIELD_EARLY_BGT_ID);
    const enum outcome outcome = outcome_of(answer);
    char id[NODES_ID_SIZE];
    struct document settle;

    nodes_id(id, 's', entry->author, document_id(answer));
    document_clear(&settle, KIND_SETTLE);
    document_set_text(&settle, FIELD_ID, bytes_text(id));
    document_set_number(&settle, FIELD_FISCAL_YEAR, document_year(answer));
    document_set_text(&settle, FIELD_ANSWER_ID, document_id(answer));
    document_set_text(&settle, FIELD_REC_DIV_CODE, bytes_text(entry->author.code));
    document_set_text(&settle, FIELD_BGT_ID, document_about(answer));
    document_set_number(&settle, FIELD_AMOUNT, settled_amount(txn, answer, outcome));
    document_set_text(&settle, FIELD_OUTCOME, bytes_text(outcome_word(outcome)));
    if (reason.size > 0) {
        document_set_text(&settle, FIELD_REASON, reason);
    }
    if ((outcome == OUTCOME_LOWERED || outcome == OUTCOME_KEPT) && early.size > 0) {
        document_set_text(&settle, FIELD_EARLY_BGT_ID, early);
    }
    ledger->config.sink.document_due(ledger->config.sink.arg, txn, &settle);
}

void settle_earlier(struct ledger *ledger, struct txn *txn, const struct applied *ask,
                    const struct document *document)
{
    struct buf memory = BUF_EMPTY;
    struct transfer_match match;
    struct document answer;
    struct doc_row row;
    struct bytes body;
    struct err err;

    if (!ledger->in_dry_run && division_equal(ask->author, ledger->config.self) &&
        transfer_match_load(txn, ask->author, document_id(document), &match) &&
        doc_load(txn, match.answerer, short_text_bytes(&match.answer_id), &row) &&
        ledger->config.sink.read_entry(ledger->config.sink.arg, match.answerer, match.answer_lsn,
                                       &memory, &body) &&
        document_decode(&answer, row.kind, body, &err) == OK) {
        settle_send(ledger, txn,
                    &(struct applied){.author = match.answerer, .lsn = match.answer_lsn}, &answer);
    }
    buf_free(&memory);
}

/* --- indexing --- */

/* The state that an ask has at its issuer, as far as what we may hear tells. */
static void settle_above(struct txn *txn, const struct applied *entry,
                         const struct document *settle)
{
    const struct bytes id = document_about(settle), settle_id = document_id(settle);
    const enum outcome outcome = outcome_said(settle);
    struct doc_row ask, own, withdraw;

    if (id.size == 0 || !doc_load(txn, entry->author, id, &ask) ||
        !outcome_fits(ask.kind, ask.amount, outcome) ||
        !doc_load(txn, entry->author, settle_id, &own)) {
        return;
    }
    if (ask.withdraw.size > 0 &&
        doc_load(txn, entry->author, short_text_bytes(&ask.withdraw), &withdraw)) {
        outcome_step_withdraw(&withdraw, short_text_bytes(&ask.withdraw), outcome);
        doc_store(txn, entry->author, short_text_bytes(&ask.withdraw), &withdraw);
    }
    outcome_step(&ask, id, outcome);
    children_add(txn, entry->author, id, &ask.children, &own, settle_id, false);
    doc_store(txn, entry->author, id, &ask);
    doc_store(txn, entry->author, settle_id, &own);
}

void settle_index(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                  const struct document *settle)
{
    transfer_match_settle(ledger, txn, entry, settle);
    if (ledger_is_observed(ledger, entry->author, entry->lsn)) {
        settle_above(txn, entry, settle);
    }
}
