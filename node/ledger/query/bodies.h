/* bodies - documents as their authors wrote them, for lists and sums.
 *
 * They stand in the blocks of the log. The block last read is kept, so that a run of neighbours
 * costs one block.
 *
 * Owns: the block it read last; store and snapshot must outlive it. Thread: that of the snapshot.
 * Units: bytes_read counts blocks as they are unpacked. */
#ifndef TERRACE_NODE_LEDGER_QUERY_BODIES_H
#define TERRACE_NODE_LEDGER_QUERY_BODIES_H

#include "proto/block.h"
#include "proto/document.h"
#include "replicator/store/store.h"

struct bodies {
    const struct store *store;
    struct store_snapshot *snapshot; /* NULL: latest */
    struct division author;
    uint64_t first_lsn, next_lsn; /* of the block that is kept; equal: none is */
    struct block_body body;
    uint64_t bytes_read;
};
void bodies_open(struct bodies *bodies, const struct store *store, struct store_snapshot *snapshot);
void bodies_close(struct bodies *bodies);

/* The document at `lsn` of `author`. Its views die with the next call. Errors: ERR_NOT_FOUND when
 * the block is not held; ERR_CORRUPT, ERR_MALFORMED, ERR_TOO_LARGE, ERR_IO. */
enum status bodies_read(struct bodies *bodies, struct division author, uint64_t lsn,
                        struct document *out, struct err *err);

#endif
