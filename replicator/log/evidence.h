/* evidence - what an author signed against its own log: judged, kept, and read back to be shown.
 *
 *   two blocks of one author and epoch that cannot both stand in one log
 *     --> one pair an author and epoch, in log/fork_pair.h: who has a pair needs nothing else to
 * see it
 *
 * Blocks of two epochs are no fork: where a later one begins is what its grant says. Of a block
 * that belongs to an epoch which is over nothing follows but that it is refused.
 *
 * Thread: loop thread. Units: lsn. */
#ifndef TERRACE_REPLICATOR_LOG_EVIDENCE_H
#define TERRACE_REPLICATOR_LOG_EVIDENCE_H

#include "proto/frame.h"
#include "replicator/finding.h"
#include "replicator/log/heads.h"
#include "replicator/trust/roster.h"

/* What a block tells that a neighbour shows against what is held of this log. */
enum evidence {
    EVIDENCE_NONE,    /* its author did not sign it, or it is of another log: `err` says */
    EVIDENCE_NOT_YET, /* nobody can tell: its epoch is not known here */
    EVIDENCE_HELD,    /* nothing: it is held here, too */
    EVIDENCE_NOTHING, /* it contradicts nothing that is held */
    EVIDENCE_OVER, /* it is of an epoch that is over: whoever has the former key may have made it */
    EVIDENCE_NEWER, /* it lies behind all that is held and durable, or in a later epoch */
    EVIDENCE_FORK,  /* with one that is held here it makes a fork; both are kept */
};

/* May no log hold both? Of one author; two of one epoch that overlap, that share a number in one
 * audience, or of which one should follow the other and does not. */
bool evidence_conflict(const struct block_header *a, const struct hash *a_hash,
                       const struct block_header *b, const struct hash *b_hash);

/* A verified block against all that is held. True when it makes a fork: the pair is kept, unless
 * one of this epoch is, and ALARM_FORK and FOUND_FORK are found. */
bool evidence_keep(const struct logs *logs, const struct roster *roster, struct txn *txn,
                   struct held_log *log, const struct block_view *block, const struct hash *hash,
                   struct findings *found);
/* A block as it was shown. *last_lsn is where it ends. Found: as evidence_keep. */
enum evidence evidence_weigh(const struct logs *logs, const struct roster *roster, struct txn *txn,
                             struct held_log *log, struct bytes whole, uint64_t *last_lsn,
                             struct findings *found, struct err *err);
/* Is a pair kept that still counts against this log? A later epoch that says where the log goes on
 * ends a fork; one that keeps all does not. */
bool evidence_stands(const struct roster *roster, const struct held_log *log);
/* ... of this author, of this epoch. */
bool evidence_is_over(const struct roster *roster, struct division author, uint32_t epoch);
/* A pair as it was shown: EVIDENCE_NONE, EVIDENCE_NOT_YET, EVIDENCE_HELD (a pair of this epoch is
 * kept, or it is about no log of this node) or EVIDENCE_FORK. Found: as evidence_keep. */
enum evidence evidence_take(const struct logs *logs, const struct roster *roster, struct txn *txn,
                            const Terrace__Fork *pair, struct findings *found, struct err *err);

#endif
