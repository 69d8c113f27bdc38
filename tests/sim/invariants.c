#include "tests/sim/invariants.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/core/rebuild.h"
#include "node/ledger/query/query.h"
#include "node/ledger/rows/year_rows.h"
#include "node/ledger/verify/verify_ledger.h"
#include "proto/array.h"
#include "tests/sim/expected.h"

enum { FIRST_YEAR = 2024, YEARS = 5, FUNDS_MAX = 8 };

/* Of one year, fund by fund. */
struct funds {
    struct fund {
        char key[24];
        int128 balance[ACCOUNTS]; /* debit + */
    } at[FUNDS_MAX];
    size_t count;
};

struct invariants {
    struct sim *sim;
    struct closed {
        struct division author;
        int year;
        uint64_t lsn; /* of its newest close_year */
        struct funds funds;
    } * closed;
    size_t count, capacity;
};

struct invariants *invariants_new(struct sim *sim)
{
    struct invariants *invariants = mem_zalloc(sizeof *invariants);

    invariants->sim = sim;
    return invariants;
}

void invariants_free(struct invariants *invariants)
{
    mem_free(invariants->closed);
    mem_free(invariants);
}

struct ask {
    const struct sim_node *holder, *author;
    struct txn *txn;
    char *fault;
    size_t size;
};

static bool fails(const struct ask *ask, int year, const char *what, const char *key)
{
    (void)snprintf(ask->fault, ask->size, "%s at %s, year %d: %s %s",
                   sim_division(ask->author).code, sim_division(ask->holder).code, year, what, key);
    return false;
}

/* --- sums of a year --- */

static void add_fund(void *arg, const struct balance_row *row)
{
    struct funds *funds = arg;
    size_t i = 0;

    while (i < funds->count && strcmp(funds->at[i].key, row->key) != 0) {
        i++;
    }
    assert(i < FUNDS_MAX);
    if (i == funds->count) {
        funds->at[funds->count] = (struct fund){.key = ""};
        (void)snprintf(funds->at[funds->count++].key, sizeof funds->at[0].key, "%.23s", row->key);
    }
    funds->at[i].balance[row->account] += row->debit - row->credit;
}

static void load_funds(const struct ask *ask, int year, struct funds *out)
{
    out->count = 0;
    query_balance(ask->txn, NULL, sim_division(ask->author), SCOPE_OWN, year, BY_FUND, add_fund,
                  out);
}

static int128 balance_of(const struct funds *funds, const char *key, enum account account)
{
    for (size_t i = 0; i < funds->count; i++) {
        if (strcmp(funds->at[i].key, key) == 0) {
            return funds->at[i].balance[account];
        }
    }
    return 0;
}

static bool adds_up(const struct ask *ask, int year, const struct funds *funds)
{
    for (size_t i = 0; i < funds->count; i++) {
        int128 sum = 0;

        for (int account = 1; account < ACCOUNTS; account++) {
            sum += funds->at[i].balance[account];
        }
        if (sum != 0) {
            return fails(ask, year, "sources are not uses of fund", funds->at[i].key);
        }
    }
    return true;
}

static bool is_carried(const struct ask *ask, int year, const struct funds *from,
                       const struct funds *to)
{
    for (size_t i = 0; i < from->count; i++) {
        const char *key = from->at[i].key;

        if (from->at[i].balance[ACC_CARRY_OUT] + balance_of(to, key, ACC_SRC_CARRY_IN) != 0) {
            return fails(ask, year, "what is carried out did not come in, fund", key);
        }
    }
    for (size_t i = 0; i < to->count; i++) {
        const char *key = to->at[i].key;

        if (balance_of(from, key, ACC_CARRY_OUT) + to->at[i].balance[ACC_SRC_CARRY_IN] != 0) {
            return fails(ask, year, "what came in was not carried out, fund", key);
        }
    }
    return true;
}

/* --- payments --- */

struct payments {
    const struct ask *ask;
    int128 left;
    bool ok;
};

static bool add_payment(void *arg, const struct document_row *row)
{
    struct payments *payments = arg;
    const struct ask *ask = payments->ask;
    struct doc_row payment;

    if (!doc_load(ask->txn, sim_division(ask->author), bytes_text(row->id), &payment)) {
        payments->ok = fails(ask, row->year, "there is no row of", row->id);
        return false;
    }
    payments->left += payment.left;
    if (payment.left < 0 || payment.spent < 0 || payment.left + payment.spent > payment.amount) {
        payments->ok =
            fails(ask, row->year, "more is left and spent than was applied for:", row->id);
    }
    return payments->ok;
}

static bool pays_up(const struct ask *ask, int year, const struct funds *funds)
{
    struct payments payments = {.ask = ask, .ok = true};
    int128 committed = 0;

    for (size_t i = 0; i < funds->count; i++) {
        committed += funds->at[i].balance[ACC_COMMIT];
    }
    query_list(ask->txn, sim_division(ask->author), KIND_PAYMENT, year, add_payment, &payments);
    if (payments.ok && payments.left != committed) {
        return fails(ask, year, "what is left of payments is not what is committed", "");
    }
    return payments.ok;
}

/* --- closed years --- */

struct newest {
    int year;
    uint64_t lsn;
};

static bool note_newest(void *arg, const struct document_row *row)
{
    struct newest *newest = arg;

    newest->lsn = row->lsn;
    return true;
}

static struct closed *closed_of(struct invariants *invariants, struct division author, int year)
{
    struct closed *closed;

    for (size_t i = 0; i < invariants->count; i++) {
        closed = &invariants->closed[i];
        if (division_equal(closed->author, author) && closed->year == year) {
            return closed;
        }
    }
    ARRAY_ROOM(invariants->closed, invariants->count, invariants->capacity);
    closed = &invariants->closed[invariants->count++];
    *closed = (struct closed){.author = author, .year = year};
    return closed;
}

static bool stays_closed(struct invariants *invariants, const struct ask *ask, int year,
                         const struct funds *funds)
{
    const struct division author = sim_division(ask->author);
    struct newest newest = {year, 0};
    struct closed *closed;

    if (year_standing(ask->txn, author, year) != YEAR_IS_CLOSED) {
        return true;
    }
    query_list(ask->txn, author, KIND_CLOSE_YEAR, year, note_newest, &newest);
    closed = closed_of(invariants, author, year);
    if (closed->lsn < newest.lsn) {
        closed->lsn = newest.lsn;
        closed->funds = *funds;
        return true;
    }
    for (size_t i = 0; closed->lsn == newest.lsn && i < funds->count; i++) {
        for (int account = 1; account < ACCOUNTS; account++) {
            if (balance_of(&closed->funds, funds->at[i].key, (enum account)account) !=
                funds->at[i].balance[account]) {
                return fails(ask, year, "the closed year moved, fund", funds->at[i].key);
            }
        }
    }
    return true;
}

/* --- a ledger at a holder --- */

static bool digest_agrees(const struct ask *ask)
{
    struct txn *txn = txn_open(sim_store(ask->author), NULL);
    struct ledger_position own, there;
    bool ok;

    ledger_position(txn, sim_division(ask->author), &own);
    ledger_position(ask->txn, sim_division(ask->author), &there);
    ok = own.digest_lsn != there.digest_lsn || own.lsn != there.lsn ||
         hash_equal(&own.digest, &there.digest);
    txn_free(txn);
    return ok || fails(ask, 0, "the digest differs", "");
}

static bool years_hold(struct invariants *invariants, const struct ask *ask)
{
    struct funds funds, before = {.count = 0};

    for (int year = FIRST_YEAR; year < FIRST_YEAR + YEARS; year++) {
        load_funds(ask, year, &funds);
        if (!adds_up(ask, year, &funds) || !pays_up(ask, year, &funds) ||
            (year > FIRST_YEAR && !is_carried(ask, year - 1, &before, &funds)) ||
            !stays_closed(invariants, ask, year, &funds)) {
            return false;
        }
        before = funds;
    }
    return true;
}

static bool holds_at(struct invariants *invariants, const struct sim_node *author,
                     const struct sim_node *holder, char *fault, size_t size)
{
    struct ask ask = {holder, author, txn_open(sim_store(holder), NULL), fault, size};
    char words[256] = "";
    bool ok = verify_ledger(ask.txn, node_roster(sim_core(holder)), sim_division(author), words,
                            sizeof words) == VERIFY_SOUND;

    if (!ok) {
        (void)fails(&ask, 0, "books", words);
    }
    ok = ok && digest_agrees(&ask) && years_hold(invariants, &ask);
    txn_free(ask.txn);
    return ok;
}

bool invariants_hold_of(struct invariants *invariants, const struct sim_node *author, char *fault,
                        size_t size)
{
    for (const struct sim_node *up = author; up != NULL; up = sim_parent(up)) {
        if (sim_core(up) != NULL && !node_is_folding(sim_core(up)) && expected_whole(up, author) &&
            !sim_is_cut_off(author) &&
            roster_find(node_roster(sim_core(up)), sim_division(author)) != NULL &&
            !holds_at(invariants, author, up, fault, size)) {
            return false;
        }
    }
    return true;
}

bool invariants_hold(struct invariants *invariants, char *fault, size_t size)
{
    for (size_t i = 0; i < sim_nodes(invariants->sim); i++) {
        if (!invariants_hold_of(invariants, sim_at(invariants->sim, i), fault, size)) {
            return false;
        }
    }
    return true;
}
