/* catch_up - posting logs that are held but not yet part of their ledgers, and hearing those from
 * above: after a restart, an upgrade, or when blocks come faster than they can be posted.
 *
 *   block of a division below --catch_up_take--> its ledger
 *                                  |
 *                                  +-- what is before it is not in the ledger yet, or its epoch
 *                                      does not count yet: it stays in the store and is read back
 *                                      by catch_up_slice, in its turn
 *
 * Owns:   the list of divisions that lag. Borrows the rest.
 * Thread: the loop thread. Units: a slice counts entries.
 * Errors: none; what cannot be read or is not known is alarmed, and that division waits. */
#ifndef TERRACE_NODE_CORE_CATCH_UP_H
#define TERRACE_NODE_CORE_CATCH_UP_H

#include <stdatomic.h>

#include "node/core/alarms.h"
#include "node/ledger/ledger.h"
#include "replicator/replicator.h"

enum { TURN_CATCH_UP_ENTRIES_MAX = 16384 }; /* replayed in one turn */

/* A division whose ledger here is behind the log we hold of it; or one above, of whose log one
 * audience is not heard to its end. */
struct lagging {
    struct division division;
    bool stopped;     /* an entry this version does not know: waits for an upgrade */
    bool unconfirmed; /* stopped before a block of an epoch that does not count yet */
    bool above;
    struct audience audience; /* where it is above */
};

struct catch_up_parts { /* all borrowed */
    struct division self;
    const struct store *store;
    struct txn *txn; /* of the turn */
    struct replicator *replicator;
    struct ledger *ledger;
    struct alarms *alarms;
};

struct catch_up {
    struct catch_up_parts parts;
    struct lagging *lagging;
    size_t count, capacity;
    atomic_bool folds; /* some that lag can be gone on with; read by any thread */
};

/* Finds what lags after a restart. */
void catch_up_open(struct catch_up *catch_up, const struct catch_up_parts *parts);
void catch_up_free(struct catch_up *catch_up);

/* A block of a lower division goes into its ledger now, or waits behind what is not in it yet. */
void catch_up_take(struct catch_up *catch_up, const struct block_header *header,
                   const struct entry *entries, size_t count);
/* Epochs of this division may count that did not: what stopped before them goes on. */
void catch_up_resume(struct catch_up *catch_up, struct division division);
/* A slice of those that wait; true when there is more. */
bool catch_up_slice(struct catch_up *catch_up);

/* The own ledger is behind the own log only after a change of version. Until it is whole nothing
 * new may be entered or posted; one that is stopped holds entries that this version does not know.
 */
enum own_progress { OWN_WHOLE, OWN_BEHIND, OWN_STOPPED };
enum own_progress catch_up_own(const struct catch_up *catch_up);

#endif
