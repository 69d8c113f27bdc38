/* claim - what a neighbour says of a log that does not fit what is held here: that there is more of
 * it, or that another block stands at some place.
 *
 *   Hello, Welcome, Ack, Cosignature, Beat
 *          '--FOUND_CLAIM--> show --> the neighbour --> evidence: a block, whole
 *                             |                                       |
 *      nothing in CLAIM_MS, or no evidence: ALARM_FALSE_CLAIM         `--> lost tail, fork
 *
 * What a cosignature or a beat says is asked of the neighbour that brought it. A word alone marks
 * no author and stops nobody, however often it is said, and the link goes on. A block that the
 * author signed does: the own log then is shorter than it was, or has two ends, and the node must
 * not go on writing (replicator_check_own_log).
 *
 * Owns: one claim a link, the oldest, where one of the own log goes before others; and what was
 * shown of the own log. Thread: loop thread. Units: *_ms is mono. */
#ifndef TERRACE_REPLICATOR_SESSION_CLAIM_H
#define TERRACE_REPLICATOR_SESSION_CLAIM_H

#include "proto/frame.h"
#include "replicator/finding.h"

struct replicator;
struct link;
struct txn;

enum { CLAIM_MS = 10000, CLAIM_ASK_MS = 2000 };

struct claim {
    struct division author; /* NONE: none is open */
    uint64_t lsn;
    bool is_more; /* that there is more than is held; else that a block is another */
    uint64_t begun_ms, asked_ms;
    uint64_t shown_ms;            /* when the peer was last shown what it asked for */
    char text[MESSAGE_BYTES_MAX]; /* what it says */
};

/* What a neighbour showed, signed with the own key. */
struct own_log_fault {
    bool forked;          /* another block than is held; else one behind all that is held */
    struct division peer; /* NONE: nothing */
    uint64_t lsn, held;
};

/* FOUND_CLAIM: asks the peer to show it. */
void claim_begin(struct replicator *r, struct link *link, const struct finding *finding);
/* A session began, and what its heads told is found: without a claim none is false any more. */
void claim_resumed(struct replicator *r, struct link *link, const struct findings *found);
/* Is one open about this log? */
bool claim_is_of(const struct claim *claim, struct division author);
/* The peer asks us to show what we said. Rare, and only what it may hold. */
void claim_show(struct replicator *r, struct link *link, const Terrace__Position *position);
/* It shows a block. Found: FOUND_FORK, and its alarm. */
void claim_judge(struct replicator *r, struct txn *txn, struct link *link, struct bytes block,
                 struct findings *found);
void claim_tick(struct replicator *r, struct link *link);
/* Evidence came, from wherever: nothing has to be shown any more. */
void claim_over(struct replicator *r, struct link *link, struct division author);
/* If the own log is forked, that is the end of writing. */
void claim_check_own(struct replicator *r);
uint64_t claim_next_tick(const struct claim *claim); /* UINT64_MAX: never */

#endif
