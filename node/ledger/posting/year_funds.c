#include "node/ledger/posting/year_funds.h"

#include "proto/array.h"

const enum account year_open_accounts[YEAR_OPEN_ACCOUNTS] = {
    ACC_UNALLOC, ACC_PENDING, ACC_AVAIL, ACC_FROZEN, ACC_COMMIT, ACC_TRANSIT, ACC_SRC_ADVANCE};

static struct year_fund *fund_named(struct year_funds *funds, struct bytes name)
{
    struct year_fund *fund;

    for (size_t i = 0; i < funds->count; i++) {
        if (bytes_equal(short_text_bytes(&funds->at[i].fund), name)) {
            return &funds->at[i];
        }
    }
    ARRAY_ROOM(funds->at, funds->count, funds->capacity);
    fund = &funds->at[funds->count++];
    memset(fund, 0, sizeof *fund);
    fund->fund = short_text_of(name);
    return fund;
}

struct loading {
    struct year_funds *out;
    struct txn *txn;
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    const struct loading *loading = arg;
    const struct bytes rest = row_key_rest(key);
    const struct bytes name = bytes_of(rest.data + 2, rest.size - 2); /* behind the year */

    return txn_check_row(loading->txn, key,
                         year_sums_parse(value, fund_named(loading->out, name)->at));
}

static void add_unposted(struct year_funds *out, int year, struct bytes unposted)
{
    struct reader reader = reader_of(unposted);
    uint64_t lsn;
    size_t count;

    while (fold_next_entry(&reader, &lsn, &count)) {
        for (size_t i = 0; i < count; i++) {
            const struct folded_posting posting = fold_next_posting(&reader);

            if (posting.year == year) {
                fund_named(out, posting.fund)->at[posting.account] += posting.fen;
            }
        }
    }
}

void year_funds_load(struct year_funds *out, struct txn *txn, struct division division, int year,
                     struct bytes unposted)
{
    const struct row_key prefix = year_sums_key(division, year, BYTES_NONE);
    struct loading loading = {out, txn};
    struct err err;

    *out = (struct year_funds){NULL, 0, 0};
    (void)txn_scan(txn, SPACE_LEDGER, row_key_bytes(&prefix), visit_row, &loading, &err);
    add_unposted(out, year, unposted);
}

void year_funds_free(struct year_funds *funds)
{
    mem_free(funds->at);
    *funds = (struct year_funds){NULL, 0, 0};
}

int128 year_funds_sum(const struct year_funds *funds, enum account account)
{
    int128 sum = 0;

    for (size_t i = 0; i < funds->count; i++) {
        sum += funds->at[i].at[account];
    }
    return sum;
}

void year_funds_try(struct txn *txn, struct division author, const struct booking *booking)
{
    for (size_t i = 0; i < booking->count; i++) {
        const struct posting *posting = &booking->at[i];
        const struct row_key key =
            year_sums_key(author, posting->line->row.year, posting->line->row.fund);
        int128 sums[ACCOUNTS];

        year_sums_load(txn, &key, sums);
        sums[posting->account] += posting->fen;
        year_sums_store(txn, &key, sums);
    }
}
