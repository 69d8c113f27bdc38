/* past - a ledger as it stood: the logs of a jurisdiction, and what is held of those above it, read
 * again up to a moment.
 *
 *   logs until then --> ledger_apply_block, ledger_observe_block --> rows in a txn over no store
 *
 * Whatever reads a ledger through a txn reads this one: sums, lines, transfers, positions. Nothing
 * is kept for it, so that a call costs what was entered until then, up to a bound.
 *
 * Owns: nothing; the txn is the caller's. Thread: any. Units: *_unix_ms. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_PAST_H
#define TERRACE_NODE_LEDGER_VERIFY_PAST_H

#include "node/ledger/ledger.h"

struct past_request {
    const struct store *store;
    struct store_snapshot *snapshot; /* NULL: latest */
    const struct roster *roster;
    struct division self;     /* this node */
    struct division division; /* own or below */
    bool with_below;          /* its jurisdiction, and not its own ledger alone */
    uint64_t until_unix_ms;   /* the first moment that is too late */
    size_t entries_max;
};
/* *out is txn_free'd by the caller. On failure it is NULL. Errors: ERR_LIMIT (more was entered
 * until then than entries_max), and those of the store and of blocks. */
enum status past_open(struct txn **out, const struct past_request *request, struct err *err);

#endif
