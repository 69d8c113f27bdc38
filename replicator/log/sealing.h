/* sealing - where blocks and heads lie in the store, and reading them back.
 *
 *   SPACE_BLOCKS  author(9) epoch(u32) first_lsn(u64)                     -> block bytes
 *   SPACE_HEADS   HEADS_LOG author(9)                                     -> newest block held
 *   SPACE_HEADS   HEADS_AUDIENCE author(9) audience kind(u8) division(9)  -> newest of it
 *   SPACE_HEADS   HEADS_PLACE author(9) audience kind(u8) division(9) aud_seq(u64) -> where it lies
 *   SPACE_HEADS   HEADS_ARRIVAL position(u64)                             -> what came in one turn
 *   SPACE_META    META_GRANT division(9) epoch(u32)                       -> sealed grant
 *   SPACE_COSIGN  author(9) holder(9)                                     -> newest cosignature
 *   SPACE_COSIGN  author(9) holder(9) COSIGN_DAY day(u32)                 -> that day's last
 *
 * Thread: any. */
#ifndef TERRACE_REPLICATOR_LOG_SEALING_H
#define TERRACE_REPLICATOR_LOG_SEALING_H

#include "replicator/store/store.h"
#include "replicator/trust/crypto.h"

void log_block_key(struct buf *key, struct division author, uint32_t epoch, uint64_t first_lsn);

/* The block that contains `lsn`. `snapshot` NULL: latest. ERR_NOT_FOUND when it is not held (for
 * a log from above: not addressed to us). */
enum status log_read_block(const struct store *store, struct store_snapshot *snapshot,
                           struct division author, uint64_t lsn, struct buf *whole,
                           struct block_view *block, struct err *err);

/* One entry; `body` keeps the memory that entry->body points into. Errors as log_read_block;
 * ERR_CORRUPT. */
enum status log_read_entry(const struct store *store, struct store_snapshot *snapshot,
                           struct division author, uint64_t lsn, struct block_body *body,
                           struct entry *entry, struct err *err);

/* Blocks of `author` with first_lsn >= from_lsn in order; visit returns false to stop.
 * Errors: ERR_CORRUPT (a damaged key or block), ERR_NEEDS_UPGRADE, ERR_IO. */
typedef bool log_visit_fn(void *arg, const struct block_view *block);
enum status log_scan(const struct store *store, struct store_snapshot *snapshot,
                     struct division author, uint64_t from_lsn, log_visit_fn *visit, void *arg,
                     struct err *err);

/* What the author signs, and the next block names as the one before it: the tagged hash of
 *
 *   version(1) suite(1) codec(1) audience kind(1) audience division(9) tree(32) key id(8) author(9)
 *   epoch(u32) count(u32) first_lsn(u64) aud_seq(u64) prev_hash aud_prev entries_root state_digest
 *   raw_size(u32) body_size(u32) body_hash time_ms(u64)
 *
 * with divisions padded with NUL and numbers big-endian, whatever the block leaves out. `tree` is
 * the trust key's fingerprint, the key id that of `key`. Entries_root must be there. */
struct hash block_hash(const struct block_header *header, const struct hash *tree,
                       const struct public_key *key);
/* The root of one entry (block_implies_root), else as the header says. Errors: ERR_MALFORMED. */
enum status block_root(struct hash *root, const struct block_view *block, struct err *err);

/* Appends the whole block: fills in body_hash, and signs. `body` is as block_body_write left it,
 * and entries_root is there. Returns the block's hash. */
struct hash block_seal(struct buf *out, struct block_header *header, struct bytes body,
                       const struct hash *tree, const struct sign_key *key);

/* Of a stored one, whose header was read: is its body the one that was written? Errors:
 * ERR_CORRUPT. */
enum status block_check_body(const struct block_view *block, struct err *err);

/* Checks of a received or stored block that need no state: signature by `key` in this tree, body.
 * `hash` receives the block's hash. Errors: ERR_CORRUPT (body), ERR_MALFORMED (its one entry),
 * ERR_BAD_SIGNATURE. */
enum status block_verify(const struct block_view *block, const struct hash *tree,
                         const struct public_key *key, struct hash *hash, struct err *err);

#endif
