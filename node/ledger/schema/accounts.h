/* accounts - the chart: mnemonic, names, code and normal side are data (configs/accounts.yaml);
 * the enum below is what the posting table, which is code, calls them.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_LEDGER_SCHEMA_ACCOUNTS_H
#define TERRACE_NODE_LEDGER_SCHEMA_ACCOUNTS_H

#include <assert.h>
#include <stdint.h>

#include "node/text/text.h"

/* Numbers are on disk and in the state digest. */
enum account {
    ACC_SRC_APPROVED = 1,
    ACC_SRC_TRANSFER_IN = 2,
    ACC_SRC_CARRY_IN = 3,
    ACC_SRC_RECOVERED = 4,
    ACC_UNALLOC = 5,
    ACC_PENDING = 6,
    ACC_AVAIL = 7,
    ACC_FROZEN = 8,
    ACC_COMMIT = 9,
    ACC_SPENT = 10,
    ACC_TRANSIT = 11,
    ACC_XFER_OUT = 12,
    ACC_CARRY_OUT = 13,
    ACC_LAPSED = 14,
    ACC_CLOSE = 15,
    ACC_SRC_ADVANCE = 16,
    ACCOUNTS,
};

/* A set of accounts has a bit for each. */
static_assert(ACCOUNTS <= 64, "a set of accounts has 64 bits");
/* The lowest account of a set that is not empty. */
static inline unsigned first_account(uint64_t accounts)
{
    return (unsigned)__builtin_ctzll(accounts);
}

struct account_info {
    const char *mnemonic;
    char name[LANGUAGES][64], code[16]; /* the name by enum language */
    int normal;                         /* +1 debit, -1 credit, 0 clearing */
};
/* The chart, built in from configs/accounts.yaml. */
const struct account_info *account_info(enum account account);

#endif
