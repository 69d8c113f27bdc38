#include "tests/sim/facts.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/expected.h"

/* --- what both ends of a transfer were told --- */

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

/* Where each stands, if its office was told no more than that it is there. */
static void find_places(const struct office *office)
{
    struct txn *txn = txn_open(sim_store(office->node), NULL);

    for (size_t i = 0; i < office->count; i++) {
        struct fact *fact = &office->facts[i];
        struct document_row row;

        fact->answer = 0;
        if (((fact->state == FACT_ACKNOWLEDGED && fact->lsn == 0) || fact->state == FACT_LEFT) &&
            query_document(txn, sim_division(office->node), bytes_text(fact->id), &row)) {
            fact->state = FACT_ACKNOWLEDGED;
            fact->lsn = row.lsn;
        }
    }
    txn_free(txn);
}

/* Of a division that is cut off an answer may have been settled that counts no more: what the
 * issuer made of it is its own word. */
static uint32_t answer_settled(const struct office *issuer, const struct fact *transfer)
{
    struct txn *txn = txn_open(sim_store(issuer->node), NULL);
    struct document_row row = {.state = ""};

    (void)query_document(txn, sim_division(issuer->node), bytes_text(transfer->id), &row);
    txn_free(txn);
    return strcmp(row.state, "registered") == 0 ? KIND_REGISTER
           : strcmp(row.state, "returned") == 0 ? KIND_RETURN
                                                : 0;
}

/* An answer whose division has keys that wait for a word may not count there. */
static void note_answers(const struct office *receiver)
{
    for (size_t i = 0; i < receiver->count; i++) {
        const struct fact *fact = &receiver->facts[i];
        const struct office *issuer;
        struct fact *transfer;

        if ((fact->kind != KIND_REGISTER && fact->kind != KIND_RETURN) ||
            fact->state != FACT_ACKNOWLEDGED) {
            continue;
        }
        issuer = office_of(receiver->clients, division_of(fact->other));
        transfer = fact_find(issuer, KIND_TRANSFER, fact->about);
        if (transfer != NULL && sim_is_cut_off(receiver->node)) {
            transfer->answer = answer_settled(issuer, transfer);
        } else if (transfer != NULL && fact->lsn <= expected_lsn(issuer->node, receiver->node)) {
            transfer->answer = fact->kind;
        }
    }
}

static void sum_transfers(struct office *office)
{
    office->transit = office->transferred = office->returned = 0;
    for (size_t i = 0; i < office->count; i++) {
        const struct fact *fact = &office->facts[i];

        if (fact->kind != KIND_TRANSFER || fact->state != FACT_ACKNOWLEDGED) {
            continue;
        }
        if (fact->answer == KIND_REGISTER) {
            office->transferred += fact->amount;
        } else if (fact->answer == KIND_RETURN) {
            office->returned += fact->amount;
        } else {
            office->transit += fact->amount;
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
        sum_transfers(clients->offices[i]);
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

int64_t facts_told(const struct office *office, uint32_t kind, uint64_t last_lsn)
{
    int64_t sum = 0;

    for (size_t i = 0; i < office->count; i++) {
        const struct fact *fact = &office->facts[i];

        if (fact->kind == kind && fact->state == FACT_ACKNOWLEDGED && fact->lsn <= last_lsn) {
            sum += fact->amount;
        }
    }
    return sum;
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
