#include "tests/sim/facts.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/expected.h"

/* --- what both ends of an ask were told --- */

struct fact *fact_find(const struct office *office, uint32_t kind, const char *id)
{
    for (size_t i = 0; i < office->count; i++) {
        struct fact *fact = &office->facts[i];
        if (fact->kind == kind && strcmp(fact->id, id) == 0) {
            return fact;
        }
    }
    return NULL;
}

bool fact_is_ask(const struct clients *clients, const struct fact *fact)
{
    switch (fact->kind) {
    case KIND_TRANSFER:
        return fact->amount != 0;
    case KIND_RECALL:
        return true;
    case KIND_REMIT:
        return office_of(clients, division_of(fact->other)) != NULL;
    default:
        return false;
    }
}

struct fact *fact_find_ask(const struct office *office, const char *id)
{
    for (size_t i = 0; i < office->count; i++) {
        struct fact *fact = &office->facts[i];
        if (strcmp(fact->id, id) == 0 && fact_is_ask(office->clients, fact)) {
            return fact;
        }
    }
    return NULL;
}

struct office *fact_answers(const struct clients *clients, const struct fact *fact)
{
    return kind_is_answer(fact->kind) ? office_of(clients, division_of(fact->other)) : NULL;
}

/* Where each stands, if its office was told no more than that it is there. */
static void find_places(const struct office *office)
{
    struct txn *txn = txn_open(sim_store(office->node), NULL);

    for (size_t i = 0; i < office->count; i++) {
        struct fact *fact = &office->facts[i];
        struct document_row row;

        fact->answer = 0;
        fact->answered = 0;
        if (((fact->state == FACT_ACKNOWLEDGED && fact->lsn == 0) || fact->state == FACT_LEFT) &&
            query_document(txn, sim_division(office->node), bytes_text(fact->id), &row)) {
            fact->state = FACT_ACKNOWLEDGED;
            fact->lsn = row.lsn;
        }
    }
    txn_free(txn);
}

/* What the issuer made of it, by its own word. */
static uint32_t answer_settled(const struct office *issuer, const struct fact *ask)
{
    static const struct {
        const char *state;
        uint32_t answer;
    } states[] = {
        {"registered", KIND_REGISTER},  {"lowered", KIND_REGISTER},
        {"returned", KIND_RETURN},      {"kept", KIND_RETURN},
        {"granted", KIND_RECALL_GRANT}, {"declined", KIND_RECALL_REFUSE},
    };
    struct txn *txn = txn_open(sim_store(issuer->node), NULL);
    struct document_row row = {.state = ""};

    (void)query_document(txn, sim_division(issuer->node), bytes_text(ask->id), &row);
    txn_free(txn);
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (strcmp(row.state, states[i].state) == 0) {
            return states[i].answer;
        }
    }
    return 0;
}

/* Of a division that is cut off an answer may have been settled that counts no more, and so of one
 * above whose keys wait for a word: then the issuer's own word is taken. */
static bool is_taken_at_its_word(const struct office *issuer, const struct office *receiver)
{
    return sim_is_cut_off(receiver->node) ||
           (sim_is_within(issuer->node, receiver->node) &&
            (sim_is_cut_off(issuer->node) || !expected_whole(issuer->node, receiver->node)));
}

/* An answer whose division has keys that wait for a word may not count there. */
static void note_answers(const struct office *receiver)
{
    for (size_t i = 0; i < receiver->count; i++) {
        const struct fact *fact = &receiver->facts[i];
        const struct office *issuer = fact_answers(receiver->clients, fact);
        struct fact *ask;

        if (issuer == NULL || fact->state != FACT_ACKNOWLEDGED) {
            continue;
        }
        ask = fact_find_ask(issuer, fact->about);
        if (ask == NULL) {
            continue;
        }
        if (is_taken_at_its_word(issuer, receiver)) {
            ask->answer = answer_settled(issuer, ask);
        } else if (fact->lsn <= expected_lsn(issuer->node, receiver->node)) {
            ask->answer = fact->kind;
        }
        ask->answered = fact->amount;
    }
}

/* What was withdrawn before anybody answered it, the receiver's node returns by itself. */
static void note_withdrawn(const struct office *office)
{
    for (size_t i = 0; i < office->count; i++) {
        const struct fact *fact = &office->facts[i];
        struct fact *ask;

        if (fact->kind != KIND_WITHDRAW || fact->state != FACT_ACKNOWLEDGED) {
            continue;
        }
        ask = fact_find_ask(office, fact->about);
        if (ask != NULL && ask->answer == 0) {
            ask->answer = answer_settled(office, ask) == KIND_RETURN ? KIND_RETURN : 0;
        }
    }
}

void facts_match(const struct clients *clients)
{
    for (size_t i = 0; i < clients->count; i++) {
        find_places(clients->offices[i]);
    }
    for (size_t i = 0; i < clients->count; i++) {
        note_answers(clients->offices[i]);
    }
    for (size_t i = 0; i < clients->count; i++) {
        note_withdrawn(clients->offices[i]);
    }
}

/* --- balances --- */

struct balance_query {
    enum account account;
    int64_t sum;
};

static void add_row(void *arg, const struct balance_row *row)
{
    struct balance_query *query = arg;

    if (row->account == query->account) {
        query->sum += (int64_t)(row->debit - row->credit); /* clients say small amounts */
    }
}

int64_t facts_balance(struct txn *txn, struct division division, enum scope scope,
                      enum account account)
{
    struct balance_query query = {account, 0};

    query_balance(txn, NULL, division, scope, 0, BY_ACCOUNT, add_row, &query);
    return query.sum * account_info(account)->normal;
}

int64_t clients_spent(const struct sim_node *at, const struct sim_node *of)
{
    struct txn *txn = txn_open(sim_store(at), NULL);
    const int64_t spent = facts_balance(txn, sim_division(of), SCOPE_OWN, ACC_SPENT);

    txn_free(txn);
    return spent;
}

bool facts_agree(int64_t have, int64_t want, const char *what, struct division division,
                 char *fault, size_t size)
{
    if (have == want) {
        return true;
    }
    (void)snprintf(fault, size, "%s of %s is %" PRId64 " fen, acknowledged were %" PRId64, what,
                   division.code, have, want);
    return false;
}
