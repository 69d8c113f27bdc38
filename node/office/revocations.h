/* revocations - a division below that an admin wants to be revoked, where two have to: his word
 * waits for another's.
 *
 *   said by one, where one is enough  --> in the log at once (members.h)
 *   ... where two are asked for       --> a row, for REVOCATION_WAITS_MS
 *         another says so, too        --> in the log, with the first one's reason
 *         withdrawn, by any of them   --> nothing
 *
 * Two are asked for as for an invitation (node_needs_two): where the policy in force names any kind
 * and two admins are there.
 *
 * Storage: LOCAL_REVOCATION division -> when(u64) name 0 reason. Owns: nothing. Thread: the loop
 * thread, inside a task; revocation_wishes any. */
#ifndef TERRACE_NODE_OFFICE_REVOCATIONS_H
#define TERRACE_NODE_OFFICE_REVOCATIONS_H

#include "node/core/node.h"
#include "replicator/trust/revocation.h"

#define REVOCATION_WAITS_MS (UINT64_C(24) * 3600 * 1000)

struct revocation_wish {
    struct division division;
    uint64_t since_unix_ms;
    char by[FOUNDER_NAME_BYTES_MAX + 1];
    char reason[REVOCATION_REASON_MAX + 1];
};

/* In the name of this admin, "" before there is one. OK: it is said, as *said has it.
 * ERR_NOT_YET: it waits, as *wish has it. Errors: those of node_revoke. */
enum status revocation_say(struct node *node, struct txn *txn, struct division division,
                           const char *reason, const char *by, struct revocation *said,
                           struct revocation_wish *wish, struct err *err);
/* What waits, by another admin; *wish is that. Errors: ERR_NOT_FOUND (nothing waits), ERR_REFUSED
 * (he said it himself), those of node_revoke. */
enum status revocation_accept(struct node *node, struct txn *txn, struct division division,
                              const char *by, struct revocation *said, struct revocation_wish *wish,
                              struct err *err);
/* Errors: ERR_NOT_FOUND. */
enum status revocation_withdraw(struct node *node, struct txn *txn, struct division division,
                                struct err *err);
/* Those that wait at that moment, by code. Errors: those of the store. */
enum status revocation_wishes(const struct store *store, struct store_snapshot *snapshot,
                              uint64_t now_unix_ms,
                              void (*visit)(void *arg, const struct revocation_wish *wish),
                              void *arg, struct err *err);

#endif
