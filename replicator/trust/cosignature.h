/* cosignature - "the chain up to this position is verified and durable here", signed by the holder:
 * what it is signed over, and where the newest ones lie.
 *
 *   SPACE_COSIGN  author(9) holder(9)           -> lsn(u64) unix_ms(u64) message: the newest
 *   SPACE_COSIGN  author(9) holder(9) COSIGN_DAY day   -> the same: that day's last, for ever
 *
 * Pure, apart from the rows. Owns: nothing. Units: lsn, *_ms.
 * Thread: loop thread; what reads a snapshot, any. */
#ifndef TERRACE_REPLICATOR_TRUST_COSIGNATURE_H
#define TERRACE_REPLICATOR_TRUST_COSIGNATURE_H

#include "proto/frame.h"
#include "replicator/store/txn.h"
#include "replicator/trust/roster.h"

/* Is this the holder's word? With the key it had in the epoch that it names: one that was kept
 * stays good when the key is another. */
bool cosignature_ok(const struct roster *roster, const Terrace__Cosignature *c);
/* Signs it; the message borrows `signature`. */
void cosignature_sign(const struct hash *tree, const struct sign_key *key, Terrace__Cosignature *c,
                      struct signature *signature);

/* Stages it as the newest, and as the last of the day `unix_ms` of our own clock: rows that stay
 * for ever are one a day, whatever times a holder writes. */
void cosignature_put(struct txn *txn, struct division author, struct division holder,
                     const Terrace__Cosignature *c, uint64_t unix_ms);
/* Newer than the one that is kept, in this turn too? */
bool cosignature_is_newer(struct txn *txn, struct division author, struct division holder,
                          const Terrace__Cosignature *c);
/* Of this log nothing above `lsn` is held any more: what was said of that is not kept. */
void cosignatures_take_back(struct txn *txn, struct division author, uint64_t lsn);
/* How far `holder` has told that it holds the log, in any session; 0 when it never did. */
uint64_t cosignature_lsn(const struct store *store, struct division author, struct division holder);

/* A kept one, for who wants to see it. */
struct kept_cosignature {
    uint64_t lsn, unix_ms;
    uint32_t epoch, key_epoch; /* of the author in that block; of the holder's grant */
    struct hash hash;
    struct signature signature;
};
/* The earliest one kept in which `holder` says that it has `author`'s log up to `lsn` or further.
 * Errors: ERR_NOT_FOUND (it has not said so here), ERR_BAD_SIGNATURE, ERR_MALFORMED, ERR_TOO_LARGE,
 * ERR_IO, ERR_CORRUPT. */
enum status cosignature_covering(const struct store *store, struct store_snapshot *snapshot,
                                 const struct roster *roster, struct division author,
                                 struct division holder, uint64_t lsn, struct kept_cosignature *out,
                                 struct err *err);

#endif
