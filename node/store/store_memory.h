/* store_memory - a store in memory, with a disk's manners: for the simulator and for tests.
 *
 * It outlives the node that uses it, as a disk does: open one, hand it to a node, close the node
 * or crash the store, and hand the same struct store to the next node.
 *
 *   immediate:  commit_begin = durable, outcome OK
 *   deferred:   commit_begin -> outcome PENDING -> store_memory_sync  -> OK
 *                                              \-> store_memory_crash -> gone, as in a power cut
 *
 * Readers see a batch once it is durable, never before. Rows are in a skip list whose heights
 * come from a fixed seed, so every run is alike; a snapshot costs one number and keeps the row
 * versions it can see.
 *
 * Owns: copies of all rows. Thread: as replicator/store/store.h says; a visit must not commit. */
#ifndef TERRACE_NODE_STORE_STORE_MEMORY_H
#define TERRACE_NODE_STORE_STORE_MEMORY_H

#include "replicator/store/store.h"

/* An empty store, in immediate mode. Close it with out->ops->close(out->self). */
void store_memory_open(struct store *out);

void store_memory_defer(void *self, bool deferred); /* from the next commit on */
bool store_memory_pending(void *self);              /* a begun batch waits for sync */
void store_memory_sync(void *self);  /* it becomes durable; nothing pending is fine */
void store_memory_crash(void *self); /* it is lost; all that was synced stays */

/* The nth commit_begin from now (1 is the next) fails once. COMMIT_UNAVAILABLE: begin answers
 * ERR_IO and nothing is written. COMMIT_UNKNOWN: begin answers OK, the outcome is unknown until
 * resolve tells, which is what `written` says. `nth` 0 takes the failure back. */
void store_memory_fail(void *self, uint32_t nth, enum commit_outcome outcome, bool written);

/* What free_space answers from now on; commits are refused while free_bytes is 0. */
void store_memory_set_space(void *self, const struct store_space_free *space);

#endif
