/* root_claims - what the root says that it has written for us, and whether it came.
 *
 * Bounded delay is normal; but an audience that stands still below what the root has written is one
 * that somebody above us keeps back.
 *
 * Pure. Owns: nothing. Thread: loop thread. Units: seq counts the blocks of an audience; *_ms is
 * mono. */
#ifndef TERRACE_REPLICATOR_TRUST_ROOT_CLAIMS_H
#define TERRACE_REPLICATOR_TRUST_ROOT_CLAIMS_H

#include "proto/frame.h"

struct root_claims {
    struct root_claim { /* a block of an audience that we belong to */
        struct audience audience;
        uint64_t seq, have, since_ms; /* ours when last looked at, and since when it stands */
        struct hash hash;
        bool awaited;
    } at[BEAT_LINE_MAX];
    size_t count;
};

void root_claims_clear(struct root_claims *claims);
/* The root told of this block. One that is awaited stays what it is: its age counts from when it
 * was told first. More audiences than BEAT_LINE_MAX are passed over. */
void root_claims_add(struct root_claims *claims, const struct audience *audience, uint64_t seq,
                     const struct hash *hash, uint64_t now_ms);
/* Of the claim `index`, blocks up to `have` are held. */
void root_claims_observe(struct root_claims *claims, size_t index, uint64_t have, uint64_t now_ms);
/* The one that is awaited for the longest time, or NULL. */
const struct root_claim *root_claims_oldest(const struct root_claims *claims);

#endif
