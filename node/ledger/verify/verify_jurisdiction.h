/* verify_jurisdiction - what the roll-ups of a jurisdiction must say, from the ledgers of its
 * members and from the transfers between them (invariant 5).
 *
 *   sums of years of each member, less closing lines --> XFER_OUT and SRC_TRANSFER_IN of each line
 *   whose other side is a member that keeps books of the year --> TRANSIT
 *
 * Thread: that of the txn. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_VERIFY_JURISDICTION_H
#define TERRACE_NODE_LEDGER_VERIFY_VERIFY_JURISDICTION_H

#include "node/ledger/query/query_internal.h"

/* Borrows the txn and the roster. Begins with sums of nothing. */
struct jurisdiction {
    struct txn *txn;
    const struct roster *roster;
    struct division division;
    int128 sums[ACCOUNTS]; /* of all ledgers within; debit + */
    int128 open;           /* what TRANSIT must be, by both sides of each transfer */
};
void jurisdiction_add_member(struct jurisdiction *jurisdiction, struct division member);
/* A transfer that a member issued. */
void jurisdiction_add_transfer(struct jurisdiction *jurisdiction, struct division issuer,
                               struct bytes id, const struct transfer_match *match,
                               const struct transfer_sides *sides);

#endif
