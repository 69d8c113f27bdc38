/* objection - a former key's word against the grant that took its place: "that is not me".
 *
 *   owner, whose parent granted its code to another key --> Objection, signed by the key of the
 *   epoch before --> any ancestor, who enters it in its own log (kind 5) on `tree` of the division
 *   --> whoever is asked to confirm that grant
 *
 * It names one grant by its hash, so that none of a later day can be meant. It has a number for its
 * reason and no text.
 *
 * Thread: any; pure. Units: time_ms is the owner's clock, Unix. */
#ifndef TERRACE_REPLICATOR_TRUST_OBJECTION_H
#define TERRACE_REPLICATOR_TRUST_OBJECTION_H

#include "proto/frame.h"
#include "replicator/trust/crypto.h"

enum { OBJECTION_BYTES_MAX = 256, OBJECTION_EPOCH_MAX = 64 };
enum objection_reason { OBJECTION_IMPERSONATED = 1, OBJECTION_REASONS };

struct objection {
    struct division division;
    uint32_t epoch;    /* whose key signs */
    struct hash grant; /* that it is about; zero: it asks which */
    uint64_t time_ms;
    enum objection_reason reason;
    struct signature signature;
};

/* Fills in the signature. */
void objection_sign(struct objection *objection, const struct hash *tree,
                    const struct sign_key *key);
bool objection_holds(const struct objection *objection, const struct hash *tree,
                     const struct public_key *key);
/* "impersonated". Never NULL. */
const char *objection_reason_name(enum objection_reason reason);

/* The message borrows the objection, which must outlive it. */
void objection_fill(Terrace__Objection *message, const struct objection *objection);
/* Errors: ERR_MALFORMED; ERR_NEEDS_UPGRADE (suite, or a reason that this version does not know). */
enum status objection_take(struct objection *out, const Terrace__Objection *message,
                           struct err *err);
/* The body of the entry. Errors: as of objection_take. */
void objection_write(struct buf *out, const struct objection *objection);
enum status objection_read(struct objection *out, struct bytes body, struct err *err);

#endif
