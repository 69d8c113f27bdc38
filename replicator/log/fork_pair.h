/* fork_pair - two blocks that one author signed and no log can hold both: the row of one author and
 * epoch, by which anybody who knows the author's key can tell.
 *
 *   log/evidence.h --> META_FORK author(9) epoch(u32) --> shown to neighbours, and to people
 *
 * Owns: these rows. Thread: loop thread; reading a row, any. Units: *_size bytes. */
#ifndef TERRACE_REPLICATOR_LOG_FORK_PAIR_H
#define TERRACE_REPLICATOR_LOG_FORK_PAIR_H

#include "replicator/log/heads.h"

/* Views point into the row's value, or into what came. */
struct fork_pair {
    struct bytes block;       /* whole: one of them */
    struct bytes other;       /* the other: whole, or its header and signature alone */
    uint32_t other_body_size; /* of that body */
    struct hash other_root;   /* of its entries */
};

bool fork_pair_is_kept(struct txn *txn, struct division author, uint32_t epoch);
/* Staged as the pair of the author and epoch of `header`. */
void fork_pair_put(struct txn *txn, const struct block_header *header,
                   const struct fork_pair *pair);
/* False when there is none, or it cannot be read. `value` is replaced. `snapshot` NULL: latest. */
bool fork_pair_read(const struct store *store, struct store_snapshot *snapshot,
                    struct division author, uint32_t epoch, struct buf *value,
                    struct fork_pair *out);
/* The same of one that may be staged in this turn; the views live as long as the txn's row. */
bool fork_pair_get(struct txn *txn, struct division author, uint32_t epoch, struct fork_pair *out);
/* Each that is kept, by author and epoch; visit returns false to stop. Errors: ERR_IO, ERR_CORRUPT
 * (a row that says nothing). */
typedef bool fork_pair_visit_fn(void *arg, struct division author, uint32_t epoch,
                                const struct fork_pair *pair);
enum status fork_pairs_each(struct txn *txn, fork_pair_visit_fn *visit, void *arg, struct err *err);
/* The other one as a block; its body is zeros where it is not kept. `memory` is replaced then.
 * Errors: as block_parse; ERR_TOO_LARGE. */
enum status fork_pair_other(struct block_view *out, const struct fork_pair *pair,
                            struct buf *memory, struct err *err);
/* Which logs are forked: read back at the start. Errors: ERR_IO, ERR_CORRUPT (a key that is none).
 */
enum status fork_pairs_load(const struct logs *logs, struct err *err);

#endif
