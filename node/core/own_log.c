#include "node/core/own_log.h"

#include <assert.h>

#include "node/core/node_struct.h"
#include "node/core/revoked.h"
#include "replicator/log/sealing.h"

/* A file that is sent again asks for one entry after the other, so the block that was read last
 * stays unpacked. One of the own log never changes. */
static bool read_unpacked(const struct node *node, uint64_t lsn, struct entry *entry)
{
    const struct block_body *block = &node->unpacked;
    const bool found = block->count > 0 && lsn >= block->entries[0].lsn &&
                       lsn - block->entries[0].lsn < block->count;

    if (found) {
        *entry = block->entries[lsn - block->entries[0].lsn];
    }
    return found;
}

/* From the store, into `block`; nothing of it is left where that fails. */
static enum status read_stored(struct node *node, struct division author, uint64_t lsn,
                               struct block_body *block, struct entry *entry, struct err *err)
{
    const enum status status = log_read_entry(&node->store, NULL, author, lsn, block, entry, err);

    if (status != OK) {
        block_body_free(block);
    }
    return status;
}

bool own_log_read(struct node *node, struct division author, uint64_t lsn, struct buf *memory,
                  struct bytes *body)
{
    const bool is_own = division_equal(author, node->config.self);
    struct block_body others = BLOCK_BODY_EMPTY;
    struct entry entry = {.lsn = lsn};
    struct err err;
    enum status status;
    bool found = false;

    if (is_own) {
        found = dry_run_read(node->dry_runs.innermost, lsn, &entry.body) ||
                replicator_open_entry(node->replicator, lsn, &entry) ||
                read_unpacked(node, lsn, &entry);
    }
    if (!found) {
        status = read_stored(node, author, lsn, is_own ? &node->unpacked : &others, &entry, &err);
        found = status == OK;
        if (status == ERR_NOT_FOUND) { /* its row says that it is */
            err.status = ERR_CORRUPT;
        }
        if (status != OK) { /* nothing may be said about it */
            txn_fail(node->txn, &err);
        }
    }
    if (found) {
        buf_clear(memory);
        buf_append_bytes(memory, entry.body);
        *body = buf_bytes(memory);
    }
    block_body_free(&others);
    return found;
}

void own_log_settle_due(struct node *node, const struct document *settle)
{
    struct buf body = BUF_EMPTY;

    document_encode(&body, settle);
    buf_put_varint(&node->settles, settle->kind);
    buf_put_varint(&node->settles, body.size);
    buf_append_bytes(&node->settles, buf_bytes(&body));
    buf_free(&body);
}

/* Settles wait until the frame that caused them is through: the ledger is not entered twice. */
void own_log_settle(struct node *node, struct txn *txn)
{
    struct reader reader = reader_of(buf_bytes(&node->settles));

    while (reader_left(&reader) > 0) {
        const uint32_t kind = (uint32_t)reader_varint(&reader);
        const struct bytes body = reader_bytes(&reader, (size_t)reader_varint(&reader));
        struct document settle;
        struct refusal refusal;
        struct err err;
        enum status status = document_decode(&settle, kind, body, &err);

        assert(reader_ok(&reader) && status == OK);
        (void)status;
        if (node_is_over(node) == REASON_NONE && !node->config.mends &&
            ledger_check_exists(node->ledger, txn, &settle, &refusal) == REASON_NONE) {
            (void)own_log_enter(node, txn, &settle, body);
        }
    }
    buf_clear(&node->settles);
}

uint64_t own_log_enter(struct node *node, struct txn *txn, const struct document *document,
                       struct bytes body)
{
    const struct audience audience = ledger_audience(node->ledger, txn, document);
    struct applied applied = {
        .author = node->config.self,
        .time_ms = node->turn_unix_ms,
        .kind = document->kind,
        .format = DOCUMENT_FORMAT,
        .body = body,
    };

    /* The append may close a block; the digest it then takes must not know this document yet. */
    applied.lsn =
        replicator_append(node->replicator, txn, &audience, document->kind, DOCUMENT_FORMAT, body);
    ledger_apply_own(node->ledger, txn, &applied, document);
    return applied.lsn;
}

void own_log_trim(struct node *node)
{
    block_body_free(&node->unpacked);
}

void own_log_free(struct node *node)
{
    own_log_trim(node);
    buf_free(&node->settles);
}
