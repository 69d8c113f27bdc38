/* session - frames in, and what follows from what was found in them.
 *
 *   frame --> session_receive --> handshake.h                       judge, then begin or refuse
 *                             --> stream/ (acks, rejects, blocks) --> findings --> session_act
 *                             --> cosign.h, heartbeat.h
 *
 * session_act is the one place where a finding becomes a deed: a link held, released or over, an
 * alarm raised or cleared.
 *
 * Owns: the findings of the frame in hand. Thread: loop thread.
 */
#ifndef TERRACE_REPLICATOR_SESSION_SESSION_H
#define TERRACE_REPLICATOR_SESSION_SESSION_H

#include "proto/frame.h"
#include "replicator/finding.h"
#include "replicator/log/ingest.h"

struct replicator;
struct link;
struct txn;

struct session {
    struct findings found;
};

void session_free(struct session *session);
void session_receive(struct replicator *r, struct txn *txn, struct link *link,
                     const Terrace__Frame *frame, size_t size);
/* A block of a file, as if a neighbour had brought it: verified, staged, told to the owner. `err`
 * says why not, as ingest_block. */
enum ingest_result session_import(struct replicator *r, struct txn *txn, struct bytes whole,
                                  struct err *err);
/* Where a room below writes what it finds; session_act then takes it. */
struct findings *session_findings(struct replicator *r);
/* Acts on what was found, in order, and forgets it. `link` NULL: what was found is of no link. */
void session_act(struct replicator *r, struct link *link);

#endif
