#include "tests/harness/commit.h"

#include <stdio.h>
#include <stdlib.h>

static void must(bool done, const char *what, const struct err *err)
{
    if (!done) {
        (void)fprintf(stderr, "%s: %s\n", what, err->text);
        abort();
    }
}

void commit_batch(const struct store *store, uint64_t fence, const struct batch *batch)
{
    struct err err = {OK, ""};

    must(store->ops->commit_begin(store->self, fence, batch, &err) == OK, "commit_begin", &err);
    must(store->ops->commit_outcome(store->self, &err) == COMMIT_OK, "commit_outcome", &err);
}

void commit_txn(const struct store *store, uint64_t fence, struct txn *txn)
{
    const struct batch batch = txn_batch(txn);
    struct err err = {OK, ""};

    must(txn_status(txn, &err) == OK, "txn_status", &err);
    commit_batch(store, fence, &batch);
    txn_reset(txn);
}

void commit_claiming(const struct store *store, const struct batch *batch)
{
    struct err err = {OK, ""};
    uint64_t fence;

    must(store->ops->claim(store->self, &fence, &err) == OK, "claim", &err);
    commit_batch(store, fence, batch);
}
