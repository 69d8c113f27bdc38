/* Transfers to levels below: issued, answered by the receiver (registered or returned), settled by
 * the issuer's node.
 *
 *   issuer:    UNALLOC --transfer--> TRANSIT --settle--> XFER_OUT, or back to UNALLOC
 *   receiver:               register: SRC_TRANSFER_IN --> UNALLOC;  return: nothing moves
 *
 * Both sides meet in transfer_match.h. */
#include <stdio.h>

#include "node/ledger/families/family.h"
#include "node/ledger/families/incoming.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/line.h"
#include "node/ledger/families/split.h"
#include "node/ledger/families/transfer_match.h"
#include "node/ledger/families/transfer_terms.h"
#include "node/ledger/rows/children.h"
#include "node/ledger/rows/unapproved.h"

/* --- states --- */

enum transfer_event { TRANSFER_REGISTERED, TRANSFER_RETURNED };

static const struct state_table transfer_states = {
    .events = {[TRANSFER_REGISTERED] = "registered", [TRANSFER_RETURNED] = "returned"},
    .to = {
        [DOC_ISSUED] = {[TRANSFER_REGISTERED] = DOC_REGISTERED, [TRANSFER_RETURNED] = DOC_RETURNED},
    }};

static enum transfer_event event_of(const struct document *settle)
{
    return document_is_word(settle, FIELD_OUTCOME, "returned") ? TRANSFER_RETURNED
                                                               : TRANSFER_REGISTERED;
}

/* --- preparing --- */

/* The public fields of the project, as the catalogue here or else the money's origin has them. */
static void complete_project(struct ledger *ledger, struct txn *txn, struct document *document,
                             const struct document *origin, struct buf *memory)
{
    const struct bytes code = document_text(document, FIELD_PRO_CODE);
    struct catalogue_row project;

    if (code.size == 0) {
        return;
    }
    if (catalogue_project(ledger, txn, code, document_year(document), &project)) {
        inherit_text(document, FIELD_PRO_NAME, inherit_keep(memory, project.name));
        inherit_text(document, FIELD_PRO_CAT_CODE, inherit_keep(memory, project.group));
    } else if (bytes_equal(code, document_text(origin, FIELD_PRO_CODE))) {
        inherit_field(document, FIELD_PRO_NAME, origin);
        inherit_field(document, FIELD_PRO_CAT_CODE, origin);
    }
}

/* A transfer is read by others: it says the elements, and what is public of the project. */
static void complete_transfer(struct ledger *ledger, struct txn *txn, struct document *document,
                              struct buf *memory)
{
    struct document origin;

    if (split_complete(ledger, txn, document, memory, &origin)) {
        complete_project(ledger, txn, document, &origin, memory);
    }
}

static size_t issuers_of(const struct ledger *ledger, struct txn *txn,
                         const struct document *answer, struct division out[TREE_DEPTH_MAX])
{
    return incoming_issuers(txn, ledger->config.roster, ledger->config.self, document_about(answer),
                            out);
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

static void complete_answer(struct ledger *ledger, struct txn *txn, struct document *document,
                            struct buf *memory)
{
    const struct division issuer = issuer_of(ledger, txn, document);
    struct incoming incoming;
    struct document transfer;
    struct err err;
    const bool there = incoming_load(txn, issuer, document_about(document), &incoming);

    buf_reserve(memory, INHERIT_MORE_BYTES + (there ? incoming.body.size : 0));
    inherit_text(document, FIELD_ORI_DIV_CODE, inherit_keep(memory, bytes_text(issuer.code)));
    if (!there || document_decode(&transfer, KIND_TRANSFER, inherit_keep(memory, incoming.body),
                                  &err) != OK) {
        return;
    }
    transfer_terms_inherit(document, &transfer);
    inherit_number(document, FIELD_TRANSFER_LSN, (int64_t)incoming.lsn);
    inherit_text(document, FIELD_TRANSFER_HASH,
                 inherit_keep(memory, bytes_of(incoming.content.at, sizeof incoming.content.at)));
}

/* --- checking --- */

/* One that was written out before its origin existed does not say all that it inherits. */
static bool says_all(const struct facts *facts)
{
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        if (document_has(&facts->origin, *field) && !document_has(facts->document, *field)) {
            return false;
        }
    }
    return true;
}

static enum reason check_known_origin(struct facts *facts)
{
    return facts_load_line(facts, document_about(facts->document)) && says_all(facts)
               ? REASON_NONE
               : refuse_field(facts->refusal, REASON_UNKNOWN, facts->info->about_id);
}

/* An issuer's document may lack what no honest one lacks, or say more than there can be; it can
 * still be returned. */
static enum reason check_usable(struct facts *facts)
{
    static const enum field needed[] = {FIELD_AMOUNT, FIELD_FUND_TYPE_CODE};

    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        if (document_has(facts->document, FIELD_TRANSFER_LSN) &&
            !document_has(facts->document, needed[i])) {
            return refuse_field(facts->refusal, REASON_MISSING, needed[i]);
        }
    }
    return document_money(facts->document) <= AMOUNT_FEN_MAX
               ? REASON_NONE
               : refuse_field(facts->refusal, REASON_BAD, FIELD_AMOUNT);
}

static bool knows_transfer(struct facts *facts)
{
    const struct document *document = facts->document;

    if (document_has(document, FIELD_ORI_DIV_CODE) &&
        !facts_know_division(facts, FIELD_ORI_DIV_CODE)) {
        return true; /* the issuer is what is wrong, and it is asked for next */
    }
    return transfer_match_load(facts->txn, document_party(document), document_about(document),
                               &facts->match) &&
           facts->match.transfer_lsn != 0 &&
           (document_has(document, FIELD_TRANSFER_LSN) ||
            !division_equal(facts->match.receiver, facts->ledger->config.self));
}

/* What a person tells the transfers by: issuer, amount, document number. */
static size_t describe_transfer(struct facts *facts, struct division issuer, char *out, size_t size)
{
    struct incoming incoming;
    struct document transfer;
    char amount[AMOUNT_TEXT_MAX];

    if (!incoming_load(facts->txn, issuer, document_about(facts->document), &incoming) ||
        !incoming_document(&incoming, &transfer)) {
        return (size_t)snprintf(out, size, "%s", issuer.code);
    }
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

static enum reason check_known_transfer(struct facts *facts)
{
    struct division issuers[TREE_DEPTH_MAX];
    size_t count;

    if (knows_transfer(facts)) {
        return REASON_NONE;
    }
    count = issuers_of(facts->ledger, facts->txn, facts->document, issuers);
    if (count > 1 && !document_has(facts->document, FIELD_ORI_DIV_CODE)) {
        return refuse_ambiguous(facts, issuers, count);
    }
    (void)refuse_field(facts->refusal, REASON_UNKNOWN, facts->info->about_id);
    if (count > 0) { /* another above issued it: the answer lacks its name */
        message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                       "issued_by division=%s", issuers[0].code);
    }
    return REASON_UNKNOWN;
}

static enum reason check_unanswered(struct facts *facts)
{
    return facts->match.answer_lsn == 0 ? REASON_NONE
                                        : refuse(facts->refusal, REASON_WRONG_STATE, "");
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

/* What nobody approved who may is no money to work with; it can still be returned. */
static enum reason check_registrable(struct facts *facts)
{
    const struct division issuer = document_party(facts->document);
    const enum reason reason = check_unanswered(facts);

    if (reason == REASON_NONE &&
        unapproved_find(facts->txn, issuer, facts->match.transfer_lsn, NULL)) {
        return refuse(facts->refusal, REASON_ISSUER_UNAPPROVED, "");
    }
    return reason == REASON_NONE && is_unconfirmed(facts, issuer)
               ? refuse(facts->refusal, REASON_ISSUER_UNCONFIRMED, "")
               : reason;
}

/* --- booking --- */

static const char *book_settle(const struct booking_context *context)
{
    const enum transfer_event event = event_of(context->document);
    const struct bytes id = document_about(context->document);
    struct indicator_ref *line = posting_line(context, id), *to = line;

    if (line != NULL && event == TRANSFER_RETURNED) {
        to = posting_line(context, line->row.origin);
    }
    if (to == NULL || !posting_other(context, id, KIND_TRANSFER)) {
        return LINE_MISSING;
    }
    booking_add(context->out, line, context->info->books.from, -context->amount);
    booking_add(context->out, to,
                event == TRANSFER_RETURNED ? ACC_UNALLOC : context->info->books.to,
                context->amount);
    states_step(&transfer_states, &context->out->other, id, event);
    return NULL;
}

/* --- indexing, and what follows --- */

/* Of a log above nothing is booked: its lines of a project are listed here. */
static void index_transfer(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                           const struct document *transfer)
{
    transfer_match_issue(ledger, txn, entry, transfer);
    if (!ledger_is_below(ledger, entry->author) && document_has(transfer, FIELD_PRO_CODE)) {
        project_line_add(txn, entry->author, document_text(transfer, FIELD_PRO_CODE), entry->lsn,
                         document_id(transfer));
    }
}

static void send_settle(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                        const struct document *answer)
{
    const struct bytes answer_id = document_id(answer),
                       reason = document_text(answer, FIELD_REASON);
    const struct bytes author = bytes_text(entry->author.code);
    char id[3 + 32] = ".s", hex[2 * HASH_SIZE + 1];
    uint8_t name[DIVISION_CODE_MAX + 1 + DOCUMENT_ID_MAX];
    struct document settle;
    struct hash hash;

    memcpy(name, author.data, author.size);
    name[author.size] = '|';
    memcpy(name + author.size + 1, answer_id.data, answer_id.size);
    hash = hash_of(TAG_CONTENT, bytes_of(name, author.size + 1 + answer_id.size));
    hex_encode(hex, hash.at, sizeof hash.at);
    memcpy(id + 2, hex, 32);
    id[sizeof id - 1] = '\0';

    document_clear(&settle, KIND_SETTLE);
    document_set_text(&settle, FIELD_ID, bytes_text(id));
    document_set_number(&settle, FIELD_FISCAL_YEAR, document_year(answer));
    document_set_text(&settle, FIELD_ANSWER_ID, answer_id);
    document_set_text(&settle, FIELD_REC_DIV_CODE, author);
    document_set_text(&settle, FIELD_BGT_ID, document_text(answer, FIELD_BGT_ID));
    document_set_number(&settle, FIELD_AMOUNT, document_money(answer));
    document_set_text(&settle, FIELD_OUTCOME,
                      bytes_text(answer->kind == KIND_RETURN ? "returned" : "registered"));
    if (reason.size > 0) {
        document_set_text(&settle, FIELD_REASON, reason);
    }
    ledger->config.sink.settle_due(ledger->config.sink.arg, txn, &settle);
}

/* An answer of a log below that fits this node's transfer is settled in the same turn. */
static void index_answer(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                         const struct document *answer)
{
    if (ledger_is_below(ledger, entry->author) &&
        transfer_match_answer(ledger, txn, entry, answer) &&
        division_equal(document_party(answer), ledger->config.self)) {
        send_settle(ledger, txn, entry, answer);
    }
}

/* The state a transfer has at its issuer, as far as what we may hear tells. */
static void settle_above(struct txn *txn, const struct applied *entry,
                         const struct document *settle)
{
    const struct bytes id = document_text(settle, FIELD_BGT_ID), settle_id = document_id(settle);
    struct doc_row transfer, own;

    if (id.size > 0 && doc_load(txn, entry->author, id, &transfer) &&
        transfer.kind == KIND_TRANSFER && doc_load(txn, entry->author, settle_id, &own)) {
        states_step(&transfer_states, &transfer, id, event_of(settle));
        children_add(txn, entry->author, id, &transfer.children, &own, settle_id, false);
        doc_store(txn, entry->author, id, &transfer);
        doc_store(txn, entry->author, settle_id, &own);
    }
}

static void index_settle(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                         const struct document *settle)
{
    transfer_match_settle(ledger, txn, entry, settle);
    if (!ledger_is_below(ledger, entry->author)) {
        settle_above(txn, entry, settle);
    }
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_TRANSFER,
     .complete = complete_transfer,
     .known = check_known_origin,
     .line_event = LINE_SPLIT,
     .book = book_split,
     .index = index_transfer},
    {.kind = KIND_REGISTER,
     .complete = complete_answer,
     .missing = check_usable,
     .known = check_known_transfer,
     .stands = check_registrable,
     .book = book_source,
     .index = index_answer},
    {.kind = KIND_RETURN,
     .complete = complete_answer,
     .known = check_known_transfer,
     .stands = check_unanswered,
     .index = index_answer},
    {.kind = KIND_SETTLE, .book = book_settle, .index = index_settle},
};
const struct family family_transfer = {"transfer", kinds, COUNT_OF(kinds)};
