/* rogue_terraced - the daemon of somebody who holds a node's keys and asks no admin: it makes
 * persons of whom nobody signed. What it writes is right in every other respect. */
#include "node/office/vouching.h"

enum status __wrap_vouchers_check(const struct node *node, struct txn *txn,
                                  const struct vouchers *vouchers, struct err *err);

enum status __wrap_vouchers_check(const struct node *node, struct txn *txn,
                                  const struct vouchers *vouchers, struct err *err)
{
    (void)node;
    (void)txn;
    (void)vouchers;
    (void)err;
    return OK;
}
