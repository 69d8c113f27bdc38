#include "node/core/rebuild.h"

#include <inttypes.h>

#include "node/core/node_struct.h"
#include "node/core/resync.h"
#include "node/ledger/refold.h"
#include "node/ledger/schema/kinds.h"
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

/* --- other rules --- */

/* The row's bytes: the number, then each kind and format that these rules fold. */
static void write_rules(struct buf *out)
{
    buf_put_u32(out, LEDGER_RULES);
    for (uint32_t kind = KIND_USER_FIRST; kind < KINDS_END; kind++) {
        for (uint32_t format = 1; format <= DOCUMENT_FORMAT_LAST; format++) {
            if (document_format_known(kind, format)) {
                buf_put_u32(out, kind);
                buf_put_u32(out, format);
            }
        }
    }
}

static struct bytes rules_key(void)
{
    static const uint8_t letter = LOCAL_RULES;

    return bytes_of(&letter, 1);
}

/* May rows stay that were made by these? Of a kind that is not known here nothing may be left: an
 * earlier version stops before it. `was`: their number, 0 where there is no such row. */
static bool may_stay(struct txn *txn, uint32_t *was)
{
    struct bytes value;
    struct reader reader;
    bool known = true;

    *was = 0;
    if (!txn_get(txn, SPACE_LOCAL, rules_key(), &value)) {
        return false;
    }
    reader = reader_of(value);
    *was = reader_u32(&reader);
    while (reader_ok(&reader) && reader_left(&reader) > 0) {
        const uint32_t kind = reader_u32(&reader);

        known &= document_format_known(kind, reader_u32(&reader));
    }
    return txn_check_row(txn, rules_key(), reader_ok(&reader)) && known && *was == LEDGER_RULES;
}

static enum status forget(const struct store *store, uint64_t fence, struct division self,
                          const struct hash *tree, struct txn *txn, uint32_t was, struct err *err)
{
    struct roster *roster = roster_new(tree, self);
    enum status status = roster_load(roster, store, NULL, err);

    if (status == OK && roster_count(roster) > 0) { /* else it is new */
        LOG_INFO("refold", "about=%s rules=%d was=%" PRIu32, self.code, LEDGER_RULES, was);
        status = refold_forget(store, fence, err);
    }
    if (status == OK) {
        refold_observe(txn, roster, self);
    }
    roster_free(roster);
    return status;
}

enum status rebuild_rules(const struct store *store, uint64_t fence, struct division self,
                          const struct hash *tree, struct txn *txn, struct err *err)
{
    struct buf rules = BUF_EMPTY;
    struct bytes value;
    uint32_t was;
    const bool stays = may_stay(txn, &was);
    enum status status = txn_status(txn, err);

    if (status == OK && !stays) {
        status = forget(store, fence, self, tree, txn, was, err);
    }
    write_rules(&rules);
    if (status == OK && (!txn_get(txn, SPACE_LOCAL, rules_key(), &value) ||
                         !bytes_equal(value, buf_bytes(&rules)))) {
        (void)txn_put(txn, SPACE_LOCAL, rules_key(), buf_bytes(&rules));
    }
    buf_free(&rules);
    return status == OK ? txn_status(txn, err) : status;
}

bool node_wants_opening(const struct node *node, bool *whole)
{
    const bool rests = !node->committing && !node->waiting_for_space;

    *whole = rests && resync_is_over(node);
    return *whole || (rests && replicator_cut_waits(node->replicator));
}

bool node_is_folding(const struct node *node)
{
    return atomic_load(&node->catch_up.folds);
}
