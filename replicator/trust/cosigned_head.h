/* cosigned_head - a parent's signed word that its child told the head of a chain which the child
 * keeps beside its log: rows that never leave it, and that nobody can cut unseen any more.
 *
 *   SPACE_COSIGN  author(9) holder(9) COSIGN_HEAD           -> position(u64) unix_ms(u64) hash(32)
 *                                                              message: the newest
 *   SPACE_COSIGN  author(9) holder(9) COSIGN_HEAD_DAY day   -> the same: that day's last, for ever
 *
 * Both sides keep it: what one of them deletes, the other still has. The message is a Cosignature
 * of the audience COSIGN_ACCESSES.
 *
 * Owns: these rows. Thread: loop thread; a reader with a snapshot. Units: *_unix_ms. */
#ifndef TERRACE_REPLICATOR_TRUST_COSIGNED_HEAD_H
#define TERRACE_REPLICATOR_TRUST_COSIGNED_HEAD_H

#include "proto/frame.h"
#include "replicator/store/txn.h"
#include "replicator/trust/roster.h"

struct cosigned_head {
    struct division author, holder;
    uint64_t position, unix_ms; /* by the holder's clock */
    struct hash hash;
};

/* Stages it as the newest, and as the last of the day `unix_ms` of our own clock. */
void cosigned_head_put(struct txn *txn, const struct cosigned_head *head,
                       const Terrace__Cosignature *message, uint64_t unix_ms);
/* The newest; false when there is none. */
bool cosigned_head_newest(struct txn *txn, struct division author, struct division holder,
                          struct cosigned_head *out);
/* The newest and each day's last of one author, or of all (NONE). `good`: the holder's signature is
 * under it. A visit that returns false ends it. */
typedef bool cosigned_head_visit_fn(void *arg, const struct cosigned_head *head, bool good);
void cosigned_heads_each(struct txn *txn, const struct roster *roster, struct division author,
                         cosigned_head_visit_fn *visit, void *arg);

#endif
