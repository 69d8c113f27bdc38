/* cut - a log that is held is taken back to where a recovery that counts goes on. What lies above
 * is put aside, and the log goes on from there as if it had never been longer.
 *
 *   a recovery counts, and the log held reaches above its base, or is of another branch
 *     --cut_find, cut_stage--> META_CUT       in the turn that finds it; its owner then opens anew
 *     --cut_copy, cut_make---> blocks above to META_ASIDE; heads, order of arrival, cosignatures
 * and what those blocks granted or revoked, as if they had not come; the row says for which
 * recovery: another branch is left once
 *
 * Where the log goes back to:
 *
 *   the base, where the block that ends there is held
 *   else what both branches of the fork that is known have in common
 *   else nothing: all of it comes once more
 *
 * The same where an ancestor ended an epoch below what is held (trust/revocation.h). Whoever
 * granted a recovery, or bears it, counts it at once; but nothing goes, anywhere, before it is
 * confirmed. Of the own log nothing is written meanwhile.
 *
 * What is made of entries is its owner's to make again. Owns: its rows.
 * Thread: loop thread; cut_copy and cut_make before the logs are opened. Units: lsn. */
#ifndef TERRACE_REPLICATOR_LOG_CUT_H
#define TERRACE_REPLICATOR_LOG_CUT_H

#include "replicator/log/heads.h"
#include "replicator/trust/roster.h"

struct cut {
    struct division author;
    uint32_t epoch; /* of the recovery */
    uint64_t lsn;   /* blocks that end above it go */
};

/* Is the log, as far as it is durable, to be cut? `txn` is this turn's. */
bool cut_find(struct cut *out, struct txn *txn, const struct logs *logs,
              const struct roster *roster, const struct held_log *log);
/* Does the log end where its newest recovery goes on? True without one. *base_lsn: there. */
bool cut_is_at_base(const struct roster *roster, const struct held_log *log, uint64_t *base_lsn);
/* Stages it: it is made when the store is opened next. */
void cut_stage(struct txn *txn, const struct cut *cut);

/* The first one that waits. Errors: ERR_NOT_FOUND (none), ERR_IO, ERR_CORRUPT. */
enum status cut_waiting(struct cut *out, const struct store *store, struct err *err);
/* Copies what goes, in commits of its own; again is no harm. Errors: those of the store. */
enum status cut_copy(const struct store *store, uint64_t fence, const struct cut *cut,
                     struct err *err);
/* The row says from now on that it was made. */
void cut_note_made(struct txn *txn, const struct cut *cut);
/* Stages all that changes but what is made of entries; the caller commits it as one.
 * `roster` is as the store has it. Errors: ERR_IO, ERR_CORRUPT. */
enum status cut_make(const struct store *store, struct txn *txn, const struct roster *roster,
                     const struct cut *cut, struct err *err);

#endif
