/* granted - what the blocks that come in say about the roster: whose grants they may carry, how
 * many, what they cost, and where reading them has to wait.
 *
 * All nodes share one roster in memory, and each grant takes two signatures to verify. So a log
 * carries what its author granted, with the epoch of the block, and nothing else; a block carries
 * few, a child pays for each as for a block, and one child's subtree has a share of the roster and
 * no more. Whether a grant is its author's to give is the roster's to judge.
 *
 * Before an entry of a link kind or format that this version does not know, reading a log stops:
 *
 *   block held --> its grants, in order, to the roster
 *       |              `--> the first unknown one: alarm, a row for this block
 *       `--> while a row of this log stands: a row for each further block with link kinds
 *
 * Blocks are held, acknowledged, cosigned and passed on all the same. Once the program knows more,
 * grants_resume reads the blocks of the rows in order. What an unconfirmed epoch grants waits in
 * the same way, until that epoch counts.
 *
 * A revocation is an ancestor's word to all who hold the division's log (`tree` of it). It is taken
 * as it comes; one of a division that no grant has named here yet waits for that grant. So does an
 * objection, which an ancestor entered for its owner (trust/objection.h).
 *
 * A grant of this very node to another key is not taken: it goes on under its own, and objects. One
 * that ends a fork of its log (node/core/keep_branch.h) waits until both blocks are known here:
 * whoever brought it is asked for the other one.
 *
 * A division that two have granted, neither knowing of the other. Where one of them is above the
 * other, a node above both takes the grant of the one nearer the root, as long as the division has
 * said nothing under the other; the upper one tells the lower. Where neither is, their lists would
 * have met (enrol_place.h forbids it): the first grant stands, and nothing of the second log is
 * taken.
 *
 * Storage: META_GRANT division epoch(u32)                        -> sealed grant
 *          META_GRANT_WAITS author(9) first_lsn(u64) epoch(u32)  -> "": reading waits there
 *          META_GRANT_CONFLICT division child                    -> granted below that child, too
 *
 * Owns: nothing. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_LOG_GRANTED_H
#define TERRACE_REPLICATOR_LOG_GRANTED_H

#include "replicator/log/ingest.h"

/* Are there few enough in a block? Asked before it is taken. Errors: ERR_LIMIT. */
enum status grants_check(const struct block_body *body, struct err *err);
/* Takes what ingest->body, the body of this block, grants: one by one. Of each that was taken, and
 * each that cannot be, the findings tell; the block stands. */
void grants_take(struct ingest *ingest, struct txn *txn, const struct held_log *log,
                 const struct block_header *header, struct findings *found);
/* The first block of an epoch with which the root goes on behind the log that it lost: whose grant
 * is its first entry, since the key of the epoch before is gone. The trust key signed that grant,
 * and whoever knows that one takes it, before the block itself. False where it is no such block. */
bool grants_take_first(struct ingest *ingest, struct txn *txn, const struct block_view *block,
                       struct findings *found);
/* After the logs were opened, and after an epoch began to count: reads what had to be left. Of
 * durable blocks only.
 * Errors: ERR_IO, ERR_CORRUPT (such a block is not held, or damaged). */
enum status grants_resume(struct ingest *ingest, struct txn *txn, struct findings *found,
                          struct err *err);
/* What blocks that are cut off (log/cut.h) said about the roster: grants, and who was granted under
 * them; revocations; where their author listens. All of it is forgotten as if it had not come; an
 * objection proves itself, and stays. */
struct grants_gone {
    struct gone {
        struct division division;
        uint32_t epoch; /* this one and those after it */
    } * at;
    size_t count, capacity;
};
/* Errors: ERR_CORRUPT (its body). */
enum status grants_note_gone(struct grants_gone *gone, struct txn *txn,
                             const struct block_view *block, struct err *err);
/* Stages that all that was noted, and what stands on it, is gone. Errors: ERR_IO, ERR_CORRUPT. */
enum status grants_forget(struct grants_gone *gone, struct txn *txn, struct err *err);
void grants_gone_free(struct grants_gone *gone);
/* What was kept of a grant of this node to another key. */
void grants_free(struct ingest *ingest);
/* Stages the row of a grant that is in the roster. */
void grant_put(struct txn *txn, const struct grant *grant, struct bytes sealed);
/* The newest grant of this division that the store holds, as a node needs it before its roster is
 * there. Errors: ERR_NOT_FOUND, ERR_CORRUPT, ERR_IO. */
enum status grant_newest(const struct store *store, struct division division, struct grant *out,
                         struct err *err);
/* Was this division, which is of another branch, granted below this child too? */
bool granted_below_too(struct txn *txn, struct division division, struct division child);

#endif
