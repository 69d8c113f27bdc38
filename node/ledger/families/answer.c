/* Answers to an ask of another division: register and return, of transfers and of remits, and what
 * they share with the answers to recalls. */
#include <stdio.h>

#include "node/ledger/families/between.h"
#include "node/ledger/families/incoming.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/outcome.h"
#include "node/ledger/families/transfer_match.h"
#include "node/ledger/families/transfer_terms.h"
#include "node/ledger/families/withdraw.h"
#include "node/ledger/rows/children.h"
#include "node/ledger/rows/unapproved.h"

/* --- preparing --- */

static size_t issuers_of(const struct ledger *ledger, struct txn *txn,
                         const struct document *answer, struct division out[TREE_DEPTH_MAX])
{
    return incoming_issuers(txn, ledger->config.roster, ledger->config.self, answer->kind,
                            document_about(answer), out);
}

/* Given, or else the parent. NONE when several above used the number: nobody chooses for a person
 * whose money it is. */
static struct division issuer_of(const struct ledger *ledger, struct txn *txn,
                                 const struct document *answer)
{
    const struct member *self = roster_find(ledger->config.roster, ledger->config.self);
    const struct division given = document_party(answer);
    struct division issuers[TREE_DEPTH_MAX];

    if (!division_is_none(given) || self == NULL || self->parent == NULL) {
        return given;
    }
    return issuers_of(ledger, txn, answer, issuers) > 1 ? DIVISION_NONE
                                                        : self->parent->grant.division;
}

void answer_complete(struct ledger *ledger, struct txn *txn, struct document *document,
                     struct buf *memory)
{
    const struct division self = ledger->config.self, issuer = issuer_of(ledger, txn, document);
    struct incoming incoming;
    struct document ask;
    struct short_text own;
    const bool there = incoming_load(txn, issuer, document_about(document), &incoming);

    buf_reserve(memory, INHERIT_MORE_BYTES + DOCUMENT_ID_MAX + (there ? incoming.body.size : 0));
    inherit_text(document, FIELD_ORI_DIV_CODE, inherit_keep(memory, bytes_text(issuer.code)));
    if (!there || !outcome_answers(incoming.kind, document->kind)) {
        return;
    }
    incoming.body = inherit_keep(memory, incoming.body);
    incoming_document(&incoming, &ask);
    transfer_terms_inherit(document, &ask);
    if (document_is_difference(&ask)) {
        own = difference_own(txn, self, issuer, document_text(&ask, FIELD_EARLY_BGT_ID));
        inherit_text(document, FIELD_OWN_BGT_ID, inherit_keep(memory, short_text_bytes(&own)));
    }
    inherit_number(document, FIELD_TRANSFER_LSN, (int64_t)incoming.lsn);
    inherit_text(document, FIELD_TRANSFER_HASH,
                 inherit_keep(memory, bytes_of(incoming.content.at, sizeof incoming.content.at)));
}

/* --- checking --- */

/* An issuer's document may lack what no honest one lacks, or say more than there can be; it can
 * still be returned. */
enum reason answer_usable(struct facts *facts)
{
    static const enum field needed[] = {FIELD_AMOUNT, FIELD_FUND_TYPE_CODE};
    const struct document *document = facts->document;
    const int64_t amount = document_money(document);

    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        if (document_has(document, FIELD_TRANSFER_LSN) && !document_has(document, needed[i])) {
            return refuse_field(facts->refusal, REASON_MISSING, needed[i]);
        }
    }
    return amount <= AMOUNT_FEN_MAX && (amount >= 0 || (amount >= -AMOUNT_FEN_MAX &&
                                                        document_has(document, FIELD_EARLY_BGT_ID)))
               ? REASON_NONE
               : refuse_field(facts->refusal, REASON_BAD, FIELD_AMOUNT);
}

static bool knows_ask(struct facts *facts)
{
    const struct document *document = facts->document;

    if (document_has(document, FIELD_ORI_DIV_CODE) &&
        !facts_know_division(facts, FIELD_ORI_DIV_CODE)) {
        return true; /* the issuer is what is wrong, and it is asked for next */
    }
    return transfer_match_load(facts->txn, document_party(document), document_about(document),
                               &facts->match) &&
           facts->match.transfer_lsn != 0 && outcome_answers(facts->match.kind, document->kind) &&
           (document_has(document, FIELD_TRANSFER_LSN) ||
            !division_equal(facts->match.receiver, facts->ledger->config.self));
}

/* What a person tells the transfers by: issuer, amount, document number. */
static size_t describe_transfer(struct facts *facts, struct division issuer, char *out, size_t size)
{
    struct incoming incoming;
    struct document transfer;
    char amount[AMOUNT_TEXT_MAX];

    if (!incoming_load(facts->txn, issuer, document_about(facts->document), &incoming)) {
        return (size_t)snprintf(out, size, "%s", issuer.code);
    }
    incoming_document(&incoming, &transfer);
    const struct bytes number = document_text(&transfer, FIELD_COR_BGT_DOC_NO);

    amount_format(amount, document_money(&transfer));
    return (size_t)snprintf(out, size, "%s %s %.*s", issuer.code, amount, (int)number.size,
                            (const char *)number.data);
}

static enum reason refuse_ambiguous(struct facts *facts, const struct division *issuers,
                                    size_t count)
{
    char all[sizeof facts->refusal->detail] = "";
    size_t used = 0;

    for (size_t i = 0; i < count && used < sizeof all; i++) {
        used += (size_t)snprintf(all + used, sizeof all - used, "%s", i > 0 ? "; " : "");
        if (used < sizeof all) {
            used += describe_transfer(facts, issuers[i], all + used, sizeof all - used);
        }
    }
    (void)refuse(facts->refusal, REASON_AMBIGUOUS_ISSUER, "");
    message_format(facts->refusal->detail, sizeof facts->refusal->detail, "issued_by_each list=%s",
                   all);
    return REASON_AMBIGUOUS_ISSUER;
}

/* Money that comes up says from whom: many are below. */
static size_t remitters_of(struct facts *facts, struct division out[TREE_DEPTH_MAX])
{
    const struct roster *roster = facts->ledger->config.roster;
    const struct division self = facts->ledger->config.self;
    size_t count = 0;

    for (size_t i = 0; i < roster_count(roster) && count < TREE_DEPTH_MAX; i++) {
        const struct division below = roster_at(roster, i)->grant.division;
        struct transfer_match match;

        if (ledger_is_below(facts->ledger, below) &&
            transfer_match_load(facts->txn, below, document_about(facts->document), &match) &&
            match.kind == KIND_REMIT && division_equal(match.receiver, self)) {
            out[count++] = below;
        }
    }
    return count;
}

enum reason answer_known(struct facts *facts)
{
    struct division issuers[TREE_DEPTH_MAX];
    size_t count;

    if (knows_ask(facts)) {
        return REASON_NONE;
    }
    count = issuers_of(facts->ledger, facts->txn, facts->document, issuers);
    if (count > 1 && !document_has(facts->document, FIELD_ORI_DIV_CODE)) {
        return refuse_ambiguous(facts, issuers, count);
    }
    if (count == 0 && outcome_answers(KIND_REMIT, facts->document->kind)) {
        count = remitters_of(facts, issuers);
    }
    (void)refuse_field(facts->refusal, REASON_UNKNOWN, facts->info->about_id);
    if (count > 0) { /* another issued it: the answer lacks its name */
        message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                       "issued_by division=%s", issuers[0].code);
    }
    return REASON_UNKNOWN;
}

enum reason answer_open(struct facts *facts)
{
    return facts->match.answer_lsn == 0 ? REASON_NONE
                                        : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

/* What nobody approved who may is nothing to act on, nor what its issuer has settled without an
 * answer: the money may be with him again. Both can still be returned, or refused. */
enum reason answer_approved(struct facts *facts)
{
    enum reason reason = answer_open(facts);

    if (reason == REASON_NONE && facts->match.settle_lsn != 0) {
        reason = refuse(facts->refusal, REASON_WRONG_STATE, "");
    }
    return reason == REASON_NONE && unapproved_find(facts->txn, document_party(facts->document),
                                                    facts->match.transfer_lsn, NULL)
               ? refuse(facts->refusal, REASON_ISSUER_UNAPPROVED, "")
               : reason;
}

/* Issued under keys that nobody beside its granter has confirmed; two persons may take it all the
 * same, since who confirms may be away for weeks. */
static bool is_unconfirmed(const struct facts *facts, struct division issuer)
{
    uint64_t base_lsn;

    return roster_unconfirmed(facts->ledger->config.roster, issuer, &base_lsn) != 0 &&
           facts->match.transfer_lsn > base_lsn &&
           !document_is_word(facts->document, FIELD_UNCONFIRMED, "1");
}

enum reason answer_registrable(struct facts *facts)
{
    enum reason reason = answer_open(facts);

    if (reason == REASON_NONE) {
        reason = difference_answer_stands(facts);
    }
    if (reason == REASON_NONE) {
        reason = answer_approved(facts);
    }
    return reason == REASON_NONE && is_unconfirmed(facts, document_party(facts->document))
               ? refuse(facts->refusal, REASON_ISSUER_UNCONFIRMED, "")
               : reason;
}

/* --- indexing, and what follows --- */

/* Is this log one of the two sides, or above one of them? Of a log above, what it answers to a
 * division below is heard here, and nothing else. */
static bool is_heard(const struct ledger *ledger, const struct applied *entry,
                     const struct document *answer)
{
    return ledger_is_below(ledger, entry->author) ||
           ledger_is_below(ledger, document_party(answer));
}

/* An answer that fits an ask of this node is settled in the same turn. */
void answer_index(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                  const struct document *answer)
{
    if (is_heard(ledger, entry, answer) && transfer_match_answer(ledger, txn, entry, answer) &&
        division_equal(document_party(answer), ledger->config.self)) {
        settle_send(ledger, txn, entry, answer);
    }
}

void ask_note_above(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                    const struct document *document)
{
    const struct bytes id = document_id(document), about = document_about(document);
    struct doc_row transfer, own;

    if (ledger_is_observed(ledger, entry->author, entry->lsn) && about.size > 0 &&
        !bytes_equal(about, id) && doc_load(txn, entry->author, about, &transfer) &&
        doc_load(txn, entry->author, id, &own)) {
        if (document->kind == KIND_WITHDRAW && transfer.withdraw.size == 0) {
            transfer.withdraw = short_text_of(id);
        }
        children_add(txn, entry->author, about, &transfer.children, &own, id,
                     kind_is_answered(own.kind));
        doc_store(txn, entry->author, about, &transfer);
        doc_store(txn, entry->author, id, &own);
    }
}
