/* endpoints - where each division listens, as its own log says: the newest entry of each that is
 * held, a row.
 *
 *   block held --> its endpoint entries --> the row of its author; the newest one wins
 *
 * An entry is for the tree of its author, so that all below and above it hold the same one. One for
 * others, or of no such form, is alarmed, and what was said before stands.
 *
 * Storage: META_ENDPOINT division -> epoch(u32) lsn(u64) EndpointEntry. One a division.
 *
 * Owns: nothing. Thread: loop thread, but endpoint_find. */
#ifndef TERRACE_REPLICATOR_LOG_ENDPOINTS_H
#define TERRACE_REPLICATOR_LOG_ENDPOINTS_H

#include "replicator/finding.h"
#include "replicator/log/heads.h"
#include "replicator/trust/endpoint_entry.h"

/* An entry of a block that is held from now on: FOUND_ENDPOINT with its address, or an alarm. */
void endpoint_take(struct txn *txn, const struct block_header *header, const struct entry *entry,
                   struct findings *found);
/* Stages the row of what this node says itself. */
void endpoint_put(struct txn *txn, struct division division, uint32_t epoch, uint64_t lsn,
                  struct bytes body);
/* What is in the store. False: the division said nothing yet. Thread: any. */
bool endpoint_find(const struct store *store, struct store_snapshot *snapshot,
                   struct division division, struct endpoint_entry *out);

#endif
