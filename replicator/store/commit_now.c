#include "replicator/store/commit_now.h"

#include <assert.h>

static enum status settle(const struct store *store, uint64_t fence, struct err *err)
{
    enum commit_outcome outcome = store->ops->commit_outcome(store->self, err);

    if (outcome == COMMIT_UNKNOWN) {
        outcome = store->ops->resolve(store->self, fence, err);
    }
    assert(outcome != COMMIT_PENDING);
    return outcome == COMMIT_OK ? OK : outcome == COMMIT_STALE_FENCE ? ERR_STALE_FENCE : ERR_IO;
}

enum status commit_now(const struct store *store, uint64_t fence, struct txn *txn, struct err *err)
{
    const struct batch batch = txn_batch(txn);
    enum status status = txn_status(txn, err);

    if (status == OK && batch.count > 0) {
        status = store->ops->commit_begin(store->self, fence, &batch, err);
        status = status == OK ? settle(store, fence, err) : status;
    }
    txn_reset(txn);
    return status;
}
