#include "node/ledger/query/sources.h"

#include <stdlib.h>

#include "node/ledger/query/lines.h"
#include "proto/array.h"

const char *source_name(enum account account)
{
    static const char *const names[] = {[ACC_SRC_APPROVED] = "approved",
                                        [ACC_SRC_TRANSFER_IN] = "transferred",
                                        [ACC_SRC_CARRY_IN] = "carried",
                                        [ACC_SRC_RECOVERED] = "recovered",
                                        [ACC_SRC_ADVANCE] = "advanced"};

    return (size_t)account < COUNT_OF(names) ? names[account] : NULL;
}

/* Few: an account each, and a division above each. */
struct sources {
    struct txn *txn;
    struct division division;
    struct source_row *at;
    size_t count, capacity;
};

static struct source_row *row_of(struct sources *sources, enum account account,
                                 struct division issuer)
{
    for (size_t i = 0; i < sources->count; i++) {
        struct source_row *row = &sources->at[i];

        if (row->account == account && division_equal(row->issuer, issuer)) {
            return row;
        }
    }
    ARRAY_ROOM(sources->at, sources->count, sources->capacity);
    sources->at[sources->count] = (struct source_row){.account = account, .issuer = issuer};
    return &sources->at[sources->count++];
}

/* A source is brought in by one document, from one account: an advance until its reply. ACCOUNTS of
 * one that came to nothing. */
static enum account account_of(const struct line_sums *sums)
{
    enum account account = ACC_SRC_APPROVED;

    while (account < ACCOUNTS && (source_name(account) == NULL || sums->balance[account] == 0)) {
        account++;
    }
    return account;
}

static void add_source(void *arg, const struct line_sums *sums)
{
    struct sources *sources = arg;
    const enum account account = account_of(sums);
    struct indicator line;
    struct source_row *row;

    if (account == ACCOUNTS ||
        !indicator_load_terms(sources->txn, sources->division, bytes_text(sums->key[0]), &line)) {
        return;
    }
    row = row_of(sources, account, line.issuer);
    row->documents++;
    for (enum account a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
        chain_add(&row->chain, &(struct balance_row){.account = a, .debit = sums->balance[a]});
    }
}

static int largest_first(const void *a, const void *b)
{
    const struct source_row *left = a, *right = b;

    if (left->account != right->account) {
        return left->account < right->account ? -1 : 1;
    }
    if (left->chain.received != right->chain.received) {
        return left->chain.received > right->chain.received ? -1 : 1;
    }
    return memcmp(left->issuer.code, right->issuer.code, sizeof left->issuer.code);
}

bool query_sources(struct txn *txn, const struct source_request *request,
                   void (*visit)(void *arg, const struct source_row *row), void *arg)
{
    const struct line_request lines = {
        .divisions = &request->division,
        .division_count = 1,
        .year = request->year,
        .by = {LINE_SOURCE},
        .by_count = 1,
        .read_max = request->read_max,
    };
    struct sources sources = {.txn = txn, .division = request->division};
    const bool all = query_lines(txn, &lines, add_source, &sources);

    if (sources.count > 0) {
        qsort(sources.at, sources.count, sizeof *sources.at, largest_first);
    }
    for (size_t i = 0; i < sources.count; i++) {
        visit(arg, &sources.at[i]);
    }
    mem_free(sources.at);
    return all;
}
