/* txn - one turn's changes, seen by itself before they are durable.
 *
 * Everything a turn of the loop does (blocks, heads, its owner's rows) is put
 * here and becomes one batch with one fsync. A row put many times is written once. Reads see the
 * puts of this turn first and the store after that, and are remembered, so a row touched by a
 * thousand entries is read once. Absence is remembered too, and both beyond the turn.
 *
 *   txn_begin --> get / put / delete ... --> txn_batch --> store commit --> txn_committed
 *                   child: a trial that is forgotten (submit --atomic)
 *
 * A read error of the store is sticky: later reads answer "absent", and txn_status tells; the
 * turn must then not be committed. Asking once per turn keeps every rule free of error paths.
 *
 * Owns: copies of all keys and values. Thread: loop thread (or one reader with a snapshot). */
#ifndef TERRACE_REPLICATOR_STORE_TXN_H
#define TERRACE_REPLICATOR_STORE_TXN_H

#include "replicator/store/store.h"

struct txn;

/* Reads through `snapshot` when given (a reader that never commits), else the latest. */
struct txn *txn_open(const struct store *store, struct store_snapshot *snapshot);
struct txn *txn_open_child(struct txn *parent); /* parent must not change meanwhile */
void txn_free(struct txn *txn);                 /* NULL is fine */

/* True when present. *value stays valid until the same key is put or deleted in this txn, or
 * until reset. */
bool txn_get(struct txn *txn, enum store_space space, struct bytes key, struct bytes *value);
/* Returns the stored copy; the caller may change its bytes (not its size) until the next put of
 * the same key: for counters that change often. Only for rows put through this txn. */
uint8_t *txn_put(struct txn *txn, enum store_space space, struct bytes key, struct bytes value);
/* Appends to a row that this txn put, or begins one: what a turn makes bit by bit. Views stay
 * valid. Returns the row's bytes, to be changed as those of txn_put until the next call. */
uint8_t *txn_append(struct txn *txn, enum store_space space, struct bytes key, struct bytes more);
/* Makes a row that is present one that is put; its bytes, to be changed as those of txn_put, or
 * NULL when there is none. Views of it stay valid and, but for those of a parent, show the change.
 */
uint8_t *txn_change(struct txn *txn, enum store_space space, struct bytes key);
void txn_delete(struct txn *txn, enum store_space space, struct bytes key);

/* Store rows and this turn's rows merged, in key order. Errors: ERR_IO, ERR_CORRUPT, which stay
 * until the txn is reset (txn_status). */
enum status txn_scan(struct txn *txn, enum store_space space, struct bytes prefix,
                     store_visit_fn *visit, void *arg, struct err *err);
/* The same from the key `from` on, which begins with `prefix`. Errors: the same. */
enum status txn_scan_from(struct txn *txn, enum store_space space, struct bytes prefix,
                          struct bytes from, store_visit_fn *visit, void *arg, struct err *err);

/* The first read error since reset, with its words in *err; OK when there was none.
 * Errors: ERR_IO, ERR_CORRUPT. */
enum status txn_status(const struct txn *txn, struct err *err);

/* Makes `err` the first read error, for what a turn reads past its txn: log blocks. */
void txn_fail(struct txn *txn, const struct err *err);

/* A row whose bytes are sound and say nothing that its owner can read. It must not count as absent,
 * so unless `is_whole` this is a read error: ERR_CORRUPT. Returns is_whole. */
bool txn_check_row(struct txn *txn, struct bytes key, bool is_whole);

size_t txn_changes(const struct txn *txn); /* puts and deletes, coalesced */
struct batch txn_batch(struct txn *txn);   /* in key order; valid until the next call on txn */
void txn_reset(struct txn *txn);           /* forgets everything, keeps some memory */
/* The batch is durable, and nobody else writes to this store: a reset that keeps rows for later
 * turns to read, from here on those that are read too (replicator/store/row_cache.h). */
void txn_committed(struct txn *txn);
void txn_trim(struct txn *txn); /* gives them back too */

#endif
