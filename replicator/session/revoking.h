/* revoking - a division below that may no longer speak: the word against it, and its session.
 *
 *   revoking_begin --> entry of the own log --+
 *                                             +--> roster --> revoking_taken: its session, our
 * replica a block from above or below --------------+
 *
 * A session that stands goes on for REVOKED_GRACE_MS, so that the division may hear why; nothing
 * new of it is taken meanwhile (log/ingest.h). Then it ends, and none begins.
 *
 * Thread: the loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_REVOKING_H
#define TERRACE_REPLICATOR_SESSION_REVOKING_H

#include "replicator/session/link.h"

enum { REVOKED_GRACE_MS = 500 };

/* See replicator_revoke. Errors: the same. */
enum status revoking_begin(struct replicator *r, struct txn *txn, struct division division,
                           const char *reason, struct revocation *out, struct err *err);
/* After the start: whose replica here is still what others will not be. */
void revoking_load(struct replicator *r);
/* The roster took a word about this division, which may not be the one that stands. */
void revoking_taken(struct replicator *r, struct division division);
/* May this child speak? Until its session has ended, if it was revoked. */
bool revoking_admits(const struct replicator *r, struct division child);
/* At each tick of a child's link. */
void revoking_tick(struct replicator *r, struct link *link);
/* UINT64_MAX: nothing is to end. */
uint64_t revoking_next_tick(const struct link *link);

#endif
