/* aside - what was put aside when logs were taken back (log/cut.h): kept as evidence of what its
 * author had signed behind the place where a recovery goes on.
 *
 * Owns: nothing; the rows are cut.h's. Thread: any that may read them. Units: lsn. */
#ifndef TERRACE_REPLICATOR_LOG_ASIDE_H
#define TERRACE_REPLICATOR_LOG_ASIDE_H

#include "proto/block.h"
#include "replicator/store/txn.h"

enum {
    ASIDE_KEY_BYTES = 30
}; /* of its row: letter, author, epoch, first_lsn, signature's first 8 */

/* The key of a block's row. Two branches may have a block at one place, each put aside in its time:
 * the signature tells them apart. */
void aside_key(struct buf *key, const struct block_view *block);
/* Stages it, as cut off by this recovery. */
void aside_put(struct txn *txn, uint32_t recovery, const struct block_view *block);

/* All that was put aside of one log. */
struct aside_log {
    struct division author;
    uint64_t blocks, entries, first_lsn, last_lsn;
};

/* By author; mem_free(*out). Errors: ERR_IO, ERR_CORRUPT (a block that cannot be read), which stay
 * with the txn. */
enum status aside_logs(struct txn *txn, struct aside_log **out, size_t *count, struct err *err);
/* Each block that was put aside of `author`, by epoch and place, with the recovery that goes on
 * without it, until `visit` returns false. Views die with the visit. Errors: as aside_logs. */
enum status aside_each(struct txn *txn, struct division author,
                       bool (*visit)(void *arg, uint32_t recovery, const struct block_view *block),
                       void *arg, struct err *err);

#endif
