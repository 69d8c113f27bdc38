/* revocation - an ancestor's word that epochs of a division are over.
 *
 *   first_epoch 1   the division is revoked: its epochs up to last_epoch are over
 *   first_epoch > 1 no to a recovery: these epochs never count, and the one before goes on
 *
 * It names the final position, which is what its author held of the log (of a refused recovery: its
 * base): what those epochs signed up to there stands, and nothing above it. Whose word it is and
 * where it stands in that log come with the entry, not in its body.
 *
 * Thread: any; pure. */
#ifndef TERRACE_REPLICATOR_TRUST_REVOCATION_H
#define TERRACE_REPLICATOR_TRUST_REVOCATION_H

#include "proto/frame.h"

enum { REVOCATION_BYTES_MAX = 512, REVOCATION_REASON_MAX = 200, REVOCATION_EPOCH_MAX = 64 };

struct revocation {
    struct division by;
    uint64_t said_lsn; /* in its log */
    uint64_t time_ms;  /* of that entry */
    struct division division;
    uint32_t first_epoch, last_epoch;
    uint32_t epoch; /* of the final position; 0: nothing of the log was held */
    uint64_t lsn;
    struct hash hash;
    char reason[REVOCATION_REASON_MAX + 1];
};

/* Appends the body of the entry. */
void revocation_write(struct buf *out, const struct revocation *revocation);
/* All but by, said_lsn and time_ms. Errors: ERR_MALFORMED (also: epochs that cannot be, a position
 * without hash, a reason that cannot be shown); ERR_NEEDS_UPGRADE (suite). */
enum status revocation_read(struct revocation *out, struct bytes body, struct err *err);

#endif
