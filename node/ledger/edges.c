/* Both sides of every transfer that this node can see, held against each other (invariant 4).
 * Nothing here is part of anybody's ledger: an edge is what a holder of several logs knows. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/kind_steps.h"
#include "node/ledger/ledger_internal.h"

/* --- transfers to this node --- */

bool incoming_load(struct txn *txn, struct division issuer, struct bytes id, struct incoming *out)
{
    const struct row_key key = row_key_of('N', issuer, id);
    struct bytes value = BYTES_NONE;
    struct reader reader;

    if (!txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value)) {
        return false;
    }
    reader = reader_of(value);
    out->lsn = reader_u64(&reader);
    reader_copy(&reader, out->content.at, sizeof out->content.at);
    out->body = reader_bytes(&reader, reader_left(&reader));
    return reader_ok(&reader);
}

void incoming_store(struct txn *txn, struct division issuer, struct bytes id,
                    const struct incoming *incoming)
{
    const struct row_key key = row_key_of('N', issuer, id);
    struct buf value = BUF_EMPTY;

    buf_put_u64(&value, incoming->lsn);
    buf_append(&value, incoming->content.at, sizeof incoming->content.at);
    buf_append_bytes(&value, incoming->body);
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&value));
    buf_free(&value);
}

/* --- answers that wait for their transfer --- */

static struct row_key waiting_key(struct division issuer, uint64_t lsn, struct bytes id)
{
    uint8_t rest[8 + DOCUMENT_ID_MAX];

    assert(id.size <= DOCUMENT_ID_MAX);
    store_u64(rest, lsn);
    memcpy(rest + 8, id.data, id.size);
    return row_key_of('Z', issuer, bytes_of(rest, 8 + id.size));
}

static uint64_t waiting_count(struct txn *txn, struct division issuer)
{
    const struct row_key key = row_key_of('z', issuer, BYTES_NONE);
    struct bytes value;

    return txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value) && value.size == 8
               ? load_u64(value.data)
               : 0;
}

static void set_waiting_count(struct txn *txn, struct division issuer, uint64_t count)
{
    const struct row_key key = row_key_of('z', issuer, BYTES_NONE);
    uint8_t raw[8];

    store_u64(raw, count);
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), bytes_of(raw, sizeof raw));
}

static void wait_for_transfer(struct txn *txn, struct division issuer, struct bytes id,
                              const struct edge *edge)
{
    const struct row_key key = waiting_key(issuer, edge->answer_names_lsn, id);

    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key),
                  bytes_of(edge->answerer.code, DIVISION_CODE_MAX));
    set_waiting_count(txn, issuer, waiting_count(txn, issuer) + 1);
}

static void wait_no_more(struct txn *txn, struct division issuer, struct bytes id,
                         const struct edge *edge)
{
    const struct row_key key = waiting_key(issuer, edge->answer_names_lsn, id);
    struct bytes value;

    if (txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value)) {
        txn_delete(txn, SPACE_LEDGER, row_key_bytes(&key));
        set_waiting_count(txn, issuer, waiting_count(txn, issuer) - 1);
    }
}

/* --- judging --- */

static const char *compare_answer(const struct edge *edge)
{
    if (!division_equal(edge->receiver, edge->answerer)) {
        return "another division answered";
    }
    if (edge->answer_year != edge->year) {
        return "the fiscal years differ";
    }
    if (edge->answer_amount != edge->amount) {
        return "the amounts differ";
    }
    if (!hash_equal(&edge->answer_terms, &edge->terms)) {
        return "fund, project or another element differs";
    }
    if (!hash_equal(&edge->answer_content, &edge->content)) {
        return "the content answered is not the content issued";
    }
    return edge->answer_names_lsn == edge->transfer_lsn ? NULL : "the positions differ";
}

static const char *compare_settle(const struct edge *edge)
{
    if (edge->settle_amount != edge->answer_amount) {
        return "the amount settled is not the amount answered";
    }
    if (edge->settled_returned != edge->returned) {
        return "the outcome settled is not the answer";
    }
    return bytes_equal(short_text_bytes(&edge->settle_answer_id),
                       short_text_bytes(&edge->answer_id))
               ? NULL
               : "another answer was settled";
}

static void alarm_edge(const struct ledger *ledger, struct division issuer, struct bytes id,
                       struct edge *edge, const char *why)
{
    char settle[80] = "";

    if (edge->settle_lsn != 0) {
        (void)snprintf(settle, sizeof settle, ", settle %s lsn %" PRIu64, edge->settle_id.at,
                       edge->settle_lsn);
    }
    edge->breach = true;
    ledger_alarm(ledger, "edge_differs", issuer,
                 "%s: transfer %s/%.*s lsn %" PRIu64 ", answer %s/%s lsn %" PRIu64 "%s", why,
                 issuer.code, (int)id.size, (const char *)id.data, edge->transfer_lsn,
                 edge->answerer.code, edge->answer_id.at, edge->answer_lsn, settle);
}

/* Compares what is there of the sides. False when they disagree. */
static bool judge(const struct ledger *ledger, struct division issuer, struct bytes id,
                  struct edge *edge)
{
    const char *why = NULL;

    if (edge->transfer_lsn != 0 && edge->answer_lsn != 0) {
        why = compare_answer(edge);
    }
    if (why == NULL && edge->answer_lsn != 0 && edge->settle_lsn != 0) {
        why = compare_settle(edge);
    }
    if (why == NULL && edge->transfer_lsn != 0 && edge->settle_lsn != 0 &&
        edge->settle_amount != edge->amount) {
        why = "the amount settled is not the amount issued";
    }
    if (why != NULL && !edge->breach) {
        alarm_edge(ledger, issuer, id, edge, why);
    }
    return why == NULL;
}

/* --- the three sides --- */

void edge_issue(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                const struct document *transfer)
{
    const struct bytes id = document_id(transfer);
    struct edge edge;

    if (edge_load(txn, entry->author, id, &edge) && edge.transfer_lsn != 0) {
        return;
    }
    edge.transfer_lsn = entry->lsn;
    edge.receiver = document_party(transfer);
    edge.amount = document_money(transfer);
    edge.content = hash_of(TAG_CONTENT, entry->body);
    edge.terms = terms_issued(transfer);
    edge.year = document_year(transfer);
    if (edge.answer_lsn != 0) {
        wait_no_more(txn, entry->author, id, &edge);
    }
    (void)judge(ledger, entry->author, id, &edge);
    if (!division_equal(edge.receiver, edge.answerer)) {
        edge.answer_lsn = 0; /* its receiver has not answered */
    }
    edge_store(txn, entry->author, id, &edge);
    if (division_equal(edge.receiver, ledger->config.self)) {
        incoming_store(txn, entry->author, id,
                       &(struct incoming){entry->lsn, edge.content, entry->body});
    }
}

static void fill_answer(struct edge *edge, const struct applied *entry,
                        const struct document *answer)
{
    const struct bytes content = document_text(answer, FIELD_TRANSFER_HASH);

    edge->answer_lsn = entry->lsn;
    edge->answerer = entry->author;
    edge->answer_amount = document_money(answer);
    edge->answer_names_lsn = (uint64_t)document_number(answer, FIELD_TRANSFER_LSN);
    edge->answer_terms = terms_answered(answer);
    edge->answer_year = document_year(answer);
    edge->answer_content = HASH_ZERO;
    if (content.size == sizeof edge->answer_content.at) {
        memcpy(edge->answer_content.at, content.data, content.size);
    }
    edge->answer_id = short_text_of(document_id(answer));
    edge->returned = answer->kind == KIND_RETURN;
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

/* An answer that cannot be the one to this transfer, whatever it says: NULL, or why. */
static const char *misplaced(const struct ledger *ledger, struct division issuer,
                             const struct edge *edge, const struct applied *entry)
{
    if (edge->answer_lsn != 0) {
        return "it is answered a second time";
    }
    if (edge->transfer_lsn != 0 && !division_equal(edge->receiver, entry->author)) {
        return "another division answered";
    }
    return division_equal(issuer, entry->author) ||
                   !roster_within(ledger->config.roster, entry->author, issuer)
               ? "it answers a division that is not above"
               : NULL;
}

bool edge_answer(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                 const struct document *answer)
{
    const struct division issuer = document_party(answer);
    const struct bytes id = document_text(answer, FIELD_BGT_ID);
    struct edge edge, told;
    const bool known = edge_load(txn, issuer, id, &edge);
    const char *why = misplaced(ledger, issuer, &edge, entry);
    bool fits = false;

    if (why != NULL) {
        told = edge;
        fill_answer(&told, entry, answer);
        alarm_edge(ledger, issuer, id, &told, why);
        edge.breach = true;
        if (known) {
            edge_store(txn, issuer, id, &edge);
        }
        return false;
    }
    fill_answer(&edge, entry, answer);
    if (edge.transfer_lsn != 0) {
        fits = judge(ledger, issuer, id, &edge);
    } else if (has_passed(ledger, txn, issuer, edge.answer_names_lsn)) {
        alarm_edge(ledger, issuer, id, &edge, "it answers a transfer that was not issued");
    } else {
        wait_for_transfer(txn, issuer, id, &edge);
    }
    edge_store(txn, issuer, id, &edge);
    return fits && edge.settle_lsn == 0;
}

void edge_settle(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                 const struct document *settle)
{
    const struct bytes id = document_text(settle, FIELD_BGT_ID);
    struct edge edge;

    if (id.size == 0) {
        return;
    }
    if (edge_load(txn, entry->author, id, &edge) && edge.settle_lsn != 0) {
        alarm_edge(ledger, entry->author, id, &edge, "it is settled a second time");
    } else {
        edge.settle_lsn = entry->lsn;
        edge.settle_amount = document_money(settle);
        edge.settle_id = short_text_of(document_id(settle));
        edge.settle_answer_id = short_text_of(document_text(settle, FIELD_ANSWER_ID));
        edge.settled_returned = document_is_word(settle, FIELD_OUTCOME, "returned");
        (void)judge(ledger, entry->author, id, &edge);
    }
    edge_store(txn, entry->author, id, &edge);
}

/* --- answers whose transfer should have been there by now --- */

struct overdue {
    const struct division *receiver;
    uint64_t lsn;
    struct buf ids; /* size, id */
};

static bool visit_waiting(void *arg, struct bytes key, struct bytes value)
{
    struct overdue *overdue = arg;
    const struct bytes rest = row_key_rest(key);

    if (rest.size <= 8 || load_u64(rest.data) > overdue->lsn) {
        return false;
    }
    if (overdue->receiver == NULL ||
        (value.size == DIVISION_CODE_MAX &&
         memcmp(value.data, overdue->receiver->code, DIVISION_CODE_MAX) == 0)) {
        list_add(&overdue->ids, bytes_of(rest.data + 8, rest.size - 8));
    }
    return true;
}

void edge_passed(struct ledger *ledger, struct txn *txn, struct division issuer,
                 const struct division *receiver, uint64_t lsn)
{
    const struct row_key prefix = row_key_of('Z', issuer, BYTES_NONE);
    struct overdue overdue = {receiver, lsn, BUF_EMPTY};
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
        struct edge edge;

        if (edge_load(txn, issuer, id, &edge)) {
            wait_no_more(txn, issuer, id, &edge);
            alarm_edge(ledger, issuer, id, &edge, "it answers a transfer that was not issued");
            edge_store(txn, issuer, id, &edge);
        }
    }
    buf_free(&overdue.ids);
}
