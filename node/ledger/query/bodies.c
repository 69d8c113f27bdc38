#include "node/ledger/query/bodies.h"

#include "replicator/log/sealing.h"

void bodies_open(struct bodies *bodies, const struct store *store, struct store_snapshot *snapshot)
{
    *bodies = (struct bodies){.store = store, .snapshot = snapshot, .body = BLOCK_BODY_EMPTY};
}

void bodies_close(struct bodies *bodies)
{
    block_body_free(&bodies->body);
    bodies->first_lsn = bodies->next_lsn = 0;
}

static bool keeps(const struct bodies *bodies, struct division author, uint64_t lsn)
{
    return division_equal(bodies->author, author) && lsn >= bodies->first_lsn &&
           lsn < bodies->next_lsn;
}

static enum status read_block(struct bodies *bodies, struct division author, uint64_t lsn,
                              struct err *err)
{
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    enum status status =
        log_read_block(bodies->store, bodies->snapshot, author, lsn, &whole, &block, err);

    bodies->first_lsn = bodies->next_lsn = 0;
    if (status == OK) {
        status = block_check_body(&block, err);
    }
    if (status == OK) {
        status = block_body_read(&bodies->body, &block, err);
    }
    if (status == OK) {
        bodies->author = author;
        bodies->first_lsn = block.header.first_lsn;
        bodies->next_lsn = block.header.first_lsn + bodies->body.count;
        bodies->bytes_read += bodies->body.raw.size;
    }
    buf_free(&whole);
    return status;
}

enum status bodies_read(struct bodies *bodies, struct division author, uint64_t lsn,
                        struct document *out, struct err *err)
{
    const struct entry *entry;
    enum status status = OK;

    if (!keeps(bodies, author, lsn)) {
        status = read_block(bodies, author, lsn, err);
    }
    if (status != OK) {
        return status;
    }
    entry = &bodies->body.entries[lsn - bodies->first_lsn];
    return document_decode(out, entry->kind, entry->body, err);
}
