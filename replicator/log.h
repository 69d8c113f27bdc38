/* log - where blocks and heads lie in the store, and reading them back.
 *
 *   SPACE_BLOCKS  author(9) epoch(u32) first_lsn(u64)              -> block bytes
 *   SPACE_HEADS   'L' author(9)                                    -> newest block held
 *   SPACE_HEADS   'A' author(9) audience kind(u8) division(9)      -> newest of that audience
 *   SPACE_META    'g' division(9) epoch(u32)                       -> sealed grant
 *   SPACE_COSIGN  author(9) holder(9)                              -> newest cosignature
 *   SPACE_COSIGN  author(9) holder(9) 'd' day(u32)                 -> that day's last, for ever;
 *                                                                     the day it came here
 *
 * Thread: any. */
#ifndef TERRACE_REPLICATOR_LOG_H
#define TERRACE_REPLICATOR_LOG_H

#include "replicator/crypto.h"
#include "replicator/store.h"

void log_block_key(struct buf *key, struct division author, uint32_t epoch, uint64_t first_lsn);

/* The block that contains `lsn`. `snapshot` NULL: latest. ERR_NOT_FOUND when it is not held (for
 * a log from above: not addressed to us). */
enum status log_read_block(const struct store *store, struct store_snapshot *snapshot,
                           struct division author, uint64_t lsn, struct buf *whole,
                           struct block_view *block, struct err *err);

/* One entry; `body` keeps the memory that entry->body points into. */
enum status log_read_entry(const struct store *store, struct store_snapshot *snapshot,
                           struct division author, uint64_t lsn, struct block_body *body,
                           struct entry *entry, struct err *err);

/* Blocks of `author` with first_lsn >= from_lsn in order; visit returns false to stop. */
typedef bool log_visit_fn(void *arg, const struct block_view *block);
enum status log_scan(const struct store *store, struct store_snapshot *snapshot,
                     struct division author, uint64_t from_lsn, log_visit_fn *visit, void *arg,
                     struct err *err);

/* Checks of a received or stored block that need no state: tree, body hash, signature by `key`.
 * `hash` receives the block's hash. Errors: ERR_REFUSED (another tree), ERR_CORRUPT (body),
 * ERR_BAD_SIGNATURE. */
enum status block_verify(const struct block_view *block, const struct hash *tree,
                         const struct public_key *key, struct hash *hash, struct err *err);

#endif
