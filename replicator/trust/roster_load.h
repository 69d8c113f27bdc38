/* roster_load - the roster that the grants in a store make.
 *
 * META_GRANT     division epoch(u32) -> sealed grant
 * META_CONFIRMED division epoch(u32) -> by(9), hash of the grant that counts
 * META_REVOKED   division by(9) lsn(u64) -> time_ms(u64), the revocation
 * META_OBJECTION division epoch(u32) -> by(9) lsn(u64) time_ms(u64), the objection
 *
 * Thread: the roster's. */
#ifndef TERRACE_REPLICATOR_TRUST_ROSTER_LOAD_H
#define TERRACE_REPLICATOR_TRUST_ROSTER_LOAD_H

#include "replicator/store/txn.h"
#include "replicator/trust/roster.h"

/* Adds every grant, confirmation, revocation and objection that stands in `store` (`snapshot` NULL:
 * now) to an empty roster. Errors: ERR_IO; ERR_CORRUPT when a grant lacks its granter, or is not
 * what was signed, or another row cannot be read, of which read_watch.h is told, too;
 * ERR_NEEDS_UPGRADE (written by a later version); what else roster_add says of one. The others are
 * added. */
enum status roster_load(struct roster *roster, const struct store *store,
                        struct store_snapshot *snapshot, struct err *err);
/* Can this row of META_CONFIRMED be read? Of what salvage finds the others are left out. */
bool roster_confirmed_fits(struct bytes key, struct bytes value);
/* Stages one that the roster has taken. */
void roster_store_confirmed(struct txn *txn, const struct confirmation_of_epoch *confirmation);
void roster_store_revocation(struct txn *txn, const struct revocation *revocation);
void roster_store_objection(struct txn *txn, const struct objection_held *objection);

#endif
