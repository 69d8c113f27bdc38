/* The chart, as the build read it from configs/accounts.yaml. */
#include "node/ledger/schema/accounts.h"

#include <assert.h>

#include "node/ledger/accounts_chart.h"

static const struct account_info chart[ACCOUNTS] = {
#define X(mnemonic, name_zh, name_en, code, normal)                                                \
    [ACC_##                                                                                        \
        mnemonic] = {#mnemonic, {[LANGUAGE_EN] = name_en, [LANGUAGE_ZH] = name_zh}, code, normal},
    ACCOUNTS_CHART(X)
#undef X
};

#define X(mnemonic, name_zh, name_en, code, normal) +1
_Static_assert(0 ACCOUNTS_CHART(X) == ACCOUNTS - 1, "configs/accounts.yaml has every account");
#undef X

const struct account_info *account_info(enum account account)
{
    assert(account >= ACC_SRC_APPROVED && account < ACCOUNTS);
    return &chart[account];
}
