/* unconfirmed - new keys of a division to which its former ones did not agree, and that no two
 * persons of the level above its granter have confirmed: since when, and how much waits.
 *
 *   NEW_KEYS_WAIT         nobody confirmed them: what they write is in no figure here
 *   NEW_KEYS_COUNT_HERE   the same, at who granted or bears them: it counts here, and nowhere else
 *   NEW_KEYS_OF_NODE_KEY  a level without persons confirmed them: its node's key says that they
 * count
 *
 * Thread: any that may read the roster and the store. */
#ifndef TERRACE_NODE_LEDGER_QUERY_UNCONFIRMED_H
#define TERRACE_NODE_LEDGER_QUERY_UNCONFIRMED_H

#include "replicator/store/store.h"
#include "replicator/trust/roster.h"

enum { UNCONFIRMED_BLOCKS_MAX = 4096 }; /* of one log: what is behind them is not counted */

enum new_keys_state { NEW_KEYS_WAIT, NEW_KEYS_COUNT_HERE, NEW_KEYS_OF_NODE_KEY, NEW_KEYS_STATES };

struct unconfirmed {
    struct division division, by; /* by: who confirms them, or did */
    uint32_t epoch;               /* the first that they have */
    uint64_t since_unix_ms;       /* when it was granted */
    enum new_keys_state state;
    /* What is held of them: none once they count everywhere. By the author's clock; 0: nothing. */
    uint64_t entries, oldest_unix_ms;
};

/* False where two persons confirmed the newest keys of this division, or nobody has to. `snapshot`
 * NULL: latest. What cannot be read is not counted. */
bool unconfirmed_find(const struct store *store, struct store_snapshot *snapshot,
                      const struct roster *roster, struct division division,
                      struct unconfirmed *out);
/* The stable word: "waits", "counts_here", "node_key". */
const char *new_keys_state_name(enum new_keys_state state);

#endif
