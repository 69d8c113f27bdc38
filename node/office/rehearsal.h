/* rehearsal - the entries of a post before they are made: what an atomic post is decided by, and
 * what a maker signs of documents that need no checker.
 *
 *   post on a dry run --> body, body ...  --> his signature over all of them --> entries, each with
 *                                                                                 its leaf
 *
 * A signature stands over a Merkle root, so all bodies are known before the first entry is made.
 * Within one turn nothing else moves the ledger, and what fitted on the dry run fits.
 *
 * Owns: copies of the bodies, until rehearsal_free. Thread: the loop thread, inside a task. */
#ifndef TERRACE_NODE_OFFICE_REHEARSAL_H
#define TERRACE_NODE_OFFICE_REHEARSAL_H

#include "node/office/submit.h"
#include "replicator/trust/merkle.h"

struct rehearsal {
    struct buf bodies; /* size(u32) body of each entry */
    struct hash *leaves;
    size_t count, capacity;
    const struct person *maker; /* NULL: nobody signs */
    struct approval_terms terms;
    struct signature signature;
    size_t taken; /* made into entries */
    size_t at;    /* the next body */
};

void rehearsal_add(struct rehearsal *rehearsal, uint32_t kind, struct bytes body);
/* All are there; `maker` signs, when there is one. */
void rehearsal_sign(struct rehearsal *rehearsal, const struct node *node,
                    const struct person *maker);
/* Makes the next one an entry of the own log, signed; its lsn. *document and *body are what was
 * entered, and live as long as the rehearsal. */
uint64_t rehearsal_enter(struct rehearsal *rehearsal, struct node *node, struct txn *txn,
                         uint32_t kind, struct document *document, struct bytes *body);
void rehearsal_free(struct rehearsal *rehearsal);

#endif
