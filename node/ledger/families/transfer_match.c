/* Both sides of every ask that this node can see, held against each other (invariant 4).
 * Nothing here is part of anybody's ledger: a match is what a holder of several logs knows. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/context.h"
#include "node/ledger/families/incoming.h"
#include "node/ledger/families/outcome.h"
#include "node/ledger/families/transfer_match.h"
#include "node/ledger/families/transfer_terms.h"
#include "node/ledger/rows/open_items.h"
#include "node/ledger/schema/clocks.h"

enum {
    GROUP_SIZE = DIVISION_CODE_MAX, /* who answered: in front of the lsn in the key */
    PASSED_MAX = 4096,              /* judged for one block; the rest for the next */
};

/* --- answers that wait for their transfer --- */

/* A log above passes by receiver, so that what one of them says costs the others nothing; a log
 * below as a whole. */
static struct division group_of(const struct ledger *ledger, struct division issuer,
                                struct division answerer)
{
    return ledger_is_below(ledger, issuer) ? DIVISION_NONE : answerer;
}

static struct row_key waiting_prefix(struct division issuer, struct division group)
{
    return row_key_of(ROW_WAITING, issuer, bytes_of(group.code, GROUP_SIZE));
}

static struct row_key waiting_key(const struct ledger *ledger, struct division issuer,
                                  const struct transfer_match *match, struct bytes id)
{
    const struct division group = group_of(ledger, issuer, match->answerer);
    uint8_t rest[GROUP_SIZE + 8 + DOCUMENT_ID_MAX];

    assert(id.size > 0 && id.size <= DOCUMENT_ID_MAX);
    memcpy(rest, group.code, GROUP_SIZE);
    store_u64(rest + GROUP_SIZE, match->answer_names_lsn);
    memcpy(rest + GROUP_SIZE + 8, id.data, id.size);
    return row_key_of(ROW_WAITING, issuer, bytes_of(rest, GROUP_SIZE + 8 + id.size));
}

static uint64_t waiting_count(struct txn *txn, struct division issuer)
{
    const struct row_key key = row_key_of(ROW_WAITING_COUNT, issuer, BYTES_NONE);
    struct bytes value;

    return txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value) &&
                   txn_check_row(txn, row_key_bytes(&key), value.size == 8)
               ? load_u64(value.data)
               : 0;
}

static void set_waiting_count(struct txn *txn, struct division issuer, uint64_t count)
{
    const struct row_key key = row_key_of(ROW_WAITING_COUNT, issuer, BYTES_NONE);
    uint8_t raw[8];

    if (count == 0) { /* what waited and came has left nothing */
        txn_delete(txn, SPACE_LEDGER, row_key_bytes(&key));
        return;
    }
    store_u64(raw, count);
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), bytes_of(raw, sizeof raw));
}

static void wait_for_transfer(const struct ledger *ledger, struct txn *txn, struct division issuer,
                              struct bytes id, const struct transfer_match *match)
{
    const struct row_key key = waiting_key(ledger, issuer, match, id);

    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key),
                  bytes_of(match->answerer.code, DIVISION_CODE_MAX));
    set_waiting_count(txn, issuer, waiting_count(txn, issuer) + 1);
}

static void wait_no_more(const struct ledger *ledger, struct txn *txn, struct division issuer,
                         struct bytes id, const struct transfer_match *match)
{
    const struct row_key key = waiting_key(ledger, issuer, match, id);
    struct bytes value;

    if (txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value)) {
        txn_delete(txn, SPACE_LEDGER, row_key_bytes(&key));
        set_waiting_count(txn, issuer, waiting_count(txn, issuer) - 1);
    }
}

/* --- judging --- */

static int64_t absolute(int64_t fen)
{
    return fen < 0 ? -fen : fen;
}

/* Part of a recall may be granted, and a refusal says no amount; all else is answered as it is. */
static bool amount_fits(const struct transfer_match *match)
{
    if (match->answered == OUTCOME_GRANTED) {
        return match->answer_amount > 0 && match->answer_amount <= match->amount;
    }
    return match->answered == OUTCOME_REFUSED || match->answer_amount == match->amount;
}

static const char *compare_answer(const struct transfer_match *match)
{
    if (!division_equal(match->receiver, match->answerer)) {
        return "other_division_answered";
    }
    if (match->answer_year != match->year) {
        return "years_differ";
    }
    if (!outcome_fits(match->kind, match->amount, match->answered)) {
        return "other_kind_answered";
    }
    if (!amount_fits(match)) {
        return "amounts_differ";
    }
    if (match->answered != OUTCOME_REFUSED && !hash_equal(&match->answer_terms, &match->terms)) {
        return "elements_differ";
    }
    if (!hash_equal(&match->answer_content, &match->content)) {
        return "content_differs";
    }
    return match->answer_names_lsn == match->transfer_lsn ||
                   (match->evidence_lsn != 0 && match->answer_names_lsn == match->evidence_lsn)
               ? NULL
               : "positions_differ";
}

static const char *compare_settle(const struct transfer_match *match)
{
    if (match->answered != OUTCOME_REFUSED &&
        match->settle_amount != absolute(match->answer_amount)) {
        return "settled_not_answered";
    }
    if (match->settled != match->answered) {
        return "outcome_not_answered";
    }
    return bytes_equal(short_text_bytes(&match->settle_answer_id),
                       short_text_bytes(&match->answer_id))
               ? NULL
               : "other_answer_settled";
}

static void alarm_breach(const struct ledger *ledger, struct division issuer, struct bytes id,
                         struct transfer_match *match, const char *why)
{
    match->breach = true;
    ledger_alarm(ledger, ALARM_EDGE_DIFFERS, issuer,
                 "edge_differs id=%.*s transfer_lsn=%" PRIu64 " answerer=%s answer_id=%s"
                 " answer_lsn=%" PRIu64 " settle_id=%s settle_lsn=%" PRIu64 " why=%s",
                 (int)id.size, (const char *)id.data, match->transfer_lsn, match->answerer.code,
                 match->answer_id.at, match->answer_lsn,
                 match->settle_lsn == 0 ? "" : match->settle_id.at, match->settle_lsn, why);
}

/* Compares what is there of the sides. False when they disagree. */
static bool judge(const struct ledger *ledger, struct division issuer, struct bytes id,
                  struct transfer_match *match)
{
    const char *why = NULL;

    if (match->transfer_lsn != 0 && match->answer_lsn != 0) {
        why = compare_answer(match);
    }
    if (why == NULL && match->answer_lsn != 0 && match->settle_lsn != 0) {
        why = compare_settle(match);
    }
    if (why == NULL && match->transfer_lsn != 0 && match->settle_lsn != 0 &&
        match->settled != OUTCOME_GRANTED && match->settle_amount != absolute(match->amount)) {
        why = "settled_not_issued";
    }
    if (why != NULL && !match->breach) {
        alarm_breach(ledger, issuer, id, match, why);
    }
    return why == NULL;
}

/* --- what waits for an answer --- */

/* Is it this node's division that must answer? Any log may name whom it likes. */
static bool is_for_us(const struct ledger *ledger, struct division issuer,
                      const struct transfer_match *match)
{
    const struct division self = ledger->config.self;

    return division_equal(match->receiver, self) && !division_equal(issuer, self) &&
           (match->kind == KIND_REMIT ? ledger_is_below(ledger, issuer)
                                      : ledger_is_above(ledger, issuer));
}

static void begin_wait(const struct ledger *ledger, struct txn *txn, const struct applied *entry,
                       const struct document *ask, const struct transfer_match *match)
{
    const struct open_item item = {
        .place = {match->due, entry->author, document_id(ask)},
        .kind = ask->kind,
        .party = match->receiver,
        .year = match->year,
        .amount = match->amount,
        .since_ms = entry->time_ms,
        .number = document_text(ask, FIELD_COR_BGT_DOC_NO),
    };

    if (ledger_is_below(ledger, entry->author)) {
        open_item_add(txn, OPEN_AWAITED, entry->author, &item);
    }
    if (match->answer_lsn == 0 && is_for_us(ledger, entry->author, match)) {
        open_item_add(txn, OPEN_TO_REGISTER, ledger->config.self, &item);
    }
}

static void end_wait(struct txn *txn, enum open_list list, struct division division,
                     struct division issuer, struct bytes id, const struct transfer_match *match)
{
    open_item_remove(txn, list, division, &(struct open_place){match->due, issuer, id});
}

/* --- what is given back of a transfer later --- */

/* The transfer that an ask or the answer to it lowers. */
static struct short_text lowered_by(const struct document *document)
{
    const bool is_recall = document->kind == KIND_RECALL;

    if (!is_recall && document->kind != KIND_RECALL_GRANT && document_money(document) >= 0) {
        return short_text_of(BYTES_NONE);
    }
    return short_text_of(document_text(document, is_recall ? FIELD_BGT_ID
                                                 : document->kind == KIND_RECALL_GRANT
                                                     ? FIELD_ORI_BGT_ID
                                                     : FIELD_EARLY_BGT_ID));
}

/* Counts at the transfer what its receiver gave back, or its issuer settled of that. */
static void count_back(struct txn *txn, struct division issuer, const struct transfer_match *ask,
                       int64_t given, int64_t taken)
{
    const struct bytes id = short_text_bytes(&ask->lowers);
    struct transfer_match transfer;

    if (id.size > 0 && transfer_match_load(txn, issuer, id, &transfer)) {
        transfer.given_back += given;
        transfer.taken_back += taken;
        transfer_match_store(txn, issuer, id, &transfer);
    }
}

/* --- the three sides --- */

/* What is entered again as it stood in this log once is the same ask: its answers name the body and
 * the position of then. Another text under that id is another ask. */
static void fill_evidence(struct transfer_match *match, const struct document *ask)
{
    struct document_evidence evidence;
    struct document before;
    struct buf body = BUF_EMPTY;
    struct hash content;

    if (!document_evidence(ask, &evidence)) {
        return;
    }
    document_without_evidence(&before, ask);
    document_encode(&body, &before);
    content = hash_of(TAG_CONTENT, buf_bytes(&body));
    if (hash_equal(&content, &evidence.hash)) {
        match->evidence_lsn = evidence.lsn;
        match->content = content;
    }
    buf_free(&body);
}

static void fill_ask(struct transfer_match *match, const struct applied *entry,
                     const struct document *ask)
{
    match->transfer_lsn = entry->lsn;
    match->kind = ask->kind;
    match->receiver = document_party(ask);
    match->amount = document_money(ask);
    match->content = hash_of(TAG_CONTENT, entry->body);
    fill_evidence(match, ask);
    match->terms = terms_issued(ask);
    match->year = document_year(ask);
    match->due = clock_due(ask, entry->time_ms);
    match->lowers = lowered_by(ask);
}

bool transfer_match_issue(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                          const struct document *ask)
{
    const struct bytes id = document_id(ask);
    struct transfer_match match;
    bool answered;

    if (transfer_match_load(txn, entry->author, id, &match) && match.transfer_lsn != 0) {
        return false;
    }
    fill_ask(&match, entry, ask);
    if (match.answer_lsn != 0) {
        wait_no_more(ledger, txn, entry->author, id, &match);
    }
    if (match.missed && document_has(ask, FIELD_EVIDENCE_LSN)) { /* here it is, and is judged */
        match.breach = match.missed = false;
    }
    answered = judge(ledger, entry->author, id, &match) && match.evidence_lsn != 0 &&
               match.answer_lsn != 0;
    if (!division_equal(match.receiver, match.answerer)) {
        match.answer_lsn = 0; /* its receiver has not answered */
    }
    transfer_match_store(txn, entry->author, id, &match);
    begin_wait(ledger, txn, entry, ask, &match);
    if (division_equal(match.receiver, ledger->config.self) ||
        (!ledger_is_below(ledger, entry->author) && ledger_is_below(ledger, match.receiver))) {
        incoming_store(txn, entry->author, id,
                       &(struct incoming){entry->lsn, ask->kind, match.content, entry->body});
    }
    return answered && match.settle_lsn == 0;
}

static void fill_answer(struct transfer_match *match, const struct applied *entry,
                        const struct document *answer)
{
    const struct bytes content = document_text(answer, FIELD_TRANSFER_HASH);

    match->answer_lsn = entry->lsn;
    match->answerer = entry->author;
    match->answer_amount = document_money(answer);
    match->answer_names_lsn = (uint64_t)document_number(answer, FIELD_TRANSFER_LSN);
    match->answer_terms = terms_answered(answer);
    match->answer_year = document_year(answer);
    match->answer_content = HASH_ZERO;
    if (content.size == sizeof match->answer_content.at) {
        memcpy(match->answer_content.at, content.data, content.size);
    }
    match->answer_id = short_text_of(document_id(answer));
    match->answered = outcome_of(answer);
    if (match->transfer_lsn == 0) {
        match->lowers = lowered_by(answer);
    }
}

/* Has the issuer's log been read here past the position that the answer names? */
static bool has_passed(const struct ledger *ledger, struct txn *txn, struct division issuer,
                       uint64_t lsn)
{
    struct position_row position;

    if (division_equal(issuer, ledger->config.self)) {
        return true; /* what we issued we know at once */
    }
    if (!ledger_is_below(ledger, issuer)) {
        return false; /* of a log above, only what comes after it tells */
    }
    position_load(txn, issuer, &position);
    return position.lsn >= lsn;
}

/* Only money that goes up is answered from above; whom the answerer let in below itself may not be
 * known here yet. */
static bool may_ask(const struct ledger *ledger, struct division issuer, struct division author,
                    uint32_t answer_kind)
{
    const struct roster *roster = ledger->config.roster;

    return !division_equal(issuer, author) &&
           (roster_within(roster, author, issuer) ||
            (outcome_answers(KIND_REMIT, answer_kind) &&
             (roster_find(roster, issuer) == NULL || roster_within(roster, issuer, author))));
}

/* An answer that cannot be the one to this ask, whatever it says: NULL, or why. */
static const char *misplaced(const struct ledger *ledger, struct division issuer, struct bytes id,
                             const struct transfer_match *match, const struct applied *entry)
{
    if (id.size == 0) {
        return "names_no_transfer";
    }
    if (match->answer_lsn != 0) {
        return "answered_twice";
    }
    if (match->transfer_lsn != 0 && !division_equal(match->receiver, entry->author)) {
        return "other_division_answered";
    }
    return may_ask(ledger, issuer, entry->author, entry->kind) ? NULL : "issuer_not_above";
}

bool transfer_match_answer(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                           const struct document *answer)
{
    const struct division issuer = document_party(answer);
    const struct bytes id = document_about(answer);
    struct transfer_match match, told;
    const bool known = transfer_match_load(txn, issuer, id, &match);
    const char *why = misplaced(ledger, issuer, id, &match, entry);
    bool fits = false;

    if (why != NULL) {
        told = match;
        fill_answer(&told, entry, answer);
        alarm_breach(ledger, issuer, id, &told, why);
        match.breach = true;
        match.missed = told.missed = false;
        transfer_match_store(txn, issuer, id, known ? &match : &told);
        return false;
    }
    fill_answer(&match, entry, answer);
    if (match.transfer_lsn != 0) {
        fits = judge(ledger, issuer, id, &match);
    } else if (has_passed(ledger, txn, issuer, match.answer_names_lsn)) {
        match.missed = !match.breach;
        alarm_breach(ledger, issuer, id, &match, "transfer_not_issued");
    } else {
        wait_for_transfer(ledger, txn, issuer, id, &match);
    }
    transfer_match_store(txn, issuer, id, &match);
    if (outcome_lowers(match.answered)) {
        count_back(txn, issuer, &match, absolute(match.answer_amount), 0);
    }
    if (division_equal(entry->author, ledger->config.self)) {
        end_wait(txn, OPEN_TO_REGISTER, entry->author, issuer, id, &match);
    }
    return fits && match.settle_lsn == 0;
}

/* Whether this division answered its own log alone tells, at once; what another answered may come
 * yet. */
static bool lacks_our_answer(const struct ledger *ledger, const struct document *settle,
                             const struct transfer_match *match)
{
    const struct division self = ledger->config.self;

    return match->answer_lsn == 0 &&
           (division_equal(document_party(settle), self) ||
            (match->transfer_lsn != 0 && division_equal(match->receiver, self)));
}

void transfer_match_settle(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                           const struct document *settle)
{
    const struct bytes id = document_about(settle);
    struct transfer_match match;

    if (id.size == 0) {
        return;
    }
    if (transfer_match_load(txn, entry->author, id, &match) && match.settle_lsn != 0) {
        alarm_breach(ledger, entry->author, id, &match, "settled_twice");
    } else {
        match.settle_lsn = entry->lsn;
        match.settle_amount = document_money(settle);
        match.settle_id = short_text_of(document_id(settle));
        match.settle_answer_id = short_text_of(document_text(settle, FIELD_ANSWER_ID));
        match.settled = outcome_said(settle);
        if (match.transfer_lsn == 0 && match.answer_lsn == 0) {
            match.lowers = short_text_of(document_text(settle, FIELD_EARLY_BGT_ID));
        }
        if (outcome_lowers(match.settled)) {
            count_back(txn, entry->author, &match, 0, match.settle_amount);
        }
        if (lacks_our_answer(ledger, settle, &match)) {
            alarm_breach(ledger, entry->author, id, &match, "settled_unanswered");
        }
        (void)judge(ledger, entry->author, id, &match);
        if (ledger_is_below(ledger, entry->author)) {
            end_wait(txn, OPEN_AWAITED, entry->author, entry->author, id, &match);
        }
    }
    transfer_match_store(txn, entry->author, id, &match);
}

/* --- answers whose transfer should have been there by now --- */

struct overdue {
    uint64_t lsn;
    size_t count;
    struct buf ids; /* size, id */
};

static bool visit_waiting(void *arg, struct bytes key, struct bytes value)
{
    struct overdue *overdue = arg;
    const struct bytes rest = row_key_rest(key);
    const size_t before = GROUP_SIZE + 8;

    (void)value;
    if (rest.size <= before || load_u64(rest.data + GROUP_SIZE) > overdue->lsn) {
        return false;
    }
    list_add(&overdue->ids, bytes_of(rest.data + before, rest.size - before));
    return ++overdue->count < PASSED_MAX;
}

void transfer_match_passed(struct ledger *ledger, struct txn *txn, struct division issuer,
                           const struct division *receiver, uint64_t lsn)
{
    const struct row_key prefix =
        waiting_prefix(issuer, receiver == NULL ? DIVISION_NONE : *receiver);
    struct overdue overdue = {lsn, 0, BUF_EMPTY};
    struct reader reader;
    struct bytes id;
    struct err err;

    if (waiting_count(txn, issuer) == 0) {
        return;
    }
    /* A read error stays with the txn, and its turn is not committed. */
    (void)txn_scan(txn, SPACE_LEDGER, row_key_bytes(&prefix), visit_waiting, &overdue, &err);
    reader = reader_of(buf_bytes(&overdue.ids));
    while (list_next(&reader, &id)) {
        struct transfer_match match;

        if (transfer_match_load(txn, issuer, id, &match)) {
            wait_no_more(ledger, txn, issuer, id, &match);
            match.missed = !match.breach;
            alarm_breach(ledger, issuer, id, &match, "transfer_not_issued");
            transfer_match_store(txn, issuer, id, &match);
        }
    }
    buf_free(&overdue.ids);
}
