/* incoming - the asks that came from above to this node's division or to one below it, and those
 * from below to this node's division, as they were entered.
 *
 * An answer repeats what its ask says, and a reconciliation tells of which fund type and project it
 * is; the issuer's log may be held here in part only: so each ask is kept whole, under its issuer
 * and id, from the day it is heard of.
 *
 * Owns: its rows. Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_INCOMING_H
#define TERRACE_NODE_LEDGER_FAMILIES_INCOMING_H

#include "node/ledger/rows/rows.h"
#include "replicator/trust/roster.h"

struct incoming {
    uint64_t lsn;
    uint32_t kind;
    struct hash content; /* TAG_CONTENT of the body */
    struct bytes body;   /* view into the txn */
};
/* False when no such ask is known; a row that is not whole, or no document, is a read error. */
bool incoming_load(struct txn *txn, struct division issuer, struct bytes id, struct incoming *out);
void incoming_store(struct txn *txn, struct division issuer, struct bytes id,
                    const struct incoming *incoming);
/* Who above `self` issued an ask of this id to it that such an answer is given to: the parent
 * before the one above the parent. Returns how many they are. */
size_t incoming_issuers(struct txn *txn, const struct roster *roster, struct division self,
                        uint32_t answer_kind, struct bytes id, struct division out[TREE_DEPTH_MAX]);
/* The document of one that was loaded; its texts point into the body. */
void incoming_document(const struct incoming *incoming, struct document *out);

#endif
