/* stop - before which entry of an author a ledger here stands still, because this version does not
 * know what it is. Other logs go on; this one does after an upgrade.
 *
 * Thread: any, with a txn of its own. */
#ifndef TERRACE_NODE_LEDGER_QUERY_STOP_H
#define TERRACE_NODE_LEDGER_QUERY_STOP_H

#include "node/ledger/rows/rows.h"
#include "replicator/trust/roster.h"

struct ledger_stop {
    uint64_t lsn;
    uint64_t written_unix_ms; /* by its author's clock */
    uint32_t kind, format;
};

struct stop_question {
    const struct store *store;
    struct store_snapshot *snapshot; /* NULL: latest */
    struct txn *txn;                 /* over it */
    const struct roster *roster;
    struct division self, author;
};

/* False where the ledger of `author` goes on, or waits for nothing but its turn. Of a log above,
 * the first of its audiences that stands. One read of a block. */
bool ledger_stop_find(const struct stop_question *question, struct ledger_stop *out);

#endif
