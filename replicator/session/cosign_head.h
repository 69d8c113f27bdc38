/* cosign_head - a parent cosigns the head that a child told of a chain beside its log, and the
 * child keeps what came back.
 *
 *   owner's word --> cosign_head --> kept, and to the child --> cosign_head_receive --> kept
 *
 * Owns: nothing; trust/cosigned_head.h has the rows. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_COSIGN_HEAD_H
#define TERRACE_REPLICATOR_SESSION_COSIGN_HEAD_H

#include "proto/frame.h"
#include "replicator/replicator.h"

struct link;

void cosign_head(struct replicator *r, struct txn *txn, struct division child, uint64_t position,
                 const struct hash *hash);
/* One that does not verify is alarmed, one that may not come is counted or passed over. */
void cosign_head_receive(struct replicator *r, struct txn *txn, struct link *link,
                         const Terrace__Cosignature *cosignature);

#endif
