/* commit - rows into a test's store, at once. A commit that does not succeed ends the test.
 *
 * Thread: one. */
#ifndef TERRACE_TESTS_HARNESS_COMMIT_H
#define TERRACE_TESTS_HARNESS_COMMIT_H

#include "replicator/store/txn.h"

/* By whoever holds `fence`. */
void commit_batch(const struct store *store, uint64_t fence, const struct batch *batch);
/* All that is staged; the transaction is empty afterwards. */
void commit_txn(const struct store *store, uint64_t fence, struct txn *txn);
/* Behind the back of whoever holds the store: claims it, so that the holder must claim it again. */
void commit_claiming(const struct store *store, const struct batch *batch);

#endif
