/* The chart. Only 9601 is a code the ministry's notice names; the rest of the numbers are ours,
 * marked by their T, until the official ones are at hand. Keep equal to configs/accounts.yaml. */
#include "node/ledger/accounts.h"

#include <assert.h>

enum { CREDIT = -1, CLEARING = 0, DEBIT = 1 };

static const struct account_info chart[ACCOUNTS] = {
    [ACC_SRC_APPROVED] = {"SRC_APPROVED", "本级批复预算", "Own budget approved", "T101", CREDIT},
    [ACC_SRC_TRANSFER_IN] = {"SRC_TRANSFER_IN", "上级转移支付收入预算", "Transfers from above",
                             "T102", CREDIT},
    [ACC_SRC_CARRY_IN] = {"SRC_CARRY_IN", "上年结转", "Carried over from last year", "T103",
                          CREDIT},
    [ACC_SRC_RECOVERED] = {"SRC_RECOVERED", "收回以前年度支出",
                           "Recovered spending of earlier years", "T104", CREDIT},
    [ACC_UNALLOC] = {"UNALLOC", "待分配指标", "Unallocated", "T201", DEBIT},
    [ACC_PENDING] = {"PENDING", "待下达指标", "Allocated, awaiting release", "T202", DEBIT},
    [ACC_AVAIL] = {"AVAIL", "可执行指标", "Executable", "T203", DEBIT},
    [ACC_FROZEN] = {"FROZEN", "冻结指标", "Frozen", "T204", DEBIT},
    [ACC_COMMIT] = {"COMMIT", "已申请支付", "Committed to payment applications", "T301", DEBIT},
    [ACC_SPENT] = {"SPENT", "已支付", "Spent", "T302", DEBIT},
    [ACC_TRANSIT] = {"TRANSIT", "对下转移支付在途", "Transfers down, not yet answered", "T401",
                     DEBIT},
    [ACC_XFER_OUT] = {"XFER_OUT", "对下转移支付已登记", "Transfers down, registered", "T402",
                      DEBIT},
    [ACC_CARRY_OUT] = {"CARRY_OUT", "指标结转结余", "Carried over to next year", "9601", DEBIT},
    [ACC_LAPSED] = {"LAPSED", "注销指标", "Lapsed", "T501", DEBIT},
    [ACC_CLOSE] = {"CLOSE", "结转结余", "Year-end clearing", "T901", CLEARING},
};

const struct account_info *account_info(enum account account)
{
    assert(account >= ACC_SRC_APPROVED && account < ACCOUNTS);
    return &chart[account];
}
