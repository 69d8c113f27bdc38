#include "node/core/rebuild.h"

#include <inttypes.h>

#include "node/ledger/refold.h"
#include "node/office/local_keys.h"
#include "proto/log.h"
#include "replicator/log/cut.h"
#include "replicator/store/commit_now.h"
#include "replicator/trust/roster_load.h"

/* The logs above as they are once the cut is made: their rows stand in the txn, not in the store,
 * so what is told of one that is cut here is where it may not reach beyond. */
static enum status stage_rest(const struct store *store, struct txn *txn,
                              const struct roster *roster, struct division self,
                              const struct cut *cut, struct err *err)
{
    static const uint8_t scrubbed = LOCAL_SCRUB;
    struct logs logs;
    enum status status;

    heads_init(&logs, store, NULL);
    status = heads_load(&logs, err);
    if (status == OK) {
        refold_observe(txn, &logs, roster, self);
        refold_take_back(txn, cut->author, cut->lsn);
        txn_delete(txn, SPACE_LOCAL, bytes_of(&scrubbed, 1)); /* positions are others now */
    }
    heads_free(&logs);
    return status;
}

static enum status make(const struct store *store, uint64_t fence, struct division self,
                        const struct hash *tree, const struct cut *cut, struct err *err)
{
    struct roster *roster = roster_new(tree, self);
    struct txn *txn = txn_open(store, NULL);
    enum status status = roster_load(roster, store, NULL, err);

    if (status == OK) {
        status = cut_copy(store, fence, cut, err);
    }
    if (status == OK) {
        status = refold_forget(store, fence, err);
    }
    if (status == OK) {
        status = stage_rest(store, txn, roster, self, cut, err);
    }
    if (status == OK) {
        status = cut_make(store, txn, roster, cut, err);
    }
    if (status == OK) {
        status = commit_now(store, fence, txn, err);
    }
    txn_free(txn);
    roster_free(roster);
    return status;
}

enum status rebuild_cuts(const struct store *store, uint64_t fence, struct division self,
                         const struct hash *tree, struct err *err)
{
    struct cut cut;
    enum status status = cut_waiting(&cut, store, err);

    while (status == OK) {
        LOG_INFO("rebuild", "about=%s epoch=%" PRIu32 " lsn=%" PRIu64, cut.author.code, cut.epoch,
                 cut.lsn);
        status = make(store, fence, self, tree, &cut, err);
        if (status == OK) {
            status = cut_waiting(&cut, store, err);
        }
    }
    return status == ERR_NOT_FOUND ? OK : status;
}
