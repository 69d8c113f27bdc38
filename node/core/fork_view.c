#include "node/core/fork_view.h"

#include <inttypes.h>

#include "node/ledger/schema/kinds.h"
#include "replicator/log/sealing.h"

enum { BRANCH_BLOCKS_MAX = 10000 }; /* counted; of what lies behind nothing is said */

struct counting {
    struct fork_branch *branch;
    uint64_t blocks;
};

static void count_block(struct fork_branch *branch, const struct block_view *block)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct err err;

    branch->last_lsn = block_last_lsn(&block->header);
    if (block_body_read(&body, block, &err) != OK) {
        branch->complete = false;
    } else {
        for (size_t i = 0; i < body.count; i++) {
            const struct entry *entry = &body.entries[i];
            struct document document;

            if (!document_format_known(entry->kind, entry->format)) { /* of a later version */
                branch->complete &= entry->kind < KIND_USER_FIRST;
            } else if (document_decode(&document, entry->kind, entry->body, &err) == OK) {
                branch->documents++;
                branch->amount += document_money(&document);
            }
        }
    }
    block_body_free(&body);
}

static bool count_held(void *arg, const struct block_view *block)
{
    struct counting *counting = arg;

    if (counting->blocks++ == BRANCH_BLOCKS_MAX) {
        counting->branch->complete = false;
        return false;
    }
    count_block(counting->branch, block);
    return true;
}

static enum status find_held(bool *held, const struct store *store, struct store_snapshot *snapshot,
                             const struct block_view *block, struct err *err)
{
    struct buf whole = BUF_EMPTY;
    struct block_view there;
    enum status status = log_read_block(store, snapshot, block->header.author,
                                        block->header.first_lsn, &whole, &there, err);

    *held = status == OK && bytes_equal(there.header_bytes, block->header_bytes);
    buf_free(&whole);
    return status == ERR_NOT_FOUND ? OK : status;
}

/* Of the branch that is not held one block is known, and what may follow it is not. */
static enum status view_branch(struct fork_branch *out, const struct store *store,
                               struct store_snapshot *snapshot, const struct block_view *block,
                               bool has_body, struct err *err)
{
    struct counting counting = {out, 0};
    enum status status;

    out->first_lsn = block->header.first_lsn;
    out->last_lsn = block_last_lsn(&block->header);
    out->time_ms = block->header.time_ms;
    status = find_held(&out->held, store, snapshot, block, err);
    out->complete = out->held;
    if (status != OK) {
        return status;
    }
    if (out->held) {
        status = log_scan(store, snapshot, block->header.author, out->first_lsn, count_held,
                          &counting, err);
    } else if (has_body) {
        count_block(out, block);
    }
    return status;
}

static enum status hash_block(struct hash *out, const struct block_view *block,
                              const struct hash *root, const struct roster *roster, struct err *err)
{
    struct block_header header = block->header;
    const struct grant *grant = roster_epoch(roster, header.author, header.epoch);

    if (grant == NULL) {
        return err_set(err, ERR_NOT_YET, "epoch_not_granted author=%s epoch=%" PRIu32,
                       header.author.code, header.epoch);
    }
    header.entries_root = *root;
    *out = block_hash(&header, roster_tree(roster), &grant->sign_key);
    return OK;
}

enum status fork_view(struct fork_view *out, const struct store *store,
                      struct store_snapshot *snapshot, const struct roster *roster,
                      const struct fork_pair *pair, struct err *err)
{
    struct block_view blocks[2];
    struct hash root;
    struct buf memory = BUF_EMPTY;
    enum status status = block_parse(&blocks[0], pair->block, err);

    memset(out, 0, sizeof *out);
    if (status == OK) {
        status = fork_pair_other(&blocks[1], pair, &memory, err);
    }
    if (status == OK) {
        status = block_root(&root, &blocks[0], err);
    }
    if (status == OK) {
        status = hash_block(&out->branches[0].hash, &blocks[0], &root, roster, err);
    }
    if (status == OK) {
        status = hash_block(&out->branches[1].hash, &blocks[1], &pair->other_root, roster, err);
    }
    for (int i = 0; status == OK && i < 2; i++) {
        status = view_branch(&out->branches[i], store, snapshot, &blocks[i],
                             i == 0 || memory.size == 0, err);
    }
    if (status == OK) {
        out->after_lsn = earlier(blocks[0].header.first_lsn, blocks[1].header.first_lsn) - 1;
    }
    buf_free(&memory);
    return status;
}
