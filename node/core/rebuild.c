#include "node/core/rebuild.h"

#include <inttypes.h>

#include "node/core/node_struct.h"
#include "node/ledger/refold.h"
#include "node/office/local_keys.h"
#include "proto/log.h"
#include "replicator/log/cut.h"
#include "replicator/store/commit_now.h"
#include "replicator/trust/roster_load.h"

static enum status stage(const struct store *store, struct txn *txn, const struct roster *roster,
                         struct division self, const struct cut *cut, struct err *err)
{
    static const uint8_t scrubbed = LOCAL_SCRUB;
    const enum status status = cut_make(store, txn, roster, cut, err);

    if (status == OK) {
        refold_observe(txn, roster, self);
        refold_take_back(txn, cut->author, cut->lsn);
        txn_delete(txn, SPACE_LOCAL, bytes_of(&scrubbed, 1)); /* positions are others now */
    }
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
        status = stage(store, txn, roster, self, cut, err);
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

bool node_wants_opening(const struct node *node, bool *mended)
{
    const bool rests = !node->committing && !node->waiting_for_space;

    *mended = node->config.mends && rests && replicator_own_log_mended(node->replicator);
    return *mended || (rests && replicator_cut_waits(node->replicator));
}

bool node_is_folding(const struct node *node)
{
    return atomic_load(&node->catch_up.folds);
}
