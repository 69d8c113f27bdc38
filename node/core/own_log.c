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

void own_log_due(struct node *node, const struct document *document)
{
    struct buf body = BUF_EMPTY;

    document_encode(&body, document);
    buf_put_varint(&node->due, document->kind);
    buf_put_varint(&node->due, body.size);
    buf_append_bytes(&node->due, buf_bytes(&body));
    buf_free(&body);
}

/* May it still be said? A settle always may, once; another of the same frame may have answered what
 * a return is due to. */
static bool is_still_due(struct node *node, struct txn *txn, const struct document *document)
{
    struct refusal refusal;

    return node_is_over(node) == REASON_NONE && node->config.resync == RESYNC_NOT &&
           ledger_check_exists(node->ledger, txn, document, &refusal) == REASON_NONE &&
           (document->kind == KIND_SETTLE ||
            ledger_check_rules(node->ledger, txn, document, &refusal) == REASON_NONE);
}

void own_log_introduce(struct node *node)
{
    if (node->config.damage == NULL && node->config.resync == RESYNC_NOT &&
        catch_up_own(&node->catch_up) == OWN_WHOLE) {
        replicator_introduce(node->replicator, node->txn);
    }
}

void own_log_enter_due(struct node *node, struct txn *txn)
{
    struct reader reader = reader_of(buf_bytes(&node->due));

    own_log_introduce(node); /* the own ledger may be whole since this turn */
    while (reader_left(&reader) > 0) {
        const uint32_t kind = (uint32_t)reader_varint(&reader);
        const struct bytes body = reader_bytes(&reader, (size_t)reader_varint(&reader));
        struct document document;
        struct err err;
        enum status status = document_decode(&document, kind, body, &err);

        assert(reader_ok(&reader) && status == OK);
        (void)status;
        if (is_still_due(node, txn, &document)) {
            (void)own_log_enter(node, txn, &document, body);
        }
    }
    buf_clear(&node->due);
}

uint64_t own_log_enter(struct node *node, struct txn *txn, const struct document *document,
                       struct bytes body)
{
    const struct audience audience = ledger_audience(node->ledger, txn, document);
    struct applied applied = {
        .author = node->config.self,
        .time_ms = node->turn_unix_ms,
        .kind = document->kind,
        .format = document_format_of(document),
        .body = body,
    };

    /* The append may close a block; the digest it then takes must not know this document yet. */
    applied.lsn =
        replicator_append(node->replicator, txn, &audience, document->kind, applied.format, body);
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
    buf_free(&node->due);
}
