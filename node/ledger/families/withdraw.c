#include "node/ledger/families/withdraw.h"

#include "node/ledger/families/between.h"
#include "node/ledger/families/outcome.h"
#include "node/ledger/families/own_ask.h"
#include "node/ledger/rows/unapproved.h"

/* --- checking --- */

static enum reason check_withdrawable(struct facts *facts)
{
    return facts->transfer.state == DOC_ISSUED && facts->transfer.withdraw.size == 0
               ? REASON_NONE
               : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

/* --- noting and indexing --- */

static const char *note_withdraw(const struct booking_context *context)
{
    const struct bytes transfer = document_about(context->document);

    if (!posting_other(context, transfer, KIND_TRANSFER)) {
        return LINE_MISSING;
    }
    (void)posting_line(context, transfer); /* where it has one, that lists the withdraw */
    if (context->out->other.withdraw.size == 0) {
        context->out->other.withdraw = short_text_of(document_id(context->document));
    }
    return NULL;
}

/* What the node answers for its division, as no person of it has. */
static void send_return(struct ledger *ledger, struct txn *txn, struct division issuer,
                        struct bytes transfer, const struct transfer_match *match)
{
    struct buf memory = BUF_EMPTY;
    char id[NODES_ID_SIZE];
    struct document answer;

    nodes_id(id, 'w', issuer, transfer);
    document_clear(&answer, KIND_RETURN);
    document_set_text(&answer, FIELD_ID, bytes_text(id));
    document_set_number(&answer, FIELD_FISCAL_YEAR, match->year);
    document_set_text(&answer, FIELD_BGT_ID, transfer);
    document_set_text(&answer, FIELD_ORI_DIV_CODE, bytes_text(issuer.code));
    document_set_text(&answer, FIELD_REASON, bytes_text("withdrawn"));
    answer_complete(ledger, txn, &answer, &memory);
    if (document_has(&answer, FIELD_TRANSFER_LSN)) {
        ledger->config.sink.document_due(ledger->config.sink.arg, txn, &answer);
    }
    buf_free(&memory);
}

/* Whoever issued it, his persons took it back: a thief of the issuer's node alone could not. */
static bool is_approved(struct txn *txn, const struct applied *entry)
{
    return !unapproved_find(txn, entry->author, entry->lsn, NULL);
}

static bool is_nodes_return(uint32_t kind, struct bytes id)
{
    return kind == KIND_RETURN && id.size > 0 && id.data[0] == '.';
}

/* The answer that was taken in before the withdraw: it needs no persons. */
static void clear_answer(struct txn *txn, struct division issuer, struct bytes transfer)
{
    struct transfer_match match;
    struct doc_row answer;

    if (transfer_match_load(txn, issuer, transfer, &match) && match.answer_lsn != 0 &&
        doc_load(txn, match.answerer, short_text_bytes(&match.answer_id), &answer) &&
        is_nodes_return(answer.kind, short_text_bytes(&match.answer_id))) {
        unapproved_clear(txn, match.answerer, match.answer_lsn);
    }
}

static void index_withdraw(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                           const struct document *withdraw)
{
    const struct division self = ledger->config.self;
    const struct bytes transfer = document_about(withdraw);
    struct transfer_match match;

    if (!own_ask_heard(ledger, txn, entry, withdraw)) {
        return;
    }
    ask_note_above(ledger, txn, entry, withdraw);
    if (!transfer_match_load(txn, entry->author, transfer, &match) || match.kind != KIND_TRANSFER) {
        return;
    }
    if (match.withdraw_lsn == 0) {
        match.withdraw_lsn = entry->lsn;
        transfer_match_store(txn, entry->author, transfer, &match);
    }
    if (match.answer_lsn != 0) {
        clear_answer(txn, entry->author, transfer);
    } else if (division_equal(match.receiver, self) && !ledger_is_below(ledger, entry->author) &&
               ledger_is_above(ledger, entry->author) && is_approved(txn, entry)) {
        send_return(ledger, txn, entry->author, transfer, &match);
    }
}

/* --- for who judges approvals --- */

bool withdraw_excuses(struct txn *txn, const struct entry *entry)
{
    struct transfer_match match;
    struct document answer;
    struct err err;

    return entry->kind == KIND_RETURN &&
           document_decode(&answer, entry->kind, entry->body, &err) == OK &&
           is_nodes_return(answer.kind, document_id(&answer)) && document_about(&answer).size > 0 &&
           transfer_match_load(txn, document_party(&answer), document_about(&answer), &match) &&
           match.withdraw_lsn != 0;
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_WITHDRAW,
     .complete = own_ask_complete,
     .known = own_ask_known,
     .stands = check_withdrawable,
     .note = note_withdraw,
     .index = index_withdraw},
};
const struct family family_withdraw = {"between", kinds, COUNT_OF(kinds)};
