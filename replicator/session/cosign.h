/* cosign - when this node cosigns the logs it holds, and what it does with cosignatures of others.
 * At most one in COSIGN_GAP_MS a log, while it has some saved: each cosign_ms and each COSIGN_BYTES
 * of its blocks earn one, and COSIGN_SAVED_MAX are kept, so that a stream of small documents does
 * not cost twice as much for it. None has a frame of its own: it leaves with the next
 * acknowledgement or beat, which costs a thin link half as much; the acknowledgement has said
 * before that the document is durable there. Relays pass on and keep the newest
 * (trust/cosignature.h).
 *
 *   heads_durable --> cosign_soon --> cosign_tick --> toward the author, toward the root
 *   frame --> cosign_receive: whose may it be, is it newer, in time, true? --> kept and passed on
 *
 * Owns: what was cosigned last, and when each holder may come again. Thread: loop thread.
 * Units: lsn; *_ms is mono. */
#ifndef TERRACE_REPLICATOR_SESSION_COSIGN_H
#define TERRACE_REPLICATOR_SESSION_COSIGN_H

#include "proto/frame.h"
#include "replicator/finding.h"
#include "replicator/log/heads.h"

struct replicator;
struct link;

enum { COSIGN_GAP_MS = 1000, COSIGN_SAVED_MAX = 1, COSIGN_BYTES = 16384 };

/* One whose cosignatures of a log come here: each may come once in COSIGN_GAP_MS. */
struct cosigner {
    struct division holder;
    uint64_t due_ms; /* when the next one is due */
};

struct cosigned_log {
    const struct held_log *log;
    uint64_t lsn, ms;           /* of our last cosignature */
    uint64_t bytes;             /* of the log's blocks by then */
    uint64_t spent_ms;          /* up to when what is earned is spent */
    struct cosigner *cosigners; /* by holder; at most the members on a line with the author */
    size_t cosigner_count, cosigner_capacity;
};

struct cosigning {
    struct cosigned_log *at; /* sorted by author */
    size_t count, capacity;
    uint64_t due_ms; /* when the next cosignature is due */
};

/* Whatever came in and was not cosigned before the last stop is due at once. */
void cosign_init(struct cosigning *cosigning, uint64_t now_ms);
void cosign_free(struct cosigning *cosigning);
/* A log moved on disk: its next cosignature is due when the last one is old enough and one is
 * saved. */
void cosign_soon(struct replicator *r, const struct held_log *log);
void cosign_tick(struct replicator *r, struct txn *txn);
/* One that does not verify is alarmed, one that may not come is counted or passed over. */
void cosign_receive(struct replicator *r, struct txn *txn, struct link *link,
                    const Terrace__Cosignature *cosignature, struct findings *found);

#endif
