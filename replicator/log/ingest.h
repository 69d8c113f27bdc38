/* ingest - the one way in for a block that this node did not write: from a neighbour, from a file,
 * or from a rebuild. It knows no link.
 *
 *   block_parse --> ingest_block: key of the epoch known? in its place in the log, or in the chain
 *                   of its audience? signature, body hash, body? --> heads_stage, grants
 *
 * Before that, block_parse has checked sizes and form. What the grants in the block say, and what
 * was found wrong with them, stands in the findings.
 *
 * Owns: the decoded body of the block taken last. Borrows logs and roster; the roster grows.
 * Owned by: ingest.c, granted.c. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_LOG_INGEST_H
#define TERRACE_REPLICATOR_LOG_INGEST_H

#include "replicator/finding.h"
#include "replicator/log/heads.h"
#include "replicator/trust/roster.h"

struct ingest {
    struct division self;
    struct logs *logs;
    struct roster *roster;
    struct block_body body; /* of the block staged last; its views die with the next one */
    bool met_cut;           /* a block waits because more of its log is held than may be */
    struct buf key;         /* of a row; for a moment */
    struct buf usurper;     /* granted.c: the last grant of this node to another key, sealed */
};

enum ingest_result {
    INGEST_STAGED,  /* it is held from now on */
    INGEST_HELD,    /* it was held before */
    INGEST_NOT_YET, /* the key of its epoch, or its audience, is not known here yet; or it follows a
                       recovery that cuts off what is held here; or its epoch was ended below it */
    INGEST_GAP,     /* a block before it is missing */
    INGEST_FORK,    /* its author signed another one for this place: both are kept as evidence */
    INGEST_REFUSED, /* not what its author signed, of an epoch that is over, or not for this node */
};

void ingest_init(struct ingest *ingest, struct division self, struct logs *logs,
                 struct roster *roster);
void ingest_free(struct ingest *ingest);
void ingest_trim(struct ingest *ingest); /* gives the body's memory back */

/* Did a block come since it was asked last that waits for a cut (log/cut.h)? */
bool ingest_met_cut(struct ingest *ingest);
/* Is the key known that the block must be signed with? A root that lost its log brings the grant of
 * its epoch in the first block of that (granted.h). Errors: ERR_NOT_YET. */
enum status ingest_check_epoch(struct ingest *ingest, struct txn *txn,
                               const struct block_view *block, struct findings *found,
                               struct err *err);
/* Takes a parsed block in. Unless it is staged or held, `err` says why not: ERR_NOT_YET; ERR_GAP;
 * ERR_FORK; ERR_REFUSED (no log of this node, or not addressed to it, or of an epoch that is over);
 * ERR_BAD_SIGNATURE (another key, or another tree); ERR_CORRUPT, ERR_MALFORMED, ERR_TOO_LARGE
 * (body); ERR_LIMIT (too many grants). Nothing is staged then, but the evidence of a fork. A block
 * of a log from above that follows in its audience while later ones of another are held was kept
 * back until now: it is taken where it fits between those beside it. */
enum ingest_result ingest_block(struct ingest *ingest, struct txn *txn,
                                const struct block_view *block, struct findings *found,
                                struct err *err);

#endif
