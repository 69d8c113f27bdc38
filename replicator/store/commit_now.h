/* commit_now - a batch made durable before a store's owner has its loop, and with it turns.
 *
 * Thread: the one that will be the loop's. */
#ifndef TERRACE_REPLICATOR_STORE_COMMIT_NOW_H
#define TERRACE_REPLICATOR_STORE_COMMIT_NOW_H

#include "replicator/store/txn.h"

/* Commits what `txn` holds, and resets it. The engine's outcomes are known when it has begun.
 * Errors: those of commit_begin and of the txn's reads; ERR_IO (it may be on the disk all the
 * same), ERR_STALE_FENCE. */
enum status commit_now(const struct store *store, uint64_t fence, struct txn *txn, struct err *err);

#endif
