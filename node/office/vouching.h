/* vouching - whose word a change among a node's persons is: admins of its chain
 * (node/ledger/verify/person_chain.h) sign the entry that tells it.
 *
 *   two admins, or the one that there is --> signatures beside the operator entry
 *
 * Where the node's grant names no first admins, nobody signs: its persons are the word of its own
 * key, and its boards say so.
 *
 * Owns: nothing. Thread: the loop thread, inside a task; vouched_by any with a snapshot. */
#ifndef TERRACE_NODE_OFFICE_VOUCHING_H
#define TERRACE_NODE_OFFICE_VOUCHING_H

#include "node/ledger/verify/person_chain.h"
#include "node/office/submit.h"

enum { VOUCHERS_MAX = 2 };

struct operator_row;

/* Who signs, with their keys; they are borrowed for the task. */
struct vouchers {
    const struct person *admins[VOUCHERS_MAX];
    size_t count;
    /* Where one proposes what another will sign, too: each entry is told, and none is made
     * (proposals.h). NULL: they are made. */
    void (*propose)(void *arg, const struct operator_row *row);
    void *arg;
};

/* May these change who works here? NULL stands for nobody. Errors: ERR_REFUSED (none, no admin
 * of the chain, or one person twice), ERR_NOT_YET (one where two are; he may propose it). */
enum status vouchers_check(const struct node *node, struct txn *txn,
                           const struct vouchers *vouchers, struct err *err);
/* Signs the entry that is appended next; nothing where there is no chain. */
void vouchers_sign(struct node *node, const struct vouchers *vouchers, uint32_t kind,
                   struct bytes body);

/* What a division's approvals rest on: "node_key" (its grant names no first admins), "one_admin",
 * "two_admins"; "nobody" where every admin was ended. */
/* What that means where it is less than two persons: a code of node/text/; "" where they are two.
 */
const char *vouched_sentence(const char *by);
const char *vouched_by(struct txn *txn, const struct roster *roster, struct division division);

#endif
